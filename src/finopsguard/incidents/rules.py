"""From daily anomalies to incidents: one story, one message.

Pure: the state of yesterday and the anomalies of today go in, the state of today and what to tell come out.

Rules:
- Services of one account that deviate in the same direction from about the same day (one day apart at most)
  are one incident with shares: one cause (a launched cluster, a leaked key, a stopped pipeline) bills under
  many names.
- An anomaly of a service that already belongs to an open incident continues it, so days are never told twice.
- An incident is told when it begins and again only when its daily dollars have grown `growth_factor`-fold
  (and by `min_usd`) since it was last told. Figures of the first two days are provisional (the bill is still
  filling up), so they raise the bar without being told again.
- A service that joins later is told with its incident when it is a large part of it: it may be another cause.
- It closes when the cost is back within the dollar gate of its expectation for two complete days (`costs`
  given), or when nothing deviated for `quiet_days`: a level shift has then become the new normal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, DetectionConfig, Kind

Status = Literal["new", "grown", "ongoing", "closed"]
DailyCosts: TypeAlias = Mapping[tuple[str, str], Mapping[date, float]]
"""Complete days only: (account, service) -> day -> USD."""

SAME_CAUSE_DAYS = 1
LARGE_PART = 0.25
"""A service that joins with a quarter of the dollars that were told, or more, is told."""
PROVISIONAL_DAYS = 2
MONTH_DAYS = 30
CALM_DAYS = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One service of an incident. `excess` is USD above (below: negative) expectation by day."""

    service: str
    expected: float
    excess: Mapping[date, float]

    @property
    def impact(self) -> float:
        """USD above or below expectation so far."""
        return sum(self.excess.values())

    @property
    def run_rate(self) -> float:
        """USD a day on the newest day that deviates."""
        return self.excess[max(self.excess)]


@dataclass(frozen=True, slots=True)
class Incident:
    """A story: one account, one direction, one or more services, from `start` until it is closed."""

    account_id: str
    direction: int
    kind: Kind
    start: date
    last_seen: date
    """The newest day that deviates."""
    members: tuple[Member, ...]
    status: Status
    told_on: date
    told_rate: float
    """USD a day (absolute) that the reader was last told; growth is measured against it."""
    closed_on: date | None = None

    @property
    def id(self) -> str:
        """Stable over the incident's life."""
        return f"{self.account_id}/{self.start.isoformat()}/{'up' if self.direction > 0 else 'down'}"

    @property
    def notify(self) -> bool:
        """True when this run should tell it: it is new, or it has grown much."""
        return self.status in ("new", "grown")

    @property
    def days(self) -> int:
        """Duration in days, first and last included."""
        return (self.last_seen - self.start).days + 1

    @property
    def impact(self) -> float:
        """USD so far, signed."""
        return sum(member.impact for member in self.members)

    @property
    def run_rate(self) -> float:
        """USD a day, signed, on the newest day that deviates of each service."""
        return sum(member.run_rate for member in self.members)

    @property
    def monthly_rate(self) -> float:
        """USD a month if it goes on as on the newest day that deviates, signed."""
        return MONTH_DAYS * self.run_rate

    @property
    def shares(self) -> dict[str, float]:
        """Part of each service in the impact, largest first; they add up to 1."""
        total = self.impact
        ranked = sorted(self.members, key=lambda member: -abs(member.impact))
        return {member.service: member.impact / total if total else 0.0 for member in ranked}


