"""What once blinded a series: a charge of its month, an incident that is over."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import expected_costs, expected_since
from tests.sweeps import examples
from tests.unit.detection.helpers import FIRST, Costs, run, steady

DAYS = 120
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noisy(usd: float, seed: int, noise: float = 0.02, series: int = 20) -> Costs:
    """A flat cost in light noise."""
    return steady(series, DAYS, usd) * np.exp(noise * np.random.default_rng(seed).normal(size=(series, DAYS)))


def on_day(first: date, *days: int) -> Costs:
    """1 on these days of each month, else 0."""
    return np.array([float((first + timedelta(days=index)).day in days) for index in range(DAYS)])


def told(costs: Costs, first: date = FIRST) -> int:
    """How many of the series are told on the second newest day."""
    newest = first + timedelta(days=costs.shape[1] - 2)
    return len({each.series for each in run(costs, first) if newest in dict(each.excess_by_day)})


@quick
@given(
    seed=seeds,
    day=st.integers(3, 28),
    fee=st.floats(100, 5000),
    end=st.dates(date(2025, 5, 1), date(2026, 12, 1)),
)
def test_a_charge_of_the_month_hides_no_other_day(seed: int, day: int, fee: float, end: date) -> None:
    first = end - timedelta(days=DAYS - 1)
    costs = noisy(40.0, seed) + fee * on_day(first, day)
    surprise = end - timedelta(days=1)
    near = abs(surprise.day - day) <= 1
    assert told(costs, first) == 0
    costs[:, -2] += 20_000 if near else 200
    assert told(costs, first) == len(costs)


def test_the_case_of_the_issue_is_told() -> None:
    first = date(2026, 5, 26) - timedelta(days=DAYS - 1)
    costs = 40 + 420 * on_day(first, 3)[None]
    costs[0, -2] += 20_000
    assert told(costs, first) == 1


@quick
@given(day=st.integers(1, 31), end=st.dates(date(2025, 5, 1), date(2026, 12, 1)))
def test_a_charge_is_expected_once_a_month_and_on_its_day(day: int, end: date) -> None:
    """On the 29th to 31st of months that have no such day a bill has no charge."""
    first = end - timedelta(days=DAYS - 1)
    on = on_day(first, day)
    costs = (40 + 420 * on)[None]
    newest = on[-28:]
    for expected in (expected_costs(costs, first, days=28), expected_since(costs, first, [DAYS - 28])):
        level = expected.level[0, -28:]
        assert (level[newest == 1] > 400).all()
        if day <= 28:
            assert np.allclose(level[newest == 0], 40, rtol=0.02)


@pytest.mark.parametrize("last_days", [1, 2])
def test_a_charge_on_the_last_days_of_months_of_any_length_is_expected_there(last_days: int) -> None:
    first = date(2026, 1, 20)
    days = [first + timedelta(days=index) for index in range(DAYS + 14)]
    on = np.array([(day + timedelta(days=last_days)).month != day.month for day in days])
    costs = np.where(on, 460.0, 40.0)[None]
    level = expected_costs(costs, first, days=28).level[0]
    assert ((level > 400) == on[-28:]).all()


def test_a_charge_whose_day_varies_is_expected_once() -> None:
    first = date(2026, 1, 20)
    days = [first + timedelta(days=index) for index in range(DAYS)]
    costs = np.array([460.0 if day.day == 1 + day.month % 3 else 40.0 for day in days])[None]
    level = expected_costs(costs, first, days=28).level[0]
    assert (level > 400).sum() == 1


@quick
@given(
    seed=seeds,
    past=st.floats(1.5, 80),
    length=st.integers(1, 14),
    ago=st.integers(22, 80),
)
def test_an_incident_that_is_over_hides_no_other(seed: int, past: float, length: int, ago: int) -> None:
    costs = noisy(300.0, seed)
    costs[:, -ago : -ago + length] *= past
    assert told(costs) <= 1  # one of twenty, in noise: the level before a long story may be a little off
    costs[:, -2] *= 1.6
    assert told(costs) >= 0.9 * len(costs)


def test_two_incidents_of_the_past_hide_no_other_and_three_blips_are_how_a_series_is() -> None:
    costs = noisy(300.0, 7)
    costs[:, [-60, -30]] *= 3.0
    again = costs.copy()
    again[:, -2] *= 1.6
    assert told(again) >= 0.9 * len(costs)
    costs[:, -45] *= 3.0
    again = costs.copy()
    again[:, -2] *= 2.8
    assert told(again) == 0
    costs[:, -2] *= 9.0
    assert told(costs) == len(costs)


@quick
@given(
    seed=seeds,
    days=st.integers(2, 16),
    part=st.floats(0.3, 0.8),
    end=st.dates(date(2025, 5, 1), date(2026, 12, 1)),
)
def test_a_price_that_begins_anew_each_month_is_no_news_and_a_rise_beside_it_is(
    seed: int, days: int, part: float, end: date
) -> None:
    first = end - timedelta(days=DAYS - 1)
    costs = noisy(90.0, seed) * np.where(on_day(first, *range(1, days + 1)) == 1, 1, part)
    assert all(told(costs[:, : costs.shape[1] - back], first) == 0 for back in range(0, 28, 4))
    costs[:, -2] += 150
    assert told(costs, first) == len(costs)


@quick
@given(seed=seeds, days=st.integers(2, 12), part=st.floats(0.3, 0.7), age=st.integers(45, 60))
def test_a_young_series_whose_only_month_began_dear_may_begin_dear_again(
    seed: int, days: int, part: float, age: int
) -> None:
    first, end = date(2025, 11, 4), date(2026, 3, 3)
    costs = noisy(90.0, seed) * np.where(on_day(first, *range(1, days + 1)) == 1, 1, part)
    costs = costs[:, : (end - first).days + 1]
    old = costs.copy()
    old[:, : -(end - date(2026, 1, 25)).days] = 90.0 * part
    costs[:, :-age] = 0.0
    assert told(costs, first) == 0
    assert told(old, first) == len(old)  # what one month of several showed was an incident
    costs[:, -2] += 150
    assert told(costs, first) == len(costs)


@quick
@given(seed=seeds, usd=st.floats(40, 100))
def test_a_run_of_the_month_of_several_days_is_no_slow_rise(seed: int, usd: float) -> None:
    first = date(2025, 11, 2)
    ending = on_day(
        first + timedelta(days=2), 1, 2, 3
    )  # the last two days of each month and the first of the next
    costs = noisy(3.0, seed, 0.18) + usd * ending * noisy(1.0, seed + 1, 0.05)
    costs[:, -3:] *= 1.45  # the newest day is the first of a month
    assert [each for each in run(costs, first) if each.kind == "drift"] == []


@quick
@given(seed=seeds, covered=st.integers(1, 3), end=st.dates(date(2025, 5, 1), date(2026, 12, 1)))
def test_a_free_tier_on_the_first_days_is_no_drop_and_an_outage_on_another_day_is(
    seed: int, covered: int, end: date
) -> None:
    first = end - timedelta(days=DAYS - 1)
    costs = noisy(45.0, seed) * (1 - on_day(first, *range(1, covered + 1)))
    assert run(costs, first, window=28, complete_until=end + timedelta(days=1)) == []
    level = expected_costs(costs, first, days=28).level
    assert np.allclose(level, np.median(costs[:, -28:]) * (costs[:, -28:] > 0), rtol=0.2, atol=0.5)
    costs[:, -2] = 0.0
    away = min(abs(day - (end - timedelta(days=1)).day) for day in range(1, covered + 1)) > 1
    assert told(costs, first) == (len(costs) if away and (end - timedelta(days=1)).day > 4 else 0)


def test_a_trickle_beside_a_job_of_the_month_is_no_drift() -> None:
    first = date(2026, 1, 20)
    job = 300 * on_day(first, 15)
    trickle = np.where(np.arange(DAYS) >= DAYS - 12, 6.0, 0.5)
    costs = (job + trickle)[None]
    for newest in range(DAYS - 12, DAYS):
        assert run(costs[:, : newest + 1], first, window=1) == []


def rhythm(works: set[int], usd: float, seed: int, noise: float = 0.05) -> Costs:
    """`usd` on these weekdays and nothing on the others; FIRST is a Monday."""
    return noisy(usd, seed, noise) * np.isin(np.arange(DAYS) % 7, list(works))


weekday_sets = st.sets(st.integers(0, 6), min_size=1, max_size=6)


@quick
@given(seed=seeds, works=weekday_sets, usd=st.floats(60, 2000))
def test_a_rhythm_of_any_weekdays_is_no_news_and_what_is_left_on_is(
    seed: int, works: set[int], usd: float
) -> None:
    costs = rhythm(works, usd, seed)
    assert run(costs, window=28, complete_until=FIRST + timedelta(days=DAYS)) == []
    idle = next(newest for newest in range(DAYS - 2, 0, -1) if newest % 7 not in works)
    costs = costs[:, : idle + 2].copy()
    costs[:, idle] = usd
    assert told(costs) == len(costs)


@quick
@given(seed=seeds, works=st.sets(st.integers(0, 6), min_size=4, max_size=6))
def test_half_as_much_again_on_working_days_is_told_within_a_week(seed: int, works: set[int]) -> None:
    costs = rhythm(works, 200.0, seed, 0.02)
    costs[:, -7:] *= 1.5
    assert len({each.series for each in run(costs, window=7)}) >= 0.9 * len(costs)


def test_a_weekend_left_on_once_says_nothing_of_working_days_nor_of_the_next_weekend() -> None:
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, 3, 0.02)
    costs[:, 82:84] = 200.0
    working = costs[:, :117].copy()  # the second newest day is a Wednesday
    working[:, -2] *= 1.7
    assert told(working) == len(costs)
    weekend = costs[:, :112].copy()
    weekend[:, -2] = 200.0
    assert told(weekend) == len(costs)


def test_people_who_come_in_on_many_saturdays_are_no_news() -> None:
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, 3, 0.02)
    costs[:, 40:110:14] = 120.0  # every second Saturday
    costs[:, -3] = 120.0
    assert run(costs, window=7) == []


@pytest.mark.parametrize("seed", range(5))
def test_where_people_come_in_at_times_up_to_a_working_day_is_no_news(seed: int) -> None:
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, seed, 0.02)[:, :112]  # ends on a Sunday
    costs[:, 61:110:14] = 60.0  # four Saturdays
    costs[:, -2] = 190.0
    assert told(costs) == 0
    costs[:, -2] = 700.0
    assert told(costs) == len(costs)
    often = rhythm({0, 1, 2, 3, 4}, 200.0, seed, 0.02)[:, :112]
    often[:, [5, 12, 26, 40, 47, 61, 75, 82, 89, 96]] = 60.0  # most Saturdays: it is no day of rest any more
    often[:, -2] = 190.0
    assert told(often) == 0


def test_two_saturdays_say_nothing_of_the_next_nor_does_an_hour_of_many() -> None:
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, 3, 0.02)[:, :112]
    costs[:, [68, 89]] = 60.0
    costs[:, -2] = 190.0
    assert told(costs) == len(costs)
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, 3, 0.02)[:, :112]
    costs[:, 61:110:14] = 8.0
    costs[:, -2] = 190.0
    assert told(costs) == len(costs)


def test_a_holiday_of_a_series_that_rests_is_no_drop_and_three_idle_working_days_are() -> None:
    costs = rhythm({0, 1, 2, 3, 4}, 200.0, 3, 0.02)[:, :116]
    costs[:, -3] = 0.0
    assert run(costs, complete_until=FIRST + timedelta(days=200)) == []
    costs[:, -5:] = 0.0  # from Sunday to Thursday
    assert len({each.series for each in run(costs, complete_until=FIRST + timedelta(days=200))}) == len(costs)


@quick
@given(seed=seeds, silence=st.integers(28, 62), ran=st.integers(21, 40), usd=st.floats(15, 2000))
def test_a_service_that_comes_back_after_weeks_is_told_on_its_first_days(
    seed: int, silence: int, ran: int, usd: float
) -> None:
    costs = noisy(usd, seed, 0.1)
    costs[:, : max(0, DAYS - 2 - silence - ran)] = 0.0
    costs[:, DAYS - 2 - silence : DAYS - 2] = 0.0
    assert told(costs) == len(costs)
    assert {each.kind for each in run(costs)} <= {"spike", "shift", "new"}
    assert all(each.expected == 0 for each in run(costs))


def test_a_campaign_after_weeks_of_silence_is_no_return() -> None:
    costs = steady(1, DAYS, 0.0)
    for start in (10, 50, 118):
        costs[0, start : start + 8] = 60.0
    assert run(costs) == []


def test_a_monthly_job_is_no_return() -> None:
    first = date(2026, 1, 20)
    costs = 200 * on_day(first, 1, 2, 3)[None]
    assert run(costs, first, window=28) == []


@pytest.mark.parametrize(("usd", "expected"), [(6.67, 0), (9.99, 0), (10.0, 1)])
def test_a_new_service_is_told_from_the_minimum_impact_on(usd: float, expected: int) -> None:
    costs = steady(2, 110)
    costs[1, :-1] = 0.0
    costs[1, -1] = usd
    assert len(run(costs)) == expected


def test_a_new_service_that_begins_small_is_told_when_it_is_worth_it() -> None:
    costs = steady(1, 110, 0.0)
    costs[0, 102:] = [4, 5, 6, 7, 8, 9, 12, 14]
    assert [(each.day, each.kind) for each in run(costs, window=7)] == [(FIRST + timedelta(days=109), "new")]


def test_a_giant_burst_at_a_months_beginning_is_told_above_what_was_expected() -> None:
    first = date(2025, 11, 4)
    costs = np.zeros((1, DAYS))
    for at in ("2025-12-01", "2026-01-01", "2026-02-01"):
        begins = (date.fromisoformat(at) - first).days
        costs[0, begins : begins + 5] = 110.0
    costs[0, (date(2026, 2, 22) - first).days : (date(2026, 3, 1) - first).days] = 20.0
    costs[0, (date(2026, 3, 2) - first).days] = 3000.0
    (found,) = run(costs[:, : (date(2026, 3, 2) - first).days + 1], first, window=1)
    assert found.kind == "sparse"
    assert found.expected < found.actual
    assert found.impact > 2000
