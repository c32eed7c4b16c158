"""Mock data: costs of an invented company, for `make run` and a customer's smoke test.

Every amount is a pure function of the account, the service, the day's date, its distance from the newest day that is
read and its age at the scheduled time. No clock and no generator of random numbers: noise comes from a hash, the rest
is plain arithmetic, so machines agree to the last decimal, and a batch is computed without the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from finopsguard.accounts.mock import OUTSIDE_ACCOUNT_ROLE_ARN
from finopsguard.accounts.mock_company import (
    BY_ID,
    BY_NAME,
    COMPUTE,
    MANAGEMENT,
    MOCK_ACCOUNTS,
    PLANS,
    PLANTED,
    RDS,
    S3,
    SAGEMAKER,
    SERVICES,
    MockAccount,
)
from finopsguard.costs.charges import Charge, large_charges
from finopsguard.costs.sources.mock_parts import TEN_DECIMALS, Used, pieces_of
from finopsguard.errors import RoleNotAssumable
from finopsguard.models.costs import (
    NOTHING_HELD,
    Billed,
    BilledAccount,
    BilledAccounts,
    CostRow,
    Costs,
    HeldRows,
)
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Meter, unmetered

MOCK_HISTORY_DAYS = 120
"""Days before the end of what is read that have costs; earlier there are no rows."""

UNIT = "USD"

# Hours since its end below which a day is billed in part, and the lowest and highest share billed.
_BILLED = ((24, 0.55, 0.75), (48, 0.97, 1.0), (72, 0.992, 1.0))

# The Savings Plan is paid by the management account; where it is used, covered usage and negation cancel out.
_SAVINGS_PLAN_FEE = Decimal("112.8")  # 24 hours at $4.70
_CREDIT_ACCOUNT = BY_NAME["ml-prod"].id
_CREDIT_SHARE = Decimal("0.25")
# By account and days back: a refund, and a subscription that was bought on the Marketplace.
_ONCE = {
    (BY_NAME["booking-prod"].id, 4): ("Refund", Decimal("-184.26")),
    (BY_NAME["data-prod"].id, 5): ("Fee", Decimal(1150)),
}
# Billed on the first of a month.
_SUPPORT = Decimal("1870.42")
_RESERVATIONS = {
    BY_NAME["booking-prod"].id: Decimal("1137.6"),
    BY_NAME["payments-prod"].id: Decimal("648.24"),
}
_TAX_DAYS = Decimal("0.9")  # the month's tax in days of ordinary usage

_AWS = "Amazon Web Services, Inc."
# What a record type is for, and who sells it.
_PRODUCTS = {
    "Fee": ("Anchoa Data Loader (invented)", "Faro Software, S.L. (invented)"),
    "Support": ("AWS Support (Business)", _AWS),
    "Recurring": (RDS, _AWS),
    "Refund": (RDS, _AWS),
    "Credit": (SAGEMAKER, _AWS),
    "SavingsPlanRecurringFee": ("Savings Plans for AWS Compute usage", _AWS),
}

# An account that ResolveAccounts knows from a setting and the company does not.
_VISITOR_USAGE = {COMPUTE: 12.0, S3: 1.5}


class MockCosts:
    """Satisfies ports.CostSource. Costs nothing: `requests` is 0."""

    def fetch(
        self,
        run: Run,
        batch: Batch,
        days: Period,
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        held: HeldRows = NOTHING_HELD,  # noqa: ARG002 - asking for them costs no page
    ) -> Costs:
        """Daily costs of the batch; raises RoleNotAssumable for the account outside the Organization."""
        refuse_outside(batch.role_arn)
        if batch.by_region:
            accounts = batch.regions or tuple(BY_ID)
            return Costs(
                [row for row in _region_rows(accounts, batch.held_as[0], _days(run)) if row.date in days], 0
            )
        rows = [row for row in _rows(run, batch.accounts) if row.date in days]
        large = large_charges([row for row in rows if row.record_type], days, run.period)
        return Costs(rows=[*rows, *_products(large)], requests=0)

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:  # noqa: ARG002 - the port's
        """What all accounts together were charged."""
        sums: dict[date, Decimal] = {}
        for row in _rows(run, BY_ID):
            if row.record_type:
                sums[row.date] = sums.get(row.date, Decimal(0)) + row.amount
        return Billed(sums, requests=0)

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:  # noqa: ARG002 - the port's
        """The company's accounts."""
        return BilledAccounts([BilledAccount(each.id, each.name) for each in MOCK_ACCOUNTS], requests=0)


