"""An account's usage as AWS bills it: usage types in Regions with weekdays, noise, plans and a past of their own.

A world is a list of things. Each is billed by day in the three groupings of one money: by Region, by record type, by
operation. What a Savings Plan covers has a negation too, as on a bill.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from finopsguard.models.costs import Usage, UsageLine

PAST = 28
REGIONS = {
    "us-east-1": "",
    "us-west-2": "USW2-",
    "eu-west-1": "EU-",
    "eu-central-1": "EUC1-",
    "ap-south-1": "APS3-",
    "ap-northeast-1": "APN1-",
    "sa-east-1": "SAE1-",
}
FAMILIES = {"m5": 1.0, "m6i": 1.0, "m7g": 0.85, "c5": 0.9, "c6i": 0.9, "r5": 1.3, "r6g": 1.05, "t3": 0.45}
SIZES = {"large": 0.096, "xlarge": 0.192, "2xlarge": 0.384, "4xlarge": 0.768}


class Kind(NamedTuple):
    """What a usage type is: how it is counted and what it costs, about; `{i}` is an instance type."""

    name: str
    unit: str
    price: float
    operation: str


CATALOGUE: dict[str, tuple[Kind, ...]] = {
    "ec2": (
        Kind("BoxUsage:{i}", "Hrs", 1.0, "RunInstances"),
        Kind("SpotUsage:{i}", "Hrs", 0.35, "RunInstances:SV001"),
        Kind("EBS:VolumeUsage.gp2", "GB-Mo", 0.10, "CreateVolume-Gp2"),
        Kind("EBS:VolumeUsage.st1", "GB-Mo", 0.045, "CreateVolume-ST1"),
        Kind("EBS:SnapshotUsage", "GB-Mo", 0.05, "CreateSnapshot"),
        Kind("EBS:VolumeP-IOPS.gp3", "IOPS-Mo", 0.005, "CreateVolume-Gp3"),
        Kind("NatGateway-Hours", "Hrs", 0.045, "NatGateway"),
        Kind("NatGateway-Bytes", "GB", 0.045, "NatGateway"),
        Kind("DataTransfer-Out-Bytes", "GB", 0.09, "RunInstances"),
        Kind("DataTransfer-Regional-Bytes", "GB", 0.01, "InterZone-In"),
        Kind("LoadBalancerUsage", "Hrs", 0.0225, "LoadBalancing:Application"),
        Kind("PublicIPv4:InUseAddress", "Hrs", 0.005, "AllocateAddressVPC"),
    ),
    "rds": (
        Kind("InstanceUsage:db.{i}", "Hrs", 1.8, "CreateDBInstance:0021"),
        Kind("Multi-AZUsage:db.{i}", "Hrs", 3.6, "CreateDBInstance:0021"),
        Kind("RDS:GP2-Storage", "GB-Mo", 0.115, "CreateDBInstance"),
        Kind("RDS:ChargedBackupUsage", "GB-Mo", 0.095, "CreateDBInstance"),
        Kind("RDS:PIOPS", "IOPS-Mo", 0.1, "CreateDBInstance"),
        Kind("DataTransfer-Out-Bytes", "GB", 0.09, "Not Applicable"),
    ),
    "s3": (
        Kind("TimedStorage-ByteHrs", "GB-Mo", 0.023, "StandardStorage"),
        Kind("TimedStorage-SIA-ByteHrs", "GB-Mo", 0.0125, "StandardIAStorage"),
        Kind("TimedStorage-GDA-ByteHrs", "GB-Mo", 0.001, "GlacierDAStorage"),
        Kind("Requests-Tier1", "Requests", 0.000005, "PutObject"),
        Kind("Requests-Tier2", "Requests", 0.0000004, "GetObject"),
        Kind("Requests-SIA-Tier1", "Requests", 0.00001, "PutObject"),
        Kind("DataTransfer-Out-Bytes", "GB", 0.09, "GetObject"),
        Kind("Retrieval-SIA", "GB", 0.01, "GetObject"),
    ),
    "bedrock": tuple(
        Kind(f"{model}-{token}-tokens", "1K tokens", price * factor, "InvokeModelInference")
        for model, price in (("Claude4Sonnet", 0.003), ("Claude3Haiku", 0.00025), ("NovaPro", 0.0008))
        for token, factor in (("input", 1), ("output", 5))
    ),
    "cache": (
        Kind("NodeUsage:cache.{i}", "Hrs", 1.6, "CreateCacheCluster:0002"),
        Kind("BackupUsage:Redis", "GB-Mo", 0.085, "CreateSnapshot"),
        Kind("DataTransfer-Regional-Bytes", "GB", 0.01, "InterZone-In"),
    ),
    "ml": (
        Kind("Host:ml.{i}", "Hrs", 1.25, "RunInstance"),
        Kind("Train:ml.{i}", "Hrs", 1.25, "RunInstance"),
        Kind("Notebk:ml.{i}", "Hrs", 1.2, "RunInstance"),
        Kind("Host:VolumeUsage.gp2", "GB-Mo", 0.14, "RunInstance"),
    ),
}
COVERABLE = ("BoxUsage", "InstanceUsage", "NodeUsage", "Host:ml")


Covered = Literal["SavingsPlanCoveredUsage", "DiscountedUsage"]
COVERED: tuple[Covered, ...] = ("SavingsPlanCoveredUsage", "DiscountedUsage")


@dataclass(frozen=True)
class Plan:
    """A commitment that covers hours of a thing: so many a day at most, at a part of the price."""

    hours: float
    discount: float
    record: Covered


def uncovered(_: int) -> Plan | None:
    """No plan on any day."""
    return None


@dataclass(frozen=True)
class Thing:
    """A usage type in a Region. Days count from the incident's start; `quantity` is a day's, about.

    `changes` are made to a day's quantity and price; `plan` says what covers it on a day.
    """

    usage_type: str
    region: str
    unit: str
    price: float
    quantity: float
    operation: str
    weekend: float = 1.0
    noise: float = 0.05
    often: float = 1.0
    first: int = -PAST
    last: int = 99
    odd: tuple[int, float] = (1, 1.0)
    plan: Callable[[int], Plan | None] = uncovered
    changes: tuple[Callable[[int, float, float], tuple[float, float]], ...] = ()

    @property
    def usd(self) -> float:
        """About what a day costs at the list price."""
        return self.price * self.quantity * self.often

    def changed(self, *changes: Callable[[int, float, float], tuple[float, float]]) -> Thing:
        """The same, changed further."""
        return replace(self, changes=(*self.changes, *changes))


class Billed(NamedTuple):
    """A day of a thing under one record type."""

    thing: Thing
    day: int
    record: str
    quantity: float
    amount: float
    amortized: float


def billed(
    things: Sequence[Thing], days: range, seed: int, start: date, *, calm: bool = False
) -> list[Billed]:
    """All things on all days. The noise of a thing is its own; `calm` is the same world if nothing had happened."""
    found: list[Billed] = []
    for thing in things:
        rng = random.Random(f"{seed}/{thing.usage_type}/{thing.region}/{thing.operation}")
        for day in days:
            drawn, comes = rng.gauss(0, 1), rng.random() < thing.often
            state = min(day, -1) if calm else day
            if not thing.first <= state or day > thing.last or not comes:
                continue
            weekend = (start + timedelta(days=day)).weekday() >= 5
            quantity = thing.quantity * (thing.weekend if weekend else 1) * max(0.2, 1 + thing.noise * drawn)
            if day == thing.odd[0] and day < 0:
                quantity *= thing.odd[1]
            price = thing.price
            for change in thing.changes:
                quantity, price = change(state, quantity, price)
            found += _records(thing, day, thing.plan(state), quantity, price)
    return found


def _records(thing: Thing, day: int, plan: Plan | None, quantity: float, price: float) -> Iterator[Billed]:
    covered = min(quantity, plan.hours) if plan else 0.0
    if plan and covered:
        listed = covered * price
        yield Billed(thing, day, plan.record, covered, listed, listed * (1 - plan.discount))
        if plan.record == "SavingsPlanCoveredUsage":
            yield Billed(thing, day, "SavingsPlanNegation", covered, -listed, 0)
    if quantity - covered > 1e-9:
        rest = (quantity - covered) * price
        yield Billed(thing, day, "Usage", quantity - covered, rest, rest)


def usage(bill: Sequence[Billed], start: date) -> Usage:
    """The bill as the source gives it: added up by day, usage type and the grouping's key."""
    return Usage(
        [
            line._replace(region=value)
            for line, value in _grouped(bill, start, lambda each: each.thing.region)
        ],
        [line._replace(record_type=value) for line, value in _grouped(bill, start, lambda each: each.record)],
        [
            line._replace(operation=value)
            for line, value in _grouped(bill, start, lambda each: each.thing.operation)
        ],
        3,
    )


