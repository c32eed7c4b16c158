"""A broad fall is told where people do not rest, and a roll-up only where it says more than its parts."""

from __future__ import annotations

import numpy as np
import pytest

from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.detection.broad import broad_falls
from finopsguard.detection.layers import says_more
from finopsguard.detection.rest import Rest
from tests.unit.detection.helpers import FIRST, Costs, day

DAYS = 110


def total(left: float, days: int) -> Costs:
    """$2,000 a day, 70 % of it on weekends; the last `days` days cost `left` of it."""
    weekend = np.arange(DAYS) % 7 >= 5
    noise = 1 + 0.01 * np.random.default_rng(1).standard_normal(DAYS)
    cost = 2000 * np.where(weekend, 0.7, 1.0) * noise
    cost[DAYS - days :] *= left
    return np.asarray(cost[None])


def falls(costs: Costs, complete: int = DAYS) -> list[Anomaly]:
    return broad_falls(costs, FIRST, window=3, complete=complete, config=DetectionConfig())


@pytest.mark.parametrize(
    ("left", "days", "told"),
    [(0.5, 2, True), (0.5, 1, False), (0.8, 2, False), (0.8, 4, False), (0.8, 7, True), (0.95, 9, False)],
)
def test_what_is_no_deeper_than_a_day_of_rest_must_last(left: float, days: int, told: bool) -> None:
    found = falls(total(left, days))
    assert bool(found) == told
    for fall in found:
        assert (fall.direction, fall.start, len(fall.excess_by_day)) == (-1, day(DAYS - days), days)


def test_days_that_may_grow_and_falls_like_those_before_tell_nothing() -> None:
    assert falls(total(0.5, 2), complete=DAYS - 1) == []
    again = total(0.5, 3)
    again[:, 60:63] *= 0.5
    assert falls(again) == []


def anomaly(rows: Costs) -> Anomaly:
    return Anomaly(
        0, "", "", day(DAYS - 1), day(DAYS - 1), 1, 0.0, 0.0, 1.0, 1.0, "spike", ((day(DAYS - 1), 1.0),)
    )


@pytest.mark.parametrize(
    ("rises", "more"), [([8, 8, 8, 8], True), ([190, 5, 5, 5], False), ([20, 20, 0, 0], False)]
)
def test_a_roll_up_says_more_where_several_went_its_way(rises: list[float], more: bool) -> None:
    rows = np.full((4, DAYS), 50.0)
    rows[:, -1] += rises
    assert says_more(Rest(rows, FIRST), (0, 1, 2, 3), anomaly(rows)) == more


def test_what_comes_with_every_month_is_no_news_in_a_sum() -> None:
    rows = np.full((4, DAYS), 20.0)
    rows[:, [-1, -31, -61]] = 90
    assert not says_more(Rest(rows, FIRST), (0, 1, 2, 3), anomaly(rows))
