"""Incidents: one story, one message."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from finopsguard import contracts
from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.incidents.look import Look
from finopsguard.incidents.rules import update_incidents
from finopsguard.models.incident import MEMORY_DAYS, Incident, IncidentDay, IncidentLife
from tests.unit.detection.helpers import FIRST, series
from tests.unit.incidents.replayed import replayed

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


Life = tuple[Incident, ...]


def step(life: Life, *found: Anomaly, on: date = DAY + timedelta(days=1)) -> tuple[Life, list[Incident]]:
    """One daily report: what is known after it, and its incidents."""
    after = update_incidents(life, found, on)
    return after, [each for each in after if each.closed_on in (None, on)]


def seen(*amounts: float, service: str = "EC2", expected: Sequence[float] = ()) -> Look:
    """Days from DAY on, of which 50 was to be expected, or else `expected`, give or take a tenth."""
    usual = [*expected, *[50.0] * (len(amounts) - len(expected))]
    return {
        ("1", service): {
            DAY + timedelta(days=index): IncidentDay(
                Decimal(str(usd)),
                Decimal(str(usual[index])),
                Decimal(str(usual[index] * 0.9)),
                Decimal(str(usual[index] * 1.1)),
                Decimal(0),
            )
            for index, usd in enumerate(amounts)
        }
    }


def test_an_anomaly_begins_an_incident_that_is_told_once() -> None:
    state, (first,) = step((), anomaly(days=2))
    assert (first.status, first.notify, first.start, first.days) == ("new", True, DAY, 2)
    assert (first.impact, first.run_rate, first.monthly_rate) == (
        Decimal(200),
        Decimal(100),
        Decimal(3000),
    )
    _, (again,) = step(state, anomaly(days=2))
    assert (again.status, again.notify, again.impact, again.id) == (
        "continuing",
        False,
        Decimal(200),
        first.id,
    )


def test_services_of_one_cause_are_one_incident_with_shares() -> None:
    _, (incident,) = step((), anomaly("EC2", usd=300.0), anomaly("EBS", DAY + timedelta(days=1), usd=100.0))
    assert incident.shares == {"EC2": 0.75, "EBS": 0.25}
    assert incident.impact == 400.0


def test_other_accounts_directions_and_days_are_other_incidents() -> None:
    _, found = step(
        (),
        anomaly("EC2"),
        anomaly("EC2", account="2"),
        anomaly("RDS", usd=-80.0),
        anomaly("S3", DAY - timedelta(days=2)),
    )
    assert len(found) == 4
    assert len({incident.id for incident in found}) == 4
    assert all(incident.notify for incident in found)


def test_a_service_that_joins_later_is_told_when_it_is_a_large_part() -> None:
    state, _ = step((), anomaly("EC2", usd=100.0))
    _, (small,) = step(state, anomaly("S3", usd=20.0), on=DAY + timedelta(days=2))
    assert (small.status, set(small.shares)) == ("continuing", {"EC2", "S3"})
    _, (large,) = step(state, anomaly("S3", usd=80.0), on=DAY + timedelta(days=2))
    assert (large.status, large.notify, large.told_rate) == ("growing", True, Decimal(180))


def test_a_newer_look_at_a_day_replaces_the_older_one() -> None:
    state, _ = step((), anomaly(usd=40.0))
    _, (incident,) = step(state, anomaly(usd=95.0), on=DAY + timedelta(days=2))
    assert incident.impact == 95.0
    assert not incident.notify  # the day had only filled up


def test_it_is_told_again_when_it_has_grown_much_and_not_before() -> None:
    state, _ = step((), anomaly(usd=20.0))
    later = DAY + timedelta(days=5)
    _, (little,) = step(state, anomaly(start=later, usd=90.0), on=later + timedelta(days=1))
    assert little.status == "continuing"
    state, (much,) = step(state, anomaly(start=later, usd=121.0), on=later + timedelta(days=1))
    assert (much.status, much.notify, much.start) == ("growing", True, DAY)
    _, (after,) = step(state, anomaly(start=later, usd=121.0), on=later + timedelta(days=1))
    assert after.status == "continuing"


def test_it_stays_quiet_for_the_quiet_days_and_closes_after_them() -> None:
    state, _ = step((), anomaly())
    state, (quiet,) = step(state, on=DAY + timedelta(days=14))
    assert quiet.status == "continuing"
    state, (closed,) = step(state, on=DAY + timedelta(days=15))
    assert (closed.status, closed.closed_on, closed.ended) == (
        "resolved",
        DAY + timedelta(days=15),
        "new_level",
    )
    assert step(state, on=DAY + timedelta(days=16))[1] == [], "told as resolved once"
    _, (again,) = step(state, anomaly(start=DAY + timedelta(days=15)), on=DAY + timedelta(days=16))
    assert again.status == "new"


def test_a_cost_that_stays_is_the_new_level_quiet_days_after_it_was_told() -> None:
    config, life = replace(DetectionConfig(), quiet_days=5), step((), anomaly())[0]
    found = [anomaly(start=DAY + timedelta(days=index)) for index in range(1, 6)]
    for index, each in enumerate(found[:-1], start=2):
        life = update_incidents(life, [each], DAY + timedelta(days=index), config)
    assert [each.ended for each in life] == [None], "four days after it was told"
    life = update_incidents(life, [found[-1]], DAY + timedelta(days=6), config)
    assert [(each.ended, each.closed_on) for each in life] == [("new_level", DAY + timedelta(days=6))]


def test_with_costs_the_dollars_go_on_counting_and_the_return_closes() -> None:
    state, _ = step((), anomaly(days=2))
    look = seen(150, 150, 140, 130)
    state = update_incidents(state, [], DAY + timedelta(days=4), look=look)
    (going,) = state
    assert (going.status, going.impact) == ("continuing", Decimal(100 + 100 + 90 + 80))
    look = seen(150, 150, 140, 130, 51, 49)
    (closed,) = update_incidents(state, [], DAY + timedelta(days=6), look=look)
    assert (closed.status, closed.closed_on, closed.ended) == ("resolved", DAY + timedelta(days=6), "back")
    assert (closed.impact, closed.last_day) == (Decimal(100 + 100 + 90 + 80), DAY + timedelta(days=3))


def test_each_day_is_held_against_its_own_expectation() -> None:
    state, _ = step((), anomaly(days=2))
    look = seen(150, 150, 190, 190, 95, expected=(50, 50, 90, 90, 90))
    (going,) = update_incidents(state, [], DAY + timedelta(days=5), look=look)
    (member,) = going.members
    assert (going.impact, going.last_day) == (Decimal(4 * 100), DAY + timedelta(days=3))
    assert [day.expected for day in member.days.values()] == [50, 50, 90, 90, 90]


def test_a_day_that_is_not_settled_never_ends_it_and_its_excess_counts_so_far() -> None:
    state, _ = step((), anomaly(days=2))
    settled = DAY + timedelta(days=2)
    (going,) = update_incidents(
        state, [], DAY + timedelta(days=4), look=seen(150, 150, 3, 2), settled_until=settled
    )
    assert (going.status, going.impact) == ("continuing", Decimal(200))
    (going,) = update_incidents(
        state, [], DAY + timedelta(days=4), look=seen(150, 150, 3, 90), settled_until=settled
    )
    assert (going.status, going.impact) == ("continuing", Decimal(240))


def test_what_is_over_before_it_is_told_is_new_once_and_says_its_end() -> None:
    look = seen(150, 150, 50, 51)
    life = update_incidents((), [anomaly(days=2)], DAY + timedelta(days=4), look=look)
    (first,) = life
    assert (first.status, first.ended, first.closed_on) == ("new", "back", DAY + timedelta(days=4))
    (again,) = update_incidents(life, [anomaly(days=2)], DAY + timedelta(days=5), look=look)
    assert (again.status, again.ended, again.id) == ("resolved", "back", first.id)


def test_the_life_survives_json_and_money_leaves_as_decimal_strings() -> None:
    account = "111122223333"
    found = [anomaly("EC2", usd=100.005, account=account), anomaly("RDS", usd=-30.1, days=3, account=account)]
    life = IncidentLife(3, "daily-2026-03-10", None, DAY + timedelta(days=1), step((), *found)[0])
    stored = contracts.encode(contracts.to_json(life))
    assert contracts.decode(IncidentLife, stored) == life
    assert b'"expected":"50"' in stored
    assert b'"2026-03-12":{"cost":"19.9","expected":"50","low":null,"high":null,"excess":"-30.1"}' in stored


def test_dollars_are_rounded_to_cents_as_floats_are_half_to_even() -> None:
    for usd in (100.005, 0.125, 2.675, 1.005, 1e9 + 0.375, -0.625):
        _, (incident,) = step((), anomaly(usd=usd))
        assert incident.impact == Decimal(repr(round(usd, 2)))


def test_nothing_is_kept_between_calls() -> None:
    state, _ = step((), anomaly())
    assert step(state, anomaly()) == step(state, anomaly())
    assert step(()) == ((), [])


def test_a_level_shift_is_one_message_and_keeps_counting() -> None:
    rng = np.random.default_rng(1)
    costs = 60 * np.exp(0.03 * rng.normal(size=(2, 125)))
    costs[1, 105:] += 60
    told = replayed(series(costs), 24)
    messages = [(today, incident) for today, incident in told if incident.notify]
    assert [today for today, _ in messages] == [FIRST + timedelta(days=106)]
    last = told[-1][1]
    assert last.start == FIRST + timedelta(days=105)
    assert 900 < last.impact < 1300


def test_growth_is_measured_against_the_policy() -> None:
    state, _ = step((), anomaly(usd=20.0))
    later = DAY + timedelta(days=5)
    eager = replace(DetectionConfig(), growth_factor=2.0)
    (grown,) = update_incidents(state, [anomaly(start=later, usd=50.0)], later + timedelta(days=1), eager)
    assert grown.status == "growing"


# ---- what is over is remembered ----


def resolved(*found: Anomaly, on: int = 6) -> Life:
    """Told on the day after DAY, back at its expectation, resolved `on` days after DAY."""
    life, _ = step((), *found)
    services = {each.service for each in found}
    look = {key: days for service in services for key, days in seen(*[50.0] * on, service=service).items()}
    for each in found:
        for day, usd in each.excess_by_day:
            days = dict(look["1", each.service])
            days[day] = replace(days[day], cost=Decimal(str(50 + usd)))
            look["1", each.service] = days
    return update_incidents(life, [], DAY + timedelta(days=on), look=look)


def test_what_is_over_is_not_new_to_a_report_that_looks_further_back() -> None:
    life = resolved(anomaly(days=2))
    assert [each.status for each in life] == ["resolved"]
    after, told = step(
        life, anomaly(days=2), anomaly(start=DAY + timedelta(days=1)), on=DAY + timedelta(days=7)
    )
    assert (after, told) == (life, [])


def test_a_story_that_reaches_back_before_what_is_over_does_not_begin_it_anew() -> None:
    life = resolved(anomaly())
    _, told = step(life, anomaly(start=DAY - timedelta(days=1), days=2), on=DAY + timedelta(days=7))
    assert told == []


def test_days_after_what_is_over_are_an_incident_of_their_own() -> None:
    life = resolved(anomaly(days=2))
    after, (fresh,) = step(life, anomaly(days=5, usd=70.0), on=DAY + timedelta(days=7))
    assert (fresh.status, fresh.start, fresh.days, fresh.impact) == (
        "new",
        DAY + timedelta(days=2),
        3,
        Decimal(210),
    )
    assert {each.id for each in after} == {"1/2026-03-10/up", "1/2026-03-12/up"}


def test_what_was_before_or_elsewhere_is_not_part_of_what_is_over() -> None:
    life = resolved(anomaly())
    others = [
        anomaly(start=DAY - timedelta(days=3)),
        anomaly("S3"),
        anomaly(account="2"),
        anomaly(usd=-80.0),
    ]
    _, told = step(life, *others, on=DAY + timedelta(days=7))
    assert [each.status for each in told] == ["new"] * 4


def test_an_id_is_never_given_twice() -> None:
    life = resolved(anomaly("EC2"))
    life, (second,) = step(life, anomaly("S3"), on=DAY + timedelta(days=7))
    assert second.id == "1/2026-03-10/up/2"
    life, _ = step(life, on=DAY + timedelta(days=30))
    life, (third,) = step(life, anomaly("RDS"), on=DAY + timedelta(days=31))
    assert third.id == "1/2026-03-10/up/3"
    assert len({each.id for each in life}) == len(life) == 3


def test_what_is_over_is_remembered_for_as_long_as_a_life_is_and_then_forgotten() -> None:
    life = resolved(anomaly())
    closed = DAY + timedelta(days=6)
    assert update_incidents(life, [], closed + timedelta(days=MEMORY_DAYS)) == life
    assert update_incidents(life, [], closed + timedelta(days=MEMORY_DAYS + 1)) == ()
