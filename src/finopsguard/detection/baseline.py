"""The ordinary cost of a day: the level of the days before it times the factor of its weekday.

Arrays are (days, series). Causal: the level of a day is made from earlier days only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask
from finopsguard.detection.medians import (
    median_of_3,
    median_of_4,
    median_of_7,
    median_rows,
    rolling_median,
    third_largest,
)
from finopsguard.detection.model import Array, Days

FACTOR_WEEKS = 8
"""Two months of weeks: long enough to outvote a bad week, short enough to follow a new work rhythm."""
FACTOR_AGE = 3 * WEEK
"""Younger series get no weekday factor: one or two weeks cannot tell a rhythm from an accident."""
SMALL_PART, SMALL_USD = 0.02, 0.02
"""Added to both sides of a weekday's ratio: a rhythm in cents is noise, and an idle week has no rhythm."""
HELD_WEEKS = 9
"""A level that held for three of so many weeks is the series' own."""
IDLE_PART, IDLE_USD = 0.02, 0.01
"""A day that costs less than this part of the mean day is idle."""
WORKING, RESTING = 0.7, 0.5
"""Part of the weeks in which something is billed: on a working day at least, on an idle one at most."""
RHYTHM_KNOWN = 0.9
"""How often the weekday must say right whether something is billed."""
MISSING_WEEKS = 2
WORKING_DAYS = 5
FALLEN = 0.7
"""A level that fell below this part of a former one may come back without being news."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cost without its weekday rhythm, and its level. Rows start at the first day of the fitted history."""

    factor: Array
    """(7, series): by position in the week, counted from the first row."""
    idle: Mask
    """(7, series): weekdays on which a series with a rhythm rests."""
    flat: Array
    """(days, series): cost / factor; on idle weekdays the level of the working days before."""
    week_level: Array
    """(days, series): median of the 7 flat days that end on that day."""

    def factors(self, rows: slice) -> Array:
        """The weekday factor of each of `rows`: (rows, series)."""
        out: Array = self.factor[np.arange(rows.start, rows.stop) % WEEK]
        return out

    def rests(self, rows: slice) -> Mask:
        """Which of `rows` are idle weekdays: (rows, series)."""
        out: Mask = self.idle[np.arange(rows.start, rows.stop) % WEEK]
        return out

    def level_before(self, rows: slice, days: int) -> Array:
        """Level of the week that ended `days` days before each of `rows`: (rows, series).

        Before the first full week of history it is the level of that week.
        """
        index = np.arange(rows.start, rows.stop) - days
        if index[0] >= WEEK - 1:
            out: Array = self.week_level[index[0] : index[-1] + 1]
        else:
            out = self.week_level[np.maximum(index, WEEK - 1)]
        return out

    def ordinary(self, rows: slice) -> tuple[Array, Array]:
        """Largest and smallest ordinary flat level before each of `rows`: two (rows, series).

        Ordinary are the last week, and the median of the last four. A level of the last five that held for three
        weeks of nine and has fallen since is ordinary too: coming back from an outage or a holiday is no rise. What
        was there for two weeks and went was an incident.
        """
        weeks = [self.level_before(rows, 1 + WEEK * lag) for lag in range(HELD_WEEKS)]
        own = third_largest(weeks)
        month = np.minimum(median_of_4(*weeks[:4]), np.maximum(own, weeks[0]))
        top, bottom = np.maximum(weeks[0], month), np.minimum(weeks[0], month)
        held = np.minimum(np.maximum.reduce(weeks[:5]), own)
        return np.where(bottom < FALLEN * held, held, top), bottom

    def before_the_rise(self, rows: slice) -> Array:
        """Flat level that a slow rise is measured against: (rows, series).

        The median of two, three and four weeks before, and no less than five and six weeks before, so that
        what comes back after a month is no rise.
        """
        near = median_of_3(*(self.level_before(rows, WEEK * lag) for lag in (2, 3, 4)))
        far = np.maximum(self.level_before(rows, 5 * WEEK), self.level_before(rows, 6 * WEEK))
        out: Array = np.maximum(near, far)
        return out


