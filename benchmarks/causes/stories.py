"""What happens: each story changes one thing of a scene, or some, and says what is right of a first cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.causes.scene import Scene, Story, Told, plans, put, same
from benchmarks.causes.world import (
    CATALOGUE,
    REGIONS,
    Kind,
    uncovered,
)


def new_usage_type(scene: Scene) -> Told:
    """A kind that was not there, of no new family."""
    kind = Kind("EBS:VolumeP-Throughput.gp3", "GiBps-mo", 40.96, "CreateVolume-Gp3")
    thing = scene.fresh(kind, scene.regions[0], "", scene.size)
    return Told(put(scene, thing), [thing], "new_usage_type", "quantity")


def new_family(scene: Scene) -> Told:
    """An instance of a family that was never there."""
    kind = next(each for each in CATALOGUE[scene.service] if "{i}" in each.name)
    family, size = scene.rng.choice(
        [("p5", "48xlarge"), ("g6e", "12xlarge"), ("x2iedn", "8xlarge"), ("i4i", "xlarge")]
    )
    thing = scene.fresh(kind, scene.rng.choice(scene.regions), f"{family}.{size}", scene.size)
    return Told(put(scene, thing), [thing], "new_family", "quantity")


def new_region(scene: Scene) -> Told:
    """Some kinds at once in a Region that had none."""
    region = scene.rng.choice([each for each in REGIONS if each not in scene.regions])
    kinds = list(CATALOGUE[scene.service])
    size = scene.size
    things = [scene.fresh(kinds[0], region, "c5.4xlarge", size * 0.8)]
    things += [scene.fresh(kind, region, "c5.xlarge", size * 0.2 / 3) for kind in kinds[-3:]]
    return Told(put(scene, *things), things, "new_region", "quantity")


def quantity_rise(scene: Scene) -> Told:
    """More of what is there."""
    thing = scene.steady(largest=False)
    factor = 1 + scene.size / thing.usd
    risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
    return Told(put(scene, risen), [risen], "changed", "quantity")


def rise_of(*names: str) -> Story:
    """More of a thing of one of these names."""

    def story(scene: Scene) -> Told:
        thing = scene.steady(scene.rng.choice(names))
        factor = 1 + scene.size / thing.usd
        risen = thing.changed(lambda day, quantity, price: (quantity * (factor if day >= 0 else 1), price))
        return Told(put(scene, risen), [risen], "changed", "quantity")

    return story


def price_change(scene: Scene) -> Told:
    """As much as ever, and dearer."""
    thing = replace(scene.steady(), plan=uncovered)
    factor = scene.rng.uniform(1.3, 2.2)
    risen = thing.changed(lambda day, quantity, price: (quantity, price * (factor if day >= 0 else 1)))
    return Told(put(scene, risen), [risen], "changed", "price")


def ended(scene: Scene) -> Told:
    """The largest thing is stopped, on its first day in the evening or before it began."""
    thing = scene.steady()
    left = scene.rng.choice([0.0, 0.3]) if scene.days > 1 else 0.0
    gone = thing.changed(
        lambda day, quantity, price: (quantity * (1 if day < 0 else left if day == 0 else 0), price)
    )
    return Told(put(scene, gone), [gone], "ended", "quantity")


def commitment_ended(scene: Scene) -> Told:
    """What was covered is on demand."""
    things, covered = plans(scene, before=True, after=False)
    return Told(things, covered, "commitment_ended", "price")


def moved_to_commitment(scene: Scene) -> Told:
    """What was on demand is covered."""
    things, covered = plans(scene, before=False, after=True)
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
        return Told(put(scene, fell, rose), [rose], "switched", "price")

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
    scene.things = [each for each in scene.things if not same(each, rose)]
    return Told(put(scene, fell, rose), [rose], "switched", "price")
