"""The product beside two plain methods: what somebody reads off Cost Explorer, and a table of differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from benchmarks.causes.incidents import Incident, Key
from finopsguard.incidents import causes
from finopsguard.models.cause import Cause, CauseKind


class Answer(NamedTuple):
    """A method's first cause. A plain method names what it sees: new, ended or changed; it has no effects."""

    usage_type: str
    region: str | None
    kind: CauseKind | None
    dollars: Decimal
    found: tuple[Cause, ...] = ()


Method = Callable[[Incident], Answer | None]


def largest_usage_type(incident: Incident) -> Answer | None:
    """The largest change its way by usage type, as billed, against as many days before: the chart of Cost Explorer."""
    before = {day - timedelta(days=len(incident.days)) for day in incident.days}
    sums: dict[str, list[Decimal]] = {}
    for line in incident.usage.by_region:
        pair = sums.setdefault(line.usage_type, [Decimal(0), Decimal(0)])
        if line.date in incident.days:
            pair[0] += line.amount
        elif line.date in before:
            pair[1] += line.amount
    return _largest(
        {(usage_type, None): (now, then) for usage_type, (now, then) in sums.items()}, incident.direction
    )


def mean_of_weekdays(incident: Incident) -> Answer | None:
    """The largest change its way by usage type and Region, amortized, against the mean of four of each weekday."""
    sums: dict[tuple[str, str | None], list[Decimal]] = {}
    weekdays = [day.weekday() for day in incident.days]
    known = set(causes.baseline(incident.start).dates())
    for line in incident.usage.by_region:
        pair = sums.setdefault((line.usage_type, line.region), [Decimal(0), Decimal(0)])
        if line.date in incident.days:
            pair[0] += line.amortized
        elif line.date in known:
            pair[1] += line.amortized * weekdays.count(line.date.weekday()) / 4
    return _largest({key: (now, then) for key, (now, then) in sums.items()}, incident.direction)


def _largest(sums: Mapping[tuple[str, str | None], tuple[Decimal, Decimal]], direction: int) -> Answer | None:
    if not sums:
        return None
    (usage_type, region), (now, then) = max(
        sums.items(), key=lambda each: (each[1][0] - each[1][1]) * direction
    )
    kind: CauseKind = "new_usage_type" if not then else "ended" if not now else "changed"
    return Answer(usage_type, region, kind, now - then)


def product(incident: Incident) -> Answer | None:
    """What the product tells first."""
    found = causes.explain(incident.usage, incident.start, incident.days, direction=incident.direction)
    if not found:
        return None
    first = found[0]
    return Answer(first.value, first.region, first.kind, first.impact, found)


METHODS: Mapping[str, Method] = {
    "largest change by usage type": largest_usage_type,
    "by usage type and Region, mean of weekdays": mean_of_weekdays,
    "finopsguard": product,
}


def names_right(answer: Answer | None, incident: Incident) -> bool:
    """True if the first cause is what happened; a method that has no Regions need not name one."""
    if answer is None:
        return False
    keys: frozenset[Key] = incident.label.right if answer.found else incident.label.names
    return any(
        answer.usage_type == usage_type and answer.region in (None, region) for usage_type, region in keys
    )


def all_right(answer: Answer | None, incident: Incident) -> bool:
    """True if its kind is right too."""
    return names_right(answer, incident) and answer is not None and answer.kind == incident.label.kind
