"""Charges that are not usage (fees, support, tax, discounts, credits, refunds), each judged against its own past.

Pure: the charges of the window go in, what is not as it was comes out. The detector judges usage; a bill's lumps come
by the day of the month, so each account's record types are held against the same time of the months before.

Rules, all with the customer's gate in dollars:
- **New**: the account had none of that record type before in the window. Not a tax that is no more than TAX_SHARE of
  the account's usage of a month: an account that begins to cost begins to be taxed.
- **Larger**: more than the months before brought at the same time (TOLERANCE_DAYS around the day), by the percent gate
  too. What comes on most days is held against its largest day of four weeks. Tax, support, discounts and credits
  follow usage: what they brought before is scaled up, never down, with the usage of the account or of all, whichever
  grew more.
- **Missing**: due, for each month before that the window holds (two at least) had it at that time, and not there
  GRACE_DAYS later. What came on most days for two weeks and stopped is missing in the same way.

Smaller charges are not told: a month's tax and support still grow while the month is billed. Amounts of either sign are
judged apart, so a credit hides no fee.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.models.report import ChargeFinding, ChargeKind, ChargeProduct, ChargeState
from finopsguard.models.run import Period, Run

TOLERANCE_DAYS = 3
"""A charge of a month may come so many days earlier or later than in another."""
GRACE_DAYS = 2
"""After so many more days a charge that has not come is missing."""
A_MONTH = 31
"""The least history with which anything is judged."""
FOUR_WEEKS = 28
MOST_DAYS = 0.5
"""On so many of its days a charge comes that has no day of the month."""
STOPPED_AFTER_DAYS = 14
TAX_SHARE = Decimal("0.3")
"""No country's tax on services is higher."""

_FOLLOW_USAGE: frozenset[ChargeKind] = frozenset(("tax", "support", "discount", "credit"))
_DAY = timedelta(days=1)
_ZERO = Decimal(0)

ChargeRow = tuple[str, str, date, Decimal]
"""(account, record type, day, amount)."""
ProductRow = tuple[str, str, date, str, str, Decimal]
"""(account, record type, day, product, seller, amount)."""


class Usage:
    """Usage by account and day, for what follows it."""

    def __init__(self, series: DailySeries) -> None:
        self._first = series.first_day
        self._all = series.costs.sum(axis=0)
        self._rows: dict[str, list[int]] = {}
        for row, account in enumerate(series.accounts):
            self._rows.setdefault(account, []).append(row)
        self._costs = series.costs
        self._own: dict[str, NDArray[np.float64]] = {}

    def growth(self, account_id: str, now: date, then: date, days: int) -> Decimal:
        """How much more was used in the days up to `now` than in those up to `then`; 1 for what is not more."""
        ratios = [
            self._sum(each, now, days) / before
            for each in (self._of(account_id), self._all)
            if (before := self._sum(each, then, days)) > 0
        ]
        return Decimal(repr(round(max([1.0, *ratios]), 6)))

    def of_month(self, account_id: str, until: date) -> Decimal:
        """An account's usage of the month up to a day."""
        return Decimal(repr(round(self._sum(self._of(account_id), until, A_MONTH), 6)))

    def _of(self, account_id: str) -> NDArray[np.float64]:
        """An account's usage by day; each of its days and months asks for it."""
        if account_id not in self._own:
            self._own[account_id] = self._costs[self._rows.get(account_id, [])].sum(axis=0)
        return self._own[account_id]

    def _sum(self, costs: NDArray[np.float64], until: date, days: int) -> float:
        end = (until - self._first).days + 1
        return float(costs[max(0, end - days) : max(0, end)].sum())


@dataclass(frozen=True)
class _Judge:
    """A run's days and policy: the `told` days, from `known` on there is history, `config` has the gates."""

    told: Period
    period: Period
    known: date
    unsettled: Collection[date]
    usage: Usage
    config: DetectionConfig


