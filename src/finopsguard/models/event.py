"""What the outside is told of an incident: the detail of an event on EventBridge, and the record of what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from finopsguard.models.anomaly import AnomalyKind, Ending, Scope
from finopsguard.models.run import DataSource, ReportName
from finopsguard.models.severity import Severity

Change = Literal["new", "grown", "closed"]


@dataclass(frozen=True)
class EventCause:
    """A cause in short: what it is, in which Region, and its USD, signed."""

    dimension: str
    value: str
    impact: Decimal
    region: str | None = None


@dataclass(frozen=True)
class IncidentEvent:
    """An incident that is new, has grown or is over, as one report tells it; schemas/incident_event.schema.json.

    `event_id` is the same where an event is sent twice, and no other's. `account_id`, `account_name` and `service` are
    empty where it has several. Amounts are in `currency`: `impact` so far, `run_rate_month` a month of it if it goes
    on, both signed. `page` leads to the report in S3's console, where the reader signs in; None where there is none.
    Names are without the addresses of people.
    """

    version: Literal[1]
    event_id: str
    incident_id: str
    change: Change
    report: ReportName
    run_id: str
    data_source: DataSource
    scope: Scope
    account_id: str
    account_name: str
    service: str
    region: str | None
    owner: str | None
    kind: AnomalyKind
    start: date
    last_day: date
    ended: Ending | None
    currency: str
    impact: Decimal
    run_rate_month: Decimal | None
    severity: Severity | None
    security: bool
    causes: tuple[EventCause, ...]
    page: str | None


@dataclass(frozen=True)
class SentEvent:
    """An event that EventBridge took, and when."""

    at: datetime
    event: IncidentEvent
