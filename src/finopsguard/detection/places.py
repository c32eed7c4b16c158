"""What the month explains by weekday: jobs of the first Monday, the last Friday, the first or last working day.

By number such a day comes up to six days earlier or later from month to month, so `monthly.py` does not know it. A
place is once in each month.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.monthly import MONTH_DAYS, MonthlyFee
from finopsguard.detection.scale import log_ratio

WORKING_DAYS = 5
LAST_WEEKDAY, FIRST_WORKING, LAST_WORKING, NOWHERE = 35, 42, 43, 44
"""Numbers of places, after the n-th weekdays."""
LEAST_MONTHS = 2
"""What came once on a first Monday may be chance."""
STEADY = 0.75
"""Part of the months in which a job must have come at its place, and of what came on that weekday that must have come
there: a job of every second week comes to all places of its weekday.
"""
LAST_DAYS = 3
"""The last days of a month are counted from its end too."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """Past days on which a job came to a place that it keeps to; an entry for each such place. All (entries,)."""

    row: Days
    series: Days
    place: Days
    months: Days
    """In which a job came there."""
    usual: Array
    """USD above level, the second largest of the place: one incident does not excuse the next."""
    largest: Array
    smallest: Array

    def part(self, where: Mask | Days) -> "Jobs":
        """Some entries, in the order of `where`."""
        return Jobs(
            self.row[where],
            self.series[where],
            self.place[where],
            self.months[where],
            self.usual[where],
            self.largest[where],
            self.smallest[where],
        )


def places(calendar: Calendar, days: Days) -> Days:
    """The places of each of `days` by weekday: (3, days).

    As the n-th of its weekday; as the last of its weekday; as a working day, the first or last of its month.
    """
    weekday, day, left = calendar.weekday[days], calendar.day_of_month[days], calendar.days_left[days]
    works = weekday < WORKING_DAYS
    opens = works & ((day == 1) | ((weekday == 0) & (day <= 3)))
    closes = works & ((left == 0) | ((weekday == WORKING_DAYS - 1) & (left <= 2)))
    return np.stack(
        [
            (day - 1) // WEEK * WEEK + weekday,
            np.where(left < WEEK, LAST_WEEKDAY + weekday, NOWHERE),
            np.where(opens, FIRST_WORKING, np.where(closes, LAST_WORKING, NOWHERE)),
        ]
    )


def find_jobs(surplus: Array, calendar: Calendar, first: int, age: Days) -> Jobs:
    """The surpluses that keep to a place, in the months since the first cost.

    `surplus` (days, series) starts at day index `first`.
    """
    days, width = np.arange(first, first + len(surplus)), surplus.shape[1]
    row, series = np.divmod(np.flatnonzero(surplus > 0), width)
    where = places(calendar, days)
    place = where[:, row]
    months = counted(place * width + series)
    there = (where[:, None] == np.arange(NOWHERE + 1)[:, None]).any(axis=0)
    since = there[:, ::-1].cumsum(axis=1)[:, ::-1]
    lived = since[place, np.maximum(len(surplus) - age, 0)[series]]
    on_weekday = counted(calendar.weekday[days][row] * width + series)
    keeps = (place != NOWHERE) & (months >= LEAST_MONTHS)
    keeps &= months >= STEADY * np.maximum(lived, on_weekday)
    entry = np.nonzero(keeps)[1]
    row, series, place, months = row[entry], series[entry], place[keeps], months[keeps]
    usual, largest, smallest = of_groups(place * width + series, surplus[row, series])
    return Jobs(row, series, place, months, usual, largest, smallest)


def counted(key: Days) -> Days:
    """How often each key occurs, in the shape of `key`."""
    counts: NDArray[np.int64] = np.bincount(key.ravel(), minlength=1)[key]
    return counts


def of_groups(key: Days, usd: Array) -> tuple[Array, Array, Array]:
    """Second largest, largest and smallest of the amounts with the same key; each key occurs twice at least."""
    order = np.lexsort((usd, key))
    _, start, group, count = np.unique(key[order], return_index=True, return_inverse=True, return_counts=True)
    ranked, end = usd[order], start + count
    out = np.empty((3, len(usd)), usd.dtype)
    out[:, order] = np.stack([ranked[end - 2], ranked[end - 1], ranked[start]])[:, group]
    return out[0], out[1], out[2]


def due(jobs: Jobs, calendar: Calendar, day: int) -> Jobs:
    """The entries of `day`'s places."""
    if not len(jobs.row):
        return jobs
    here: Mask = (jobs.place == places(calendar, np.array([day]))).any(axis=0)
    return jobs.part(np.flatnonzero(here))


def with_jobs(fee: MonthlyFee, jobs: Jobs, calendar: Calendar, day: int) -> MonthlyFee:
    """The fee of the day of the month, or what came to `day`'s place in earlier months where that is usually more.

    Of equal ones, what came in more months.
    """
    today = due(jobs, calendar, day)
    if not len(today.row):
        return fee
    # Of several places the last assignment stays.
    today = today.part(np.lexsort((today.months, today.usual)))
    more = (today.usual > fee.usual[today.series]) | (
        (today.usual == fee.usual[today.series]) & (today.months > fee.months[today.series])
    )
    today = today.part(more)
    out = MonthlyFee(fee.usual.copy(), fee.largest.copy(), fee.months.copy(), fee.spread.copy())
    out.usual[today.series], out.largest[today.series] = today.usual, today.largest
    out.months[today.series] = today.months
    out.spread[today.series] = log_ratio(today.largest, today.smallest)
    return out


def add_jobs(monthly: Array, jobs: Jobs, start: int) -> None:
    """Raise what other months brought (days, series) to what they brought to the same place, in place.

    `monthly` starts at row `start`.
    """
    seen = jobs.part(jobs.row >= start)
    np.maximum.at(monthly, (seen.row - start, seen.series), seen.usual)


def steady_jobs(jobs: Jobs, surplus: Array, calendar: Calendar, first: int) -> Jobs:
    """The jobs that keep to a place in more months than to a number, each with the place of most months.

    `surplus` (days, series) starts at day index `first`.
    """
    if not len(jobs.row):
        return jobs
    row, series = np.nonzero(surplus > 0)
    width = surplus.shape[1]
    day, left = calendar.day_of_month[first + row], calendar.days_left[first + row]
    from_end = np.where(left < LAST_DAYS, left, MONTH_DAYS + row)
    by_number = np.zeros(surplus.shape, np.int64)
    by_number[row, series] = np.maximum(counted(day * width + series), counted(from_end * width + series))
    jobs = jobs.part(np.lexsort((-jobs.months, jobs.series, jobs.row)))
    best = np.diff(jobs.row * width + jobs.series, prepend=-1) != 0
    return jobs.part(best & (jobs.months > by_number[jobs.row, jobs.series]))


def expected_job(jobs: Jobs, calendar: Calendar, day: int, series: int) -> Array:
    """USD that a job is expected to bring on `day`, because this is its place: (series,)."""
    out = np.zeros(series, jobs.usual.dtype)
    today = due(jobs, calendar, day)
    np.maximum.at(out, today.series, today.usual)
    return out


def without_jobs(surplus: Array, jobs: Jobs) -> Array:
    """The surplus that is left to the days of the month: (days, series)."""
    if not len(jobs.row):
        return surplus
    out = surplus.copy()
    out[jobs.row, jobs.series] = 0
    return out
