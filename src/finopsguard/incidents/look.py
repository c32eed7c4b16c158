"""What the services of incidents cost, day by day, and what was to be expected of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection import Anomaly, DetectionConfig, Memory, expected_since
from finopsguard.models.incident import Incident, IncidentDay

Label: TypeAlias = tuple[str, str]
"""(account, service)."""
Look: TypeAlias = Mapping[Label, Mapping[date, IncidentDay]]
"""Days of the services that belong to an incident or begin one, none of them counted yet."""

EDGE_DAYS = 2
"""So many days before the first unusual one are not learned from: they may have been the first, unseen."""
SLOW_RISE_DAYS = 14
"""A slow rise has gone on for so long when it is told; the level before it is that of weeks ago."""
AFTERMATH_DAYS = 14
"""For so long after an incident that was over, what it cost is no level to learn from."""


def learned_until(anomaly: Anomaly, before: Sequence[Incident]) -> date:
    """The first day that says nothing of what was to be expected of an anomaly's days."""
    first = anomaly.start - timedelta(days=EDGE_DAYS + (SLOW_RISE_DAYS if anomaly.kind == "drift" else 0))
    earlier = [
        member.learned_until
        for incident in before
        if incident.account_id == anomaly.account_id
        for member in incident.members
        if member.service == anomaly.service
        and (incident.closed_on is None or incident.ended == "back")
        and abs((anomaly.start - incident.last_day).days) <= AFTERMATH_DAYS
    ]
    return min([first, *earlier])


def look_at(
    before: Sequence[Incident],
    found: Sequence[Anomaly],
    series: DailySeries,
    config: DetectionConfig,
    memory: Mapping[Label, Memory],
) -> Look:
    """Every day of the open incidents' services and of the anomalies', from the day on that is not learned from.

    What is in `memory` is learned from as it says. A day of which nothing can be expected (too little history) is left
    out, and so is one whose cost is not known.
    """
    since: dict[Label, date] = {}
    for anomaly in found:
        label = (anomaly.account_id, anomaly.service)
        first = learned_until(anomaly, before)
        since[label] = min(first, since.get(label, first))
    for incident in before:
        if incident.closed_on is None:
            for member in incident.members:
                label = (incident.account_id, member.service)
                since[label] = min(member.learned_until, since.get(label, member.learned_until))
    rows = {label: row for row, label in enumerate(series.labels) if label in since}
    if not rows:
        return {}
    costs = series.costs[list(rows.values())]
    unknown = None if series.unknown is None else series.unknown[list(rows.values())]
    begins = [max(0, (since[label] - series.first_day).days) for label in rows]
    expected = expected_since(
        costs,
        series.first_day,
        begins,
        config=config,
        accounts=[account for account, _ in rows],
        services=[service for _, service in rows],
        memory=memory,
    )
    days = [series.first_day + timedelta(days=index) for index in range(series.days)]
    return {
        label: {
            days[index]: IncidentDay(
                cents(costs[row, index]),
                cents(expected.level[row, index]),
                cents(expected.low[row, index]),
                cents(expected.high[row, index]),
                Decimal(0),
            )
            for index in range(begins[row], series.days)
            if np.isfinite(expected.level[row, index]) and not (unknown is not None and unknown[row, index])
        }
        for row, label in enumerate(rows)
    }
