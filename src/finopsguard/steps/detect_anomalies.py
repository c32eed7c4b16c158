"""DetectAnomalies: judges the newest days of every account and service, and forecasts the month's end.

The detector judges usage alone; taxes, fees, credits and refunds are held against their own past. A monthly report
judges nothing: it looks back on what others told.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from finopsguard import errors
from finopsguard.config import BudgetSettings, DetectSettings, RouteSettings
from finopsguard.costs.table import CostTable
from finopsguard.forecast.report import billed_of, with_forecast
from finopsguard.incidents import explaining, judgement, ledger, looking_back, opinions
from finopsguard.models.messages import AnomalyReport, CostReport
from finopsguard.models.report import Report
from finopsguard.owners import kept
from finopsguard.ports import Store, raises
from finopsguard.store import budgets, documents, files, keys
from finopsguard.telemetry import log_unreadable


@raises(errors.InvalidInput, errors.RoutesInvalid)
def run(
    costs: CostReport,
    *,
    store: Store,
    settings: DetectSettings,
    months: BudgetSettings,
    owners: RouteSettings,
) -> AnomalyReport:
    """Adds incidents, expected costs, the forecast and owners' parts; InvalidInput: a stored object cannot be read."""
    report = documents.read(store, costs.report_key, Report)
    report_key = keys.REPORT_DETECTED.key(run_id=costs.run.run_id)
    if costs.run.looks_back:
        looked, lost = looking_back.looked_back(store, costs.run, report)
        log_unreadable(lost)
        documents.write(store, report_key, looked)
        return AnomalyReport(costs.run, report_key, 0, Decimal(0))
    record = partial(ledger.record, store, costs.run)
    with CostTable([files.read_costs(store, costs.costs_key)]) as table:
        read = judgement.costs_of(table, report, costs.run)
        billed = billed_of(report, costs.run, table.by_account)
    judged = judgement.judge(report, costs.run, read, settings, record)
    told = with_forecast(judged.report, costs.run, read.used, read.charges, billed, months.budgets)
    told = opinions.compared(told, settings.anomaly_min_impact)
    opinions.keep(store, costs.run, told)
    told, unreadable = budgets.untold(store, costs.run, told)
    log_unreadable((*judged.recorded.unreadable, *unreadable))
    if owners.routes:
        kept.keep(store, costs, kept.Whole(told, read, judged, billed))
    documents.write(store, report_key, told)
    shown = [line for line in told.anomalies if not line.quiet]
    impact = sum((abs(line.impact) for line in shown), Decimal(0))
    explain = explaining.planned(told, settings.explained_incidents)
    return AnomalyReport(costs.run, report_key, len(shown), impact, explain)
