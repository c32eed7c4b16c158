"""What a report says, worked out once for the card, the page and the terminal; `story.py` finds the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine, BandDay
from finopsguard.models.cause import Cause
from finopsguard.models.metrics import MetricName
from finopsguard.models.money import CENT
from finopsguard.models.report import AccountCost, ChargeKind, Comparison, DayCost, Report, ServiceCost
from finopsguard.models.run import Period
from finopsguard.models.severity import SEVERITIES

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

_PART_DIMENSIONS = ("account", "service", "region", "other_accounts", "other_services")
"""Dimensions of causes that a line of several accounts, services or Regions adds up from."""

# A smaller change than this share of the total is not worth a line, and one below a cent is rounding.
_NOTEWORTHY_SHARE = Decimal("0.0025")
NOTHING = Decimal(0)
# Of a report that an earlier version aggregated: nothing is compared.
_NOT_COMPARED = Comparison("usage", (), (), None, None, None, None, None)


@dataclass(frozen=True)
class Mover:
    """An account or service on the compared days; `id` is empty for a service; `percent` None: nothing before."""

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
    """`part` in percent of `whole`; None where that says nothing: of zero, of less than a cent, of a credit."""
    return part / whole * 100 if whole >= CENT else None


def comparison(report: Report) -> Comparison:
    """The report's comparison; one without days where it has none."""
    return report.comparison or _NOT_COMPARED


def amount(report: Report) -> Decimal:
    """The headline's amount: of the compared days; of the whole period, on the same basis, where none is settled."""
    compared = comparison(report)
    if compared.current is not None:
        return compared.current
    return report.totals.usage if compared.basis == "usage" else report.totals.period


def shown_days(report: Report) -> Sequence[date]:
    """The days that the headline's amount is of."""
    return comparison(report).days or report.period.dates()


def cost(item: AccountCost | ServiceCost) -> Decimal:
    """An account's or service's part of the headline's amount; all of its period where nothing is compared."""
    return item.cost if item.compared is None else item.compared


def so_far(report: Report) -> list[DayCost]:
    """Days that are not settled and not in the headline's amount, oldest first: of the period and newer ones."""
    unsettled = {*report.coverage.provisional_days, *report.coverage.late_days}
    shown = set(shown_days(report))
    return [
        day
        for day in sorted(report.daily, key=lambda day: day.date)
        if day.date not in shown
        and (day.date >= report.period.end or (day.date in report.period and day.date in unsettled))
    ]


def day_amount(report: Report, day: DayCost) -> Decimal:
    """A day's amount on the comparison's basis."""
    return day.usage if comparison(report).basis == "usage" else day.cost


def impact(anomaly: AnomalyLine) -> Decimal:
    """Signed: above expectation positive, below negative."""
    return abs(anomaly.impact) * anomaly.direction


def above_and_below(lines: Iterable[AnomalyLine]) -> tuple[Decimal, Decimal]:
    """Impact above and below expectation, apart: a fall must not hide a rise."""
    impacts = [impact(line) for line in lines]
    above = sum((amount for amount in impacts if amount > 0), Decimal(0))
    return above, sum(impacts, Decimal(0)) - above


def open_anomalies(report: Report) -> list[AnomalyLine]:
    """All that are told and not resolved, the gravest first, of one severity the largest amount first."""
    return _by_severity(
        anomaly for anomaly in report.anomalies if anomaly.status != "resolved" and not anomaly.quiet
    )


def resolved_anomalies(report: Report) -> list[AnomalyLine]:
    """Those that ended and are told, largest amount first."""
    return _by_impact(
        anomaly for anomaly in report.anomalies if anomaly.status == "resolved" and not anomaly.quiet
    )


def quiet_anomalies(report: Report) -> list[AnomalyLine]:
    """Those that are muted and go on, and those that go as planned, largest amount first."""
    return _by_impact(
        line
        for line in report.anomalies
        if line.said and line.quiet and (line.status != "resolved" or line.said.verdict == "plan")
    )


def account_moves(report: Report) -> list[Mover]:
    """Every account's change, largest first; they add up to the comparison's. Empty where nothing is compared."""
    return _moves((account.id, account) for account in report.accounts)


