"""Days as the bill sees them: weekdays, days of the month, weeks. Pure integers, so no time zone and no DST can matter."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]

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


def week_starts(days: Calendar, first: int, last: int) -> list[tuple[int, int]]:
    """Split the day indices `first`..`last` (inclusive) at Mondays: (start, stop) of each part, stop exclusive.

    All days of a calendar week are judged by one profile, fitted on the days before that week. So the verdict on a
    day never depends on which run asks for it.
    """
    cuts = [first, *(i for i in range(first + 1, last + 1) if days.weekday[i] == 0), last + 1]
    return list(zip(cuts[:-1], cuts[1:], strict=True))
