"""Series of one service share what they know of noise, and nothing else."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import Anomaly, Memory, detect
from finopsguard.detection.pooled import LEAST_PEERS, PEERS, Pooled, moderated, peers_of, pool, shared_noise
from tests.sweeps import examples
from tests.unit.detection.helpers import FIRST, Costs, day, verdicts

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
SERIES = 25


def young(seed: int, days: int = 42, noise: float = 0.15) -> Costs:
    """A service in 25 accounts, of unlike size, 35 to 42 days old on day 42."""
    rng = np.random.default_rng(seed)
    costs = rng.lognormal(4.6, 0.5, (SERIES, 1)) * np.exp(noise * rng.normal(size=(SERIES, days)))
    for row, born in enumerate(rng.integers(0, 8, SERIES).tolist()):
        costs[row, :born] = 0.0
    return np.asarray(costs)


def shared(costs: Costs, **options: Any) -> list[Anomaly]:
    """Detect in `costs`, all of one service."""
    accounts = [f"{row:012d}" for row in range(len(costs))]
    return detect(costs, FIRST, accounts=accounts, services=["Queries"] * len(costs), **options)


def found(costs: Costs, service: str) -> set[int]:
    """The series that any of the runs on the days from 42 on tells."""
    accounts = [f"{row:012d}" for row in range(len(costs))]
    services = [service.format(row) for row in range(len(costs))]
    out = set()
    for newest in range(42, costs.shape[1]):
        seen = costs[:, : newest + 1]
        out |= {each.series for each in detect(seen, FIRST, accounts=accounts, services=services)}
    return out


def test_a_rise_in_noise_after_five_weeks_is_found_and_noise_is_not() -> None:
    costs = young(2, days=60)
    assert found(costs, "Queries") == set()
    costs[:, 42:] *= 1.7
    assert len(found(costs, "Queries")) >= 18
    assert len(found(costs, "Queries")) > len(found(costs, "Queries {}"))


def surprise(costs: Costs, seed: int) -> Costs:
    """Twice or five times the cost on the day before the newest, in some series."""
    out = costs.copy()
    out[:, -2] *= np.random.default_rng(seed).choice([1.0, 1.9, 5.0], len(costs))
    return out


@quick
@given(seed=seeds)
def test_what_is_shared_depends_on_days_before_the_week_only(seed: int) -> None:
    costs = young(seed, days=49)
    later = costs.copy()
    later[:, 42:] *= 7
    one, other = (shared_noise(each, ["Queries"] * SERIES, 42, np.arange(SERIES)) for each in (costs, later))
    assert np.array_equal(one.variance, other.variance)
    assert np.array_equal(one.degrees, other.degrees)
    assert one.degrees.min() > 0


@quick
@given(seed=seeds, order=st.permutations(range(SERIES)))
def test_the_order_of_the_series_does_not_matter(seed: int, order: list[int]) -> None:
    costs = surprise(young(seed), seed)
    moved = {(order[row], on, way) for row, on, way in verdicts(shared(costs[order]))}
    assert moved == verdicts(shared(costs))


@quick
@given(seed=seeds, start=st.integers(0, 40), length=st.integers(0, 40))
def test_what_is_known_of_one_series_changes_no_other_of_its_service(
    seed: int, start: int, length: int
) -> None:
    costs = surprise(young(seed, days=50), seed)
    span = (day(start), day(start + length))
    known = {("000000000000", "Queries"): Memory(told=(span,), accepted=(day(start),), ordinary=(1e4,))}
    with_memory = [one for one in shared(costs, memory=known, window=7) if one.series]
    assert with_memory == [one for one in shared(costs, window=7) if one.series]


@quick
@given(
    own=st.floats(0, 3), others=st.floats(0.0004, 9), degrees=st.floats(0.1, 200), errors=st.integers(0, 56)
)
def test_a_scale_is_drawn_towards_the_others_and_not_beyond(
    own: float, others: float, degrees: float, errors: int
) -> None:
    scale, count = np.array([own]), np.array([errors])
    drawn = moderated(scale, count, Pooled(np.array([others]), np.array([degrees])))[0]
    low, high = sorted((own, np.sqrt(others) - 0.02))
    assert low - 1e-6 <= drawn <= high + 1e-6
    assert moderated(scale, count, Pooled(np.array([others]), np.zeros(1)))[0] == own


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_peers_that_agree_say_more_than_peers_that_do_not(noise: float) -> None:
    rng = np.random.default_rng(4)
    count, size = np.full(30, 28), np.full(30, 80.0)
    chance = np.sqrt(rng.chisquare(0.45 * 28, 30) / (0.45 * 28))
    alike = pool(noise * chance, count, size, size[:1])
    unlike = pool(noise * chance * rng.lognormal(0, 0.8, 30), count, size, size[:1])
    assert alike.degrees[0] > 4 * unlike.degrees[0] > 0
    assert np.sqrt(alike.variance[0]) - 0.02 == pytest.approx(noise, rel=0.15)


def test_noise_that_falls_with_size_is_expected_to_and_few_peers_say_nothing() -> None:
    size = np.geomspace(10, 10_000, 40)
    small, large = pool(size**-0.25, np.full(40, 50), size, np.array([20.0, 5_000.0])).variance
    assert np.sqrt(small) == pytest.approx(20**-0.25, rel=0.1)
    assert np.sqrt(large) == pytest.approx(5_000**-0.25, rel=0.2)
    few = LEAST_PEERS - 1
    assert pool(np.ones(few), np.full(few, 50), size[:few], size[:2]).degrees.max() == 0


def test_the_peers_of_a_large_service_are_of_all_its_sizes() -> None:
    costs = np.repeat(np.geomspace(0.1, 1e4, 500)[:, None], 40, axis=1)
    rows = np.arange(500)
    peers = peers_of(rows, costs[:, 0])
    assert len(peers) == PEERS
    assert costs[peers, 0].min() < 6
    assert costs[peers, 0].max() == pytest.approx(1e4)
