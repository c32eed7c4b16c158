"""Days as the bill sees them: weekdays, days of the month, weeks. Pure integers, so no time zone and no DST
can matter.
"""

import itertools
from dataclasses import dataclass
from datetime import date

import numpy as np

from finopsguard.detection.model import Days

WEEK = 7


@dataclass(frozen=True, slots=True)
class Calendar:
    """Calendar of consecutive days; every array has shape (days,)."""

    weekday: Days
    """0 is Monday."""
    day_of_month: Days
    """1 to 31."""
    days_left: Days
    """Days until the month's last day; 0 is the last day."""
    month: Days
    """Months since 1970-01, so neighbours differ by one."""

    def __len__(self) -> int:
        return len(self.weekday)


def calendar(first_day: date, days: int) -> Calendar:
    """The calendar of `days` consecutive days from `first_day` on."""
    day = np.datetime64(first_day, "D") + np.arange(days)
    month = day.astype("datetime64[M]")
    month_start = month.astype("datetime64[D]")
    next_start = (month + 1).astype("datetime64[D]")
    return Calendar(
        weekday=(day.astype(np.int64) + 3) % WEEK,  # 1970-01-01 was a Thursday
        day_of_month=(day - month_start).astype(np.int64) + 1,
        days_left=(next_start - day).astype(np.int64) - 1,
        month=month.astype(np.int64),
    )


def weeks_of(days: Calendar, first: int, stop: int) -> list[tuple[int, int, int]]:
    """Split the day indices `first` .. `stop` (exclusive) into calendar weeks: (monday, start, stop) of each
    part.

    `monday` is the index of the week's Monday; it may lie before `first`. All days of a week are judged by
    one profile, fitted on the days before its Monday, so it does not matter which run asks.
    """
    starts = [first, *(index for index in range(first + 1, stop) if days.weekday[index] == 0), stop]
    return [(start - int(days.weekday[start]), start, end) for start, end in itertools.pairwise(starts)]
