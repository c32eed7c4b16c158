"""Labelled incidents: something happens to one thing of a world, and the label says what.

A label's dollars are the bill with the incident minus the bill without it, under the same noise.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from benchmarks.causes.controls import (
    coverage_strays,
    covered_switch,
    dearer_on_demand,
    growth_beside_a_plan,
    less_under_a_plan,
    plan_taken,
)
from benchmarks.causes.scene import LONGEST, By, Scene, Story, Told
from benchmarks.causes.stories import (
    commitment_ended,
    ended,
    moved_to_commitment,
    new_family,
    new_region,
    new_usage_type,
    price_change,
    quantity_rise,
    region_moved,
    rise_of,
    switch,
)
from benchmarks.causes.world import (
    PAST,
    REGIONS,
    Thing,
    billed,
    harder,
    make,
    usage,
)
from finopsguard.models.cause import CauseKind
from finopsguard.models.costs import Usage

YOUNG, LATE = 0.15, 0.2
"""Parts of worlds whose account has the service for two or three weeks only, and whose first day was not told."""

Key = tuple[str, str]
"""(usage type, Region)."""


@dataclass(frozen=True)
class Label:
    """What is right of a first cause: one of these in this kind, its dollars in this effect.

    `names` are what a method that knows no switch may name instead. `dollars` are those of all that the story did,
    `by_key` those of each usage type in each Region.
    """

    story: str
    right: frozenset[Key]
    names: frozenset[Key]
    kind: CauseKind
    by: By
    dollars: Decimal
    by_key: Mapping[Key, Decimal]


@dataclass(frozen=True)
class Incident:
    """Usage of an account's services around an incident, and what happened."""

    usage: Usage
    start: date
    days: tuple[date, ...]
    label: Label

    @property
    def direction(self) -> int:
        """As the detector tells it: 1 a rise, -1 a fall."""
        return 1 if self.label.dollars > 0 else -1


_BY_INSTANCE = ("ec2", "rds", "cache", "ml")
_MODELS = (("Claude3Haiku-input", "Claude4Sonnet-v2-input"), ("NovaPro-output", "Claude45Haiku-output"))
PLAN: tuple[tuple[str, int, Story, tuple[str, ...]], ...] = (
    ("new usage type", 3, new_usage_type, ("ec2", "rds", "s3")),
    ("new Region", 3, new_region, ("ec2", "rds", "ml")),
    ("new family", 3, new_family, _BY_INSTANCE),
    ("more of it", 4, quantity_rise, ("ec2", "rds", "s3", "cache")),
    ("dearer", 3, price_change, ("ec2", "rds", "s3", "bedrock")),
    ("commitment ended", 20, commitment_ended, _BY_INSTANCE),
    ("moved to a commitment", 4, moved_to_commitment, _BY_INSTANCE),
    ("gp2 to gp3", 2, switch([("VolumeUsage.gp2", "VolumeUsage.gp3")], 0.8), ("ec2",)),
    ("another model", 3, switch(_MODELS, 5.0), ("bedrock",)),
    ("another instance", 3, switch([("BoxUsage:", "SpotUsage:")], 0.35), ("ec2",)),
    ("Region moved", 3, region_moved, ("ec2", "rds", "s3")),
    (
        "NAT or transfer",
        3,
        rise_of("NatGateway-Bytes", "DataTransfer-Out", "DataTransfer-Regional"),
        ("ec2",),
    ),
    ("request storm", 2, rise_of("Requests-Tier1", "Requests-Tier2"), ("s3",)),
    ("ended", 2, ended, ("ec2", "rds", "cache")),
    ("another storage class", 2, switch([("TimedStorage-", "TimedStorage-GIR-")], 0.2), ("s3",)),
)
CONTROLS: tuple[tuple[str, int, Story, tuple[str, ...]], ...] = (
    ("control: growth beside a plan", 4, growth_beside_a_plan, _BY_INSTANCE),
    ("control: less under a plan", 4, less_under_a_plan, _BY_INSTANCE),
    ("control: another takes the plan", 4, plan_taken, _BY_INSTANCE),
    ("control: coverage strays", 3, coverage_strays, _BY_INSTANCE),
    ("control: another instance, uncovered", 3, covered_switch, _BY_INSTANCE),
    ("control: dearer on demand", 2, dearer_on_demand, _BY_INSTANCE),
)


STORIES = tuple(
    (name, story, services) for name, number, story, services in (*PLAN, *CONTROLS) for _ in range(number)
)


def incidents(seed: int, *, hard: bool = False) -> list[Incident]:
    """The 60 labelled incidents and the 20 controls, each in a world of its own; see `world.harder`."""
    return [incident(seed, number, hard=hard) for number in range(len(STORIES))]


def incident(seed: int, number: int, *, hard: bool = False) -> Incident:
    """One of STORIES."""
    name, story, services = STORIES[number]
    seed = seed * 1000 + number
    rng = random.Random(seed)
    start = date(2026, 3, 2) + timedelta(days=rng.randrange(200))
    days = rng.choice([1, 1, 2, 3, 5, 7, LONGEST])
    regions = tuple(rng.sample(list(REGIONS), rng.randint(1, 5)))
    service = rng.choice(services)
    usd = 10 ** rng.uniform(1.5, 4)
    scene = Scene(rng, service, regions, make(rng, service, regions, usd), days, usd)
    told = story(scene)
    things = _beside(scene, told)
    if rng.random() < YOUNG:
        oldest = -rng.randint(9, 21)
        things = [
            each if each.first >= 0 else replace(each, first=max(each.first, oldest)) for each in things
        ]
    if hard:
        things = harder(things, random.Random(seed))
    late = int(days > 2 and rng.random() < LATE)  # the first day was not told as part of it
    of_incident = range(late, days)
    bill = billed(things, range(-PAST, days), seed, start)
    calm = billed(things, range(-PAST, days), seed, start, calm=True)
    by_key: dict[Key, Decimal] = {}
    for lines, sign in ((bill, 1), (calm, -1)):
        for line in lines:
            if line.day in of_incident:
                key = (line.thing.usage_type, line.thing.region)
                by_key[key] = by_key.get(key, Decimal(0)) + sign * Decimal(f"{line.amortized:.10f}")
    right = frozenset((each.usage_type, each.region) for each in told.right)
    names = right | {
        (each.usage_type, each.region) for each in told.things if each.changes and told.kind == "switched"
    }
    dollars = sum((by_key.get(key, Decimal(0)) for key in names), Decimal(0))
    label = Label(name, right, names, told.kind, told.by, dollars, by_key)
    return Incident(
        usage(bill, start),
        start + timedelta(days=late),
        tuple(start + timedelta(days=each) for each in of_incident),
        label,
    )


def _beside(scene: Scene, told: Told) -> list[Thing]:
    """In half of the worlds another thing rises or falls on the same days, by up to a tenth of what services cost."""
    rng = scene.rng
    others = [
        each
        for each in told.things
        if each.first < 0 and each.last > 0 and each not in told.right and not each.changes
    ]
    if not others or rng.random() < 0.5:
        return told.things
    thing = rng.choice(others)
    usd = rng.choice([-1, 1]) * scene.usd * rng.uniform(0.03, 0.1)
    factor = max(0.3, 1 + usd / max(thing.usd, 1e-9))
    moved = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    return [moved if each is thing else each for each in told.things]
