"""A rise that no single day of a noisy series shows."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import DetectionConfig, detect, evidence
from finopsguard.detection.calendar import calendar
from finopsguard.detection.day import Day
from finopsguard.detection.evidence import excess, level_before, of_the_past
from finopsguard.detection.profile import fit_profile
from tests.unit.detection.helpers import FIRST, Costs, run, verdicts

DAYS, BEGIN = 120, 100
seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def noisy(seed: int, series: int = 30, noise: float = 0.25) -> Costs:
    """Heavy-tailed noise about $100 a day."""
    rng = np.random.default_rng(seed)
    return np.asarray(100 * np.exp(noise * rng.standard_t(5, (series, DAYS)) / np.sqrt(5 / 3)))


def runs(costs: Costs) -> Iterator[set[int]]:
    """The series that each daily run from `BEGIN` on tells."""
    names = [f"service {row}" for row in range(len(costs))]
    for newest in range(BEGIN, costs.shape[1]):
        seen = costs[:, : newest + 1]
        found = detect(seen, FIRST, accounts=names, services=names)
        yield {each.series for each in found if each.direction > 0}


def test_two_weeks_of_a_rise_by_half_are_found_in_noise_of_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = noisy(1)
    assert len(set().union(*runs(costs))) <= 1
    costs[:, BEGIN:] *= 1.6
    found = set().union(*runs(costs))
    monkeypatch.setattr(evidence, "NOISY_FROM", 9.0)
    assert len(found) >= len(set().union(*runs(costs))) + 3


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


def test_a_series_that_has_always_wandered_is_allowed_more() -> None:
    noise = 100 * np.exp(0.16 * np.random.default_rng(3).normal(size=(DAYS, 12)))
    noise[:, 6:] *= np.where(np.arange(DAYS) // 10 % 2 == 1, 1.8, 1.0)[:, None]
    days = calendar(FIRST, DAYS)
    monday = DAYS - 1 - int(days.weekday[-1])
    profile = fit_profile(noise.astype(np.float32), days, monday, DAYS)
    assert profile is not None
    usual, spread = of_the_past(Day(profile, days, DAYS - 1, DetectionConfig()), np.arange(12))
    assert (usual >= 0).all()
    assert (spread >= 1).all()
    assert (usual + 3.9 * spread)[:, 6:].mean() > 1.1 * (usual + 3.9 * spread)[:, :6].mean()


def test_the_level_before_a_rise_is_of_four_weeks_and_a_fallen_one_may_come_back() -> None:
    week = np.full((DAYS, 2), 100.0)
    week[100:, 0] = 200.0
    week[100:, 1] = 30.0
    rows = np.array([100, 111])
    before = level_before(week, rows, np.arange(2))
    assert before[0] == pytest.approx([100, 100])
    assert before[1] == pytest.approx([150, 100])
