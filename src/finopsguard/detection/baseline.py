"""The ordinary cost of a day: the level of the last days times the factor of its weekday.

Everything is (days, series) and causal: the level of a day is made from earlier days only.
"""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.medians import rolling_median
from finopsguard.detection.model import Array

FACTOR_WEEKS = 8
"""Two months of weeks: long enough to outvote a bad week, short enough to follow a new work rhythm."""
FALLEN = 0.7
"""A level that fell below this part of a former one may come back without being news."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cost without its weekday rhythm, and its level. Rows start at the first day of the fitted history.

    `fitted` is the number of history days (whole weeks); rows from there on are the judged week.
    """

    factor: Array
    """(7, series): by position in the week counted from the first row."""
    flat: Array
    """(days, series): cost / factor."""
    week_level: Array
    """(days, series): median of the 7 flat days that end on that day."""
    fitted: int

    def factors(self) -> Array:
        """The weekday factor of every row: (days, series)."""
        return self.factor[np.arange(len(self.flat)) % WEEK]

    def week_before(self, weeks: int, rows: slice) -> Array:
        """Flat level of the week that ended `weeks` weeks before the day before each of `rows`: (rows, series).

        Before the first full week of history, the level of that week.
        """
        index = np.arange(rows.start, rows.stop) - 1 - WEEK * weeks
        return self.week_level[np.maximum(index, WEEK - 1)]

    def levels(self, rows: slice) -> tuple[Array, Array]:
        """Largest and smallest ordinary flat level before each of `rows`: two (rows, series).

        Ordinary are the last week, and the median of the last four weeks. A level that held for a week within the last
        five weeks and has fallen since is ordinary too: coming back from an outage or a holiday is no rise.
        """
        weeks = [self.week_before(lag, rows) for lag in range(5)]
        highest = np.maximum.reduce(weeks[:4])
        lowest = np.minimum.reduce(weeks[:4])
        month = (weeks[0] + weeks[1] + weeks[2] + weeks[3] - highest - lowest) / 2
        top, bottom = np.maximum(weeks[0], month), np.minimum(weeks[0], month)
        held = np.maximum(highest, weeks[4])
        return np.where(bottom < FALLEN * held, held, top), bottom


def weekday_factors(weeks: Array, age: Array) -> Array:
    """How each weekday compares with the median of its own week: (weeks, 7, series), (series,) -> (7, series).

    A ratio inside each week, so a level shift between weeks does not bend it; the median over weeks, so a bad day does
    not either. Small costs are drawn to 1: a rhythm in cents is noise. Series younger than three weeks get 1.
    """
    recent = weeks[-FACTOR_WEEKS:]
    level = np.median(recent, axis=1, keepdims=True)
    ratio = (recent + 0.05 * level + 0.02) / (1.05 * level + 0.02)
    factor: Array = np.clip(np.median(ratio, axis=0), 0.002, 5000.0)
    factor[:, age < 3 * WEEK] = 1.0
    return factor


def fit_baseline(cost: Array, fitted: int, age: Array) -> Baseline:
    """Fit on the first `fitted` rows of `cost` (days, series; >= 0), a multiple of 7; extend to all rows."""
    series = cost.shape[1]
    factor = weekday_factors(cost[:fitted].reshape(-1, WEEK, series), age)
    flat = cost / factor[np.arange(len(cost)) % WEEK]
    return Baseline(factor, flat, rolling_median(flat, WEEK), fitted)
