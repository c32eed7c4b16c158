"""Where ordinary days stray far, more is asked of a rise; learned from all series of an Organization together."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection.heaviness import ASKED_DAYS, LEAST_SERIES, heaviness
from tests.sweeps import examples, share
from tests.unit.detection.helpers import Costs, run, verdicts

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
SERIES, DAYS = 150, 106
MONDAY = 105
NOISE = 0.11


def organization(seed: int, degrees: float | None, series: int = SERIES) -> Costs:
    """Series with the same scale of noise: normal, or of a Student t that remembers a third of yesterday."""
    rng = np.random.default_rng(seed)
    if degrees is None:
        return np.asarray(100 * np.exp(NOISE * rng.normal(size=(series, DAYS))))
    shocks = rng.standard_t(degrees, (series, DAYS))
    noise = shocks.copy()
    for day in range(1, DAYS):
        noise[:, day] = noise[:, day - 1] / 3 + 0.943 * shocks[:, day]
    return np.asarray(100 * np.exp(0.8 * NOISE * noise))


@quick
@given(seed=seeds)
def test_tails_are_seen_in_many_series_and_not_in_normal_noise(seed: int) -> None:
    assert heaviness(organization(seed, None), MONDAY) < 0.5
    assert heaviness(organization(seed, 3), MONDAY) == 1


@quick
@given(seed=seeds)
def test_it_is_learned_from_days_before_the_week_and_from_enough_series_and_days(seed: int) -> None:
    costs = organization(seed, 3)
    later = costs.copy()
    later[:, MONDAY:] *= 7
    assert heaviness(later, MONDAY) == heaviness(costs, MONDAY) > 0
    assert heaviness(costs[: LEAST_SERIES - 1], MONDAY) == 0
    assert heaviness(costs, ASKED_DAYS - 1) == 0
    assert heaviness(costs / 100, MONDAY) == 0  # nobody's dollar


@quick
@given(seed=seeds, order=st.integers(0, 99))
def test_incidents_of_some_series_and_their_order_do_not_matter(seed: int, order: int) -> None:
    costs = organization(seed, None)
    costs[: SERIES // 10, 60:62] *= 4
    assert heaviness(costs, MONDAY) < 0.5
    shuffled = np.random.default_rng(order).permutation(costs)
    assert heaviness(shuffled, MONDAY) == heaviness(costs, MONDAY)


def test_fewer_ordinary_days_of_heavy_tails_are_told_and_what_is_large_still_is() -> None:
    together, alone = 0, 0
    for seed in share(range(4), every=4):
        costs = organization(seed, 4)
        together += len(verdicts(run(costs, window=21)))
        alone += sum(len(verdicts(run(costs[row : row + 1], window=21))) for row in range(SERIES))
    assert together < 0.6 * alone
    costs[:, -2] *= 3
    assert len({each.series for each in run(costs)}) >= 0.9 * SERIES


def test_a_day_that_fades_is_no_rise_of_two_days_where_tails_are_heavy() -> None:
    costs = organization(7, 3)
    costs[:2, -30:] = 100 * np.exp(NOISE * np.random.default_rng(1).normal(size=(2, 30)))
    costs[0, -2:] = 185.0, 160.0
    costs[1, -2:] = 185.0, 185.0
    assert {each.series for each in run(costs, window=1)} & {0, 1} == {1}


def test_normal_noise_is_judged_as_each_series_alone() -> None:
    costs = organization(3, None)
    assert heaviness(costs, 98) == heaviness(costs, MONDAY) == 0
    costs[:, -2] *= np.random.default_rng(5).uniform(1, 2, SERIES)
    alone = {row for row in range(SERIES) if run(costs[row : row + 1])}
    assert {each.series for each in run(costs)} == alone
