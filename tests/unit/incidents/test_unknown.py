"""What was not read of a series is no part of what is told of it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig, Memory, detect
from finopsguard.incidents.follow import Known, follow
from finopsguard.incidents.known import with_unknown
from finopsguard.models.run import Period

FIRST, DAYS = date(2026, 8, 20), 96
LABEL = ("111122223333", "EC2")
GAP = FIRST + timedelta(days=DAYS - 2)


def rising() -> DailySeries:
    """A new level for nine days; one of them is not known, and 550 stands for it."""
    costs = np.full((1, DAYS), 100.0)
    costs[0, -9:] = 1000.0
    unknown = np.zeros((1, DAYS), np.bool_)
    costs[0, -2], unknown[0, -2] = 550.0, True
    return DailySeries([LABEL[0]], [LABEL[1]], FIRST, costs, unknown)


def test_a_day_that_is_not_known_has_no_dollars() -> None:
    series = rising()
    (told,) = detect(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        memory=with_unknown({}, series),
    )
    assert GAP not in dict(told.excess_by_day)
    assert told.impact == 1800


def test_a_run_knows_it_too() -> None:
    series = rising()
    end = series.end
    _, told = follow(
        Known(),
        series,
        Period(end - timedelta(days=1), end),
        judged_days=3,
        provisional_days=(),
        config=DetectionConfig(),
    )
    (incident,) = told
    assert GAP not in {day for member in incident.members for day in member.excess}


def test_what_was_known_before_stays_known() -> None:
    series = rising()
    before = Memory(accepted=(FIRST,))
    assert with_unknown({LABEL: before}, series) == {LABEL: Memory(accepted=(FIRST,), planned=((GAP, GAP),))}
    assert with_unknown({}, series.until(GAP)) == {}
    assert with_unknown({}, series.newest(2))[LABEL].planned == ((GAP, GAP),)
