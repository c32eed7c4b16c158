"""Charges that are not usage, as far as the month still brings them: taxes, support, fees, discounts, credits.

What comes on most days goes on as in the last week: what follows usage (tax, support, discounts, credits) at its share
of the usage, all else as it is. What comes once a month:

- Tax, support and discounts come to the same share of the month's usage as in the month before, whatever of them is
  billed so far: AWS dates them to a day and lets them grow while the month is billed.
- A fee, a credit or a refund that came in both months before comes again as in the last one, unless it came already or
  is more than a week late. What came in the last month only is not counted; until its day has passed it makes the
  forecast less sure by its amount.

A charge's doubt is how much it differed between the two months before. Amounts of either sign are held apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.charges import charge_kind
from finopsguard.forecast.ahead import Amounts, Rows
from finopsguard.models.report import ChargeKind

RECENT_DAYS, WEEK = 28, 7
OFTEN = 14
"""On so many of the recent days a charge comes that has no day of the month."""
LATE_DAYS = 7
"""So much later than last month a charge of the month is not waited for any more."""
BY_USAGE_DAILY: frozenset[ChargeKind] = frozenset(("tax", "support", "discount", "credit"))
BY_USAGE_MONTHLY: frozenset[ChargeKind] = frozenset(("tax", "support", "discount"))
_A_CENT = 0.01

ChargeRow = tuple[str, str, date, Decimal]
"""(account, record type, day, amount)."""


@dataclass(frozen=True)
class Charges:
    """All charges that are not usage by day: a row for each account, record type and sign."""

    amounts: Amounts
    """(rows, days) in the currency."""
    owner: Rows
    """(rows,): the number of the account."""
    daily_by_usage: NDArray[np.bool_]
    monthly_by_usage: NDArray[np.bool_]

    def of(self, rows: NDArray[np.bool_]) -> Charges:
        """Some of the rows."""
        return Charges(
            self.amounts[rows], self.owner[rows], self.daily_by_usage[rows], self.monthly_by_usage[rows]
        )


@dataclass(frozen=True)
class Ahead:
    """What charges will still bring."""

    by_day: Amounts
    """(accounts, days ahead)."""
    follows: Amounts
    """(accounts,): the part of it that follows the usage ahead."""
    doubt: Amounts
    """(accounts,): how far it may be off, squared."""


@dataclass(frozen=True)
class Days:
    """Where a month lies among the days held, by index: days from `settled` on are not final, `read` is their end."""

    before_last: int
    """First day of the month before the last, negative where it is not held."""
    last: int
    start: int
    settled: int
    read: int
    end: int

    @property
    def ahead(self) -> int:
        """Days of the month that are to be forecast."""
        return max(0, self.end - self.settled)


def charges_of(rows: Iterable[ChargeRow], numbers: Mapping[str, int], first_day: date, days: int) -> Charges:
    """The charges on the held days, `numbers` has the number of every account."""
    place: dict[tuple[int, str, bool], int] = {}
    where: list[tuple[int, int]] = []
    amounts: list[float] = []
    for account, name, day, amount in rows:
        index = (day - first_day).days
        if 0 <= index < days:
            key = (numbers[account], name, amount > 0)
            where.append((place.setdefault(key, len(place)), index))
            amounts.append(float(amount))
    matrix = np.zeros((len(place), days))
    if where:
        row, column = np.array(where).T
        np.add.at(matrix, (row, column), amounts)
    kinds = [charge_kind(name) for _, name, _ in place]
    return Charges(
        matrix,
        np.array([account for account, _, _ in place], dtype=np.int64),
        np.array([kind in BY_USAGE_DAILY for kind in kinds], dtype=np.bool_),
        np.array([kind in BY_USAGE_MONTHLY for kind in kinds], dtype=np.bool_),
    )


def charges_ahead(charges: Charges, usage: Amounts, usage_ahead: Amounts, days: Days) -> Ahead:
    """What the rest of the month brings: `usage` (accounts, days held) and `usage_ahead` (accounts, days ahead).

    What came once on days that are not final is counted as it came, or as more. A month that is over brings nothing.
    """
    accounts = len(usage)
    by_day = np.zeros((accounts, days.ahead))
    follows, doubt = np.zeros((2, accounts))
    recent = charges.amounts[:, max(0, days.settled - RECENT_DAYS) : days.settled]
    often = (recent != 0).sum(axis=1) >= OFTEN
    not_final = charges.amounts[:, days.settled : min(days.read, days.end)]
    came = np.where(often[:, None], 0, not_final)
    np.add.at(by_day[:, : came.shape[1]], charges.owner, came)
    by_usage = ~often & charges.monthly_by_usage
    for rows, rule in ((often, _daily), (by_usage, _by_usage), (~often & ~by_usage, _lumps)):
        part = charges.of(rows)
        if len(part.owner) and days.ahead:
            found, share, unsure = rule(part, usage, usage_ahead, days)
            np.add.at(by_day, part.owner, found)
            np.add.at(follows, part.owner, share)
            np.add.at(doubt, part.owner, unsure**2)
    return Ahead(by_day, follows, doubt)


_Found = tuple[Amounts, Amounts, Amounts]
"""By row: (rows, days ahead), the part that follows usage, the doubt."""


def _daily(charges: Charges, usage: Amounts, usage_ahead: Amounts, days: Days) -> _Found:
    """As in the last week, by day or by the usage of a day; the two weeks before it tell how much that differs."""
    out = np.zeros((len(charges.owner), days.ahead))
    week = slice(max(0, days.settled - WEEK), days.settled)
    earlier = slice(max(0, days.settled - 2 * WEEK), week.start)
    mean, before = (charges.amounts[:, part].mean(axis=1) for part in (week, earlier))
    out[:] = mean[:, None]
    used = usage[charges.owner, week].sum(axis=1)
    scaled = charges.daily_by_usage & (used > _A_CENT)
    share = np.where(scaled, charges.amounts[:, week].sum(axis=1) / np.where(scaled, used, 1), 0)
    out[scaled] = (share[:, None] * usage_ahead[charges.owner])[scaled]
    follows = np.where(scaled, out.sum(axis=1), 0)
    unsure = np.where(scaled, 0, np.abs(mean - before) * days.ahead)
    return out, follows, unsure


def _by_usage(charges: Charges, usage: Amounts, usage_ahead: Amounts, days: Days) -> _Found:
    """The share of the month's usage that the last month had, as far as it is not billed yet."""
    came = charges.amounts[:, days.start : min(days.read, days.end)].sum(axis=1)
    ahead = usage_ahead[charges.owner].sum(axis=1)
    used = usage[charges.owner, days.start : days.settled].sum(axis=1) + ahead
    share, known = _share(charges, usage, days.last, days.start)
    earlier, two = _share(charges, usage, days.before_last, days.last)
    whole = share * used
    rest = np.where(known & (np.abs(whole) > np.abs(came)) & (whole * came >= 0), whole - came, 0)
    follows = np.where(used > _A_CENT, whole * ahead / np.where(used > _A_CENT, used, 1), 0)
    unsure = np.where(two, np.abs(share - earlier) * used, np.abs(rest))
    return _spread(rest, ahead, usage_ahead[charges.owner]), follows, unsure


