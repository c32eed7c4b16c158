"""Generator "fleet": cost built up from what AWS meters, not drawn from a cost distribution.

Servers come in whole numbers and are paid by the hour, demand follows people (weekdays, holidays, growth),
storage accumulates and is priced per month, free tiers end in mid-month, commitments hide a part of the
usage, jobs run on their day of the week or month, fees come on theirs. Incidents are causes too: a forgotten
GPU, a retry storm, a lost reservation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.detection.labels import Array, Injector, Labelled

DAYS, RUNS = 380, 28


@dataclass(slots=True)
class World:
    """The calendar and the random source shared by all accounts of one data set."""

    rng: np.random.Generator
    weekday: np.ndarray
    day_of_month: np.ndarray
    month_length: np.ndarray
    month: np.ndarray
    holiday: np.ndarray
    time: np.ndarray


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
    price = world.rng.choice([1.0, 2.3, 4.6, 9.2])
    wanted = account.demand * account.size * world.rng.uniform(40, 250) / price
    hours = np.ceil(wanted) + world.rng.poisson(0.04 * wanted + 0.2)
    return price * hours


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
    return peak * (0.05 + on * world.rng.gamma(60, 1 / 60, DAYS))


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
    return account.size * 1.2 * world.rng.poisson(rate)


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


def cents(world: World, account: Account) -> Array:
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


def make(
    seed: int, *, accounts: int = 55, effect: float = 1.0, last_day: date = date(2026, 3, 20)
) -> Labelled:
    """A labelled data set of about 600 series; `effect` scales the dollars of every rise."""
    rng = np.random.default_rng([seed, 20261123])
    first_day = last_day - timedelta(days=DAYS - 1)
    world = make_world(rng, first_day)
    rows: list[Array] = []
    neutral: list[np.ndarray] = []
    owner: list[str] = []
    service: list[str] = []
    for number in range(accounts):
        rhythm = str(rng.choice(["office", "consumer", "steady", "weekend"], p=[0.4, 0.2, 0.32, 0.08]))
        born = 0 if rng.random() < 0.7 else int(rng.integers(0, DAYS - 40))
        growth = rng.normal(0.15, 0.25)
        size = float(np.exp(rng.normal(-0.3, 1.0)))
        account = Account(f"{number + 1:012d}", rhythm, size, born, growth, demand_of(world, rhythm, growth))
        for name, (workload, chance) in CATALOGUE.items():
            if rng.random() >= chance:
                continue
            start = born if rng.random() < 0.9 else int(rng.integers(born, DAYS - 30))
            row = np.where(world.time >= start, workload(world, account), 0.0)
            row[rng.random(DAYS) < 0.001] *= 0.97
            if rng.random() < 0.04:
                row[rng.integers(start, DAYS, 2)] -= row.mean() * rng.uniform(0.5, 10)
            either = world.time < start + 14
            if name in FEES:
                first_months = np.unique(world.month[start:])[:2]
                either |= np.isin(world.month, first_months) & (row > 2)
            rows.append(row)
            neutral.append(either)
            owner.append(account.name)
            service.append(name)
        for name in rng.choice(UNUSED, 2, replace=False):
            rows.append(np.zeros(DAYS))
            neutral.append(np.zeros(DAYS, bool))
            owner.append(account.name)
            service.append(str(name))
    cost = np.array(rows)
    part = np.ones((RUNS, len(rows), 2))
    by_account = {name: i for i, name in enumerate(dict.fromkeys(owner))}
    index = np.array([by_account[name] for name in owner])
    late = rng.random(len(rows)) < 0.05  # metered once a day: the newest day is still nearly empty
    for run in range(RUNS):
        hours = rng.integers(11, 25, len(by_account)) / 24
        part[run, :, 0] = np.where(
            late, 0.02, np.clip(hours[index] + rng.normal(0, 0.03, len(rows)), 0.3, 1.0)
        )
        part[run, :, 1] = np.where(rng.random(len(rows)) < 0.7, 1.0, rng.uniform(0.9, 1.0, len(rows)))
    data = Labelled(f"fleet-{seed}", first_day, cost, part, np.array(neutral), owner, service, RUNS)
    inject(data, world, effect)
    return data


def inject(data: Labelled, world: World, effect: float) -> None:
    """Causes, at random places of the window that the runs see."""
    rng, cost, first = world.rng, data.cost, DAYS - RUNS
    injector = Injector(data, effect)
    level = np.median(cost[:, first - 28 : first], axis=1)
    service = np.array(data.service)
    ready = (cost[:, first - 30 : first] > 0).mean(axis=1) > 0.9
    steady = np.flatnonzero(ready & np.isin(service, list(STEADY)) & (level > 12))
    small = np.flatnonzero(ready & (level > 0.02) & (level < 0.4))
    unused = np.flatnonzero(np.isin(service, UNUSED))
    bursty = np.flatnonzero(np.isin(service, ["SageMaker", "Athena"]) & (cost[:, :first].max(axis=1) > 10))
    fees = np.flatnonzero(
        np.isin(service, ["Support", "Marketplace", "Tax"]) & ((cost[:, :first] > 0).sum(axis=1) >= 3)
    )
    office = np.flatnonzero(np.isin(service, ["WorkSpaces", "CodeBuild"]) & ready)

    def pick(pool: np.ndarray) -> int | None:
        left = [s for s in pool.tolist() if s not in injector.used]
        return int(rng.choice(left)) if left else None

    def once(kind: str, pool: np.ndarray, shape: Callable[[int, int], Array], latest: int = DAYS - 2) -> None:
        series = pick(pool)
        if series is not None:
            start = int(rng.integers(first, latest))
            injector.add(series, kind, start, shape(series, start))

    def storm(series: int, start: int) -> Array:
        return level[series] * rng.uniform(0.7, 6) * rng.uniform(0.7, 1, int(rng.integers(1, 4)))

    def forgotten(series: int, start: int) -> Array:
        return np.full(DAYS - start, level[series] * rng.uniform(0.3, 2.5))

    def ramp(series: int, start: int) -> Array:
        days = np.arange(1, DAYS - start + 1)
        return level[series] * rng.uniform(0.5, 2.5) * np.minimum(1, days / rng.integers(4, 9))

    def leak(series: int, start: int) -> Array:
        return level[series] * rng.uniform(0.03, 0.1) * np.arange(1, DAYS - start + 1)

    def doubling(series: int, start: int) -> Array:
        return level[series] * 0.1 * rng.uniform(1.5, 2.2) ** np.arange(int(rng.integers(4, 8)))

    def lost_reservation(series: int, start: int) -> Array:
        return cost[series, start:] * rng.uniform(0.35, 0.7)

    def outage(series: int, start: int) -> Array:
        return -cost[series, start : start + int(rng.integers(2, 20))] * rng.uniform(0.95, 1)

    n = max(1, len(steady) // 14)
    for _ in range(2 * n):
        once("storm", steady, storm)
    for _ in range(n):
        once("forgotten", steady, forgotten, DAYS - 4)
        once("lost reservation", steady, lost_reservation, DAYS - 4)
    for _ in range(max(1, n // 2)):
        once("ramp", steady, ramp, DAYS - 7)
        once("leak", steady, leak, DAYS - 14)
        once("doubling", steady, doubling, DAYS - 6)
        once("outage", steady[level[steady] > 25], outage, DAYS - 4)
        once("tiny", small, lambda s, t: np.array([min(1.8, level[s] * rng.uniform(2, 20))]))
        once(
            "new",
            unused,
            lambda s, t: np.exp(rng.normal(4, 1)) * np.minimum(1, (1 + np.arange(DAYS - t)) / 3),
        )
    for _ in range(3):
        once("giant job", bursty, lambda s, t: np.array([cost[s, :first].max() * rng.uniform(2.5, 7)]))
        series = pick(fees)
        if series is not None:
            due = np.flatnonzero(cost[series, first : DAYS - 1] > 1)
            if len(due):
                day = first + int(due[0])
                injector.add(series, "fee jump", day, np.array([cost[series, day] * rng.uniform(0.6, 3)]))
        series = pick(office)
        if series is not None:
            saturdays = [d for d in range(first, DAYS - 2) if world.weekday[d] == 5]
            day = int(rng.choice(saturdays))
            full = np.median(cost[series, day - 5 : day])
            injector.add(
                series,
                "left on",
                day,
                np.maximum(full - cost[series, day : day + 2], 0) * rng.uniform(0.7, 1.2),
            )
        account = str(rng.choice(data.account))
        pool = [s for s in steady.tolist() if data.account[s] == account and s not in injector.used]
        if len(pool) >= 3:
            group, start = injector.new_group(), int(rng.integers(first, DAYS - 5))
            length = int(rng.integers(2, DAYS - start))
            for s in rng.choice(pool, 3, replace=False).tolist():
                injector.add(
                    s, "stolen key", start, np.full(length, level[s] * rng.uniform(0.5, 3)), group=group
                )
