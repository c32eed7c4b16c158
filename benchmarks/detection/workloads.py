"""The workloads of generator "fleet": what an account's services are metered for, day by day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Array, Rows

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
    shocks = rng.normal(0, 0.03, DAYS - 1)
    for t in range(1, DAYS):
        slow[t] = kept * slow[t - 1] + shocks[t - 1]
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
    price, shocks = np.zeros(DAYS), world.rng.normal(0, 0.04, DAYS - 1)
    for t in range(1, DAYS):
        price[t] = 0.93 * price[t - 1] + shocks[t - 1]
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
