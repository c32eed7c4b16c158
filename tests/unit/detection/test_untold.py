"""A day far above its expectation is told, or its reason is known."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard.detection import DetectionConfig, Untold, expected_costs, untold
from finopsguard.detection.gates import material_rise
from finopsguard.errors import InvalidInput
from tests.sweeps import examples
from tests.unit.detection.helpers import FIRST, Costs, day, fleet, run, series, steady

WINDOW = 5


def asked(costs: Costs, first: date = FIRST, **options: Any) -> list[Untold]:
    """`untold` with services named after their rows."""
    named = series(costs, first)
    return untold(costs, first, accounts=named.accounts, services=named.services, **options)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1.0, 30.0), days=st.integers(20, 125))
def test_every_day_far_above_its_expectation_is_told_or_explained(
    seed: int, factor: float, days: int
) -> None:
    costs = fleet(seed, series=12, days=130)[:, :days]
    costs[3:6, -2] *= factor
    level = expected_costs(costs, FIRST, days=WINDOW).level
    with np.errstate(invalid="ignore"):
        above = material_rise(costs[:, -WINDOW:], level, DetectionConfig())
    far = {(row, day(days - WINDOW + index)) for row, index in np.argwhere(above).tolist()}
    told = {(each.series, on) for each in run(costs, window=WINDOW) for on, _ in each.excess_by_day}
    said = asked(costs, window=WINDOW)
    assert {(each.series, each.day) for each in said} == far - told
    assert [each.actual - each.expected for each in said] == sorted(
        (each.actual - each.expected for each in said), reverse=True
    )


def bursts(costs: Costs) -> None:
    costs[0] = np.where(np.random.default_rng(1).random(110) < 0.3, 100.0, 0.0)
    costs[0, -2] = 100.0


def blips(costs: Costs) -> None:
    costs[0, [40, 52, 67, 82, 95, 108]] = 150.0


def level(costs: Costs) -> None:
    costs[0, 85:108] = 5.0


def noise(costs: Costs) -> None:
    costs[0] *= np.exp(0.4 * np.random.default_rng(2).normal(size=110))
    costs[0, -2] = 110.0


def young(costs: Costs) -> None:
    costs[0, :100] = 0.0
    costs[0, -2] = 150.0


@pytest.mark.parametrize("story", [bursts, blips, level, noise, young])
def test_the_reason_is_named(story: Any) -> None:
    costs = steady(1, 110)
    story(costs)
    assert run(costs) == []
    assert {each.day: each.reason for each in asked(costs)}[day(108)] == story.__name__


def test_what_is_never_judged_and_what_the_month_brings_have_their_reasons() -> None:
    costs = steady(1, 110)
    costs[0, -2] = 400.0
    config = DetectionConfig(excluded_services=frozenset({"service-0"}))
    assert [each.reason for each in asked(costs, config=config)] == ["excluded"]
    first = date(2026, 1, 20)
    days = [first + timedelta(days=index) for index in range(112)]
    charged = np.array([50.0 + 300.0 * (each.day == 8) for each in days])[None]
    charged[0, -2] = 340.0  # the day before the charge's day: it may come early
    assert [each.reason for each in asked(charged[:, : (date(2026, 5, 9) - first).days], first)] == []
    early = charged[:, : (date(2026, 5, 8) - first).days].copy()
    early[0, -1] = 340.0
    assert [each.reason for each in asked(early, first)] == ["month"]


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InvalidInput, match="window"):
        asked(steady(), window=0)
    assert asked(np.zeros((0, 0))) == []
