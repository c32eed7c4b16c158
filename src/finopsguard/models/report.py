"""The report: what report.json holds. Every step from AggregateCosts on completes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from finopsguard.models.anomaly import AnomalyLine, SaidName
from finopsguard.models.budget import AwsBudgets
from finopsguard.models.forecast import Forecast
from finopsguard.models.messages import DeliveryStatus
from finopsguard.models.metrics import MetricName
from finopsguard.models.opinion import SecondOpinion
from finopsguard.models.retrospective import Retrospective
from finopsguard.models.route import ReportPart
from finopsguard.models.run import Basis, DataSource, ExportEngine, Language, Period, ReportName
from finopsguard.models.severity import GradedWith

CheckStatus = Literal["ok", "warn", "failed"]
ChargeKind = Literal["usage", "credit", "refund", "tax", "fee", "support", "discount", "other"]


@dataclass(frozen=True)
class Totals:
    """Money of the whole period, settled or not: `period` counts every charge, `usage` only what is used and so judged.

    `previous`, `change`, `change_pct` and `expected` repeat the comparison's, on its days and basis: there is but one.
    `usage_previous` is None where the history does not reach back to the whole period before. `forecast_month` and
    `budget_month` repeat the Organization's of the forecast.
    """

    period: Decimal
    previous: Decimal | None
    change: Decimal | None
    change_pct: Decimal | None
    expected: Decimal | None
    month_to_date: Decimal
    forecast_month: Decimal | None
    usage: Decimal
    usage_previous: Decimal | None
    budget_month: Decimal | None = None


@dataclass(frozen=True)
class DayCost:
    """One day of all reported accounts; `expected*` are usage and None where history is too short."""

    date: date
    cost: Decimal
    usage: Decimal
    provisional: bool
    expected: Decimal | None = None
    expected_low: Decimal | None = None
    expected_high: Decimal | None = None


@dataclass(frozen=True)
class AccountCost:
    """A linked account that was read, with all its charges; zero cost is a fact here, not a failed read.

    `compared` and `compared_previous` are on the comparison's days and basis, add up to its amounts, and are None as
    they are. `tags` are those that the settings name, None where they are not known; `owner` is as its tag says.
    """

    id: str
    name: str
    cost: Decimal
    previous: Decimal | None
    state: str = "ACTIVE"
    ou: str | None = None
    compared: Decimal | None = None
    compared_previous: Decimal | None = None
    tags: Mapping[str, str] | None = None
    owner: str | None = None


@dataclass(frozen=True)
class ServiceCost:
    """A service's usage over all reported accounts; `compared*` on the comparison's days, usage whatever its basis."""

    name: str
    cost: Decimal
    previous: Decimal | None
    compared: Decimal | None = None
    compared_previous: Decimal | None = None


@dataclass(frozen=True)
class ChargeLine:
    """All charges of one record type (`name`, as AWS writes it) on the comparison's days; of the period if it has none.

    `previous` is None where the comparison's is. The lines add up to what is billed.
    """

    kind: ChargeKind
    name: str
    amount: Decimal
    previous: Decimal | None


UntoldReason = Literal[
    "excluded", "young", "first_month", "year", "bursts", "month", "level", "noise", "blips"
]


@dataclass(frozen=True)
class UntoldRise:
    """Days of a service far above what was to be expected that are no anomaly, and why (see docs/detection.md).

    `days` are compared ones, `actual` and `expected` their sums of usage.
    """

    account_id: str
    account_name: str
    service: str
    days: tuple[date, ...]
    actual: Decimal
    expected: Decimal
    reason: UntoldReason


ChargeState = Literal["new", "larger", "missing"]


@dataclass(frozen=True)
class ChargeProduct:
    """What a charge is for: the product as Cost Explorer's SERVICE, its seller (may be empty), its part."""

    name: str
    seller: str
    amount: Decimal


