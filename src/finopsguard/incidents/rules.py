"""From daily anomalies to incidents: one story, one message.

Pure: what was known before and the anomalies of a report go in, what is known after it comes out.

Rules:
- Services of one account that deviate in the same direction from about the same day (one day apart at most)
  are one incident with shares: one cause (a launched cluster, a leaked key, a stopped pipeline) bills under
  many names.
- An anomaly of a service that already belongs to an open incident continues it, so days are never told twice.
- An incident is told when it begins and again only when its daily dollars have grown `growth_factor`-fold
  (and by `min_usd`) since it was last told. Figures of the first two days are provisional (the bill is still
  filling up), so they raise the bar without being told again.
- A service that joins later is told with its incident when it is a large part of it: it may be another cause.
- It is resolved when the cost is back within the dollar gate of its expectation for two complete days (`costs`
  given), or when nothing deviated for `quiet_days`: a level shift has then become the new normal.
- A resolved incident is remembered: a report that looks further back does not begin it anew. What the same service
  does after its last day is an incident of its own.
- An id is given once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeAlias

from finopsguard.costs.series import cents
from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.models.incident import Incident, Member

DailyCosts: TypeAlias = Mapping[tuple[str, str], Mapping[date, Decimal]]
"""Complete days only: (account, service) -> day -> USD, not rounded."""

SAME_CAUSE_DAYS = 1
LARGE_PART = Decimal("0.25")
"""A service that joins with a quarter of the dollars that were told, or more, is told."""
PROVISIONAL_DAYS = 2
CALM_DAYS = 2
MEMORY_DAYS = 35
"""For so long a resolved incident is remembered, and an older look at all incidents says nothing any more."""


def update_incidents(
    before: Sequence[Incident],
    anomalies: Sequence[Anomaly],
    today: date,
    config: DetectionConfig = DetectionConfig(),
    *,
    costs: DailyCosts | None = None,
) -> tuple[Incident, ...]:
    """Fold the anomalies of one report into the incidents: all that go on or are remembered, by impact.

    `today` is the day of the report, the end of its period. Tell those with `notify`; those that ended now have it as
    `closed_on`. With `costs` the dollars go on counting after the detector has accepted a new level, and an incident is
    resolved as soon as the cost has returned.
    """
    over = [each for each in before if each.closed_on and (today - each.closed_on).days <= MEMORY_DAYS]
    going = [replace(each, status="continuing") for each in before if not each.closed_on]
    ids = {each.id for each in before}
    fresh: list[Incident] = []
    untold = [left for anomaly in anomalies if (left := _untold(anomaly, over))]
    for anomaly in sorted(untold, key=lambda item: (item.start, -abs(item.impact), item.series)):
        home = _home(going, anomaly, config)
        if home is not None:
            going[home] = _continue(going[home], anomaly, today)
            continue
        home = _home(fresh, anomaly, config)
        if home is not None:
            fresh[home] = _join(fresh[home], anomaly)
        else:
            fresh.append(_begin(anomaly, today, ids))
            ids.add(fresh[-1].id)
    going = [_count_on(incident, costs, today) for incident in going]
    after = [_close_or_tell(incident, costs, today, config) for incident in going]
    after += [replace(incident, told_rate=_rate(incident)) for incident in fresh]
    return tuple(sorted([*after, *over], key=lambda incident: (-abs(incident.impact), incident.id)))


def _rate(incident: Incident) -> Decimal:
    return abs(incident.run_rate)


def _days(anomaly: Anomaly) -> tuple[tuple[date, float], ...]:
    return anomaly.excess_by_day or ((anomaly.day, anomaly.actual - anomaly.expected),)


def _untold(anomaly: Anomaly, over: Sequence[Incident]) -> Anomaly | None:
    """The anomaly without what belongs to a story that is over; None if nothing is left."""
    known = [
        incident
        for incident in over
        if (incident.account_id, incident.direction) == (anomaly.account_id, anomaly.direction)
        and any(member.service == anomaly.service for member in incident.members)
    ]
    days = _days(anomaly)
    for incident in sorted(known, key=lambda each: each.start):
        if days and days[0][0] <= incident.last_seen and days[-1][0] >= incident.start:
            days = tuple((day, usd) for day, usd in days if day > incident.last_seen)
    if not days or days == _days(anomaly):
        return anomaly if days else None
    peak, excess = max(days, key=lambda each: abs(each[1]))
    return replace(
        anomaly,
        day=peak,
        start=days[0][0],
        actual=anomaly.expected + excess,
        impact=sum(usd for _, usd in days),
        excess_by_day=days,
    )


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


def _member(anomaly: Anomaly) -> Member:
    """The detector's floats become money here: everything that is kept and told is in cents."""
    return Member(
        anomaly.service, cents(anomaly.expected), {day: cents(usd) for day, usd in sorted(_days(anomaly))}
    )


