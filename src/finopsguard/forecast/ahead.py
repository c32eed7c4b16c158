"""What the days ahead will cost by series: the detector's own level, weekday and month, from the days before only.

The detector's expectation (`detection.expected_since`) is asked for days that nobody has seen yet. Two things are
added. A series' history begins with its own first cost, or where it reached the level that it has: silent or low weeks
before are no free tier that comes back with the month. And where there are less than two weeks of it, its level is the
median of its last days, once there are three of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection import expected_since

Amounts = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]

GROWN_DAYS = 14
"""With fewer the detector has no expectation."""
YOUNG_LEVEL_DAYS = 3
"""A cost that was there on one day or two may be gone tomorrow."""
BEGUN_USD = 0.005
NEW_LEVEL = 0.5
"""What was below this part of today's level in every week before is another cost: the detector would take its months
for free tiers that come back.
"""
_LEVEL_WEEKS = 4
_WEEK = 7
_AT_ONCE = 4096


def ahead(costs: Amounts, first_day: date, days: int) -> Amounts:
    """USD of each of the next `days` days by series: (series, days), zero where nothing is known.

    `costs` is (series, days held), newest day last, all of them final. Raises InvalidInput for what is no cost.
    """
    series, held = costs.shape
    out = np.zeros((series, days))
    begun = np.abs(costs) > BEGUN_USD
    born = np.where(begun.any(axis=1), begun.argmax(axis=1), held) if held else np.zeros(series, np.int64)
    grown = held - born >= GROWN_DAYS
    # By weeks, so that there are few groups; the rest of a week before the first cost harms nothing.
    starts = np.maximum(born, _level_begins(costs)) // _WEEK * _WEEK
    for start in np.unique(starts[grown]).tolist():
        rows = np.flatnonzero(grown & (starts == start))
        for part in np.array_split(rows, -(-len(rows) // _AT_ONCE)):
            out[part] = _expected(costs[part, start:], first_day + timedelta(days=start), days)
    for age in range(YOUNG_LEVEL_DAYS, GROWN_DAYS):
        rows = np.flatnonzero(held - born == age)
        if len(rows):
            out[rows] = np.median(costs[rows, held - min(age, _WEEK) :], axis=1)[:, None]
    return out


def _level_begins(costs: Amounts) -> Rows:
    """The day from which on each series is at half of its newest level or more, where it never was before: else 0.

    Four weeks are left at least, to learn the weekdays from. Of a cost that comes and goes with the month it is 0.
    """
    held = costs.shape[1]
    weeks = held // _WEEK
    if weeks <= _LEVEL_WEEKS:
        return np.zeros(len(costs), np.int64)
    level = np.median(costs[:, held - weeks * _WEEK :].reshape(len(costs), weeks, _WEEK), axis=2)
    high = level >= NEW_LEVEL * np.maximum(level[:, -1:], BEGUN_USD)
    since = np.where(high.all(axis=1), 0, weeks - high[:, ::-1].argmin(axis=1))
    never_before = high.sum(axis=1) == weeks - since
    first = held - weeks * _WEEK + np.minimum(since, weeks - _LEVEL_WEEKS) * _WEEK
    begins: Rows = np.where(never_before & (since > 0), first, 0)
    return begins


def summed(costs: Amounts, owner: Rows, owners: int) -> Amounts:
    """The rows of each owner added up: (series, days), (series,) -> (owners, days)."""
    out = np.zeros((owners, costs.shape[1]))
    np.add.at(out, owner, costs)
    return out


def numbers_of(names: Sequence[str], numbers: dict[str, int]) -> Rows:
    """The number of each name."""
    return np.fromiter((numbers[name] for name in names), np.int64, len(names))


def _expected(costs: Amounts, first_day: date, days: int) -> Amounts:
    held = costs.shape[1]
    padded = np.concatenate([costs, np.zeros((len(costs), days))], axis=1)
    found = expected_since(padded, first_day, [held] * len(costs))
    return np.nan_to_num(found.level[:, held:])
