"""Which of the newest days are provisional, so that a day half billed is never taken for a saving.

Cost Explorer's `Estimated` flag cannot tell: it is true for the whole open month. AWS documents that data are
refreshed at least once every 24 hours, and yesterday can be almost empty 20 hours after its end. So a day is judged by
its age, and by its completeness against its own history: what comes late is short nearly everywhere at once and on the
newest days only. One account that falls, and a fall that lasts, are a fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.periods import LATE_HOURS
from finopsguard.costs.series import DailySeries
from finopsguard.models.run import Period

COMPLETE_SHARE = 0.9
BROAD_SHARE = 0.5
WEEKS_BEFORE = 4
"""A day is held against its own weekday of so many weeks before."""
LEVEL_DAYS = 3
FEW_ACCOUNTS = 4
"""With fewer accounts that cost anything, a shortage is looked for in each account's services."""
NEEDED_DAYS = 42
"""The days that are looked at: those that may be provisional, the level before them and the four weeks before that."""

_DAY = timedelta(days=1)
_WEEK = 7
_Amounts = NDArray[np.float64]


class Unsettled(NamedTuple):
    """The provisional days, oldest first; `late` are those that are old enough to be settled, and incomplete."""

    provisional: tuple[date, ...]
    late: tuple[date, ...]


def newest_days(window: Period) -> Period:
    """The days of the window that `provisional_days` looks at."""
    return Period(max(window.start, window.end - timedelta(days=NEEDED_DAYS)), window.end)


def provisional_days(series: DailySeries, scheduled_time: datetime, settle_hours: int) -> Unsettled:
    """The provisional days at the end of the series, which holds the usage that a run reads or its newest days.

    A day is provisional if it ended less than `settle_hours` before the scheduled time, or less than LATE_HOURS before
    and is incomplete, which is late. A day after a provisional one is provisional too: bills fill up in order.
    """
    known = series.newest(NEEDED_DAYS).since_first_cost()
    provisional: list[date] = []
    late: list[date] = []
    for column in range(known.days):
        day = known.first_day + column * _DAY
        hours = age_hours(day, scheduled_time)
        is_late = settle_hours <= hours < LATE_HOURS and _is_incomplete(known, column, scheduled_time)
        if is_late:
            late.append(day)
        if provisional or is_late or hours < settle_hours:
            provisional.append(day)
    return Unsettled(tuple(provisional), tuple(late))


def age_hours(day: date, at: datetime) -> float:
    """Hours from the end of a UTC day to `at`."""
    return (at - datetime.combine(day + _DAY, time(), UTC)).total_seconds() / 3600


def _is_incomplete(series: DailySeries, column: int, at: datetime) -> bool:
    """True if the day is short as a whole, and remains so without the account (or service) that is short most.

    Usual is the median of the same weekday in the four weeks before, or less where the days before the newest ones were
    lower than theirs: a fall that lasts is no late data a week later.
    """
    before = _weeks_before(column)
    if not before:
        return False
    settled = _settled_before(series, column, at)
    total = series.costs.sum(axis=0, keepdims=True)
    if not _short(total[:, column], _usual(total, column, settled)).any():
        return False
    units = _units(series, before)
    actual, usual = units[:, column], _usual(units, column, settled)
    active = usual > 0
    if active.sum() < 2:
        return True
    actual, usual = actual[active], usual[active]
    others = np.arange(len(usual)) != np.argmax(usual - actual)
    actual, usual = actual[others], usual[others]
    short = _short(actual, usual)
    return bool(
        actual.sum() < COMPLETE_SHARE * usual.sum() and usual[short].sum() >= BROAD_SHARE * usual.sum()
    )


def _weeks_before(column: int) -> list[int]:
    return [past for week in range(1, WEEKS_BEFORE + 1) if (past := column - week * _WEEK) >= 0]


def _settled_before(series: DailySeries, column: int, at: datetime) -> list[int]:
    """The newest days before that one that cannot be late any more."""
    old = [
        each
        for each in range(column)
        if age_hours(series.first_day + each * _DAY, at) >= LATE_HOURS and _weeks_before(each)
    ]
    return old[-LEVEL_DAYS:]


def _usual(amounts: _Amounts, column: int, settled: Sequence[int]) -> _Amounts:
    """What each row usually has on that day: its median, times the share of it that the days before had, 1 at most."""
    level = np.ones(len(amounts))
    if settled:
        usual = np.stack([_median(amounts, each) for each in settled])
        had = amounts[:, settled].T
        shares = np.where(usual > 0, had / np.where(usual > 0, usual, 1.0), 1.0)
        level = np.clip(np.median(shares, axis=0), 0.0, 1.0)
    return _median(amounts, column) * level


def _median(amounts: _Amounts, column: int) -> _Amounts:
    return np.asarray(np.median(amounts[:, _weeks_before(column)], axis=1), dtype=np.float64)


def _short(actual: _Amounts, usual: _Amounts) -> NDArray[np.bool_]:
    return np.asarray(actual < COMPLETE_SHARE * usual, dtype=np.bool_)


def _units(series: DailySeries, before: Sequence[int]) -> _Amounts:
    """Costs by account; by account and service where few accounts cost anything."""
    names, rows = np.unique(np.asarray(series.accounts, dtype=str), return_inverse=True)
    accounts = np.zeros((len(names), series.days))
    np.add.at(accounts, rows, series.costs)
    active = (np.median(accounts[:, list(before)], axis=1) > 0).sum()
    return accounts if active >= FEW_ACCOUNTS else series.costs
