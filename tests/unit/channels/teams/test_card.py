"""The card: what it says, that Teams takes it, that names in it stay names."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import card, ladder, limits, phone
from finopsguard.errors import CardTooLarge
from finopsguard.models.anomaly import AnomalyLine, BandDay, Ending
from finopsguard.models.cause import ResourceCost
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    ChargeLine,
    Comparison,
    MissingAccount,
    Report,
    ServiceCost,
)
from finopsguard.models.run import Basis, Language
from finopsguard.report.story import Story
from tests.sweeps import examples, sampled
from tests.unit.channels.teams.cards import content, drawn, outline, problems, schema_problems, texts, walk
from tests.unit.report.cases import CASES
from tests.unit.report.cause_sample import any_cause
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import account_id, weekly

# The longest words beside a presigned link's length.
LONG_PAGE = PageButton("button.page_in_aws", "https://example.com/" + "x" * 1_200)
SNAPSHOTS = Path(__file__).parent / "snapshots"
BOTH = pytest.mark.parametrize("language", get_args(Language))
EVERY = pytest.mark.parametrize("case", CASES)
IN_AWS = partial(drawn, page=LONG_PAGE)


@sampled(every=3)
@BOTH
@EVERY
def test_fits_into_teams_and_onto_a_phone(case: str, language: Language) -> None:
    message = IN_AWS(case, language)
    assert len(contracts.encode(message)) <= limits.MAX_MESSAGE_BYTES
    assert phone.height(content(message)) <= limits.MAX_CARD_HEIGHT


@sampled(every=4)
@EVERY
def test_teams_understands_every_element(case: str) -> None:
    shown = content(IN_AWS(case, "en"))
    assert problems(shown) == []
    assert schema_problems(shown) == []


@BOTH
@EVERY
def test_snapshot(case: str, language: Language) -> None:
    """UPDATE_SNAPSHOTS=1 writes them anew; look at the difference before committing it."""
    text, file = outline(content(drawn(case, language))), SNAPSHOTS / f"{case}.{language}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, "utf-8")

    assert text == file.read_text("utf-8")


def test_first_lines_say_how_much_against_what_and_why() -> None:
    lines = texts(content(card.message(weekly("en"))))

    assert lines[0] == "$94,980"
    assert lines[2] == "9–14 Nov 2026 · usage"
    assert lines[3] == "▲ +19.4% (+$15,450) vs 2–7 Nov"
    assert lines[4] == "ml-training explains 53% of the rise, mainly Amazon EC2."
    assert lines[5] == "Sun 15 Nov so far: $11,595 (still being billed)"


@BOTH
@EVERY
def test_the_headline_is_never_coloured(case: str, language: Language) -> None:
    """Green on the emphasis background had a contrast of 1.97:1; sign and words carry the change."""
    headline = content(drawn(case, language))["body"][0]

    assert headline["style"] == "emphasis"
    assert not [run for run in walk(headline) if "color" in run]


def test_header_for_those_who_cannot_see_the_card() -> None:
    made = content(card.message(weekly("es")))

    assert made["version"] == "1.4"
    assert made["lang"] == "es"
    assert made["fallbackText"] == made["speak"]
    assert "94.980" in made["speak"]
    assert "24 de 25" in made["speak"]


@sampled(every=3)
@EVERY
def test_at_most_three_buttons(case: str) -> None:
    page = PageButton("button.page", "https://example.com/r")
    buttons = content(drawn(case, "en", page))["actions"]
    assert 1 <= len(buttons) <= limits.MAX_BUTTONS == 3
    assert buttons[0] == {"type": "Action.OpenUrl", "title": "Report", "url": "https://example.com/r"}


def test_without_a_page_there_is_no_button_for_it() -> None:
    titles = [action["title"] for action in content(card.message(weekly("en")))["actions"]]
    assert titles == ["Cost Explorer", "Accounts"]


def test_largest_accounts_are_folded() -> None:
    made = content(card.message(weekly("en")))
    (folded,) = [node for node in walk(made) if node.get("isVisible") is False]

    assert folded["id"] == "accounts"
    assert "prod-payments" in texts(folded)


def test_mock_data_says_so() -> None:
    text = "\n".join(texts(content(card.message(CASES["mock"]("en")))))

    assert "Mock data. These are made-up numbers" in text


def test_unknown_notes_are_shown_and_known_ones_in_words() -> None:
    report = replace(weekly("en"), notes=("organizations_not_in_use", "brand_new_note", "mock_data"))
    text = "\n".join(texts(content(card.message(report))))

    assert "AWS Organizations is not in use" in text
    assert "brand_new_note" in text
    assert "mock_data" not in text


def test_every_anomaly_is_shown_or_counted() -> None:
    report = CASES["thousand"]("en")
    lines = texts(content(card.message(report)))
    shown = sum(line.startswith(("new · ", "growing · ", "continuing · ")) for line in lines)

    assert shown >= 1
    assert any(line.startswith(f"{len(report.anomalies) - shown} more anomalies") for line in lines)


def test_a_drop_does_not_hide_a_rise() -> None:
    one, other = weekly("en").anomalies[:2]
    report = replace(
        weekly("en"),
        anomalies=(replace(one, impact=Decimal(500)), replace(other, impact=Decimal(-500), direction=-1)),
    )

    assert "+$500.00" in texts(content(card.message(report)))
    assert "−$500.00" in texts(content(card.message(report)))


def test_what_the_ladder_drops_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MESSAGE_BYTES", 9_000)
    made = content(card.message(weekly("en")))
    lines = texts(made)

    assert any("Shortened to fit into Teams: movers, the list of accounts" in line for line in lines)
    assert any("more anomalies" in line for line in lines)
    assert "$94,980" in lines
    assert any("Amazon EC2 · ml-training" in line for line in lines)
    assert any("Partial data." in line for line in lines)


def test_the_last_form_draws_the_trend_with_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LADDER", ladder.LADDER[-1:])
    made = content(card.message(weekly("en")))

    assert "▆▆▆▆▆▅▅▆▆▆▆██░" in texts(made)
    assert not any(node.get("type") == "Image" for node in walk(made))
    assert any("the pictures" in line for line in texts(made))


def test_a_card_that_cannot_fit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MESSAGE_BYTES", 1_000)

    with pytest.raises(CardTooLarge, match="Teams takes 1000"):
        card.message(weekly("en"))


def test_a_single_day_has_no_trend() -> None:
    made = content(card.message(replace(weekly("en"), daily=weekly("en").daily[-1:], anomalies=())))

    assert not any(node.get("type") == "Image" for node in walk(made))


def test_the_ladder_descends() -> None:
    sizes = [form_size(weekly("en"), rung) for rung in range(len(ladder.LADDER))]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < limits.MAX_MESSAGE_BYTES / 2


def form_size(report: Report, rung: int) -> int:
    """Bytes of the card on one rung."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder, "LADDER", ladder.LADDER[rung : rung + 1])
        patch.setattr(limits, "MAX_MESSAGE_BYTES", 10**6)
        return len(contracts.encode(card.message(report)))


