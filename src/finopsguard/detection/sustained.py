"""Slow rises: leaks, ramps and shifts that no single day shows.

The median of the newest five days against the level of two to four weeks ago. The same statistic replayed
over the series' own past tells its ordinary growth, which is granted, and its spread.
"""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.baseline import Baseline
from finopsguard.detection.calendar import WEEK
from finopsguard.detection.medians import rolling_median
from finopsguard.detection.model import Array, Days
from finopsguard.detection.scale import Ranked, log_ratio

SPAN = 5
FIRST_ROW = 5 * WEEK + 1
"""Before, there is no level of four weeks ago."""
MIN_AGE = 37
MIN_ERRORS = 20
LEVEL_ERROR = 0.22
"""Variance of a 7-day median level in units of one day's variance: pi / 2 / 7."""
RECENT_SHARE = 0.35
"""Part of the rise that must have come within the last week. A steady leak of three weeks brings a third of
it, a shift that was told two weeks ago nothing.
"""


@dataclass(frozen=True, slots=True)
class SlowRise:
    """`newest` is the 5-day median of each row (days, series); `trend` and `scale` are (series,)."""

    newest: Array
    trend: Array
    scale: Array


def fit_slow_rise(base: Baseline, fitted: int, window: int, age: Days, sigma: Array) -> SlowRise:
    """Replay the statistic over the last `window` days of the fitted history."""
    newest = rolling_median(base.flat, SPAN)
    alone = sigma * np.float32(np.sqrt(1 / SPAN + LEVEL_ERROR))
    rows = slice(max(FIRST_ROW, fitted - window), fitted)
    if rows.start >= rows.stop:
        return SlowRise(newest, np.zeros_like(sigma), 1.5 * alone)
    errors = log_ratio(newest[rows], base.before_the_rise(rows))
    past = Ranked(errors, np.arange(rows.start, rows.stop)[:, None] >= fitted - age + FIRST_ROW)
    q10, q25, trend, q75, q90 = (past.quantile(part) for part in (0.1, 0.25, 0.5, 0.75, 0.9))
    own = np.maximum((q75 - q25) / 1.349, (q90 - q10) / 2.563)
    both = np.sqrt((np.minimum(own, 3 * alone) ** 2 + alone**2) / 2)
    known = past.count >= MIN_ERRORS
    scale = np.where(known, np.maximum(both, alone), 1.5 * alone)
    return SlowRise(newest, np.where(known, np.maximum(trend, 0), 0), scale)


def slow_rise_errors(slow: SlowRise, base: Baseline, row: int, again: Array) -> tuple[Array, Array]:
    """For one row: the rise in scales beyond ordinary growth, and the flat level before it. Two (series,).

    0 where the rise is old news: less than `RECENT_SHARE` of it came within the last week. `again` is the flat level
    that this time of month has every month.
    """
    before = np.maximum(base.before_the_rise(slice(row, row + 1))[0], again)
    newest = slow.newest[row]
    rise = (log_ratio(newest, before) - slow.trend) / slow.scale
    recent = base.week_level[row] - base.week_level[row - WEEK]
    going = (recent > RECENT_SHARE * (newest - before)) & (newest > 1.1 * before)
    return np.where(going, rise, 0), before
