"""What the days ahead will cost by series."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from finopsguard.forecast.ahead import ahead, numbers_of, summed

MONDAY = date(2026, 8, 17)
DAYS = 84


def weekdays(level: float, days: int = DAYS) -> np.ndarray:
    return np.array([level * (0.5 if day % 7 >= 5 else 1.0) for day in range(days)])


def test_a_weekday_rhythm_goes_on() -> None:
    found = ahead(weekdays(100)[None], MONDAY, 14)[0]
    assert found == pytest.approx(weekdays(100, 14), rel=0.02)


def test_a_charge_of_the_month_comes_again_on_its_day() -> None:
    first = date(2026, 8, 1)
    costs = np.array([300.0 if (first + timedelta(day)).day == 5 else 10.0 for day in range(92)])
    found = ahead(costs[None], first, 10)[0]
    assert found[4] == pytest.approx(310, rel=0.1)
    assert found[:4] == pytest.approx([10] * 4, rel=0.1)


def test_what_began_some_weeks_ago_is_not_expected_to_be_free_again() -> None:
    """The silent days of the months before are no free tier: the detector alone would take them for one."""
    born = np.concatenate([np.zeros(DAYS - 30), np.full(30, 50.0)])
    assert ahead(born[None], MONDAY, 31)[0] == pytest.approx([50] * 31, rel=0.02)


@pytest.mark.parametrize("ago", [7, 9, 20, 45, 70])
def test_a_level_that_tripled_stays_whatever_the_months_before_had(ago: int) -> None:
    costs = weekdays(100, 98)
    costs[-ago:] *= 3
    found = ahead(costs[None], MONDAY, 14)[0]
    assert found == pytest.approx(3 * weekdays(100, 14), rel=0.05)


def test_what_is_low_at_the_beginning_of_each_month_is_low_again() -> None:
    first = date(2026, 8, 1)
    costs = np.array([10.0 if (first + timedelta(day)).day <= 12 else 50.0 for day in range(92)])
    assert ahead(costs[None], first, 20)[0] == pytest.approx([10.0] * 12 + [50.0] * 8, rel=0.1)


@pytest.mark.parametrize(("age", "level"), [(1, 0), (2, 0), (3, 40), (7, 40), (13, 40)], ids=str)
def test_a_young_cost_has_the_level_of_its_days_once_there_are_three(age: int, level: float) -> None:
    costs = np.concatenate([np.zeros(DAYS - age), np.full(age, 40.0)])
    assert ahead(costs[None], MONDAY, 5)[0].tolist() == [level] * 5


def test_what_costs_nothing_will_cost_nothing() -> None:
    assert ahead(np.zeros((3, DAYS)), MONDAY, 4).tolist() == [[0.0] * 4] * 3
    assert ahead(np.zeros((0, DAYS)), MONDAY, 4).shape == (0, 4)
    assert ahead(np.ones((2, DAYS)), MONDAY, 0).shape == (2, 0)


def test_rows_add_up_by_their_owner() -> None:
    owner = numbers_of(["b", "a", "b"], {"a": 0, "b": 1})
    assert summed(np.array([[1.0, 2.0], [5.0, 5.0], [10.0, 20.0]]), owner, 2).tolist() == [[5, 5], [11, 22]]
