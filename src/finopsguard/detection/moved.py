"""What a cost moved by against its weekdays, and what was told of services, taken out of their Regions."""

from collections.abc import Mapping, Sequence

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.memory import weekday_before
from finopsguard.detection.model import Array, Days, DetectionConfig

TOLD_USD = 0.01


def material(away: float, usual: float, config: DetectionConfig) -> bool:
    """True where so many USD a day above what is usual, or below it, pass the gates of a rise."""
    small = away >= config.min_usd and away >= config.min_pct * usual
    return small or (away >= config.large_usd and away >= config.large_pct * usual)


def moved_by(cost: Array, days: Sequence[int]) -> tuple[float, float]:
    """(USD a day above what is usual, what is usual) on the mean of the days."""
    usual = float(np.mean([usual_on(cost, day, days[0]) for day in days]))
    return float(np.mean(cost[list(days)])) - usual, usual


def without_services(costs: Array, services: Sequence[str], told: Mapping[str, Array]) -> Array:
    """The costs without what was told of their services: it is in the Regions that moved as it did."""
    rest = costs
    for service, excess in told.items():
        rows = [row for row, name in enumerate(services) if name == service]
        days = np.flatnonzero(np.abs(excess) >= TOLD_USD)
        if not rows or not len(days):
            continue
        if rest is costs:
            rest = costs.copy()
        for run in np.split(days, np.flatnonzero(np.diff(days) > 1) + 1):
            _take(rest, rows, run, excess[run])
    return rest


def _take(rest: Array, rows: Sequence[int], days: Days, excess: Array) -> None:
    """Takes the excess of some days in a row out of the rows, in place: first out of what moved most like it."""
    away = np.array([[rest[row, day] - usual_on(rest[row], day, days[0]) for day in days] for row in rows])
    left = excess.copy()
    for place in np.argsort(np.abs(away - excess).sum(axis=1), kind="stable"):
        same = np.sign(away[place]) == np.sign(left)
        part = np.where(same, np.sign(left) * np.minimum(np.abs(away[place]), np.abs(left)), 0)
        rest[rows[place], days] -= part
        left = left - part


def usual_on(cost: Array, day: int, start: int) -> float:
    """The weekday's median of the weeks before the days that were told began."""
    before = weekday_before(cost, int(day - WEEK * ((day - start) // WEEK)))
    return float(np.median(before)) if len(before) else 0.0
