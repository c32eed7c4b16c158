"""What of an incident somebody may have done: its large causes that a management event makes, and its resources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from finopsguard.incidents.who.kinds import Kind, kind_of, size_of
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, CauseKind, ResourceCost

LARGE = Decimal("0.25")
"""Part of the dollars that go the incident's way from which a cause is looked into."""
MOST_SUSPECTS = 2
ASKED_RESOURCES = 3
KNOWN_SHARE = Decimal("0.5")
"""Where the resources that are known have this part of the dollars, an event that names none of them is of others."""
BY_PRICE = Decimal("0.5")
"""From this part of a cause's dollars on that is its price's, it is no act upon what is used."""
BEFORE = timedelta(hours=12)
"""What began earlier would have made its own first day as large: a day that costs half of the next is seen."""
USUAL = timedelta(days=7)
"""What somebody also did in these days before is what they always do."""

_NOBODYS: frozenset[CauseKind | None] = frozenset(
    {"commitment_ended", "moved_to_commitment", "now_billed_as"}
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_DAY = timedelta(days=1)


class Suspect(NamedTuple):
    """A cause that a management event may have made, in a Region; `size` is the instance or volume type of it."""

    kind: Kind
    region: str
    size: str | None


class Window(NamedTuple):
    """When it may have been done: from `since` until before `first` for the beginning, before `until` where it grew."""

    since: datetime
    first: datetime
    until: datetime


def window(line: AnomalyLine) -> Window:
    """The first day of the story and some hours before it; later days only where it has grown since it was told."""
    start = datetime.combine(line.start, time(), UTC)
    last = max(line.last_day or line.day, line.start) if line.status == "growing" else line.start
    return Window(start - BEFORE, start + _DAY, datetime.combine(last, time(), UTC) + _DAY)


def suspects(line: AnomalyLine, causes: Sequence[Cause]) -> tuple[Suspect, ...]:
    """The causes that are looked into, the largest first."""
    ways = [
        cause for cause in causes if cause.dimension == "usage_type" and cause.impact * line.direction > 0
    ]
    least = LARGE * abs(sum((cause.impact for cause in ways), Decimal(0)))
    found = [
        Suspect(kind, cause.region, size_of(cause.value))
        for cause in sorted(ways, key=lambda cause: -abs(cause.impact))
        if abs(cause.impact) >= least and cause.kind not in _NOBODYS and not _is_price(cause)
        if cause.region and _REGION.fullmatch(cause.region)
        for kind in [kind_of(cause.value, service_of(line))]
        if kind
    ]
    return tuple(dict.fromkeys(found))[:MOST_SUSPECTS]


def resources(line: AnomalyLine, found: Sequence[ResourceCost]) -> tuple[str, ...]:
    """The ids of the largest resources that go the incident's way."""
    ways = [each for each in found if each.impact * line.direction > 0]
    return tuple(each.id for each in sorted(ways, key=lambda each: -abs(each.impact))[:ASKED_RESOURCES])


def are_most(line: AnomalyLine, causes: Sequence[Cause], found: Sequence[ResourceCost]) -> bool:
    """Whether the resources that are known are most of what the incident is made of."""
    known = sum((each.impact for each in found if each.impact * line.direction > 0), Decimal(0))
    whole = sum((cause.impact for cause in causes if cause.impact * line.direction > 0), Decimal(0))
    return known * line.direction > 0 and abs(known) >= KNOWN_SHARE * abs(whole)


def region_of(resource: str, causes: Sequence[Cause]) -> str | None:
    """The Region that a resource's ARN names; else that of the largest cause which has one."""
    parts = resource.split(":")
    named = [parts[3]] if resource.startswith("arn:") and len(parts) > 5 else []
    named += [cause.region or "" for cause in sorted(causes, key=lambda cause: -abs(cause.impact))]
    return next((region for region in named if _REGION.fullmatch(region)), None)


def service_of(line: AnomalyLine) -> str:
    """The service of the story; empty where it is of several, for then it is not known which a usage type is of."""
    several = [cause for cause in line.causes if cause.dimension == "service"]
    return "" if len(several) > 1 else line.service


def _is_price(cause: Cause) -> bool:
    return abs(cause.price_effect or Decimal(0)) >= BY_PRICE * abs(cause.impact) and not cause.from_value
