"""Incidents between runs: where their state is kept, and how they become lines of the report.

The rules are in detection/incidents.py and pure. Here the state of the run before is found, and the state of this run
is written beside it, under the day on which the period ends: a re-run of a report finds what its first run found. Daily
and weekly reports keep states of their own, for each tells its reader a story of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from finopsguard import contracts
from finopsguard.costs.table import UsageSeries
from finopsguard.detection import DetectionConfig, Incident, IncidentState, detect, update_incidents
from finopsguard.models.report import AnomalyLine, AnomalyStatus, Cause, Report
from finopsguard.models.run import ReportName, Run
from finopsguard.ports import Store
from finopsguard.store import keys

# A daily report looks back over the days that may have grown since they were last judged, a weekly one over its week.
JUDGED_DAYS: Mapping[ReportName, int] = {"daily": 3, "weekly": 7}
# A state older than this is not looked for: its incidents would have been closed by now.
MEMORY_DAYS = 35
SHOWN_DAYS = 28
_CENT = Decimal("0.01")
_STATUS: Mapping[str, AnomalyStatus] = {
    "new": "new",
    "grown": "growing",
    "ongoing": "continuing",
    "closed": "resolved",
}


def state_before(store: Store, run: Run) -> IncidentState:
    """The newest state of an earlier run of the same report; an empty one if there is none."""
    for days in range(1, MEMORY_DAYS + 1):
        key = _key(run, run.period.end - timedelta(days=days))
        if store.exists(key):
            return IncidentState.from_data(json.loads(store.read(key)))
    return IncidentState()


def keep_state(store: Store, run: Run, state: IncidentState) -> None:
    """Writes the state after this run."""
    store.write(_key(run, run.period.end), contracts.encode(state.to_data()))


def follow(
    before: IncidentState, report: Report, series: UsageSeries, config: DetectionConfig
) -> tuple[IncidentState, tuple[AnomalyLine, ...]]:
    """Judges the newest days: the state to keep, and the report's anomalies.

    Days that are still provisional can hide an excess but never invent one: rises are judged on them, drops are not.
    """
    first_day = report.period.end - timedelta(days=series.costs.shape[1])
    provisional = report.coverage.provisional_days
    complete_until = provisional[0] if provisional else report.period.end
    found = detect(
        series.costs,
        first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        window=JUDGED_DAYS[report.report],
        complete_until=complete_until,
    )
    costs = _complete_costs(before, series, first_day, complete_until)
    state, told = update_incidents(before, found, report.period.end, config, costs=costs)
    names = {account.id: account.name for account in report.accounts}
    return state, lines(told, series, names)


def lines(
    incidents: Iterable[Incident], series: UsageSeries, names: Mapping[str, str]
) -> tuple[AnomalyLine, ...]:
    """One line per incident, the largest impact first.

    The line is named after the service with the largest part; where there are several, `causes` has the part of each.
    `actual` and `expected` are those of all its services on the day that deviates most.
    """
    made = (_line(incident, series, names) for incident in incidents)
    return tuple(sorted(made, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def _line(incident: Incident, series: UsageSeries, names: Mapping[str, str]) -> AnomalyLine:
    services = list(incident.shares)
    day = _peak_day(incident)
    expected = sum(member.expected for member in incident.members if day in member.excess)
    excess = sum(member.excess.get(day, 0.0) for member in incident.members)
    parts = {member.service: money(member.impact) for member in incident.members}
    return AnomalyLine(
        account_id=incident.account_id,
        account_name=names.get(incident.account_id, incident.account_id),
        service=services[0],
        kind=incident.kind,
        day=day,
        start=incident.start,
        actual=money(max(0.0, expected + excess)),
        expected=money(expected),
        impact=sum(parts.values(), Decimal(0)),
        direction=1 if incident.direction > 0 else -1,
        status=_STATUS[incident.status],
        causes=tuple(Cause("service", service, parts[service]) for service in services)
        if len(services) > 1
        else (),
        daily=_daily(incident.account_id, services, series),
    )


def _complete_costs(
    state: IncidentState, series: UsageSeries, first_day: date, complete_until: date
) -> dict[tuple[str, str], dict[date, float]]:
    """What the services of open incidents cost on complete days, which tells whether cost has returned."""
    days = (complete_until - first_day).days
    followed = {
        (incident.account_id, member.service) for incident in state.incidents for member in incident.members
    }
    return {
        label: {
            first_day + timedelta(days=day): float(row[day])
            for day in range(max(0, days - MEMORY_DAYS), days)
        }
        for label, row in zip(zip(series.accounts, series.services, strict=True), series.costs, strict=True)
        if label in followed
    }


def _peak_day(incident: Incident) -> date:
    days = {day for member in incident.members for day in member.excess}
    return max(
        days, key=lambda day: (abs(sum(member.excess.get(day, 0.0) for member in incident.members)), day)
    )


def _daily(account_id: str, services: list[str], series: UsageSeries) -> tuple[Decimal, ...]:
    rows = [
        number
        for number, label in enumerate(zip(series.accounts, series.services, strict=True))
        if label[0] == account_id and label[1] in services
    ]
    total = series.costs[rows, -SHOWN_DAYS:].sum(axis=0) if rows else np.zeros(0)
    return tuple(money(amount) for amount in total)


def money(amount: float) -> Decimal:
    """A float of the detector as an amount in cents: it is a judgement, not a bill."""
    return Decimal(amount).quantize(_CENT)


def _key(run: Run, end: date) -> str:
    source = "-mock" if run.data_source == "mock" else ""
    return keys.INCIDENTS.key(report=f"{run.report}{source}", end=str(end))