def _grouped(
    bill: Sequence[Billed], start: date, key: Callable[[Billed], str]
) -> Iterator[tuple[UsageLine, str]]:
    sums: dict[tuple[int, str, str, str], list[Decimal]] = {}
    for line in bill:
        total = sums.setdefault(
            (line.day, line.thing.usage_type, line.thing.unit, key(line)), [Decimal(0)] * 3
        )
        for index, each in enumerate((line.amount, line.amortized, line.quantity)):
            total[index] += Decimal(f"{each:.10f}")
    for (day, usage_type, unit, value), (amount, amortized, quantity) in sums.items():
        yield UsageLine(start + timedelta(days=day), usage_type, amount, amortized, quantity, unit), value


# ---- what an account has ---------------------------------------------------------------------------------------------


def make(rng: random.Random, service: str, regions: Sequence[str], usd: float) -> list[Thing]:
    """A service's things in some Regions, about `usd` a day in all, with the past that accounts have."""
    things = []
    for region in regions:
        for kind in CATALOGUE[service]:
            copies = rng.choice([1, 2, 3]) if "{i}" in kind.name else rng.random() < 0.75
            things += [_thing(rng, kind, region) for _ in range(copies)]
    unique = {(thing.usage_type, thing.region): thing for thing in things}
    shares = [10 ** rng.uniform(-2, 0) for _ in unique]
    scaled = [
        replace(thing, quantity=usd * share / sum(shares) / thing.price / thing.often)
        for thing, share in zip(unique.values(), shares, strict=True)
    ]
    return [_with_plan(rng, thing) for thing in scaled]