@dataclass(frozen=True)
class ChargeFinding:
    """A charge that is not usage and not as in its own past, of one account and record type (`name`, as AWS writes it).

    `day` is its day, of several the one with the largest part; of one that is `missing` the day when it was due.
    `amount` is what came, `expected` what the same days of earlier months brought (`new`: nothing). `products` are
    known of large charges only.
    """

    state: ChargeState
    kind: ChargeKind
    name: str
    account_id: str
    account_name: str
    day: date
    amount: Decimal
    expected: Decimal
    products: tuple[ChargeProduct, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The numbers of the headline: `days` of the period, all settled, against `previous_days`, all on one basis.

    `previous` is the sum of the previous days, or their mean where there are several for each day (a daily report).
    Each amount is None where it is not known; `change_pct` also where `previous` is not above zero.
    `amortized_change` is that of usage at amortized cost, where commitments make it another than in unblended cost.
    """

    basis: Basis
    days: tuple[date, ...]
    previous_days: tuple[date, ...]
    current: Decimal | None
    previous: Decimal | None
    expected: Decimal | None
    change: Decimal | None
    change_pct: Decimal | None
    amortized_change: Decimal | None = None


# The detail of a check that could not be made.
UNKNOWN = "?"


@dataclass(frozen=True)
class Check:
    """One proof of what was read; `name` does not change, `detail` says what was found."""

    name: str
    status: CheckStatus
    detail: str


@dataclass(frozen=True)
class MissingAccount:
    """An account that could not be read: its cost is unknown. `reason` is the error's name and its plain words.

    `ou` is the path of its organizational unit, `tags` those that the settings name, where they are known; `owner` is
    as its tag says.
    """

    id: str
    name: str
    reason: str
    ou: str | None = None
    tags: Mapping[str, str] | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Coverage:
    """How far the numbers can be trusted. `late_days` are old enough to be settled, and still incomplete."""

    accounts_expected: int
    accounts_reported: int
    missing: tuple[MissingAccount, ...] = ()
    provisional_days: tuple[date, ...] = ()
    late_days: tuple[date, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class RestatedDay:
    """A day that costs another amount than was told, in the accounts that were read then too."""

    date: date
    then: Decimal
    now: Decimal


@dataclass(frozen=True)
class ReadSince:
    """An account that could not be read then, and what it cost on the report's days."""

    id: str
    name: str
    amount: Decimal


@dataclass(frozen=True)
class Correction:
    """A delivered report whose headline proved wrong: what it said of its settled `days`, and what they cost.

    `restated` and `read_since` explain the difference, the largest first; where `list_unread`, the accounts were not
    all known then, and what they make of it cannot be told apart. `channels` are those that were told.
    """

    run_id: str
    report: ReportName
    told_at: datetime
    days: tuple[date, ...]
    basis: Basis
    then: Decimal
    now: Decimal
    change_pct: Decimal | None
    accounts_then: int
    accounts_now: int
    list_unread: bool
    restated: tuple[RestatedDay, ...]
    read_since: tuple[ReadSince, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class CostExplorerUse:
    """Requests that this run made and their price in USD."""

    requests: int
    usd: Decimal


@dataclass(frozen=True)
class ExportUse:
    """The bills of a data export that were read for this report, their bytes, and Athena's price of them in USD.

    `engine` is None where none had to be read: an earlier report read all of them. A statement of Athena's of which it
    is not known what it scanned counts with the most that it can have been.
    """

    engine: ExportEngine | None
    readings: int
    bytes: int
    usd: Decimal


@dataclass(frozen=True)
class DeliveryNote:
    """What became of the card in the report's first channel."""

    status: DeliveryStatus
    bytes: int


@dataclass(frozen=True)
class ChannelDelivery:
    """What became of the report in one of its channels."""

    channel: str
    status: DeliveryStatus
    bytes: int


@dataclass(frozen=True)
class JudgedWith:
    """The customer's policy that the report was judged with: 1 is the default sensitivity, amounts are USD a day.

    `unjudged_services` cost what they cost: nothing is told of them. `metric` is the cost that was judged; None in
    reports of earlier releases, which judged their own.
    """

    sensitivity: Decimal
    min_impact: Decimal
    min_percent: Decimal
    quiet_days: int
    unjudged_services: tuple[str, ...]
    metric: MetricName | None = None


SaidState = Literal["in_force", "beyond", "ahead"]
"""How a verdict stands: it counts, what it muted costs far more and is told, or its days are still to come."""


@dataclass(frozen=True)
class SaidVerdict:
    """A verdict that the report went by, without who gave it.

    `account_id`, `account_name` and `service` are empty for several, and where nothing is known of the incident.
    """

    mark: str
    verdict: SaidName
    reason: str
    at: datetime
    account_id: str
    account_name: str
    service: str
    state: SaidState = "in_force"
    incident_id: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Report:
    """The whole report: what `report.json` holds. Every step from AggregateCosts on completes it.

    `charge_findings` is None where charges could not be judged: there is no month before. `untold` are the largest.
    `notes` are codes of things the reader must know (see `report/messages`), such as `organizations_not_in_use`.
    `judged_with` and `forecast` are None until DetectAnomalies has judged, and in reports of earlier releases;
    `graded_with`, the limits of severity, until BuildCard has graded. `export` is None where the costs are from
    elsewhere, `aws_budgets` and `second_opinion` where nobody asked for them.
    `part` is None for the report of the whole Organization.
    `revision` is above 1 where it was made again on purpose, and `replaces` is then what was said before;
    `corrections` are of reports before it. `retrospective` is what a monthly report is about, None in all others.
    """

    run_id: str
    report: ReportName
    period: Period
    previous_period: Period
    scheduled_time: datetime
    time_zone: str
    language: Language
    data_source: DataSource
    execution: str
    currency: str
    cost_metric: MetricName
    totals: Totals
    daily: tuple[DayCost, ...]
    accounts: tuple[AccountCost, ...]
    services: tuple[ServiceCost, ...]
    charges: Mapping[ChargeKind, Decimal]
    charges_previous: Mapping[ChargeKind, Decimal] | None
    coverage: Coverage
    cost_explorer: CostExplorerUse
    anomalies: tuple[AnomalyLine, ...] = ()
    notes: tuple[str, ...] = ()
    part: ReportPart | None = None
    delivery: DeliveryNote | None = None
    deliveries: tuple[ChannelDelivery, ...] = ()
    comparison: Comparison | None = None
    charge_lines: tuple[ChargeLine, ...] = ()
    revision: int = 1
    corrections: tuple[Correction, ...] = ()
    replaces: Correction | None = None
    retrospective: Retrospective | None = None
    charge_findings: tuple[ChargeFinding, ...] | None = None
    untold: tuple[UntoldRise, ...] = ()
    judged_with: JudgedWith | None = None
    verdicts: tuple[SaidVerdict, ...] = ()
    graded_with: GradedWith | None = None
    export: ExportUse | None = None
    forecast: Forecast | None = None
    aws_budgets: AwsBudgets | None = None
    second_opinion: SecondOpinion | None = None
