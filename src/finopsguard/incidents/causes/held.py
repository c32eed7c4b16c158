"""The days that a thing is held against: what each day of an incident would have cost as it was before.

- A day is held against the same weekday of the 28 days before the incident began, the two middle ones of four: one odd
  day in four weeks, or one odd week, is in no baseline.
- Where there are one or two of a weekday, and they do not agree, all working days or all days of weekends take their
  place.
- Days before anything of the services was billed are no days without usage: they are left out.
- A thing that changed its level within these days, or began, and has held the new one for a week at least, is held
  against the days since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from finopsguard.incidents.causes.amounts import NO_USAGE, ZERO, Amount, ByDay, Change
from finopsguard.models.run import Period

BASELINE_DAYS = 28
"""Four of each weekday before an incident began."""
NEW_LEVEL_DAYS = 7
"""A new level has held for so long."""
LEVEL_GAP = Decimal("1.25")
"""Every day since a change of level lies so far from the same weekdays before it."""
LEVEL_WEEKDAYS = 4
"""What comes on fewer weekdays has no level."""
FEW = 2
"""So few days of a weekday say little of it, where one may be odd."""
SATURDAY = 5

_Costs: TypeAlias = Sequence[tuple[date, Decimal]]


def baseline(start: date) -> Period:
    """The days before an incident that its own are held against."""
    return Period(start - timedelta(days=BASELINE_DAYS), start)


class Window(NamedTuple):
    """An incident's first day, its days, and the days before that something was billed on or after."""

    start: date
    days: tuple[date, ...]
    before: tuple[date, ...]


Held: TypeAlias = Sequence[Sequence[date]]
"""The days whose mean is expected of each weekday; none where nothing was before."""


def window(start: date, days: Iterable[date], billed: Iterable[date]) -> Window:
    """What is looked at of an incident; `billed` are the days on which anything was."""
    first = min(billed, default=start)
    before = tuple(day for day in baseline(start).dates() if day >= first)
    return Window(start, tuple(sorted(set(days))), before)


def held_against(amounts: ByDay, before: Sequence[date]) -> Held:
    """Which of the days before a thing is held against on each weekday, by its cost."""
    since = _level_since(amounts, before)
    days = [day for day in before if day >= since]
    return [_middle(amounts, _alike(amounts, days, weekday)) for weekday in range(7)]


def expected(amounts: ByDay, held: Held, day: date) -> Amount:
    """What a thing would have cost on a day as it was before, and its quantity."""
    alike = held[day.weekday()]
    if not alike:
        return NO_USAGE
    found = [amounts.get(each, NO_USAGE) for each in alike]
    cost = sum((each.cost for each in found), ZERO) / len(found)
    return Amount(cost, sum((each.quantity for each in found), ZERO) / len(found))


def change(amounts: ByDay, held: Held, days: Iterable[date]) -> Change:
    """A thing on an incident's days, and as it was before."""
    cost = quantity = cost_before = quantity_before = ZERO
    for day in days:
        now, then = amounts.get(day, NO_USAGE), expected(amounts, held, day)
        cost, quantity = cost + now.cost, quantity + now.quantity
        cost_before, quantity_before = cost_before + then.cost, quantity_before + then.quantity
    return Change(cost, cost_before, quantity, quantity_before)


def _middle(amounts: ByDay, days: Sequence[date]) -> tuple[date, ...]:
    """One day of an odd number, two of an even one."""
    ranked = sorted(days, key=lambda day: (*amounts.get(day, NO_USAGE), day))
    return tuple(ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1])


def _alike(amounts: ByDay, days: Sequence[date], weekday: int) -> Sequence[date]:
    """The days of a weekday; where they are few and do not agree, all working days or all of the weekend."""
    same = [day for day in days if day.weekday() == weekday]
    costs = [amounts.get(day, NO_USAGE).cost for day in same]
    if len(same) > FEW or (len(same) == FEW and max(costs) <= LEVEL_GAP * min(costs)):
        return same
    return [day for day in days if (day.weekday() >= SATURDAY) == (weekday >= SATURDAY)] or days


def _level_since(amounts: ByDay, days: Sequence[date]) -> date:
    """The first day of the newest level; the first of all days if it did not change."""
    costs = [(day, amounts.get(day, NO_USAGE).cost) for day in days]
    weekdays = [[each for each in costs if each[0].weekday() == weekday] for weekday in range(7)]
    for first in reversed(days[1 : 1 - NEW_LEVEL_DAYS]):
        if _apart(weekdays, first):
            return first
    return days[0] if days else date.min


def _apart(weekdays: Sequence[_Costs], first: date) -> bool:
    """True if each weekday since lies above all of its like before, or each below.

    One weekday may be odd, but not that of the first day, or the level would be one that began later.
    """
    way = _way(weekdays[first.weekday()], first)
    if not way:
        return False
    ways = [each for costs in weekdays if (each := _way(costs, first)) is not None]
    return len(ways) >= LEVEL_WEEKDAYS and ways.count(way) >= len(ways) - 1


def _way(costs: _Costs, first: date) -> int | None:
    """1 if all days of a weekday since lie above those before, -1 below, 0 neither; None: there are none to compare."""
    since = [cost for day, cost in costs if day >= first]
    until = [cost for day, cost in costs if day < first]
    if not since or not until or not any((*since, *until)):
        return None
    if min(since) > LEVEL_GAP * max(until):
        return 1
    return -1 if LEVEL_GAP * max(since) < min(until) else 0
