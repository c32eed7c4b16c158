"""What last year's same days explain: holidays, Black Friday, the ends of quarters and years.

One more ordinary explanation, and the last one: it is asked only of a day that every other rule would tell, and only
where the history has thirteen months. Arrays are (series,) unless said otherwise.
"""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.day import Verdict
from finopsguard.detection.gates import Mask, material_drop, material_rise
from finopsguard.detection.medians import median_of_3
from finopsguard.detection.model import Array, Days, DetectionConfig
from finopsguard.detection.scale import FLOOR, log_ratio
from finopsguard.detection.screen import SILENT_USD

YEAR_DAYS = 390
"""Thirteen months: a year, and three weeks before it that say what was usual then."""
WEEKS_THEN = 3
DATE_ROOM, WEEKDAY_ROOM = 2, 1
"""Days around the same date (the last working day of a quarter) and around the same weekday of the year."""
THURSDAY = 3
CLEAR_SCALES = 3.5
"""Scales by which a day of last year must have left its own level to explain anything."""
BEYOND_SCALES = 3.0
"""And scales by which this year must exceed it: both years' days stray."""
LEAST_RATIO = 1e-9


def same_days_a_year_ago(calendar: Calendar, day: int) -> Days:
    """Indices of last year's days that `day` is compared with, those only that have three weeks before them.

    The same date; the same weekday 52 weeks ago; and the same weekday of its month (the first Monday of September), of
    `day` and of the Thursday before it, for what follows Thanksgiving is 52 or 53 weeks away.
    """
    date = _of_last_year(calendar, day, calendar.day_of_month == calendar.day_of_month[day])
    since_thursday = (int(calendar.weekday[day]) - THURSDAY) % WEEK
    weekdays = [np.array([day - 52 * WEEK])] + [
        _of_last_year(calendar, day - back, _same_weekday(calendar, day - back)) + back
        for back in (0, min(since_thursday, day))
    ]
    near = [date + offset for offset in range(-DATE_ROOM, DATE_ROOM + 1)]
    near += [each + offset for each in weekdays for offset in range(-WEEKDAY_ROOM, WEEKDAY_ROOM + 1)]
    days = np.unique(np.concatenate(near))
    return days[days >= WEEKS_THEN * WEEK]


def _of_last_year(calendar: Calendar, day: int, where: Mask) -> Days:
    return np.flatnonzero(where & (calendar.month == calendar.month[day] - 12))


def _same_weekday(calendar: Calendar, day: int) -> Mask:
    """Days with the weekday of `day` and its place in the month: (days,)."""
    place = (calendar.day_of_month - 1) // WEEK
    same: Mask = (calendar.weekday == calendar.weekday[day]) & (place == place[day])
    return same


@dataclass(frozen=True, slots=True)
class LastYear:
    """What last year explains of a day; all (series,)."""

    highest: Array
    """USD; 0 where it explains no rise."""
    lowest: Array
    """USD; infinity where it explains no fall."""
    sigma: Array
    """Scale of a log error of such a day."""

    def brought(self, cost: Array, config: DetectionConfig) -> Mask:
        """Where a rise is what last year had too, and not materially more."""
        beyond = material_rise(cost, self.highest, config)
        beyond &= log_ratio(cost, self.highest) * config.sensitivity >= BEYOND_SCALES * self.sigma
        same: Mask = (self.highest > 0) & ~beyond
        return same

    def rested(self, cost: Array, config: DetectionConfig) -> Mask:
        """Where a fall is what last year had too."""
        same: Mask = np.isfinite(self.lowest) & ~material_drop(cost, self.lowest, config)
        return same


def last_year(calendar: Calendar, day: int, past: Array, sigma: Array) -> LastYear | None:
    """What last year explains of `day`; None without thirteen months.

    `past` (days, series) is learned from. Last year's days count in multiples of the median of their weekday in the
    three weeks before, carried to this year's weeks; of a service that is silent but for such days, in dollars.
    """
    days = same_days_a_year_ago(calendar, day) if day + 1 >= YEAR_DAYS else ()
    if not len(days):
        return None
    now = _level_before(past, day)
    then = np.stack([_level_before(past, one) for one in days])
    cost = np.maximum(past[days], 0)
    known = then >= SILENT_USD
    ratio = np.where(known, cost / np.maximum(then, SILENT_USD), 1)
    most, least = ratio.max(axis=0), ratio.min(axis=0)
    room = CLEAR_SCALES * sigma
    highest = np.where(np.log(np.maximum(most, 1)) > room, most * now, 0)
    lowest = np.where(np.log(np.maximum(least, LEAST_RATIO)) < -room, least * now, np.inf)
    silent = ~known.any(axis=0) & (now < SILENT_USD)
    return LastYear(np.where(silent, cost.max(axis=0), highest), lowest, np.where(silent, FLOOR, sigma))


def _level_before(past: Array, day: int) -> Array:
    weeks = [np.maximum(past[day - WEEK * lag], 0) for lag in range(1, WEEKS_THEN + 1)]
    return median_of_3(*weeks)


def excuse_last_year(
    verdict: Verdict,
    calendar: Calendar,
    day: int,
    cost: Array,
    past: Array,
    sigma: Array,
    config: DetectionConfig,
) -> None:
    """Take back, in place, what last year's same days brought too; what is more is told against last year.

    `cost` is the day's, `past` (days, series) what is learned from.
    """
    columns = np.flatnonzero(verdict.score) if day + 1 >= YEAR_DAYS else ()
    if not len(columns):
        return
    then = last_year(calendar, day, past[:, columns], sigma[columns])
    if then is None:
        return
    today, score = np.maximum(cost[columns], 0), verdict.score[columns]
    rise, fall = score > 0, score < 0
    same = (rise & then.brought(today, config)) | (fall & then.rested(today, config))
    verdict.score[columns] = np.where(same, 0, score)
    expected = verdict.expected[columns]
    np.maximum(expected, then.highest, out=expected, where=rise)
    np.minimum(expected, then.lowest, out=expected, where=fall)
    verdict.expected[columns] = expected
