"""What the life of incidents tells the detector of each series; `detection/memory.py` says what becomes of it.

- An incident that goes on, and one whose cost came back, is `told`: its days are not learned from.
- One that became the new level is `accepted` from its first day on. Of its services those that came back before are
  `told`.
- One that somebody accepted is that too, and no rise up to what it cost is told, nor in the first ALIKE_DAYS up to as
  many times what is expected: its level is not learned in a day, and a Monday costs more than the Sunday before it.
- What somebody called `not_an_anomaly` is learned from as it is. Of its services the same is not told, and all else
  only beyond TOLERANCE of what is told of others. Of a fall all of it is the other way round.
- What came back and may be how the service is, is learned from, so that ordinary explanations are found again: one day
  (the detector's record takes two of twelve weeks for incidents itself), what began with a month or at the same time
  of two months, and what rose (or fell) three times within eight weeks. Bursts have no record: a told one is not
  learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from finopsguard.costs.series import DailySeries
from finopsguard.detection import Alike, Memory
from finopsguard.models.incident import Incident, Member

Label = tuple[str, str]
"""(account, service)."""
Span = tuple[date, date]
"""First and last day, both included."""

RECURRING, RECURRING_DAYS = 3, 56
"""So many stories that came back, begun within so many days, are how a series is and not something that happened."""
MEAN_MONTH, SAME_TIME_DAYS = 30.4, 3
"""What the month brings may begin so much earlier or later in another month."""
TOLERANCE = (1.5, 2.0)
"""What is asked of a service of which one anomaly was none, and of one with more: at most half as sensitive."""
ALIKE_DAYS = 14
"""Two of each weekday."""
HELD_DAYS = 7
"""A service that deviated so shortly before its incident was accepted has a new level."""


def memory_of(life: Iterable[Incident]) -> Mapping[Label, Memory]:
    """What the detector has to know of the services of these incidents, running and remembered."""
    by_label: dict[Label, list[tuple[Incident, Member]]] = {}
    for incident in life:
        for member in incident.members:
            by_label.setdefault((incident.account_id, member.service), []).append((incident, member))
    return {label: _memory(stories) for label, stories in by_label.items()}


def with_unknown(memory: Mapping[Label, Memory], series: DailySeries) -> Mapping[Label, Memory]:
    """The same, and of the amounts of the series that were not read: nothing is learned from them, and nothing told
    of them.
    """
    if series.unknown is None:
        return memory
    out = dict(memory)
    for row in np.flatnonzero(series.unknown.any(axis=1)).tolist():
        label = (series.accounts[row], series.services[row])
        known = out.get(label, Memory())
        days = [
            series.first_day + timedelta(days=day) for day in np.flatnonzero(series.unknown[row]).tolist()
        ]
        out[label] = replace(known, planned=(*known.planned, *((day, day) for day in days)))
    return out


def _memory(stories: Iterable[tuple[Incident, Member]]) -> Memory:
    told: list[Span] = []
    accepted: list[date] = []
    back: dict[int, list[Span]] = {1: [], -1: []}
    bursts: list[Span] = []
    ordinary: list[float] = []
    low: list[float] = []
    alike: list[Alike] = []
    none = 0
    for incident, member in stories:
        days = sorted(member.excess) or [incident.start, incident.last_day]
        if incident.ended in ("accepted", "not_an_anomaly"):
            costs = [float(member.days[day].cost) for day in member.excess]
            (ordinary if incident.direction > 0 else low).extend(costs)
            alike.extend(_alike(member, incident.direction))
        if incident.ended == "not_an_anomaly":
            none += 1
            continue
        if incident.closed_on is None:
            told.append((days[0], date.max))
        elif (
            incident.ended in ("new_level", "accepted") and (incident.closed_on - days[-1]).days <= HELD_DAYS
        ):
            accepted.append(days[0])
        else:
            back[incident.direction].append((days[0], days[-1]))
            if incident.kind == "sparse":
                bursts.append((days[0], days[-1]))
    told += [
        span
        for spans in back.values()
        for span in spans
        if not _recurs(span, spans) and (span in bursts or span[0] < span[1])
    ]
    return Memory(
        told=tuple(sorted(told)),
        accepted=tuple(sorted(accepted)),
        ordinary=(max(ordinary),) if ordinary else (),
        ordinary_low=(min(low),) if low else (),
        alike=tuple(alike),
        tolerance=TOLERANCE[min(none, len(TOLERANCE)) - 1] if none else 1.0,
    )


def _alike(member: Member, direction: int) -> list[Alike]:
    """The two weeks since its first day, on which it may cost as many times what is expected as it did."""
    days = [member.days[day] for day in member.excess if member.days[day].expected >= 1]
    times = [float(each.cost / each.expected) for each in days]
    if not times:
        return []
    first = min(member.excess)
    span = (first, first + timedelta(days=ALIKE_DAYS - 1))
    return [Alike(span, max(times) if direction > 0 else min(times))]


def _recurs(span: Span, spans: Sequence[Span]) -> bool:
    """True for one of several stories that began within a few weeks, or where the month may be the cause."""
    starts = [start for start, _ in spans]
    often = any(
        sum(0 <= (start - first).days < RECURRING_DAYS for start in starts) >= RECURRING
        for first in starts
        if 0 <= (span[0] - first).days < RECURRING_DAYS
    )
    return often or _turn(span[0]) or any(_same_time(span[0], start) for start in starts)


def _turn(day: date) -> bool:
    """True for a month's last day and its first ones."""
    return (day + timedelta(days=1)).day <= SAME_TIME_DAYS + 1


def _same_time(one: date, other: date) -> bool:
    """True for days of two months that are as far from the month's start, or nearly."""
    apart = abs((one - other).days)
    months = round(apart / MEAN_MONTH)
    return months > 0 and abs(apart - months * MEAN_MONTH) <= SAME_TIME_DAYS
