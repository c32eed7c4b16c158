"""An account's events of nine days around an incident: its pipelines, groups, people, and the act, if there is one.

Everything is a record as CloudTrail writes it, answered page by page as LookupEvents does.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.who.stories import (
    AGENTS,
    IDLE,
    INSTANCES,
    NOBODYS,
    PEOPLE,
    PIPELINES,
    PREFIX,
    READS,
    REGIONS,
    STORIES,
    Story,
)
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, CauseKind, Explained, ResourceCost

START = date(2026, 11, 16)
MIDNIGHT = datetime(2026, 11, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEAR = 0.4
"""Part of the near misses that a control has."""
_KINDS: Sequence[CauseKind] = ("new_usage_type", "new_family", "changed", "changed")


@dataclass(frozen=True)
class Label:
    """Who did it, empty where nobody did; `story` is what happened, `resource` whether it is known which."""

    story: str
    principal: str
    resource: bool = False


@dataclass
class World:
    """An incident, its explanation, and what the account's event history has."""

    line: AnomalyLine
    explained: Explained
    label: Label
    records: list[tuple[Mapping[str, Any], tuple[str, ...]]] = field(default_factory=list)

    def of(self, region: str) -> EventHistory:
        """What CloudTrail of a Region has."""
        return EventHistory([each for each in self.records if each[0]["awsRegion"] == region])


@dataclass
class EventHistory:
    """Satisfies aws.trail.Lookups."""

    records: Sequence[tuple[Mapping[str, Any], tuple[str, ...]]]

    def lookup_events(self, **asked: Any) -> Mapping[str, Any]:
        """As CloudTrail answers: one attribute, newest first, 50 a page."""
        (attribute,) = asked["LookupAttributes"]
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        found = [
            (record, named)
            for record, named in sorted(self.records, key=lambda each: each[0]["eventTime"], reverse=True)
            if (record["eventName"] == value if key == "EventName" else value in named)
            and asked["StartTime"] <= datetime.fromisoformat(record["eventTime"]) <= asked["EndTime"]
        ]
        first = int(asked.get("NextToken", 0))
        events = [
            {
                "CloudTrailEvent": json.dumps(record),
                "Resources": [{"ResourceName": name} for name in named],
            }
            for record, named in found[first : first + 50]
        ]
        more = {"NextToken": str(first + 50)} if first + 50 < len(found) else {}
        return {"Events": events, **more}


_Miss = tuple[str, str, Mapping[str, Any], float, str, dict[str, Any]]
"""A near miss: its size, Region, who, hours after the first day began, what it is about, and more of its record."""


def incident(seed: int, number: int) -> World:
    """Somebody did it: in a quarter of the worlds somebody else did the same, in half it is known which resource."""
    chance = random.Random(f"{seed}/{number}/incident")
    story = STORIES[number % len(STORIES)]
    size, region = chance.choice(story.sizes), chance.choice(REGIONS)
    resource = story.resource.format(n=chance.randrange(1, 10**9), region=region) if story.resource else ""
    known = bool(resource) and chance.random() < 0.5
    person = chance.choice([_person(each) for each in PEOPLE] + [_pipeline(each) for each in PIPELINES[:2]])
    world = _world(chance, story.usage, story.service, size, region, story.way, resource if known else "")
    world.label = Label(story.name, _told(person), known)
    hours = chance.uniform(-10, 14) if chance.random() < 0.9 else chance.uniform(-30, -12)
    _add(world, chance, story, size, region, person, hours, resource)
    if story.name in ("group", "node group"):
        for _ in range(chance.randint(2, 12)):
            _add(world, chance, STORIES[0], size, region, _scaling(), hours + chance.uniform(0, 6), "i-group")
    if chance.random() < 0.25:
        other = chance.choice([each for each in PEOPLE if _told(_person(each)) != world.label.principal])
        theirs = chance.choice(story.sizes)
        _add(world, chance, story, theirs, region, _person(other), chance.uniform(-11, 20), "another")
    _life(world, chance, story, size, region)
    return world


