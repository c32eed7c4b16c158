"""The benchmark of who acted: its worlds are full, its labels are what happened, and its figures stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.who.__main__ import PRECISION, is_right, named, names
from benchmarks.who.worlds import Label, World, control, incident
from finopsguard.models.cause import Act

SEED = 1
NUMBERS = range(0, 40, 2)


@pytest.fixture(scope="module")
def told() -> list[tuple[World, tuple[Act, ...]]]:
    return [(each, named(each)) for number in NUMBERS for each in [incident(SEED, number)]]


def test_names_are_right_and_controls_have_none(told: list[tuple[World, tuple[Act, ...]]]) -> None:
    right, wrong = names(told)
    assert right >= len(told) / 2 and right >= PRECISION * (right + wrong)
    assert [acts for number in NUMBERS if (acts := named(control(SEED, number)))] == []


def test_a_control_is_full_of_other_events_and_nearly_of_the_right_one() -> None:
    worlds = [control(SEED, number) for number in NUMBERS]
    assert min(len(each.records) for each in worlds) > 80
    assert any(record.get("errorCode") for each in worlds for record, _ in each.records)
    assert all(each.label.principal == "" for each in worlds)


def test_an_incident_without_its_act_is_nobody_s(told: list[tuple[World, tuple[Act, ...]]]) -> None:
    """The label's own events are all that names who is right."""
    for world, acts in told:
        if acts and acts[0].grade == "confirmed":
            event = (acts[0].event, acts[0].at.isoformat(timespec="seconds"))
            rest = [each for each in world.records if (each[0]["eventName"], each[0]["eventTime"]) != event]
            assert named(replace(world, records=rest)) == ()


def test_only_who_did_it_is_right() -> None:
    world = replace(incident(SEED, 0), label=Label("group", "role/deploy"))
    act = Act(
        "coincides", "RunInstances", "ec2.amazonaws.com", "role/deploy", "", datetime.now(UTC), "eu-west-1"
    )
    assert is_right(act, world)
    assert not is_right(replace(act, principal="user/ana"), world)
    assert is_right(replace(act, principal="service/autoscaling.amazonaws.com"), world)
    assert not is_right(act, replace(world, label=Label("transfer", "")))


def test_the_history_answers_page_by_page_the_newest_first() -> None:
    world = incident(SEED, 0)
    region = world.records[0][0]["awsRegion"]
    record = {**world.records[0][0], "eventName": "RunInstances"}
    world.records = [
        ({**record, "eventTime": f"2026-11-15T{n // 60:02}:{n % 60:02}:00+00:00"}, ()) for n in range(120)
    ]
    asked = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "RunInstances"}],
        "StartTime": datetime(2026, 11, 1, tzinfo=UTC),
        "EndTime": datetime(2026, 12, 1, tzinfo=UTC),
    }
    first = world.of(region).lookup_events(**asked)
    last = world.of(region).lookup_events(**asked, NextToken="100")
    assert (len(first["Events"]), first["NextToken"]) == (50, "50")
    assert len(last["Events"]) == 20 and "NextToken" not in last
    assert "T01:59" in first["Events"][0]["CloudTrailEvent"]
