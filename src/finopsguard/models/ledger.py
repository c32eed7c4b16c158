"""What the store remembers of posts, so that a report is posted once, a day told once, an alert not sent twice, and
what proves wrong later is corrected once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from finopsguard.models.messages import TeamsMessage
from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Basis, ListSource, ReportName

AttemptStatus = Literal["posting", "failed", "posted", "uncertain"]


@dataclass(frozen=True)
class DeliveryAttempt:
    """One attempt to post a report to a channel, by one execution; `at` is when it took this status.

    `given` is what was to be posted: enough to post it again, and to note its days as told. None: an earlier version
    began the attempt.
    """

    status: AttemptStatus
    at: datetime
    execution: str
    given: TeamsMessage | None = None


DecisionName = Literal["posted", "not-posted", "resend"]


@dataclass(frozen=True)
class DeliveryDecision:
    """What an operator decided about an attempt, why, when and with which version of the command.

    Who it was is not kept: a name is personal data, and AWS's CloudTrail or the file's owner has it where it is needed.
    """

    decision: DecisionName
    reason: str
    at: datetime
    version: str


StandingState = Literal["posted", "failed", "in_progress", "uncertain"]


@dataclass(frozen=True)
class Standing:
    """How a post stands in a channel: its newest attempt, whose `id` the command line takes, and how many there were.

    It is the report `run_id`, or its correction. `at` is when it took this state, None where the record is unreadable.
    """

    id: str
    run_id: str
    correction: bool
    channel: str
    state: StandingState
    at: datetime | None
    attempts: int


@dataclass(frozen=True)
class CoveredDays:
    """The days of a delivered report, `end` exclusive; `at` is when it was delivered."""

    run_id: str
    start: date
    end: date
    at: datetime


@dataclass(frozen=True)
class ToldDay:
    """A settled day as a report had read it: all charges, and usage."""

    date: date
    cost: Decimal
    usage: Decimal


@dataclass(frozen=True)
class Told:
    """What a report says, and of what: later readings are held to it.

    `days`, `current` and `previous` are the comparison's on its `basis`, `settled` all days read that were settled,
    `end` the period's. `missing` are ids of accounts that could not be read. `scope` is the same for two reports whose
    sums can be compared; `list_source` and `billed_known` say how the accounts were found. `at` is when it was
    delivered, None before that; `part`: to a channel that has a part of it alone.
    """

    run_id: str
    report: ReportName
    end: date
    cost_metric: MetricName
    currency: str
    basis: Basis
    days: tuple[date, ...]
    current: Decimal | None
    previous: Decimal | None
    accounts_expected: int
    accounts_reported: int
    missing: tuple[str, ...]
    scope: str
    list_source: ListSource
    billed_known: bool
    settled: tuple[ToldDay, ...]
    at: datetime | None = None
    part: bool = False


@dataclass(frozen=True)
class Earlier:
    """What an earlier report told, when, and which channels."""

    told: Told
    at: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True)
class FailedReport:
    """A report of the row that failed: when it was due, under which error, and when that was told."""

    report: ReportName
    scheduled_time: datetime
    error: str
    at: datetime


@dataclass(frozen=True)
class Alert:
    """A failure card that was posted: the error that it told, and when."""

    error: str
    at: datetime


@dataclass(frozen=True)
class OpinionScore:
    """How a report and AWS agreed, by the ids of incidents and of AWS's findings; the end of the report's period."""

    run_id: str
    report: ReportName
    end: date
    both: tuple[str, ...]
    only_us: tuple[str, ...]
    only_aws: tuple[str, ...]
