"""Whose acts explain an incident. Pure: never a guess, and rather nobody than the wrong one.

- **Confirmed**: the event names a resource of the incident, is one that makes what it bills, and is of its days. Of
  several for one resource that which made it, else the newest. Who did the same to it in the week before, as who stops
  it every night, did not do it because of this.
- **Coincides**: the event is one that makes what a large cause bills, in its Region, within its days, and states no
  other instance or volume type. All such events together must be of one principal; of two nobody is named. Who did the
  same in the week before did not do it because of this, and is not named. Where not all events could be read, nobody.
  Where most of the dollars are those of resources that are known, an event that should have named one of them and did
  not is of something else.
- A service of AWS that acts by itself is a principal as all others; where somebody changed what it acts upon (a group
  of instances), that change is looked at in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from finopsguard.incidents.who import suspects
from finopsguard.incidents.who.kinds import Named, kind_of, makes, may_explain
from finopsguard.incidents.who.suspects import Suspect, Window
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Act, Cause, ResourceCost, WhoGrade
from finopsguard.models.trail import TrailEvent, TrailEvents

MOST_ACTS = 2


def acts(
    line: AnomalyLine,
    causes: Sequence[Cause],
    resources: Sequence[ResourceCost],
    answers: Iterable[TrailEvents],
) -> tuple[Act, ...]:
    """The acts that explain the incident, those that name its resources before those that coincide; none: nobody."""
    given = list(answers)
    events = sorted(
        {event for each in given for event in each.events}, key=lambda event: (event.at, event[:2])
    )
    cut = frozenset(name for each in given for name in each.cut)
    when, found = suspects.window(line), suspects.suspects(line, causes)
    told = [
        _act("confirmed", event, resource)
        for resource in suspects.resources(line, resources)
        for event in _naming(resource, line, causes, events, when)
    ]
    # What a service did by itself to a resource leaves open why.
    if all(act.principal.startswith("service/") for act in told):
        if suspects.are_most(line, causes, resources):
            found = tuple(each._replace(kind=each.kind.behind_alone) for each in found)
        told += [
            _act("coincides", event) for each in found for event in _alone(each, line, events, when, cut)
        ]
    one_of_each = {(act.principal, act.event): act for act in reversed(told)}
    return tuple(act for act in told if one_of_each[act.principal, act.event] is act)[:MOST_ACTS]


def _naming(
    resource: str, line: AnomalyLine, causes: Sequence[Cause], events: Sequence[TrailEvent], when: Window
) -> list[TrailEvent]:
    """The event that made a resource, or the newest that changed it; none or one."""
    known = [
        kind
        for cause in causes
        if cause.impact * line.direction > 0
        for kind in [kind_of(cause.value, suspects.service_of(line))]
        if kind
    ]
    named = frozenset(name for kind in known for name in (kind.rises if line.direction > 0 else kind.falls))
    region = suspects.region_of(resource, causes)
    mine = [event for event in events if event.region == region and _names(event, resource)]
    usual = {(event.principal, _key(event)) for event in mine if event.at < when.since}
    found = [
        event
        for event in mine
        if when.since <= event.at < when.until and event.principal
        if (event.principal, _key(event)) not in usual
        if (named and _key(event) in named) or (not named and may_explain(_key(event), line.direction))
    ]
    made = [event for event in found if makes(event.name)]
    return (made or found)[-1:]


def _alone(
    suspect: Suspect, line: AnomalyLine, events: Sequence[TrailEvent], when: Window, cut: frozenset[str]
) -> list[TrailEvent]:
    """The first event of the only principal who did what fits; none where there is none, or are several."""
    names = suspect.kind.rises if line.direction > 0 else suspect.kind.falls
    if any(name in cut for _, name in names):
        return []
    fitting = [event for event in events if _key(event) in names and _fits(event, suspect)]
    for until in dict.fromkeys((when.first, when.until)):
        found = [event for event in fitting if when.since <= event.at < until]
        if any(_key(event) in suspect.kind.behind for event in found):
            found = [event for event in found if not event.by_service]
        if found:
            return _unusual(found, [event for event in fitting if event.at < when.since])
    return []


def _unusual(found: Sequence[TrailEvent], before: Iterable[TrailEvent]) -> list[TrailEvent]:
    (first, *_), who = found, {event.principal for event in found}
    usual = {(event.principal, _key(event)) for event in before}
    if len(who) > 1 or not first.principal or any((first.principal, _key(each)) in usual for each in found):
        return []
    return [first]


def _fits(event: TrailEvent, suspect: Suspect) -> bool:
    """True for an event of the Region that states no type of that sort, or the suspect's among others.

    An instance type has a dot, a volume type has none; RunInstances may state the type of its volumes alone.
    """
    stated = {size for size in event.sizes if suspect.size and ("." in size) == ("." in suspect.size)}
    return event.region == suspect.region and (not stated or suspect.size in stated)


def _names(event: TrailEvent, resource: str) -> bool:
    """Whether an event names a resource: by its id or ARN, or by the end of its ARN if it is of the same service."""
    if resource in event.resources:
        return True
    parts = resource.split(":")
    if not resource.startswith("arn:") or len(parts) < 6 or event.source != f"{parts[2]}.amazonaws.com":
        return False
    return not event.resources.isdisjoint(
        {":".join(parts[5:]), parts[-1], parts[-1].rpartition("/")[2]} - {""}
    )


def _key(event: TrailEvent) -> Named:
    return Named(event.source, event.name)


def _act(grade: WhoGrade, event: TrailEvent, resource: str | None = None) -> Act:
    return Act(grade, event.name, event.source, event.principal, event.tool, event.at, event.region, resource)
