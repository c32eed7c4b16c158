"""Generator "fleet": cost built up from what AWS meters, not drawn from a cost distribution.

Servers come in whole numbers and are paid by the hour, demand follows people (weekdays, holidays, growth),
storage accumulates and is priced per month, free tiers end in mid-month, commitments hide a part of the
usage, jobs run on their day of the week or month, fees come on theirs. Incidents are causes too: a forgotten
GPU, a retry storm, a lost reservation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Array, Injector, Labelled, Place, Rows, Scene, due_day

DAYS, RUNS = 380, 28


@dataclass(slots=True)
class World:
    """The calendar and the random source shared by all accounts of one data set."""

    rng: np.random.Generator
    weekday: Rows
    day_of_month: Rows
    month_length: Rows
    month: Rows
    holiday: NDArray[np.bool_]
    time: Rows


@dataclass(slots=True)
class Account:
    """What an account's workloads have in common."""

    name: str
    rhythm: str
    size: float
    born: int
    growth: float
    demand: Array


def make_world(rng: np.random.Generator, first_day: date) -> World:
    day = np.datetime64(first_day, "D") + np.arange(DAYS)
    month = day.astype("datetime64[M]")
    start = month.astype("datetime64[D]")
    length = ((month + 1).astype("datetime64[D]") - start).astype(int)
    dom = (day - start).astype(int) + 1
    month_number = month.astype(int) % 12 + 1
    holiday = ((month_number == 12) & (dom >= 24)) | ((month_number == 1) & (dom == 1))
    for _ in range(8):
        holiday[int(rng.integers(0, DAYS))] = True
    return World(rng, (day.astype(int) + 3) % 7, dom, length, month.astype(int), holiday, np.arange(DAYS))


def demand_of(world: World, rhythm: str, growth: float) -> Array:
    """Relative demand by day, about 1."""
    rng, weekend = world.rng, world.weekday >= 5
    slow = np.zeros(DAYS)
    kept = rng.uniform(0.5, 0.9)
    for t in range(1, DAYS):
        slow[t] = kept * slow[t - 1] + rng.normal(0, 0.03)
    level = np.exp(growth * (world.time - DAYS) / 365 + slow)
    if rhythm == "office":
        return level * np.where(weekend | world.holiday, rng.uniform(0.2, 0.6), 1.0)
    if rhythm == "consumer":
        return level * np.where(weekend, rng.uniform(1.1, 1.4), 1.0) * np.where(world.holiday, 1.1, 1.0)
    if rhythm == "weekend":
        return level * np.where(weekend, 1.0, rng.uniform(0.1, 0.3))
    return level


Workload = Callable[[World, Account], Array]


def autoscaled(world: World, account: Account) -> Array:
    """Whole servers behind a load balancer, some spare hours every day."""
    price = float(world.rng.choice([1.0, 2.3, 4.6, 9.2]))
    wanted = account.demand * account.size * world.rng.uniform(40, 250) / price
    hours = np.ceil(wanted) + world.rng.poisson(0.04 * wanted + 0.2)
    return np.asarray(price * hours)


def above_commitment(world: World, account: Account) -> Array:
    """On-demand spill over a savings plan: small changes of usage are large changes of this line."""
    usage = autoscaled(world, account)
    return np.maximum(usage - np.quantile(usage, world.rng.uniform(0.05, 0.3)), 0.0)


def spot(world: World, account: Account) -> Array:
    """Servers at a price that wanders and is drawn home."""
    price = np.zeros(DAYS)
    for t in range(1, DAYS):
        price[t] = 0.93 * price[t - 1] + world.rng.normal(0, 0.04)
    return account.demand * account.size * world.rng.uniform(15, 90) * np.exp(price)


def database(world: World, account: Account) -> Array:
    """Instances that never stop; resized once in a while."""
    cost = np.full(DAYS, account.size * world.rng.choice([4.1, 8.2, 16.4, 33.0]) * world.rng.integers(1, 6))
    for _ in range(world.rng.poisson(0.5)):
        cost[int(world.rng.integers(0, DAYS - RUNS - 14)) :] *= world.rng.choice([0.5, 1.5, 2.0])
    return cost + account.demand * account.size * world.rng.uniform(0, 2)


def storage(world: World, account: Account) -> Array:
    """Bytes pile up, a lifecycle rule clears a part each month; the price per month is spread over 28 to 31
    days.
    """
    ingest = account.demand * world.rng.uniform(0.1, 0.6)
    purge = int(world.rng.integers(1, 29))
    volume, out = world.rng.uniform(60, 150), np.empty(DAYS)
    for t in range(DAYS):
        volume += ingest[t]
        if world.day_of_month[t] == purge:
            volume *= 0.92
        out[t] = volume
    return account.size * world.rng.uniform(0.1, 0.8) * out * 30.4 / world.month_length


