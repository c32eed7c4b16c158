"""What a report says, worked out once for the card, the page and the terminal; `story.py` finds the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.models.report import AccountCost, AnomalyLine, ChargeKind, DayCost, Report, ServiceCost
from finopsguard.models.run import Period

# Kinds of charges in the order in which an AWS bill shows them.
CHARGE_ORDER: tuple[ChargeKind, ...] = (
    "usage",
    "fee",
    "support",
    "tax",
    "discount",
    "credit",
    "refund",
    "other",
)
STATUS_ORDER = ("new", "growing", "continuing", "resolved")

# A smaller change than this share of the total is not worth a line, and one below a cent is rounding.
_NOTEWORTHY_SHARE = Decimal("0.0025")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Mover:
    """An account or service whose cost changed; `id` is empty for a service; `percent` None: nothing before."""

    id: str
    name: str
    cost: Decimal
    change: Decimal
    percent: Decimal | None


@dataclass(frozen=True)
class Charge:
    """All charges of one kind; `previous` is None when there is no previous period."""

    kind: ChargeKind
    amount: Decimal
    previous: Decimal | None


@dataclass(frozen=True)
class Unit:
    """An organizational unit with everything below it; `depth` 0 is the top, `path` its names from the top."""

    path: tuple[str, ...]
    accounts: int
    cost: Decimal
    previous: Decimal | None

    @property
    def depth(self) -> int:
        """Levels above it."""
        return len(self.path) - 1


def percent_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """`part` in percent of `whole`; None where that says nothing."""
    return part / whole * 100 if whole > 0 else None


def impact(anomaly: AnomalyLine) -> Decimal:
    """Signed: above expectation positive, below negative."""
    return abs(anomaly.impact) * anomaly.direction


def above_and_below(lines: Iterable[AnomalyLine]) -> tuple[Decimal, Decimal]:
    """Impact above and below expectation, apart: a fall must not hide a rise."""
    impacts = [impact(line) for line in lines]
    above = sum((amount for amount in impacts if amount > 0), Decimal(0))
    return above, sum(impacts, Decimal(0)) - above


def open_anomalies(report: Report) -> list[AnomalyLine]:
    """All that are not resolved, largest amount first."""
    return _by_impact(anomaly for anomaly in report.anomalies if anomaly.status != "resolved")


def resolved_anomalies(report: Report) -> list[AnomalyLine]:
    """Those that ended, largest amount first."""
    return _by_impact(anomaly for anomaly in report.anomalies if anomaly.status == "resolved")


def account_movers(report: Report) -> list[Mover]:
    """Accounts whose cost changed noticeably, largest change first."""
    return _movers(report, ((account.id, account) for account in report.accounts))


def service_movers(report: Report) -> list[Mover]:
    """Services whose usage changed noticeably, largest change first."""
    return _movers(report, (("", service) for service in report.services))


def both_ways(movers: Sequence[Mover], limit: int) -> list[Mover]:
    """At most `limit` movers, rises first, then falls; neither direction crowds the other out."""
    if limit < 1:
        return []
    ups = [mover for mover in movers if mover.change > 0]
    downs = [mover for mover in movers if mover.change < 0]
    # Falls are sure of a third, so that a saving is seen beside the rises.
    reserved = min(len(downs), max(1, limit // 3))
    shown_ups = ups[: limit - reserved]
    return shown_ups + downs[: limit - len(shown_ups)]


def largest_accounts(report: Report) -> list[AccountCost]:
    """All accounts that cost something, largest first."""
    return sorted(
        (account for account in report.accounts if account.cost),
        key=lambda account: (-account.cost, account.id),
    )


def charges(report: Report) -> list[Charge]:
    """Usage and every other kind that occurs now or occurred before."""
    before = report.charges_previous
    return [
        Charge(
            kind,
            report.charges.get(kind, Decimal(0)),
            None if before is None else before.get(kind, Decimal(0)),
        )
        for kind in CHARGE_ORDER
        if kind == "usage" or report.charges.get(kind) or (before and before.get(kind))
    ]


def units(report: Report) -> list[Unit]:
    """Organizational units from the top down, each with the sum of all accounts below it; empty where none is known."""
    members: dict[tuple[str, ...], list[AccountCost]] = {}
    for account in report.accounts:
        path = tuple(part for part in (account.ou or "").split("/") if part)
        for depth in range(1, len(path) + 1):
            members.setdefault(path[:depth], []).append(account)
    return [
        Unit(path, len(group), sum((account.cost for account in group), Decimal(0)), _sum_known(group))
        for path, group in sorted(members.items())
    ]


def recent_days(report: Report, count: int = 14) -> list[DayCost]:
    """The newest `count` days up to the period's end, oldest first."""
    days = sorted((day for day in report.daily if day.date < report.period.end), key=lambda day: day.date)
    return days[-count:]


def is_unusual(day: DayCost) -> bool:
    """True if the day's usage lies above the band of what was to be expected."""
    return day.expected_high is not None and day.usage > day.expected_high


def all_clear(report: Report) -> bool:
    """True if usage was judged and nothing is unusual."""
    return report.totals.expected is not None and not open_anomalies(report)


def read_until(report: Report) -> date:
    """The end of all days that were read: a daily report's newest days lie after its period."""
    return max(report.period.end, *(day.date + timedelta(days=1) for day in report.daily))


def anomaly_days(line: AnomalyLine, end: date) -> list[tuple[date, Decimal, bool]]:
    """An anomaly's own daily usage until `end`, oldest first: day, amount, whether the day is part of the anomaly."""
    first = end - timedelta(days=len(line.daily))
    last = line.day if line.status == "resolved" else end
    days = []
    for offset, amount in enumerate(line.daily):
        day = first + timedelta(days=offset)
        deviates = (amount - line.expected) * line.direction > 0
        days.append((day, amount, deviates and line.start <= day <= last))
    return days


def provisional_in(report: Report, period: Period) -> list[date]:
    """Provisional days of a period: their costs will still rise."""
    return sorted(day for day in set(report.coverage.provisional_days) if day in period)


def all_provisional(report: Report) -> bool:
    """True if no day of the period is final."""
    return len(provisional_in(report, report.period)) == report.period.days > 0


def budget(report: Report) -> Decimal | None:
    """The month's budget, once the report carries one."""
    value = report.totals.budget_month
    return value if value and value > 0 else None


def _by_impact(anomalies: Iterable[AnomalyLine]) -> list[AnomalyLine]:
    return sorted(anomalies, key=lambda anomaly: (-abs(anomaly.impact), anomaly.account_id, anomaly.service))


def _movers(report: Report, items: Iterable[tuple[str, AccountCost | ServiceCost]]) -> list[Mover]:
    if report.totals.previous is None:
        return []
    least = max(abs(report.totals.period) * _NOTEWORTHY_SHARE, _CENT)
    found = [
        Mover(
            key,
            item.name,
            item.cost,
            item.cost - item.previous,
            percent_of(item.cost - item.previous, item.previous),
        )
        for key, item in items
        if item.previous is not None and abs(item.cost - item.previous) >= least
    ]
    return sorted(found, key=lambda mover: (-abs(mover.change), mover.id, mover.name))


def _sum_known(accounts: Sequence[AccountCost]) -> Decimal | None:
    known = [account.previous for account in accounts if account.previous is not None]
    return sum(known, Decimal(0)) if known else None
