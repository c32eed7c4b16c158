"""Incidents as lines of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection.rest import Rest
from finopsguard.incidents.causes import Renamed, counted_on, renamed, together
from finopsguard.incidents.parts import parts_of
from finopsguard.incidents.rollups import place_of, rest_of, rows_of
from finopsguard.incidents.rules import LARGE_PART
from finopsguard.models.anomaly import AnomalyLine, AnomalyStatus, BandDay, Ending, Scope
from finopsguard.models.cause import Cause
from finopsguard.models.incident import Incident, IncidentDay
from finopsguard.models.run import Period

TREND_DAYS = 28


def lines(
    incidents: Iterable[Incident],
    series: DailySeries,
    names: Mapping[str, str],
    period: Period,
    life: Sequence[Incident] | None = None,
) -> tuple[AnomalyLine, ...]:
    """One line per incident, or per group of incidents that are told together, the largest impact first.

    `names`: the accounts' names by id. `service` is the one with the largest part; where there are several, `causes`
    has the part of each. `actual` and `expected` are those of all of them on one day: the newest day of the period that
    deviates, or else the newest. Two incidents that are one service under two names are one line, of the new name, with
    what is left of both. A roll-up is a sum without what the `life` of incidents tells (None: the incidents given).
    """
    known = tuple(incidents)
    pairs = renamed(known)
    paired = {each.id for pair in pairs for each in (pair.fell, pair.rose)}
    groups = grouped(each for each in known if each.id not in paired)
    groups = [moved_together(group) for group in groups]
    rest = Rest(series.costs, series.first_day)
    if any(each.scope != "account_service" for each in known):
        rest = rest_of(series, known if life is None else life)
    made = [_line(group, series, names, period, rest) for group in groups]
    made += [_renamed_line(pair, series, names, period) for pair in pairs]
    return tuple(sorted(made, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def grouped(incidents: Iterable[Incident]) -> list[tuple[Incident, ...]]:
    """The incidents of each line, the largest first."""
    found: dict[str, list[Incident]] = {}
    for each in incidents:
        found.setdefault(each.line, []).append(each)
    return [tuple(sorted(group, key=_rank)) for group in found.values()]


def _rank(incident: Incident) -> tuple[bool, Decimal, str]:
    """Of what moved the rises are first: they are what is asked about."""
    fell = incident.told_with is not None and incident.told_with.kind == "moved" and incident.direction < 0
    return fell, -abs(incident.impact), incident.id


def moved_together(group: tuple[Incident, ...]) -> tuple[Incident, ...]:
    """What moved counts on the days that count of both sides: a fall is judged on days that are complete, a rise as
    soon as it is seen.
    """
    told = group[0].told_with
    if told is None or told.kind != "moved" or len({each.direction for each in group}) < 2:
        return group
    sides = [
        {day for each in group if each.direction == way for member in each.members for day in member.excess}
        for way in (1, -1)
    ]
    both = sides[0] & sides[1]
    if not both:
        return group
    return tuple(
        replace(each, members=tuple(counted_on(member, both) for member in each.members)) for each in group
    )


def status_of(group: Sequence[Incident]) -> AnomalyStatus:
    """That of a line. What joins it later, or grows in it, is told as its growth if it is a large part of it."""
    going = [each for each in group if each.status != "resolved"]
    if len(group) == 1 or not going:
        return group[0].status
    if all(each.status == "new" for each in going) and len(going) == len(group):
        return "new"
    moved = group[0].told_with is not None and group[0].told_with.kind == "moved"
    # That what rose has fallen elsewhere is no growth.
    told = [each for each in going if each.notify and not (moved and each.status == "new")]
    news = sum((abs(each.run_rate) for each in told), Decimal(0))
    whole = sum((abs(each.run_rate) for each in going), Decimal(0))
    return "growing" if news and news >= LARGE_PART * whole else "continuing"


def _renamed_line(
    pair: Renamed, series: DailySeries, names: Mapping[str, str], period: Period
) -> AnomalyLine:
    whole, causes = together(pair)
    rest = Rest(series.costs, series.first_day)
    made = _line((replace(whole, told_with=None),), series, names, period, rest)
    service = next(iter(pair.rose.shares))
    return replace(made, service=service, direction=1 if whole.impact >= 0 else -1, causes=causes)


def _line(
    group: Sequence[Incident], series: DailySeries, names: Mapping[str, str], period: Period, rest: Rest
) -> AnomalyLine:
    band = {each.date: each for each in _band(group)}
    members = [member for incident in group for member in incident.members]
    deviating = sorted({day for member in members for day in member.excess})
    day = max([each for each in deviating if each in period] or deviating or list(band))
    first = group[0]
    impact = sum((each.impact for each in group), Decimal(0))
    scope = _scope(group)
    account_id = first.account_id if scope in ("account_service", "account") else ""
    shown = AnomalyLine(
        id=first.line,
        account_id=account_id,
        account_name=names.get(account_id, account_id),
        service=_service(group, scope),
        kind=first.kind,
        day=day,
        start=min(each.start for each in group),
        actual=band[day].cost,
        expected=band[day].expected,
        impact=impact,
        direction=first.direction,
        status=status_of(group),
        region=first.region or None,
        daily=_daily(group, series, rest),
        ended=_ended(group),
        last_day=max(each.last_day for each in group),
        band=tuple(band.values())[-TREND_DAYS:],
        scope=scope,
        story=first.told_with.kind if first.told_with and len(group) > 1 else None,
    )
    if shown.story == "moved":
        shown = replace(shown, direction=1 if impact >= 0 else -1)
    if scope == "account_service":
        return replace(shown, causes=_services(group))
    causes, accounts = parts_of(group, series, rest)
    return replace(shown, causes=causes, accounts=accounts)


def _scope(group: Sequence[Incident]) -> Scope:
    """That of a roll-up, or what all incidents of a line have in common."""
    if len(group) == 1:
        return group[0].scope
    accounts = {each.account_id for each in group}
    services = {member.service for each in group for member in each.members}
    if len(accounts) == 1 and accounts != {""}:
        return "account"
    return "service" if len(services) == 1 else "organization"


def _service(group: Sequence[Incident], scope: Scope) -> str:
    if scope in ("account", "organization"):
        return ""
    return next(iter(group[0].shares))


def _services(group: Sequence[Incident]) -> tuple[Cause, ...]:
    (incident,) = group
    parts = {member.service: member.impact for member in incident.members}
    services = list(incident.shares)
    return (
        tuple(Cause("service", service, parts[service]) for service in services) if len(services) > 1 else ()
    )


def _ended(group: Sequence[Incident]) -> Ending | None:
    endings = [each.ended for each in group]
    if None in endings:
        return None
    return "back" if set(endings) == {"back"} else "new_level"


def _band(group: Iterable[Incident]) -> list[BandDay]:
    """All services together. Bands add up as independent errors do, by the root of the sum of squares."""
    members = [member for incident in group for member in incident.members]
    days = sorted({day for member in members for day in member.days})
    return [_sum(day, [member.days[day] for member in members if day in member.days]) for day in days]


def _sum(day: date, parts: Sequence[IncidentDay]) -> BandDay:
    expected = sum((each.expected for each in parts), Decimal(0))
    low = high = None
    if all(each.low is not None and each.high is not None for each in parts):
        low = expected - _root([each.expected - (each.low or Decimal(0)) for each in parts])
        high = expected + _root([(each.high or Decimal(0)) - each.expected for each in parts])
    return BandDay(day, sum((each.cost for each in parts), Decimal(0)), expected, low, high)


def _root(errors: Sequence[Decimal]) -> Decimal:
    return cents(sum((error * error for error in errors), Decimal(0)).sqrt())


def _daily(group: Sequence[Incident], series: DailySeries, rest: Rest) -> tuple[Decimal, ...]:
    """What the line's series cost; of a roll-up without what is told by itself."""
    own = {
        (each.account_id, member.service)
        for each in group
        if each.scope == "account_service"
        for member in each.members
    }
    rows = [number for number, label in enumerate(series.labels) if label in own]
    total = series.costs[rows, -TREND_DAYS:].sum(axis=0) if rows else np.zeros(min(TREND_DAYS, series.days))
    for each in group:
        if each.scope != "account_service":
            total = total + rest.sums([rows_of(place_of(each), series)])[0, -TREND_DAYS:]
    return tuple(cents(amount) for amount in total)
