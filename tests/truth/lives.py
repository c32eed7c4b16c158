"""A life of incidents by a run's own judgement, morning after morning, without the steps around it.

What reports tell is the same to the letter: `test_life.py` holds three worlds to it, and tests/unit/incidents five.
The steps store, check and word each report, which takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from finopsguard.costs.completeness import provisional_days
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import Known, follow, newest_days
from finopsguard.incidents.lines import lines
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.incident import Incident
from finopsguard.models.run import ReportName, Run
from tests.unit.incidents.reports import ACCOUNT, Costs, run_of


class Told(NamedTuple):
    """What one report tells, and what was known before it."""

    run: Run
    before: tuple[Incident, ...]
    lines: tuple[AnomalyLine, ...]


def mornings(first: date, last: date) -> Iterator[tuple[ReportName, date]]:
    """Every morning's daily report, and Monday's weekly one after it."""
    for day in range((last - first).days + 1):
        end = first + timedelta(days=day)
        yield "daily", end
        if end.weekday() == 0:
            yield "weekly", end


def life(costs: Costs, first: date, last: date) -> Iterator[Told]:
    """The reports of the mornings from `first` to `last`, of costs that end the day before `last`."""
    amounts = np.array(list(costs.values())).round(4)
    whole = DailySeries([ACCOUNT] * len(costs), list(costs), last - timedelta(days=amounts.shape[1]), amounts)
    before: tuple[Incident, ...] = ()
    for report, end in mornings(first, last):
        run = run_of(report, end)
        series = whole.until(end).newest(run.window.days).since_first_cost()
        newest, judged_days = newest_days(report, run.period, run.window)
        after, told = follow(
            Known(before),
            series,
            newest,
            judged_days=judged_days,
            provisional_days=provisional_days(series, run.scheduled_time, run.settle_hours).provisional,
            config=DetectionConfig(),
        )
        yield Told(run, before, lines(told, series, {ACCOUNT: "shop-prod"}, run.period))
        before = after
