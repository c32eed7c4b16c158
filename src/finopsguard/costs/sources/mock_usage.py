"""Mock data by usage type and by resource: what the invented company's costs are made of, to the last decimal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from finopsguard.accounts.mock_resources import PLANTED_RESOURCES, RESOURCES
from finopsguard.accounts.mock_usage import OWN_PARTS, PARTS, PLANTED_PARTS, Kind, Part
from finopsguard.costs.sources.mock import Used, refuse_outside, used
from finopsguard.models.run import Period, Run
from finopsguard.ports import Meter, ResourceLine, Resources, Usage, UsageLine, unmetered

_TEN_DECIMALS = Decimal("1e-10")
# What is left of a part by rounding is no usage of its own.
_NOTHING = Decimal("1e-6")


class MockUsage:
    """Satisfies ports.UsageSource. Costs nothing: `requests` is 0."""

    def usage(
        self,
        run: Run,
        account_id: str,
        services: Sequence[str],
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        role_arn: str | None = None,
        *,
        start: date,  # noqa: ARG002 - the port's
        pages: int,  # noqa: ARG002 - the port's
    ) -> Usage:
        """See ports.UsageSource."""
        refuse_outside(role_arn)
        found = [
            piece
            for each in used(run, account_id)
            if each.service in services and each.on in days
            for piece in _pieces(account_id, each)
        ]
        return Usage(
            _lines((each.line._replace(region=each.kind.region) for each in found), lambda line: line.region),
            _lines(_by_record_type(found), lambda line: line.record_type),
            _lines(
                (each.line._replace(operation=each.kind.operation) for each in found),
                lambda line: line.operation,
            ),
            0,
        )

    def resources(
        self,
        run: Run,
        account_id: str,
        services: Sequence[str],
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        role_arn: str | None = None,
        *,
        start: date,  # noqa: ARG002 - the port's
        pages: int,  # noqa: ARG002 - the port's
    ) -> Resources:
        """See ports.UsageSource; all days of the company can be told."""
        refuse_outside(role_arn)
        sums: dict[tuple[date, str], list[Decimal]] = {}
        for each in used(run, account_id):
            if each.service in services and each.on in days:
                for resource, amount, paid_by_plan in _owners(account_id, each):
                    known = sums.setdefault((each.on, resource), [Decimal(0), Decimal(0)])
                    known[0] += amount
                    known[1] += amount + paid_by_plan
        lines = [ResourceLine(*key, *amounts) for key, amounts in sums.items() if any(amounts)]
        return Resources(lines, 0, days)


class _Piece(NamedTuple):
    """What one kind of usage cost on a day; a plan covered `covered` more at the list price, for `paid`."""

    on: date
    kind: Kind
    amount: Decimal
    covered: Decimal
    paid: Decimal

    @property
    def line(self) -> UsageLine:
        hours = self.quantity(self.amount + self.covered)
        return UsageLine(
            self.on, self.kind.usage_type, self.amount, self.amount + self.paid, hours, self.kind.unit
        )

    def quantity(self, amount: Decimal) -> Decimal:
        return (amount / self.kind.price).quantize(_TEN_DECIMALS)


def _pieces(account_id: str, cost: Used) -> Iterator[_Piece]:
    """The parts of a service's cost on a day, and of what a plan covered beside it; rounding goes to the first."""
    parts = list(_parts(account_id, cost))
    covered, paid = (
        [(amount * part / cost.amount).quantize(_TEN_DECIMALS) if amount else amount for _, part in parts]
        for amount in (cost.covered, cost.paid)
    )
    covered[0] += cost.covered - sum(covered, Decimal(0))
    paid[0] += cost.paid - sum(paid, Decimal(0))
    for (kind, amount), of_list, of_plan in zip(parts, covered, paid, strict=True):
        yield _Piece(cost.on, kind, amount, of_list, of_plan)


