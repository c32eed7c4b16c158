"""Nearly nothing where there was always something."""

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.day import DROP, Day, Verdict
from finopsguard.detection.gates import Mask, material_drop
from finopsguard.detection.model import Array, Days
from finopsguard.detection.monthly import low_again, lows_of_the_month
from finopsguard.detection.scale import NOISY, log_ratio

DROP_AGE, DROP_DAYS = 28, 63
NEVER_BELOW = 0.4
"""Part of its level that a series must have kept for four weeks, apart from two days, for a drop to mean anything."""
LOW_AGAIN = 0.25
"""Part of its level below which an earlier month was as low at this time."""
IDLE_WORKING_DAYS = 3
"""A series with idle weekdays has holidays too: so many working days in a row must be idle."""
LEAST_FACTOR = 1e-3
COMMON_WEEKS, COMMON_PART = 8, 0.5
"""A series that cost as little on so many days of eight weeks is one of bursts: it falls after each of them."""
TURNS = (1, 2)
"""Weeks between two turns of a job. What comes seldomer makes no level."""
CAME = 0.75
"""Part of its earlier turns of eight weeks that a job must have come at."""


def drop(verdict: Verdict, day: Day, day_scales: float) -> None:
    """Nearly gone, below anything of nine weeks apart from two days, in a series that is never so low.

    A negative day is a credit, not a drop.
    """
    profile, row, cost = day.profile, day.row, day.cost
    usual = profile.bottom[profile.row_of_top(row)]
    score = log_ratio(cost, usual) / profile.sigma / day_scales * day.config.sensitivity
    gone = (score <= -1) & material_drop(cost, usual, day.config) & (day.age >= DROP_AGE)
    gone &= ~profile.credit[row - profile.fitted]
    gone &= (profile.sigma <= NOISY) | (profile.billed[row - 1] <= (1 - day.config.drop_pct) * usual)
    rhythm = gone & profile.base.idle.any(axis=0)
    if rhythm.any():
        gone &= ~rhythm | out_of_rhythm(day, (1 - day.config.drop_pct) * usual)
    columns = np.flatnonzero(gone)
    if not len(columns):
        return
    limit = np.maximum(2 * cost, LOW_AGAIN * usual)
    columns = columns[~between_bursts(day, columns, limit[columns])]
    # Without weekdays, or every weekend would make a month low.
    limit = limit[columns] / np.maximum(day.factor()[columns], LEAST_FACTOR)
    flat = profile.base.flat[:row, columns]
    columns = columns[~low_again(flat, day.calendar, profile.first + row, profile.first, limit)]
    # The two days before may belong to the drop already.
    start, stop = max(0, row - DROP_DAYS - 2), row - 2
    past = profile.cost[start:stop, columns]
    spared = profile.base.rests(slice(start, stop))[:, columns]
    low = ~spared & (past <= NEVER_BELOW * usual[columns])
    spared |= lows_of_the_month(low, day.calendar, profile.first + start)
    spared |= np.arange(start, stop)[:, None] < row - day.age[columns]
    lowest = np.sort(np.where(spared, np.inf, past), axis=0)[2]
    flat = np.where(spared[-4 * WEEK :], np.inf, profile.base.flat[start:stop, columns][-4 * WEEK :])
    steady = np.sort(flat, axis=0)[2] > NEVER_BELOW * usual[columns] / np.maximum(
        day.factor()[columns], LEAST_FACTOR
    )
    columns = columns[steady & (lowest > 2 * cost[columns])]
    verdict.score[columns] = score[columns]
    verdict.expected[columns] = usual[columns]
    verdict.kind[columns] = DROP


def between_bursts(day: Day, columns: Days, limit: Array) -> Mask:
    """Where a cost of up to `limit` is common, and no job failed to come at two of its turns: (columns,).

    A job of every second week leaves a trifle in its weeks off.
    """
    row, past = day.row, day.profile.cost[:, columns]
    rows = slice(max(0, row - COMMON_WEEKS * WEEK), row)
    seen = ~day.profile.base.rests(rows)[:, columns]
    seen &= np.arange(rows.start, row)[:, None] >= row - day.age[columns]
    common: Mask = (seen & (past[rows] <= limit)).sum(axis=0) > COMMON_PART * seen.sum(axis=0)
    for weeks in TURNS:
        turns = past[row - weeks * WEEK :: -weeks * WEEK][: COMMON_WEEKS // weeks] > limit
        common &= turns[0] | (turns[1:].mean(axis=0) < CAME)
    return common


def out_of_rhythm(day: Day, limit: Array) -> Mask:
    """Where none of the newest working days cost more than `limit`: one idle working day is a holiday: (series,)."""
    seen = np.zeros(len(limit), np.int64)
    low = ~day.rests
    for back in range(min(IDLE_WORKING_DAYS * WEEK, day.row)):
        counts = ~day.rested(back) & (seen < IDLE_WORKING_DAYS)
        low &= ~counts | (day.profile.billed[day.row - back] <= limit)
        seen += counts
    low &= seen == IDLE_WORKING_DAYS
    return low
