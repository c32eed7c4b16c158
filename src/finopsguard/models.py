"""The data that flows between steps, as frozen dataclasses; `schemas/` holds the same shapes for the outside.

Money is `Decimal` inside and a decimal string at every border. Days are `date`; the end of a period is exclusive, as in
Cost Explorer. `None` means "not known", never zero. Names follow the contracts: class `RunPlan` is
`schemas/run_plan.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

ReportName = Literal["daily", "weekly"]
Language = Literal["es", "en"]
DataSource = Literal["cost_explorer", "mock"]
BatchStatus = Literal["ok", "unavailable"]
DeliveryStatus = Literal["delivered", "already_delivered", "not_configured"]
AnomalyKind = Literal["spike", "shift", "drift", "new", "drop", "sparse"]
AnomalyStatus = Literal["new", "growing", "continuing", "resolved"]
ChargeKind = Literal["usage", "credit", "refund", "tax", "fee", "support", "discount", "other"]


@dataclass(frozen=True)
class Period:
    """Whole UTC days, as Cost Explorer counts them; `end` is exclusive."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def dates(self) -> list[date]:
        """Every day, oldest first."""
        return [self.start + timedelta(days=offset) for offset in range(self.days)]


@dataclass(frozen=True)
class Run:
    """What every step knows of the run. `history_start` is the first day fetched, `period.end` the end of all costs.

    `run_id` names the report (its period and data source), not the execution: a second execution for the same period
    has the same id, so fetched costs are found again and a card is posted once.
    """

    run_id: str
    report: ReportName
    scheduled_time: datetime
    period: Period
    previous_period: Period
    history_start: date
    time_zone: str
    language: Language
    cost_metric: str
    data_source: DataSource
    execution: str

    @property
    def window(self) -> Period:
        """All days fetched: the history and the period."""
        return Period(self.history_start, self.period.end)


@dataclass(frozen=True)
class RunRequest:
    """Input of ResolveAccounts: what EventBridge Scheduler (or a person) starts the state machine with."""

    report: ReportName
    scheduled_time: datetime
    execution: str = ""


@dataclass(frozen=True)
class Account:
    """A linked account. `batch_id` is the batch that reads its costs; `ou` the path of its organizational unit."""

    id: str
    name: str
    state: str
    ou: str | None
    batch_id: str


@dataclass(frozen=True)
class Accounts:
    """The account list as ResolveAccounts stores it."""

    accounts: tuple[Account, ...]


@dataclass(frozen=True)
class Batch:
    """Accounts that one Cost Explorer request reads together; `role_arn` (always with one account) is assumed first."""

    id: str
    accounts: tuple[str, ...]
    role_arn: str | None = None


@dataclass(frozen=True)
class RunPlan:
    """Output of ResolveAccounts. The account list itself is in the store under `accounts_key`."""

    run: Run
    accounts_key: str
    accounts: int
    batches: tuple[Batch, ...]
    max_concurrency: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CostBatch:
    """Input of FetchCosts: one iteration of the Map."""

    run: Run
    batch: Batch


@dataclass(frozen=True)
class BatchCosts:
    """Output of FetchCosts: where the costs of one batch are, or why they could not be read.

    `requests` is what reading the batch took; `cached` says that it was read by an earlier invocation, so that nothing
    was paid again. Kept small: hundreds of them must fit into one 256 KiB payload.
    """

    batch_id: str
    status: BatchStatus
    key: str | None = None
    rows: int = 0
    requests: int = 0
    cached: bool = False
    total: Decimal | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class FetchedCosts:
    """Input of AggregateCosts: what came back from every batch."""

    run: Run
    accounts_key: str
    batches: tuple[BatchCosts, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CostReport:
    """Output of AggregateCosts. The whole report is in the store under `report_key`, daily costs under `costs_key`."""

    run: Run
    report_key: str
    costs_key: str
    currency: str
    total: Decimal
    accounts_expected: int
    accounts_reported: int
    requests: int
    data_age_hours: int


@dataclass(frozen=True)
class AnomalyReport:
    """Output of DetectAnomalies: the report under `report_key` now holds anomalies and expected costs."""

    run: Run
    report_key: str
    anomalies: int
    impact: Decimal


@dataclass(frozen=True)
class TeamsMessage:
    """Output of BuildCard: `message` is the body to post, `bytes` its size as posted."""

    run: Run
    report_key: str
    message: Mapping[str, Any]
    bytes: int


@dataclass(frozen=True)
class Delivery:
    """Output of PostToTeams and NotifyFailure. `channel` is a fingerprint of the webhook, never its URL.

    `run_id` names the report that was delivered; a failure card has none.
    """

    status: DeliveryStatus
    bytes: int
    run_id: str | None = None
    channel: str | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True)
