"""Labelled incidents: something happens to one thing of a world, and the label says what.

A label's dollars are the bill with the incident minus the bill without it, under the same noise.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from benchmarks.causes.world import (
    CATALOGUE,
    COVERABLE,
    COVERED,
    PAST,
    REGIONS,
    Kind,
    Plan,
    Thing,
    billed,
    harder,
    make,
    named,
    uncovered,
    usage,
)
from finopsguard.models.cause import CauseKind
from finopsguard.ports import Usage

LONGEST = 10
YOUNG, LATE = 0.15, 0.2
"""Parts of worlds whose account has the service for two or three weeks only, and whose first day was not told."""


Key = tuple[str, str]
"""(usage type, Region)."""
By = Literal["quantity", "price"]
"""Which effect has the dollars."""


class Told(NamedTuple):
    """A story: the things as they are, those that are right as a first cause, its kind and effect."""

    things: list[Thing]
    right: list[Thing]
    kind: CauseKind
    by: By


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


@dataclass
class Scene:
    """A world before anything happens, and the choices of chance that a story makes in it."""

    rng: random.Random
    service: str
    regions: tuple[str, ...]
    things: list[Thing]
    days: int
    usd: float

    @property
    def size(self) -> float:
        """USD a day of what happens: 30 to 150 % of what the services cost."""
        return self.usd * self.rng.uniform(0.3, 1.5)

    def steady(self, named_so: str = "", *, largest: bool = True) -> Thing:
        """A thing that has been there all the time, of these names; the largest or any."""
        found = [
            thing
            for thing in self.things
            if named_so in thing.usage_type
            and (thing.first, thing.last, thing.often) == (-PAST, 99, 1)
            and thing.odd[0] >= 0
        ]
        if not found:
            kind = next(each for each in CATALOGUE[self.service] if named_so in each.name)
            made = replace(named(kind, self.regions[0], "m5.large", self.rng), noise=0.05)
            found = [replace(made, quantity=self.usd / 4 / made.price)]
            self.things = [each for each in self.things if not _same(each, made)] + found
        return max(found, key=lambda thing: thing.usd) if largest else self.rng.choice(found)

    def fresh(self, kind: Kind, region: str, instance: str, usd: float) -> Thing:
        """A thing that is not there yet, from the incident's first day on, that costs so much a day."""
        thing = replace(named(kind, region, instance, self.rng), first=0, weekend=1.0)
        self.things = [each for each in self.things if not _same(each, thing)]
        return replace(thing, quantity=usd / thing.price)


Story = Callable[[Scene], Told]


def _same(one: Thing, other: Thing) -> bool:
    return (one.usage_type, one.region) == (other.usage_type, other.region)


def _put(scene: Scene, *things: Thing) -> list[Thing]:
    """The scene's things, those in place of the same ones that are given."""
    return [each for each in scene.things if not any(_same(each, thing) for thing in things)] + list(things)


def new_usage_type(scene: Scene) -> Told:
    """A kind that was not there, of no new family."""
    kind = Kind("EBS:VolumeP-Throughput.gp3", "GiBps-mo", 40.96, "CreateVolume-Gp3")
    thing = scene.fresh(kind, scene.regions[0], "", scene.size)
    return Told(_put(scene, thing), [thing], "new_usage_type", "quantity")


def new_family(scene: Scene) -> Told:
    """An instance of a family that was never there."""
    kind = next(each for each in CATALOGUE[scene.service] if "{i}" in each.name)
    family, size = scene.rng.choice(
        [("p5", "48xlarge"), ("g6e", "12xlarge"), ("x2iedn", "8xlarge"), ("i4i", "xlarge")]
    )
    thing = scene.fresh(kind, scene.rng.choice(scene.regions), f"{family}.{size}", scene.size)
    return Told(_put(scene, thing), [thing], "new_family", "quantity")


def new_region(scene: Scene) -> Told:
    """Some kinds at once in a Region that had none."""
    region = scene.rng.choice([each for each in REGIONS if each not in scene.regions])
    kinds = list(CATALOGUE[scene.service])
    size = scene.size
    things = [scene.fresh(kinds[0], region, "c5.4xlarge", size * 0.8)]
    things += [scene.fresh(kind, region, "c5.xlarge", size * 0.2 / 3) for kind in kinds[-3:]]
    return Told(_put(scene, *things), things, "new_region", "quantity")


def quantity_rise(scene: Scene) -> Told:
    """More of what is there."""
    thing = scene.steady(largest=False)
    factor = 1 + scene.size / thing.usd
    risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    return Told(_put(scene, risen), [risen], "changed", "quantity")


