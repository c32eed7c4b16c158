"""What the numbers of a soak's report are held to: the bill as it stood when it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product

from finopsguard.models.report import UNKNOWN, Report
from tests.faults import matrix
from tests.faults.soak_run import Ran, Soak
from tests.faults.soak_world import NAMES, RESTATED_AFTER, Company
from tests.standins import Charge, Costs
from tests.truth.days import DAY


@dataclass(frozen=True)
class Card:
    """A report that the channel has; `by` is the execution that posted it."""

    report: Report
    by: Ran
    mornings: frozenset[date]
    """On which its plan was made, or costs of it were read."""
    shown: str
    """What is largest on it: `$6,380`."""


def judged(soak: Soak, card: Card) -> str:
    """As a cell of the matrix; an account may have been read on another morning than the others, and so may its days.

    A report that is redriven reads what its plan has, on a later morning; a day that was held when it was planned is as
    it stood then, and the total of all, which is the plan's, is apart.
    """
    mornings = sorted(card.mornings)
    period = card.report.period
    told = {each.id: each.cost for each in card.report.accounts}
    bills = {morning: as_read(soak.company, card.report, morning) for morning in mornings}
    choices = [
        [
            morning
            for morning in mornings
            if len(mornings) == 1
            or account not in told
            or told[account] == bills[morning].total(period.start, period.end, _of(account))
        ]
        or mornings[:1]
        for account in NAMES
    ]
    whole = _whole(soak, bills, card)
    for chosen in product(*choices):
        bill = _mixed(bills, dict(zip(NAMES, chosen, strict=True)))
        said = matrix.judged(card.report, whole, bill, frozenset(NAMES))
        if not said.startswith("wrong"):
            return said
    total = next(check for check in card.report.coverage.checks if check.name == "control_total")
    if len(mornings) == 1 or total.status == "ok":
        return said
    bill = as_told(card.report, list(bills.values()), bills[mornings[0]])
    return matrix.judged(card.report, whole, bill, frozenset(NAMES))


def as_read(company: Company, report: Report, morning: date) -> Costs:
    """The bill of a morning. Without the total of all that is billed, which a report then says, a day that AWS changed
    since it was read is as it was read; of an account that could not be read then, as it was read later.
    """
    bill = company.costs(morning)
    if not any(check.name == "control_total" and check.detail == UNKNOWN for check in report.coverage.checks):
        return bill
    earlier = [company.costs(morning - number * DAY) for number in range(RESTATED_AFTER)]
    return as_told(report, earlier, bill)


def as_told(report: Report, mornings: Sequence[Costs], bill: Costs) -> Costs:
    """Each account's day as it stood on one of the mornings, where the day's total is then as the report has it.

    A day of which no such mixture is the report's is as in `bill`; so is an account that could not be read.
    """
    told = {each.date: each.cost for each in report.daily}
    read = sorted(each.id for each in report.accounts)

    def on(day: date) -> Sequence[Charge]:
        versions = [_versions(mornings, day, account) for account in read]
        as_told = (
            [charge for version in chosen for charge in version]
            for chosen in product(*versions)
            if sum((charge.amount for version in chosen for charge in version), Decimal(0)) == told.get(day)
        )
        unread = [charge for charge in bill.on(day) if charge.account_id not in read]
        found = next(as_told, None)
        return bill.on(day) if found is None else [*found, *unread]

    return Costs(on)


def _versions(mornings: Sequence[Costs], day: date, account: str) -> list[tuple[Charge, ...]]:
    """An account's day as it stood on some mornings, each once."""
    stood = (tuple(charge for charge in bill.on(day) if charge.account_id == account) for bill in mornings)
    return list(dict.fromkeys(stood))


def _whole(soak: Soak, bills: Mapping[date, Costs], card: Card) -> frozenset[str]:
    """The accounts of a whole report: those that are listed, or cost anything in its days."""
    daily = card.report.daily
    listed = {each.id for morning in bills for each in soak.company.accounts(morning)}
    return frozenset(listed).union(
        charge.account_id
        for bill in bills.values()
        for charge in bill.between(daily[0].date, daily[-1].date + DAY)
        if charge.amount
    )


def _mixed(bills: Mapping[date, Costs], read: Mapping[str, date]) -> Costs:
    """The bill as it was read, each account on its morning."""
    if len(set(read.values())) == 1:
        return bills[next(iter(read.values()))]

    def on(day: date) -> list[Charge]:
        return [
            charge
            for morning, bill in bills.items()
            for charge in bill.on(day)
            if read[charge.account_id] == morning
        ]

    return Costs(on)


def _of(account: str) -> Callable[[Charge], bool]:
    return lambda charge: charge.account_id == account
