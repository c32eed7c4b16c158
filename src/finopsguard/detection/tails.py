"""Series that bill in bursts: jobs, training sessions, queries. Only their active days can be compared.

Above a high order statistic the logs of burst sizes are about exponential, for lognormal and Pareto-like
costs alike (peaks over threshold; Hill 1975). Their mean excess tells how far beyond the record the next
burst may still be ordinary.
"""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.scale import SOFTENER

ACTIVE_USD = 0.01
ACTIVE_PART = 0.8
TOP = 6
"""Largest bursts that the mean excess is taken over."""
TAIL_FLOOR = 0.12


@dataclass(frozen=True, slots=True)
class Tail:
    """Log of the largest past cost, and how much further the next burst may go in logs; both (series,)."""

    record: Array
    spread: Array


def is_sparse(cost: Array, age: Days, idle: Mask) -> Mask:
    """True for series that were active on two days or more, but on less than 80 %, and not by the rhythm of their
    weekdays: (days, series), (series,), (7, series) -> (series,).
    """
    active = (cost > ACTIVE_USD).sum(axis=0)
    sparse: Mask = (active < ACTIVE_PART * np.maximum(age, 1)) & (active >= 2) & ~idle.any(axis=0)
    return sparse


def fit_tail(cost: Array) -> Tail:
    """(days, series) -> Tail. Few bursts, and bursts of unequal size, leave more room."""
    active = (cost > ACTIVE_USD).sum(axis=0)
    top = np.log(np.sort(cost, axis=0)[: -TOP - 2 : -1] + SOFTENER)
    used = np.clip(active - 1, 1, len(top) - 1)
    below = np.take_along_axis(top, used[None], axis=0)[0]
    excess = np.where(np.arange(len(top))[:, None] < used, top - below, 0).sum(axis=0) / used
    spread = np.sqrt(excess**2 * (1 + 1 / used) + TAIL_FLOOR**2 + 0.2 / np.maximum(active, 1) ** 2)
    return Tail(top[0], spread.astype(cost.dtype))


def burst_error(cost: Array, tail: Tail) -> Array:
    """How many mean excesses a day's cost lies above the record: (series,)."""
    error: Array = (np.log(cost + SOFTENER) - tail.record) / tail.spread
    return error