def judge_charges(
    charges: Sequence[ChargeRow],
    products: Iterable[ProductRow],
    series: DailySeries,
    run: Run,
    unsettled: Collection[date],
    config: DetectionConfig,
    names: Mapping[str, str],
    owed: Mapping[str, date] = {},
) -> tuple[ChargeFinding, ...] | None:
    """What is new, larger or missing among the period's charges, the largest difference first; None: not to be judged.

    `series` is usage from the first cost on. Days of the period before that were not settled when it was reported are
    judged again with their day: a charge of theirs may have come later. Of an account that is `owed` days from an
    earlier one on (`unread.py`), those are judged too.
    """
    days = [day for _, _, day, _ in charges] + ([series.first_day] if len(series.costs) else [])
    known = min(days, default=run.period.end)
    if (run.period.start - known).days < A_MONTH:
        return None
    late = sum(day in unsettled for day in run.period.dates()) if run.report == "weekly" else 0
    told = Period(run.period.start - late * _DAY, run.period.end)
    judge = _Judge(told, run.period, known, frozenset(unsettled), Usage(series), config)
    by_whose: dict[tuple[str, str], list[ProductRow]] = {}
    for product in products:
        by_whose.setdefault(product[:2], []).append(product)
    found = [
        _named(
            replace(finding, account_name=names.get(account, account)),
            by_whose.get((account, name), ()),
            mine.told,
        )
        for (account, name), days in _by_series(charges)
        for mine in [_since(judge, owed[account]) if account in owed else judge]
        for finding in [_judged(account, name, days, mine)]
        if finding
    ]
    return tuple(
        sorted(found, key=lambda each: (-abs(each.amount - each.expected), each.account_id, each.name))
    )


def _since(judge: _Judge, first: date) -> _Judge:
    """The judge of an account whose days are judged from an earlier one on."""
    told, period = (Period(min(first, each.start), each.end) for each in (judge.told, judge.period))
    return replace(judge, told=told, period=period)


def _by_series(
    charges: Iterable[ChargeRow],
) -> Iterator[tuple[tuple[str, str], dict[date, Decimal]]]:
    """Each account's record types, amounts above and below zero apart."""
    found: dict[tuple[str, str, bool], dict[date, Decimal]] = {}
    for account, name, day, amount in charges:
        found.setdefault((account, name, amount > 0), {})[day] = amount
    for (account, name, _), days in found.items():
        yield (account, name), days


def _judged(account: str, name: str, days: Mapping[date, Decimal], judge: _Judge) -> ChargeFinding | None:
    past = {day: amount for day, amount in days.items() if day < judge.told.start}
    now = {day: amount for day, amount in days.items() if day in judge.told}
    if not past:
        return _new(account, name, now, judge) if now else None
    span = (judge.told.start - min(past)).days
    if now and len(past) >= MOST_DAYS * span:
        larger = _larger(account, name, [_daily(account, name, day, past, now, judge) for day in now], judge)
    else:
        larger = _larger(account, name, [_monthly(account, name, day, days, judge) for day in now], judge)
    return larger or _missing(account, name, days, judge)


def _new(account: str, name: str, now: Mapping[date, Decimal], judge: _Judge) -> ChargeFinding | None:
    total = sum(now.values(), _ZERO)
    day = max(now, key=lambda each: (abs(now[each]), -each.toordinal()))
    taxed = charge_kind(name) == "tax" and total <= TAX_SHARE * judge.usage.of_month(account, max(now))
    return None if taxed or not _material(total, judge) else _finding("new", account, name, day, total, _ZERO)


Held = tuple[date, Decimal, Decimal, Decimal]
"""(day, what came, what came before, what that allows)."""


def _daily(
    account: str,
    name: str,
    day: date,
    past: Mapping[date, Decimal],
    now: Mapping[date, Decimal],
    judge: _Judge,
) -> Held:
    """A day of what comes on most days, held against the largest of four weeks."""
    recent = {each: past[each] for each in past if (judge.told.start - each).days <= FOUR_WEEKS} or past
    then = max(recent, key=lambda each: abs(recent[each]))
    return day, now[day], recent[then], recent[then] * _scale(account, name, day, then, 1, judge)


def _monthly(account: str, name: str, day: date, days: Mapping[date, Decimal], judge: _Judge) -> Held:
    """What came up to a day, held against the same time of the month before that brought most."""
    came = _around(days, day, after=0)
    before = [
        (abs(brought), brought, then)
        for back in _months_before(day, judge.known)
        for brought, then in [(_around(days, back, after=TOLERANCE_DAYS), back)]
    ]
    if not before:
        return day, came, came, came
    _, most, then = max(before)
    return day, came, most, most * _scale(account, name, day, then, FOUR_WEEKS, judge)


