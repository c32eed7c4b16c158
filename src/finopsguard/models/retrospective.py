"""A month looked back on: what was told in it, how quickly, and what came of it (docs/retrospective.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from finopsguard.models.anomaly import Ending
from finopsguard.models.verdict import VerdictName


@dataclass(frozen=True)
class Spread:
    """The middle and the longest of `count` times: hours from one moment to another, or days from one to another."""

    count: int
    median: Decimal
    longest: Decimal


@dataclass(frozen=True)
class LookedBack:
    """An incident of the month, or several that were told as one.

    `start` and `last_day` are its first and its newest unusual day, `closed_on` when a report saw that it was over, and
    `impact` is signed, USD on the days of the month alone. `told_at` is the first time; None: nobody was told, for a
    mute or a plan held it back. `answered_at` is the first verdict after that, `verdict` the one that counts. `avoided`
    is None where it cannot be said of it.
    """

    id: str
    account_id: str
    account_name: str
    services: tuple[str, ...]
    start: date
    last_day: date
    told_at: datetime | None
    answered_at: datetime | None
    closed_on: date | None
    ended: Ending | None
    impact: Decimal
    verdict: VerdictName | None = None
    owner: str | None = None
    cause: str | None = None
    avoided: Decimal | None = None


@dataclass(frozen=True)
class MutedLine:
    """A mute or a plan that held in the month, and its reason; `impact` is USD in the month of what it held back."""

    verdict: VerdictName
    account_id: str
    service: str
    incident_id: str | None
    since: date
    until: date | None
    reason: str
    impact: Decimal


@dataclass(frozen=True)
class CausePart:
    """A cause: the usage type that explains most of an incident, where that was told, else its service; and its USD."""

    name: str
    impact: Decimal


@dataclass(frozen=True)
class OwnerPart:
    """What the incidents of one owner's accounts made, USD in the month: its causes, the largest first.

    `owner` is None for accounts without one, and for incidents of several accounts.
    """

    owner: str | None
    incidents: int
    impact: Decimal
    causes: tuple[CausePart, ...]


@dataclass(frozen=True)
class ForecastMade:
    """The month's end as a report that was delivered forecast it with the costs until `day`, and how far off it was.

    `error_pct` is signed: above 0 the forecast was too high.
    """

    day: date
    month_end: Decimal
    low: Decimal
    high: Decimal
    error_pct: Decimal | None


@dataclass(frozen=True)
class DayThen:
    """A day of the month that costs another amount than the first report of it told, all charges."""

    date: date
    then: Decimal
    now: Decimal


@dataclass(frozen=True)
class Scoreboard:
    """What AWS Cost Anomaly Detection found beside the month's reports.

    `both` and `only_us` count incidents of ours: `both` where any report of the month saw AWS's finding. `only_aws`
    counts AWS's findings that no incident of a report had when it was made.
    """

    both: int
    only_us: int
    only_aws: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The part of a `Retrospective` that is of incidents: counts and times of those first told in the month, and money.

    `told` are incidents first told in the month, `going` those that were told before and went on, `ended` those of
    either that ended in it, `open` those that went on at its end. `above` and `below` are USD on the month's days.
    `detect_hours` are from the end of the first unusual day to the first report that told it, `answer_hours` from there
    to the first verdict, `resolve_days` from there to the first day on which the cost was back. `false_alerts` are
    those of `told` of which somebody said that it was none, `answered` those with any verdict.

    `avoided` is by the formula of the FinOps Foundation, of `avoided_of` incidents, for `horizon_days` from their first
    day.
    """

    told: int
    going: int
    ended: int
    open: int
    above: Decimal
    below: Decimal
    detect_hours: Spread | None
    answer_hours: Spread | None
    resolve_days: Spread | None
    answered: int
    false_alerts: int
    avoided: Decimal
    avoided_of: int
    horizon_days: int
    incidents: tuple[LookedBack, ...]
    owners: tuple[OwnerPart, ...]
    muted: tuple[MutedLine, ...]


@dataclass(frozen=True, kw_only=True)
class Retrospective(Figures):
    """What the month was, for people.

    `since` is the first day from which incidents are known, of the week before the month at the earliest; None: no day
    is. `messages` are the times that incidents were told as new or grown. `requests` and `usd` are what Cost Explorer
    took for all reports of the month. `second_opinion` is None where no report of the month asked AWS.
    """

    since: date | None
    messages: int
    restated: tuple[DayThen, ...]
    forecasts: tuple[ForecastMade, ...]
    requests: int
    usd: Decimal
    second_opinion: Scoreboard | None = None
