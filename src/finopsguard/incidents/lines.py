"""Incidents as lines of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection.purposes import is_compute
from finopsguard.detection.regions import KNOWN_DAYS
from finopsguard.detection.rest import Rest
from finopsguard.incidents.causes import Renamed, renamed, together
from finopsguard.incidents.parts import parts_of, regions_of
from finopsguard.incidents.rollups import place_of, rest_of, rows_of
from finopsguard.incidents.told import Line, told_lines
from finopsguard.models.anomaly import AnomalyLine, BandDay
from finopsguard.models.cause import Cause
from finopsguard.models.incident import Incident, IncidentDay
from finopsguard.models.run import Period

TREND_DAYS = 28
Rows = Mapping[tuple[str, str], int]
"""The row of each (account, service)."""
_TRACE = 0.01


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
    found = told_lines(each for each in known if each.id not in paired)
    rest = Rest(series.costs, series.first_day)
    if any(each.is_rollup for each in known):
        rest = rest_of(series, known if life is None else life)
    of = _rows_of(known, series)
    made = [_line(each, series, of, names, period, rest) for each in found]
    made += [_renamed_line(pair, series, of, names, period) for pair in pairs]
    return tuple(sorted(made, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def _rows_of(incidents: Iterable[Incident], series: DailySeries) -> Rows:
    """The rows of the incidents' own services, looked for once."""
    own = {(each.account_id, member.service) for each in incidents for member in each.members}
    return {label: row for row, label in enumerate(series.labels) if label in own}


def _renamed_line(
    pair: Renamed, series: DailySeries, of: Rows, names: Mapping[str, str], period: Period
) -> AnomalyLine:
    whole, causes = together(pair)
    rest = Rest(series.costs, series.first_day)
    made = _line(Line((replace(whole, told_with=None),)), series, of, names, period, rest)
    service = next(iter(pair.rose.shares))
    return replace(
        made,
        service=service,
        direction=1 if whole.impact >= 0 else -1,
        causes=causes,
        incidents=(pair.rose.id, pair.fell.id),
    )


def _line(
    told: Line,
    series: DailySeries,
    of: Rows,
    names: Mapping[str, str],
    period: Period,
    rest: Rest,
) -> AnomalyLine:
    group, scope, account_id = told.incidents, told.scope, told.account_id
    band = {each.date: each for each in _band(group)}
    members = [member for incident in group for member in incident.members]
    deviating = sorted({day for member in members for day in member.excess})
    day = max([each for each in deviating if each in period] or deviating or list(band))
    shown = AnomalyLine(
        id=told.id,
        account_id=account_id,
        account_name=names.get(account_id, account_id),
        service="" if scope in ("account", "organization") else next(iter(told.shares)),
        kind=told.kind,
        day=day,
        start=told.start,
        actual=band[day].cost,
        expected=band[day].expected,
        impact=told.impact,
        direction=1 if told.direction > 0 else -1,
        status=told.status,
        region=", ".join(dict.fromkeys(each.region for each in group if each.region)) or None,
        daily=_daily(group, series, of, rest),
        ended=told.ended,
        last_day=told.last_day,
        band=tuple(band.values())[-TREND_DAYS:],
        scope=scope,
        story=told.story,
        from_region=group[0].from_region or None,
        new=group[0].new,
        security=any(each.security for each in group),
        said=told.said,
        incidents=tuple(each.id for each in group) if len(group) > 1 else (),
        run_rate_month=told.monthly_rate,
    )
    if scope == "service_region":
        return replace(shown, causes=regions_of(group), daily=_known_days(band))
    if scope == "account_service":
        shown = replace(shown, causes=_services(group))
        return replace(shown, new="account", security=True) if _first_compute(group[0], series) else shown
    causes, accounts = parts_of(group, series, rest)
    return replace(shown, causes=causes, accounts=accounts)


def _first_compute(incident: Incident, series: DailySeries) -> bool:
    """True for a new service that runs machines in an account that had other costs for weeks, and none of these."""
    services = {member.service for member in incident.members if is_compute(member.service)}
    before = (incident.start - series.first_day).days
    if incident.kind != "new" or incident.new or not services or before < KNOWN_DAYS:
        return False
    rows = [row for row, account in enumerate(series.accounts) if account == incident.account_id]
    past = series.costs[:, before - KNOWN_DAYS : before]
    compute = [row for row in rows if is_compute(series.services[row])]
    return bool(past[rows, 0].sum() > 0 and series.costs[compute, :before].max(initial=0) < _TRACE)


def _services(group: Sequence[Incident]) -> tuple[Cause, ...]:
    (incident,) = group
    parts = {member.service: member.impact for member in incident.members}
    services = list(incident.shares)
    return (
        tuple(Cause("service", service, parts[service]) for service in services) if len(services) > 1 else ()
    )


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


def _known_days(band: Mapping[date, BandDay]) -> tuple[Decimal, ...]:
    """What is known of a Region's days: those of the incident, without a gap up to the newest."""
    return tuple(each.cost for each in band.values())[-TREND_DAYS:]


def _daily(group: Sequence[Incident], series: DailySeries, of: Rows, rest: Rest) -> tuple[Decimal, ...]:
    """What the line's series cost; of a roll-up without what is told by itself."""
    own = {
        (each.account_id, member.service)
        for each in group
        if each.scope == "account_service"
        for member in each.members
    }
    rows = sorted(of[label] for label in own if label in of)
    total = series.costs[rows, -TREND_DAYS:].sum(axis=0) if rows else np.zeros(min(TREND_DAYS, series.days))
    for each in group:
        if each.is_rollup:
            total = total + rest.sums([rows_of(place_of(each), series)])[0, -TREND_DAYS:]
    return tuple(cents(amount) for amount in total)
