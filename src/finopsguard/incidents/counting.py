"""The dollars of an incident: its days from the first to the newest that deviates, each against its expectation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.costs.series import cents
from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.incidents.look import Look
from finopsguard.models.incident import Incident, IncidentDay, Member

_NOTHING = Decimal(0)
_DAY = timedelta(days=1)


def flagged_days(anomaly: Anomaly) -> tuple[tuple[date, float], ...]:
    """The days that the detector calls unusual, with their dollars above or below what it allows."""
    return anomaly.excess_by_day or ((anomaly.day, anomaly.actual - anomaly.expected),)


def flagged(anomaly: Anomaly, days: Mapping[date, IncidentDay]) -> dict[date, IncidentDay]:
    """An anomaly's days, `days` being what was to be expected of them; here the detector's floats become cents.

    The detector allows the largest ordinary cost; what is usual is less, and the dollars are told against it. A burst
    is told against the largest burst before, for what a service costs that is idle on most days says nothing.
    """
    found: dict[date, IncidentDay] = {}
    for day, usd in flagged_days(anomaly):
        excess, known = cents(usd), days.get(day)
        if known is None:
            allowed = cents(anomaly.expected)
            found[day] = IncidentDay(allowed + excess, allowed, None, None, excess)
            continue
        allowed = known.cost - excess
        usual = known.expected
        nearest = min(usual, allowed) if anomaly.direction > 0 else max(usual, allowed)
        expected = allowed if anomaly.kind == "sparse" else nearest
        found[day] = replace(known, expected=expected, excess=known.cost - expected)
    return found


def from_its_first_day(
    anomaly: Anomaly, days: Mapping[date, IncidentDay], after: date | None, config: DetectionConfig
) -> Anomaly:
    """With the days right before it that deviate too: two or three days can tell what the first alone could not.

    None of them is `after` or earlier: those belong to a story that is over.
    """
    found = list(flagged_days(anomaly))
    day = anomaly.start - _DAY
    while (after is None or day > after) and day in days and _deviates(days[day], anomaly.direction, config):
        found.insert(0, (day, float(days[day].cost - days[day].expected)))
        day -= _DAY
    if len(found) == len(flagged_days(anomaly)):
        return anomaly
    return replace(
        anomaly, start=found[0][0], impact=sum(usd for _, usd in found), excess_by_day=tuple(found)
    )


def with_days(member: Member, newer: Mapping[date, IncidentDay]) -> Member:
    """With a newer look at some days. What was expected of a day was told and stays; what it cost may have grown."""
    days = dict(member.days)
    for day, found in newer.items():
        known = days.get(day)
        if known is None or found.high is None:
            days[day] = found
        else:
            days[day] = replace(known, cost=found.cost, excess=found.cost - known.expected)
    return replace(member, days=dict(sorted(days.items())))


def counted(incident: Incident, look: Look | None, settled: date, config: DetectionConfig) -> Incident:
    """The incident with every day that the look shows since its start, and the dollars of those that count.

    Between a service's first and newest day that deviates every day counts, also one inside its band: what is above it
    on one day and below on the next is noise, and its sum is none. A day beyond the other side of its band is another
    story, and one that is not settled can lack what it cost: neither takes dollars away.
    """
    if not look:
        return incident
    members = []
    for member in incident.members:
        seen = look.get((incident.account_id, member.service), {})
        days = {day: each for day, each in member.days.items() if day not in seen}
        for day, each in seen.items():
            known = member.days.get(day)
            if known is not None:
                days[day] = replace(known, cost=each.cost)
            elif day >= incident.start:
                days[day] = each
        members.append(replace(member, days=_counted(member, days, incident.direction, settled, config)))
    return replace(incident, members=tuple(members))


def _counted(
    member: Member,
    days: Mapping[date, IncidentDay],
    direction: int,
    settled: date,
    config: DetectionConfig,
) -> dict[date, IncidentDay]:
    part = [
        day
        for day, each in days.items()
        if day in member.excess or (_deviates(each, direction, config) and (direction > 0 or day < settled))
    ]
    if not part:
        return dict(sorted(days.items()))
    first, last = min(part), max(part)
    return {
        day: replace(
            each, excess=_excess(each, direction, day < settled) if first <= day <= last else _NOTHING
        )
        for day, each in sorted(days.items())
    }


def _excess(day: IncidentDay, direction: int, settled: bool) -> Decimal:
    excess = day.cost - day.expected
    other_side = day.low if direction > 0 else day.high
    beyond = other_side is not None and (other_side - day.cost) * direction > 0
    return _NOTHING if excess * direction < 0 and (beyond or not settled) else excess


def _deviates(day: IncidentDay, direction: int, config: DetectionConfig) -> bool:
    """True for a day outside its band by as much as the customer's policy calls material."""
    excess = (day.cost - day.expected) * direction
    if direction < 0:
        return (day.low is None or day.cost < day.low) and excess >= Decimal(str(config.drop_usd))
    if day.high is not None and day.cost <= day.high:
        return False
    gates = ((config.min_usd, config.min_pct), (config.large_usd, config.large_pct))
    return any(
        excess >= Decimal(str(usd)) and excess >= Decimal(str(part)) * day.expected for usd, part in gates
    )