class FailureDetail:
    """What a Catcher recorded: the failed state, its error name and cause, and the execution's redrives so far."""

    state: str
    error: str
    cause: str
    redriveCount: int = 0  # noqa: N815 - Step Functions' own spelling


@dataclass(frozen=True)
class Failure:
    """Input of NotifyFailure and HoldForRedrive. `input` is the failed state's own input.

    `redrive_count` is the execution's count now, or None where the context does not tell.
    """

    input: Mapping[str, Any]
    failure: FailureDetail
    execution: str = ""
    redrive_count: int | None = None


# ---- the report ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Money of the whole report. `period` counts every charge, `usage` only what is used and so judged.

    `expected` is the usage that was to be expected plus the other charges as billed, so `period - expected` is unusual
    usage alone; on provisional days a series below its expectation counts as it is, for what it lacks is no saving.
    `previous` and what derives from it are None where the history does not reach back to the whole period before;
    `change_pct` also where nothing was spent then.
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
    """A linked account that was read, with all its charges; zero cost is a fact here, not a failed read."""

    id: str
    name: str
    cost: Decimal
    previous: Decimal | None
    state: str = "ACTIVE"
    ou: str | None = None


@dataclass(frozen=True)
class ServiceCost:
    """A service's usage over all reported accounts."""

    name: str
    cost: Decimal
    previous: Decimal | None


@dataclass(frozen=True)
class Cause:
    """Part of an anomaly's explanation, as `usage_type` = `BoxUsage:m5.large`, with the dollars that it explains."""

    dimension: str
    value: str
    impact: Decimal


@dataclass(frozen=True)
class AnomalyLine:
    """An anomaly as reported. `day` is the anomalous day, `start` the first of its story, `impact` dollars so far.

    `daily` is the usage of the last days, oldest first, ending with the period's last day.
    """

    account_id: str
    account_name: str
    service: str
    kind: AnomalyKind
    day: date
    start: date
    actual: Decimal
    expected: Decimal
    impact: Decimal
    direction: Literal[1, -1]
    status: AnomalyStatus = "new"
    causes: tuple[Cause, ...] = ()
    region: str | None = None
    owner: str | None = None
    daily: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class MissingAccount:
    """An account that could not be read: its cost is unknown. `reason` is the error's name and its plain words."""

    id: str
    name: str
    reason: str


@dataclass(frozen=True)
class Coverage:
    """How far the numbers can be trusted."""

    accounts_expected: int
    accounts_reported: int
    missing: tuple[MissingAccount, ...] = ()
    provisional_days: tuple[date, ...] = ()


@dataclass(frozen=True)
class CostExplorerUse:
    """Requests that this run made and their price in USD."""

    requests: int
    usd: Decimal


@dataclass(frozen=True)
class DeliveryNote:
    """What became of the card."""

    status: DeliveryStatus
    bytes: int


@dataclass(frozen=True)
class Report:
    """The whole report: what `report.json` holds. Every step from AggregateCosts on completes it.

    `notes` are codes of things the reader must know (see `report/messages`), such as `organizations_not_in_use`.
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
    cost_metric: str
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
    delivery: DeliveryNote | None = field(default=None)
