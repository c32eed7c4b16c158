"""Generator "estate": an Organization with a past. Teams that do not work on some days, months that begin free or
dear, contracts billed in mid-month beside a daily cost, clusters that pause, incidents that are over, and changes
that touch all.

It was written before the changes of issue 9 that it judges, from how such accounts are run. Tune on seeds 1 to 10 only.
"""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.estate_services import (
    DAYS,
    RUNS,
    SERVICES,
    Estate,
    earlier_story,
    make_estate,
    make_team,
)
from benchmarks.detection.labels import Array, Injector, Labelled, Place, Rows, Scene, due_day
from benchmarks.detection.replay import Recorder

STEADY = ("web", "web storage", "over plan", "spot")
MONTHLY = ("contract", "closing", "support", "free tier", "tiers")


def completeness(rng: np.random.Generator, series: int) -> Array:
    """The newest day is partly there, the one before nearly; now and then a day is restated a little lower."""
    part = np.ones((RUNS, series, 2))
    part[:, :, 0] = np.clip(rng.uniform(0.35, 1.0, (RUNS, 1)) + rng.normal(0, 0.05, (RUNS, series)), 0.02, 1)
    part[:, :, 1] = np.where(rng.random((RUNS, series)) < 0.3, rng.uniform(0.9, 1.0, (RUNS, series)), 1.0)
    restated = rng.random((RUNS, series)) < 0.01
    part[:, :, 1] = np.where(restated, rng.uniform(1.0, 1.02, (RUNS, series)), part[:, :, 1])
    return part


def account_rows(estate: Estate) -> dict[str, tuple[Array, int]]:
    """The services of an account and the day on which each begins. A third of the steady ones has a story behind it."""
    rng, team = estate.rng, make_team(estate.rng)
    born = 0 if rng.random() < 0.75 else int(rng.integers(0, DAYS - 60))
    rows: dict[str, tuple[Array, int]] = {}
    for name, (service, chance) in SERVICES.items():
        if rng.random() >= chance:
            continue
        row = np.where(estate.time >= born, service(estate, team), 0.0)
        if name in (*STEADY, "office", "contract") and born < DAYS - RUNS - 110 and rng.random() < 0.35:
            row = earlier_story(estate, row, born)
        if rng.random() < 0.03:
            row[rng.integers(born, DAYS, 2)] -= row.mean() * rng.uniform(0.5, 8)
        rows[name] = row, born
    migrate(estate, rows)
    rows["unused"] = np.zeros(DAYS), 0
    return rows


def migrate(estate: Estate, rows: dict[str, tuple[Array, int]]) -> None:
    """One in ten moved a service to another within a week, long before the judged days."""
    rng = estate.rng
    if rng.random() < 0.1 and {"web", "web storage"} <= rows.keys():
        at = int(rng.integers(70, DAYS - RUNS - 40))
        moved = np.clip((estate.time - at) / 6, 0, 1) * rng.uniform(0.2, 0.6)
        (source, begun), (goal, _) = rows["web"], rows["web storage"]
        rows["web storage"] = goal + moved * source, begun
        rows["web"] = source * (1 - moved), begun


def series_of(rng: np.random.Generator, first_day: date, accounts: int) -> list[tuple[str, str, Array, int]]:
    """Account, service, cost by day and first day of every series."""
    estate = make_estate(rng, first_day)
    return [
        (f"{number + 1:012d}", name, row, born)
        for number in range(accounts)
        for name, (row, born) in account_rows(estate).items()
    ]


def make(
    seed: int,
    *,
    accounts: int = 60,
    effect: float = 1.0,
    last_day: date = date(2026, 3, 20),
    mean: bool = False,
) -> Labelled:
    """A labelled data set of about 500 series; `effect` scales the dollars of every rise; with `mean`, its `mean`."""
    rng = Recorder([seed, 9009])
    first_day = last_day - timedelta(days=DAYS - 1)
    series = series_of(rng, first_day, accounts)
    calm = [row for _, _, row, _ in series_of(rng.replay(), first_day, accounts)] if mean else None
    neutral: list[NDArray[np.bool_]] = []
    for _, name, _, born in series:
        settled = born + (64 if name in MONTHLY else 28 if name in ("weekly", "campaigns") else 14)
        neutral.append((np.arange(DAYS) < settled) & (name != "unused"))
    data = Labelled(
        f"estate-{seed}",
        first_day,
        np.array([row for _, _, row, _ in series]),
        completeness(rng, len(series)),
        np.array(neutral),
        [account for account, _, _, _ in series],
        [name for _, name, _, _ in series],
        RUNS,
        mean=None if calm is None else np.array(calm),
    )
    inject(data, rng, effect)
    return data


def idle_day(cost: Array) -> Rows:
    """The first idle day after one at work."""
    idle = cost < 0.02 * np.quantile(cost, 0.8)
    return np.flatnonzero(idle[1:] & ~idle[:-1]) + 1


def plain_day(cost: Array) -> Rows:
    """A day that brings no charge of the month."""
    return np.flatnonzero(cost < 3 * np.median(cost))


def left_on(place: Place) -> Array:
    """What works on working days runs on through the days off."""
    usual = np.median(
        place.cost[place.start - 21 : place.start][place.cost[place.start - 21 : place.start] > 0.01]
    )
    return np.full(2, usual) * place.rng.uniform(0.6, 1.0)


