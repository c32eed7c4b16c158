"""Who is behind what was told of a Region: its accounts, by what they used beyond what was usual."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from finopsguard.models.money import CENT
from finopsguard.models.run import Period
from finopsguard.ports import AccountUsage

WEEKS_ASKED = 2
"""So many weeks before it are asked for: with a hundred accounts the days of an incident then fit into one page."""


class AccountPart(NamedTuple):
    """An account's part of a finding, USD at amortized cost above what was usual, or below it."""

    account_id: str
    amount: Decimal


def days_asked(start: date, last: date) -> Period:
    """The days of a finding and the weeks before it."""
    return Period(start - timedelta(weeks=WEEKS_ASKED), last + timedelta(days=1))


def parts_by_account(
    found: Sequence[AccountUsage], days: Period, accounts: Collection[str], direction: int
) -> tuple[AccountPart, ...]:
    """The accounts that moved in that direction, the largest first; `days` are the finding's, without those before.

    Only `accounts` are named: a report is not about others. Usual is the median of a day's weekday before it.
    """
    costs: dict[str, dict[date, Decimal]] = {}
    for line in found:
        if line.account_id in accounts:
            costs.setdefault(line.account_id, {})[line.date] = line.amortized
    parts = [AccountPart(account, _beyond(of_day, days)) for account, of_day in costs.items()]
    moved = [each for each in parts if each.amount * direction >= CENT]
    return tuple(sorted(moved, key=lambda each: (-abs(each.amount), each.account_id)))


def _beyond(costs: dict[date, Decimal], days: Period) -> Decimal:
    return sum((costs.get(day, Decimal(0)) - _usual(costs, day, days) for day in days.dates()), Decimal(0))


def _usual(costs: dict[date, Decimal], day: date, days: Period) -> Decimal:
    weeks = (day - days.start).days // 7
    before = [day - timedelta(weeks=weeks + number) for number in range(1, WEEKS_ASKED + 1)]
    return median([costs.get(each, Decimal(0)) for each in before])
