"""One story per kind of anomaly, and the ordinary things that must stay silent."""

from datetime import date, timedelta

import numpy as np
import pytest

from finopsguard.detection import DetectionConfig, detect
from finopsguard.detection.medians import median_rows, rolling_median
from finopsguard.errors import InvalidInput
from tests.unit.detection.helpers import FIRST, Costs, day, run, steady

ALL_COMPLETE = FIRST + timedelta(days=10_000)


def noisy(series: int = 1, days: int = 110, usd: float = 60.0, noise: float = 0.05, seed: int = 3) -> Costs:
    return steady(series, days, usd) * np.exp(noise * np.random.default_rng(seed).normal(size=(series, days)))


def replay(costs: Costs, days: int) -> list[tuple[date, str]]:
    """What each of the last `days` runs finds first: (day of the anomaly, kind)."""
    total = costs.shape[1]
    found: list[tuple[date, str]] = []
    for newest in range(total - days, total):
        found += [(anomaly.day, anomaly.kind) for anomaly in run(costs[:, : newest + 1], window=1)]
    return found


def test_a_spike_names_its_day_and_dollars() -> None:
    costs = steady(3)
    costs[1, -2] = 200.0
    (anomaly,) = run(costs)
    assert (anomaly.series, anomaly.service, anomaly.day, anomaly.kind) == (1, "service-1", day(98), "spike")
    assert (anomaly.direction, anomaly.actual) == (1, 200.0)
    assert anomaly.expected == pytest.approx(50.0, rel=0.01)
    assert anomaly.impact == pytest.approx(150.0, rel=0.01)
    assert anomaly.score >= 1
    assert dict(anomaly.excess_by_day) == {day(98): pytest.approx(150.0, rel=0.01)}


def test_days_of_one_story_are_one_anomaly_from_its_first_day() -> None:
    costs = steady()
    costs[0, -3:] = [180.0, 200.0, 190.0]
    (anomaly,) = run(costs)
    assert (anomaly.start, anomaly.day) == (day(97), day(98))
    assert anomaly.impact == pytest.approx(130 + 150 + 140, rel=0.01)
    assert anomaly.kind == "shift"


def test_a_level_shift_is_told_for_some_days_and_then_is_normal() -> None:
    costs = noisy(days=120)
    costs[0, 100:] *= 2
    told = {on for on, _ in replay(costs, 20)}
    assert min(told) == day(100)
    assert max(told) <= day(111)


def test_a_leak_too_slow_for_any_single_day_is_found() -> None:
    costs = noisy(days=125, noise=0.02)
    costs[0, 100:] *= 1 + 0.025 * np.arange(1, 26)
    found = replay(costs, 25)
    assert "drift" in {kind for _, kind in found}
    assert min(on for on, _ in found) <= day(114)


def test_steady_growth_is_not_a_leak() -> None:
    costs = noisy(days=130, noise=0.02) * np.exp(0.004 * np.arange(130))  # 12 % a month, every month
    assert replay(costs, 30) == []


def test_a_new_service_is_told_on_its_first_days_only() -> None:
    costs = steady(2, 110)
    costs[1, :104] = 0.0
    assert [on for on, kind in replay(costs, 8) if kind == "new"] == [day(104), day(105), day(106)]


def test_a_new_service_that_runs_away_in_its_second_week_is_told() -> None:
    costs = steady(1, 110, 0.0)
    costs[0, 98:] = 10.0
    costs[0, -1] = 80.0
    assert [(anomaly.day, anomaly.expected) for anomaly in run(costs)] == [(day(109), 10.0)]


def test_a_drop_is_judged_on_complete_days_only() -> None:
    costs = steady()
    costs[0, -1] = 0.0
    assert run(costs) == []
    (anomaly,) = run(costs, complete_until=ALL_COMPLETE)
    assert (anomaly.kind, anomaly.direction) == ("drop", -1)
    assert anomaly.impact == pytest.approx(-50.0, rel=0.01)


def test_a_holiday_that_looks_like_a_weekend_is_no_drop_and_its_end_no_rise() -> None:
    costs = np.tile([80.0, 80, 80, 80, 80, 9, 9], (1, 16))
    costs[0, 105:109] = 9.0
    assert run(costs, window=7, complete_until=ALL_COMPLETE) == []


@pytest.mark.parametrize("outage", [3, 14, 24])
def test_the_return_from_an_outage_is_no_rise(outage: int) -> None:
    costs = noisy(days=100 + outage + 6)
    costs[0, 100 : 100 + outage] = 0.0
    assert run(costs, window=5, complete_until=ALL_COMPLETE) == []


def test_a_young_account_that_lives_on_weekends_is_not_told_every_saturday() -> None:
    costs = np.tile([20.0, 20, 20, 20, 20, 100, 100], (1, 16))
    costs[0, :92] = 0.0
    assert replay(costs, 6) == []


def test_a_blip_like_earlier_ones_is_not_told_and_a_larger_one_is() -> None:
    costs = noisy(days=110, noise=0.03)
    costs[0, [40, 55, 69, 82, 96]] *= 2.2
    costs[0, -2] = 145.0
    assert run(costs) == []
    costs[0, -2] = 500.0
    assert [anomaly.day for anomaly in run(costs)] == [day(108)]


def test_a_shift_too_small_for_one_day_is_told_on_its_second() -> None:
    costs = noisy(days=110)
    costs[0, 107:] *= 1.35
    assert replay(costs[:, :108], 1) == []
    assert replay(costs[:, :109], 1) == [(day(108), "shift")]