def busier(place: Place) -> Array:
    """More of the same on every working day."""
    return place.cost[place.start :] * place.rng.uniform(0.4, 1.8)


def burst_of_days(place: Place) -> Array:
    """A loop, a scan, a test of load: one to three days."""
    return place.level * place.rng.uniform(0.8, 8) * place.rng.uniform(0.7, 1, int(place.rng.integers(1, 4)))


def enormous(place: Place) -> Array:
    """One day that costs as much as months."""
    return np.array([place.level * place.rng.uniform(5, 80)])


def kept(place: Place) -> Array:
    """Machines that nobody stops."""
    return np.full(place.left, place.level * place.rng.uniform(0.3, 2.5))


def creeping(place: Place) -> Array:
    """A little more every day."""
    return place.level * place.rng.uniform(0.03, 0.09) * np.arange(1.0, place.left + 1)


def wakes(place: Place) -> Array:
    """What cost some cents is used, for days or for good."""
    return np.full(int(place.rng.choice([1, 3, place.left])), place.rng.uniform(25, 150))


def comes_back(place: Place) -> Array:
    """The paused cluster runs again, or the credit that paid for it is used up."""
    before = place.cost[place.cost > 1]
    return float(np.median(before)) * place.rng.uniform(0.6, 1.3) * place.rng.gamma(200, 1 / 200, place.left)


def first_use(place: Place) -> Array:
    """A service that the account has never used."""
    return place.rng.lognormal(4, 0.9) * np.minimum(1, (1 + np.arange(place.left)) / 2)


def outage(place: Place) -> Array:
    """Nearly nothing for days or weeks."""
    length = int(place.rng.integers(2, 20))
    return -np.maximum(place.cost[place.start : place.start + length], 0) * place.rng.uniform(0.95, 1)


def giant(place: Place) -> Array:
    """One burst far beyond all earlier ones."""
    return np.array([place.cost[: place.before].max() * place.rng.uniform(2.5, 7)])


def dearer_charge(place: Place) -> Array:
    """A charge that is suddenly larger."""
    return np.array([place.cost[place.start] * place.rng.uniform(0.6, 3)])


def some_cents(place: Place) -> Array:
    """A trickle that nobody should be told of."""
    return np.full(int(place.rng.integers(1, 9)), place.rng.uniform(0.4, 1.8))


def plan_ended(place: Place) -> Array:
    """The same usage at the undiscounted price."""
    return np.maximum(place.cost[place.start :], 0) * 0.45


SCENES = (
    Scene("left on", "idle days", 0.15, left_on, 2, idle_day),
    Scene("busier", "idle days", 0.1, busier, 7),
    Scene("storm", "steady", 0.1, burst_of_days),
    Scene("storm again", "with a past", 0.3, burst_of_days),
    Scene("beside a charge", "charged", 0.35, enormous, 2, plain_day),
    Scene("kept", "steady", 0.05, kept, 4),
    Scene("creep", "steady", 0.03, creeping, 14),
    Scene("wakes", "asleep", 0.3, wakes),
    Scene("comes back", "paused", 0.6, comes_back, 3),
    Scene("new", "unused", 0.15, first_use),
    Scene("outage", "large", 0.04, outage, 4),
    Scene("giant", "bursts", 0.12, giant),
    Scene("dearer charge", "fees", 0.12, dearer_charge, 1, due_day),
    Scene("storm in noise", "noisy", 0.25, burst_of_days),
    Scene("kept in noise", "noisy", 0.15, kept, 6),
    Scene("tiny", "asleep", 0.15, some_cents),
    Scene("tiny", "idle days", 0.04, some_cents),
)


def inject(data: Labelled, rng: np.random.Generator, effect: float) -> None:
    """Causes at random places of the judged days, and one change that touches every account's plan."""
    injector = Injector(data, rng, effect)
    level, service = injector.level, np.array(data.service)
    past = data.cost[:, : injector.before]
    ready = (past[:, -40:] > 0).mean(axis=1) > 0.9
    steady = ready & np.isin(service, STEADY) & (level > 12)
    usual = np.median(past[:, -90:], axis=1)
    beyond = past[:, -80:].max(axis=1) > 2 * np.quantile(past[:, -80:], 0.9, axis=1)
    pools = {
        "steady": steady,
        "with a past": steady & beyond & (usual > 12),
        "large": steady & (level > 25),
        "idle days": np.isin(service, ["office"]) & (past[:, -28:].max(axis=1) > 15) & (past[:, 100] > -1),
        "charged": (service == "contract") & ready & (level > 12),
        "asleep": service == "asleep",
        "paused": (service == "paused") & (past.max(axis=1) > 15),
        "unused": service == "unused",
        "bursts": (service == "campaigns") & (past.max(axis=1) > 10),
        "fees": (service == "support") & ((past > 0).sum(axis=1) >= 3),
        "noisy": (service == "queries") & ready & (level > 12),
    }
    injector.play(SCENES, {name: np.flatnonzero(pool) for name, pool in pools.items()})
    plan = [row for row in injector.free(np.flatnonzero((service == "over plan") & ready)) if level[row] > 12]
    start = injector.before + int(rng.integers(3, RUNS - 6))
    injector.groups += 1
    for row in plan:
        shape = plan_ended(injector.place(row, start))
        injector.add(row, "plan ended for all", start, shape, group=injector.groups)
