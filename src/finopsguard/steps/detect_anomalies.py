"""DetectAnomalies: judges the newest days of every account and service against what was to be expected.

Only usage is judged: taxes, fees, credits and refunds never raise an alert. Days that are still provisional can hide an
excess but never invent one, so rises are judged on them and drops are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from finopsguard import runs
from finopsguard.adapters import Adapters
from finopsguard.config import Settings
from finopsguard.costs.table import CostTable, UsageSeries
from finopsguard.detection import Anomaly, DetectionConfig, Expected, detect, expected_costs
from finopsguard.models import AnomalyLine, AnomalyReport, CostReport, DayCost, Report, ReportName

# A daily report looks back over the days that may have grown since they were last judged, a weekly one over its week.
JUDGED_DAYS: dict[ReportName, int] = {"daily": 3, "weekly": 7}
# Days of an anomaly's own usage that the report shows.
SHOWN_DAYS = 28
# With less history weekdays and month starts cannot be told from news (docs/detection.md: F1 by days of history).
ENOUGH_DAYS = 35
_CENT = Decimal("0.01")


def run(costs: CostReport, adapters: Adapters) -> AnomalyReport:
    """Adds anomalies and expected costs to the report. Raises ObjectMissing and what ports.Store raises."""
    report = runs.read_report(adapters.store, costs.report_key)
    with CostTable([adapters.store.read(costs.costs_key)]) as table:
        series = table.usage_series(costs.run.window)
    judged = judge(report, series, detection_config(adapters.settings))
    report_key = runs.report_key(costs.run.run_id, "detected")
    runs.write_report(adapters.store, report_key, judged)
    impact = sum((abs(line.impact) for line in judged.anomalies), Decimal(0))
    return AnomalyReport(run=costs.run, report_key=report_key, anomalies=len(judged.anomalies), impact=impact)


def detection_config(settings: Settings) -> DetectionConfig:
    """The customer's policy: settings are in percent, the detector counts in fractions."""
    return DetectionConfig(
        min_usd=float(settings.anomaly_min_impact), min_pct=float(settings.anomaly_min_percent) / 100
    )


def judge(report: Report, series: UsageSeries, config: DetectionConfig) -> Report:
    """The report with anomalies (largest impact first) and expected costs.

    History begins with the first day that any account cost anything: what was before is not "no cost" but no data, and
    the note `history_short` says so.
    """
    series = _since_first_cost(series)
    days = series.costs.shape[1]
    first_day = report.period.end - timedelta(days=days)
    notes = report.notes if days >= ENOUGH_DAYS else (*report.notes, "history_short")
    provisional = report.coverage.provisional_days
    found = detect(
        series.costs,
        first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        window=JUDGED_DAYS[report.report],
        complete_until=provisional[0] if provisional else report.period.end,
    )
    names = {account.id: account.name for account in report.accounts}
    lines = sorted((_line(anomaly, names, series) for anomaly in found), key=lambda line: -abs(line.impact))
    expected = expected_costs(series.costs, first_day, config=config, days=min(days, len(report.daily)))
    daily = with_expected(report.daily, series, expected)
    return replace(
        report,
        anomalies=tuple(lines),
        daily=daily,
        notes=notes,
        totals=replace(report.totals, expected=expected_total(report, daily)),
    )


def _since_first_cost(series: UsageSeries) -> UsageSeries:
    with_cost = np.flatnonzero(series.costs.any(axis=0))
    first = int(with_cost[0]) if len(with_cost) else 0
    return replace(series, costs=series.costs[:, first:])


def with_expected(daily: Sequence[DayCost], series: UsageSeries, expected: Expected) -> tuple[DayCost, ...]:
    """The days with the expected usage of all series and its band.

    A series too young to be expected counts as expected where it is: it must not look like unusual cost. Bands add up
    as independent errors do, by the root of the sum of squares.
    """
    shown = min(len(daily), series.costs.shape[1])
    if not series.costs.size or not shown:
        return tuple(daily)
    older, daily = daily[: len(daily) - shown], daily[len(daily) - shown :]
    actual = series.costs[:, -shown:]
    level = np.where(np.isnan(expected.level), actual, expected.level)
    below = np.sqrt((np.nan_to_num(level - expected.low) ** 2).sum(axis=0))
    above = np.sqrt((np.nan_to_num(expected.high - level) ** 2).sum(axis=0))
    centre = level.sum(axis=0)
    known = np.isfinite(expected.level).sum(axis=0) > 0
    return tuple(older) + tuple(
        replace(
            day,
            expected=_money(centre[index]),
            expected_low=_money(centre[index] - below[index]),
            expected_high=_money(centre[index] + above[index]),
        )
        if known[index]
        else day
        for index, day in enumerate(daily)
    )


def expected_total(report: Report, daily: Sequence[DayCost]) -> Decimal | None:
    """Expected usage of the period plus its other charges as billed; None if a day of it has no expectation."""
    usage = [day.expected for day in daily if day.date in report.period]
    if not usage or None in usage:
        return None
    return (
        sum((amount for amount in usage if amount), Decimal(0)) + report.totals.period - report.totals.usage
    )


def _line(anomaly: Anomaly, names: dict[str, str], series: UsageSeries) -> AnomalyLine:
    return AnomalyLine(
        account_id=anomaly.account_id,
        account_name=names.get(anomaly.account_id, anomaly.account_id),
        service=anomaly.service,
        kind=anomaly.kind,
        day=anomaly.day,
        start=anomaly.start,
        actual=_money(anomaly.actual),
        expected=_money(anomaly.expected),
        impact=_money(anomaly.impact),
        direction=1 if anomaly.direction > 0 else -1,
        daily=tuple(_money(amount) for amount in series.costs[anomaly.series, -SHOWN_DAYS:]),
    )


def _money(amount: float) -> Decimal:
    """A float of the detector as an amount in cents: it is a judgement, not a bill."""
    return Decimal(amount).quantize(_CENT)
