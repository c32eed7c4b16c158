"""What a story is told in: a world before anything happens, and the plans that cover some of its things."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from benchmarks.causes.world import (
    CATALOGUE,
    COVERABLE,
    COVERED,
    PAST,
    Kind,
    Plan,
    Thing,
    named,
)
from finopsguard.models.cause import CauseKind

LONGEST = 10
"""Days of an incident."""

By = Literal["quantity", "price"]
"""Which effect has the dollars."""


class Told(NamedTuple):
    """A story: the things as they are, those that are right as a first cause, its kind and effect."""

    things: list[Thing]
    right: list[Thing]
    kind: CauseKind
    by: By


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
            self.things = [each for each in self.things if not same(each, made)] + found
        return max(found, key=lambda thing: thing.usd) if largest else self.rng.choice(found)

    def fresh(self, kind: Kind, region: str, instance: str, usd: float) -> Thing:
        """A thing that is not there yet, from the incident's first day on, that costs so much a day."""
        thing = replace(named(kind, region, instance, self.rng), first=0, weekend=1.0)
        self.things = [each for each in self.things if not same(each, thing)]
        return replace(thing, quantity=usd / thing.price)


Story = Callable[[Scene], Told]


def same(one: Thing, other: Thing) -> bool:
    """True if both are one line of a bill."""
    return (one.usage_type, one.region) == (other.usage_type, other.region)


def put(scene: Scene, *things: Thing) -> list[Thing]:
    """The scene's things, those in place of the same ones that are given."""
    return [each for each in scene.things if not any(same(each, thing) for thing in things)] + list(things)


def _covered(scene: Scene) -> list[Thing]:
    """One to four things of a kind that a plan can cover."""
    name = next(each for each in COVERABLE if any(each in kind.name for kind in CATALOGUE[scene.service]))
    things = [
        thing for thing in scene.things if name in thing.usage_type and thing.first == -PAST < thing.last
    ]
    things = [thing for thing in things if thing.last == 99 and thing.often == 1 and thing.odd[0] >= 0]
    return scene.rng.sample(things, min(len(things), scene.rng.randint(1, 4))) or [scene.steady(name)]


def plans(scene: Scene, before: bool, after: bool) -> tuple[list[Thing], list[Thing]]:
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
    return put(scene, *things), things


def _planned(before: Plan | None, after: Plan | None) -> Callable[[int], Plan | None]:
    return lambda day: after if day >= 0 else before


def scaled(plan: Plan | None, factor: float) -> Plan | None:
    """A plan of so many times the hours."""
    return replace(plan, hours=plan.hours * factor) if plan else None