OURS = re.compile(
    r"https://(us-east-1|eu-west-1)\.console\.aws\.amazon\.com/|https://example\.com/|data:image/png;base64,"
)


def assert_no_markup_from_data(made: dict[str, Any]) -> None:
    """Outside of TextRun there is none of the attacker's text, but percent-encoded in a link to the console."""
    for node in walk(made):
        for name, value in node.items():
            if name == "url":
                assert OURS.match(value), value
                assert not set(value) & set(" <>\"'(){}[]*")
            elif isinstance(value, str) and (node.get("type"), name) != ("TextRun", "text"):
                assert not any(sign in value for sign in ("<", "**", "{{", "[click]", "evil.example")), (
                    name,
                    value,
                )


@BOTH
def test_hostile_names_stay_text(language: Language) -> None:
    made = content(card.message(CASES["hostile"](language)))

    assert_no_markup_from_data(made)
    for line in texts(made):
        assert "{{" not in line
        assert not any(sign in line for sign in "\u202e\u202c\n\r\t")


def test_china_has_its_own_console_and_currency() -> None:
    message = card.message(CASES["cny"]("en"))
    links = [node["url"] for node in walk(message) if node.get("type") == "Action.OpenUrl"]

    assert links
    assert all(".console.amazonaws.cn/" in link for link in links)
    assert any(text.startswith("CN¥") for text in texts(content(message)))


# ---- any report at all

amounts = st.decimals(-(10**12), 10**12, places=2) | st.just(Decimal(0))
optional = st.none() | amounts
names = st.text(max_size=80) | st.sampled_from(HOSTILE)
days = st.dates(date(2026, 10, 1), date(2026, 11, 15))
accounts = st.lists(
    st.builds(
        AccountCost,
        id=st.integers(0, 10**6).map(account_id),
        name=names,
        cost=amounts,
        previous=optional,
        ou=st.none() | names,
        compared=optional,
        compared_previous=optional,
    ),
    max_size=30,
)
services = st.lists(
    st.builds(
        ServiceCost,
        name=names,
        cost=amounts,
        previous=optional,
        compared=optional,
        compared_previous=optional,
    ),
    max_size=15,
)
causes = st.lists(any_cause(names, amounts), max_size=3)
resources = st.lists(st.builds(ResourceCost, names.filter(bool), amounts, amounts), max_size=3)


