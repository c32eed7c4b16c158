"""The life of roll-ups: an account's total, a service's, the Organization's, where they tell what no incident tells.

A roll-up is an incident like others: it begins, goes on, grows, is over, and has an id. What is its own is that its
costs are a sum, of which other incidents are taken out and which accounts join and leave. So its days are looked at
anew in each report, what they cost and what was to be expected of them alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import numpy as np

from finopsguard.costs.series import DailySeries
from finopsguard.detection import Anomaly, DetectionConfig, LayerAnomaly, judge_layers, without_told
from finopsguard.detection.layers import Key, sum_of
from finopsguard.detection.rest import Rest
from finopsguard.incidents.known import memory_of, with_unknown
from finopsguard.incidents.look import Look, look_at
from finopsguard.incidents.rules import update_incidents
from finopsguard.incidents.verdicts import as_told
from finopsguard.models.anomaly import Scope
from finopsguard.models.incident import Incident

T = TypeVar("T")


class Place(NamedTuple):
    """What a roll-up is of; empty where it has several."""

    scope: Scope
    account: str
    service: str
    region: str

    @property
    def name(self) -> str:
        """What the ids of its incidents begin with."""
        parts = {
            "account": (self.account, "all"),
            "service": ("service", self.service),
            "organization": ("organization",),
            "service_region": ("region", self.region, self.service),
        }
        return "/".join(quote(part, safe="") for part in parts[self.scope])


def several_accounts(series: DailySeries) -> bool:
    """Whether there is anything to roll up: one account is its Organization, and its services are told."""
    with_cost = np.flatnonzero(series.costs.any(axis=1))
    return len({series.accounts[row] for row in with_cost.tolist()}) > 1


def rest_of(series: DailySeries, life: Iterable[Incident], found: Iterable[Anomaly] = ()) -> Rest:
    """The costs without what incidents tell, and without what is not known."""
    own = (each for each in as_told(life, series.end) if each.scope == "account_service")
    memory = with_unknown(memory_of(own), series)
    return without_told(
        series.costs,
        series.first_day,
        found,
        accounts=series.accounts,
        services=series.services,
        memory=memory,
    )


def follow_rollups(
    before: Sequence[Incident],
    series: DailySeries,
    rest: Rest,
    *,
    judged_days: int,
    settled_until: date,
    config: DetectionConfig,
) -> tuple[Incident, ...]:
    """All roll-ups after a report, in no order; `rest` is what `rest_of` leaves of the series."""
    found: Sequence[LayerAnomaly] = ()
    if several_accounts(series):
        known = [each for each in before if each.scope != "service_region"]
        found = judge_layers(
            rest,
            accounts=series.accounts,
            services=series.services,
            config=config,
            window=judged_days,
            complete_until=settled_until,
            memory={(account, service, ""): each for (account, service), each in memory_of(known).items()},
        )
    known_by = _by_place((place_of(each), each) for each in before)
    found_by = _by_place((Place(each.scope, *each.key), each.anomaly) for each in found)
    after: list[Incident] = []
    for place in {**known_by, **found_by}:
        rows = rows_of(place, series)
        total = DailySeries([place.account], [place.service], series.first_day, rest.sums([rows]))
        after += follow_place(
            place, known_by.get(place, ()), found_by.get(place, ()), total, settled_until, config
        )
    return tuple(after)


def follow_place(
    place: Place,
    before: Sequence[Incident],
    found: Sequence[Anomaly],
    total: DailySeries,
    settled_until: date,
    config: DetectionConfig,
) -> list[Incident]:
    """The incidents of one roll-up after a report; `total` is its one row."""
    look = look_at(before, found, total, config, memory_of(before))
    after = update_incidents(
        [_anew(each, look) for each in before],
        found,
        total.end,
        config,
        look=look,
        settled_until=settled_until,
        named=place.name,
    )
    return [replace(each, scope=place.scope, region=place.region) for each in after]


def place_of(incident: Incident) -> Place:
    """What a roll-up is of."""
    (member,) = incident.members
    return Place(incident.scope, incident.account_id, member.service, incident.region)


def rows_of(place: Place, series: DailySeries) -> tuple[int, ...]:
    """The rows of the series that a roll-up without a region adds up."""
    key: Key = place[1:]
    return sum_of(place.scope, key, series.accounts, series.services)


def _anew(incident: Incident, look: Look) -> Incident:
    """With today's look at the days that it has had: a sum of other accounts would be held against another's level."""
    (member,) = incident.members
    seen = look.get((incident.account_id, member.service), {})
    days = {
        day: replace(found, excess=found.cost - found.expected if each.excess else each.excess)
        if (found := seen.get(day)) and incident.closed_on is None
        else each
        for day, each in member.days.items()
    }
    return replace(incident, members=(replace(member, days=days),))


def _by_place(items: Iterable[tuple[Place, T]]) -> Mapping[Place, list[T]]:
    found: dict[Place, list[T]] = {}
    for place, each in items:
        found.setdefault(place, []).append(each)
    return found
