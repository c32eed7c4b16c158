"""What delivered reports told of incidents: the rows of the incident ledger, and what an incident is by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from finopsguard.models.anomaly import AnomalyKind, AnomalyStatus, Ending, Release, SaidName, Scope
from finopsguard.models.run import ReportName
from finopsguard.models.severity import Severity
from finopsguard.models.verdict import Verdict


@dataclass(frozen=True)
class ToldCause:
    """A cause as it was told: its largest parts alone."""

    dimension: str
    value: str
    impact: Decimal
    kind: str | None = None


@dataclass(frozen=True)
class IncidentTold:
    """An incident, or the line that tells several (`incidents` are their ids), as one report told it.

    `first_day` and `last_day` are the first and the newest day that deviate, `impact` USD so far, signed,
    `run_rate_month` USD a month if it goes on. `verdict` is what it is under, by its `mark`: while that holds it back
    it is `quiet`, and the report told nothing else of it.
    """

    id: str
    scope: Scope
    account_id: str
    account_name: str
    services: tuple[str, ...]
    region: str | None
    owner: str | None
    kind: AnomalyKind
    direction: Literal[1, -1]
    status: AnomalyStatus
    first_day: date
    last_day: date
    impact: Decimal
    run_rate_month: Decimal | None
    ended: Ending | None = None
    severity: Severity | None = None
    causes: tuple[ToldCause, ...] = ()
    incidents: tuple[str, ...] = ()
    verdict: SaidName | None = None
    mark: str | None = None
    released: Release | None = None
    quiet: bool = False


@dataclass(frozen=True)
class IncidentsTold:
    """What a report tells of incidents in one channel, in its `currency`; `end` is that of its period, exclusive.

    `at` is when it was delivered, None before that: then nothing is told yet.
    """

    run_id: str
    report: ReportName
    end: date
    channel: str
    incidents: tuple[IncidentTold, ...]
    currency: str = "USD"
    at: datetime | None = None


RecordState = Literal["open", "muted", "planned", "closed"]
RecordEnding = Ending | Literal["joined", "unknown"]
"""`joined`: a line of several tells it. `unknown`: no report told its end, and it is not known any more."""


@dataclass(frozen=True)
class Telling:
    """A report that told an incident, and in which channels: as new, grown, going on, over, or only as held back."""

    at: datetime
    run_id: str
    report: ReportName
    channels: tuple[str, ...]
    status: AnomalyStatus
    impact: Decimal
    quiet: bool = False


@dataclass(frozen=True)
class IncidentRecord:
    """All that is known of an incident, or of the line that tells several.

    `first_told` is None where no channel was told; `grown` are the times that it was told to have grown. `ended_on` is
    the day of the report that knew its end. `impact` is what it cost so far, signed, `run_rate_month` what it costs a
    month, in the `currency` of the newest report that told it.
    """

    id: str
    state: RecordState
    scope: Scope
    account_id: str
    account_name: str
    services: tuple[str, ...]
    region: str | None
    owner: str | None
    kind: AnomalyKind
    direction: Literal[1, -1]
    first_day: date
    last_day: date
    impact: Decimal
    run_rate_month: Decimal | None
    severity: Severity | None
    first_told: Telling | None
    grown: tuple[Telling, ...]
    tellings: tuple[Telling, ...]
    ended: RecordEnding | None = None
    ended_on: date | None = None
    joined: str | None = None
    causes: tuple[ToldCause, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    incidents: tuple[str, ...] = ()
    currency: str = "USD"
