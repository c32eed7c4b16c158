"""Incidents as lines of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.incidents.causes import Renamed, renamed, together
from finopsguard.models.anomaly import AnomalyLine, BandDay
from finopsguard.models.cause import Cause
from finopsguard.models.incident import Incident, IncidentDay
from finopsguard.models.run import Period

TREND_DAYS = 28


def lines(
    incidents: Iterable[Incident], series: DailySeries, names: Mapping[str, str], period: Period
) -> tuple[AnomalyLine, ...]:
    """One line per incident, the largest impact first. `names`: the accounts' names by id.

    `service` is the one with the largest part; where there are several, `causes` has the part of each. `actual` and
    `expected` are those of all of them on one day: the newest day of the period that deviates, or else the newest.
    Two incidents that are one service under two names are one line, of the new name, with what is left of both.
    """
    known = tuple(incidents)
    pairs = renamed(known)
    paired = {each.id for pair in pairs for each in (pair.fell, pair.rose)}
    made = [_line(each, series, names, period) for each in known if each.id not in paired]
    made += [_renamed_line(pair, series, names, period) for pair in pairs]
    return tuple(sorted(made, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def _renamed_line(
    pair: Renamed, series: DailySeries, names: Mapping[str, str], period: Period
) -> AnomalyLine:
    whole, causes = together(pair)
    made = _line(whole, series, names, period)
    service = next(iter(pair.rose.shares))
    return replace(made, service=service, direction=1 if whole.impact >= 0 else -1, causes=causes)


def _line(incident: Incident, series: DailySeries, names: Mapping[str, str], period: Period) -> AnomalyLine:
    services = list(incident.shares)
    band = {each.date: each for each in _band(incident)}
    deviating = sorted({day for member in incident.members for day in member.excess})
    day = max([each for each in deviating if each in period] or deviating or list(band))
    parts = {member.service: member.impact for member in incident.members}
    return AnomalyLine(
        id=incident.id,
        account_id=incident.account_id,
        account_name=names.get(incident.account_id, incident.account_id),
        service=services[0],
        kind=incident.kind,
        day=day,
        start=incident.start,
        actual=band[day].cost,
        expected=band[day].expected,
        impact=incident.impact,
        direction=incident.direction,
        status=incident.status,
        causes=tuple(Cause("service", service, parts[service]) for service in services)
        if len(services) > 1
        else (),
        daily=_daily(incident.account_id, services, series),
        ended=incident.ended,
        last_day=incident.last_day,
        band=tuple(band.values())[-TREND_DAYS:],
    )


def _band(incident: Incident) -> list[BandDay]:
    """All services together. Bands add up as independent errors do, by the root of the sum of squares."""
    days = sorted({day for member in incident.members for day in member.days})
    return [
        _sum(day, [member.days[day] for member in incident.members if day in member.days]) for day in days
    ]


def _sum(day: date, parts: Sequence[IncidentDay]) -> BandDay:
    expected = sum((each.expected for each in parts), Decimal(0))
    low = high = None
    if all(each.low is not None and each.high is not None for each in parts):
        low = expected - _root([each.expected - (each.low or Decimal(0)) for each in parts])
        high = expected + _root([(each.high or Decimal(0)) - each.expected for each in parts])
    return BandDay(day, sum((each.cost for each in parts), Decimal(0)), expected, low, high)


def _root(errors: Sequence[Decimal]) -> Decimal:
    return cents(sum((error * error for error in errors), Decimal(0)).sqrt())


def _daily(account_id: str, services: Sequence[str], series: DailySeries) -> tuple[Decimal, ...]:
    rows = [
        number
        for number, (account, service) in enumerate(series.labels)
        if account == account_id and service in services
    ]
    total = series.costs[rows, -TREND_DAYS:].sum(axis=0) if rows else np.zeros(0)
    return tuple(cents(amount) for amount in total)
