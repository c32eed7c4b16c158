"""An anomaly as a report has it: one line, the days of its story, and what explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from finopsguard.models.cause import Act, Cause, ResourceCost
from finopsguard.models.opinion import Agreement
from finopsguard.models.severity import Severity

AnomalyKind = Literal["spike", "shift", "drift", "new", "drop", "sparse"]
AnomalyStatus = Literal["new", "growing", "continuing", "resolved"]
Scope = Literal["account_service", "account", "service", "organization", "service_region"]
"""What a line is of: one service (or some) of an account, or a roll-up: an account, a service, a service in a Region,
the whole Organization."""
StoryKind = Literal["together", "rollout", "moved"]
"""Why several incidents are one line: the same change in many accounts, a service that began in many, or what fell in
one place and rose in another."""
NewIn = Literal["region", "compute", "account"]
"""What is new about where it runs: the Region was never used; compute was never used in it, or in the account."""
Ending = Literal["back", "new_level", "accepted", "not_an_anomaly"]
"""How an incident ended: its cost is back in the band of its days, or it has become the new level; or somebody said
that it is the new level, or that it was none."""
SaidName = Literal["expected", "not_an_anomaly", "mute", "plan"]
Release = Literal["beyond", "over"]
"""Why what was held back is told all the same: it costs far more than was muted, or the last day has passed."""


@dataclass(frozen=True)
class Said:
    """The verdict that an incident is under, by its mark: what was said, when and why.

    A mute or a plan holds it back until `until`, unless it is `released`; `rate` is the USD a day (absolute) that were
    muted, of all incidents of the mute together. `untold`: no report has told the incident.
    """

    mark: str
    verdict: SaidName
    at: datetime
    reason: str
    until: date | None = None
    rate: Decimal | None = None
    untold: bool = False
    released: Release | None = None

    @property
    def quiet(self) -> bool:
        """True while it holds the incident back."""
        return self.verdict in ("mute", "plan") and self.released is None


@dataclass(frozen=True)
class BandDay:
    """A day of an incident: what its services cost and should have cost, together; no band where none is known."""

    date: date
    cost: Decimal
    expected: Decimal
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class AnomalyLine:
    """An anomaly as reported: `start` is the first day of its story, `last_day` the newest that deviates.

    `impact` is the dollars from `start` to `last_day`, each day against its own expectation. `actual` and `expected`
    are those of all its services on `day`, the newest of the report that deviates. `id` is the incident's: the same in
    every report, and never that of another one. `daily` is the usage of the last days, oldest first, ending with the
    newest day that was read; `band` the newest days since `start`. `ended` is None while it goes on. `resources` are
    the largest, `who` the acts that explain it, where they were asked for.

    `scope` says what the line is of; `account_id`, `account_name` and `service` are empty where it has several. Then
    `causes` of the dimensions `account` or `service`, with `other_accounts` or `other_services` (`value` is their
    number), are its parts and add up to `impact`; `accounts` is the number of those that went the line's way. `story`
    is None for a line of one incident. What rose in a Region as it fell in another has that as `from_region`;
    `security` marks compute where it is `new`. `said` is the verdict that it is under; what is `quiet` by it is named
    together with others and not told by itself. `incidents` are the ids of those that a line of several is of.

    `run_rate_month` is USD a month, signed, if it goes on as on the newest day that deviates (or had gone on); None in
    reports of earlier releases. `severity` is None until BuildCard has graded it. `second_opinion` says whether AWS
    Cost Anomaly Detection found it too; None where that is not known.
    reports of earlier releases. `severity` is None until BuildCard has graded it.

    In an owner's report, `part`: it is what this account has in an anomaly of several owners' accounts. Its dollars are
    known, in `impact` and `actual`, and its days are not.
    """

    id: str
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
    ended: Ending | None = None
    last_day: date | None = None
    band: tuple[BandDay, ...] = ()
    resources: tuple[ResourceCost, ...] = ()
    who: tuple[Act, ...] = ()
    part: bool = False
    scope: Scope = "account_service"
    story: StoryKind | None = None
    accounts: int = 1
    from_region: str | None = None
    new: NewIn | None = None
    security: bool = False
    run_rate_month: Decimal | None = None
    severity: Severity | None = None
    said: Said | None = None
    incidents: tuple[str, ...] = ()
    second_opinion: Agreement | None = None

    @property
    def quiet(self) -> bool:
        """True for what is muted or planned."""
        return self.said is not None and self.said.quiet
