"""What is added up: cost and quantity by day, and a change of both with what quantity and price have in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias, TypeVar

from finopsguard.models.costs import UsageLine

ZERO = Decimal(0)
_Key = TypeVar("_Key")


class Amount(NamedTuple):
    """Amortized cost in USD and quantity of one day."""

    cost: Decimal
    quantity: Decimal


NO_USAGE = Amount(ZERO, ZERO)
ByDay: TypeAlias = Mapping[date, Amount]


class Change(NamedTuple):
    """Cost and quantity of an incident's days, and of as many days as they were before."""

    cost: Decimal
    cost_before: Decimal
    quantity: Decimal
    quantity_before: Decimal

    @property
    def dollars(self) -> Decimal:
        """USD that came, or are gone."""
        return self.cost - self.cost_before

    @property
    def more(self) -> Decimal:
        """Units that came, or are gone."""
        return self.quantity - self.quantity_before


class Effects(NamedTuple):
    """USD of a change, which they add up to."""

    quantity: Decimal
    price: Decimal
    rest: Decimal


def by_day(lines: Iterable[UsageLine], key: Callable[[UsageLine], _Key]) -> dict[_Key, dict[date, Amount]]:
    """Lines added up by key and day."""
    found: dict[_Key, dict[date, Amount]] = {}
    for line in lines:
        days = found.setdefault(key(line), {})
        cost, quantity = days.get(line.date, NO_USAGE)
        days[line.date] = Amount(cost + line.amortized, quantity + line.quantity)
    return found


def added(changes: Iterable[Change]) -> Change:
    """Several changes as one."""
    columns = list(zip(*changes, strict=True))
    return Change(*(sum(column, ZERO) for column in columns)) if columns else Change(ZERO, ZERO, ZERO, ZERO)


def split(changes: Sequence[Change]) -> Effects:
    """What quantity and price have in a thing's change, given by record type: on demand, covered, reserved.

    Of one record type this is Bennet's indicator (1920): the quantity's change at the mean of both prices, and the
    price's change at the mean of both quantities. Of several, the quantity is that of all of them, at the price of
    those that went its way: a server more that no plan covers is quantity at the on-demand price, and hours that a
    plan covers no more are price alone. What has no quantity is rest.
    """
    whole = added(changes)
    fees = [_fee(each) for each in changes]
    counted = [
        Change(each.cost - fee.cost, each.cost_before - fee.cost_before, *each[2:])
        for each, fee in zip(changes, fees, strict=True)
        if each.quantity or each.quantity_before
    ]
    movers = [each for each in counted if each.more * whole.more > 0]
    weight = sum((each.more for each in movers), ZERO)
    quantity = ZERO
    if weight:
        quantity = whole.more * sum((each.more * _mean_price(each) for each in movers), ZERO) / weight
    rest = added(fees).dollars
    return Effects(quantity, whole.dollars - rest - quantity, rest)


def _fee(change: Change) -> Change:
    """What was billed without a quantity."""
    cost = ZERO if change.quantity else change.cost
    return Change(cost, ZERO if change.quantity_before else change.cost_before, ZERO, ZERO)


def _mean_price(change: Change) -> Decimal:
    """Mean of the price before and now; what was not there before, or is not now, has no price to compare with."""
    now = change.cost / change.quantity if change.quantity else change.cost_before / change.quantity_before
    before = change.cost_before / change.quantity_before if change.quantity_before else now
    return (now + before) / 2
