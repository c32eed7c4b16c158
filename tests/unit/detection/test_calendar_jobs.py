"""Jobs that keep to a weekday of the month, or to every second week."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.detection import detect, expected_costs, expected_since
from tests.unit.detection.helpers import FIRST, Costs, run
from tests.unit.detection.test_blind_spots import noisy, quick, seeds, told

DAYS = 120
AFTER = date(2040, 1, 1)
Place = Callable[[date], bool]
ends = st.dates(date(2025, 5, 1), date(2026, 12, 1))


def nth(weekday: int, number: int) -> Place:
    """The n-th of a weekday; 0 the last."""
    if number == 0:
        return lambda day: day.weekday() == weekday and (day + timedelta(days=7)).month != day.month
    return lambda day: day.weekday() == weekday and (day.day - 1) // 7 == number - 1


def first_working(day: date) -> bool:
    """Whether it is the first Monday to Friday of its month."""
    return day.weekday() < 5 and (day.day == 1 or (day.weekday() == 0 and day.day <= 3))


def last_working(day: date) -> bool:
    """Whether no Monday to Friday of its month comes after it."""
    later = [day + timedelta(days=1 + ahead) for ahead in range(6)]
    return day.weekday() < 5 and not any(one.month == day.month and one.weekday() < 5 for one in later)


places = st.one_of(
    st.builds(nth, st.integers(0, 6), st.integers(0, 4)), st.just(first_working), st.just(last_working)
)


def history(newest: date) -> list[date]:
    """The days of a history that ends on `newest`."""
    return [newest - timedelta(days=DAYS - 1 - index) for index in range(DAYS)]


def on_place(days: list[date], place: Place) -> Costs:
    """1 on the days of the place, else 0."""
    return np.array([float(place(day)) for day in days])


@quick
@given(seed=seeds, place=places, usd=st.floats(80, 3000), end=ends)
def test_a_job_on_a_weekday_of_the_month_is_no_news_and_a_larger_one_is(
    seed: int, place: Place, usd: float, end: date
) -> None:
    newest = next(end + timedelta(days=ahead) for ahead in range(40) if place(end + timedelta(days=ahead)))
    days = history(newest + timedelta(days=1))
    costs = noisy(40.0, seed) + usd * on_place(days, place)
    assert told(costs, days[0]) == 0
    costs[:, -2] += 2 * usd + 40
    assert told(costs, days[0]) == len(costs)


@quick
@given(seed=seeds, place=places, usd=st.floats(80, 3000), end=ends)
def test_a_job_on_a_weekday_of_the_month_hides_no_other_day(
    seed: int, place: Place, usd: float, end: date
) -> None:
    newest = next(end + timedelta(days=a) for a in range(9) if not place(end + timedelta(days=a)))
    days = history(newest + timedelta(days=1))
    near = on_place([newest + timedelta(days=shift) for shift in (-2, -1, 1, 2)], place).any()
    costs = noisy(40.0, seed) + usd * on_place(days, place)
    assert told(costs, days[0]) == 0
    costs[:, -2] += 20 * usd if near or newest.day > 27 or newest.day < 4 else max(0.5 * usd, 40)
    assert told(costs, days[0]) >= 0.9 * len(costs)


@quick
@given(weekday=st.integers(0, 6), number=st.integers(0, 4), end=ends)
def test_what_happened_once_at_a_place_does_not_excuse_the_next(weekday: int, number: int, end: date) -> None:
    place = nth(weekday, number)
    newest = next(end + timedelta(days=ahead) for ahead in range(40) if place(end + timedelta(days=ahead)))
    days = history(newest + timedelta(days=1))
    once = np.flatnonzero(on_place(days[:-20], place))
    far = [index for index in once if abs(days[index].day - newest.day) > 1 and days[index].day > 2]
    costs = noisy(40.0, 1)
    costs[:, far[-1:]] += 200
    costs[:, -2] += 200
    assert told(costs, days[0]) == len(costs)


@pytest.mark.parametrize("place", [nth(0, 1), nth(4, 0), nth(2, 3), first_working, last_working])
@pytest.mark.parametrize("newest", [date(2026, 4, 8), date(2026, 6, 30), date(2025, 12, 9)])
def test_a_job_is_expected_once_a_month_at_its_place(place: Place, newest: date) -> None:
    """In months that tell the place from a number: some begin and end at a weekend."""
    days = history(newest)
    on = on_place(days, place)
    costs = (40 + 420 * on)[None]
    for expected in (expected_costs(costs, days[0], days=28), expected_since(costs, days[0], [DAYS - 28])):
        assert np.allclose(expected.level[0, -28:], 40 + 420 * on[-28:], rtol=0.03)


def beat(weeks: int, trifle: float, usd: float, seed: int, days: int = 126) -> Costs:
    """A job for each weekday that runs every so many weeks and costs a trifle in between, in light noise."""
    time = np.arange(days)
    on = np.array([(time % 7 == weekday) & (time // 7 % weeks == 0) for weekday in range(7)])
    costs = np.where(on, usd, trifle * usd) * np.exp(0.03 * np.random.default_rng(seed).normal(size=on.shape))
    return np.asarray(costs)


@quick
@given(seed=seeds, usd=st.floats(50, 2000))
def test_a_job_of_every_second_week_is_not_taken_for_one_of_the_month(seed: int, usd: float) -> None:
    """It came on each second and each fourth Wednesday of four months, and now on one of another place."""
    days = history(date(2026, 5, 7))
    on = np.array([(day - date(2025, 12, 31)).days % 14 == 0 for day in days])
    assert told(noisy(8.0, seed) + usd * on, days[0]) == 0


@quick
@given(
    seed=seeds, weeks=st.sampled_from([1, 2, 3, 4]), trifle=st.floats(0.01, 0.12), usd=st.floats(100, 2000)
)
def test_the_weeks_off_of_a_job_are_no_fall(seed: int, weeks: int, trifle: float, usd: float) -> None:
    found = run(beat(weeks, trifle, usd, seed), window=35, complete_until=AFTER)
    assert [each for each in found if each.direction < 0] == []


@quick
@given(seed=seeds, trifle=st.floats(0.01, 0.12), usd=st.floats(100, 2000))
def test_a_weekly_job_that_fails_to_come_twice_is_a_fall(seed: int, trifle: float, usd: float) -> None:
    costs = beat(1, trifle, usd, seed)
    costs[:, -7:] = np.where(costs[:, -7:] > usd / 2, trifle * usd, costs[:, -7:])
    falls = [each for each in run(costs, window=7, complete_until=AFTER) if each.direction < 0]
    assert falls == []
    costs[:, -14:] = np.where(costs[:, -14:] > usd / 2, trifle * usd, costs[:, -14:])
    falls = [each for each in run(costs, window=7, complete_until=AFTER) if each.direction < 0]
    assert {each.series for each in falls} == set(range(7))
    assert all(each.day == FIRST + timedelta(days=119 + each.series) for each in falls)


@quick
@given(seed=seeds, weekend=st.floats(0.1, 0.3))
def test_what_is_always_there_and_goes_is_a_fall_on_its_first_day(seed: int, weekend: float) -> None:
    """Also where two days of seven are always as low."""
    costs = noisy(200.0, seed) * np.where(np.arange(120) % 7 < 5, 1.0, weekend)
    costs[:, 113:] = 0.01  # Wednesday
    found = run(costs[:, :114], complete_until=AFTER)
    assert {each.series for each in found if each.direction < 0} == set(range(20))


def test_a_fall_in_a_history_without_the_same_time_of_another_month_is_judged() -> None:
    """Random worlds found it: a young series' fall ended in an error of numpy's."""
    for days in range(28, 42):
        for last in (1, 5, 8, 12, 20, 28):
            costs = np.full((1, days), 100.0)
            costs[:, -3:] = 0
            begin = date(2026, 12, last) - timedelta(days=days - 1)
            until = begin + timedelta(days=days)
            detect(costs, begin, accounts=["a"], services=["s"], window=7, complete_until=until)