def rise_of(*names: str) -> Story:
    """More of a thing of one of these names."""

    def story(scene: Scene) -> Told:
        thing = scene.steady(scene.rng.choice(names))
        factor = 1 + scene.size / thing.usd
        risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
        return Told(_put(scene, risen), [risen], "changed", "quantity")

    return story


def price_change(scene: Scene) -> Told:
    """As much as ever, and dearer."""
    thing = replace(scene.steady(), plan=uncovered)
    factor = scene.rng.uniform(1.3, 2.2)
    risen = thing.changed(lambda day, quantity, price: (quantity, price * (factor if day >= 0 else 1)))
    return Told(_put(scene, risen), [risen], "changed", "price")


def ended(scene: Scene) -> Told:
    """The largest thing is stopped, on its first day in the evening or before it began."""
    thing = scene.steady()
    left = scene.rng.choice([0.0, 0.3]) if scene.days > 1 else 0.0
    gone = thing.changed(
        lambda day, quantity, price: (quantity * (1 if day < 0 else left if day == 0 else 0), price)
    )
    return Told(_put(scene, gone), [gone], "ended", "quantity")


def _covered(scene: Scene) -> list[Thing]:
    """One to four things of a kind that a plan can cover."""
    name = next(each for each in COVERABLE if any(each in kind.name for kind in CATALOGUE[scene.service]))
    things = [
        thing for thing in scene.things if name in thing.usage_type and thing.first == -PAST < thing.last
    ]
    things = [thing for thing in things if thing.last == 99 and thing.often == 1 and thing.odd[0] >= 0]
    return scene.rng.sample(things, min(len(things), scene.rng.randint(1, 4))) or [scene.steady(name)]


def _plans(scene: Scene, before: bool, after: bool) -> tuple[list[Thing], list[Thing]]:
    """Things whose plan is there before, after, or both; beside it a second one in some worlds."""
    record = scene.rng.choice(COVERED)
    discount = scene.rng.uniform(0.25, 0.55)
    share = scene.rng.uniform(0.45, 1.1)
    partly = scene.rng.choice([0.0, 0.0, 0.0, 0.4])
    things = []
    for thing in _covered(scene):
        large = replace(thing, quantity=thing.quantity * max(1.0, 0.8 * scene.usd / thing.usd))
        full = Plan(large.quantity * share, discount, record)
        part = replace(full, hours=full.hours * partly) if partly else None
        things.append(replace(large, plan=_planned(full if before else part, full if after else part)))
    return _put(scene, *things), things


def _planned(before: Plan | None, after: Plan | None) -> Callable[[int], Plan | None]:
    return lambda day: after if day >= 0 else before


def _scaled(plan: Plan | None, factor: float) -> Plan | None:
    return replace(plan, hours=plan.hours * factor) if plan else None


def commitment_ended(scene: Scene) -> Told:
    """What was covered is on demand."""
    things, covered = _plans(scene, before=True, after=False)
    return Told(things, covered, "commitment_ended", "price")


def moved_to_commitment(scene: Scene) -> Told:
    """What was on demand is covered."""
    things, covered = _plans(scene, before=False, after=True)
    return Told(things, covered, "moved_to_commitment", "price")


def switch(service_kinds: Sequence[tuple[str, str]], factor: float) -> Story:
    """One thing takes another's place, about as much of it, at a part of the price."""

    def story(scene: Scene) -> Told:
        old_name, new_name = scene.rng.choice(list(service_kinds))
        old = scene.steady(old_name)
        old = replace(old, quantity=old.quantity * max(1.0, 0.6 * scene.usd / old.usd), plan=uncovered)
        stays = scene.rng.choice([0.0, 0.0, 0.2])
        fell = old.changed(lambda day, quantity, price: (quantity * (stays if day >= 0 else 1), price))
        more = scene.rng.uniform(0.85, 1.15)
        name = old.usage_type.replace(old_name, new_name)
        rose = replace(
            old,
            usage_type=name,
            first=0,
            price=old.price * factor,
            quantity=old.quantity * (1 - stays) * more,
        )
        return Told(_put(scene, fell, rose), [rose], "switched", "price")

    return story