def _scale(account: str, name: str, now: date, then: date, days: int, judge: _Judge) -> Decimal:
    if charge_kind(name) not in _FOLLOW_USAGE:
        return Decimal(1)
    return judge.usage.growth(account, now, then, days)


def _larger(account: str, name: str, held: Sequence[Held], judge: _Judge) -> ChargeFinding | None:
    """The day with the most above what is allowed, if that is enough."""
    if not held:
        return None
    day, came, before, allowed = max(
        held, key=lambda each: (abs(each[1]) - abs(each[3]), -each[0].toordinal())
    )
    excess = abs(came) - abs(allowed)
    if not _material(excess, judge) or excess < Decimal(repr(judge.config.min_pct)) * abs(allowed):
        return None
    return _finding("larger", account, name, day, came, before)


def _missing(account: str, name: str, days: Mapping[date, Decimal], judge: _Judge) -> ChargeFinding | None:
    last = max(days)
    often = [day for day in days if (last - day).days < STOPPED_AFTER_DAYS]
    if len(often) >= MOST_DAYS * STOPPED_AFTER_DAYS:
        return _stopped(account, name, days, last, judge)
    for told_on in judge.period.dates():
        due = told_on - GRACE_DAYS * _DAY
        before = _months_before(due, judge.known)
        brought = [_around(days, back, after=0) for back in before]
        # The latest day of the months before is when it was due: no day earlier, and told once.
        latest = any(back in days for back in before)
        came = _around(days, due, after=GRACE_DAYS)
        if len(before) < 2 or not latest or came or not all(brought) or due in judge.unsettled:
            continue
        least = min(brought, key=abs)
        if _material(least, judge):
            return _finding("missing", account, name, due, _ZERO, least)
    return None


def _stopped(
    account: str, name: str, days: Mapping[date, Decimal], last: date, judge: _Judge
) -> ChargeFinding | None:
    """What came on most days and stopped; told on one day only, in dollars a day."""
    due = last + _DAY
    if due + GRACE_DAYS * _DAY not in judge.period or due in judge.unsettled:
        return None
    return (
        _finding("missing", account, name, due, _ZERO, days[last]) if _material(days[last], judge) else None
    )


def _months_before(day: date, known: date) -> list[date]:
    """The same day of the months before of which there is history, the newest first; a short month's last day."""
    found: list[date] = []
    first = day.replace(day=1)
    while True:
        end = first - _DAY
        back = end.replace(day=min(day.day, end.day))
        if back - TOLERANCE_DAYS * _DAY < known:
            return found
        found.append(back)
        first = end.replace(day=1)


def _around(days: Mapping[date, Decimal], day: date, *, after: int) -> Decimal:
    """What came from TOLERANCE_DAYS before a day until so many days after."""
    near = (day + offset * _DAY for offset in range(-TOLERANCE_DAYS, after + 1))
    return sum((days.get(each, _ZERO) for each in near), _ZERO)


def _material(amount: Decimal, judge: _Judge) -> bool:
    return amount != 0 and abs(amount) >= Decimal(repr(judge.config.min_usd))


def _finding(
    state: ChargeState, account: str, name: str, day: date, amount: Decimal, expected: Decimal
) -> ChargeFinding:
    return ChargeFinding(state, charge_kind(name), name, account, account, day, amount, expected)


def _named(finding: ChargeFinding, products: Iterable[ProductRow], told: Period) -> ChargeFinding:
    """With its products, as far as they are of the charges that are told."""
    if finding.state == "missing":
        return finding
    days = told if finding.state == "new" else Period(finding.day - TOLERANCE_DAYS * _DAY, finding.day + _DAY)
    sums: dict[tuple[str, str], Decimal] = {}
    for _, _, day, product, seller, amount in products:
        if day in days and amount * finding.amount > 0:
            sums[product, seller] = sums.get((product, seller), _ZERO) + amount
    ranked = sorted(sums.items(), key=lambda each: (-abs(each[1]), each[0]))
    return replace(finding, products=tuple(ChargeProduct(*key, amount) for key, amount in ranked))
