"""From daily anomalies to incidents: one story, one message.

Pure: what was known before and the anomalies of a report go in, what is known after it comes out.

Rules:
- Services of one account that deviate in the same direction from about the same day (one day apart at most)
  are one incident with shares: one cause (a launched cluster, a leaked key, a stopped pipeline) bills under
  many names.
- An anomaly of a service that already belongs to an open incident continues it, so days are never told twice.
- Each day has its own expectation and band, learned from the days before the incident (`look`). Its dollars are the sum
  of its days, from the first to the newest that deviates, each against its own expectation (`counting.py`).
- An incident is told when it begins and again only when its daily dollars have grown `growth_factor`-fold
  (and by `min_usd`) since it was last told. Figures of the first two days are provisional (the bill is still
  filling up), so they raise the bar without being told again.
- A service that joins later is told with its incident when it is a large part of it: it may be another cause.
- It is over (`back`) after two settled days inside their band, or (`new_level`) when it was told `quiet_days` ago, or
  the detector has found nothing unusual for so long, while the cost still deviates: a level shift has then become the
  new normal. Days that are not settled never end it.
- What began and ended before the first report that sees it is told as new once, with its end.
- A resolved incident is remembered: a report that looks further back does not begin it anew, and the detector knows it
  (`known.py`). What the same service does after its last day is an incident of its own.
- An id is given once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.incidents import counting
from finopsguard.incidents.look import Look, learned_until
from finopsguard.models.incident import Incident, Member

SAME_CAUSE_DAYS = 1
LARGE_PART = Decimal("0.25")
"""A service that joins with a quarter of the dollars that were told, or more, is told."""
PROVISIONAL_DAYS = 2
CALM_DAYS = 2
MEMORY_DAYS = 112
"""For so long a resolved incident is remembered: as long as the detector learns from a day."""


def update_incidents(
    before: Sequence[Incident],
    anomalies: Sequence[Anomaly],
    today: date,
    config: DetectionConfig = DetectionConfig(),
    *,
    look: Look | None = None,
    settled_until: date | None = None,
    named: str = "",
) -> tuple[Incident, ...]:
    """Fold the anomalies of one report into the incidents: all that go on or are remembered, by impact.

    `today` is the day of the report, the end of the days that it sees; those before `settled_until` are settled (None:
    all). Tell those with `notify`; those that ended now have it as `closed_on`. With a `look` the dollars go on
    counting after the detector has accepted a new level, and an incident is over as soon as the cost has returned.
    `named` is what ids begin with where it is not the account.
    """
    settled = min(settled_until or today, today)
    over = [
        replace(each, status="resolved")
        for each in before
        if each.closed_on and (today - each.closed_on).days <= MEMORY_DAYS
    ]
    going = [replace(each, status="continuing") for each in before if not each.closed_on]
    ids = {each.id for each in before}
    fresh: list[Incident] = []
    untold = [
        counting.from_its_first_day(
            left, (look or {}).get((left.account_id, left.service), {}), _last_told(left, over), config
        )
        for anomaly in anomalies
        if (left := _untold(anomaly, over))
    ]
    for anomaly in sorted(untold, key=lambda item: (item.start, -abs(item.impact), item.series)):
        member = _member(anomaly, before, look)
        home = _home(going, anomaly, config)
        if home is not None:
            going[home] = _continue(going[home], anomaly, member, today)
            continue
        home = _home(fresh, anomaly, config)
        if home is not None:
            fresh[home] = _join(fresh[home], anomaly, member)
        else:
            fresh.append(_begin(anomaly, member, today, _new_id(anomaly, ids, named or anomaly.account_id)))
            ids.add(fresh[-1].id)
    going = [counting.counted(incident, look, settled, config) for incident in going]
    fresh = [counting.counted(incident, look, settled, config) for incident in fresh]
    after = [_close_or_tell(incident, look, today, settled, config) for incident in going]
    after += [_first_told(incident, look, today, settled) for incident in fresh]
    return tuple(sorted([*after, *over], key=lambda incident: (-abs(incident.impact), incident.id)))


def _rate(incident: Incident) -> Decimal:
    return abs(incident.run_rate)


def _told_before(anomaly: Anomaly, over: Sequence[Incident]) -> list[Incident]:
    """Stories of the same service and direction that are over, oldest first."""
    known = [
        incident
        for incident in over
        if (incident.account_id, incident.direction) == (anomaly.account_id, anomaly.direction)
        and any(member.service == anomaly.service for member in incident.members)
    ]
    return sorted(known, key=lambda each: each.start)


def _last_told(anomaly: Anomaly, over: Sequence[Incident]) -> date | None:
    return max((incident.last_day for incident in _told_before(anomaly, over)), default=None)


def _untold(anomaly: Anomaly, over: Sequence[Incident]) -> Anomaly | None:
    """The anomaly without what belongs to a story that is over; None if nothing is left."""
    days = counting.flagged_days(anomaly)
    for incident in _told_before(anomaly, over):
        if days and days[0][0] <= incident.last_day and days[-1][0] >= incident.start:
            days = tuple((day, usd) for day, usd in days if day > incident.last_day)
    if not days or days == counting.flagged_days(anomaly):
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
        if known and (anomaly.start - incident.last_day).days <= config.quiet_days:
            return index
    for index, incident in same_side:
        if abs((anomaly.start - incident.start).days) <= SAME_CAUSE_DAYS:
            return index
    return None


def _member(anomaly: Anomaly, before: Sequence[Incident], look: Look | None) -> Member:
    days = (look or {}).get((anomaly.account_id, anomaly.service), {})
    return Member(anomaly.service, learned_until(anomaly, before), counting.flagged(anomaly, days))


def _begin(anomaly: Anomaly, member: Member, today: date, new_id: str) -> Incident:
    return Incident(
        id=new_id,
        account_id=anomaly.account_id,
        direction=1 if anomaly.direction > 0 else -1,
        kind=anomaly.kind,
        start=anomaly.start,
        last_seen=max(member.days),
        members=(member,),
        status="new",
        told_on=today,
        told_rate=abs(member.run_rate),
    )


def _new_id(anomaly: Anomaly, taken: Collection[str], named: str) -> str:
    """`<account>/<first day>/up`, and `/2` and so on behind it where an earlier story has that name."""
    name = f"{named}/{anomaly.start}/{'up' if anomaly.direction > 0 else 'down'}"
    if name not in taken:
        return name
    return next(other for number in count(2) if (other := f"{name}/{number}") not in taken)


def _join(incident: Incident, anomaly: Anomaly, found: Member) -> Incident:
    """Add the anomaly's days; a newer look at a day replaces the older one, and what was expected of it stays."""
    members = {member.service: member for member in incident.members}
    known = members.get(anomaly.service)
    members[anomaly.service] = counting.with_days(known, found.days) if known else found
    return replace(
        incident,
        members=tuple(members.values()),
        start=min(incident.start, anomaly.start),
        last_seen=max(incident.last_seen, *found.days),
    )


