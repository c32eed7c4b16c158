"""What last year's same days explain, and what they do not."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import Memory, untold, yearly
from finopsguard.detection.calendar import calendar
from tests.unit.detection.helpers import ACCOUNT, Costs, fleet, run, series, verdicts

FIRST = date(2024, 9, 1)
FRIDAYS = (date(2024, 11, 29), date(2025, 11, 28))
CHRISTMAS = (date(2024, 12, 25), date(2025, 12, 25))
LATER = date(2040, 1, 1)
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def shop(until: date, seed: int = 1, rows: int = 3, noise: float = 0.03) -> Costs:
    """$100 a day, and more each day of 400: growth is no anomaly."""
    days = (until - FIRST).days + 1
    growth = np.exp(0.001 * np.arange(days))
    return np.asarray(100 * growth * np.exp(noise * np.random.default_rng(seed).normal(size=(rows, days))))


def times(costs: Costs, on: date, factor: float, length: int = 1) -> Costs:
    """The first series costs so many times as much from a day on."""
    at = (on - FIRST).days
    out = costs.copy()
    out[0, at : at + length] *= factor
    return out


@few
@given(seed=st.integers(0, 10**6), then=st.floats(2, 8), noise=st.sampled_from([0.0, 0.03, 0.1]))
def test_a_black_friday_that_comes_again_is_not_told(seed: int, then: float, noise: float) -> None:
    costs = shop(FRIDAYS[1], seed, noise=noise)
    assert 0 in {row for row, *_ in verdicts(run(times(costs, FRIDAYS[1], then), FIRST))}
    twice = times(times(costs, FRIDAYS[0], then), FRIDAYS[1], then * 0.95)
    assert verdicts(run(twice, FIRST)) == set()


@few
@given(seed=st.integers(0, 10**6), then=st.floats(2, 5))
def test_more_than_last_year_by_the_gates_is_told_against_last_year(seed: int, then: float) -> None:
    costs = times(times(shop(FRIDAYS[1], seed), FRIDAYS[0], then), FRIDAYS[1], then * 1.6)
    (found,) = run(costs, FIRST)
    usual = float(np.median(costs[0, -22:-1:7]))
    assert (found.series, found.day) == (0, FRIDAYS[1])
    assert found.expected == pytest.approx(then * usual, rel=0.2)


@few
@given(seed=st.integers(0, 10**6), away=st.sampled_from([-40, -12, 12, 40]))
def test_a_rise_that_last_year_did_not_have_is_told(seed: int, away: int) -> None:
    costs = times(shop(FRIDAYS[1], seed), FRIDAYS[0] + timedelta(days=away), 4.0)
    assert verdicts(run(times(costs, FRIDAYS[1], 4.0), FIRST)) == {(0, FRIDAYS[1], 1)}


@few
@given(seed=st.integers(0, 10**6), days=st.integers(60, yearly.YEAR_DAYS - 1))
def test_without_thirteen_months_nothing_changes(seed: int, days: int) -> None:
    costs = fleet(seed, series=8, days=days)
    costs[2:5, -2:] *= 4
    costs[6, -1] = 0
    with pytest.MonkeyPatch.context() as without:
        without.setattr(yearly, "YEAR_DAYS", 10**9)
        before = run(costs, complete_until=LATER)
    assert run(costs, complete_until=LATER) == before


def test_a_year_alone_is_too_short() -> None:
    costs = times(times(shop(FRIDAYS[1]), FRIDAYS[0], 4.0), FRIDAYS[1], 4.0)
    since = FRIDAYS[1] - timedelta(days=yearly.YEAR_DAYS - 1)
    assert run(costs[:, (since - FIRST).days :], since) == []
    assert len(run(costs[:, (since - FIRST).days + 1 :], since + timedelta(days=1))) == 1


def test_a_leak_is_not_excused_by_the_noise_of_last_year() -> None:
    costs = shop(date(2026, 2, 20), noise=0.06)
    costs[0, -14:] += 4.0 * np.arange(1, 15)
    assert {row for row, *_ in verdicts(run(costs, FIRST, window=7))} == {0}


def test_a_christmas_is_no_outage_and_an_outage_at_christmas_is_one() -> None:
    costs = shop(CHRISTMAS[1])
    quiet = times(costs, CHRISTMAS[1], 0.08)
    assert verdicts(run(quiet, FIRST, complete_until=LATER)) == {(0, CHRISTMAS[1], -1)}
    assert run(times(quiet, CHRISTMAS[0], 0.08), FIRST, complete_until=LATER) == []
    gone = times(times(costs, CHRISTMAS[0], 0.3), CHRISTMAS[1], 0.0)
    assert verdicts(run(gone, FIRST, complete_until=LATER)) == {(0, CHRISTMAS[1], -1)}


def test_a_told_incident_of_last_year_explains_nothing() -> None:
    costs = times(times(shop(FRIDAYS[1]), FRIDAYS[0], 4.0), FRIDAYS[1], 4.0)
    memory = {(ACCOUNT, "service-0"): Memory(told=((FRIDAYS[0], FRIDAYS[0]),))}
    assert run(costs, FIRST) == []
    assert verdicts(run(costs, FIRST, memory=memory)) == {(0, FRIDAYS[1], 1)}


def test_a_yearly_job_comes_every_year() -> None:
    at, again = (date(2024, 12, 31) - FIRST).days, (date(2025, 12, 31) - FIRST).days
    costs = np.zeros((1, again + 1))
    costs[0, [at, again]] = 900.0, 950.0
    assert run(costs, FIRST) == []
    costs[0, again] = 1500.0
    assert [each.actual for each in run(costs, FIRST)] == [1500.0]


@pytest.mark.parametrize(
    ("day", "then"),
    [
        (date(2025, 11, 28), date(2024, 11, 29)),  # Black Friday, 52 weeks
        (date(2024, 11, 29), date(2023, 11, 24)),  # and 53
        (date(2024, 12, 2), date(2023, 11, 27)),  # Cyber Monday
        (date(2026, 9, 7), date(2025, 9, 1)),  # the first Monday of September, 53 weeks
        (date(2025, 12, 25), date(2024, 12, 25)),
        (date(2025, 9, 30), date(2024, 9, 30)),
        (date(2024, 12, 29), date(2023, 12, 29)),  # over a leap day
    ],
)
def test_the_same_days_a_year_ago(day: date, then: date) -> None:
    first = day - timedelta(days=400)
    found = yearly.same_days_a_year_ago(calendar(first, 401), 400)
    days = {first + timedelta(days=index) for index in found.tolist()}
    assert then in days
    assert len(days) <= 10 and max(days) - min(days) <= timedelta(days=12)


def test_the_reason_is_last_year() -> None:
    costs = times(times(shop(FRIDAYS[1]), FRIDAYS[0], 4.0), FRIDAYS[1], 4.0)
    named: Any = series(costs, FIRST)
    said = untold(costs, FIRST, accounts=named.accounts, services=named.services)
    assert [(each.series, each.day, each.reason) for each in said] == [(0, FRIDAYS[1], "year")]
