"""Generator "holding": an Organization over a year, with a calendar, commitments and moves.

Savings Plans are bought and run out in single accounts, services move between regions and accounts (an equal fall
and rise), prices change for all, credits end, jobs follow the calendar (first Monday, last working day, quarter),
people are away on public holidays and at the end of the year, services grow and shrink for months, days arrive
late and are restated. The mean of every day and the noise around it are known (`Labelled.mean`), so its labels are
held to it by a test.

It was written before the changes of issue 9 that it judges, by somebody who did not make them, and is used for
reporting only: no constant was chosen by looking at it.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from benchmarks.detection.holding_services import (
    BEFORE,
    DAYS,
    RUNS,
    Line,
    account_lines,
    make_account,
    make_calendar,
)
from benchmarks.detection.labels import Array, Injector, Labelled, Place, Rows, Scene
from finopsguard.detection.gates import Mask

SETTLED = {"monthly job": 64, "requests": 64, "closing": 100}
"""Days until what a service does has been seen; other services are judged from their fifth week on."""


def completeness(rng: np.random.Generator, owner: Sequence[str]) -> Array:
    """(runs, series, 3): part of the newest days that a run sees. Some services report a day late; usage that was
    counted too high is restated up to three days later.
    """
    part = np.ones((RUNS, len(owner), 3))
    number = np.unique(owner, return_inverse=True)[1]
    late = rng.random(len(owner)) < 0.08
    for run in range(RUNS):
        arrived = rng.uniform(0.4, 1.0, number.max() + 1)[number] + rng.normal(0, 0.04, len(owner))
        part[run, :, 0] = np.where(late, 0.02, np.clip(arrived, 0.05, 1))
        part[run, :, 1] = np.where(late, rng.uniform(0.5, 0.9, len(owner)), np.clip(arrived + 0.45, 0, 1))
    restated = rng.random(part.shape) < 0.01
    part[:, :, 1:] *= np.where(restated, rng.uniform(1.0, 1.04, part.shape), 1.0)[:, :, 1:]
    return part


def around(rng: np.random.Generator, line: Line, common: Array) -> Array:
    """The cost of each day: skewed noise around the mean, a part of it shared by the whole account."""
    part = np.broadcast_to(np.asarray(line.noise, dtype=float), DAYS)
    shape = 1 / np.maximum(part, 1e-3) ** 2
    return np.asarray(line.mean * rng.gamma(shape, 1 / shape) * np.where(part > 0, common, 1.0))


def make(
    seed: int,
    *,
    accounts: int = 50,
    effect: float = 1.0,
    last_day: date = date(2026, 3, 20),
    mean: bool = False,
) -> Labelled:
    """A labelled data set of about 430 series; `effect` scales the dollars of every rise; with `mean`, its `mean`."""
    rng = np.random.default_rng([seed, 31337])
    first_day = last_day - timedelta(days=DAYS - 1)
    calendar = make_calendar(rng, first_day)
    lines: list[Line] = []
    rows: list[Array] = []
    owner: list[str] = []
    service: list[str] = []
    for number in range(accounts):
        account = make_account(calendar)
        common = np.exp(rng.normal(0, 0.015, DAYS))
        for name, line in account_lines(calendar, account).items():
            lines.append(line)
            rows.append(around(rng, line, common))
            owner.append(f"{number + 1:012d}")
            service.append(name)
    settled = np.array([line.born + SETTLED.get(name, 28) for line, name in zip(lines, service, strict=True)])
    means = np.array([line.mean for line in lines])
    neutral = (calendar.time < settled[:, None]) & (means.max(axis=1) > 0)[:, None]
    data = Labelled(
        f"holding-{seed}",
        first_day,
        np.array(rows),
        completeness(rng, owner),
        neutral,
        owner,
        service,
        RUNS,
        mean=means if mean else None,
    )
    inject(data, rng, effect, [line.kind for line in lines])
    return data


def loop(place: Place) -> Array:
    """Retries or a test of load, for one to four days."""
    return place.level * place.rng.uniform(0.6, 6) * place.rng.uniform(0.6, 1, int(place.rng.integers(1, 5)))


def kept(place: Place) -> Array:
    """Machines that nobody stops."""
    return np.full(place.left, place.level * place.rng.uniform(0.3, 2))


def leak(place: Place) -> Array:
    """A little more every day, far more than it grows by itself."""
    return place.level * place.rng.uniform(0.025, 0.08) * np.arange(1.0, place.left + 1)


def credit_over(place: Place) -> Array:
    """The whole price, which a credit paid in part."""
    return np.asarray(place.cost[place.start :] * place.rng.uniform(0.45, 2.5))


def left_running(place: Place) -> Array:
    """Machines of people run through days off."""
    week = place.cost[place.start - 7 : place.start].max()
    missing = np.maximum(week - place.cost[place.start : place.start + 2], 0)
    return np.asarray(missing * place.rng.uniform(0.7, 1))


def longer_run(place: Place) -> Array:
    """A job that takes far longer, on its own day."""
    return np.array([place.cost[place.start] * place.rng.uniform(0.6, 3)])


def runs_daily(place: Place) -> Array:
    """A job of one weekday that somebody set to run every day."""
    usual = place.cost[place.start - 28 : place.start].max()
    return np.asarray(np.maximum(usual - place.cost[place.start :], 0) * place.rng.uniform(0.8, 1))


def first_use(place: Place) -> Array:
    """A service that the account has never used."""
    return place.rng.lognormal(4, 0.9) * np.minimum(1, (1 + np.arange(place.left)) / 2)


def outage(place: Place) -> Array:
    """Nearly nothing for days or weeks."""
    length = int(place.rng.integers(2, 18))
    return -place.cost[place.start : place.start + length] * place.rng.uniform(0.96, 1)


def some_cents(place: Place) -> Array:
    """A multiple of next to nothing."""
    return np.full(int(place.rng.integers(1, 8)), place.rng.uniform(0.4, 1.8))


def dear_day(cost: Array) -> Rows:
    """A day on which the job runs."""
    return np.flatnonzero((cost > 0.6 * cost.max()) & (cost > 2 * np.median(cost)))


def free_day(cost: Array) -> Rows:
    """The first day off after a day at work."""
    off = cost < 0.5 * np.quantile(cost, 0.8)
    return np.flatnonzero(off[1:] & ~off[:-1]) + 1


SCENES = (
    Scene("loop", "steady", 0.06, loop),
    Scene("kept", "steady", 0.05, kept, 4),
    Scene("leak", "steady", 0.02, leak, 14),
    Scene("loop on growth", "growing", 0.12, loop),
    Scene("kept on growth", "growing", 0.08, kept, 4),
    Scene("loop on spot", "spot", 0.2, loop),
    Scene("credit over", "credited", 0.3, credit_over, 4),
    Scene("left running", "office", 0.25, left_running, 2, free_day),
    Scene("busy office", "office", 0.1, loop),
    Scene("longer weekly run", "weekly", 0.2, longer_run, 1, dear_day),
    Scene("runs daily", "weekly", 0.1, runs_daily, 8),
    Scene("longer monthly run", "monthly", 0.2, longer_run, 1, dear_day),
    Scene("new", "unused", 0.12, first_use),
    Scene("outage", "large", 0.04, outage, 4),
    Scene("tiny", "cents", 0.25, some_cents),
)


def inject(data: Labelled, rng: np.random.Generator, effect: float, kinds: Sequence[str]) -> None:
    """What happens in the judged weeks: first what touches several lines, then causes in single ones."""
    injector = Injector(data, rng, effect)
    level, service, kind = injector.level, np.array(data.service), np.array(kinds)
    past = data.cost[:, :BEFORE]
    ready = past[:, BEFORE - 100] + past[:, BEFORE - 93] > 0
    plan_changes(injector, data, kinds)
    moves(injector, data, ready)
    dearer_for_all(injector, data)
    steady = (
        ready & np.isin(service, ["on demand", "web east", "web west", "requests", "legacy"]) & (level > 12)
    )
    pools = {
        "steady": steady,
        "large": steady & (level > 25),
        "growing": ready & (service == "archive") & (level > 12),
        "spot": ready & (service == "spot") & (level > 12),
        "credited": ready & (service == "credited") & (kind == "on") & (level > 8),
        "office": (service == "office") & ready & (past[:, -28:].max(axis=1) > 20),
        "weekly": (service == "weekly job") & ready & (past[:, -60:].max(axis=1) > 15),
        "monthly": (service == "monthly job") & ready & (past[:, -60:].max(axis=1) > 40),
        "unused": service == "unused",
        "cents": service == "cents",
    }
    injector.play(SCENES, {name: np.flatnonzero(pool) for name, pool in pools.items()})


def plan_changes(injector: Injector, data: Labelled, kind: Sequence[str]) -> None:
    """In one account of six the plan runs out or one is bought: two lines change at once, in opposite directions."""
    rng, fee_of = injector.rng, {}
    for row, name in enumerate(data.service):
        if name == "commitment":
            fee_of[data.account[row]] = row
    for row in np.flatnonzero(np.array(data.service) == "on demand").tolist():
        if rng.random() >= 0.17 or injector.level[row] < 15:
            continue
        fee, start = fee_of[data.account[row]], BEFORE + int(rng.integers(0, RUNS - 4))
        left = DAYS - start
        injector.groups += 1
        if kind[row] in ("held", "bought"):
            daily = data.cost[fee, start - 1]
            injector.add(row, "plan ran out", start, np.full(left, daily / 0.65), group=injector.groups)
            injector.add(fee, "plan ran out", start, np.full(left, -daily), group=injector.groups)
        elif kind[row] == "none":
            covered = 0.6 * data.cost[row, start:].min()
            injector.add(fee, "plan bought", start, np.full(left, 0.65 * covered), group=injector.groups)
            injector.add(row, "plan bought", start, np.full(left, -covered), group=injector.groups)


def moves(injector: Injector, data: Labelled, ready: Mask) -> None:
    """A service moves to the other region, or to the same service of the next account, all of it or a part."""
    rng, names = injector.rng, np.array(data.service)
    for source, goal in (("web east", "web west"), ("web west", "web west"), ("office", "office")):
        own = [
            row
            for row in injector.free(np.flatnonzero((names == source) & ready))
            if injector.level[row] > 20
        ]
        for row in rng.permutation(own)[: max(1, len(own) // 10)].tolist():
            same = source != goal
            others = injector.free(np.flatnonzero(names == goal))
            goals = [
                other
                for other in others
                if (data.account[other] == data.account[row]) == same and other != row
            ]
            if goals:
                move(injector, data, row, int(rng.choice(goals)))


def move(injector: Injector, data: Labelled, source: int, goal: int) -> None:
    """An equal fall and rise, at once or over some days. Only the rise is scaled by `effect`."""
    rng = injector.rng
    start = BEFORE + int(rng.integers(0, RUNS - 8))
    share = rng.choice([0.5, 1.0]) * np.clip(np.arange(1.0, DAYS - start + 1) / rng.integers(1, 7), 0, 1)
    moved = data.cost[source, start:] * share
    injector.groups += 1
    injector.add(source, "moved", start, -moved, group=injector.groups)
    injector.add(goal, "moved", start, moved, group=injector.groups)


def dearer_for_all(injector: Injector, data: Labelled) -> None:
    """From one day on everybody pays more for a request."""
    start = BEFORE + int(injector.rng.integers(3, RUNS - 6))
    dearer = injector.rng.uniform(0.25, 0.6)
    injector.groups += 1
    for row in injector.free(np.flatnonzero(np.array(data.service) == "requests")):
        if data.cost[row, start] > 0:
            injector.add(row, "dearer for all", start, dearer * data.cost[row, start:], group=injector.groups)
