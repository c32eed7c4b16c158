"""The ordinary cost of a day: the level of the days before it times the factor of its weekday.

Arrays are (days, series). Causal: the level of a day is made from earlier days only.
"""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import WEEK
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
FALLEN = 0.7
"""A level that fell below this part of a former one may come back without being news."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cost without its weekday rhythm, and its level. Rows start at the first day of the fitted history."""

    factor: Array
    """(7, series): by position in the week, counted from the first row."""
    flat: Array
    """(days, series): cost / factor."""
    week_level: Array
    """(days, series): median of the 7 flat days that end on that day."""

    def factors(self, rows: slice) -> Array:
        """The weekday factor of each of `rows`: (rows, series)."""
        out: Array = self.factor[np.arange(rows.start, rows.stop) % WEEK]
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


def weekday_factors(weeks: Array, age: Days) -> Array:
    """How each weekday compares with the median of its own week: (weeks, 7, series), (series,) -> (7, series).

    A ratio inside each week, so a level shift between weeks does not bend it; the median over weeks, so a bad
    day does not either.
    """
    recent = weeks[-FACTOR_WEEKS:]
    level = median_of_7([recent[:, weekday] for weekday in range(WEEK)])[:, None]
    draw = SMALL_PART * level + SMALL_USD
    ratio = (recent + draw) / (level + draw)
    factor = np.clip(median_rows(ratio), 0.002, 5000.0)
    factor[:, age < FACTOR_AGE] = 1.0
    return factor


def fit_baseline(cost: Array, fitted: int, age: Days) -> Baseline:
    """Fit on the first `fitted` rows of `cost` (days, series; >= 0), a multiple of 7; extend to all rows."""
    factor = weekday_factors(cost[:fitted].reshape(-1, WEEK, cost.shape[1]), age)
    flat = cost / factor[np.arange(len(cost)) % WEEK]
    return Baseline(factor, flat, rolling_median(flat, WEEK))
