"""The one comparison of a report: its settled days against the same weekdays before, on one basis.

Headline, reason, movers, tiles and tables all show these numbers; nothing else computes a change. Sums are exact: the
accounts' parts add up to the comparison's amounts to the last digit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import TypeVar

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.completeness import WEEKS_BEFORE
from finopsguard.costs.table import CostTable
from finopsguard.models.metrics import UNBLENDED
from finopsguard.models.report import ChargeLine, Comparison
from finopsguard.models.run import Run

_NO_COST = Decimal(0)
_LAST_DIGIT = Decimal("1e-10")  # Cost Explorer's own
_HUNDREDTH = Decimal("0.01")
# Wider than Python's usual 28 digits: DuckDB's sums have up to 38.
_WIDE = Context(prec=60)

Key = TypeVar("Key")


@dataclass(frozen=True)
class Amounts:
    """What something cost on the compared days and on those before; None where that is not known."""

    current: Decimal | None
    previous: Decimal | None


@dataclass(frozen=True)
class Compared:
    """The comparison, and the part that each account (by id), service (by name) and record type has in it."""

    comparison: Comparison
    accounts: Mapping[str, Amounts]
    services: Mapping[str, Amounts]
    charges: tuple[ChargeLine, ...]

    def account(self, account_id: str) -> Amounts:
        """An account's part: nothing if it has no row, for it was read."""
        return self.accounts.get(account_id, self._nothing)

    def service(self, name: str) -> Amounts:
        """A service's part, in usage."""
        return self.services.get(name, self._nothing)

    @property
    def _nothing(self) -> Amounts:
        known, before = self.comparison.current is not None, self.comparison.previous is not None
        return Amounts(_NO_COST if known else None, _NO_COST if before else None)


def compare(run: Run, table: CostTable, unsettled: Collection[date]) -> Compared:
    """Compares the period's days that are not `unsettled`; `expected` comes later, where it becomes known.

    Where no day is settled nothing is compared, and the charges are those of the whole period.
    """
    days = tuple(day for day in run.period.dates() if day not in unsettled)
    before, times = _days_before(run, days, table.first_day())
    now = table.charges_on(days or run.period.dates())
    then = table.charges_on(before)
    by_type = _parts(_by_type(now), _by_type(then), times)
    charges = tuple(
        ChargeLine(charge_kind(name), name, part.current or _NO_COST, part.previous)
        for name, part in sorted(by_type.items())
    )
    if not days:
        return Compared(Comparison(run.basis, (), (), None, None, None, None, None), {}, {}, charges)
    accounts = _parts(_by_account(now, run), _by_account(then, run), times)
    services = _parts(table.usage_on(days), table.usage_on(before), times)
    current = sum((part.current or _NO_COST for part in accounts.values()), _NO_COST)
    previous = sum((part.previous or _NO_COST for part in accounts.values()), _NO_COST) if times else None
    change = None if previous is None else current - previous
    comparison = Comparison(
        basis=run.basis,
        days=days,
        previous_days=before,
        current=current,
        previous=previous,
        expected=None,
        change=change,
        change_pct=percent(change, previous),
        amortized_change=table.amortized_on(days) - mean(table.amortized_on(before), times)
        if times and run.cost_metric == UNBLENDED and table.has_amortized(run.cost_metric)
        else None,
    )
    return Compared(comparison, accounts, services, charges)


def _days_before(run: Run, days: Sequence[date], first_day: date | None) -> tuple[tuple[date, ...], int]:
    """(the days that these are compared with, how often each stands among them); none where the history does not reach.

    Before the first cost of all there is not "nothing spent" but no data to compare with. A period that is longer than
    a week is compared with one that does not overlap it, and a month that is settled with the month before.
    """
    if not days or first_day is None:
        return (), 0
    known_from = max(first_day, run.history_start)
    if run.looks_back:
        whole = len(days) == run.period.days and known_from <= run.previous_period.start
        return (tuple(run.previous_period.dates()), 1) if whole else ((), 0)
    step = timedelta(weeks=-(-run.period.days // 7))
    steps = [step * count for count in range(1, WEEKS_BEFORE + 1 if run.report == "daily" else 2)]
    weeks = [back for back in steps if days[0] - back >= known_from]
    return tuple(sorted(day - week for week in weeks for day in days)), len(weeks)


def _by_account(rows: Sequence[tuple[str, str, Decimal]], run: Run) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for account, record_type, amount in rows:
        if run.basis == "billed" or charge_kind(record_type) == "usage":
            sums[account] = sums.get(account, _NO_COST) + amount
    return sums


def _by_type(rows: Sequence[tuple[str, str, Decimal]]) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for _, record_type, amount in rows:
        sums[record_type] = sums.get(record_type, _NO_COST) + amount
    return sums


def _parts(now: Mapping[Key, Decimal], then: Mapping[Key, Decimal], weeks: int) -> Mapping[Key, Amounts]:
    """Both sides by key; of several weeks the mean, whose rounding the largest part takes, so that the sum is exact."""
    previous: dict[Key, Decimal | None] = dict.fromkeys((*now, *then))
    if weeks:
        means = {key: mean(then.get(key, _NO_COST), weeks) for key in previous}
        if means:
            largest = max(means, key=lambda key: abs(means[key]))
            means[largest] += mean(sum(then.values(), _NO_COST), weeks) - sum(means.values(), _NO_COST)
        previous.update(means)
    return {key: Amounts(now.get(key, _NO_COST), amount) for key, amount in previous.items()}


def mean(total: Decimal, count: int) -> Decimal:
    """Of several weeks, to Cost Explorer's own last digit."""
    return _WIDE.quantize(_WIDE.divide(total, Decimal(count)), _LAST_DIGIT)


def percent(change: Decimal | None, base: Decimal | None) -> Decimal | None:
    """None where the base is not above zero: a percent of nothing, or of a credit, says nothing."""
    if change is None or base is None or base <= 0:
        return None
    return _WIDE.quantize(_WIDE.divide(100 * change, base), _HUNDREDTH)
