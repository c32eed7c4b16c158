"""What the numbers of a soak's report are held to: the bill as it stood when it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from finopsguard.models.report import UNKNOWN, Report
from tests.faults import matrix
from tests.faults.soak_run import Ran, Soak
from tests.faults.soak_world import NAMES, RESTATED_AFTER
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
    """As a cell of the matrix; an account may have been read on another morning than the others."""
    mornings = sorted(card.mornings)
    period = card.report.period
    told = {each.id: each.cost for each in card.report.accounts}
    bills = {morning: _as_read(soak, card, morning) for morning in mornings}
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
    said, whole = "", _whole(soak, bills, card)
    for chosen in product(*choices):
        bill = _mixed(bills, dict(zip(NAMES, chosen, strict=True)))
        said = matrix.judged(card.report, whole, bill, frozenset(NAMES))
        if not said.startswith("wrong"):
            break
    return said


def _as_read(soak: Soak, card: Card, morning: date) -> Costs:
    """The bill of a morning. Without the total of all that is billed, which a report then says, a day that AWS changed
    since it was read is as it was read.
    """
    bill = soak.company.costs(morning)
    if not any(
        check.name == "control_total" and check.detail == UNKNOWN for check in card.report.coverage.checks
    ):
        return bill
    told = {each.date: each.cost for each in card.report.daily}
    read = {each.id for each in card.report.accounts}
    earlier = [soak.company.costs(morning - number * DAY) for number in range(RESTATED_AFTER)]

    def on(day: date) -> Sequence[Charge]:
        as_told = (
            each
            for each in earlier
            if each.total(day, day + DAY, lambda charge: charge.account_id in read) == told.get(day)
        )
        return next(as_told, bill).on(day)

    return Costs(on)


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
