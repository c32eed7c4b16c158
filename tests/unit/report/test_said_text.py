"""What is muted or planned is named in a quiet line, with its end, and in no list; who said it is nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from finopsguard import contracts
from finopsguard.channels.teams import card
from finopsguard.models.anomaly import Said, SaidName
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.models.verdict import SaidVerdict
from finopsguard.report import anomaly_text, facts, said_text, terminal, verdict
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.unit.report.sample import weekly

WHEN = datetime(2026, 11, 10, 9, tzinfo=UTC)
UNTIL = date(2026, 12, 1)


def said(name: SaidName = "mute", **more: object) -> Said:
    made = Said("a-mark-0001", name, WHEN, "the [new](http://x) data lake", UNTIL, Decimal(90))
    return replace(made, **more)  # type: ignore[arg-type]


def under(report: Report, *verdicts: Said | None) -> Report:
    """The report, its first anomalies under these verdicts."""
    lines = [
        replace(line, said=verdicts[index] if index < len(verdicts) else None)
        for index, line in enumerate(facts.open_anomalies(report))
    ]
    return replace(report, anomalies=tuple(lines))


def text_of(report: Report) -> str:
    made = StringIO()
    terminal.render(report, Console(file=made, width=200))
    return made.getvalue()


@pytest.mark.parametrize(
    ("language", "word", "until"), [("en", "1 muted: ", "1 Dec 2026"), ("es", "1 silenciada: ", "1 dic 2026")]
)
def test_a_muted_anomaly_is_in_a_quiet_line_of_card_page_and_terminal_and_in_no_list(
    language: Language, word: str, until: str
) -> None:
    before = weekly(language)
    first, *others = facts.open_anomalies(before)
    report = under(before, said())
    assert [line.id for line in facts.open_anomalies(report)] == [line.id for line in others]
    (line,) = said_text.quiet(Story(report))
    assert line.startswith(word)
    assert until in line
    assert anomaly_text.describe(Story(before), first).title in line
    body = json.dumps(card.message(report), ensure_ascii=False)
    for shown in (body, render.page(report), text_of(report)):
        assert word in shown
        assert until in shown
    assert anomaly_text.describe(Story(before), first).sentence not in body


def test_what_goes_as_planned_has_a_line_of_its_own_until_its_end() -> None:
    report = under(weekly(), said("plan"), said())
    muted, planned = said_text.quiet(Story(report))
    assert (muted[:8], planned[:13]) == ("1 muted:", "1 as planned:")
    ended = tuple(replace(line, status="resolved") for line in report.anomalies)
    (left,) = said_text.quiet(Story(replace(report, anomalies=ended)))
    assert left.startswith("1 as planned")


def test_with_nothing_else_unusual_it_is_no_all_clear() -> None:
    report = under(weekly(), *[said()] * 9)
    assert facts.open_anomalies(report) == []
    assert not verdict.all_clear(report)
    assert verdict.all_clear(replace(report, anomalies=())) or verdict.unexplained(
        replace(report, anomalies=())
    )
    clear = replace(report, daily=tuple(replace(day, expected=day.usage) for day in report.daily))
    assert "Nothing else unusual" in Story(clear).no_anomalies


@pytest.mark.parametrize(
    ("verdict_on_it", "words"),
    [
        (said(released="beyond"), "was muted until 1 Dec, and costs far more than then"),
        (said(released="over"), "the mute has ended"),
        (said("plan", released="over"), "it was planned until 1 Dec, and goes on"),
    ],
)
def test_what_comes_through_says_so_in_its_line(verdict_on_it: Said, words: str) -> None:
    report = under(weekly(), verdict_on_it)
    assert said_text.quiet(Story(report)) == []
    line = next(each for each in facts.open_anomalies(report) if each.said)
    assert words in anomaly_text.describe(Story(report), line).details
    assert words in json.dumps(card.message(report), ensure_ascii=False)


def test_what_somebody_ended_says_how() -> None:
    for ended, words in (
        ("accepted", "accepted as the new level"),
        ("not_an_anomaly", "said to be no anomaly"),
    ):
        line = replace(weekly().anomalies[0], status="resolved", ended=ended)  # type: ignore[arg-type]
        assert anomaly_text.describe(Story(weekly()), line).status == words


def test_the_page_lists_every_verdict_with_its_reason_and_without_who_gave_it() -> None:
    one = SaidVerdict(
        "a-mark-0001", "mute", "a migration", WHEN, "111111111111", "ml", "Amazon EC2", until=UNTIL
    )
    others = [
        replace(one, state="beyond"),
        replace(one, verdict="plan", state="ahead", since=UNTIL, service=""),
        replace(one, verdict="not_an_anomaly", until=None),
        replace(one, verdict="expected", until=None, account_id="", account_name="", service=""),
    ]
    report = replace(weekly(), verdicts=(one, *others))
    sentences = said_text.listed(Story(report))
    assert sentences[0] == "Muted until 1 Dec 2026: Amazon EC2, ml. “a migration” (10 Nov 2026)"
    assert sentences[1].startswith("No longer muted")
    assert sentences[2].startswith("Planned, still to come, from 1 Dec 2026 until 1 Dec 2026: ml.")
    assert "told again only beyond" in sentences[3]
    assert "several accounts" in sentences[4]
    page = render.page(report)
    assert all(each in page for each in sentences)
    assert "by" not in contracts.to_json(report)["verdicts"][0]
