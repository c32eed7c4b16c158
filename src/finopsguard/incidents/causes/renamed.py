"""A service that AWS bills under another name: one that fell to nothing and one that is new, and is as large.

Both are of one account and begin on the same day, or a day apart where the name changed within a day. What the new
name costs on the days that are seen of both is about what was expected of the old one. Every service of both incidents
must be in such a pair: what is beside it is news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from finopsguard.incidents.causes.amounts import ZERO
from finopsguard.models.cause import Cause
from finopsguard.models.incident import Incident, Member

DAYS_APART = 1
"""The incidents begin so many days apart at most."""
NOTHING_LEFT = Decimal("0.05")
"""Part of the size up to which an old name costs nothing any more, and a new one was not expected."""
AS_LARGE = Decimal("0.2")
"""Part by which the new name's cost may differ from what was expected of the old one."""


class Renamed(NamedTuple):
    """Two incidents that are one: the fall of the old names and the rise of the new ones, by service."""

    fell: Incident
    rose: Incident
    names: tuple[tuple[Member, Member], ...]


def renamed(incidents: Sequence[Incident]) -> tuple[Renamed, ...]:
    """The incidents that are services under another name, each in one pair at most, the nearest in size first."""
    pairs = [
        (apart, Renamed(fell, rose, names))
        for fell in incidents
        for rose in incidents
        if (fell.direction, rose.direction) == (-1, 1)
        and fell.account_id == rose.account_id
        and abs((fell.start - rose.start).days) <= DAYS_APART
        and len(fell.members) == len(rose.members)
        for apart, names in _names(fell.members, rose.members)
    ]
    found: list[Renamed] = []
    taken: set[str] = set()
    for _, pair in sorted(pairs, key=lambda each: (each[0], each[1].fell.id, each[1].rose.id)):
        if taken.isdisjoint({pair.fell.id, pair.rose.id}):
            taken |= {pair.fell.id, pair.rose.id}
            found.append(pair)
    return tuple(found)


def together(pair: Renamed) -> tuple[Incident, tuple[Cause, ...]]:
    """Both as one incident under the new one's id, and its causes: what it costs more or less under each new name.

    Only days count that count of both: a fall is judged on days that are complete, a rise as soon as it is seen.
    """
    rose, fell = pair.rose, pair.fell
    both = [_counted_together(old, now) for old, now in pair.names]
    causes = [
        Cause("service", now.service, now.impact + old.impact, "now_billed_as", from_value=old.service)
        for old, now in both
    ]
    whole = replace(
        rose,
        members=tuple(member for names in both for member in names),
        start=min(rose.start, fell.start),
        last_seen=max(rose.last_seen, fell.last_seen),
        status="new" if "new" in (rose.status, fell.status) else rose.status,
    )
    return whole, tuple(sorted(causes, key=lambda cause: (-abs(cause.impact), cause.value)))


def _counted_together(old: Member, now: Member) -> tuple[Member, Member]:
    common = old.excess.keys() & now.excess.keys()
    return counted_on(old, common), counted_on(now, common)


def counted_on(member: Member, on: Collection[date]) -> Member:
    """The member with the dollars of these days alone."""
    days = {day: each if day in on else replace(each, excess=ZERO) for day, each in member.days.items()}
    return replace(member, days=days)


def _names(
    fell: Sequence[Member], rose: Sequence[Member]
) -> list[tuple[Decimal, tuple[tuple[Member, Member], ...]]]:
    """How far the worst pair is apart, and the pairs; empty where a service has none."""
    left, pairs, worst = list(rose), [], ZERO
    for old in sorted(fell, key=lambda member: (member.impact, member.service)):
        near = [(apart, now.service, now) for now in left if (apart := _apart(old, now)) is not None]
        if not near:
            return []
        apart, _, now = min(near, key=lambda each: each[:2])
        left.remove(now)
        pairs.append((old, now))
        worst = max(worst, apart)
    return [(worst, tuple(pairs))]


def _apart(old: Member, now: Member) -> Decimal | None:
    """By what part of its size the new name differs from the old; None: it is not the same."""
    days = old.days.keys() & now.days.keys()
    size = sum((old.days[day].expected for day in days), ZERO)
    left = sum((old.days[day].cost for day in days), ZERO)
    cost = sum((now.days[day].cost for day in days), ZERO)
    known = sum((now.days[day].expected for day in days), ZERO)
    if size <= 0 or max(left, known) > NOTHING_LEFT * size:
        return None
    apart = abs(cost - size) / size
    return apart if apart <= AS_LARGE else None