@dataclass(frozen=True, slots=True)
class IncidentState:
    """All open incidents. Store `to_data()` as JSON; read it back with `from_data`."""

    incidents: tuple[Incident, ...] = field(default_factory=tuple)

    def to_data(self) -> dict[str, Any]:
        """Plain JSON data: dates as YYYY-MM-DD, money as decimal strings."""
        return {"version": 1, "incidents": [_incident_data(incident) for incident in self.incidents]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "IncidentState":
        """The inverse of `to_data`."""
        return cls(tuple(_incident(item) for item in data["incidents"]))


def update_incidents(
    previous: IncidentState,
    anomalies: Sequence[Anomaly],
    today: date,
    config: DetectionConfig = DEFAULT_CONFIG,
    *,
    costs: DailyCosts | None = None,
) -> tuple[IncidentState, list[Incident]]:
    """Fold the anomalies of one run into the incidents: (state to keep, incidents of this run by impact).

    `today` is the day of the run. The list holds every incident that is open or was closed by this run; tell
    those with `notify`. With `costs` the dollars go on counting after the detector has accepted a new level,
    and an incident closes as soon as the cost has returned.
    """
    open_incidents = [replace(incident, status="ongoing") for incident in previous.incidents]
    fresh: list[Incident] = []
    for anomaly in sorted(anomalies, key=lambda item: (item.start, -abs(item.impact), item.series)):
        home = _home(open_incidents, anomaly, config)
        if home is not None:
            open_incidents[home] = _continue(open_incidents[home], anomaly, today)
            continue
        home = _home(fresh, anomaly, config)
        if home is not None:
            fresh[home] = _join(fresh[home], anomaly)
        else:
            fresh.append(_begin(anomaly, today))
    current = [_follow(incident, costs, today) for incident in open_incidents]
    current = [_close_or_tell(incident, costs, today, config) for incident in current]
    current += [replace(incident, told_rate=_rate(incident)) for incident in fresh]
    current.sort(key=lambda incident: (-abs(incident.impact), incident.id))
    return IncidentState(tuple(incident for incident in current if incident.status != "closed")), current


def _rate(incident: Incident) -> float:
    return abs(incident.run_rate)


def _home(incidents: Sequence[Incident], anomaly: Anomaly, config: DetectionConfig) -> int | None:
    """Which incident the anomaly belongs to: one that has its service, else one of the account that began
    with it.
    """
    same_side = [
        (index, incident)
        for index, incident in enumerate(incidents)
        if incident.account_id == anomaly.account_id and incident.direction == anomaly.direction
    ]
    for index, incident in same_side:
        known = any(member.service == anomaly.service for member in incident.members)
        if known and (anomaly.start - incident.last_seen).days <= config.quiet_days:
            return index
    for index, incident in same_side:
        if abs((anomaly.start - incident.start).days) <= SAME_CAUSE_DAYS:
            return index
    return None


def _excess(anomaly: Anomaly) -> dict[date, float]:
    """Dollars by day, in cents: what is stored reads back equal."""
    by_day = dict(anomaly.excess_by_day) or {anomaly.day: anomaly.actual - anomaly.expected}
    return {day: round(usd, 2) for day, usd in by_day.items()}


def _begin(anomaly: Anomaly, today: date) -> Incident:
    excess = _excess(anomaly)
    member = Member(anomaly.service, round(anomaly.expected, 2), excess)
    return Incident(
        account_id=anomaly.account_id,
        direction=anomaly.direction,
        kind=anomaly.kind,
        start=anomaly.start,
        last_seen=max(excess),
        members=(member,),
        status="new",
        told_on=today,
        told_rate=abs(member.run_rate),
    )


def _join(incident: Incident, anomaly: Anomaly) -> Incident:
    """Add the anomaly's days; a newer look at a day replaces the older one."""
    excess = _excess(anomaly)
    members = {member.service: member for member in incident.members}
    known = members.get(anomaly.service)
    if known is None:
        members[anomaly.service] = Member(anomaly.service, round(anomaly.expected, 2), excess)
    else:
        members[anomaly.service] = replace(known, excess={**known.excess, **excess})
    return replace(incident, members=tuple(members.values()), last_seen=max(incident.last_seen, *excess))


def _continue(incident: Incident, anomaly: Anomaly, today: date) -> Incident:
    """Join an incident that was told before; a large part that it did not have then is told too."""
    joined = _join(incident, anomaly)
    if len(joined.members) == len(incident.members):
        return joined
    part = abs(joined.members[-1].run_rate)
    if part < LARGE_PART * incident.told_rate:
        return joined
    return replace(joined, status="grown", told_on=today, told_rate=incident.told_rate + part)


def _follow(incident: Incident, costs: DailyCosts | None, today: date) -> Incident:
    """Count the dollars of complete days that the detector no longer calls anomalous."""
    if costs is None:
        return incident
    members = []
    for member in incident.members:
        daily = costs.get((incident.account_id, member.service), {})
        newer = {
            day: round(usd - member.expected, 2)
            for day, usd in daily.items()
            if max(member.excess) < day < today and (usd - member.expected) * incident.direction > 0
        }
        members.append(replace(member, excess={**member.excess, **newer}))
    return replace(incident, members=tuple(members))


def _returned(incident: Incident, costs: DailyCosts | None, config: DetectionConfig) -> bool:
    """True when every service was within the gate of its expectation on its newest complete days after the
    incident.
    """
    if costs is None:
        return False
    gate = config.min_usd if incident.direction > 0 else config.drop_usd
    for member in incident.members:
        daily = costs.get((incident.account_id, member.service), {})
        newest = sorted(day for day in daily if day > incident.last_seen)[-CALM_DAYS:]
        if len(newest) < CALM_DAYS:
            return False
        if any((daily[day] - member.expected) * incident.direction >= gate for day in newest):
            return False
    return True


def _close_or_tell(
    incident: Incident, costs: DailyCosts | None, today: date, config: DetectionConfig
) -> Incident:
    rate = _rate(incident)
    if incident.status == "grown":
        return incident
    provisional = (today - incident.start).days <= PROVISIONAL_DAYS
    if provisional:
        return replace(incident, told_rate=max(incident.told_rate, rate))
    if _returned(incident, costs, config) or today - incident.last_seen > timedelta(days=config.quiet_days):
        return replace(incident, status="closed", closed_on=today)
    grown = rate >= config.growth_factor * incident.told_rate and rate - incident.told_rate >= config.min_usd
    if grown:
        return replace(incident, status="grown", told_on=today, told_rate=rate)
    return incident


def _money(usd: float) -> str:
    return str(Decimal(repr(round(usd, 2))))


def _incident_data(incident: Incident) -> dict[str, Any]:
    return {
        "account_id": incident.account_id,
        "direction": incident.direction,
        "kind": incident.kind,
        "start": incident.start.isoformat(),
        "last_seen": incident.last_seen.isoformat(),
        "members": [
            {
                "service": member.service,
                "expected": _money(member.expected),
                "excess": {day.isoformat(): _money(usd) for day, usd in sorted(member.excess.items())},
            }
            for member in incident.members
        ],
        "status": incident.status,
        "told_on": incident.told_on.isoformat(),
        "told_rate": _money(incident.told_rate),
        "closed_on": incident.closed_on.isoformat() if incident.closed_on else None,
    }


def _incident(data: Mapping[str, Any]) -> Incident:
    return Incident(
        account_id=data["account_id"],
        direction=data["direction"],
        kind=data["kind"],
        start=date.fromisoformat(data["start"]),
        last_seen=date.fromisoformat(data["last_seen"]),
        members=tuple(
            Member(
                service=member["service"],
                expected=float(member["expected"]),
                excess={date.fromisoformat(day): float(usd) for day, usd in member["excess"].items()},
            )
            for member in data["members"]
        ),
        status=data["status"],
        told_on=date.fromisoformat(data["told_on"]),
        told_rate=float(data["told_rate"]),
        closed_on=date.fromisoformat(data["closed_on"]) if data["closed_on"] else None,
    )
