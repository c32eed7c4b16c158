"""What flows between the steps: one class in and one out per step, and `schemas/` says the same to the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from finopsguard.models.run import Batch, ReportName, Run


@dataclass(frozen=True)
class RunRequest:
    """Input of ResolveAccounts: what EventBridge Scheduler (or a person) starts the state machine with.

    `continues`: the report goes on where the last one of its kind ended; false for one that is made by hand. `force`:
    a report that was delivered is made and posted again, marked as corrected; the schedule never sets it.
    `refresh`: all days are read again, also those that are held.
    """

    report: ReportName
    scheduled_time: datetime
    execution: str = ""
    continues: bool = True
    force: bool = False
    refresh: bool = False


@dataclass(frozen=True)
class HeartbeatRequest:
    """Input of CheckHeartbeat: the time that its schedule was due."""

    at: datetime


@dataclass(frozen=True)
class Heartbeat:
    """Output of CheckHeartbeat: whole hours since the newest report of each kind was delivered; None: none ever was.

    `month_usd` is what this month's requests of Cost Explorer have cost so far.
    """

    daily_hours: int | None
    weekly_hours: int | None
    month_usd: Decimal = Decimal(0)
    monthly_hours: int | None = None


@dataclass(frozen=True)
class PlannedBatch:
    """A batch as the Map takes it; its accounts and days are in the store, for they would not fit into a payload."""

    id: str


@dataclass(frozen=True)
class RunPlan:
    """Output of ResolveAccounts. The account list and the batches themselves are in the store under `accounts_key`.

    Reading the batches is estimated to take `fewest` to `most` requests of Cost Explorer.
    """

    run: Run
    accounts_key: str
    accounts: int
    batches: tuple[PlannedBatch, ...]
    max_concurrency: int
    notes: tuple[str, ...] = ()
    fewest: int = 0
    most: int = 0


@dataclass(frozen=True)
class CostBatch:
    """Input of FetchCosts: one iteration of the Map.

    `batch` is the one of that id in the plan under `accounts_key`; an execution that an earlier release planned has no
    such key, and all of the batch.
    """

    run: Run
    batch: Batch
    accounts_key: str | None = None


BatchStatus = Literal["ok", "unavailable"]


@dataclass(frozen=True)
class BatchCosts:
    """Output of FetchCosts: where the costs of one batch are, or why they could not be read.

    `requests` is what reading the batch took; `cached` says that it was read by an earlier invocation, so that nothing
    was paid again. Kept small: hundreds of them must fit into one 256 KiB payload. `incomplete` are accounts whose own
    reading has gaps although the batch's has none, `cause` then says what is wrong. `unnamed`: it has large charges
    that are not usage, and what they are for could not be read. `days` is how many were read of each account; None: all
    of the run's.
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
    incomplete: tuple[str, ...] = ()
    unnamed: bool = False
    days: int | None = None


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
    bytes_scanned: int = 0


@dataclass(frozen=True)
class PlannedExplanation:
    """An incident as the Map takes it; all of it is in the report in the store."""

    id: str


@dataclass(frozen=True)
class AnomalyReport:
    """Output of DetectAnomalies: the report under `report_key` now holds anomalies and expected costs.

    `explain` are the incidents whose causes are looked for; an earlier release gave none.
    """

    run: Run
    report_key: str
    anomalies: int
    impact: Decimal
    explain: tuple[PlannedExplanation, ...] = ()


@dataclass(frozen=True)
class IncidentToExplain:
    """Input of ExplainAnomalies: one iteration of the Map; the report under `report_key` has the incident."""

    run: Run
    report_key: str
    incident: PlannedExplanation


ExplanationStatus = Literal["ok", "unavailable"]


@dataclass(frozen=True)
class Explanation:
    """Output of ExplainAnomalies: where the causes of one incident are, or why they could not be told.

    `requests` is what they took; `cached` says that an earlier invocation told them, so that nothing was paid again.
    """

    incident_id: str
    status: ExplanationStatus
    key: str | None = None
    requests: int = 0
    cached: bool = False
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class ExplainedReport:
    """Input of BuildCard: the report that DetectAnomalies left, and what became of each explanation.

    `explain` are the incidents that were to be explained. Without explanations `error` and `cause` say what ended the
    Map. An execution of an earlier release has none of these.
    """

    run: Run
    report_key: str
    explain: tuple[PlannedExplanation, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Message:
    """A message for a channel: its body is in the store under `key` and has so many bytes as posted.

    It is the run's own report, or the correction of the earlier report whose run id is `corrects`. `sha256` is the
    body's checksum; an earlier release gave none. `routed`: the channel is one of the route file, not the settings'.
    """

    channel: str
    key: str
    bytes: int
    corrects: str | None = None
    sha256: str | None = None
    routed: bool = False


@dataclass(frozen=True)
class BuiltReport:
    """Output of BuildCard: the report is complete under `report_key`, and PostToTeams is a Map over `messages`."""

    run: Run
    report_key: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class TeamsMessage:
    """Input of PostToTeams: one iteration of the Map."""

    run: Run
    message: Message


EventsStatus = Literal["sent", "not_configured"]


@dataclass(frozen=True)
class EventsSent:
    """Output of SendEvents: how many events EventBridge took now, and how many it had from an earlier attempt."""

    status: EventsStatus
    sent: int = 0
    before: int = 0


DeliveryStatus = Literal["delivered", "already_delivered", "not_configured"]


@dataclass(frozen=True)
class Delivery:
    """Output of PostToTeams. `channel` is the name that the settings give it.

    `run_id` names the report that was delivered, or corrected.
    """

    status: DeliveryStatus
    bytes: int
    channel: str
    run_id: str | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True)
class Deliveries:
    """Output of the state machine: what became of the report in each of its channels, in their order.

    Those of corrections of earlier reports come after them, with the run id of what they correct.
    """

    run_id: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True)
class DeliveredReport:
    """Input of SendEvents: the report under `report_key`, and what became of it in each of its channels."""

    run: Run
    report_key: str
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True)
class FailureDetail:
    """What a Catcher recorded: the failed state, its error name and cause, and the execution's redrives so far.

    `corrects`: all that failed is the correction of this earlier report; the run's own was posted. `channels` are those
    that could not be posted to; `reached` others have the report.
    """

    state: str
    error: str
    cause: str
    redriveCount: int = 0  # noqa: N815 - Step Functions' own spelling
    corrects: str | None = None
    channels: tuple[str, ...] = ()
    reached: int = 0


AlertPlace = Literal["teams", "topic", "none"]


@dataclass(frozen=True)
class Alerted:
    """Output of NotifyFailure: where the alert is; nowhere (`none`) where neither webhook nor topic is configured.

    `refused` says why Teams did not take it, as `TeamsRejected: ...`; None where it did, or no webhook is configured.
    """

    place: AlertPlace
    status: DeliveryStatus
    channel: str
    refused: str | None = None


@dataclass(frozen=True)
class Failure:
    """Input of NotifyFailure and HoldForRedrive. `input` is the failed state's own input.

    `redrive_count` is the execution's count now, or None where the context does not tell.
    """

    input: Mapping[str, Any]
    failure: FailureDetail
    execution: str = ""
    redrive_count: int | None = None
