"""The words of a monthly report: its first lines are true in ordinary worlds."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from rich.console import Console

from finopsguard.models.report import Coverage, MissingAccount, Report
from finopsguard.models.retrospective import Retrospective, Spread
from finopsguard.models.run import Language
from finopsguard.report import terminal
from finopsguard.report.page import render
from finopsguard.report.retrospective_story import RetrospectiveStory
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.looked_back import OCTOBER, everything, line, monthly, retrospective
from tests.unit.report.page.test_render import read

BOTH = pytest.mark.parametrize("language", get_args(Language))


def story(
    looked: Retrospective, language: Language = "en", report: Report | None = None
) -> RetrospectiveStory:
    return RetrospectiveStory(report or monthly(looked, language), looked)


@pytest.mark.parametrize(
    ("looked", "english", "spanish"),
    [
        (
            retrospective(),
            "No incident in October: nothing unusual was told.",
            "Sin incidencias en octubre: no hubo nada inusual de lo que avisar.",
        ),
        (
            retrospective(since=None),
            "No record of incidents in October: none is known.",
            "No hay registro de incidencias en octubre: no se conoce ninguna.",
        ),
        (
            retrospective(since=OCTOBER.end),
            "No record of incidents in October: none is known.",
            "No hay registro de incidencias en octubre: no se conoce ninguna.",
        ),
        (
            retrospective(line()),
            "1 new incident in October: $840.00 above expectation. All were over at the end of the month.",
            "1 incidencia nueva en octubre: 840,00 US$ por encima de lo esperado."
            " Todas habían terminado al acabar el mes.",
        ),
        (
            retrospective(line(), line(1, "2000", None)),
            "2 new incidents in October: $2,840 above expectation. 1 was still going on at the end of the month.",
            "2 incidencias nuevas en octubre: 2.840 US$ por encima de lo esperado. 1 seguía abierta al acabar el mes.",
        ),
        (
            retrospective(line(ended=None), told=0, going=1),
            "1 that had begun before in October: $840.00 above expectation."
            " 1 was still going on at the end of the month.",
            "1 que venía de antes en octubre: 840,00 US$ por encima de lo esperado. 1 seguía abierta al acabar el mes.",
        ),
        (
            retrospective(line(usd="-310", ended="new_level")),
            "1 new incident in October: $310.00 below expectation. All were over at the end of the month.",
            "1 incidencia nueva en octubre: 310,00 US$ por debajo de lo esperado."
            " Todas habían terminado al acabar el mes.",
        ),
    ],
    ids=["none", "no ledger", "ledger is younger", "one", "one open", "went on", "a fall"],
)
def test_the_first_line_is_true(looked: Retrospective, english: str, spanish: str) -> None:
    for language, said in (("en", english), ("es", spanish)):
        made = story(looked, language)  # type: ignore[arg-type]
        assert plain(f"{made.sentence} {made.ends}".strip()) == said


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2060", "")


@pytest.mark.parametrize(
    ("since", "shown"), [(None, ["–", "–"]), (OCTOBER.end, ["–", "–"]), (OCTOBER.start, ["0", "$0.00"])]
)
def test_what_is_on_no_record_is_not_shown_as_nothing(since: date | None, shown: list[str]) -> None:
    assert [tile.value for tile in story(retrospective(since=since)).figures[:2]] == shown


def test_a_month_that_is_on_record_in_part_says_from_when() -> None:
    made = story(retrospective(line(), since=date(2026, 10, 14)))
    assert made.partly == "Incidents are on record from 14 Oct on; what happened before is not counted."
    assert story(retrospective(line(), since=OCTOBER.start)).partly == ""


def test_a_month_of_which_accounts_are_missing_says_so() -> None:
    report = monthly(retrospective(), coverage=Coverage(25, 24, (MissingAccount("1" * 12, "dev", "denied"),)))
    made = story(retrospective(), report=report)
    assert [notice.title for notice in made.notices] == ["Partial data."]


def test_credits_are_in_what_is_billed_and_not_in_the_headline() -> None:
    made = story(retrospective())
    assert made.amount == "$100,000"
    assert plain(made.change) == "▲ +11.1% (+$10,000) vs 1–30 Sep"
    assert "− Credits" in made.charges


def test_what_nobody_answered_is_not_called_true() -> None:
    assert story(retrospective(line())).answers == (
        "Nobody answered an alert, so how many were false is not known."
    )
    assert story(retrospective()).answers == ""
    said = story(retrospective(line(), line(1, verdict="not_an_anomaly"), answered=1)).answers
    assert said == "1 of 2 alerts were answered; false alerts: 1 of 2 (50%)."


def test_figures_have_their_units() -> None:
    looked = retrospective(line(), answer_hours=Spread(2, Decimal(60), Decimal(144)))
    shown = {tile.label: (tile.value, tile.detail) for tile in story(looked).figures}
    assert shown["Until told"] == ("9 h", "1 incident")
    assert shown["Until answered"] == ("60 h", "median of 2; longest 6 days")
    assert shown["Until over"] == ("2.5 days", "1 incident")
    assert shown["Avoided, at most"] == ("$5,000", "1 incident, 30 days")
    none = {tile.label: tile.value for tile in story(retrospective()).figures}
    assert none["Until told"] == none["Avoided, at most"] == "–"


def test_a_forecast_is_held_to_what_was_billed() -> None:
    first, second = story(everything()).forecasts
    assert first.startswith(
        "Forecast with the costs up to 8 Oct: $98,000, −2.0% against what was billed (within"
    )
    assert "outside" in second


@BOTH
def test_every_surface_has_the_first_lines_and_every_incident_of_the_month(language: Language) -> None:
    report = monthly(everything(), language)
    made = story(everything(), language)
    console = Console(file=io.StringIO(), width=220, color_system=None)
    terminal.render(report, console)
    printed = console.file
    assert isinstance(printed, io.StringIO)
    page = read(render.page(report))
    for text in (printed.getvalue(), html.unescape(page.text)):
        shown = re.sub(r"\s+", " ", plain(text).replace("\u200b", ""))
        for said in (made.sentence, made.answers, made.restated, *made.held, *made.forecasts):
            assert re.sub(r"\s+", " ", plain(said)) in shown
        for each in made.ranked:
            assert re.sub(r"\s+", " ", plain(made.name(each))) in shown


def test_the_page_loads_nothing_and_keeps_hostile_text_as_text() -> None:
    looked = everything()
    lines = [
        replace(each, account_name=name, owner=name, services=(name,))
        for each, name in zip(looked.incidents, HOSTILE, strict=False)
    ]
    muted = tuple(replace(each, reason=HOSTILE[2]) for each in looked.muted)
    made = render.page(monthly(replace(looked, incidents=tuple(lines), muted=muted)))
    found = read(made)
    assert not [tag for tag, _ in found.found if tag in ("img", "link", "iframe", "form", "object")]
    assert sum(tag == "script" for tag, _ in found.found) == 1
