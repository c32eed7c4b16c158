"""One report's judgement of its costs: incidents, charges, what was to be expected, and rises that are not told.

Usage is judged at amortized cost, whatever the report counts: when a Savings Plan or a reservation begins or ends,
unblended usage leaps while nothing else is used. What was to be expected is said in the report's own metric, beside
its own amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from finopsguard.config import DetectSettings
from finopsguard.costs import regions
from finopsguard.costs.regions import RegionSeries
from finopsguard.costs.series import DailySeries
from finopsguard.costs.table import CostTable
from finopsguard.detection import DetectionConfig, Expected
from finopsguard.incidents import unread, verdicts
from finopsguard.incidents.charges import ChargeRow, ProductRow, judge_charges
from finopsguard.incidents.expectation import expectation_of, with_expected
from finopsguard.incidents.follow import Known, follow, judged_with, newest_days
from finopsguard.incidents.ledger import Judge, Judged, Life, Recorded
from finopsguard.incidents.lines import lines
from finopsguard.incidents.ordinary import with_untold
from finopsguard.incidents.owners import owned
from finopsguard.models.metrics import judged_metric
from finopsguard.models.report import Report
from finopsguard.models.run import Run
from finopsguard.store import keys


class Costs(NamedTuple):
    """What is judged of a report's costs: usage at amortized cost. `used` is usage as the report counts it."""

    series: DailySeries
    used: DailySeries
    charges: Sequence[ChargeRow]
    products: Sequence[ProductRow]
    regions: RegionSeries | None = None


class Judgement(NamedTuple):
    """The report with all that is said of its costs, and what `record` kept of the life of incidents.

    `expected` is what the report's own usage was expected to be, by series; None where that is not known.
    """

    report: Report
    recorded: Recorded
    expected: Expected | None


def costs_of(table: CostTable, report: Report, run: Run) -> Costs:
    """What is judged of a run's table; the table is not needed any more."""
    judged = table.judged_series(run.window, run.cost_metric).since_first_cost()
    two = table.has_amortized(run.cost_metric)
    used = table.usage_series(run.window).since_first_cost() if two else judged
    return Costs(judged, used, table.charges_by_day(), table.products(), regions.series(report, run, table))


def judge(
    report: Report, run: Run, costs: Costs, settings: DetectSettings, record: Callable[[Judge], Recorded]
) -> Judgement:
    """Judges the report's costs.

    `record` calls the judgement on what was known before, as `ledger.record` does. Raises InvalidInput for costs that
    cannot be judged, and what `record` raises.
    """
    config, policy = judged_with(settings)
    provisional = report.coverage.provisional_days
    series = costs.series
    recorded = record(partial(_followed, report=report, run=run, costs=costs, config=config))
    (incidents, _, given), of_report, owed = recorded.judged
    names = {account.id: account.name for account in report.accounts}
    found = owned(lines(of_report, series, names, report.period, incidents), report.accounts)
    judged = judge_charges(costs.charges, costs.products, series, run, provisional, config, names, owed)
    expected = expectation_of(report, series, config, incidents)
    alike = costs.used is series
    of_used = expected if alike else expectation_of(report, costs.used, config, incidents)
    told = with_expected(report, costs.used, of_used)
    told = with_untold(told, of_report, series, config, incidents, expected)
    notes = (*told.notes, *keys.notes(recorded.unreadable))
    policy = replace(policy, metric=report.cost_metric if alike else judged_metric(report.cost_metric))
    said = verdicts.shown(given, incidents, names, series.end)
    told = replace(
        told, judged_with=policy, anomalies=found, charge_findings=judged, verdicts=said, notes=notes
    )
    return Judgement(told, recorded, of_used)


def _followed(before: Life, *, report: Report, run: Run, costs: Costs, config: DetectionConfig) -> Judged:
    newest, judged_days = newest_days(report.report, report.period, run.window)
    missing = {account.id for account in report.coverage.missing}
    owed = unread.owed(before.unread, missing, newest.end)
    after, told = follow(
        Known(before.incidents, owed, before.verdicts),
        costs.series,
        newest,
        judged_days=judged_days,
        provisional_days=report.coverage.provisional_days,
        config=config,
        regions=costs.regions,
    )
    first = newest.end - timedelta(days=judged_days)
    still = unread.still_unread(before.unread, missing, first)
    return Judged(Life(after, still, before.verdicts), told, owed)
