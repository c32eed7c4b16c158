"""The days that a thing is held against: what each day of an incident would have cost as it was before.

- A day is held against the same weekday of the 28 days before the incident began, the two middle ones of four: one odd
  day in four weeks, or one odd week, is in no baseline.
- Days before anything of the services was billed are no days without usage: they are left out.
- A thing that changed its level within these days, or began, and has held the new one for a week at least, is held
  against the days since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from finopsguard.incidents.causes.amounts import NOTHING, ZERO, Amount, ByDay, Change
from finopsguard.models.run import Period

BASELINE_DAYS = 28
"""Four of each weekday before an incident began."""
LEVEL_DAYS = 7
"""A new level has held for so long."""
LEVEL_GAP = Decimal("1.25")
"""Every day since a change of level lies so far from the same weekdays before it."""
LEVEL_WEEKDAYS = 4
"""What comes on fewer weekdays has no level."""
ODD = 2
"""Of two days that are all there is of a weekday, one that cost more than so many times the other is odd."""

_Costs: TypeAlias = Sequence[tuple[date, Decimal]]


def baseline(start: date) -> Period:
    """The days before an incident that its own are held against."""
    return Period(start - timedelta(days=BASELINE_DAYS), start)


class Window(NamedTuple):
    """An incident's first day, its days, and the days before that something was billed on or after."""

    start: date
    days: tuple[date, ...]
    before: tuple[date, ...]


class Held(NamedTuple):
    """The days that a weekday is held against; `others` are for a weekday that was not there before."""

    by_weekday: Mapping[int, tuple[date, ...]]
    others: tuple[date, ...]

    def against(self, day: date) -> tuple[date, ...]:
        """The days whose mean is expected of a day; none where nothing was before."""
        return self.by_weekday.get(day.weekday(), self.others)


def window(start: date, days: Iterable[date], billed: Iterable[date]) -> Window:
    """What is looked at of an incident; `billed` are the days on which anything was."""
    first = min(billed, default=start)
    before = tuple(day for day in baseline(start).dates() if day >= first)
    return Window(start, tuple(sorted(set(days))), before)


def held_against(amounts: ByDay, before: Sequence[date]) -> Held:
    """Which of the days before a thing is held against, by its cost."""
    since = _level_since(amounts, before)
    days = [day for day in before if day >= since]
    by_weekday = {day.weekday(): [each for each in days if each.weekday() == day.weekday()] for day in days}
    others = _middle(amounts, days)
    middle = {
        weekday: _nearer(amounts, _middle(amounts, alike), others) for weekday, alike in by_weekday.items()
    }
    return Held(middle, others)


def expected(amounts: ByDay, held: Held, day: date) -> Amount:
    """What a thing would have cost on a day as it was before, and its quantity."""
    alike = held.against(day)
    if not alike:
        return NOTHING
    found = [amounts.get(each, NOTHING) for each in alike]
    cost = sum((each.cost for each in found), ZERO) / len(found)
    return Amount(cost, sum((each.quantity for each in found), ZERO) / len(found))


def change(amounts: ByDay, held: Held, days: Iterable[date]) -> Change:
    """A thing on an incident's days, and as it was before."""
    cost = quantity = cost_before = quantity_before = ZERO
    for day in days:
        now, then = amounts.get(day, NOTHING), expected(amounts, held, day)
        cost, quantity = cost + now.cost, quantity + now.quantity
        cost_before, quantity_before = cost_before + then.cost, quantity_before + then.quantity
    return Change(cost, cost_before, quantity, quantity_before)


def _middle(amounts: ByDay, days: Sequence[date]) -> tuple[date, ...]:
    """One day of an odd number, two of an even one."""
    ranked = sorted(days, key=lambda day: (*amounts.get(day, NOTHING), day))
    return tuple(ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1])


def _nearer(amounts: ByDay, alike: tuple[date, ...], others: tuple[date, ...]) -> tuple[date, ...]:
    """Of two days of which one cost much more, the one that is nearer to the others: one of them is odd."""
    costs = [amounts.get(day, NOTHING).cost for day in alike]
    if len(alike) != 2 or max(costs) <= ODD * min(costs):
        return alike
    usual = sum((amounts.get(day, NOTHING).cost for day in others), ZERO) / len(others)
    return (min(alike, key=lambda day: (abs(amounts.get(day, NOTHING).cost - usual), day)),)


def _level_since(amounts: ByDay, days: Sequence[date]) -> date:
    """The first day of the newest level; the first of all days if it did not change."""
    costs = [(day, amounts.get(day, NOTHING).cost) for day in days]
    weekdays = [[each for each in costs if each[0].weekday() == weekday] for weekday in range(7)]
    for first in reversed(days[1 : 1 - LEVEL_DAYS]):
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
