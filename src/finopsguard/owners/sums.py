"""The sums of an owner's report: exact, so that all parts add up to the Organization's.

What accounts have in the Organization's report is taken from there; by day, by service and by record type it is added
up anew from the costs of these accounts alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.comparison import mean, percent
from finopsguard.models.costs import PartRow
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    ChargeLine,
    Comparison,
    DayCost,
    Report,
    ServiceCost,
    Totals,
)
from finopsguard.models.run import Period

_NOTHING = Decimal(0)


def with_own_sums(report: Report, accounts: Sequence[AccountCost], rows: Sequence[PartRow]) -> Report:
    """The report with the sums of these accounts in the place of all others; expectations come later.

    `rows` are what they cost, by day.
    """
    compared = _comparison(report, accounts, rows)
    charges = _charges(rows, report.period)
    previous = None if report.charges_previous is None else _charges(rows, report.previous_period)
    month = Period((report.period.end - timedelta(days=1)).replace(day=1), report.period.end)
    totals = Totals(
        period=_sum(account.cost for account in accounts),
        previous=compared.previous if compared else None,
        change=compared.change if compared else None,
        change_pct=compared.change_pct if compared else None,
        expected=None,
        month_to_date=_sum(row.amount for row in rows if row.record_type and row.date in month),
        forecast_month=None,
        usage=charges["usage"],
        usage_previous=None if previous is None else previous["usage"],
    )
    return replace(
        report,
        totals=totals,
        daily=_daily(report, rows),
        accounts=tuple(accounts),
        services=_services(report, rows),
        charges=charges,
        charges_previous=previous,
        comparison=compared,
        charge_lines=_charge_lines(report, rows),
    )


def _comparison(
    report: Report, accounts: Sequence[AccountCost], rows: Sequence[PartRow]
) -> Comparison | None:
    compared = report.comparison
    if compared is None or compared.current is None:
        return compared
    current = _sum(account.compared or _NOTHING for account in accounts)
    previous = None
    if compared.previous is not None:
        previous = _sum(account.compared_previous or _NOTHING for account in accounts)
    change = None if previous is None else current - previous
    return replace(
        compared,
        current=current,
        previous=previous,
        expected=None,
        change=change,
        change_pct=percent(change, previous),
        amortized_change=_amortized_change(compared, rows),
    )


def _amortized_change(compared: Comparison, rows: Sequence[PartRow]) -> Decimal | None:
    if compared.amortized_change is None:
        return None
    used = [row for row in rows if row.record_type and charge_kind(row.record_type) == "usage"]
    now, then = set(compared.days), set(compared.previous_days)
    before = _sum(row.amortized for row in used if row.date in then)
    return _sum(row.amortized for row in used if row.date in now) - mean(before, _weeks(compared))


def _daily(report: Report, rows: Sequence[PartRow]) -> tuple[DayCost, ...]:
    cost, usage = dict[date, Decimal](), dict[date, Decimal]()
    for row in rows:
        if row.record_type:
            cost[row.date] = cost.get(row.date, _NOTHING) + row.amount
            if charge_kind(row.record_type) == "usage":
                usage[row.date] = usage.get(row.date, _NOTHING) + row.amount
    return tuple(
        DayCost(day.date, cost.get(day.date, _NOTHING), usage.get(day.date, _NOTHING), day.provisional)
        for day in report.daily
    )


def _services(report: Report, rows: Sequence[PartRow]) -> tuple[ServiceCost, ...]:
    """Those that have any cost in the report's days or those before, the most expensive first."""
    used = [row for row in rows if row.service]
    names = sorted({row.service for row in used if row.service})
    now = _by(used, lambda row: row.service, report.period.dates())
    then = _by(used, lambda row: row.service, report.previous_period.dates())
    compared = _compared(report, used, lambda row: row.service)
    known = report.charges_previous is not None
    lines = [
        ServiceCost(
            name, now.get(name, _NOTHING), then.get(name, _NOTHING) if known else None, *compared(name)
        )
        for name in names
        if name in now or name in then or any(compared(name))
    ]
    return tuple(sorted(lines, key=lambda line: (-line.cost, line.name)))


def _charge_lines(report: Report, rows: Sequence[PartRow]) -> tuple[ChargeLine, ...]:
    """As the comparison has them; of the whole period where nothing is compared."""
    charged = [row for row in rows if row.record_type]
    compared = _compared(report, charged, lambda row: row.record_type)
    of_period = _by(charged, lambda row: row.record_type, report.period.dates())
    lines = []
    for name in sorted({row.record_type for row in charged if row.record_type}):
        current, previous = compared(name)
        amount = of_period.get(name, _NOTHING) if current is None else current
        if amount or previous:
            lines.append(ChargeLine(charge_kind(name), name, amount, previous))
    return tuple(lines)


def _compared(
    report: Report, rows: Sequence[PartRow], name_of: Callable[[PartRow], str | None]
) -> Callable[[str], tuple[Decimal | None, Decimal | None]]:
    """What each name has on the compared days, and on those before; None where that is not known."""
    compared = report.comparison
    if compared is None or compared.current is None:
        return lambda _: (None, None)
    now, then = _by(rows, name_of, compared.days), _by(rows, name_of, compared.previous_days)
    weeks = _weeks(compared)
    known = compared.previous is not None

    def of(name: str) -> tuple[Decimal | None, Decimal | None]:
        before = mean(then.get(name, _NOTHING), weeks) if known else None
        return now.get(name, _NOTHING), before

    return of


def _by(
    rows: Iterable[PartRow], name_of: Callable[[PartRow], str | None], days: Iterable[date]
) -> Mapping[str, Decimal]:
    wanted, sums = set(days), dict[str, Decimal]()
    for row in rows:
        if row.date in wanted:
            name = name_of(row) or ""
            sums[name] = sums.get(name, _NOTHING) + row.amount
    return sums


def _charges(rows: Iterable[PartRow], period: Period) -> dict[ChargeKind, Decimal]:
    sums: dict[ChargeKind, Decimal] = {"usage": _NOTHING}
    for row in rows:
        if row.record_type and row.date in period:
            kind = charge_kind(row.record_type)
            sums[kind] = sums.get(kind, _NOTHING) + row.amount
    return sums


def _weeks(compared: Comparison) -> int:
    """How many days stand against each compared one."""
    return max(1, len(compared.previous_days) // max(1, len(compared.days)))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _NOTHING)
