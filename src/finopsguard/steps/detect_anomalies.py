"""DetectAnomalies: judges the newest days of every account and service against what was to be expected.

The detector judges usage alone; taxes, fees, credits and refunds are held against their own past.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from finopsguard import errors
from finopsguard.config import DetectSettings
from finopsguard.costs.table import CostTable
from finopsguard.incidents import ledger
from finopsguard.incidents.charges import judge_charges
from finopsguard.incidents.expectation import expectation_of, with_expected
from finopsguard.incidents.follow import follow, judged_with, newest_days
from finopsguard.incidents.lines import lines
from finopsguard.incidents.ordinary import with_untold
from finopsguard.models.messages import AnomalyReport, CostReport
from finopsguard.models.report import Report
from finopsguard.ports import Store, raises
from finopsguard.store import documents, files, keys
from finopsguard.telemetry import log_unreadable


@raises(errors.InvalidInput)
def run(costs: CostReport, *, store: Store, settings: DetectSettings) -> AnomalyReport:
    """Adds incidents and expected costs to the report; InvalidInput: a stored object cannot be read."""
    report = documents.read(store, costs.report_key, Report)
    with CostTable([files.read_costs(store, costs.costs_key)]) as table:
        series = table.usage_series(costs.run.window).since_first_cost()
        charges, products = table.charges_by_day(), table.products()
    config, policy = judged_with(settings)
    newest, judged_days = newest_days(report.report, report.period, costs.run.window)
    provisional = report.coverage.provisional_days
    judge = partial(
        follow,
        series=series,
        period=newest,
        judged_days=judged_days,
        provisional_days=provisional,
        config=config,
    )
    names = {account.id: account.name for account in report.accounts}
    recorded = ledger.record(store, costs.run, judge)
    log_unreadable(recorded.unreadable)
    found = lines(recorded.told, series, names, report.period)
    judged = judge_charges(charges, products, series, costs.run, provisional, config, names)
    expected = expectation_of(report, series, config, recorded.life)
    told = with_expected(report, series, expected)
    told = with_untold(told, recorded.told, series, config, recorded.life, expected)
    notes = (*told.notes, *keys.notes(recorded.unreadable))
    told = replace(told, judged_with=policy, anomalies=found, charge_findings=judged, notes=notes)
    report_key = keys.REPORT_DETECTED.key(run_id=costs.run.run_id)
    documents.write(store, report_key, told)
    impact = sum((abs(line.impact) for line in found), Decimal(0))
    return AnomalyReport(run=costs.run, report_key=report_key, anomalies=len(found), impact=impact)
