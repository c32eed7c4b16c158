"""Which resources an incident is of: what each cost on its days against its mean day before.

Resource data go back some days only, too few for a baseline of weekdays (`held`), so a resource is held against the
mean of all days before the incident that were read. A resource that was not billed on any of them is new, and all of
its cost is the incident's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from finopsguard.incidents.causes.amounts import ZERO
from finopsguard.incidents.causes.ranking import TOGETHER_SHARE, TOGETHER_USD
from finopsguard.models.cause import ResourceCost
from finopsguard.models.money import CENT
from finopsguard.ports import ResourceLine

MOST_RESOURCES = 3
"""So many resources are told of an incident at most."""
_NO_RESOURCE = "noresourceid"


def largest(
    lines: Iterable[ResourceLine], start: date, days: Collection[date], direction: int
) -> tuple[ResourceCost, ...]:
    """The resources that go the incident's way, by dollars of amortized cost, to the cent: three at most.

    The incident began on `start`, `days` are its own. Days before anything was billed are no days without usage. What
    is below 5 % of what all resources cost more or less, or below 50 cents, is not named, nor what has no id: a part of
    the cost of some services (NoResourceId).
    """
    known = [line for line in lines if line.amortized]
    first = min((line.date for line in known), default=start)
    before = max(0, (start - first).days)
    cost: dict[str, Decimal] = {}
    cost_before: dict[str, Decimal] = {}
    for line in known:
        if line.date in days:
            cost[line.resource_id] = cost.get(line.resource_id, ZERO) + line.amortized
        elif line.date < start:
            cost_before[line.resource_id] = cost_before.get(line.resource_id, ZERO) + line.amortized
    moves = {
        name: cost.get(name, ZERO)
        - (cost_before[name] * len(days) / before if cost_before.get(name) else ZERO)
        for name in {*cost, *cost_before}
    }
    least = max(TOGETHER_USD, TOGETHER_SHARE * abs(sum(moves.values(), ZERO)))
    told = [name for name, move in moves.items() if move * direction >= least and _is_named(name)]
    told.sort(key=lambda name: (-abs(moves[name]), name))
    return tuple(
        ResourceCost(name, _cents(cost.get(name, ZERO)), _cents(moves[name]))
        for name in told[:MOST_RESOURCES]
    )


def _is_named(name: str) -> bool:
    return bool(name.strip()) and name.strip().casefold() != _NO_RESOURCE


def _cents(amount: Decimal) -> Decimal:
    """In cents, without the sign of a zero."""
    return amount.quantize(CENT) + ZERO
