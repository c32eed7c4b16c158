"""What the store remembers of posts, so that a report is posted once, a day told once and an alert
not sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

AttemptStatus = Literal["posting", "failed", "posted"]


@dataclass(frozen=True)
class DeliveryAttempt:
    """One attempt to post a report to a channel, by one execution; `at` is when it took this status."""

    status: AttemptStatus
    at: datetime
    execution: str


@dataclass(frozen=True)
class CoveredDays:
    """The days of a delivered report, `end` exclusive; `at` is when it was delivered."""

    run_id: str
    start: date
    end: date
    at: datetime


@dataclass(frozen=True)
class Alert:
    """A failure card that was posted: the error that it told, and when."""

    error: str
    at: datetime
