"""How far a series strays from its forecast on ordinary days, measured by replaying the forecast on its own past.

Errors are logs of (cost + softener) / (expected + softener): cost noise grows with cost, and below a few dollars relative
changes mean nothing. All arrays are (days, series) unless said otherwise.
"""

import numpy as np

from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array

SOFTENER = 3.0
"""USD. Billing granularity: one more small server or one report costs a few dollars a day."""

ERROR_DAYS = 56
FLOOR = 0.045
"""Relative error below which no series is trusted: prices, clocks and late meters move costs by some percent."""
GRAIN_USD = 0.75
"""USD of unavoidable noise a day, for the same reason as the softener."""
YOUNG_DAYS = 35
YOUNG_SCALE = 0.2


def log_ratio(actual: Array, expected: Array) -> Array:
    """Softened log error; broadcasts."""
    ratio: Array = np.log((actual + SOFTENER) / (expected + SOFTENER))
    return ratio


def with_floors(scale: Array, level: Array, age: Array) -> Array:
    """Add what the sample cannot show: the floor, the grain of small costs, the ignorance about young series. (series,)."""
    grain = GRAIN_USD / (level + SOFTENER)
    floored = np.sqrt(scale**2 + FLOOR**2 + grain**2)
    out: Array = np.where(age < YOUNG_DAYS, np.maximum(floored, YOUNG_SCALE), floored)
    return out


def sorted_valid(errors: Array, valid: Mask) -> tuple[Array, Array]:
    """Sort over days with the invalid ones last: (days, series) -> the same, and the number of valid ones (series,)."""
    return np.sort(np.where(valid, errors, np.inf), axis=0), valid.sum(axis=0)


def pick(ranked: Array, count: Array, quantile: float) -> Array:
    """The quantile of the first `count` rows of sorted columns: (days, series) -> (series,); 0 where there are none."""
    index = np.maximum(np.rint(quantile * (count - 1)), 0).astype(np.int64)
    value = np.take_along_axis(ranked, index[None], axis=0)[0]
    out: Array = np.where(count > 0, value, 0.0)
    return out


def error_scale(around: Array, ahead: Array, valid: Mask) -> Array:
    """Scale of errors above the forecast, all (days, series) -> (series,).

    `around` compares days with the days before and after: it follows every step of the level, so its median is the
    noise itself. `ahead` is what the forecast really suffered; only its upper side counts (holidays and outages lie
    below), and a step in the past may double the noise but not more.
    """
    size, count = sorted_valid(np.abs(around), valid)
    noise = np.maximum(1.4826 * pick(size, count, 0.5), pick(size, count, 0.8) / 1.2816)
    ranked, count = sorted_valid(ahead, valid)
    upper = pick(ranked, count, 0.8) / 0.8416
    scale: Array = np.maximum(noise, np.minimum(upper, TH["cap"] * noise + 0.02))
    return scale


TH = {"cap": 2.0}
