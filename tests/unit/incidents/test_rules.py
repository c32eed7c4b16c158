"""Incidents: one story, one message."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from finopsguard.detection import Anomaly, DetectionConfig, Incident, IncidentState, update_incidents
from tests.unit.detection.helpers import FIRST, Costs, run

DAY = date(2026, 3, 10)


def anomaly(
    service: str = "EC2", start: date = DAY, usd: float = 100.0, days: int = 1, account: str = "1"
) -> Anomaly:
    """A rise (or with negative `usd` a drop) of `usd` on each of `days` days."""
    excess = tuple((start + timedelta(days=index), usd) for index in range(days))
    return Anomaly(
        series=0,
        account_id=account,
        service=service,
        day=start,
        start=start,
        direction=1 if usd > 0 else -1,
        actual=50.0 + usd,
        expected=50.0,
        impact=usd * days,
        score=2.0,
        kind="spike" if usd > 0 else "drop",
        excess_by_day=excess,
    )


def step(
    state: IncidentState, *found: Anomaly, on: date = DAY + timedelta(days=1)
) -> tuple[IncidentState, list[Incident]]:
    """One run."""
    return update_incidents(state, found, on)


def replay(costs: Costs, days: int) -> list[tuple[date, Incident]]:
    """Run detector and incidents day by day over the last `days` days; every incident of every run."""
    state, told = IncidentState(), []
    for stop in range(costs.shape[1] - days + 1, costs.shape[1] + 1):
        today = FIRST + timedelta(days=stop)
        daily = {
            ("111122223333", f"service-{row}"): {
                FIRST + timedelta(days=index): float(series[index]) for index in range(stop - 20, stop)
            }
            for row, series in enumerate(costs)
        }
        found = run(costs[:, :stop], complete_until=today)
        state, current = update_incidents(state, found, today, costs=daily)
        told += [(today, incident) for incident in current]
    return told


def test_an_anomaly_begins_an_incident_that_is_told_once() -> None:
    state, (first,) = step(IncidentState(), anomaly(days=2))
    assert (first.status, first.notify, first.start, first.days) == ("new", True, DAY, 2)
    assert (first.impact, first.run_rate, first.monthly_rate) == (200.0, 100.0, 3000.0)
    _, (again,) = step(state, anomaly(days=2))
    assert (again.status, again.notify, again.impact, again.id) == ("ongoing", False, 200.0, first.id)


def test_services_of_one_cause_are_one_incident_with_shares() -> None:
    _, (incident,) = step(
        IncidentState(), anomaly("EC2", usd=300.0), anomaly("EBS", DAY + timedelta(days=1), usd=100.0)
    )
    assert incident.shares == {"EC2": 0.75, "EBS": 0.25}
    assert incident.impact == 400.0


def test_other_accounts_directions_and_days_are_other_incidents() -> None:
    _, found = step(
        IncidentState(),
        anomaly("EC2"),
        anomaly("EC2", account="2"),
        anomaly("RDS", usd=-80.0),
        anomaly("S3", DAY - timedelta(days=2)),
    )
    assert len(found) == 4
    assert len({incident.id for incident in found}) == 4
    assert all(incident.notify for incident in found)


def test_a_service_that_joins_later_is_told_when_it_is_a_large_part() -> None:
    state, _ = step(IncidentState(), anomaly("EC2", usd=100.0))
    _, (small,) = step(state, anomaly("S3", usd=20.0), on=DAY + timedelta(days=2))
    assert (small.status, set(small.shares)) == ("ongoing", {"EC2", "S3"})
    _, (large,) = step(state, anomaly("S3", usd=80.0), on=DAY + timedelta(days=2))
    assert (large.status, large.notify, large.told_rate) == ("grown", True, 180.0)


def test_a_newer_look_at_a_day_replaces_the_older_one() -> None:
    state, _ = step(IncidentState(), anomaly(usd=40.0))
    _, (incident,) = step(state, anomaly(usd=95.0), on=DAY + timedelta(days=2))
    assert incident.impact == 95.0
    assert not incident.notify  # the day had only filled up


def test_it_is_told_again_when_it_has_grown_much_and_not_before() -> None:
    state, _ = step(IncidentState(), anomaly(usd=20.0))
    later = DAY + timedelta(days=5)
    _, (little,) = step(state, anomaly(start=later, usd=90.0), on=later + timedelta(days=1))
    assert little.status == "ongoing"
    state, (much,) = step(state, anomaly(start=later, usd=121.0), on=later + timedelta(days=1))
    assert (much.status, much.notify, much.start) == ("grown", True, DAY)
    _, (after,) = step(state, anomaly(start=later, usd=121.0), on=later + timedelta(days=1))
    assert after.status == "ongoing"


def test_it_stays_quiet_for_the_quiet_days_and_closes_after_them() -> None:
    state, _ = step(IncidentState(), anomaly())
    state, (quiet,) = step(state, on=DAY + timedelta(days=14))
    assert quiet.status == "ongoing"
    state, (closed,) = step(state, on=DAY + timedelta(days=15))
    assert (closed.status, closed.closed_on, state) == ("closed", DAY + timedelta(days=15), IncidentState())
    _, (again,) = step(state, anomaly(start=DAY + timedelta(days=15)), on=DAY + timedelta(days=16))
    assert again.status == "new"


def test_with_costs_the_dollars_go_on_counting_and_the_return_closes() -> None:
    state, _ = step(IncidentState(), anomaly(days=2))
    costs = {
        ("1", "EC2"): {DAY + timedelta(days=index): usd for index, usd in enumerate([150, 150, 140, 130.0])}
    }
    state, (going,) = update_incidents(state, [], DAY + timedelta(days=4), costs=costs)
    assert (going.status, going.impact) == ("ongoing", 100.0 + 100 + 90 + 80)
    costs = {
        ("1", "EC2"): {
            DAY + timedelta(days=index): usd for index, usd in enumerate([150, 150, 140, 130, 51, 49.0])
        }
    }
    state, (closed,) = update_incidents(state, [], DAY + timedelta(days=6), costs=costs)
    assert closed.status == "closed"
    assert state == IncidentState()


def test_the_state_survives_json_and_money_leaves_as_decimal_strings() -> None:
    state, _ = step(IncidentState(), anomaly("EC2", usd=100.005), anomaly("RDS", usd=-30.1, days=3))
    text = json.dumps(state.to_data())
    assert IncidentState.from_data(json.loads(text)) == state
    assert '"expected": "50.0"' in text


def test_nothing_is_kept_between_calls() -> None:
    state, _ = step(IncidentState(), anomaly())
    assert step(state, anomaly()) == step(state, anomaly())
    assert step(IncidentState()) == (IncidentState(), [])


def test_a_level_shift_is_one_message_and_keeps_counting() -> None:
    rng = np.random.default_rng(1)
    costs = 60 * np.exp(0.03 * rng.normal(size=(2, 125)))
    costs[1, 105:] += 60
    told = replay(costs, 24)
    messages = [(today, incident) for today, incident in told if incident.notify]
    assert [today for today, _ in messages] == [FIRST + timedelta(days=106)]
    last = told[-1][1]
    assert last.start == FIRST + timedelta(days=105)
    assert 900 < last.impact < 1300


def test_growth_is_measured_against_the_policy() -> None:
    state, _ = step(IncidentState(), anomaly(usd=20.0))
    later = DAY + timedelta(days=5)
    eager = replace(DetectionConfig(), growth_factor=2.0)
    _, (grown,) = update_incidents(state, [anomaly(start=later, usd=50.0)], later + timedelta(days=1), eager)
    assert grown.status == "grown"
