"""The detector's shortest story: a constant cost is silent, a spike is told once, it closes."""

from datetime import date, timedelta

import numpy as np
import pytest

from finopsguard.detection import IncidentState, detect, expected_costs, update_incidents
from finopsguard.errors import InvalidInput

FIRST = date(2026, 1, 1)


def run(costs, **options):
    labels = [f"s{i}" for i in range(len(costs))]
    return detect(costs, FIRST, accounts=["1" * 12] * len(costs), services=labels, **options)


def test_constant_cost_is_silent_and_a_spike_is_found_on_its_day():
    costs = np.full((3, 100), 50.0)
    assert run(costs) == []
    costs[1, -2] = 200.0
    (anomaly,) = run(costs)
    assert (anomaly.series, anomaly.day, anomaly.direction) == (1, FIRST + timedelta(days=98), 1)
    assert anomaly.actual == 200.0
    assert anomaly.expected == pytest.approx(50.0, rel=0.01)
    assert anomaly.impact == pytest.approx(150.0, rel=0.01)


def test_drops_are_judged_on_complete_days_only():
    costs = np.full((1, 100), 50.0)
    costs[0, -1] = 0.0
    assert run(costs) == []
    (anomaly,) = run(costs, complete_until=FIRST + timedelta(days=100))
    assert (anomaly.kind, anomaly.direction, anomaly.impact) == ("drop", -1, pytest.approx(-50.0, rel=0.01))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_refused(bad):
    costs = np.full((2, 30), 5.0)
    costs[1, 7] = bad
    with pytest.raises(InvalidInput, match=r"costs\[1, 7\]"):
        run(costs)


def test_expected_costs_follow_the_level_and_never_see_the_day_itself():
    costs = np.full((2, 90), 40.0)
    expected = expected_costs(costs, FIRST, days=7)
    assert expected.level.shape == (2, 7)
    assert np.allclose(expected.level, 40.0, rtol=0.05)
    assert (expected.low < 40).all() and (expected.high > 40).all()
    costs[:, -1] = 1e6
    again = expected_costs(costs, FIRST, days=7)
    assert np.array_equal(again.level, expected.level)


def test_an_incident_is_told_once_and_its_state_survives_json():
    costs = np.full((1, 100), 50.0)
    costs[0, -2:] = 200.0
    today = FIRST + timedelta(days=100)
    state, told = update_incidents(IncidentState(), run(costs), today)
    assert [incident.status for incident in told] == ["new"]
    assert told[0].impact == pytest.approx(300.0, rel=0.01)
    stored = IncidentState.from_data(state.to_data())
    assert stored == state
    state, told = update_incidents(stored, run(costs), today)
    assert [incident.notify for incident in told] == [False]
    state, told = update_incidents(state, [], today + timedelta(days=20))
    assert [incident.status for incident in told] == ["closed"]
    assert state == IncidentState()
