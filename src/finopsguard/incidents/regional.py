"""The life of what is told of Regions: an incident for each Region, of the services that began or rose in it.

It is of all accounts together. What accounts and services tell already gets its Region and the mark here, and no second
line. Where Regions were not read, what was told of them goes on as it was known, and nothing begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from finopsguard.costs.regions import RegionSeries
from finopsguard.costs.series import DailySeries
from finopsguard.detection import Anomaly, DetectionConfig
from finopsguard.detection.regions import (
    COMPUTE_PART,
    Beneath,
    RegionAnomaly,
    judge_regions,
    without_regions,
)
from finopsguard.detection.rest import Rest
from finopsguard.incidents.joined import BEGAN_DAYS, one_line
from finopsguard.incidents.known import memory_of
from finopsguard.incidents.look import look_at
from finopsguard.incidents.rules import update_incidents
from finopsguard.models.incident import Incident


class Regional(NamedTuple):
    """After a report: the incidents of accounts and services, with their Regions; those of Regions; and what is left
    for roll-ups.
    """

    own: tuple[Incident, ...]
    of_regions: tuple[Incident, ...]
    rest: Rest


def follow_regions(
    before: Sequence[Incident],
    own: Sequence[Incident],
    series: DailySeries,
    regions: RegionSeries | None,
    rest: Rest,
    *,
    judged_days: int,
    settled_until: date,
    config: DetectionConfig,
) -> Regional:
    """Judges usage by Region where it was read; `rest` is what `rest_of` leaves of the series."""
    if regions is None:
        after = update_incidents(before, (), series.end, config, settled_until=settled_until)
        return Regional(tuple(own), after, _without(rest, series, after))
    found = _judged(before, series, regions.since(series.first_day), rest, judged_days, settled_until, config)
    told = [each for each in found if not each.covered]
    after = _followed(before, told, regions.since(series.first_day), settled_until, config)
    marked = _marked(own, [each for each in found if each.covered])
    return Regional(marked, after, _without(rest, series, after))


def _judged(
    before: Sequence[Incident],
    series: DailySeries,
    regions: RegionSeries,
    rest: Rest,
    judged_days: int,
    settled_until: date,
    config: DetectionConfig,
) -> list[RegionAnomaly]:
    memory = {
        (region, service): known
        for region, group in _by_region(before).items()
        for (_, service), known in memory_of(group).items()
    }
    return judge_regions(
        regions.costs,
        regions.first_day,
        Beneath(series.costs, rest, series.services),
        places=regions.places,
        config=config,
        window=judged_days,
        complete_until=settled_until,
        memory=memory,
    )


def _followed(
    before: Sequence[Incident],
    found: Sequence[RegionAnomaly],
    regions: RegionSeries,
    settled_until: date,
    config: DetectionConfig,
) -> tuple[Incident, ...]:
    known = _by_region(before)
    names = dict.fromkeys([*known, *(region for each in found for _, region in each.places)])
    after: dict[str, Incident] = {}
    for region in names:
        after |= {
            each.id: each
            for each in _in_region(region, known.get(region, ()), found, regions, settled_until, config)
        }
    for each in found:
        group = [after[home] for home in _homes(each, after.values())]
        if len(group) > 1:
            after |= one_line(group, "together")
    return tuple(after.values())


def _in_region(
    region: str,
    before: Sequence[Incident],
    found: Sequence[RegionAnomaly],
    regions: RegionSeries,
    settled_until: date,
    config: DetectionConfig,
) -> list[Incident]:
    rows = [row for row, (_, name) in enumerate(regions.places) if name == region]
    total = DailySeries(
        [""] * len(rows),
        [regions.places[row][0] for row in rows],
        regions.first_day,
        regions.costs[rows],
    )
    here = [each for each in found if any(name == region for _, name in each.places)]
    if any(each.new for each in here) or any(each.new for each in before):
        # Who runs machines where nobody looks begins small, and what is told so small has to go on so small.
        config = replace(config, min_usd=COMPUTE_PART * config.min_usd)
    anomalies = [anomaly for each in here for anomaly in _of_services(each, region)]
    after = update_incidents(
        before,
        anomalies,
        total.end,
        config,
        look=look_at(before, anomalies, total, config, memory_of(before)),
        settled_until=settled_until,
        named=f"region/{quote(region, safe='')}",
    )
    known = {each.id for each in before}
    return [each if each.id in known else _begun(each, region, here) for each in after]


def _begun(incident: Incident, region: str, found: Iterable[RegionAnomaly]) -> Incident:
    """A new one, with what is known of the Region."""
    services = {member.service for member in incident.members}
    mine = [each for each in found if services & {service for service, _ in each.places}]
    return replace(
        incident,
        scope="service_region",
        region=region,
        new=next((each.new for each in mine if each.new), None),
        security=any(each.security for each in mine),
        from_region=", ".join(dict.fromkeys(name for each in mine for _, name in each.fell)),
    )


def _of_services(found: RegionAnomaly, region: str) -> Iterable[Anomaly]:
    """A finding's services in one Region, each as an anomaly of its own days."""
    for (service, name), by_day in zip(found.places, found.by_place, strict=True):
        days = [(day, usd) for day, usd in by_day if usd * found.anomaly.direction > 0]
        if name != region or not days:
            continue
        peak, excess = max(days, key=lambda each: abs(each[1]))
        whole = found.anomaly
        yield replace(
            whole,
            service=service,
            day=peak,
            start=days[0][0],
            actual=whole.actual if len(found.places) == 1 else excess,
            expected=whole.expected if len(found.places) == 1 else 0.0,
            impact=sum(usd for _, usd in days),
            excess_by_day=tuple(days),
        )


def _homes(found: RegionAnomaly, incidents: Iterable[Incident]) -> list[str]:
    places = set(found.places)
    return [
        each.id
        for each in incidents
        if each.closed_on is None and any((member.service, each.region) in places for member in each.members)
    ]


def _marked(own: Sequence[Incident], found: Iterable[RegionAnomaly]) -> tuple[Incident, ...]:
    """What accounts tell already, with the Region that is new: of those of the same services and days the largest."""
    after = {each.id: each for each in own}
    for finding in found:
        services = {service for service, _ in finding.places}
        told = [
            each
            for each in after.values()
            if each.closed_on is None
            and each.direction > 0
            and abs((each.start - finding.anomaly.start).days) <= BEGAN_DAYS
            and services & {member.service for member in each.members}
        ]
        if told:
            largest = max(told, key=lambda each: (abs(each.impact), each.id))
            after[largest.id] = replace(
                largest,
                region=", ".join(dict.fromkeys(name for _, name in finding.places)),
                new=finding.new,
                security=finding.security,
            )
    return tuple(after.values())


def _without(rest: Rest, series: DailySeries, incidents: Iterable[Incident]) -> Rest:
    told: dict[str, dict[date, float]] = {}
    for each in incidents:
        if each.closed_on is None:
            for member in each.members:
                days = told.setdefault(member.service, {})
                for day, usd in member.excess.items():
                    days[day] = days.get(day, 0.0) + float(usd)
    return without_regions(rest, series.services, told)


def _by_region(incidents: Iterable[Incident]) -> Mapping[str, list[Incident]]:
    found: dict[str, list[Incident]] = {}
    for each in incidents:
        found.setdefault(each.region, []).append(each)
    return found
