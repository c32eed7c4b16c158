"""Days that are not written as YYYY-MM-DD: read where the file leaves no doubt, refused where it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Literal

_BARE = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})\s*")
_DATED = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4})\b.*", re.DOTALL)
_LONGEST = 40

Order = Literal["month", "day"]


def read_days(texts: Iterable[str]) -> Mapping[str, date | None] | None:
    """The day of each text, None for one that is no day. None for all where month and day cannot be told apart.

    A moment with an offset is of the UTC day that it falls in. 11/22/2026 can only be November, and then 11/05/2026
    in the same file is November too; so it is with 22/11/2026. With points the day comes first, as everywhere.
    """
    known: dict[str, date | None] = {}
    unsure: dict[str, tuple[int, int, int]] = {}
    for text in texts:
        known[text] = _moment(text)
        match = _DATED.fullmatch(text[:_LONGEST]) if known[text] is None else None
        if match:
            one, separator, other, year = match.groups()
            if separator == ".":
                known[text] = _day(int(year), int(other), int(one))
            else:
                unsure[text] = (int(year), int(one), int(other))
    if not unsure:
        return known
    order = _order(unsure.values())
    if order is None:
        return None
    for text, (year, one, other) in unsure.items():
        known[text] = _day(year, one, other) if order == "month" else _day(year, other, one)
    return known


def _moment(text: str) -> date | None:
    match = _BARE.fullmatch(text)
    if match:
        return _day(*(int(each) for each in match.groups()))
    try:
        moment = datetime.fromisoformat(text.strip()[:_LONGEST])
        return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        return None


def _order(dates: Iterable[tuple[int, int, int]]) -> Order | None:
    """Which of the two numbers is the month: told by those that are above 12, the other being a day."""
    first, second = 0, 0
    for _, one, other in dates:
        first += one > 12
        second += other > 12
    if (first > 0) == (second > 0):
        return None
    return "day" if first else "month"


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