def _begin(anomaly: Anomaly, today: date, ids: Collection[str]) -> Incident:
    member = _member(anomaly)
    return Incident(
        id=_new_id(anomaly, ids),
        account_id=anomaly.account_id,
        direction=1 if anomaly.direction > 0 else -1,
        kind=anomaly.kind,
        start=anomaly.start,
        last_seen=max(member.excess),
        members=(member,),
        status="new",
        told_on=today,
        told_rate=abs(member.run_rate),
    )


def _new_id(anomaly: Anomaly, taken: Collection[str]) -> str:
    """`<account>/<first day>/up`, and `/2` and so on behind it where an earlier story has that name."""
    name = f"{anomaly.account_id}/{anomaly.start}/{'up' if anomaly.direction > 0 else 'down'}"
    if name not in taken:
        return name
    return next(other for number in count(2) if (other := f"{name}/{number}") not in taken)


def _with(member: Member, newer: Mapping[date, Decimal]) -> Member:
    """With a newer look at some days, which replaces the older one."""
    return replace(member, excess=dict(sorted({**member.excess, **newer}.items())))


def _join(incident: Incident, anomaly: Anomaly) -> Incident:
    """Add the anomaly's days."""
    found = _member(anomaly)
    members = {member.service: member for member in incident.members}
    known = members.get(anomaly.service)
    members[anomaly.service] = _with(known, found.excess) if known else found
    return replace(
        incident, members=tuple(members.values()), last_seen=max(incident.last_seen, *found.excess)
    )


def _continue(incident: Incident, anomaly: Anomaly, today: date) -> Incident:
    """Join an incident that was told before; a large part that it did not have then is told too."""
    joined = _join(incident, anomaly)
    if len(joined.members) == len(incident.members):
        return joined
    part = abs(joined.members[-1].run_rate)
    if part < LARGE_PART * incident.told_rate:
        return joined
    return replace(joined, status="growing", told_on=today, told_rate=incident.told_rate + part)


def _count_on(incident: Incident, costs: DailyCosts | None, today: date) -> Incident:
    """Count the dollars of complete days that the detector no longer calls anomalous."""
    if costs is None:
        return incident
    members = []
    for member in incident.members:
        daily = costs.get((incident.account_id, member.service), {})
        newer = {
            day: cents(usd - member.expected)
            for day, usd in daily.items()
            if max(member.excess) < day < today and (usd - member.expected) * incident.direction > 0
        }
        members.append(_with(member, newer))
    return replace(incident, members=tuple(members))


def _returned(incident: Incident, costs: DailyCosts | None, config: DetectionConfig) -> bool:
    """True when every service was within the gate of its expectation on its newest complete days after the
    incident.
    """
    if costs is None:
        return False
    gate = Decimal(str(config.min_usd if incident.direction > 0 else config.drop_usd))
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
    if incident.status == "growing":
        return incident
    provisional = (today - incident.start).days <= PROVISIONAL_DAYS
    if provisional:
        return replace(incident, told_rate=max(incident.told_rate, rate))
    if _returned(incident, costs, config) or today - incident.last_seen > timedelta(days=config.quiet_days):
        return replace(incident, status="resolved", closed_on=today)
    factor, least = Decimal(str(config.growth_factor)), Decimal(str(config.min_usd))
    if rate >= factor * incident.told_rate and rate - incident.told_rate >= least:
        return replace(incident, status="growing", told_on=today, told_rate=rate)
    return incident