def ordered(line: AnomalyLine, start_back: int, last_after: int | None, band: int) -> AnomalyLine:
    """The line with days in an order that a life has: it starts, deviates, and its newest days have a band."""
    last = line.day if last_after is None else line.day + timedelta(days=last_after)
    shown = tuple(
        BandDay(last - timedelta(days=back), line.actual, line.expected, line.expected, line.actual)
        for back in reversed(range(band))
    )
    start = line.day - timedelta(days=start_back)
    return replace(line, start=start, last_day=None if last_after is None else last, band=shown)


anomalies = st.lists(
    st.builds(
        ordered,
        start_back=st.integers(0, 60),
        last_after=st.none() | st.integers(0, 7),
        band=st.integers(0, 28),
        line=st.builds(
            AnomalyLine,
            account_id=st.integers(0, 10**6).map(account_id),
            account_name=names,
            service=names,
            kind=st.sampled_from(["spike", "shift", "drift", "new", "drop", "sparse"]),
            day=days,
            start=days,
            actual=amounts,
            expected=amounts,
            impact=amounts,
            direction=st.sampled_from([1, -1]),
            status=st.sampled_from(["new", "growing", "continuing", "resolved"]),
            causes=causes.map(tuple),
            resources=resources.map(tuple),
            region=st.none() | names,
            owner=st.none() | names,
            daily=st.lists(amounts, max_size=28).map(tuple),
            ended=st.none() | st.sampled_from(get_args(Ending)),
        ),
    ),
    max_size=20,
)
missing = st.lists(
    st.builds(
        MissingAccount, id=st.integers(0, 10**6).map(account_id), name=names, reason=names.filter(bool)
    ),
    max_size=5,
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report with arbitrary names, amounts and counts in every place that comes from outside."""
    base = weekly(draw(st.sampled_from(get_args(Language))))
    lost = draw(missing)
    previous = draw(optional)
    current = draw(optional)
    days = base.period.dates() if current is not None else ()
    compared = Comparison(
        basis=draw(st.sampled_from(get_args(Basis))),
        days=tuple(days),
        previous_days=tuple(base.previous_period.dates()) if days and previous is not None else (),
        current=current,
        previous=previous if days else None,
        expected=draw(optional) if days else None,
        change=current - previous if current is not None and previous is not None else None,
        change_pct=draw(optional) if current is not None and previous and previous > 0 else None,
    )
    lines = st.builds(
        ChargeLine,
        kind=st.sampled_from(get_args(ChargeKind)),
        name=names.filter(bool),
        amount=amounts,
        previous=amounts if compared.previous is not None else st.none(),
    )
    totals = replace(
        base.totals,
        period=draw(amounts),
        previous=compared.previous,
        change=compared.change,
        change_pct=compared.change_pct,
        expected=compared.expected,
        month_to_date=draw(amounts),
        forecast_month=draw(optional),
        usage=draw(amounts),
        usage_previous=draw(optional),
    )
    return replace(
        base,
        currency=draw(st.sampled_from(["USD", "CNY", "EUR"]) | names.filter(bool)),
        totals=totals,
        comparison=compared,
        charge_lines=tuple(draw(st.lists(lines, max_size=6))),
        accounts=tuple(draw(accounts)),
        services=tuple(draw(services)),
        anomalies=tuple(draw(anomalies)),
        notes=tuple(draw(st.lists(names.filter(bool), max_size=6))),
        coverage=replace(base.coverage, missing=tuple(lost), accounts_reported=25 - len(lost)),
    )


def unbroken(text: str) -> str:
    """Without the marks that let long words wrap."""
    return text.replace("\u200b", "")


@settings(max_examples=examples(50), deadline=None)
@given(report=reports())
def test_any_report_becomes_a_card_that_teams_takes(report: Report) -> None:
    message = card.message(report, page=LONG_PAGE)
    made = content(message)

    assert len(contracts.encode(message)) <= limits.MAX_MESSAGE_BYTES
    assert phone.height(made) <= limits.MAX_CARD_HEIGHT
    assert problems(made) == []
    assert unbroken(Story(report).amount) in unbroken("\n".join(texts(made)[:3]))
    assert_no_markup_from_data(made)
