"""When a schedule of EventBridge is due next: GetSchedule does not say it.

The forms that AWS documents: `cron(minutes hours day-of-month month day-of-week year)`, of which L, W and # are not
read here, `rate(...)`, whose beginning nobody says, and `at(...)`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_NAMES_OF_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_NAMES_OF_MONTHS, start=1)}
_DAYS = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)
}
_NUMBERS = re.compile(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?")
# Far enough for the 29th of February.
_LONGEST = 366 * 9


def next_start(expression: str, time_zone: str, now: datetime) -> datetime | None:
    """The first start after `now`, in UTC; None where the expression does not say, or there is none."""
    found = _CRON.fullmatch(expression)
    if not found:
        return None
    minutes, hours = _values(found[1], 0, 59), _values(found[2], 0, 23)
    days = None if found[3] == "?" else _values(found[3], 1, 31)
    months = _values(_named(found[4], _MONTHS), 1, 12)
    weekdays = None if found[5] == "?" else _values(_named(found[5], _DAYS), 1, 7)
    years = _values(found[6], 1970, 2199)
    if not (minutes and hours and months and years) or days == set() or weekdays == set():
        return None
    zone = ZoneInfo(time_zone)
    first = now.astimezone(zone).date()
    for number in range(_LONGEST):
        day = first + timedelta(days=number)
        fits = (
            day.year in years
            and day.month in months
            and (days is None or day.day in days)
            and (weekdays is None or _weekday(day) in weekdays)
        )
        if fits:
            starts = (
                datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
                for hour in sorted(hours)
                for minute in sorted(minutes)
            )
            due = next((start for start in starts if start > now), None)
            if due:
                return due
    return None


def _weekday(day: date) -> int:
    """AWS counts from Sunday, 1."""
    return day.isoweekday() % 7 + 1


def _named(text: str, names: dict[str, int]) -> str:
    return re.sub(r"[A-Z]{3}", lambda found: str(names.get(found[0], found[0])), text.upper())


def _values(text: str, low: int, high: int) -> set[int]:
    """The numbers of a field such as `*`, `1-5`, `0/15` or `MON,THU`; none for what is not read here."""
    values: set[int] = set()
    for part in text.split(","):
        found = _NUMBERS.fullmatch(part)
        if not found:
            return set()
        first = low if found[1] == "*" else int(found[1])
        last = int(found[2]) if found[2] else high if found[1] == "*" or found[3] else first
        values |= set(range(first, last + 1, int(found[3] or 1) or 1))
    return {value for value in values if low <= value <= high}