def _parts(account_id: str, cost: Used) -> Iterator[tuple[Kind, Decimal]]:
    """The parts of a service's cost on a day: the ordinary one, and what is above or below it."""
    ordinary = OWN_PARTS.get((account_id, cost.service), PARTS[cost.service])
    planted = PLANTED_PARTS.get((account_id, cost.service), ordinary)
    sums: dict[Kind, Decimal] = {}
    for amount, parts in ((cost.usual, ordinary), (cost.amount - cost.usual, planted)):
        for kind, part in _shared(amount, parts):
            sums[kind] = sums.get(kind, Decimal(0)) + part
    small = [kind for kind, part in sums.items() if abs(part) < _NOTHING]
    largest = max(sums, key=lambda kind: abs(sums[kind]))
    for kind in small:
        if kind != largest:
            sums[largest] += sums.pop(kind)
    yield from sums.items()


def _shared(amount: Decimal, parts: Sequence[Part]) -> Iterator[tuple[Kind, Decimal]]:
    """The amount by its shares."""
    shares = _split(amount, [part.share for part in parts])
    yield from zip((part.kind for part in parts), shares, strict=True)


def _split(amount: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """The amount in these shares; what rounding leaves goes to the first."""
    found = [(amount * share).quantize(_TEN_DECIMALS) for share in shares]
    found[0] += amount - sum(found, Decimal(0))
    return found


def _owners(account_id: str, cost: Used) -> Iterator[tuple[str, Decimal, Decimal]]:
    """What each resource has of a service's cost on a day, of the ordinary one and of what is above or below it.

    And what a plan was paid for its usage beside that.
    """
    ordinary = RESOURCES[cost.service]
    planted = PLANTED_RESOURCES.get((account_id, cost.service), ordinary)
    for amount, paid, owned in (
        (cost.usual, cost.paid, ordinary),
        (cost.amount - cost.usual, Decimal(0), planted),
    ):
        parts = [_split(each, [one.share for one in owned]) for each in (amount, paid)]
        for number, (each, *shares) in enumerate(zip(owned, *parts, strict=True)):
            yield _resource(account_id, each.resource, number), *shares


@cache
def _resource(account_id: str, resource: str, number: int) -> str:
    digest = hashlib.sha256(f"{account_id}/{resource}/{number}".encode()).hexdigest()
    return resource.format(account=account_id, mark=digest[:16])


def _by_record_type(pieces: Iterable[_Piece]) -> Iterator[UsageLine]:
    """A plan's covered usage and its negation cancel out, as in the account's charges."""
    for piece in pieces:
        line = piece.line._replace(amortized=piece.amount, quantity=piece.quantity(piece.amount))
        yield line._replace(record_type="Usage")
        if piece.covered:
            yield line._replace(
                amount=piece.covered,
                amortized=piece.paid,
                quantity=piece.quantity(piece.covered),
                record_type="SavingsPlanCoveredUsage",
            )
            yield line._replace(
                amount=-piece.covered,
                amortized=Decimal(0),
                quantity=Decimal(0),
                record_type="SavingsPlanNegation",
            )


def _lines(found: Iterable[UsageLine], second: Callable[[UsageLine], str | None]) -> list[UsageLine]:
    """One line for each day, usage type and second key."""
    sums: dict[tuple[date, str, str | None], UsageLine] = {}
    for line in found:
        key = (line.date, line.usage_type, second(line))
        known = sums.get(key)
        sums[key] = line if known is None else _sum(known, line)
    return [line for line in sums.values() if line.amount or line.quantity]


def _sum(first: UsageLine, other: UsageLine) -> UsageLine:
    """Of two units there is no quantity, as Cost Explorer has none."""
    same = first.unit == other.unit
    return first._replace(
        amount=first.amount + other.amount,
        amortized=first.amortized + other.amortized,
        quantity=first.quantity + other.quantity if same else Decimal(0),
        unit=first.unit if same else "",
    )
