"""What the invented company's costs are made of: each service's cost on a day by kind of usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from finopsguard.accounts.mock_usage import OWN_PARTS, PARTS, PLANTED_PARTS, Kind

TEN_DECIMALS = Decimal("1e-10")
"""Amounts are as long as Cost Explorer's."""
# What is left of a part by rounding is no usage of its own.
_NOTHING = Decimal("1e-6")


class Used(NamedTuple):
    """What an account's service cost on a day, and what it would have cost without anything planted.

    A Savings Plan covered usage of `covered` dollars at the list price beside it, for `paid` of them.
    """

    on: date
    service: str
    amount: Decimal
    usual: Decimal
    covered: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)


class Piece(NamedTuple):
    """What one kind of usage cost on a day; a plan covered `covered` more at the list price, for `paid`."""

    on: date
    kind: Kind
    amount: Decimal
    covered: Decimal
    paid: Decimal

    def quantity(self, amount: Decimal) -> Decimal:
        """What so many dollars buy at the list price."""
        return (amount / self.kind.price).quantize(TEN_DECIMALS)


def pieces_of(account_id: str, cost: Used) -> Iterator[Piece]:
    """The parts of a service's cost on a day, and of what a plan covered beside it."""
    parts = list(_parts(account_id, cost))
    weights = [amount / cost.amount if cost.amount else Decimal(0) for _, amount in parts]
    covered, paid = (shared(amount, weights) for amount in (cost.covered, cost.paid))
    for (kind, amount), of_list, of_plan in zip(parts, covered, paid, strict=True):
        yield Piece(cost.on, kind, amount, of_list, of_plan)


def shared(amount: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """The amount in these shares; what rounding leaves goes to the first."""
    found = [(amount * share).quantize(TEN_DECIMALS) for share in shares]
    found[0] += amount - sum(found, Decimal(0))
    return found


def _parts(account_id: str, cost: Used) -> Iterator[tuple[Kind, Decimal]]:
    """The usual parts of a cost, and those of what is above or below it."""
    ordinary = OWN_PARTS.get((account_id, cost.service), PARTS[cost.service])
    planted = PLANTED_PARTS.get((account_id, cost.service), ordinary)
    sums: dict[Kind, Decimal] = {}
    for amount, parts in ((cost.usual, ordinary), (cost.amount - cost.usual, planted)):
        for part, dollars in zip(parts, shared(amount, [each.share for each in parts]), strict=True):
            sums[part.kind] = sums.get(part.kind, Decimal(0)) + dollars
    small = [kind for kind, part in sums.items() if abs(part) < _NOTHING]
    largest = max(sums, key=lambda kind: abs(sums[kind]))
    for kind in small:
        if kind != largest:
            sums[largest] += sums.pop(kind)
    yield from sums.items()
