"""Evidence over several days: a rise too small for one day is clear when it stays.

For a span of k days that ends on the judged day: the dollars of the span against what the level *before* the span would have
cost on those weekdays. The error of the same statistic on past spans of the series tells how much is ordinary, so noise
that lasts (autocorrelation, wandering levels) needs no model.
"""

import numpy as np

from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array
from finopsguard.detection.scale import log_ratio, pick, sorted_valid

SPANS = (2, 3, 5, 7)
LEVEL_ERROR = 0.22
"""Variance of a 7-day median level in units of one day's variance (pi/2 / 7)."""


def span_sums(rows: Array, width: int) -> Array:
    """`out[i]` is the sum of `rows[i - width + 1 .. i]`: (days, series) -> (days - width + 1, series)."""
    total = np.cumsum(rows, axis=0)
    out = total[width - 1 :].copy()
    out[1:] -= total[:-width]
    return out


def span_errors(cost: Array, factor: Array, level: Array, width: int) -> Array:
    """Log error of every past span: (days, series) each -> (days - width + 1, series).

    `level[i]` is the flat level known before day i; a span is compared with the level known before its first day.
    """
    spent = span_sums(cost, width) / width
    rhythm = span_sums(factor, width) / width
    return log_ratio(spent, level[: len(spent)] * rhythm)


def span_scale(errors: Array, valid: Mask, day_scale: Array, width: int) -> Array:
    """Scale of a span's error: half from its own past, half from the day's scale if days were independent. (series,)."""
    theory = day_scale * np.sqrt(1 / width + LEVEL_ERROR)
    ranked, count = sorted_valid(errors, valid)
    own = pick(ranked, count, 0.85) / 1.0364
    scale: Array = np.sqrt((np.clip(own, 0, 3 * theory) ** 2 + theory**2) / 2)
    return np.where(count < 4 * width, 1.3 * theory, np.maximum(scale, theory))


def slow_scale(errors: Array, valid: Mask, day_scale: Array, width: int) -> Array:
    theory = day_scale * np.sqrt(1 / width + LEVEL_ERROR)
    ranked, count = sorted_valid(np.abs(errors), valid)
    own = np.maximum(1.4826 * pick(ranked, count, 0.5), pick(ranked, count, 0.8) / 1.2816)
    scale: Array = np.sqrt((np.minimum(own, 3 * theory) ** 2 + theory**2) / 2)
    return np.where(count < 20, 1.5 * theory, np.maximum(scale, theory))
