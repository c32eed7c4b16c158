"""Expected costs: honest one day ahead, with a band."""

from datetime import date, timedelta

import numpy as np
import pytest

from finopsguard.detection import DetectionConfig, expected_costs
from finopsguard.detection.expected import expected_since
from finopsguard.errors import InvalidInput
from tests.sweeps import sampled
from tests.unit.detection.helpers import FIRST, fleet, steady


def test_a_steady_cost_is_expected_inside_its_band() -> None:
    expected = expected_costs(steady(2, 90, 40.0), FIRST, days=7)
    assert expected.level.shape == expected.low.shape == expected.high.shape == (2, 7)
    assert np.allclose(expected.level, 40.0, rtol=0.01)
    assert (expected.low < 40).all()
    assert (expected.high > 40).all()


def test_no_day_sees_itself_or_later_days() -> None:
    costs = fleet(4)
    before = expected_costs(costs, FIRST, days=10)
    costs[:, -4:] *= 50
    after = expected_costs(costs, FIRST, days=10)
    assert np.array_equal(before.level[:, :7], after.level[:, :7])
    assert np.array_equal(before.high[:, :6], after.high[:, :6])


@sampled(every=3)
@pytest.mark.parametrize("seed", [1, 2, 39, 82, 130, 198])
def test_what_a_series_is_expected_to_cost_does_not_hang_on_those_beside_it(seed: int) -> None:
    """A fee of one in two months was expected where another series had one on that day, and else not."""
    costs = fleet(seed)
    together = expected_since(costs, FIRST, [60] * len(costs))
    for row, cost in enumerate(costs):
        alone = expected_since(cost[None], FIRST, [60])
        assert np.allclose(alone.level[0], together.level[row], rtol=1e-5, equal_nan=True)


def test_the_weekday_and_the_monthly_fee_are_expected() -> None:
    first = date(2026, 1, 5)
    days = 117  # to 1 May
    costs = np.tile([70.0, 70, 70, 70, 70, 10, 10], 17)[:days]
    costs = costs + np.where([(first + timedelta(days=index)).day == 1 for index in range(days)], 300.0, 0.0)
    level = expected_costs(costs[None], first, days=7).level[0]
    assert np.allclose(level, costs[-7:], rtol=0.13)


def test_the_sum_over_bursts_is_about_right() -> None:
    rng = np.random.default_rng(1)
    costs = (rng.random((400, 120)) < 0.3) * rng.lognormal(3, 0.4, (400, 120))
    expected = expected_costs(costs, FIRST, days=14)
    assert expected.level.sum() == pytest.approx(costs[:, -14:].sum(), rel=0.1)


def test_most_ordinary_days_lie_in_the_band() -> None:
    rng = np.random.default_rng(2)
    costs = 80 * np.exp(0.1 * rng.normal(size=(300, 120)))
    expected = expected_costs(costs, FIRST, days=14)
    inside = (expected.low <= costs[:, -14:]) & (costs[:, -14:] <= expected.high)
    assert 0.91 <= inside.mean() <= 0.995


def test_less_than_two_weeks_of_history_is_said_to_be_unknown() -> None:
    expected = expected_costs(steady(1, 20), FIRST, days=20)
    assert np.isnan(expected.level[0, :14]).all()
    assert np.isfinite(expected.level[0, 14:]).all()


def test_a_more_sensitive_policy_has_a_narrower_band() -> None:
    wide = expected_costs(fleet(1), FIRST, days=3)
    narrow = expected_costs(fleet(1), FIRST, days=3, config=DetectionConfig(sensitivity=2.0))
    assert (narrow.high - narrow.low).sum() < (wide.high - wide.low).sum()


def test_what_cannot_be_forecast_is_refused() -> None:
    with pytest.raises(InvalidInput, match="days"):
        expected_costs(steady(), FIRST, days=0)
    with pytest.raises(InvalidInput, match="finite"):
        expected_costs(np.array([[np.nan]]), FIRST, days=1)


@pytest.mark.parametrize("came", [2, 3, 4, 0])
@pytest.mark.parametrize("alone", [True, False])
def test_a_monthly_fee_is_expected_once(came: int, alone: bool) -> None:
    """On the 3rd, whether it came on that day, on the day beside it or not at all."""
    first, newest = date(2026, 8, 3), date(2026, 11, 8)
    days = [first + timedelta(days=index) for index in range((newest - first).days + 1)]
    due = {3} if came == 3 else {came}
    lumps = [4200.0 if each.day in (due if each.month == 11 else {3}) else 0.0 for each in days]
    costs = np.array(lumps) + (0 if alone else 300)
    expected = expected_costs(costs[None], first, days=8)
    fees = expected.level[0] - (0 if alone else 300)
    assert fees.sum() == pytest.approx(4200, rel=0.01)
    assert fees.argmax() + 1 == 3
    assert (expected.high[0][[0, 4, 5]] < 600).all()


def test_a_fee_whose_day_changes_is_expected_where_it_came_and_only_there() -> None:
    first, newest = date(2026, 8, 3), date(2026, 11, 8)
    days = [first + timedelta(days=index) for index in range((newest - first).days + 1)]
    on = {8: 3, 9: 1, 10: 2, 11: 1}
    costs = np.array([[4200.0 if each.day == on[each.month] else 0.0 for each in days]])
    assert expected_costs(costs, first, days=8).level[0].tolist() == pytest.approx([4200] + [0] * 7)


def test_the_last_day_of_a_month_stands_for_the_days_that_it_lacks() -> None:
    first, newest = date(2026, 6, 1), date(2026, 11, 30)
    days = [first + timedelta(days=index) for index in range((newest - first).days + 1)]
    costs = np.array([[90.0 if (each + timedelta(days=1)).day == 1 else 0.0 for each in days]])
    assert expected_costs(costs, first, days=7).level[0].tolist() == pytest.approx([0] * 6 + [90])
