"""Which of the newest days are provisional, so that a day half billed is never taken for a saving.

Cost Explorer's `Estimated` flag cannot tell: it is true for the whole open month. AWS documents that data are
refreshed at least once every 24 hours, and yesterday can be almost empty 20 hours after its end, so a day is judged by
its age and by its completeness against its own history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median

from finopsguard.models.run import Period

REFRESH_HOURS = 24
WATCHED_DAYS = 3
COMPLETE_SHARE = Decimal("0.9")
WEEKS_BEFORE = 4


def provisional_days(
    usage: Mapping[date, Decimal], window: Period, scheduled_time: datetime
) -> tuple[date, ...]:
    """The provisional days among the newest three of the window, oldest first.

    `usage`: usage of all accounts by day. A day is provisional if it ended less than 24 hours before the scheduled
    time, or holds less than 90 % of the median of the same weekday in the four weeks before. A day after a provisional
    one is provisional too: bills fill up in order.
    """
    first_provisional = next(
        (
            day
            for day in window.dates()[-WATCHED_DAYS:]
            if age_hours(day, scheduled_time) < REFRESH_HOURS or _is_incomplete(day, usage, window)
        ),
        window.end,
    )
    return tuple(Period(first_provisional, window.end).dates())


def age_hours(day: date, at: datetime) -> float:
    """Hours from the end of a UTC day to `at`."""
    return (at - datetime.combine(day + timedelta(days=1), time(), UTC)).total_seconds() / 3600


def _is_incomplete(day: date, usage: Mapping[date, Decimal], window: Period) -> bool:
    before = [day - timedelta(weeks=week) for week in range(1, WEEKS_BEFORE + 1)]
    usual = [usage.get(past, Decimal(0)) for past in before if past in window]
    return bool(usual) and usage.get(day, Decimal(0)) < COMPLETE_SHARE * median(usual)
