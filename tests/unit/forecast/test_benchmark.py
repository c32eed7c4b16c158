"""The arithmetic of the benchmark, on months whose end is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.forecast.__main__ import ALL, Case, cases, table
from benchmarks.forecast.worlds import DAYS, HISTORY, KINDS, World, make

MONTH = date(2026, 11, 1)


def even(charges: dict[tuple[str, str], np.ndarray] | None = None) -> World:
    """Two accounts of $10 a day: November costs 600."""
    first_day = MONTH - timedelta(days=HISTORY)
    accounts = ["000000000001", "000000000002"]
    return World("even", MONTH, first_day, accounts, ["s", "s"], np.full((2, DAYS), 10.0), charges or {})


def of(scope: str, found: list[Case]) -> Case:
    return next(each for each in found if each.scope == scope)


def test_both_are_right_where_every_day_is_alike() -> None:
    found = of("organization", cases(even(), "even", 10))
    assert found.ours == pytest.approx(0, abs=1e-6)
    assert found.run_rate == pytest.approx(0, abs=1e-6)
    assert found.inside


def test_the_run_rate_multiplies_the_charge_of_the_first() -> None:
    """60 on each 1st: the month costs 660; by the 10th 260 are billed, which the run rate takes for 780."""
    days = np.zeros(DAYS)
    for index in range(DAYS):
        if (MONTH - timedelta(days=HISTORY - index)).day == 1:
            days[index] = 60
    found = of("organization", cases(even({("000000000001", "Fee"): days}), "even", 10))
    assert found.run_rate == pytest.approx((780 - 660) / 660)
    assert found.ours == pytest.approx(0, abs=1e-6)


def test_a_charge_that_grows_is_seen_as_far_as_the_month_is_billed() -> None:
    world = even({("000000000001", "Tax"): np.zeros(DAYS)})
    world.growing["000000000001", "Tax"] = 0.2
    assert world.seen(HISTORY + 5)["000000000001", "Tax"][HISTORY] == 0.2 * 5 * 10


def test_the_table_has_means_of_the_forecasts_that_are_given() -> None:
    found = [
        Case("even", 10, "account", 0.1, 0.2, True),
        Case("even", 10, "account", 0.3, 0.2, False),
        Case("even", 10, "account", 9.0, 9.0, None),
    ]
    line = table(found, ["even"])[-1]
    assert line.split() == [ALL, ALL, ALL, "3", "20.00%", "20.00%", "1.00", "67%", "50.0%"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_is_the_same_for_the_same_seed(kind: str) -> None:
    one, two = make(kind, 3), make(kind, 3)
    assert (one.usage == two.usage).all()
    assert one.charges.keys() == two.charges.keys()