def region_moved(scene: Scene) -> Told:
    """The largest thing goes on in another Region, which may be new, at another price."""
    old = scene.steady()
    old = replace(old, quantity=old.quantity * max(1.0, 0.7 * scene.usd / old.usd), plan=uncovered)
    region = scene.rng.choice([each for each in REGIONS if each != old.region])
    fell = old.changed(lambda day, quantity, price: (0.0 if day >= 0 else quantity, price))
    name = old.usage_type.removeprefix(REGIONS[old.region])
    rose = replace(
        old,
        usage_type=REGIONS[region] + name,
        region=region,
        first=0,
        price=old.price * scene.rng.choice([1.25, 1.4, 0.75]),
        quantity=old.quantity * scene.rng.uniform(0.95, 1.05),
    )
    scene.things = [each for each in scene.things if not _same(each, rose)]
    return Told(_put(scene, fell, rose), [rose], "switched", "price")


# ---- no commitment changed, although plans are there -----------------------------------------------------------------


def growth_beside_a_plan(scene: Scene) -> Told:
    """More hours than the plan covers: coverage falls in percent, and not in hours."""
    things, covered = _plans(scene, before=True, after=True)
    factor = 1 + scene.size / covered[0].usd
    risen = covered[0].changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    scene.things = things
    return Told(_put(scene, risen), [risen], "changed", "quantity")


def less_under_a_plan(scene: Scene) -> Told:
    """Covered hours fall because there are fewer hours."""
    things, covered = _plans(scene, before=True, after=True)
    factor = scene.rng.uniform(0.1, 0.4)
    fell = covered[0].changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    scene.things = things
    return Told(_put(scene, fell), [fell], "changed", "quantity")


def plan_taken(scene: Scene) -> Told:
    """A thing begins that the plan covers instead: what it covered is on demand, and no plan ended."""
    things, covered = _plans(scene, before=True, after=True)
    old = covered[0]
    plan = old.plan(0)
    assert plan
    taken = replace(old, plan=lambda day: plan if day < 0 else None)
    other = next(each for each in CATALOGUE[scene.service] if "{i}" in each.name)
    scene.things = things
    rose = scene.fresh(other, old.region, "hpc7a.48xlarge", old.usd * scene.rng.uniform(1.5, 3))
    rose = replace(rose, plan=lambda _: Plan(plan.hours * old.price / rose.price, plan.discount, plan.record))
    return Told(_put(scene, taken, rose), [rose], "new_family", "quantity")


def coverage_strays(scene: Scene) -> Told:
    """What a plan of the Organization covers here strays from day to day, and something else rises."""
    things, covered = _plans(scene, before=True, after=True)
    draws = {day: scene.rng.uniform(0.78, 1.0) for day in range(-PAST, LONGEST)}
    scene.things = things
    for each in covered:
        scene.things = _put(scene, replace(each, plan=_drawn(each, draws)))
    kind = next(each for each in CATALOGUE[scene.service] if "{i}" not in each.name)
    thing = scene.steady(kind.name)
    factor = 1 + scene.size / thing.usd
    risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    return Told(_put(scene, risen), [risen], "changed", "quantity")


def _drawn(thing: Thing, draws: Mapping[int, float]) -> Callable[[int], Plan | None]:
    return lambda day: _scaled(thing.plan(day), draws[day])


def covered_switch(scene: Scene) -> Told:
    """A covered instance is replaced by one on demand: covered hours fall and hours on demand rise, of another type."""
    things, covered = _plans(scene, before=True, after=True)
    old = covered[0]
    scene.things = things
    fell = old.changed(lambda day, quantity, price: (0.0 if day >= 0 else quantity, price))
    family, size = old.usage_type.rpartition(":")[2].removeprefix("db.").split(".")[-2:]
    name = old.usage_type.replace(f"{family}.{size}", f"m8g.{size}")
    rose = replace(old, usage_type=name, first=0, plan=uncovered, price=old.price * 1.1)
    return Told(_put(scene, fell, rose), [rose], "switched", "price")


def dearer_on_demand(scene: Scene) -> Told:
    """The part that no plan covers is dearer."""
    things, covered = _plans(scene, before=True, after=True)
    scene.things = things
    old = covered[0]
    plan = old.plan(0)
    assert plan
    half = replace(old, plan=lambda _: replace(plan, hours=old.quantity * 0.4))
    factor = scene.rng.uniform(1.4, 2)
    risen = half.changed(lambda day, quantity, price: (quantity, price * (factor if day >= 0 else 1)))
    return Told(_put(scene, risen), [risen], "changed", "price")


INSTANCES = (("ec2", "BoxUsage"), ("rds", "InstanceUsage"), ("cache", "NodeUsage"), ("ml", "Host:ml"))
_BY_INSTANCE = tuple(service for service, _ in INSTANCES)
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
