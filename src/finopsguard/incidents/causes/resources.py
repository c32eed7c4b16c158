"""Which resources an incident is of: what each cost on its days against its mean day before.

Resource data go back some days only, too few for a baseline of weekdays (`held`), so a working day is held against all
working days before the incident that were read, a day of a weekend against those of weekends; where none was read of
its kind, against all of them. A resource that was not billed on any of them is new, and all of its cost is the
incident's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal

from finopsguard.incidents.causes.amounts import ZERO
from finopsguard.incidents.causes.held import SATURDAY
from finopsguard.incidents.causes.ranking import TOGETHER_SHARE, TOGETHER_USD
from finopsguard.models.cause import ResourceCost
from finopsguard.models.costs import ResourceLine
from finopsguard.models.money import CENT
from finopsguard.models.run import Period

MOST_RESOURCES = 3
"""So many resources are told of an incident at most."""
_NO_RESOURCE = "noresourceid"


def largest(
    lines: Iterable[ResourceLine], start: date, days: Collection[date], direction: int
) -> tuple[ResourceCost, ...]:
    """The resources that go the incident's way, by dollars of amortized cost, to the cent: three at most.

    The incident began on `start`, `days` are its own. Days before anything was billed are no days without usage. What
    is below 50 cents, or 5 % of the first, is not named: of many that are alike three are. Nor is what has no id, which
    is a part of the cost of some services (NoResourceId).
    """
    known = [line for line in lines if line.amortized]
    before = Period(min((line.date for line in known if line.date < start), default=start), start).dates()
    cost: dict[str, Decimal] = {}
    usual: dict[str, Decimal] = {}
    weights = {day: _weight(day, before, days) for day in before}
    for line in known:
        if line.date in days:
            cost[line.resource_id] = cost.get(line.resource_id, ZERO) + line.amortized
        elif line.date in weights:
            part = line.amortized * weights[line.date]
            usual[line.resource_id] = usual.get(line.resource_id, ZERO) + part
    moves = {name: cost.get(name, ZERO) - usual.get(name, ZERO) for name in {*cost, *usual}}
    named = [name for name, move in moves.items() if move * direction >= TOGETHER_USD and _is_named(name)]
    named.sort(key=lambda name: (-abs(moves[name]), name))
    return tuple(
        ResourceCost(name, _cents(cost.get(name, ZERO)), _cents(moves[name]))
        for name in named[:MOST_RESOURCES]
        if abs(moves[name]) >= TOGETHER_SHARE * abs(moves[named[0]])
    )


def _weight(day: date, before: Sequence[date], days: Collection[date]) -> Decimal:
    """What a day before counts in what is expected of all of the incident's days."""
    kinds = Counter(map(_is_weekend, before))
    weight = ZERO
    for each in days:
        alike = kinds[_is_weekend(each)]
        if not alike:
            weight += Decimal(1) / len(before)
        elif _is_weekend(each) == _is_weekend(day):
            weight += Decimal(1) / alike
    return weight


def _is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _is_named(name: str) -> bool:
    return bool(name.strip()) and name.strip().casefold() != _NO_RESOURCE


def _cents(amount: Decimal) -> Decimal:
    """In cents, without the sign of a zero."""
    return amount.quantize(CENT) + ZERO
