"""Broad falls: a sum of many series that costs less than on any day like it, and not because people rest.

The detector tells a fall to nearly nothing; a sum of many series is steady, so that far less of it says something. A
fall is told when it is material by the large gate, deeper than every day of the two months before it, and has lasted
for two complete days; what is not below the quietest weekday may be a holiday, and must have lasted for a week.
"""

from datetime import date, timedelta
from statistics import median

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.memory import weekday_before
from finopsguard.detection.model import Anomaly, Array, DetectionConfig
from finopsguard.detection.scale import log_ratio

DEEPEST_OF_DAYS = 56
"""A fall is deeper than any of so many days before it."""
WEEKS_NEEDED = 12
"""Four weeks of a weekday before the first of these days."""
STRAYS, LEAST_STRAY = 5.0, 0.03
"""A fall is so many times what the series strays by; nobody is trusted below three parts in a hundred."""
DEEPER = 1.5
LASTS, LASTS_LIKE_REST = 2, WEEK
"""Days that it must have lasted; where people may be resting."""
LIKE_REST = 0.95
LONGEST_FALL = 28


def broad_falls(
    sums: Array, first_day: date, *, window: int, complete: int, config: DetectionConfig
) -> list[Anomaly]:
    """The falls of sums (series, days) USD that are still there on one of the newest `window` days before `complete`.

    `complete` is the index of the first day that may still grow.
    """
    days = sums.shape[1]
    last = min(days, complete) - 1
    if last < WEEKS_NEEDED * WEEK or last < days - window:
        return []
    found = []
    sums = np.maximum(sums, 0)  # a credit is no level
    usual = np.median(_weeks(sums, last), axis=0)
    near = usual - sums[:, last] >= max(config.large_usd, config.drop_usd) / 2
    for row in np.flatnonzero(near).tolist():
        fall = _fall(sums[row], last, config)
        if fall is None:
            continue
        start, usual_days = fall
        excess = [float(sums[row, start + each] - cost) for each, cost in enumerate(usual_days)]
        lowest = int(np.argmin(excess))
        dates = [first_day + timedelta(days=start + each) for each in range(len(excess))]
        found.append(
            Anomaly(
                series=row,
                account_id="",
                service="",
                day=dates[lowest],
                start=dates[0],
                direction=-1,
                actual=float(sums[row, start + lowest]),
                expected=float(usual_days[lowest]),
                impact=sum(excess),
                score=1.0,
                kind="shift",
                excess_by_day=tuple(zip(dates, excess, strict=True)),
            )
        )
    return found


def _fall(cost: Array, last: int, config: DetectionConfig) -> tuple[int, list[float]] | None:
    """The first day of a fall that is still there on the day `last`, and what was usual on its days."""
    past = range(last - LONGEST_FALL - DEEPEST_OF_DAYS, last)
    usual = {day: median(weekday_before(cost, day).tolist()) for day in [*past, last] if day >= WEEK}
    ratio = {day: float(log_ratio(cost[day : day + 1], np.array([each]))[0]) for day, each in usual.items()}
    start = last
    while start > last - LONGEST_FALL and _material(cost[start - 1], usual[start - 1], config):
        start -= 1
    if not _material(cost[last], usual[last], config):
        return None
    before = np.array([ratio[day] for day in range(start - DEEPEST_OF_DAYS, start) if day in ratio])
    middle = float(np.median(before))
    strays = max(float(np.median(np.abs(before - middle))) / 0.6745, LEAST_STRAY)
    deep = max(ratio[day] for day in range(start, last + 1)) - middle
    if deep > -STRAYS * strays or deep > DEEPER * (float(before.min()) - middle):
        return None
    weekdays = [float(np.median(cost[start - each - 1 :: -WEEK][:4])) for each in range(WEEK)]
    rests = all(cost[day] >= LIKE_REST * min(weekdays) for day in range(start, last + 1))
    if last + 1 - start < (LASTS_LIKE_REST if rests else LASTS):
        return None
    return start, [usual[day] for day in range(start, last + 1)]


def _material(cost: float, usual: float, config: DetectionConfig) -> bool:
    fall = usual - cost
    return fall >= max(config.large_usd, config.drop_usd) and fall >= config.large_pct * usual


def _weeks(sums: Array, day: int) -> Array:
    return np.stack([sums[:, day - WEEK * week] for week in range(1, 5)])
