"""A report tells a service under another name as one line."""

from __future__ import annotations

from datetime import timedelta

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.store.memory import MemoryStore
from tests.unit.incidents.reports import END, Costs, report_of, steady

LENGTH, SINCE = 100, 4


def renamed(size: float = 1.0) -> Costs:
    """A service that has another name for four days, and one that is as it was."""
    old, new = steady(300, LENGTH), [size * each for each in steady(300, LENGTH)]
    return {
        "Amazon Old": [*old[:-SINCE], *[0.0] * SINCE],
        "Amazon New": [*[0.0] * (LENGTH - SINCE), *new[-SINCE:]],
        "Amazon S3": steady(80, LENGTH),
    }


def told(costs: Costs) -> tuple[AnomalyLine, ...]:
    return report_of("weekly", costs, MemoryStore()).anomalies


def test_a_service_under_another_name_is_one_line() -> None:
    (line,) = told(renamed())
    (cause,) = line.causes
    assert (line.service, line.kind, line.start) == ("Amazon New", "new", END - timedelta(days=SINCE))
    assert (cause.dimension, cause.kind) == ("service", "now_billed_as")
    assert (cause.value, cause.from_value) == ("Amazon New", "Amazon Old")
    assert cause.impact == line.impact
    assert abs(line.impact) < 60, "what is left of both, not four times $300"
    assert line.daily[0] > 200 and line.daily[-1] > 200, "both names are its days"


def test_one_that_is_twice_as_large_is_not_it() -> None:
    assert {line.service for line in told(renamed(2))} == {"Amazon New", "Amazon Old"}
