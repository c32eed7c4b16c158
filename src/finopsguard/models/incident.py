"""An incident: one story of unusual cost, from the first day that was told to the day on which it was over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from finopsguard.models.anomaly import AnomalyKind, AnomalyStatus, Ending, NewIn, Said, Scope, StoryKind
from finopsguard.models.verdict import Verdict

DAYS_OF_A_MONTH = 30
"""What a run rate a month counts."""
MEMORY_DAYS = 112
"""For so long a resolved incident is remembered: as long as the detector learns from a day."""


@dataclass(frozen=True)
class IncidentDay:
    """One day of a service, USD in cents: what it cost, what was to be expected of that day, and the band around it.

    `excess` is what counts for the incident: above (below: negative) expectation, 0 on a day that is not part of it.
    `low` and `high` are None where no band is known: too little history, or a life that was stored before bands were.
    """

    cost: Decimal
    expected: Decimal
    low: Decimal | None
    high: Decimal | None
    excess: Decimal


@dataclass(frozen=True)
class Member:
    """One service of an incident, day by day from the incident's start to the newest day that was seen.

    What is expected is learned from the days before `learned_until`, so that an incident never becomes its own
    expectation.
    """

    service: str
    learned_until: date
    days: Mapping[date, IncidentDay]

    @cached_property
    def excess(self) -> dict[date, Decimal]:
        """USD above or below expectation by day, on the days that count."""
        return {day: each.excess for day, each in sorted(self.days.items()) if each.excess}

    @property
    def impact(self) -> Decimal:
        """USD above or below expectation so far."""
        return sum(self.excess.values(), Decimal(0))

    @property
    def run_rate(self) -> Decimal:
        """USD a day on the newest day that deviates."""
        return self.excess[max(self.excess)] if self.excess else Decimal(0)


@dataclass(frozen=True)
class ToldWith:
    """The line in which an incident is told with others: its id, which is given once, and why they are one."""

    id: str
    kind: StoryKind


@dataclass(frozen=True)
class Incident:
    """A story: one account, one direction, one or more services, from `start` until it is resolved.

    `id` is given once and to one incident only. `last_seen` is the newest day that the detector called unusual.
    `told_rate` is the USD a day (absolute) that the reader was last told; growth is measured against it. `ended` says
    how it ended, on `closed_on`: the cost is back, or the detector has accepted it as the new level.

    A roll-up has another `scope`, and one member: the sum of what no incident of its own tells. `account_id`, `region`
    and the member's service are empty where the scope has several. `told_with` is None where it is a line of its own.
    `new` and `security` say whether it runs where nothing, or no compute, was before; `from_region` is where it fell as
    it rose. `said` is the verdict that it is under, or that ended it.
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
    ended: Ending | None = None
    scope: Scope = "account_service"
    region: str = ""
    from_region: str = ""
    new: NewIn | None = None
    security: bool = False
    told_with: ToldWith | None = None
    said: Said | None = None

    @property
    def quiet(self) -> bool:
        """True while a mute or a plan holds it back."""
        return self.said is not None and self.said.quiet

    @property
    def is_rollup(self) -> bool:
        """True for the sum of an account, a service or the Organization."""
        return self.scope in ("account", "service", "organization")

    @property
    def line(self) -> str:
        """The id of the line that tells it."""
        return self.told_with.id if self.told_with else self.id

    @property
    def notify(self) -> bool:
        """True when this report should tell it: it is new, or it has grown much."""
        return self.status in ("new", "growing")

    @property
    def last_day(self) -> date:
        """The newest day that deviates, whether the detector still calls it unusual or not."""
        return max((day for member in self.members for day in member.excess), default=self.last_seen)

    @property
    def days(self) -> int:
        """Duration in days, first and last included."""
        return (self.last_day - self.start).days + 1

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
        return DAYS_OF_A_MONTH * self.run_rate

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
    `unread` are the accounts that it could not read, each with the first day that no report has judged. `verdicts` are
    those that it went by: the report that is made again goes by the same.
    """

    version: Literal[2, 3, 4]
    run_id: str
    before: str | None
    end: date
    incidents: tuple[Incident, ...]
    unread: Mapping[str, date] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class MemberV1:
    """A service as version 1 kept it: one expectation for all its days."""

    service: str
    expected: Decimal
    excess: Mapping[date, Decimal]


@dataclass(frozen=True)
class IncidentV1:
    """An incident as version 1 kept it: `last_seen` is the newest day that deviates."""

    id: str
    account_id: str
    direction: Literal[1, -1]
    kind: AnomalyKind
    start: date
    last_seen: date
    members: tuple[MemberV1, ...]
    status: AnomalyStatus
    told_on: date
    told_rate: Decimal
    closed_on: date | None = None


@dataclass(frozen=True)
class IncidentLifeV1:
    """A look as version 1 kept it; it is read, and never written."""

    version: Literal[1]
    run_id: str
    before: str | None
    end: date
    incidents: tuple[IncidentV1, ...]
