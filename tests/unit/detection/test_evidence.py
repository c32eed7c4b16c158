"""A rise that no single day of a noisy series shows."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import DetectionConfig, detect
from finopsguard.detection.evidence import excess, level_before
from tests.unit.detection.helpers import FIRST, Costs, run, verdicts

DAYS, BEGIN = 120, 100
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noisy(seed: int, series: int = 30, noise: float = 0.25) -> Costs:
    """Heavy-tailed noise about $100 a day."""
    rng = np.random.default_rng(seed)
    return np.asarray(100 * np.exp(noise * rng.standard_t(5, (series, DAYS)) / np.sqrt(5 / 3)))


def runs(costs: Costs, config: DetectionConfig | None = None) -> Iterator[set[int]]:
    """The series that each daily run from `BEGIN` on tells."""
    names = [f"service {row}" for row in range(len(costs))]
    for newest in range(BEGIN, costs.shape[1]):
        seen = costs[:, : newest + 1]
        found = detect(seen, FIRST, accounts=names, services=names, config=config or DetectionConfig())
        yield {each.series for each in found if each.direction > 0}


def test_two_weeks_of_a_rise_by_half_are_found_in_noise_of_a_quarter() -> None:
    costs = noisy(1)
    assert len(set().union(*runs(costs))) <= 1
    costs[:, BEGIN:] *= 1.6
    assert len(set().union(*runs(costs))) >= 15


@quick
@given(seed=seeds, factor=st.floats(20, 1000), at=st.integers(1, 12))
def test_one_blip_is_no_evidence(seed: int, factor: float, at: int) -> None:
    costs = noisy(seed, series=6)
    ordinary = verdicts(run(costs, window=10))
    costs[:, -13 - at] *= factor
    assert verdicts(run(costs, window=10)) <= ordinary


@quick
@given(seed=seeds, length=st.integers(3, 14), rise=st.floats(0.01, 3))
def test_more_of_a_rise_is_more_evidence_and_its_largest_day_is_none(
    seed: int, length: int, rise: float
) -> None:
    logs = np.random.default_rng(seed).normal(size=(5, length))
    before, sigma = np.zeros(5), np.full(5, 0.3)
    plain = excess(logs, before, sigma)
    assert (excess(logs + rise, before, sigma) >= plain - 1e-9).all()
    assert (excess(logs, before, 2 * sigma) <= np.maximum(plain, 0) + 1e-9).all()
    enough = np.minimum(logs, 0.1)
    enough[:, 0] = 0.1
    more = enough.copy()
    more[:, 0] = 1e6
    clipped = np.clip(enough / 0.3, -3, 5)
    assert np.allclose(
        excess(more, before, sigma) * np.sqrt(1.25 / length + 0.07),
        (clipped.sum(axis=1) - clipped[:, 0]) / (length - 1),
    )


def test_a_series_that_always_wanders_is_not_told_and_one_that_never_did_is() -> None:
    """The same last weeks: the past alone says whether they are news."""
    rng = np.random.default_rng(3)
    noise = 100 * np.exp(0.16 * rng.normal(size=(20, DAYS)))
    waves = noise * np.where(np.arange(DAYS) // 10 % 2 == 1, 1.8, 1.0)
    still = np.where(np.arange(DAYS) < BEGIN + 10, noise, waves)
    assert len(set().union(*runs(waves))) <= 2
    assert len(set().union(*runs(still))) >= 15


def test_sensitivity_moves_the_threshold() -> None:
    costs = noisy(5)
    costs[:, BEGIN:] *= 1.4
    few, many = (len(set().union(*runs(costs, DetectionConfig(sensitivity=each)))) for each in (0.7, 1.3))
    assert few < many


def test_the_level_before_a_rise_is_of_four_weeks_and_a_fallen_one_may_come_back() -> None:
    week = np.full((DAYS, 2), 100.0)
    week[100:, 0] = 200.0
    week[100:, 1] = 30.0
    rows = np.array([100, 111])
    before = level_before(week, rows, np.arange(2))
    assert before[0] == pytest.approx([100, 100])
    assert before[1] == pytest.approx([150, 100])
