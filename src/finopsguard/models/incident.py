"""An incident: one story of unusual cost, from the first day that was told to the day on which it was over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from finopsguard.models.report import AnomalyKind, AnomalyStatus

_MONTH = 30


@dataclass(frozen=True)
class Member:
    """One service of an incident. `excess` is USD above (below: negative) expectation by day, in cents."""

    service: str
    expected: Decimal
    excess: Mapping[date, Decimal]

    @property
    def impact(self) -> Decimal:
        """USD above or below expectation so far."""
        return sum(self.excess.values(), Decimal(0))

    @property
    def run_rate(self) -> Decimal:
        """USD a day on the newest day that deviates."""
        return self.excess[max(self.excess)]


@dataclass(frozen=True)
class Incident:
    """A story: one account, one direction, one or more services, from `start` until it is resolved.

    `id` is given once and to one incident only. `last_seen` is the newest day that deviates. `told_rate` is the USD a
    day (absolute) that the reader was last told; growth is measured against it.
    """

    id: str
    account_id: str
    direction: Literal[1, -1]
    kind: AnomalyKind
    start: date
    last_seen: date
    members: tuple[Member, ...]
    status: AnomalyStatus
    told_on: date
    told_rate: Decimal
    closed_on: date | None = None

    @property
    def notify(self) -> bool:
        """True when this report should tell it: it is new, or it has grown much."""
        return self.status in ("new", "growing")

    @property
    def days(self) -> int:
        """Duration in days, first and last included."""
        return (self.last_seen - self.start).days + 1

    @property
    def impact(self) -> Decimal:
        """USD so far, signed."""
        return sum((member.impact for member in self.members), Decimal(0))

    @property
    def run_rate(self) -> Decimal:
        """USD a day, signed, on the newest day that deviates of each service."""
        return sum((member.run_rate for member in self.members), Decimal(0))

    @property
    def monthly_rate(self) -> Decimal:
        """USD a month if it goes on as on the newest day that deviates, signed."""
        return _MONTH * self.run_rate

    @property
    def shares(self) -> dict[str, float]:
        """Part of each service in the impact, largest first; they add up to 1."""
        total = self.impact
        ranked = sorted(self.members, key=lambda member: -abs(member.impact))
        return {member.service: float(member.impact / total) if total else 0.0 for member in ranked}


@dataclass(frozen=True)
class IncidentLife:
    """One report's look at the life of all incidents: those that go on, and those that ended not long ago.

    `before` is the key of the look that it followed, None for the first; `end` is the end of what the report reads.
    """

    version: Literal[1]
    run_id: str
    before: str | None
    end: date
    incidents: tuple[Incident, ...]
