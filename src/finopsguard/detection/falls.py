"""Where as many dollars fell as rose elsewhere: series of a service, or of an account, that fell on the same days."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.memory import WEEKS_BEFORE, weekday_before
from finopsguard.detection.model import Array, DetectionConfig

SAME_DAYS = 1
LIKE_USD = 0.1
"""Part by which what fell may differ from what rose."""
MOST_FALLS = 4
"""What more series fell by is what the service does."""
LEAST_FALL = 0.2
"""Part of its own level that must be gone for a fall to mean anything."""
FALL_DAYS = 28
"""For so long before it the series must not have fallen by half as much: then its falls are chance."""


class Rise(NamedTuple):
    """A series that rose, and the column of the first day."""

    series: int
    start: int


def usual_cost(cost: Array, day: int) -> float:
    """The median of the weekday in the weeks before; a week of a story that goes on does not bend it."""
    before = weekday_before(cost, day).tolist()
    return median(before) if before else 0.0


def usual_costs(costs: Array, day: int) -> Array:
    """`usual_cost` of many series: (series,)."""
    before = costs[:, day - WEEK :: -WEEK][:, :WEEKS_BEFORE] if day >= WEEK else costs[:, :0]
    return np.asarray(np.median(before, axis=1) if before.shape[1] else np.zeros(len(costs)))


def rose_by(rise: Rise, days: Sequence[int], costs: Array) -> float:
    """USD a day that a rise is above what is usual, on the mean of its days."""
    cost = costs[rise.series]
    return float(np.mean([cost[day] - usual_cost(cost, day) for day in days]))


def falls_beside(
    rise: Rise, days: range, costs: Array, config: DetectionConfig, rows: Sequence[int]
) -> dict[int, float]:
    """USD a day by which series fell on the days of a rise, and had not done so before; not what means nothing."""
    cost = np.maximum(costs[list(rows)], 0)
    usual = np.mean([usual_costs(cost, day) for day in days], axis=0)
    fell = usual - cost[:, days.start : days.stop].mean(axis=1)
    falls = fell >= np.maximum(config.min_usd, LEAST_FALL * usual)
    return {
        rows[place]: float(fell[place])
        for place in np.flatnonzero(falls).tolist()
        if not _fell_before(cost[place], rise.start, fell[place] / 2)
    }


def nearest(falls: Mapping[int, float], rose: float) -> list[int]:
    """The series that fell by what rose; none if there is none."""
    away = {row: abs(fell - rose) / max(rose, 1) for row, fell in falls.items()}
    best = min(away, key=lambda row: (away[row], row), default=-1)
    return [best] if best >= 0 and away[best] < LIKE_USD else []


def all_of_them(falls: Mapping[int, float], rose: float) -> list[int]:
    """All series, where together they fell by what rose: what a plan covers floats so between accounts."""
    same = abs(sum(falls.values()) - rose) <= LIKE_USD * rose
    return sorted(falls) if same and len(falls) <= MOST_FALLS else []


def else_as_usual(falls: Sequence[int], rise: Rise, days: range, costs: Array, rows: Sequence[int]) -> bool:
    """True if the others of the service cost what is usual: else what fell is part of something else."""
    others = np.maximum(costs[[row for row in rows if row not in falls]], 0)
    usual = np.mean([usual_costs(others, day) for day in days], axis=0)
    away = others[:, days.start : days.stop].mean(axis=1) - usual
    return bool(abs(away.sum()) <= LIKE_USD * rose_by(rise, days, costs))


def _fell_before(cost: Array, start: int, usd: float) -> bool:
    """True for a series that fell as much on one of the days before: it strays, or has fallen already."""
    days = range(max(WEEK, start - FALL_DAYS), start - SAME_DAYS)
    return any(usual_cost(cost, day) - cost[day] >= usd for day in days)
