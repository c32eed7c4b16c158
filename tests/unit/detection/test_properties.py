"""What must hold for any costs at all."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.errors import InvalidInput
from tests.sweeps import examples
from tests.unit.detection.helpers import FIRST, Costs, fleet, run, steady, verdicts

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def surprise(costs: Costs, seed: int) -> Costs:
    """The fleet with a tenfold day in some series of the newest days."""
    rng = np.random.default_rng(seed + 1)
    out = costs.copy()
    for row in rng.choice(len(costs), 3, replace=False):
        out[row, -int(rng.integers(1, 4))] *= 10
    return out


@quick
@given(
    usd=st.floats(0, 1e6),
    days=st.integers(1, 130),
    window=st.integers(1, 9),
    start=st.dates(date(2020, 1, 1)),
)
def test_a_constant_cost_is_never_an_anomaly(usd: float, days: int, window: int, start: date) -> None:
    if usd >= 5 and days < 30:
        days += 30  # a cost that begins with the data is not constant: it is new
    costs = steady(3, days, usd)
    assert run(costs, min(start, date(2030, 1, 1)), window=window, complete_until=date(2040, 1, 1)) == []


@quick
@given(seed=seeds, factor=st.floats(1.0, 1000.0))
def test_what_is_clear_stays_clear_when_everything_costs_more(seed: int, factor: float) -> None:
    costs = surprise(
        steady(6, 100, 400.0) * np.exp(0.03 * np.random.default_rng(seed).normal(size=(6, 100))), seed
    )
    assert verdicts(run(costs * factor)) == verdicts(run(costs)) != set()


@quick
@given(seed=seeds)
def test_the_order_of_the_series_does_not_matter(seed: int) -> None:
    costs = surprise(fleet(seed), seed)
    order = np.random.default_rng(seed).permutation(len(costs))
    moved = {(int(order[series]), on, direction) for series, on, direction in verdicts(run(costs[order]))}
    assert moved == verdicts(run(costs))


@quick
@given(seed=seeds)
def test_series_do_not_influence_each_other(seed: int) -> None:
    costs = surprise(fleet(seed), seed)
    alone = {
        (row, on, way) for row in range(len(costs)) for _, on, way in verdicts(run(costs[row : row + 1]))
    }
    assert alone == verdicts(run(costs))


@quick
@given(seed=seeds, more=st.integers(1, 7))
def test_later_days_never_change_the_verdict_on_an_earlier_one(seed: int, more: int) -> None:
    costs = surprise(fleet(seed, days=120), seed)
    costs[:, -more - 1] *= np.random.default_rng(seed).choice([1.0, 4.0], len(costs))
    forever = FIRST + timedelta(days=10_000)
    then = verdicts(run(costs[:, :-more], window=3, complete_until=forever))
    now = verdicts(run(costs, window=3 + more, complete_until=forever))
    known = FIRST + timedelta(days=costs.shape[1] - more)
    assert {verdict for verdict in now if verdict[1] < known} == then


@quick
@given(seed=seeds)
def test_a_partial_day_never_invents_an_anomaly(seed: int) -> None:
    costs = fleet(seed)
    part = costs.copy()
    part[:, -1] *= np.random.default_rng(seed).uniform(0, 1, len(costs))
    assert verdicts(run(part, window=1)) <= verdicts(run(costs, window=1))


@quick
@given(seed=seeds, usd=st.floats(1, 1e5), count=st.integers(1, 4))
def test_credits_never_raise_an_alert(seed: int, usd: float, count: int) -> None:
    rng = np.random.default_rng(seed)
    costs = steady(2, 100, 80.0) * np.exp(0.02 * rng.normal(size=(2, 100)))
    assert run(costs) == []
    for column in rng.choice(100, count, replace=False):
        costs[0, column] -= 81 * 1.3 + usd
    assert run(costs, complete_until=FIRST + timedelta(days=100)) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_no_amount_of_money_is_refused(bad: float) -> None:
    costs = steady(2, 30)
    costs[1, 7] = bad
    with pytest.raises(InvalidInput, match=r"costs\[1, 7\]"):
        run(costs)


@pytest.mark.parametrize("start", [date(2023, 11, 20), date(2024, 2, 1), date(2025, 7, 20), date(2026, 1, 1)])
def test_leap_days_clock_changes_and_year_ends_are_ordinary_days(start: date) -> None:
    costs = np.tile([50.0, 50, 50, 50, 50, 12, 12], (4, 20))[:, :130]
    for days in range(60, 131, 5):
        assert run(costs[:, :days], start, window=7, complete_until=date(2040, 1, 1)) == []
