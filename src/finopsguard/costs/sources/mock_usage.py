"""Mock data by usage type: what the invented company's costs are made of, which add up to them to the last decimal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from finopsguard.accounts.mock_company import BY_ID
from finopsguard.accounts.mock_usage import Kind
from finopsguard.costs.sources.mock import covered_by_plan, refuse_outside, used
from finopsguard.costs.sources.mock_parts import parts_of
from finopsguard.models.run import Period, Run
from finopsguard.ports import AccountUsage, Meter, Usage, UsageLine, unmetered

_TEN_DECIMALS = Decimal("1e-10")


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
            _Piece(each.on, *part)
            for each in used(run, account_id)
            if each.service in services and each.on in days
            for part in parts_of(account_id, each.service, each.amount, each.usual)
        ]
        return Usage(
            _lines((each.line._replace(region=each.kind.region) for each in found), lambda line: line.region),
            _lines(_by_record_type(account_id, found), lambda line: line.record_type),
            _lines(
                (each.line._replace(operation=each.kind.operation) for each in found),
                lambda line: line.operation,
            ),
            0,
        )

    def by_account(
        self,
        run: Run,
        services: Sequence[str],
        region: str,
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
    ) -> list[AccountUsage]:
        """See ports.UsageSource."""
        sums: dict[tuple[date, str], Decimal] = {}
        for account_id in BY_ID:
            for each in used(run, account_id):
                if each.service not in services or each.on not in days:
                    continue
                for kind, amount in parts_of(account_id, each.service, each.amount, each.usual):
                    if kind.region == region:
                        key = (each.on, account_id)
                        sums[key] = sums.get(key, Decimal(0)) + amount
        return [AccountUsage(*key, amount, amount) for key, amount in sums.items() if amount]


class _Piece(NamedTuple):
    """What one kind of usage cost on a day."""

    on: date
    kind: Kind
    amount: Decimal

    @property
    def line(self) -> UsageLine:
        quantity = (self.amount / self.kind.price).quantize(_TEN_DECIMALS)
        return UsageLine(self.on, self.kind.usage_type, self.amount, self.amount, quantity, self.kind.unit)


def _by_record_type(account_id: str, pieces: Iterable[_Piece]) -> Iterator[UsageLine]:
    """A plan's covered usage and its negation cancel out, as in the account's charges."""
    for piece in pieces:
        line = piece.line
        yield line._replace(record_type="Usage")
        if covered := covered_by_plan(account_id, piece.amount):
            hours = (covered / piece.kind.price).quantize(_TEN_DECIMALS)
            yield line._replace(
                amount=covered, amortized=covered, quantity=hours, record_type="SavingsPlanCoveredUsage"
            )
            yield line._replace(
                amount=-covered, amortized=-covered, quantity=Decimal(0), record_type="SavingsPlanNegation"
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
