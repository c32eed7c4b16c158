"""Severity: three levels by what an anomaly costs in a month, in words, in the order of card, page and terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import Report
from finopsguard.models.severity import Severity
from finopsguard.report import facts, severity
from finopsguard.report.story import Story
from tests.unit.report.cases import CASES
from tests.unit.report.cause_sample import KINDS
from tests.unit.report.sample import weekly
from tests.unit.report.test_everywhere import spoken

LIMITS = (Decimal(1_000), Decimal(10_000))
PLAIN = replace(weekly().anomalies[0], causes=(), security=False, impact=Decimal(50))


def grade(line: AnomalyLine, words: tuple[str, ...] = ()) -> tuple[Severity | None, Report]:
    report = severity.graded(replace(weekly(), anomalies=(line,)), LIMITS, words)
    return report.anomalies[0].severity, report


@pytest.mark.parametrize(
    ("rate", "level"),
    [("999.99", "low"), ("1000", "medium"), ("9999.99", "medium"), ("10000", "high"), ("-50000", "low")],
)
def test_what_goes_on_is_graded_by_its_run_rate(rate: str, level: Severity) -> None:
    found, report = grade(replace(PLAIN, run_rate_month=Decimal(rate), last_day=date(2026, 11, 15)))

    assert found == level
    assert contracts.from_json(Report, contracts.to_json(report)) == report


@pytest.mark.parametrize("over", [{"status": "resolved", "ended": "back"}, {"ended": "back"}])
def test_what_is_over_is_graded_by_what_it_cost(over: dict[str, Any]) -> None:
    """A day of $12,000 is not $360,000 a month once it is known to have been one day."""
    line = replace(PLAIN, run_rate_month=Decimal(360_000), **over)

    assert grade(line)[0] == "low"
    found, report = grade(replace(line, impact=Decimal(12_000)))
    assert found == "high"
    assert severity.in_words(Story(report), report.anomalies[0]) == "severity high"


@pytest.mark.parametrize(
    ("rate", "level"), [("400", "medium"), ("4000", "high"), ("40000", "high"), ("-4000", "low")]
)
def test_a_security_mark_raises_it_by_one(rate: str, level: Severity) -> None:
    line = replace(PLAIN, run_rate_month=Decimal(rate), last_day=date(2026, 11, 15))
    cause = KINDS["new_region"]

    assert grade(replace(line, security=True))[0] == level
    assert grade(replace(line, causes=(cause,)))[0] == level


def test_a_report_of_an_earlier_release_has_no_rate() -> None:
    found, report = grade(replace(PLAIN, run_rate_month=None, impact=Decimal(2_000)))

    assert found == "medium"
    assert severity.in_words(Story(report), report.anomalies[0]) == "severity medium"
    assert severity.in_words(Story(weekly()), weekly().anomalies[0]) == ""


def test_the_gravest_come_first_and_of_one_severity_the_largest() -> None:
    given: list[tuple[int, Severity | None]] = [
        (10, "low"),
        (900, "low"),
        (20, "high"),
        (30, "medium"),
        (50, None),
    ]
    lines = [
        replace(PLAIN, id=str(number), impact=Decimal(impact), severity=level)
        for number, (impact, level) in enumerate(given)
    ]
    shown = facts.open_anomalies(replace(weekly(), anomalies=tuple(lines)))
    assert [each.id for each in shown] == ["2", "3", "1", "4", "0"]


def test_card_page_and_terminal_say_it_in_words_and_in_one_order() -> None:
    report = CASES["graded"]("en")
    said = [severity.in_words(Story(report), line) for line in facts.open_anomalies(report)]

    assert said[0].startswith("severity high: +$81,")
    assert {each.split(":")[0] for each in said} == {"severity high", "severity medium", "severity low"}
    for surface, shown in spoken(report).items():
        words = re.findall(r"severity (?:low|medium|high): [+\u2212]\$[\d,.K]+ a month", shown)
        found = [each for each in words if each in said]
        assert found == said[: len(found)], surface
        assert len(found) >= 2


def test_the_customers_own_words() -> None:
    line = replace(PLAIN, run_rate_month=Decimal(20_000), last_day=date(2026, 11, 15))
    _, report = grade(line, ("P3", "P2", "P1"))

    assert severity.in_words(Story(report), report.anomalies[0]) == "severity P1: +$20,000 a month"


def test_somebody_is_called_for_what_is_high_and_new_or_larger() -> None:
    tomorrow = weekly().period.end + timedelta(1)
    line = replace(PLAIN, run_rate_month=Decimal(20_000), last_day=tomorrow)
    found = {
        status: len(severity.gravest(grade(replace(line, status=status))[1]))
        for status in ("new", "growing", "continuing", "resolved")
    }

    assert found == {"new": 1, "growing": 1, "continuing": 0, "resolved": 0}
    assert severity.gravest(grade(replace(line, run_rate_month=Decimal(9_000)))[1]) == []