def used(run: Run, account_id: str) -> Iterator[Used]:
    """The usage of an account by service, as the run's costs have it."""
    return _used(_account(account_id), _days(run))


def refuse_outside(role_arn: str | None) -> None:
    """Raises RoleNotAssumable for the role of the account outside the Organization."""
    if role_arn == OUTSIDE_ACCOUNT_ROLE_ARN:
        raise RoleNotAssumable(
            f"{OUTSIDE_ACCOUNT_ROLE_ARN} cannot be assumed (AccessDenied). Name the FetchCosts function's role"
            " in its trust policy, or take it out of FINOPSGUARD_ACCOUNT_ROLE_ARNS."
            " (Mock data: this account is never readable.)"
        )


def _rows(run: Run, accounts: Iterable[str]) -> Iterator[CostRow]:
    days = _days(run)
    return (row for account in accounts for row in _account_rows(account, days))


def _days(run: Run) -> tuple[_Day, ...]:
    return tuple(_Day.of(run, day) for day in run.window.dates()[-MOCK_HISTORY_DAYS:])


def _products(large: Mapping[Charge, Decimal]) -> Iterator[CostRow]:
    """What large charges are for."""
    for (day, account_id, record_type), amount in large.items():
        product, seller = _PRODUCTS[record_type]
        yield CostRow(day, account_id, product, record_type, amount, UNIT, seller)


class _Day(NamedTuple):
    """A day as the run sees it: `back` days before the newest; `tier` is its row of _BILLED, None if complete."""

    on: date
    back: int
    tier: int | None
    weekend: bool

    @classmethod
    def of(cls, run: Run, day: date) -> _Day:
        ended = datetime.combine(day + timedelta(days=1), time(), UTC)
        hours = (run.scheduled_time - ended) / timedelta(hours=1)
        tier = next((index for index, (limit, _, _) in enumerate(_BILLED) if hours < limit), None)
        return cls(day, (run.window.end - day).days - 1, tier, day.weekday() >= 5)


# A run asks twice: for what was billed, and for the costs. The company has some forty accounts.
@lru_cache(maxsize=100)
def _account_rows(account_id: str, days: tuple[_Day, ...]) -> tuple[CostRow, ...]:
    return tuple(_rows_of(account_id, days))


@lru_cache(maxsize=1)
def _region_rows(accounts: tuple[str, ...], held_as: str, days: tuple[_Day, ...]) -> tuple[CostRow, ...]:
    """The same usage by service and Region, of the accounts together."""
    sums: dict[tuple[date, str, str], list[Decimal]] = {}
    for account_id in accounts:
        for each in _used(_account(account_id), days):
            for piece in pieces_of(account_id, each):
                known = sums.setdefault((each.on, each.service, piece.kind.region), [Decimal(0), Decimal(0)])
                known[0] += piece.amount
                known[1] += piece.amount + piece.paid
    return tuple(
        CostRow(day, held_as, service, None, amount, UNIT, amortized=amortized, region=region)
        for (day, service, region), (amount, amortized) in sums.items()
        if amount or amortized
    )


def _rows_of(account_id: str, days: Sequence[_Day]) -> Iterator[CostRow]:
    account = _account(account_id)
    by_day: dict[date, list[Used]] = {}
    for each in _used(account, days):
        by_day.setdefault(each.on, []).append(each)
        yield CostRow(
            each.on, account_id, each.service, None, each.amount, UNIT, amortized=each.amount + each.paid
        )
    for day in days:
        for record_type, amount, amortized in _charges(account, day, by_day.get(day.on, [])):
            yield CostRow(day.on, account_id, None, record_type, amount, UNIT, amortized=amortized)