def _continue(incident: Incident, anomaly: Anomaly, found: Member, today: date) -> Incident:
    """Join an incident that was told before; a large part that it did not have then is told too."""
    joined = _join(incident, anomaly, found)
    if len(joined.members) == len(incident.members):
        return joined
    part = abs(joined.members[-1].run_rate)
    if part < LARGE_PART * incident.told_rate:
        return joined
    return replace(joined, status="growing", told_on=today, told_rate=incident.told_rate + part)


def _returned(incident: Incident, look: Look | None, settled: date) -> bool:
    """True when two settled days after the newest day that deviates are seen of every service."""
    if not look or any((incident.account_id, member.service) not in look for member in incident.members):
        return False
    return (settled - incident.last_day).days > CALM_DAYS


def _first_told(incident: Incident, look: Look | None, today: date, settled: date) -> Incident:
    """A story that no report has told yet; it may be over already."""
    told = replace(incident, told_rate=_rate(incident))
    return replace(told, closed_on=today, ended="back") if _returned(incident, look, settled) else told


def _accepted(incident: Incident, today: date, config: DetectionConfig) -> bool:
    """True when the reader has known for `quiet_days` what it costs, or the detector has seen nothing for so long."""
    quiet = timedelta(days=config.quiet_days)
    return today - incident.told_on >= quiet or today - incident.last_seen > quiet


def _close_or_tell(
    incident: Incident, look: Look | None, today: date, settled: date, config: DetectionConfig
) -> Incident:
    rate = _rate(incident)
    if incident.status == "growing":
        return incident
    provisional = (today - incident.start).days <= PROVISIONAL_DAYS
    if provisional:
        return replace(incident, told_rate=max(incident.told_rate, rate))
    if _returned(incident, look, settled):
        return replace(incident, status="resolved", closed_on=today, ended="back")
    if not incident.quiet and _accepted(incident, today, config):
        return replace(incident, status="resolved", closed_on=today, ended="new_level")
    factor, least = Decimal(str(config.growth_factor)), Decimal(str(config.min_usd))
    if rate >= factor * incident.told_rate and rate - incident.told_rate >= least:
        return replace(incident, status="growing", told_on=today, told_rate=rate)
    return incident
