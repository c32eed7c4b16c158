"""What the report's days should have cost: on every day, with a band, and on the days that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection import DetectionConfig, Expected, expected_costs
from finopsguard.incidents.known import memory_of
from finopsguard.models.incident import Incident
from finopsguard.models.report import Comparison, DayCost, Report

# With 45 days the detector finds nearly all it finds with 98, with a month only half (docs/detection.md, Limits).
ENOUGH_DAYS = 45


def expectation_of(
    report: Report, series: DailySeries, config: DetectionConfig, life: Sequence[Incident]
) -> Expected | None:
    """What the report's days should have cost by series; None where it shows none of the series' days.

    Incidents of the `life` that go on or came back are not expected again.
    """
    columns = _shown_days(report, series)
    if not len(series.costs) or not columns:
        return None
    return expected_costs(
        series.costs,
        series.first_day,
        config=config,
        days=len(columns),
        accounts=series.accounts,
        services=series.services,
        memory=memory_of(life),
    )


def with_expected(report: Report, series: DailySeries, expected: Expected | None) -> Report:
    """The report with the expected usage of its days, their band, and what was expected of the compared days.

    `expected` is the report's `expectation_of`. A series too young to be expected counts as expected where it is: it
    must not look like unusual cost. Bands add up as independent errors do, by the root of the sum of squares. Little
    history is said in the note `history_short`.
    """
    notes = report.notes if series.days >= ENOUGH_DAYS else (*report.notes, "history_short")
    if expected is None:
        return replace(report, notes=notes)
    columns = _shown_days(report, series)
    actual = series.costs[:, -len(columns) :]
    level = np.where(np.isnan(expected.level), actual, expected.level)
    below = np.sqrt((np.nan_to_num(level - expected.low) ** 2).sum(axis=0))
    above = np.sqrt((np.nan_to_num(expected.high - level) ** 2).sum(axis=0))
    centre = level.sum(axis=0)
    known = {day: index for day, index in columns.items() if np.isfinite(expected.level[:, index]).any()}
    daily = tuple(
        replace(
            day,
            expected=cents(centre[known[day.date]]),
            expected_low=cents(centre[known[day.date]] - below[known[day.date]]),
            expected_high=cents(centre[known[day.date]] + above[known[day.date]]),
        )
        if day.date in known
        else day
        for day in report.daily
    )
    comparison = with_expected_days(report.comparison, daily)
    return replace(
        report,
        daily=daily,
        comparison=comparison,
        totals=replace(report.totals, expected=comparison.expected if comparison else None),
        notes=notes,
    )


def _shown_days(report: Report, series: DailySeries) -> dict[date, int]:
    """The report's days that the series has, each with its place among the series' newest."""
    if not report.daily:
        return {}
    first = max(report.daily[0].date, series.first_day)
    return {first + timedelta(days=index): index for index in range((series.end - first).days)}


def with_expected_days(comparison: Comparison | None, daily: Sequence[DayCost]) -> Comparison | None:
    """The comparison with the sum of its days' own expectations; None where one of them is not known.

    What is billed besides usage is expected as it is, so `current - expected` is unusual usage alone.
    """
    if comparison is None or not comparison.days:
        return comparison
    known = {day.date: day for day in daily if day.expected is not None}
    if not known.keys() >= set(comparison.days):
        return comparison
    days = [known[day] for day in comparison.days]
    expected = sum((day.expected for day in days if day.expected is not None), Decimal(0))
    charges = sum((day.cost - day.usage for day in days), Decimal(0))
    return replace(comparison, expected=expected + (charges if comparison.basis == "billed" else 0))
