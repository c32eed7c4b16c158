"""Medians over time, for all series at once. Arrays are (days, series): a day is one contiguous row."""

import numpy as np

from finopsguard.detection.model import Array


def rolling_median(rows: Array, width: int) -> Array:
    """Trailing median: `out[i]` is the median of `rows[i - width + 1 .. i]`; shorter windows at the start.

    (days, series) -> (days, series).
    """
    out = np.empty_like(rows)
    for i in range(min(width - 1, len(rows))):
        out[i] = np.median(rows[: i + 1], axis=0)
    if len(rows) >= width:
        windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=0)
        out[width - 1 :] = np.median(windows, axis=2)
    return out


def robust_scale(errors: Array, quantile: float = 0.8) -> Array:
    """Standard deviation of centred errors that a minority of outliers cannot move: (days, series) -> (series,).

    The larger of two estimates that agree for Gaussian errors: 1.4826 x median, and the 80th percentile / 1.2816.
    The second sees the shoulders of a distribution whose centre is narrow (a cost that is flat most days).
    """
    size = np.sort(np.abs(errors), axis=0)
    upper = size[min(len(size) - 1, int(quantile * (len(size) - 1) + 0.5))]
    scale: Array = np.maximum(1.4826 * size[len(size) // 2], upper / 1.2816)
    return scale
