"""Who is named, and above all who is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finopsguard.models.cause import Act
from tests.unit.incidents.who.events import (
    ANA,
    DEPLOY,
    EVENING,
    RDS,
    SCALING,
    acts,
    caused,
    event,
    incident,
    named,
    resource,
)

DAY = timedelta(days=1)
COINCIDES = [("coincides", DEPLOY)]
P5, M5 = frozenset({"p5.48xlarge"}), frozenset({"m5.large"})


def test_the_event_that_names_a_resource_is_confirmed() -> None:
    done = event(resources=frozenset({"i-0abc", "ami-1"}), tool="Terraform")
    assert acts(done, resources=(resource(),)) == (
        Act(
            "confirmed", "RunInstances", "ec2.amazonaws.com", DEPLOY, "Terraform", EVENING, "eu-west-1", "i-0abc"
        ),
    )  # fmt: skip


def test_an_event_of_the_kind_region_and_time_coincides() -> None:
    assert acts(event(tool="Terraform")) == (
        Act("coincides", "RunInstances", "ec2.amazonaws.com", DEPLOY, "Terraform", EVENING, "eu-west-1"),
    )


def test_without_an_event_nobody_is_named() -> None:
    assert named() == named(resources=(resource(),)) == []


# ---- what does not coincide ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        event(region="us-east-1"),
        event("CreateVolume"),
        event("TerminateInstances"),
        event("RunInstances", source="example.amazonaws.com"),
        event(at=EVENING - DAY),
        event(at=datetime(2026, 11, 14, 11, 59, tzinfo=UTC)),
        event(at=datetime(2026, 11, 16, tzinfo=UTC)),
        event(sizes=M5),
        event(principal=""),
    ],
)
def test_another_kind_region_time_or_type_names_nobody(other: object) -> None:
    assert named(other) == []  # type: ignore[arg-type]


def test_the_hours_before_the_first_day_and_all_of_it_count() -> None:
    first, last = datetime(2026, 11, 14, 12, tzinfo=UTC), datetime(2026, 11, 15, 23, 59, tzinfo=UTC)
    assert named(event(at=first)) == named(event(at=last)) == COINCIDES


def test_the_same_type_among_others_fits_and_so_does_an_event_that_states_none() -> None:
    assert named(event(sizes=P5 | M5)) == named(event(sizes=frozenset())) == COINCIDES
    assert named(event(sizes=frozenset({"gp3"}))) == COINCIDES


def test_of_two_principals_nobody_is_named() -> None:
    assert named(event(), event(principal=ANA)) == []
    assert named(event(), event(principal="")) == []
    assert named(event(), event(principal=SCALING)) == []


def test_one_principal_twice_is_named_once_with_the_first_event() -> None:
    later = event(at=EVENING + timedelta(hours=3))
    assert [act.at for act in acts(later, event())] == [EVENING]


def test_another_type_of_somebody_else_does_not_stand_in_the_way() -> None:
    assert named(event(sizes=P5), event(principal=SCALING, sizes=M5)) == COINCIDES


@pytest.mark.parametrize("days", [1, 4, 6])
def test_who_did_the_same_in_the_week_before_is_not_named(days: int) -> None:
    assert named(event(), event(at=EVENING - days * DAY)) == []


def test_what_others_did_in_the_week_before_does_not_matter() -> None:
    assert named(event(), event(principal=ANA, at=EVENING - 3 * DAY)) == COINCIDES
    assert named(event(sizes=P5), event(sizes=M5, at=EVENING - 3 * DAY)) == COINCIDES


def test_where_not_all_events_could_be_read_nobody_coincides() -> None:
    assert named(event(), cut=frozenset({"RunInstances"})) == []
    assert named(event(), cut=frozenset({"UpdateAutoScalingGroup"})) == []
    assert named(event(), cut=frozenset({"CreateVolume"})) == COINCIDES


# ---- groups ----------------------------------------------------------------------------------------------------------


def test_a_service_that_acts_by_itself_is_named_as_such() -> None:
    assert named(event(principal=SCALING)) == [("coincides", SCALING)]


def test_who_changed_a_group_is_named_before_what_the_group_did() -> None:
    group = event("UpdateAutoScalingGroup", ANA, EVENING, source="autoscaling.amazonaws.com")
    assert named(group, event(principal=SCALING)) == [("coincides", ANA)]
    # A person's own instances are not the group's.
    assert named(group, event(principal=SCALING), event()) == []


def test_behind_the_service_that_made_a_resource_stands_who_changed_the_group() -> None:
    group = event("UpdateAutoScalingGroup", ANA, EVENING, source="autoscaling.amazonaws.com")
    made = event(principal=SCALING, resources=frozenset({"i-0abc"}))
    assert named(group, made, resources=(resource(),)) == [("confirmed", SCALING), ("coincides", ANA)]


# ---- falls, growth ---------------------------------------------------------------------------------------------------

FALL = incident(direction=-1, impact=Decimal(-1110), service=RDS)
GONE = caused("EU-InstanceUsage:db.r5.xlarge", -900, kind="ended")


def test_a_fall_is_of_who_stopped_it() -> None:
    stopped = event("StopDBInstance", source="rds.amazonaws.com")
    started = event("StartDBInstance", ANA, source="rds.amazonaws.com")
    assert named(stopped, started, line=FALL, causes=(GONE,)) == COINCIDES


def test_a_later_day_counts_where_the_story_grows_and_its_beginning_is_nobodys() -> None:
    later, growing = event(at=EVENING + 2 * DAY), incident(status="growing")
    assert named(later) == []
    assert named(later, line=growing) == COINCIDES
    assert named(later, event(principal=ANA), line=growing) == [("coincides", ANA)]
    assert named(event(at=EVENING + 4 * DAY), line=growing) == []


# ---- causes that nobody's act makes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cause",
    [
        caused("NatGateway-Bytes"),
        caused("DataTransfer-Out-Bytes"),
        caused("Request"),
        caused(kind="commitment_ended"),
        caused(kind="moved_to_commitment"),
        caused(price_effect=Decimal(600)),
        caused(region=None),
        caused(region="global"),
        caused(impact=-1100),
        replace(caused(), dimension="others", value="3"),
    ],
)
def test_use_price_and_commitments_are_made_by_no_event(cause: object) -> None:
    assert named(event(), causes=(cause,)) == []


def test_a_small_cause_is_not_looked_into() -> None:
    large, small = caused("NatGateway-Bytes", 900), caused(impact=200)
    assert named(event(), causes=(large, small)) == []
    assert named(event(), causes=(large, caused(impact=400))) == COINCIDES


# ---- resources -------------------------------------------------------------------------------------------------------

ARN = "arn:aws:rds:eu-west-1:111111111111:db:shop"


@pytest.mark.parametrize(
    ("found", "of"),
    [
        (event("ModifyDBInstance", source="rds.amazonaws.com", resources=frozenset({ARN})), DEPLOY),
        (event("ModifyDBInstance", source="rds.amazonaws.com", resources=frozenset({"shop"})), DEPLOY),
        (event("ModifyDBInstance", source="ec2.amazonaws.com", resources=frozenset({"shop"})), None),
        (event("AddTagsToResource", source="rds.amazonaws.com", resources=frozenset({ARN})), None),
        (event("StopDBInstance", source="rds.amazonaws.com", resources=frozenset({ARN})), None),
        (event("CreateDBInstance", source="rds.amazonaws.com", resources=frozenset({"other"})), None),
    ],
)
def test_a_resource_is_named_by_its_arn_or_its_end_by_an_event_of_its_kind(
    found: object, of: str | None
) -> None:
    line, causes = incident(service=RDS), (caused("InstanceUsage:db.r5.xlarge", price_effect=Decimal(1100)),)
    told = [("confirmed", of)] if of else []
    assert named(found, line=line, causes=causes, resources=(resource(ARN),)) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "confirmed"),
    [("CreateThing", True), ("UpdateThing", True), ("UpdateThingTags", False), ("DeleteThing", False),
     ("PutThing", False)],
)  # fmt: skip
def test_of_an_unknown_kind_the_event_s_own_words_decide(name: str, confirmed: bool) -> None:
    found = event(name, source="thing.amazonaws.com", resources=frozenset({"thing-1"}))
    told = named(found, causes=(caused("Thing-Hours"),), resources=(resource("thing-1"),))
    assert told == ([("confirmed", DEPLOY)] if confirmed else [])


def test_the_end_of_an_arn_is_a_name_in_its_own_service_only() -> None:
    arn, named_so = "arn:aws:thing:eu-west-1:1:thing/shop", frozenset({"shop"})
    given = {"causes": (caused("Thing-Hours"),), "resources": (resource(arn),)}
    own = event("CreateThing", source="thing.amazonaws.com", resources=named_so)
    assert named(own, **given) == [("confirmed", DEPLOY)]
    assert named(own._replace(source="other.amazonaws.com"), **given) == []


def test_who_made_a_resource_comes_before_who_changed_it_and_two_are_told_at_most() -> None:
    names = [f"i-{number}" for number in range(4)]
    made = [event("RunInstances", f"user/{name}", resources=frozenset({name})) for name in names]
    changed = event(
        "ModifyInstanceAttribute", ANA, EVENING + timedelta(hours=1), resources=frozenset({"i-0"})
    )
    told = named(changed, *made, resources=[resource(name, 100 - index) for index, name in enumerate(names)])
    assert told == [("confirmed", "user/i-0"), ("confirmed", "user/i-1")]


def test_who_does_the_same_to_a_resource_every_night_is_not_named_for_it() -> None:
    line, causes = incident(direction=-1), (caused("BoxUsage:m5.large", -900, kind="ended"),)
    nights = [
        event("StopInstances", at=EVENING - back * DAY, resources=frozenset({"i-0abc"})) for back in (0, 1)
    ]
    lost = (resource(impact=-900),)
    assert named(*nights, line=line, causes=causes, resources=lost) == []
    assert named(nights[0], line=line, causes=causes, resources=lost) == [("confirmed", DEPLOY)]
    other = nights[1]._replace(resources=frozenset({"i-other"}))
    assert named(nights[0], other, line=line, causes=causes, resources=lost) == [("confirmed", DEPLOY)]


def test_where_the_resources_are_known_an_event_that_names_none_of_them_is_of_others() -> None:
    assert named(event(), resources=(resource(impact=600),)) == []
    assert named(event(), resources=(resource(impact=500),)) == COINCIDES
    group = event("UpdateAutoScalingGroup", source="autoscaling.amazonaws.com")
    assert named(group, resources=(resource(),)) == COINCIDES


def test_a_resource_is_in_one_region() -> None:
    elsewhere = event(resources=frozenset({"i-0abc"}), region="us-east-1")
    assert named(elsewhere, resources=(resource(),)) == []


def test_a_confirmed_act_leaves_no_room_for_what_only_coincides() -> None:
    made = event(resources=frozenset({"i-0abc"}))
    assert named(made, event(principal=ANA), resources=(resource(),)) == [("confirmed", DEPLOY)]


def test_a_resource_that_goes_the_other_way_names_nobody() -> None:
    made = event(resources=frozenset({"i-0abc"}), region="us-east-1")
    assert named(made, resources=(resource(impact=-5),)) == []


def test_the_first_day_of_a_story_is_a_utc_day() -> None:
    assert named(event(), line=incident(start=date(2026, 11, 16))) == []
