"""Incidents as lines of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.models.incident import Incident
from finopsguard.models.report import AnomalyLine, Cause

TREND_DAYS = 28


def lines(
    incidents: Iterable[Incident], series: DailySeries, names: Mapping[str, str]
) -> tuple[AnomalyLine, ...]:
    """One line per incident, the largest impact first. `names`: the accounts' names by id.

    The line is named after the service with the largest part; where there are several, `causes` has the part of each.
    `actual` and `expected` are those of all its services on the day that deviates most.
    """
    made = (_line(incident, series, names) for incident in incidents)
    return tuple(sorted(made, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def _line(incident: Incident, series: DailySeries, names: Mapping[str, str]) -> AnomalyLine:
    services = list(incident.shares)
    day = _peak_day(incident)
    expected = sum((member.expected for member in incident.members if day in member.excess), Decimal(0))
    parts = {member.service: member.impact for member in incident.members}
    return AnomalyLine(
        id=incident.id,
        account_id=incident.account_id,
        account_name=names.get(incident.account_id, incident.account_id),
        service=services[0],
        kind=incident.kind,
        day=day,
        start=incident.start,
        actual=max(Decimal(0), expected + _excess(incident, day)),
        expected=expected,
        impact=incident.impact,
        direction=incident.direction,
        status=incident.status,
        causes=tuple(Cause("service", service, parts[service]) for service in services)
        if len(services) > 1
        else (),
        daily=_daily(incident.account_id, services, series),
    )


def _excess(incident: Incident, day: date) -> Decimal:
    return sum((member.excess.get(day, Decimal(0)) for member in incident.members), Decimal(0))


def _peak_day(incident: Incident) -> date:
    days = {day for member in incident.members for day in member.excess}
    return max(days, key=lambda day: (abs(_excess(incident, day)), day))


def _daily(account_id: str, services: Sequence[str], series: DailySeries) -> tuple[Decimal, ...]:
    rows = [
        number
        for number, (account, service) in enumerate(series.labels)
        if account == account_id and service in services
    ]
    total = series.costs[rows, -TREND_DAYS:].sum(axis=0) if rows else np.zeros(0)
    return tuple(cents(amount) for amount in total)
