from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents

FIRST = date(2026, 11, 1)
SERIES = DailySeries(["1", "2"], ["S3", "EC2"], FIRST, np.array([[0, 0, 0.1, 4.0], [0, 0, 0.2, 5.0]]))


def test_its_days_are_counted_from_the_first() -> None:
    assert (SERIES.days, SERIES.last_day, SERIES.end) == (4, date(2026, 11, 4), date(2026, 11, 5))
    assert SERIES.labels == [("1", "S3"), ("2", "EC2")]


def test_parts_keep_their_labels_and_know_their_days() -> None:
    before = SERIES.until(date(2026, 11, 3))
    assert (before.first_day, before.days, before.costs.tolist()) == (FIRST, 2, [[0, 0], [0, 0]])
    newest = SERIES.newest(1)
    assert (newest.first_day, newest.end, newest.costs.tolist()) == (SERIES.last_day, SERIES.end, [[4], [5]])
    assert newest.labels == SERIES.labels


def test_parts_beyond_the_days_there_are_hold_what_there_is() -> None:
    assert SERIES.newest(99).days == SERIES.until(FIRST + timedelta(days=99)).days == 4
    assert SERIES.until(FIRST - timedelta(days=1)).days == SERIES.newest(0).days == 0
    assert SERIES.newest(0).end == SERIES.end


def test_it_begins_with_the_first_cost_of_any_account() -> None:
    known = SERIES.since_first_cost()
    assert (known.first_day, known.costs[:, 0].tolist()) == (date(2026, 11, 3), [0.1, 0.2])
    silent = DailySeries(["1"], ["S3"], FIRST, np.zeros((1, 3)))
    assert silent.since_first_cost().days == 3
    nothing = DailySeries([], [], FIRST, np.zeros((0, 3)))
    assert (nothing.since_first_cost().days, nothing.total_by_day()[FIRST]) == (3, Decimal(0))


def test_totals_by_day_are_without_the_dust_of_adding_floats() -> None:
    assert list(SERIES.total_by_day().values()) == [0, 0, Decimal("0.3"), 9]
    assert list(SERIES.total_by_day()) == [FIRST + timedelta(days=index) for index in range(4)]


def test_cents_are_half_to_even_as_floats_are_rounded() -> None:
    assert [cents(each) for each in (0.125, 0.375, 2.675, -0.625)] == [
        Decimal(text) for text in ("0.12", "0.38", "2.67", "-0.62")
    ]
