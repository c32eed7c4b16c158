"""The methods that people use, each as it is usually written: a score and an expected cost for the newest
three days.

All of them get what the product's detector gets for free: the dollar and percent gates, the rule that drops
are judged on complete days only, and (in the "tuned" columns) the threshold that is best for them on a tuning
data set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from benchmarks.detection.labels import Array

JUDGED = 3
Judged = tuple[Array, Array]
"""Score and expected USD, both (series, 3)."""


@dataclass(frozen=True, slots=True)
class Method:
    """`judge(view, first_day)` sees (series, days) as a run sees them; `usual` is the threshold people write
    down.
    """

    name: str
    judge: Callable[[Array, date], Judged]
    usual: float
    packages: tuple[str, ...] = ()


def percent_over_week(view: Array, _: date) -> Judged:
    """So many percent above the mean of the seven days before: the rule of most scripts and of many FinOps
    tools.
    """
    expected = np.stack([view[:, -k - 7 : -k].mean(axis=1) for k in (3, 2, 1)], axis=1)
    return (view[:, -JUDGED:] - expected) / (np.abs(expected) + 1e-9), expected


def z_score(view: Array, _: date) -> Judged:
    """Standard deviations above the mean of 28 days."""
    windows = [view[:, -k - 28 : -k] for k in (3, 2, 1)]
    expected = np.stack([window.mean(axis=1) for window in windows], axis=1)
    spread = np.stack([window.std(axis=1) for window in windows], axis=1)
    return (view[:, -JUDGED:] - expected) / (spread + 1e-9), expected


def weekday_mad(view: Array, _: date) -> Judged:
    """Median absolute deviations above the median of the last eight same weekdays (Iglewicz and Hoaglin's
    score).
    """
    days = view.shape[1]
    score, expected = np.empty((len(view), JUDGED)), np.empty((len(view), JUDGED))
    for k in range(JUDGED):
        day = days - JUDGED + k
        same = view[:, day - 7 : max(0, day - 57) : -7]
        middle = np.median(same, axis=1)
        spread = np.median(np.abs(same - middle[:, None]), axis=1)
        score[:, k] = 0.6745 * (view[:, day] - middle) / (spread + 1e-9)
        expected[:, k] = middle
    return score, expected


def trend_and_weekday_band(view: Array, _: date) -> Judged:
    """A straight line through 60 days plus weekday means; standard deviations of its residuals: a regression
    band.
    """
    past = view[:, -60 - JUDGED : -JUDGED]
    time = np.arange(past.shape[1] + JUDGED)
    columns = np.concatenate([time[:, None] / 60, np.eye(7)[time % 7]], axis=1)
    fit = np.linalg.lstsq(columns[:-JUDGED], past.T, rcond=None)[0]
    spread = (past - (columns[:-JUDGED] @ fit).T).std(axis=1, keepdims=True)
    expected = (columns[-JUDGED:] @ fit).T
    return (view[:, -JUDGED:] - expected) / (spread + 1e-9), expected


QUICK = (
    Method("percent over 7 days", percent_over_week, 0.25),
    Method("z-score, 28 days", z_score, 3.0),
    Method("MAD by weekday", weekday_mad, 3.5),
    Method("trend + weekday band", trend_and_weekday_band, 3.0),
)