def transfer(world: World, account: Account) -> Array:
    """Bytes out: gamma noise, the shape of many unequal clients."""
    shape = world.rng.uniform(15, 120)
    return account.demand * account.size * world.rng.uniform(5, 60) * world.rng.gamma(shape, 1 / shape, DAYS)


def free_tier(world: World, account: Account) -> Array:
    """Nothing until the month's free quota is used up."""
    daily = account.demand * account.size * world.rng.uniform(3, 25)
    quota = daily.mean() * world.rng.uniform(3, 14)
    out, used = np.empty(DAYS), 0.0
    for t in range(DAYS):
        used = daily[t] if world.day_of_month[t] == 1 else used + daily[t]
        out[t] = min(daily[t], max(0.0, used - quota))
    return out


def logs(world: World, account: Account) -> Array:
    """A fixed part and a part that follows demand."""
    return (
        account.size
        * world.rng.uniform(5, 40)
        * (0.5 + 0.5 * account.demand * world.rng.gamma(60, 1 / 60, DAYS))
    )


def weekly_job(world: World, account: Account) -> Array:
    """A full backup on one weekday, increments on the others."""
    full = account.size * world.rng.uniform(20, 150)
    on = world.weekday == world.rng.integers(0, 7)
    return full * np.where(on, 1.0, world.rng.uniform(0.03, 0.2)) * world.rng.gamma(200, 1 / 200, DAYS)


def monthly_job(world: World, account: Account) -> Array:
    """A closing run at the turn of the month, in mid-month, or on the last day."""
    day = world.rng.choice([1, 2, 5, 15, 0])
    on = world.day_of_month == (world.month_length if day == 0 else day)
    peak = account.size * world.rng.uniform(60, 400)
    return np.asarray(peak * (0.05 + on * world.rng.gamma(60, 1 / 60, DAYS)))


def training(world: World, account: Account) -> Array:
    """GPU sessions: off for days, then some machines for some hours."""
    price, on, out = account.size * world.rng.choice([12.0, 32.0]), False, np.zeros(DAYS)
    start, stop = world.rng.uniform(0.1, 0.4), world.rng.uniform(0.3, 0.6)
    for t in range(DAYS):
        on = world.rng.random() < (1 - stop if on else start)
        if on:
            out[t] = price * world.rng.integers(1, 5) * world.rng.uniform(0.2, 1.0)
    return out


def queries(world: World, account: Account) -> Array:
    """Few, unequal, people-driven queries."""
    rate = np.maximum(account.demand * world.rng.uniform(2, 12), 0.01)
    return np.array(
        [account.size * world.rng.lognormal(0.3, 0.9, n).sum() for n in world.rng.poisson(rate)], dtype=float
    )


def builds(world: World, account: Account) -> Array:
    """Builds on working days."""
    rate = np.where((world.weekday < 5) & ~world.holiday, world.rng.uniform(15, 60), 1.0)
    return np.asarray(account.size * 1.2 * world.rng.poisson(rate))


def office_hours(world: World, account: Account) -> Array:
    """Development machines that a scheduler stops at night, on weekends and on holidays."""
    off = (world.weekday >= 5) | world.holiday
    people = world.rng.integers(4, 30)
    return (
        account.size
        * world.rng.uniform(2, 6)
        * np.where(off, 0.1 * people, world.rng.binomial(people, 0.9, DAYS))
    )


def support(world: World, account: Account) -> Array:
    """A percentage of the last month, on the first."""
    return np.where(
        world.day_of_month == 1,
        account.size * world.rng.uniform(80, 500) * world.rng.gamma(300, 1 / 300, DAYS),
        0,
    )


def tax(world: World, account: Account) -> Array:
    """Tax, on one of the first three days."""
    day = world.rng.integers(1, 4)
    return np.where(
        world.day_of_month == day,
        account.size * world.rng.uniform(50, 400) * world.rng.gamma(100, 1 / 100, DAYS),
        0,
    )


def marketplace(world: World, account: Account) -> Array:
    """A subscription, billed on its day of the month."""
    return np.where(
        world.day_of_month == world.rng.integers(1, 29), account.size * world.rng.uniform(50, 600), 0.0
    )


def cents(world: World, _: Account) -> Array:
    """A line that nobody reads."""
    return world.rng.uniform(0.01, 0.6) * world.rng.gamma(6, 1 / 6, DAYS)