def service_moves(report: Report) -> list[Mover]:
    """Every service's change of usage, largest first."""
    return _moves(("", service) for service in report.services)


def account_movers(report: Report) -> list[Mover]:
    """Accounts whose cost changed noticeably, largest change first."""
    return _noteworthy(report, account_moves(report))


def service_movers(report: Report) -> list[Mover]:
    """Services whose usage changed noticeably, largest change first."""
    return _noteworthy(report, service_moves(report))


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
        (account for account in report.accounts if cost(account)),
        key=lambda account: (-cost(account), account.id),
    )


def charges(report: Report) -> list[Charge]:
    """Usage, and every other kind that is not zero now or before, on the headline's days."""
    sums: dict[ChargeKind, list[Decimal]] = {}
    known = comparison(report).previous is not None
    for line in report.charge_lines:
        pair = sums.setdefault(line.kind, [Decimal(0), Decimal(0)])
        pair[0] += line.amount
        pair[1] += line.previous or Decimal(0)
    if report.comparison is None:  # aggregated by an earlier version, which had no lines
        sums = {kind: [amount, Decimal(0)] for kind, amount in report.charges.items()}
    made = (
        Charge(kind, now, before if known else None)
        for kind in CHARGE_ORDER
        for now, before in [sums.get(kind, [Decimal(0), Decimal(0)])]
    )
    return [
        item for item in made if item.kind == "usage" or not (is_zero(item.amount) and is_zero(item.previous))
    ]


def billed(report: Report) -> tuple[Decimal, Decimal | None]:
    """All charges of the headline's days, and of those before; kinds that are shown as nothing count too."""
    if report.comparison is None:
        return sum(report.charges.values(), NOTHING), None
    now = sum((line.amount for line in report.charge_lines), NOTHING)
    before = sum((line.previous or NOTHING for line in report.charge_lines), NOTHING)
    return now, before if comparison(report).previous is not None else None


def record_types(report: Report, kind: ChargeKind) -> list[str]:
    """What AWS calls the charges of a kind, the largest first."""
    lines = [line for line in report.charge_lines if line.kind == kind and not is_zero(line.amount)]
    return [line.name for line in sorted(lines, key=lambda line: (-abs(line.amount), line.name))]


def is_zero(amount: Decimal | None) -> bool:
    """True for what is shown as nothing: less than half a cent."""
    return amount is None or abs(amount) * 2 < CENT


def units(report: Report) -> list[Unit]:
    """Organizational units from the top down, each with the sum of all accounts below it; empty where none is known."""
    members: dict[tuple[str, ...], list[AccountCost]] = {}
    for account in report.accounts:
        path = tuple(part for part in (account.ou or "").split("/") if part)
        for depth in range(1, len(path) + 1):
            members.setdefault(path[:depth], []).append(account)
    return [
        Unit(path, len(group), sum((cost(account) for account in group), Decimal(0)), _sum_known(group))
        for path, group in sorted(members.items())
    ]


def recent_days(report: Report, count: int = 14) -> list[DayCost]:
    """The newest `count` days that were read, oldest first; those that are unfinished are in no amount."""
    return sorted(report.daily, key=lambda day: day.date)[-count:]


def is_unfinished(report: Report, day: DayCost) -> bool:
    """True for a day that is drawn as what it has so far: it is provisional, or newer than the period."""
    return day.provisional or day.date >= report.period.end


def is_unusual(day: DayCost) -> bool:
    """True if the day's usage lies above the band of what was to be expected."""
    return day.expected_high is not None and day.usage > day.expected_high


def judged(report: Report) -> bool:
    """True if usage of the period's days could be judged."""
    return any(day.expected is not None and day.date in report.period for day in report.daily)


def read_until(report: Report) -> date:
    """The end of all days that were read: a daily report's newest days lie after its period."""
    newest = max((day.date for day in report.daily), default=date.min)
    return max(report.period.end, newest + timedelta(days=1))


@dataclass(frozen=True)
class AnomalyDay:
    """A day of an anomaly's own usage; `expected` is None before it began. `unusual`: outside the day's band."""

    date: date
    amount: Decimal
    expected: Decimal | None
    unusual: bool


