"""Generator "fleet": cost built up from what AWS meters, not drawn from a cost distribution.

Servers come in whole numbers and are paid by the hour, demand follows people (weekdays, holidays, growth),
storage accumulates and is priced per month, free tiers end in mid-month, commitments hide a part of the
usage, jobs run on their day of the week or month, fees come on theirs. Incidents are causes too: a forgotten
GPU, a retry storm, a lost reservation.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.labels import Array, Injector, Labelled, Place, Rows, Scene, due_day
from benchmarks.detection.replay import Recorder
from benchmarks.detection.workloads import (
    CATALOGUE,
    DAYS,
    FEES,
    RUNS,
    STEADY,
    UNUSED,
    Account,
    World,
    demand_of,
    make_world,
)


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


def series_of(world: World, accounts: int) -> list[tuple[str, str, Array, int]]:
    """Account, service, cost by day and first day of every series."""
    rng, out = world.rng, []
    for number in range(accounts):
        rhythm = str(rng.choice(["office", "consumer", "steady", "weekend"], p=[0.4, 0.2, 0.32, 0.08]))
        born = 0 if rng.random() < 0.7 else int(rng.integers(0, DAYS - 40))
        growth = rng.normal(0.15, 0.25)
        size = float(np.exp(rng.normal(-0.3, 1.0)))
        account = Account(f"{number + 1:012d}", rhythm, size, born, growth, demand_of(world, rhythm, growth))
        out += [
            (account.name, name, row, start) for name, (row, start) in account_rows(world, account).items()
        ]
    return out


def make(
    seed: int,
    *,
    accounts: int = 55,
    effect: float = 1.0,
    last_day: date = date(2026, 3, 20),
    mean: bool = False,
) -> Labelled:
    """A labelled data set of about 600 series; `effect` scales the dollars of every rise; with `mean`, its `mean`."""
    rng = Recorder([seed, 20261123])
    first_day = last_day - timedelta(days=DAYS - 1)
    world = make_world(rng, first_day)
    series = series_of(world, accounts)
    calm = series_of(make_world(rng.replay(), first_day), accounts) if mean else None
    owner = [account for account, _, _, _ in series]
    data = Labelled(
        f"fleet-{seed}",
        first_day,
        np.array([row for _, _, row, _ in series]),
        completeness(rng, owner),
        np.array([either_is_right(world, name, row, start) for _, name, row, start in series]),
        owner,
        [name for _, name, _, _ in series],
        RUNS,
        mean=None if calm is None else np.array([row for _, _, row, _ in calm]),
    )
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
