"""Labelled daily costs: what a run on each day would have seen, and what really happened.

The label policy is the default policy of the product: an incident whose largest daily excess is at least $10
and 20 % of that day's ordinary cost, or $200 and 10 %, must be found ("alert"); below $2 it must not be told
("tiny"); between, both are right ("either").
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Policy = Literal["alert", "either", "tiny"]


def policy_of(excess: Array, ordinary: Array) -> Policy:
    """What the benchmark expects of a detector for daily `excess` USD over `ordinary` USD."""
    day = int(excess.argmax())
    peak, base = excess[day], max(ordinary[day], 1e-9)
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
    """(runs, series, 2): part of the newest and of the second newest day that run can see."""
    neutral: NDArray[np.bool_]
    """(series, days): days on which alert and silence are both right."""
    account: list[str]
    service: list[str]
    runs: int
    incidents: list[TrueIncident] = field(default_factory=list)

    def seen(self, run: int, history: int) -> tuple[Array, int]:
        """The newest `history` days as run number `run` sees them, and the index of the first of these days."""
        newest = self.cost.shape[1] - self.runs + run
        first = max(0, newest + 1 - history)
        view = self.cost[:, first : newest + 1].copy()
        view[:, -1] *= self.completeness[run, :, 0]
        view[:, -2] *= self.completeness[run, :, 1]
        return view, first


class Injector:
    """Puts incidents into a `Labelled` and keeps the books."""

    def __init__(self, data: Labelled, effect: float) -> None:
        self.data, self.effect = data, effect
        self.ordinary = np.maximum(data.cost, 0.0)
        self.used: set[int] = set()
        self.groups = 0

    def add(self, series: int, kind: str, start: int, excess: Array, *, group: int | None = None) -> None:
        """Add `excess` USD to `series` from day `start` on (scaled by the effect size, except drops and tiny
        ones).
        """
        days = self.data.cost.shape[1]
        excess = np.asarray(excess, dtype=float)[: days - start]
        direction = 1 if excess.sum() >= 0 else -1
        if direction > 0 and kind != "tiny":
            excess = excess * self.effect
        if group is None:
            group = self.new_group()
        part = slice(start, start + len(excess))
        self.data.cost[series, part] += excess
        whole = np.zeros(days)
        whole[part] = excess
        policy = policy_of(excess * direction, self.ordinary[series, part])
        self.data.incidents.append(
            TrueIncident(group, series, kind, direction, start, start + len(excess) - 1, policy, whole)
        )
        self.used.add(series)

    def new_group(self) -> int:
        """A number for the incidents of one cause."""
        self.groups += 1
        return self.groups