def idle_weekdays(weeks: Array, age: Days) -> Mask:
    """The weekdays on which a series with a rhythm rests: (weeks, 7, series), (series,) -> (7, series).

    A rhythm is when the weekday says whether something is billed: on working days, on Tuesdays, not on Sundays. Weeks
    with nothing at all are holidays or outages. A series that works and rests at random has no idle weekday.
    """
    recent = weeks[-FACTOR_WEEKS:]
    active = recent > np.maximum(IDLE_PART * recent.mean(axis=(0, 1)), IDLE_USD)
    used = active.any(axis=1).sum(axis=0)
    share = active.sum(axis=0) / np.maximum(used, 1)
    known = np.maximum(share, 1 - share).mean(axis=0) >= RHYTHM_KNOWN
    known &= (share.max(axis=0) >= WORKING) & (used >= len(recent) - MISSING_WEEKS) & (age >= FACTOR_AGE)
    idle: Mask = known & (share < RESTING)
    return idle


def weekday_factors(weeks: Array, age: Days, idle: Mask) -> Array:
    """How each weekday compares with the median of its own week: (weeks, 7, series), (series,), (7, series) -> (7,
    series).

    A ratio inside each week, so a level shift between weeks does not bend it; the median over weeks, so a bad
    day does not either. Idle weekdays have no part in the median, and factor 0.
    """
    recent = weeks[-FACTOR_WEEKS:]
    level = median_of_7([recent[:, weekday] for weekday in range(WEEK)])[:, None]
    for pattern, columns in patterns(idle):
        level[:, 0, columns] = np.median(recent[:, ~pattern][:, :, columns], axis=1)
    draw = SMALL_PART * level + SMALL_USD
    ratio = (recent + draw) / (level + draw)
    factor = np.clip(median_rows(ratio), 0.002, 5000.0)
    factor[:, age < FACTOR_AGE] = 1.0
    factor[idle] = 0.0
    return factor


def patterns(idle: Mask) -> Iterator[tuple[Mask, Days]]:
    """The sets of idle weekdays that occur, each with its series: ((7,), (series of it,))."""
    columns = np.flatnonzero(idle.any(axis=0))
    if len(columns):
        code = (idle[:, columns] << np.arange(WEEK)[:, None]).sum(axis=0)
        for one in np.unique(code):
            members = columns[code == one]
            yield idle[:, members[0]], members


def without_idle(flat: Array, idle: Mask) -> None:
    """Give idle weekdays the median of the five working days before, in place: (days, series), (7, series).

    So they have no say in the level of their week. Before the first five working days it is the median of these.
    """
    weekday = np.arange(len(flat)) % WEEK
    for pattern, columns in patterns(idle):
        works = np.flatnonzero(~pattern[weekday])
        if len(works) < WORKING_DAYS:
            continue
        level = rolling_median(flat[np.ix_(works, columns)], WORKING_DAYS)
        rests = np.flatnonzero(pattern[weekday])
        flat[np.ix_(rests, columns)] = level[np.maximum(np.searchsorted(works, rests) - 1, 0)]


def fit_baseline(cost: Array, fitted: int, age: Days) -> Baseline:
    """Fit on the first `fitted` rows of `cost` (days, series; >= 0), a multiple of 7; extend to all rows."""
    weeks = cost[:fitted].reshape(-1, WEEK, cost.shape[1])
    idle = idle_weekdays(weeks, age)
    factor = weekday_factors(weeks, age, idle)
    flat = cost / np.where(idle, 1, factor)[np.arange(len(cost)) % WEEK]
    without_idle(flat, idle)
    return Baseline(factor, idle, flat, rolling_median(flat, WEEK))