CATALOGUE: dict[str, tuple[Workload, float]] = {
    "EC2": (autoscaled, 0.8),
    "EC2 above commitment": (above_commitment, 0.25),
    "EC2 Spot": (spot, 0.3),
    "RDS": (database, 0.7),
    "Redshift": (database, 0.15),
    "OpenSearch": (database, 0.2),
    "S3": (storage, 0.9),
    "EBS": (storage, 0.7),
    "Data Transfer": (transfer, 0.7),
    "CloudFront": (transfer, 0.3),
    "Lambda": (free_tier, 0.4),
    "CloudWatch": (logs, 0.8),
    "DynamoDB": (logs, 0.4),
    "Backup": (weekly_job, 0.3),
    "EMR": (monthly_job, 0.2),
    "SageMaker": (training, 0.2),
    "Athena": (queries, 0.3),
    "CodeBuild": (builds, 0.3),
    "WorkSpaces": (office_hours, 0.25),
    "Support": (support, 0.3),
    "Tax": (tax, 0.4),
    "Marketplace": (marketplace, 0.2),
    "KMS": (cents, 0.8),
    "SNS": (cents, 0.6),
}
FEES = {"Support", "Tax", "Marketplace", "EMR", "Lambda"}
STEADY = {
    "EC2",
    "EC2 Spot",
    "RDS",
    "Redshift",
    "OpenSearch",
    "S3",
    "EBS",
    "Data Transfer",
    "CloudFront",
    "CloudWatch",
    "DynamoDB",
}
UNUSED = ("Bedrock", "Kinesis", "MSK", "EC2 in a new region")


def account_rows(world: World, account: Account) -> dict[str, tuple[Array, int]]:
    """The services of an account: cost by day, and the day of the first cost. Some refunds, some days short by 3 %."""
    rng = world.rng
    rows: dict[str, tuple[Array, int]] = {}
    for name, (workload, chance) in CATALOGUE.items():
        if rng.random() >= chance:
            continue
        start = account.born if rng.random() < 0.9 else int(rng.integers(account.born, DAYS - 30))
        row = np.where(world.time >= start, workload(world, account), 0.0)
        row[rng.random(DAYS) < 0.001] *= 0.97
        if rng.random() < 0.04:
            row[rng.integers(start, DAYS, 2)] -= row.mean() * rng.uniform(0.5, 10)
        rows[name] = row, start
    for name in rng.choice(UNUSED, 2, replace=False).tolist():
        rows[name] = np.zeros(DAYS), 0
    return rows


def either_is_right(world: World, name: str, row: Array, start: int) -> NDArray[np.bool_]:
    """A service's first two weeks, and the first two bills of a monthly one."""
    either = (world.time < start + 14) & (name not in UNUSED)
    if name in FEES:
        first_months = np.unique(world.month[start:])[:2]
        either |= np.isin(world.month, first_months) & (row > 2)
    return either


def completeness(rng: np.random.Generator, accounts: Sequence[str]) -> Array:
    """What each run sees of its newest two days: (runs, series, 2). A few services are metered once a day."""
    part = np.ones((RUNS, len(accounts), 2))
    number = np.unique(accounts, return_inverse=True)[1]
    late = rng.random(len(accounts)) < 0.05
    for run in range(RUNS):
        hours = rng.integers(11, 25, number.max() + 1)[number] / 24
        part[run, :, 0] = np.where(late, 0.02, np.clip(hours + rng.normal(0, 0.03, len(accounts)), 0.3, 1.0))
        whole = rng.random(len(accounts)) < 0.7
        part[run, :, 1] = np.where(whole, 1.0, rng.uniform(0.9, 1.0, len(accounts)))
    return part


def make(
    seed: int, *, accounts: int = 55, effect: float = 1.0, last_day: date = date(2026, 3, 20)
) -> Labelled:
    """A labelled data set of about 600 series; `effect` scales the dollars of every rise."""
    rng = np.random.default_rng([seed, 20261123])
    first_day = last_day - timedelta(days=DAYS - 1)
    world = make_world(rng, first_day)
    rows: list[Array] = []
    neutral: list[NDArray[np.bool_]] = []
    owner: list[str] = []
    service: list[str] = []
    for number in range(accounts):
        rhythm = str(rng.choice(["office", "consumer", "steady", "weekend"], p=[0.4, 0.2, 0.32, 0.08]))
        born = 0 if rng.random() < 0.7 else int(rng.integers(0, DAYS - 40))
        growth = rng.normal(0.15, 0.25)
        size = float(np.exp(rng.normal(-0.3, 1.0)))
        account = Account(f"{number + 1:012d}", rhythm, size, born, growth, demand_of(world, rhythm, growth))
        for name, (row, start) in account_rows(world, account).items():
            rows.append(row)
            neutral.append(either_is_right(world, name, row, start))
            owner.append(account.name)
            service.append(name)
    seen = completeness(rng, owner)
    data = Labelled(f"fleet-{seed}", first_day, np.array(rows), seen, np.array(neutral), owner, service, RUNS)
    inject(data, world, effect)
    return data