def test_in_a_noisy_series_a_day_far_beyond_its_record_is_told() -> None:
    costs = noisy(days=110, noise=0.6)
    costs[0, -2] = 1.2 * costs[0].max()
    assert run(costs) == []
    costs[0, -2] = 5 * costs[0].max()
    assert [anomaly.day for anomaly in run(costs)] == [day(108)]


def test_a_free_tier_that_begins_anew_each_month_is_no_drop() -> None:
    first = date(2026, 2, 10)
    free = np.array([(first + timedelta(days=index)).day <= 2 for index in range(112)])  # to 1 June
    costs = np.where(free, 0.0, 45.0)[None]
    assert run(costs, first, complete_until=ALL_COMPLETE) == []


def test_the_weekday_rhythm_is_expected_and_a_weekend_left_on_is_not() -> None:
    costs = np.tile([80.0, 80, 80, 80, 80, 15, 15], (1, 16))
    assert run(costs, window=7, complete_until=ALL_COMPLETE) == []
    costs[0, -1] = 80.0
    assert [anomaly.day for anomaly in run(costs)] == [day(111)]


def monthly(fee: float, first: date, days: int) -> Costs:
    on = np.array([(first + timedelta(days=index)).day == 1 for index in range(days)])
    return np.where(on, fee, 0.0)[None]


def test_a_monthly_fee_is_expected_and_its_jump_is_not() -> None:
    first = date(2026, 1, 20)
    costs = monthly(500.0, first, 103)  # the newest day is 2 May
    assert run(costs, first) == []
    costs[0, -2] = 900.0
    (anomaly,) = run(costs, first)
    assert (anomaly.day, anomaly.actual) == (date(2026, 5, 1), 900.0)
    assert anomaly.expected == pytest.approx(500.0, rel=0.01)


@pytest.mark.parametrize("usual", [0.0, 30.0])
def test_the_first_month_start_of_a_short_history_says_nothing(usual: float) -> None:
    first = date(2025, 12, 2)
    costs = monthly(500.0, first, 31) + usual  # to 1 January; 1 December was before the history
    assert run(costs, first) == []
    costs[0, -8] += 500.0  # on Christmas Day it would be told
    assert len(run(costs[:, :-7], first)) == (1 if usual else 0)


def test_a_giant_among_bursts_is_found_and_an_ordinary_burst_is_not() -> None:
    rng = np.random.default_rng(5)
    costs = (rng.random((1, 110)) < 0.25) * rng.lognormal(3, 0.5, (1, 110))
    costs[0, -3:] = 0.0
    costs[0, -2] = costs.max() * 1.1
    assert run(costs) == []
    costs[0, -2] = costs[0, :-3].max() * 6
    (anomaly,) = run(costs)
    assert anomaly.kind == "sparse"


@pytest.mark.parametrize(
    ("usual", "today", "told"), [(1.0, 2.5, 0), (5.0, 14.9, 0), (5.0, 25.0, 1), (3000.0, 3250.0, 0)]
)
def test_the_dollar_and_percent_gates_hold(usual: float, today: float, told: int) -> None:
    costs = steady(usd=usual)
    costs[0, -1] = today
    assert len(run(costs)) == told


def test_the_policy_moves_the_gates_and_excludes_services() -> None:
    costs = steady(2)
    costs[:, -1] = 80.0
    assert len(run(costs)) == 2
    assert run(costs, config=DetectionConfig(min_usd=31.0)) == []
    assert run(costs, config=DetectionConfig(min_pct=0.7)) == []
    (left,) = run(costs, config=DetectionConfig(excluded_services=frozenset({"service-0"})))
    assert left.service == "service-1"


def test_sensitivity_moves_the_threshold_and_not_the_gates() -> None:
    costs = noisy(noise=0.1, days=100)
    costs[0, -1] = 95.0
    assert run(costs, config=DetectionConfig(sensitivity=0.3)) == []
    assert len(run(costs, config=DetectionConfig(sensitivity=2.0))) == 1
    assert run(costs, config=DetectionConfig(sensitivity=100.0, min_usd=40.0)) == []


@pytest.mark.parametrize(
    "policy",
    [
        {"min_usd": -1.0},
        {"min_pct": float("nan")},
        {"sensitivity": 0.0},
        {"drop_pct": 1.5},
        {"growth_factor": 0.5},
    ],
)
def test_a_policy_that_cannot_work_is_refused(policy: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(policy))):
        DetectionConfig(**policy)  # type: ignore[arg-type]


def test_shapes_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="2 labels for 1 series"):
        detect(steady(), FIRST, accounts=["a", "b"], services=["s"])
    with pytest.raises(InvalidInput, match="matrix"):
        detect(np.ones(5), FIRST, accounts=[], services=[])
    with pytest.raises(InvalidInput, match="window"):
        run(steady(), window=0)


@pytest.mark.parametrize("shape", [(0, 0), (0, 30), (3, 0), (3, 1), (3, 13)])
def test_too_little_history_is_no_anomaly(shape: tuple[int, int]) -> None:
    assert run(np.full(shape, 9e4)) == []


@pytest.mark.parametrize("width", [5, 7])
def test_the_networks_are_medians(width: int) -> None:
    rows = np.random.default_rng(width).normal(size=(40, 50))
    windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=0)
    assert np.array_equal(rolling_median(rows, width)[width - 1 :], np.median(windows, axis=2))
    assert np.allclose(median_rows(rows[:8]), np.median(rows[:8], axis=0))
    assert np.allclose(median_rows(rows[:6]), np.median(rows[:6], axis=0))