def anomaly_days(line: AnomalyLine, report: Report, since: date = date.min) -> list[AnomalyDay]:
    """An anomaly's own daily usage, oldest first, to the newest day that was read; of the days from `since` on."""
    first = read_until(report) - timedelta(days=len(line.daily))
    band = {each.date: each for each in line.band}
    days = []
    # Of sixty days a card often asks for two.
    skipped = max(0, (since - first).days)
    for offset, amount in enumerate(line.daily[skipped:], skipped):
        day = first + timedelta(days=offset)
        known = band.get(day)
        unusual = known is not None and _outside(line, known, amount)
        days.append(AnomalyDay(day, amount, known.expected if known else None, unusual))
    return days


def last_day(line: AnomalyLine) -> date:
    """The newest day that deviates."""
    return line.last_day or line.day


def calm_since(line: AnomalyLine, report: Report) -> date | None:
    """The first day after an anomaly's newest one, where a day that is final was back in its band; None: it goes on."""
    last = last_day(line)
    open_days = {*report.coverage.provisional_days, *report.coverage.late_days}
    calm = line.ended == "back" or any(day.date > last and day.date not in open_days for day in line.band)
    return last + timedelta(days=1) if calm or line.status == "resolved" else None


def judged_metric(report: Report) -> MetricName:
    """The cost that anomalies are in."""
    return (report.judged_with and report.judged_with.metric) or report.cost_metric


def services(line: AnomalyLine) -> list[Cause]:
    """The services of an anomaly that has several, the largest part first; else none."""
    return sorted(
        (cause for cause in line.causes if cause.dimension == "service" and cause.kind is None),
        key=lambda cause: (-abs(cause.impact), cause.value),
    )


def parts(line: AnomalyLine) -> list[Cause]:
    """What a line of several accounts or services adds up from, the largest part first, the others last."""
    return [cause for cause in line.causes if cause.kind is None and cause.dimension in _PART_DIMENSIONS]


def weight(line: AnomalyLine) -> Decimal:
    """The dollars by which a line is ranked: of what moved those that moved, for what is left of them says little."""
    if line.story != "moved":
        return abs(line.impact)
    rose = sum((cause.impact for cause in parts(line) if cause.impact > 0), Decimal(0))
    return max(abs(line.impact), rose)


def _outside(line: AnomalyLine, day: BandDay, amount: Decimal) -> bool:
    if not line.start <= day.date <= last_day(line):
        return False
    edge = day.high if line.direction > 0 else day.low
    return (amount - (day.expected if edge is None else edge)) * line.direction > 0


def provisional_in(report: Report, period: Period) -> list[date]:
    """Days of a period that are not settled: their costs will still rise."""
    unsettled = {*report.coverage.provisional_days, *report.coverage.late_days}
    return sorted(day for day in unsettled if day in period)


def _by_impact(anomalies: Iterable[AnomalyLine]) -> list[AnomalyLine]:
    return sorted(anomalies, key=lambda anomaly: (-weight(anomaly), anomaly.account_id, anomaly.service))


def _by_severity(anomalies: Iterable[AnomalyLine]) -> list[AnomalyLine]:
    levels = {level: rank for rank, level in enumerate(SEVERITIES)}
    return sorted(_by_impact(anomalies), key=lambda line: -levels.get(line.severity or SEVERITIES[0], 0))


def _moves(items: Iterable[tuple[str, AccountCost | ServiceCost]]) -> list[Mover]:
    found = [
        Mover(
            key,
            item.name,
            item.compared,
            item.compared - item.compared_previous,
            percent_of(item.compared - item.compared_previous, item.compared_previous),
        )
        for key, item in items
        if item.compared is not None and item.compared_previous is not None
    ]
    return sorted(found, key=lambda mover: (-abs(mover.change), mover.id, mover.name))


def _noteworthy(report: Report, moves: Sequence[Mover]) -> list[Mover]:
    compared = comparison(report)
    base = max(abs(compared.current or Decimal(0)), abs(compared.previous or Decimal(0)))
    least = max(base * _NOTEWORTHY_SHARE, CENT)
    return [mover for mover in moves if abs(mover.change) >= least]


def _sum_known(accounts: Sequence[AccountCost]) -> Decimal | None:
    known = [account.compared_previous for account in accounts if account.compared_previous is not None]
    return sum(known, Decimal(0)) if known else None
