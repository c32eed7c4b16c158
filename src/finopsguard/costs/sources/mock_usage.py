"""Mock data by usage type and by resource: what the invented company's costs are made of, to the last decimal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from finopsguard.accounts.mock_company import BY_ID
from finopsguard.accounts.mock_resources import PLANTED_RESOURCES, RESOURCES
from finopsguard.costs.sources.mock import refuse_outside, used
from finopsguard.costs.sources.mock_parts import Piece, Used, pieces_of, shared
from finopsguard.models.costs import AccountUsage, ResourceLine, Resources, Usage, UsageLine, UsageQuestion
from finopsguard.models.run import Period, Run
from finopsguard.ports import Meter, unmetered


class MockUsage:
    """Satisfies ports.UsageSource. Costs nothing: `requests` is 0."""

    def usage(
        self,
        run: Run,
        asked: UsageQuestion,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        *,
        pages: int,  # noqa: ARG002 - the port's
    ) -> Usage:
        """See ports.UsageSource."""
        found = [piece for each in _used(run, asked) for piece in pieces_of(asked.account_id, each)]
        return Usage(
            _lines(
                (_line(each)._replace(region=each.kind.region) for each in found), lambda line: line.region
            ),
            _lines(_by_record_type(found), lambda line: line.record_type),
            _lines(
                (_line(each)._replace(operation=each.kind.operation) for each in found),
                lambda line: line.operation,
            ),
            0,
        )

    def resources(
        self,
        run: Run,
        asked: UsageQuestion,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        *,
        pages: int,  # noqa: ARG002 - the port's
    ) -> Resources:
        """See ports.UsageSource; all days of the company can be told."""
        sums: dict[tuple[date, str], list[Decimal]] = {}
        for each in _used(run, asked):
            for resource, amount, paid_by_plan in _owners(asked.account_id, each):
                known = sums.setdefault((each.on, resource), [Decimal(0), Decimal(0)])
                known[0] += amount
                known[1] += amount + paid_by_plan
        lines = [ResourceLine(*key, *amounts) for key, amounts in sums.items() if any(amounts)]
        return Resources(lines, 0, asked.days)

    def by_account(
        self,
        run: Run,
        services: Sequence[str],
        region: str,
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
    ) -> list[AccountUsage]:
        """See ports.UsageSource."""
        sums: dict[tuple[date, str], list[Decimal]] = {}
        for account_id in BY_ID:
            for each in used(run, account_id):
                if each.service not in services or each.on not in days:
                    continue
                for piece in pieces_of(account_id, each):
                    if piece.kind.region == region:
                        known = sums.setdefault((each.on, account_id), [Decimal(0), Decimal(0)])
                        known[0] += piece.amount
                        known[1] += piece.amount + piece.paid
        return [AccountUsage(*key, *amounts) for key, amounts in sums.items() if any(amounts)]


def _used(run: Run, asked: UsageQuestion) -> list[Used]:
    """What is asked for; raises RoleNotAssumable for the account that can never be read."""
    refuse_outside(asked.role_arn)
    return [
        each
        for each in used(run, asked.account_id)
        if each.service in asked.services and each.on in asked.days
    ]


def _line(piece: Piece) -> UsageLine:
    hours = piece.quantity(piece.amount + piece.covered)
    return UsageLine(
        piece.on, piece.kind.usage_type, piece.amount, piece.amount + piece.paid, hours, piece.kind.unit
    )


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
        parts = [shared(each, [one.share for one in owned]) for each in (amount, paid)]
        for number, (each, *shares) in enumerate(zip(owned, *parts, strict=True)):
            yield _resource(account_id, each.resource, number), *shares


@cache
def _resource(account_id: str, resource: str, number: int) -> str:
    digest = hashlib.sha256(f"{account_id}/{resource}/{number}".encode()).hexdigest()
    return resource.format(account=account_id, mark=digest[:16])


def _by_record_type(pieces: Iterable[Piece]) -> Iterator[UsageLine]:
    """A plan's covered usage and its negation cancel out, as in the account's charges."""
    for piece in pieces:
        line = _line(piece)._replace(amortized=piece.amount, quantity=piece.quantity(piece.amount))
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
