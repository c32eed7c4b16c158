"""The month's end: what is billed for good, what the days ahead will cost, and how sure that is.

Of each account: its final days as billed (exact), and for each other day of the month the usage that the detector would
expect there, with the charges that are still to come. A day that is not final is forecast, and counts no less than it
has already. Units and Organization are the sums of their accounts; each has a band from the errors of its own sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.forecast.ahead import BEGUN_USD, Rows, ahead, numbers_of, summed
from finopsguard.forecast.charges import ChargeRow, Days, charges_ahead, charges_of
from finopsguard.forecast.replays import ENOUGH_FINAL_DAYS, replay
from finopsguard.models.forecast import ForecastReason
from finopsguard.models.run import Period

WIDEST = 0.25
"""A band that is wider than this part of the forecast says nothing, and no forecast is given."""
IN_THE_LEVEL_DAYS = 7
"""A change of so many days is in the level, whatever weekdays it fell on."""
_DAY = timedelta(days=1)
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Known:
    """What a forecast is made of.

    `series` is usage from the first cost on, to the newest day read, `charges` all that is not usage. `billed` is each
    account's exact sum of the month's days before `settled`; days from there on are not final. `open_changes` are
    incidents that go on: (account, its first day, USD a day above or below what was expected).
    """

    month: Period
    settled: date
    series: DailySeries
    charges: Sequence[ChargeRow]
    billed: Mapping[str, Decimal]
    accounts: Sequence[str]
    open_changes: Sequence[tuple[str, date, float]] = ()


@dataclass(frozen=True)
class MonthEnd:
    """What a scope's month will have cost, between `low` and `high`; or why that is not said."""

    month_end: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reason: ForecastReason | None = None


def month_of(period: Period) -> Period:
    """The month of a period's last day."""
    start = (period.end - _DAY).replace(day=1)
    return Period(start, (start + timedelta(days=31)).replace(day=1))


class MonthAhead:
    """The forecast of every account, of which any scope's is made."""

    def __init__(self, known: Known) -> None:
        """Forecasts; raises InvalidInput for costs that are none."""
        self._known = known
        names = dict.fromkeys((*known.accounts, *known.series.accounts, *known.billed))
        names.update(dict.fromkeys(account for account, *_ in known.charges))
        self._numbers = {name: number for number, name in enumerate(names)}
        series, owner = known.series, numbers_of(known.series.accounts, self._numbers)
        self._days = _days(known)
        self._usage = summed(series.costs, owner, len(names))
        final = series.costs[:, : self._days.settled]
        self._replays = replay(final, series.first_day, owner, len(names), self._days.ahead)
        self._lift = self._replays.lift()
        self._usage_ahead = self._lift * summed(
            ahead(final, series.first_day, self._days.ahead), owner, len(names)
        )
        so_far = self._usage[:, self._days.settled : self._days.settled + self._days.ahead]
        part = self._usage_ahead[:, : so_far.shape[1]]
        np.maximum(part, so_far, out=part)
        charges = charges_of(known.charges, self._numbers, series.first_day, series.days)
        self._charges_by_day = summed(charges.amounts, charges.owner, len(names))
        self._charges = charges_ahead(charges, self._usage, self._usage_ahead, self._days)
        self._by_day = self._usage_ahead + self._charges.by_day
        to_come = self._by_day.sum(axis=1).tolist()
        # In cents by account: so the accounts' forecasts add up, to the last digit.
        self._ends = [
            known.billed.get(name, _NOTHING) + cents(amount)
            for name, amount in zip(names, to_come, strict=True)
        ]

    def point(self, accounts: Sequence[str]) -> Decimal:
        """What the month of these accounts will have cost, sure or not."""
        return sum((self._ends[self._numbers[name]] for name in accounts), _NOTHING)

    def of(self, accounts: Sequence[str]) -> MonthEnd:
        """The month's end of these accounts together, if it is sure."""
        members, point = numbers_of(accounts, self._numbers), self.point(accounts)
        if point <= 0:
            return MonthEnd(reason="nothing")
        if not self._held_long_enough(members):
            return MonthEnd(reason="history")
        half = self._half_width(members)
        up, down = self._open(accounts)
        if half is None or 2 * half > WIDEST * float(point):
            return MonthEnd(reason="wide")
        if 2 * half + up + down > WIDEST * float(point):
            return MonthEnd(reason="incident")
        billed = sum((self._known.billed.get(name, _NOTHING) for name in accounts), _NOTHING)
        low = max(point - cents(half + down), min(billed, point))
        return MonthEnd(point, low, point + cents(half + up))

    def reached(self, accounts: Sequence[str], budget: Decimal, *, forecast: bool) -> date | None:
        """The day on which what is billed of the month reaches a budget; of final days only, unless `forecast`."""
        members, days = numbers_of(accounts, self._numbers), self._days
        past = slice(max(0, days.start), min(days.settled, days.end))
        spent = (self._usage[members, past] + self._charges_by_day[members, past]).sum(axis=0)
        to_come = self._by_day[members].sum(axis=0) if forecast else np.zeros(0)
        sums = np.concatenate([spent, to_come]).cumsum()
        over = np.flatnonzero(sums >= float(budget))
        if not len(over) or (forecast and sums[-1] < float(budget) and over[0] >= len(spent)):
            return None
        first = self._known.series.first_day + timedelta(days=past.start)
        return first + timedelta(days=int(over[0]))

    @cached_property
    def _born(self) -> Rows:
        """The day on which each account first cost anything, by index."""
        cost = np.abs(self._usage) + np.abs(self._charges_by_day) > BEGUN_USD
        born: Rows = np.where(cost.any(axis=1), cost.argmax(axis=1), cost.shape[1])
        return born

    def _held_long_enough(self, members: Rows) -> bool:
        """True if errors are known, and what the month before brought."""
        first = int(self._born[members].min()) if len(members) else self._known.series.days
        return first <= max(self._days.last, 0) and self._days.settled - first >= ENOUGH_FINAL_DAYS

    def _half_width(self, members: Rows) -> float | None:
        """USD; None where it is not known."""
        follows = float(np.abs(self._charges.follows[members]).sum())
        moves = float(self._usage_ahead[members].sum()) + follows
        part = self._replays.half_width(members, self._lift) if moves > 0 else 0.0
        doubt = float(self._charges.doubt[members].sum())
        return None if math.isinf(part) else math.hypot(part * moves, math.sqrt(doubt))

    def _open(self, accounts: Sequence[str]) -> tuple[float, float]:
        """USD that incidents of the last days add, and take away, if they go on to the month's end."""
        mine = set(accounts)
        fresh = [
            change * self._days.ahead
            for account, start, change in self._known.open_changes
            if account in mine and (self._known.settled - start).days < IN_THE_LEVEL_DAYS
        ]
        return sum(each for each in fresh if each > 0), -sum(each for each in fresh if each < 0)


def _days(known: Known) -> Days:
    first = known.series.first_day
    last = (known.month.start - _DAY).replace(day=1)
    before_last = (last - _DAY).replace(day=1)
    settled = min(known.settled, known.month.end, known.series.end)
    return Days(
        before_last=(before_last - first).days,
        last=(last - first).days,
        start=max(0, (known.month.start - first).days),
        settled=max(0, (settled - first).days),
        read=known.series.days,
        end=(known.month.end - first).days,
    )