def _lumps(charges: Charges, _usage: Amounts, _usage_ahead: Amounts, days: Days) -> _Found:
    """What came in both months before, once more, unless it is there or overdue."""
    out = np.zeros((len(charges.owner), days.ahead))
    if days.last < 0:
        return out, np.zeros(len(out)), np.zeros(len(out))
    month = charges.amounts[:, days.last : days.start]
    last = month.sum(axis=1)
    before = charges.amounts[:, max(days.before_last, 0) : days.last].sum(axis=1)
    came = charges.amounts[:, days.start : min(days.read, days.end)].sum(axis=1)
    there = month != 0
    due = np.where(there.any(axis=1), month.shape[1] - 1 - there[:, ::-1].argmax(axis=1), 0)
    waiting = days.start + due + LATE_DAYS >= days.settled
    missing = waiting & (np.abs(last) > np.abs(came))
    again = missing & (before != 0)
    rest = np.where(again, last - came, 0)
    column = np.clip(days.start + due - days.settled, 0, days.ahead - 1)
    out[np.arange(len(out)), column] = rest
    unsure = np.where(again, np.abs(last - before), np.where(missing & (came == 0), np.abs(last), 0))
    return out, np.zeros(len(out)), unsure


def _share(charges: Charges, usage: Amounts, start: int, stop: int) -> tuple[Amounts, NDArray[np.bool_]]:
    """A month's charges in parts of its usage, and where that is known."""
    if start < 0:
        return np.zeros(len(charges.owner)), np.zeros(len(charges.owner), np.bool_)
    used = usage[charges.owner, start:stop].sum(axis=1)
    total = charges.amounts[:, start:stop].sum(axis=1)
    known = (used > _A_CENT) & (total != 0)
    return np.where(known, total / np.where(known, used, 1), 0), known


def _spread(rest: Amounts, ahead: Amounts, usage_ahead: Amounts) -> Amounts:
    """Over the days ahead as usage is, or on the last one."""
    out = np.zeros(usage_ahead.shape)
    some = ahead > _A_CENT
    out[some] = (rest / np.where(some, ahead, 1))[some, None] * usage_ahead[some]
    out[~some, -1] = rest[~some]
    return out
