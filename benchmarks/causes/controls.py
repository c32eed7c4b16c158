"""Stories in which no commitment changed, although plans are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmarks.causes.scene import LONGEST, Scene, Told, plans, put, scaled
from benchmarks.causes.world import (
    CATALOGUE,
    PAST,
    Plan,
    Thing,
    uncovered,
)


def growth_beside_a_plan(scene: Scene) -> Told:
    """More hours than the plan covers: coverage falls in percent, and not in hours."""
    things, covered = plans(scene, before=True, after=True)
    factor = 1 + scene.size / covered[0].usd
    risen = covered[0].changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    scene.things = things
    return Told(put(scene, risen), [risen], "changed", "quantity")


def less_under_a_plan(scene: Scene) -> Told:
    """Covered hours fall because there are fewer hours."""
    things, covered = plans(scene, before=True, after=True)
    factor = scene.rng.uniform(0.1, 0.4)
    fell = covered[0].changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    scene.things = things
    return Told(put(scene, fell), [fell], "changed", "quantity")


def plan_taken(scene: Scene) -> Told:
    """A thing begins that the plan covers instead: what it covered is on demand, and no plan ended."""
    things, covered = plans(scene, before=True, after=True)
    old = covered[0]
    plan = old.plan(0)
    assert plan
    taken = replace(old, plan=lambda day: plan if day < 0 else None)
    other = next(each for each in CATALOGUE[scene.service] if "{i}" in each.name)
    scene.things = things
    rose = scene.fresh(other, old.region, "hpc7a.48xlarge", old.usd * scene.rng.uniform(1.5, 3))
    rose = replace(rose, plan=lambda _: Plan(plan.hours * old.price / rose.price, plan.discount, plan.record))
    return Told(put(scene, taken, rose), [rose], "new_family", "quantity")


def coverage_strays(scene: Scene) -> Told:
    """What a plan of the Organization covers here strays from day to day, and something else rises."""
    things, covered = plans(scene, before=True, after=True)
    draws = {day: scene.rng.uniform(0.78, 1.0) for day in range(-PAST, LONGEST)}
    scene.things = things
    for each in covered:
        scene.things = put(scene, replace(each, plan=_drawn(each, draws)))
    kind = next(each for each in CATALOGUE[scene.service] if "{i}" not in each.name)
    thing = scene.steady(kind.name)
    factor = 1 + scene.size / thing.usd
    risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    return Told(put(scene, risen), [risen], "changed", "quantity")


def _drawn(thing: Thing, draws: Mapping[int, float]) -> Callable[[int], Plan | None]:
    return lambda day: scaled(thing.plan(day), draws[day])


def covered_switch(scene: Scene) -> Told:
    """A covered instance is replaced by one on demand: covered hours fall and hours on demand rise, of another type."""
    things, covered = plans(scene, before=True, after=True)
    old = covered[0]
    scene.things = things
    fell = old.changed(lambda day, quantity, price: (0.0 if day >= 0 else quantity, price))
    family, size = old.usage_type.rpartition(":")[2].removeprefix("db.").split(".")[-2:]
    name = old.usage_type.replace(f"{family}.{size}", f"m8g.{size}")
    rose = replace(old, usage_type=name, first=0, plan=uncovered, price=old.price * 1.1)
    return Told(put(scene, fell, rose), [rose], "switched", "price")


def dearer_on_demand(scene: Scene) -> Told:
    """The part that no plan covers is dearer."""
    things, covered = plans(scene, before=True, after=True)
    scene.things = things
    old = covered[0]
    plan = old.plan(0)
    assert plan
    half = replace(old, plan=lambda _: replace(plan, hours=old.quantity * 0.4))
    factor = scene.rng.uniform(1.4, 2)
    risen = half.changed(lambda day, quantity, price: (quantity, price * (factor if day >= 0 else 1)))
    return Told(put(scene, risen), [risen], "changed", "price")
