"""What the life of incidents tells the detector of each series; `detection/memory.py` says what becomes of it.

- An incident that goes on, and one whose cost came back, is `told`: its days are not learned from.
- One that became the new level is `accepted` from its first day on. Of its services those that came back before are
  `told`.
- A service that rose (or fell) three times within eight weeks, and came back each time, is like that: these days are
  learned from, and what they cost is no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from finopsguard.detection import Memory
from finopsguard.models.incident import Incident, Member

Label = tuple[str, str]
"""(account, service)."""
Span = tuple[date, date]
"""First and last day, both included."""

RECURRING, RECURRING_DAYS = 3, 56
"""So many stories that came back, begun within so many days, are how a series is and not something that happened."""
HELD_DAYS = 7
"""A service that deviated so shortly before its incident was accepted has a new level."""


def memory_of(life: Iterable[Incident]) -> Mapping[Label, Memory]:
    """What the detector has to know of the services of these incidents, running and remembered."""
    by_label: dict[Label, list[tuple[Incident, Member]]] = {}
    for incident in life:
        for member in incident.members:
            by_label.setdefault((incident.account_id, member.service), []).append((incident, member))
    return {label: _memory(stories) for label, stories in by_label.items()}


def _memory(stories: Iterable[tuple[Incident, Member]]) -> Memory:
    told: list[Span] = []
    accepted: list[date] = []
    back: dict[int, list[Span]] = {1: [], -1: []}
    for incident, member in stories:
        days = sorted(member.excess) or [incident.start, incident.last_day]
        if incident.closed_on is None:
            told.append((days[0], date.max))
        elif incident.ended == "new_level" and (incident.closed_on - days[-1]).days <= HELD_DAYS:
            accepted.append(days[0])
        else:
            back[incident.direction].append((days[0], days[-1]))
    told += [span for spans in back.values() for span in spans if not _recurs(span, spans)]
    return Memory(told=tuple(sorted(told)), accepted=tuple(sorted(accepted)))


def _recurs(span: Span, spans: Iterable[Span]) -> bool:
    """True for one of several stories that began within a few weeks."""
    starts = [start for start, _ in spans]
    return any(
        sum(0 <= (start - first).days < RECURRING_DAYS for start in starts) >= RECURRING
        for first in starts
        if 0 <= (span[0] - first).days < RECURRING_DAYS
    )
