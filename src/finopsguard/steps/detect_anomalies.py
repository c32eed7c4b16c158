"""DetectAnomalies: judges the newest days of every account and service against what was to be expected.

Only usage is judged: taxes, fees, credits and refunds never raise an alert. Days that are still provisional can hide an
excess but never invent one, so rises are judged on them and drops are not.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from finopsguard.config import DetectSettings
from finopsguard.costs.table import CostTable, UsageSeries
from finopsguard.detection import DetectionConfig, expected_costs
from finopsguard.incidents import follow
from finopsguard.incidents.follow import money
from finopsguard.incidents.policy import detection_config
from finopsguard.models.messages import AnomalyReport, CostReport
from finopsguard.models.report import Report
from finopsguard.ports import Store
from finopsguard.store import documents, keys

# With 45 days the detector finds nearly all it finds with 98, with a month only half (docs/detection.md, Limits).
ENOUGH_DAYS = 45


def run(costs: CostReport, *, store: Store, settings: DetectSettings) -> AnomalyReport:
    """Adds incidents and expected costs to the report."""
    report = documents.read(store, costs.report_key, Report)
    with CostTable([store.read(costs.costs_key)]) as table:
        series = since_first_cost(table.usage_series(costs.run.window))
    config = detection_config(settings)
    state, found = follow.follow(follow.state_before(store, costs.run), report, series, config)
    judged = replace(with_expected(report, series, config), anomalies=found)
    report_key = keys.REPORT_DETECTED.key(run_id=costs.run.run_id)
    documents.write(store, report_key, judged)
    follow.keep_state(store, costs.run, state)
    impact = sum((abs(line.impact) for line in found), Decimal(0))
    return AnomalyReport(run=costs.run, report_key=report_key, anomalies=len(found), impact=impact)


def since_first_cost(series: UsageSeries) -> UsageSeries:
    """The series from the first day on that any account cost anything: before it there is not "no cost" but no data."""
    with_cost = np.flatnonzero(series.costs.any(axis=0))
    first = int(with_cost[0]) if len(with_cost) else 0
    return replace(series, costs=series.costs[:, first:])


def with_expected(report: Report, series: UsageSeries, config: DetectionConfig) -> Report:
    """The report with the expected usage of its days, their band, and the expected total.

    A series too young to be expected counts as expected where it is: it must not look like unusual cost. Bands add up
    as independent errors do, by the root of the sum of squares. Little history is said in the note `history_short`.
    """
    days = series.costs.shape[1]
    notes = report.notes if days >= ENOUGH_DAYS else (*report.notes, "history_short")
    shown = min(len(report.daily), days)
    if not len(series.costs) or not shown:
        return replace(report, notes=notes)
    first_day = report.period.end - timedelta(days=days)
    expected = expected_costs(series.costs, first_day, config=config, days=shown)
    actual = series.costs[:, -shown:]
    level = np.where(np.isnan(expected.level), actual, expected.level)
    below = np.sqrt((np.nan_to_num(level - expected.low) ** 2).sum(axis=0))
    above = np.sqrt((np.nan_to_num(expected.high - level) ** 2).sum(axis=0))
    centre = level.sum(axis=0)
    known = np.isfinite(expected.level).sum(axis=0) > 0
    newest = [
        replace(
            day,
            expected=money(centre[index]),
            expected_low=money(centre[index] - below[index]),
            expected_high=money(centre[index] + above[index]),
        )
        if known[index]
        else day
        for index, day in enumerate(report.daily[-shown:])
    ]
    # What a provisional day still lacks is no saving: there a series counts as expected where it is below.
    provisional = np.array([day.provisional for day in newest])
    comparable = np.where(provisional, np.minimum(level, actual), level).sum(axis=0)
    of_period = np.array([day.date in report.period for day in newest])
    charges = report.totals.period - report.totals.usage
    total = money(comparable[of_period].sum()) + charges if known[of_period].all() else None
    return replace(
        report,
        daily=(*report.daily[:-shown], *newest),
        totals=replace(report.totals, expected=total),
        notes=notes,
    )
