"""Labelled daily costs: what a run on each day would have seen, and what really happened.

The label policy is the default policy of the product: an incident whose largest daily excess is at least $10
and 20 % of that day's ordinary cost, or $200 and 10 %, must be found ("alert"); below $2 it must not be told
("tiny"); between, both are right ("either"). A fall must be found from $20 and 85 % on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Policy = Literal["alert", "either", "tiny"]


def policy_of(excess: Array, ordinary: Array, direction: int = 1) -> Policy:
    """What the benchmark expects of a detector for daily `excess` USD over `ordinary` USD; below it for a fall."""
    day = int(excess.argmax())
    peak, base = excess[day], max(ordinary[day], 1e-9)
    if direction < 0:
        return "alert" if peak >= 20 and peak >= 0.85 * base else "either"
    if (peak >= 10 and peak >= 0.2 * base) or (peak >= 200 and peak >= 0.1 * base):
        return "alert"
    return "tiny" if peak < 2 else "either"


@dataclass(slots=True)
class TrueIncident:
    """One injected incident on one series; parts of a multi-service incident share `group`."""

    group: int
    series: int
    kind: str
    direction: int
    start: int
    end: int
    policy: Policy
    excess: Array
    """(days,) USD, signed."""


@dataclass(slots=True)
class Labelled:
    """A labelled data set: the last `runs` days are the days on which a run takes place."""

    name: str
    first_day: date
    cost: Array
    """(series, days) USD as the final bill will say."""
    completeness: Array
    """(runs, series, 2 or more): part of the newest day, of the one before and so on that a run can see."""
    neutral: NDArray[np.bool_]
    """(series, days): days on which alert and silence are both right."""
    account: list[str]
    service: list[str]
    runs: int
    incidents: list[TrueIncident] = field(default_factory=list)
    mean: Array | None = None
    """(series, days) USD before the noise of the day and without the incidents, where the generator knows it."""

    def seen(self, run: int, history: int) -> tuple[Array, int]:
        """The newest `history` days as run number `run` sees them, and the index of the first of these days."""
        newest = self.cost.shape[1] - self.runs + run
        first = max(0, newest + 1 - history)
        view = self.cost[:, first : newest + 1].copy()
        for back in range(self.completeness.shape[2]):
            view[:, -1 - back] *= self.completeness[run, :, back]
        return view, first


@dataclass(frozen=True, slots=True)
class Place:
    """Where an incident happens: a series from column `start` on, `left` days before the data ends."""

    rng: np.random.Generator
    start: int
    left: int
    level: float
    """Median USD a day of the weeks before the runs."""
    cost: Array
    """(days,) of the series, as it is without the incident."""
    before: int
    """Columns before the runs."""


Shape = Callable[[Place], Array]
"""USD a day from `start` on."""
Starts = Callable[[Array], Rows]
"""Which of the runs' days an incident may begin on, from the series' cost on these days."""


def any_day(cost: Array) -> Rows:
    """An incident may begin on any day."""
    return np.arange(len(cost))


def due_day(cost: Array) -> Rows:
    """It begins on the first day that bills anything: a fee's own day."""
    return np.flatnonzero(cost > 1)[:1]


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of incident: how often, in which pool of series, on which days, and how many dollars."""

    kind: str
    pool: str
    share: float
    """Incidents per series of the pool; at least one."""
    shape: Shape
    least_days: int = 2
    """Days of data that must be left."""
    starts: Starts = any_day


class Injector:
    """Puts incidents into a `Labelled` and keeps the books. `effect` scales the dollars of rises, tiny ones
    apart.
    """

    def __init__(self, data: Labelled, rng: np.random.Generator, effect: float) -> None:
        self.data, self.rng, self.effect = data, rng, effect
        self.before = data.cost.shape[1] - data.runs
        self.level = np.median(data.cost[:, self.before - 28 : self.before], axis=1)
        self.ordinary = np.maximum(data.cost, 0.0)
        self.used: set[int] = set()
        self.groups = 0

    def add(self, series: int, kind: str, start: int, excess: Array, *, group: int | None = None) -> None:
        """Add `excess` USD to `series` from column `start` on."""
        days = self.data.cost.shape[1]
        excess = np.asarray(excess, dtype=float)[: days - start]
        direction = 1 if excess.sum() >= 0 else -1
        if direction > 0 and kind != "tiny":
            excess = excess * self.effect
        if group is None:
            self.groups += 1
            group = self.groups
        part = slice(start, start + len(excess))
        self.data.cost[series, part] += excess
        whole = np.zeros(days)
        whole[part] = excess
        policy = policy_of(excess * direction, self.ordinary[series, part], direction)
        self.data.incidents.append(
            TrueIncident(group, series, kind, direction, start, start + len(excess) - 1, policy, whole)
        )
        self.used.add(series)

    def place(self, series: int, start: int) -> Place:
        """The place for an incident on `series`."""
        cost = self.data.cost[series]
        return Place(self.rng, start, len(cost) - start, float(self.level[series]), cost, self.before)

    def free(self, pool: Rows) -> list[int]:
        """Series of the pool that have no incident yet."""
        return [series for series in pool.tolist() if series not in self.used]

    def play(self, scenes: Sequence[Scene], pools: Mapping[str, Rows]) -> None:
        """Put the scenes at random places of the runs' days."""
        for scene in scenes:
            pool = pools[scene.pool]
            for _ in range(max(1, round(scene.share * len(pool))) if len(pool) else 0):
                left = self.free(pool)
                if not left:
                    break
                series = int(self.rng.choice(left))
                starts = scene.starts(self.data.cost[series, self.before :])
                starts = starts[starts < self.data.runs - scene.least_days]
                if len(starts):
                    start = self.before + int(self.rng.choice(starts))
                    self.add(series, scene.kind, start, scene.shape(self.place(series, start)))

    def play_together(self, kind: str, pool: Rows, count: int, shape: Shape, *, times: int = 3) -> None:
        """One cause on `count` series of an account, from the same day; for `times` accounts that have as
        many.
        """
        accounts = sorted({self.data.account[series] for series in pool.tolist()})
        for account in self.rng.permutation(accounts).tolist():
            own = [series for series in self.free(pool) if self.data.account[series] == account]
            if times and len(own) >= count:
                times -= 1
                self.groups += 1
                start = self.before + int(self.rng.integers(0, self.data.runs - 4))
                length = int(self.rng.integers(2, self.data.runs))
                for series in self.rng.choice(own, count, replace=False).tolist():
                    self.add(
                        series, kind, start, shape(self.place(series, start))[:length], group=self.groups
                    )