def control(seed: int, number: int, *, strangers: bool = False) -> World:
    """Nobody did it. Of everything else there is plenty, and of what nearly fits too.

    `strangers`: nothing nearly fits on purpose, and what people do now and then falls where it falls, also on an event
    that fits in everything.
    """
    chance = random.Random(f"{seed}/{number}/control")
    region = chance.choice(REGIONS)
    if number % 3 == 0:
        name, usage, service = NOBODYS[number // 3 % len(NOBODYS)]
        story, size, way = chance.choice(STORIES), "", 1
    else:
        story = STORIES[number * 7 % len(STORIES)]
        name, usage, service = f"{story.name}, by load", story.usage, story.service
        size, way = chance.choice(story.sizes), story.way
    resource = (
        story.resource.format(n=number + 1, region=region) if number % 3 and chance.random() < 0.5 else ""
    )
    world = _world(chance, usage, service, size, region, way, resource)
    world.label = Label(name, "", bool(resource))
    for misses in [] if strangers else _near_misses(chance, story, size, region, resource):
        # Each is met alone too, for two of them are two principals.
        if chance.random() < NEAR:
            for theirs, where, who, hours, about, more in misses:
                _add(world, chance, story, theirs, where, who, hours, about, **more)
    _life(world, chance, story, size, region, strangers=strangers)
    return world


# ---- what else goes on -----------------------------------------------------------------------------------------------


def _near_misses(
    chance: random.Random, story: Story, size: str, region: str, resource: str
) -> list[list[_Miss]]:
    """The same act elsewhere, earlier, later, refused, only read, of another size, or as every day."""
    elsewhere = chance.choice([each for each in REGIONS if each != region])
    who = [_person(each) for each in chance.sample(PEOPLE, 5)]
    # Nothing is made every day; it may be changed, or stopped, every day.
    daily = "other" if story.event.startswith(("Create", "Run", "Terminate", "Delete")) else resource
    routine = _pipeline(chance.choice(PIPELINES))
    found: list[list[_Miss]] = [
        [(size, elsewhere, who[0], chance.uniform(-8, 12), "other", {})],
        [(size, region, who[1], chance.uniform(-150, -14), resource, {})],
        [(size, region, who[2], chance.uniform(25, 60), resource, {})],
        [(size, region, who[3], chance.uniform(-8, 12), resource, {"errorCode": "AccessDenied"})],
        [(size, region, who[4], chance.uniform(-8, 12), resource, {"readOnly": True})],
        [(size, region, routine, -24 * day + 6.5, daily, {}) for day in range(8)],
    ]
    others = [each for each in story.sizes if each != size]
    if others and story.field:
        stated = {"responseElements": {story.field: chance.choice(others)}}
        found.append([("", region, who[0], chance.uniform(-8, 12), "other", stated)])
    return found


def _life(
    world: World, chance: random.Random, story: Story, size: str, region: str, *, strangers: bool = False
) -> None:
    """Pipelines that do the same every day, groups that grow and shrink, people who look and do this and that."""
    for name in chance.sample(PIPELINES[2:], 2):
        for act in chance.sample(STORIES, 3):
            where, theirs = chance.choice(REGIONS), chance.choice(act.sizes)
            if act.event == story.event and where == region:
                continue
            for day in range(9):
                if chance.random() < 0.8:
                    _add(
                        world,
                        chance,
                        act,
                        theirs,
                        where,
                        _pipeline(name),
                        24 - 24 * day + chance.random(),
                        "routine",
                    )
    grown = chance.choice([each for each in INSTANCES if each != size])
    for _ in range(chance.choice((0, 20, 60, 120))):
        _add(world, chance, STORIES[0], grown, region, _scaling(), chance.uniform(-190, 24), "i-scaled")
    for _ in range(40):
        _idle(world, chance, chance.choice(READS), readOnly=True)
        _idle(world, chance, chance.choice(IDLE))
    for _ in range(10):
        act, where = chance.choice(STORIES), chance.choice(REGIONS)
        theirs, hours = chance.choice(act.sizes), chance.uniform(-190, 40)
        related = _billed(act) == _billed(story) and where == region and -13 < hours < 25
        if strangers or not related:
            _add(world, chance, act, theirs, where, _person(chance.choice(PEOPLE)), hours, "now and then")


def _billed(story: Story) -> str:
    """What a story is billed as, of any size and price: who changes that in its Region and hours is related."""
    return story.usage.partition("{")[0].replace("Spot", "Box")


def _world(
    chance: random.Random, usage: str, service: str, size: str, region: str, way: int, resource: str
) -> World:
    usage_type = PREFIX[region] + usage.format(size=size)
    dollars = Decimal(way * chance.randint(40, 4000))
    kind: CauseKind = "ended" if way < 0 else chance.choice(_KINDS)
    causes = [
        Cause("usage_type", usage_type, dollars, kind, region, None, dollars, Decimal(0), Decimal(0)),
        Cause("usage_type", PREFIX[region] + "DataTransfer-Regional-Bytes", dollars / 10, "changed", region),
        Cause("others", "4", dollars / 20),
    ]
    line = AnomalyLine(
        "111122223333/2026-11-16/way", "111122223333", "shop", service, "shift", START + timedelta(days=1), START,
        abs(dollars), Decimal(10), dollars, 1 if way > 0 else -1, last_day=START + timedelta(days=1),
    )  # fmt: skip
    resources = (ResourceCost(resource, abs(dollars), dollars),) if resource else ()
    return World(line, Explained(line.id, tuple(causes), 3, (), resources), Label("", ""))


# ---- records ---------------------------------------------------------------------------------------------------------


def _add(
    world: World,
    chance: random.Random,
    act: Story,
    size: str,
    region: str,
    who: Mapping[str, Any],
    hours: float,
    resource: str,
    **more: Any,
) -> None:
    """Writes an act; half of the records state the size, and the history lists what it is about by id or by name."""
    asked = {act.field: size} if act.field and size and chance.random() < 0.7 else {}
    named = [resource] if resource else []
    if resource.startswith("arn:") and chance.random() < 0.5:
        named = [resource.rpartition(":")[2].rpartition("/")[2]]
    record = _record(f"{act.source}.amazonaws.com", act.event, region, who, hours, chance)
    world.records.append(({**record, "requestParameters": asked, **more}, ("subnet-1", *named)))


def _idle(world: World, chance: random.Random, name: str, **more: Any) -> None:
    who = _person(chance.choice(PEOPLE))
    record = _record("ec2.amazonaws.com", name, chance.choice(REGIONS), who, chance.uniform(-190, 24), chance)
    named = tuple(each.id for each in world.explained.resources)
    world.records.append(({**record, **more}, named))


def _record(
    source: str, name: str, region: str, who: Mapping[str, Any], hours: float, chance: random.Random
) -> dict[str, Any]:
    return {
        "eventName": name,
        "eventSource": source,
        "eventTime": (MIDNIGHT + hours * HOUR).isoformat(timespec="seconds"),
        "awsRegion": region,
        "userIdentity": who,
        "userAgent": chance.choice(AGENTS),
        "readOnly": False,
    }


def _role(name: str, session: str, path: str = "") -> Mapping[str, Any]:
    issuer = {"type": "Role", "userName": name, "arn": f"arn:aws:iam::111122223333:role/{path}{name}"}
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{name}/{session}",
        "sessionContext": {"sessionIssuer": issuer},
    }


def _person(address: str) -> Mapping[str, Any]:
    return _role("AWSReservedSSO_Engineer_0123456789abcdef", address)


def _pipeline(name: str) -> Mapping[str, Any]:
    return _role(name, "run-17")


def _scaling() -> Mapping[str, Any]:
    return _role("AWSServiceRoleForAutoScaling", "AutoScaling", "aws-service-role/autoscaling.amazonaws.com/")


def _told(who: Mapping[str, Any]) -> str:
    """How the product names them."""
    name, session = str(who["arn"]).split("/")[1:]
    return f"sso/Engineer/{session.partition('@')[0]}@…" if "SSO" in name else f"role/{name}"
