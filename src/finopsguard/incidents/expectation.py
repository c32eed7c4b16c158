"""What the report's days should have cost: on every day, with a band, and in total."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from finopsguard.costs.series import DailySeries, cents
from finopsguard.detection import DetectionConfig, expected_costs
from finopsguard.models.report import Report

# With 45 days the detector finds nearly all it finds with 98, with a month only half (docs/detection.md, Limits).
ENOUGH_DAYS = 45


def with_expected(report: Report, series: DailySeries, config: DetectionConfig) -> Report:
    """The report with the expected usage of its days, their band, and the expected total.

    A series too young to be expected counts as expected where it is: it must not look like unusual cost. Bands add up
    as independent errors do, by the root of the sum of squares. Little history is said in the note `history_short`.
    """
    notes = report.notes if series.days >= ENOUGH_DAYS else (*report.notes, "history_short")
    shown = min(len(report.daily), series.days)
    if not len(series.costs) or not shown:
        return replace(report, notes=notes)
    expected = expected_costs(series.costs, series.first_day, config=config, days=shown)
    actual = series.costs[:, -shown:]
    level = np.where(np.isnan(expected.level), actual, expected.level)
    below = np.sqrt((np.nan_to_num(level - expected.low) ** 2).sum(axis=0))
    above = np.sqrt((np.nan_to_num(expected.high - level) ** 2).sum(axis=0))
    centre = level.sum(axis=0)
    known = np.isfinite(expected.level).sum(axis=0) > 0
    newest = [
        replace(
            day,
            expected=cents(centre[index]),
            expected_low=cents(centre[index] - below[index]),
            expected_high=cents(centre[index] + above[index]),
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
    total = cents(comparable[of_period].sum()) + charges if known[of_period].all() else None
    return replace(
        report,
        daily=(*report.daily[:-shown], *newest),
        totals=replace(report.totals, expected=total),
        notes=notes,
    )