def saturday(cost: Array) -> Rows:
    """The first cheap day after dear ones: when something may be left on over the weekend."""
    cheap = cost < 0.5 * np.median(cost)
    return np.flatnonzero(cheap[1:] & ~cheap[:-1]) + 1


def storm(place: Place) -> Array:
    """Retries, scans, a loop: some times the usual cost for one to three days."""
    return place.level * place.rng.uniform(0.7, 6) * place.rng.uniform(0.7, 1, int(place.rng.integers(1, 4)))


def forgotten(place: Place) -> Array:
    """Machines that nobody stops."""
    return np.full(place.left, place.level * place.rng.uniform(0.3, 2.5))


def lost_reservation(place: Place) -> Array:
    """The same usage at the undiscounted price."""
    return place.cost[place.start :] * place.rng.uniform(0.35, 0.7)


def ramp(place: Place) -> Array:
    """A migration: up over some days, then stays."""
    up = np.minimum(1, np.arange(1, place.left + 1) / place.rng.integers(4, 9))
    return place.level * place.rng.uniform(0.5, 2.5) * up


def leak(place: Place) -> Array:
    """Snapshots or logs that are never deleted."""
    return place.level * place.rng.uniform(0.03, 0.1) * np.arange(1.0, place.left + 1)


def doubling(place: Place) -> Array:
    """A job that starts jobs, until a limit stops it."""
    return 0.1 * place.level * place.rng.uniform(1.5, 2.2) ** np.arange(float(place.rng.integers(4, 8)))


def outage(place: Place) -> Array:
    """Nearly nothing is billed for days or weeks."""
    length = int(place.rng.integers(2, 20))
    return -place.cost[place.start : place.start + length] * place.rng.uniform(0.95, 1)


def first_use(place: Place) -> Array:
    """A service that the account has never used."""
    return place.rng.lognormal(4, 1) * np.minimum(1, (1 + np.arange(place.left)) / 3)


def some_cents(place: Place) -> Array:
    """A multiple, of next to nothing."""
    return np.array([min(1.8, place.level * place.rng.uniform(2, 20))])


def giant(place: Place) -> Array:
    """One burst far beyond all earlier ones."""
    return np.array([place.cost[: place.before].max() * place.rng.uniform(2.5, 7)])


def dearer_fee(place: Place) -> Array:
    """A fee that is suddenly larger."""
    return np.array([place.cost[place.start] * place.rng.uniform(0.6, 3)])


def left_on(place: Place) -> Array:
    """A weekend at the price of working days."""
    usual = np.median(place.cost[place.start - 5 : place.start])
    missing = np.maximum(usual - place.cost[place.start : place.start + 2], 0)
    return missing * place.rng.uniform(0.7, 1.2)


def key(place: Place) -> Array:
    """A stolen key: somebody else's machines."""
    return np.full(place.left, place.level * place.rng.uniform(0.5, 3))


SCENES = (
    Scene("storm", "steady", 0.14, storm),
    Scene("forgotten", "steady", 0.07, forgotten, 4),
    Scene("lost reservation", "steady", 0.07, lost_reservation, 4),
    Scene("ramp", "steady", 0.035, ramp, 7),
    Scene("leak", "steady", 0.035, leak, 14),
    Scene("doubling", "steady", 0.035, doubling, 6),
    Scene("outage", "large", 0.05, outage, 4),
    Scene("new", "unused", 0.06, first_use),
    Scene("tiny", "small", 0.1, some_cents),
    Scene("giant job", "bursty", 0.15, giant),
    Scene("fee jump", "fees", 0.06, dearer_fee, 1, due_day),
    Scene("left on", "office", 0.12, left_on, 2, saturday),
)


def inject(data: Labelled, world: World, effect: float) -> None:
    """Causes, at random places of the days that the runs see."""
    injector = Injector(data, world.rng, effect)
    level, service = injector.level, np.array(data.service)
    past = data.cost[:, : injector.before]
    ready = (past[:, -30:] > 0).mean(axis=1) > 0.9
    steady = ready & np.isin(service, list(STEADY)) & (level > 12)
    pools = {
        "steady": steady,
        "large": steady & (level > 25),
        "small": ready & (level > 0.02) & (level < 0.4),
        "unused": np.isin(service, UNUSED),
        "bursty": np.isin(service, ["SageMaker", "Athena"]) & (past.max(axis=1) > 10),
        "fees": np.isin(service, ["Support", "Marketplace", "Tax"]) & ((past > 0).sum(axis=1) >= 3),
        "office": np.isin(service, ["WorkSpaces", "CodeBuild"]) & ready,
    }
    injector.play(SCENES, {name: np.flatnonzero(pool) for name, pool in pools.items()})
    injector.play_together("stolen key", np.flatnonzero(steady), 3, key)
