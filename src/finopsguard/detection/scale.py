"""How far a series strays from its forecast on ordinary days, measured by replaying the forecast on its own
past.

Errors are logs of (cost + softener) / (expected + softener): the noise of a cost grows with the cost, and
below a few dollars relative changes mean nothing. Arrays are (days, series) unless said otherwise.
"""

import numpy as np

from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array

SOFTENER = 3.0
"""USD. The grain of a bill: one more small server or one more report costs a few dollars a day."""
GRAIN = 0.75
"""USD of noise a day that no series is free of, for the same reason."""
FLOOR = 0.045
"""Relative noise that no series is free of: prices, clocks and late meters move every cost by some percent."""
YOUNG_DAYS, YOUNG_SCALE = 35, 0.2
"""Five weeks are too few errors to know the scale; until then it is at least a fifth of the cost."""
YOUNG_ERRORS = 28
"""Or until its own errors, with what the service's other series are worth, are as many as after six weeks."""
NOISY = 0.25
"""A series that strays by a quarter on ordinary days."""
DAY_ROOM, SLOW_ROOM = 0.4, 0.15
"""So much more of its own noise is allowed a day, and the median of five days, where tails are heaviest. The floors are
no noise and have no tails.
"""
STEP_ROOM = 2.0
"""A step in the past may double the noise that the forecast is credited with, not more."""


def log_ratio(actual: Array, expected: Array) -> Array:
    """Softened log error; broadcasts."""
    ratio: Array = np.log((actual + SOFTENER) / (expected + SOFTENER))
    return ratio


class Ranked:
    """Valid errors of each series in order, for quantiles. (days, series) with a mask of the same shape."""

    def __init__(self, errors: Array, valid: Mask) -> None:
        self.sorted = np.sort(np.ascontiguousarray(np.where(valid, errors, np.inf).T), axis=1)
        self.count = valid.sum(axis=0)
        self.series = np.arange(len(self.count))

    def quantile(self, part: float) -> Array:
        """(series,): nearest-rank quantile; 0 where nothing is valid."""
        index = np.maximum(np.rint(part * (self.count - 1)), 0).astype(np.intp)
        value = self.sorted[self.series, index]
        out: Array = np.where(self.count > 0, value, 0)
        return out


def day_scale(around: Array, ahead: Array, valid: Mask) -> Array:
    """Scale of one day's error above the forecast: (days, series) -> (series,).

    `around` compares days with the days before and after. It follows every step, so its spread is the noise
    itself; the larger of median and 80th percentile, for costs that are flat on most days. `ahead` is what
    the forecast really suffered; only its upper side counts, because outages and holidays lie below.
    """
    size = Ranked(np.abs(around), valid)
    noise = np.maximum(1.4826 * size.quantile(0.5), size.quantile(0.8) / 1.2816)
    upper = Ranked(ahead, valid).quantile(0.8) / 0.8416
    scale: Array = np.maximum(noise, np.minimum(upper, STEP_ROOM * noise + 0.02))
    return scale


def wary_scale(scale: Array, level: Array, unknown: Mask, room: float) -> Array:
    """With floors as well, and with `room` for heavy tails: all (series,).

    Very noisy series are judged against the largest blip that they ever had, which has its tails in it.
    """
    sigma = with_floors(scale, level, unknown)
    wary: Array = np.where(sigma > NOISY, sigma, with_floors((1 + room) * scale, level, unknown))
    return wary


def with_floors(scale: Array, level: Array, unknown: Mask) -> Array:
    """Add what the sample cannot show, and more where the scale is `unknown`: all (series,)."""
    floored = np.sqrt(scale**2 + FLOOR**2 + (GRAIN / (level + SOFTENER)) ** 2)
    out: Array = np.where(unknown, np.maximum(floored, YOUNG_SCALE), floored)
    return out
