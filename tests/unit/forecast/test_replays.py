"""Past errors: replays of the same history."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from finopsguard.forecast.replays import ENOUGH_FINAL_DAYS, LEAST_ERROR, Replays, replay

ONE = np.array([0])


def replays(errors: list[float], days: list[int] | None = None, asked: int = 10) -> Replays:
    """Of one account: forecasts of 100, and what came."""
    forecast = np.full((len(errors), 1), 100.0)
    lengths = np.array(days or [asked] * len(errors), dtype=float)
    return Replays(forecast, forecast * (1 + np.array(errors)[:, None]), lengths, asked)


def test_half_the_width_is_students_t_times_the_error_that_was_seen() -> None:
    """Ten replays, each one tenth off: t of nine degrees is 1.383, and a tenth more variance for ten replays."""
    expected = 1.383 * math.sqrt(1.1) * math.hypot(0.1, LEAST_ERROR)
    assert replays([0.1, -0.1] * 5).half_width(ONE, 1.0) == pytest.approx(expected)


def test_errors_of_fewer_days_grow_by_the_root_of_the_days() -> None:
    short = replays([0.05, -0.05] * 3, [5] * 6, asked=20).half_width(ONE, 1.0)
    whole = replays([0.1, -0.1] * 3, [20] * 6, asked=20).half_width(ONE, 1.0)
    assert short == pytest.approx(whole)


def test_with_few_replays_or_an_account_that_was_not_there_nothing_is_known() -> None:
    assert replays([0.1] * 3).half_width(ONE, 1.0) == math.inf
    known = replays([0.1] * 5)
    gone = Replays(known.forecast * 0, known.actual, known.days, 10)
    assert gone.half_width(ONE, 1.0) == math.inf


def test_a_forecast_is_raised_by_what_all_accounts_together_were_above_it() -> None:
    assert replays([0.06] * 10).lift() == pytest.approx(1 + 0.06 * 10 / 12)
    assert replays([0.5] * 10).lift() == pytest.approx(1.10), "at most"
    assert replays([-0.5] * 10).lift() == pytest.approx(0.95), "at least"
    assert replays([]).lift() == 1


def test_a_steady_cost_has_no_errors_but_the_least() -> None:
    costs = np.full((2, 98), 10.0)
    found = replay(costs, date(2026, 8, 1), np.array([0, 1]), 2, 12)
    assert found.days.tolist() == [7] + [12] * 9
    assert found.forecast == pytest.approx(found.actual, rel=1e-3)
    assert found.half_width(np.array([0, 1]), found.lift()) < 2 * LEAST_ERROR


def test_a_replay_knows_the_days_before_its_cutoff_only() -> None:
    """The newest week is ten times as dear: no replay saw it coming."""
    costs = np.full((1, 98), 10.0)
    costs[0, -7:] = 100
    found = replay(costs, date(2026, 8, 1), np.array([0]), 1, 7)
    assert found.forecast[0, 0] == pytest.approx(70, rel=0.01)
    assert found.actual[0, 0] == 700


def test_there_are_as_many_as_the_history_holds() -> None:
    for days, count in ((ENOUGH_FINAL_DAYS - 1, 3), (ENOUGH_FINAL_DAYS, 4), (98, 10), (365, 10)):
        found = replay(np.full((1, days), 5.0), date(2026, 1, 1), np.array([0]), 1, 9)
        assert len(found.days) == count
    assert len(replay(np.full((1, 98), 5.0), date(2026, 1, 1), np.array([0]), 1, 0).days) == 0