def _used(account: MockAccount, days: Sequence[_Day]) -> Iterator[Used]:
    """What each service cost on each day that has a row of it."""
    planted = [each for each in PLANTED if each.account_id == account.id]
    billed = [_billed_share(account, tier) for tier in range(len(_BILLED))]
    for service in sorted({*account.usage, *(each.service for each in planted)}):
        noise, spread = _noise(f"{account.id}/{service}"), SERVICES[service].noise
        effects = [each for each in planted if each.service == service]
        for day in days:
            usual = usd = _ordinary_usage(account, service, day) * (1 + spread * noise[day.back])
            for each in effects:
                usd = each.effect(usd, day.back)
            share = 1.0 if day.tier is None else billed[day.tier]
            if share == 0 or (usd == 0 and service not in account.usage):
                continue  # no row, as Cost Explorer answers for what is not billed or was never used
            amount = _amount(usd * share)
            yield Used(
                day.on, service, amount, _amount(usual * share), *_by_plan(account.id, service, day, amount)
            )


def _account(account_id: str) -> MockAccount:
    return BY_ID.get(account_id) or MockAccount(account_id, account_id, "root", _VISITOR_USAGE)


def _ordinary_usage(account: MockAccount, service: str, day: _Day) -> float:
    """USD of a service on a day without noise and anomalies."""
    shape = SERVICES[service]
    growth = 1 - shape.growth * day.back / MOCK_HISTORY_DAYS
    rhythm = 1 - shape.follows_people * (1 - account.weekend) if day.weekend else 1.0
    return account.usage.get(service, 0.0) * growth * rhythm


def _charges(account: MockAccount, day: _Day, used: Sequence[Used]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """All charges of a day by record type, each with its amortized cost; usage adds up to what was used."""
    if used:
        usage, covered, paid = (
            sum((getattr(each, name) for each in used), Decimal(0)) for name in ("amount", "covered", "paid")
        )
        yield "Usage", usage, usage
        if covered:
            yield "SavingsPlanCoveredUsage", covered, paid
            yield "SavingsPlanNegation", -covered, Decimal(0)
        if account.id == _CREDIT_ACCOUNT:
            credit = -_ten_decimals(usage * _CREDIT_SHARE)
            yield "Credit", credit, credit
    if account.id == MANAGEMENT.id:
        # All of it is used, so its amortized cost is with what it covers.
        yield "SavingsPlanRecurringFee", _SAVINGS_PLAN_FEE, Decimal(0)
    for record_type, amount in _others(account, day):
        yield record_type, amount, amount


def _others(account: MockAccount, day: _Day) -> Iterator[tuple[str, Decimal]]:
    if (account.id, day.back) in _ONCE:
        yield _ONCE[account.id, day.back]
    if day.on.day == 1:
        if account.id == MANAGEMENT.id:
            yield "Support", _SUPPORT
        if account.id in _RESERVATIONS:
            yield "Recurring", _RESERVATIONS[account.id]
        if account.usage:
            yield "Tax", _cents(sum(account.usage.values())) * _TAX_DAYS


def _by_plan(account_id: str, service: str, day: _Day, amount: Decimal) -> tuple[Decimal, Decimal]:
    """What a Savings Plan covers beside this usage of a day, and what of it is paid; 0 where none does."""
    for plan in PLANS:
        if (plan.account_id, day.back >= plan.last) == (account_id, True) and plan.service in (None, service):
            covered = _ten_decimals(amount * Decimal(str(plan.covers)))
            return covered, _ten_decimals(covered * Decimal(str(plan.pays)))
    return Decimal(0), Decimal(0)


def _billed_share(account: MockAccount, tier: int) -> float:
    _, low, high = _BILLED[tier]
    if tier == 0 and account.late:
        return 0.0
    digest = hashlib.sha256(f"{account.id}/billed/{tier}".encode()).digest()
    return low + (high - low) * digest[0] / 255


def _noise(series: str) -> list[float]:
    """A bell-shaped number from -1 to 1 for each day back: the mean of three bytes of a hash."""
    data = hashlib.shake_256(series.encode()).digest(3 * MOCK_HISTORY_DAYS)
    return [(data[i] + data[i + 1] + data[i + 2]) / 382.5 - 1 for i in range(0, len(data), 3)]


def _amount(usd: float) -> Decimal:
    """Ten decimals, or a bare 0, as Cost Explorer writes amounts."""
    return Decimal(f"{usd:.10f}") if usd else Decimal(0)


def _ten_decimals(usd: Decimal) -> Decimal:
    return usd.quantize(TEN_DECIMALS)


def _cents(usd: float) -> Decimal:
    return Decimal(f"{usd:.2f}")