def _thing(rng: random.Random, kind: Kind, region: str) -> Thing:
    instance = f"{rng.choice(list(FAMILIES))}.{rng.choice(list(SIZES))}"
    thing = named(kind, region, instance, rng)
    past = rng.random()
    if past < 0.08:
        return replace(thing, first=-rng.randint(9, 24))  # it began within these weeks
    if past < 0.13:
        return replace(thing, last=-rng.randint(9, 24))
    if past < 0.21:
        return replace(thing, odd=(-rng.randint(1, PAST), rng.uniform(3, 8)))  # an odd day
    if past < 0.27:
        return replace(thing, often=rng.uniform(0.2, 0.6), noise=0.4)  # now and then
    return thing


def named(kind: Kind, region: str, instance: str, rng: random.Random) -> Thing:
    """A thing of a kind in a Region, of an instance type where it is one."""
    family, _, size = instance.partition(".")
    price = kind.price
    if "{i}" in kind.name:
        price *= FAMILIES.get(family, 1.0) * SIZES.get(size, 0.4)
    return Thing(
        REGIONS[region] + kind.name.replace("{i}", instance),
        region,
        kind.unit,
        price * rng.uniform(0.95, 1.2),
        1.0,
        kind.operation,
        weekend=rng.choice([1.0, 1.0, 0.8, 0.35]),
        noise=rng.choice([0.02, 0.05, 0.1, 0.18]),
    )


def _with_plan(rng: random.Random, thing: Thing) -> Thing:
    if not any(each in thing.usage_type for each in COVERABLE) or rng.random() < 0.6:
        return thing
    plan = Plan(
        thing.quantity * rng.uniform(0.4, 0.95),
        rng.uniform(0.25, 0.5),
        rng.choice(COVERED),
    )
    return replace(thing, plan=lambda _: plan)


def harder(things: Sequence[Thing], rng: random.Random) -> list[Thing]:
    """The same things with a past that no rule was made for: they grow, stray more, and had incidents of their own.

    A fifth grows or shrinks by up to 2 % a day, a tenth was up to four times as large for 4 to 12 days, a tenth was
    away for some days, and all stray by half as much again.
    """
    found = []
    for thing in things:
        growth = rng.uniform(-0.02, 0.02) if rng.random() < 0.2 else 0.0
        first, days, factor = -rng.randint(5, PAST), rng.randint(4, 12), 1.0
        drawn = rng.random()
        if drawn < 0.1:
            factor = rng.uniform(1.5, 4)
        elif drawn < 0.2:
            factor = 0.0
        past = _past(growth, range(first, min(first + days, -1)), factor)
        found.append(replace(thing, noise=thing.noise * 1.5, changes=(past, *thing.changes)))
    return found


def _past(growth: float, days: range, factor: float) -> Callable[[int, float, float], tuple[float, float]]:
    return lambda day, quantity, price: (
        quantity * (1 + growth) ** day * (factor if day in days else 1),
        price,
    )
