"""What people say of unusual costs: a verdict on an incident, a mute, a planned event, and what takes one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from finopsguard.models.anomaly import SaidName

VerdictName = Literal["expected", "not_an_anomaly", "mute", "plan", "withdrawn"]
Through = Literal["command", "link"]


@dataclass(frozen=True)
class Verdict:
    """What somebody said once, why, when and through what; never changed. Schema: `verdict`.

    `mark` is given once and names it: of two with the same mark the first counts, so a link has one of its own.

    - `expected`: what incident `incident_id` costs is normal from its first day on.
    - `not_an_anomaly`: what incident `incident_id` cost is how its services are.
    - `mute`: nobody is to be told of `incident_id`, or of what rises in `account_id` and `service`, until `until`.
    - `plan`: something is to happen in `account_id` (and `service`; empty: any) from `since` until `until`.
    - `withdrawn`: the verdict whose mark is `withdraws` counts no more.

    `incident_id` is that of an incident or of the line that tells several. `until` is the last day, included, and
    `since` the first. `by` is a role, a user or a login, without the name of a session, and never an e-mail address.
    """

    mark: str
    verdict: VerdictName
    reason: str
    at: datetime
    by: str
    through: Through
    incident_id: str | None = None
    account_id: str = ""
    service: str = ""
    since: date | None = None
    until: date | None = None
    withdraws: str | None = None


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
