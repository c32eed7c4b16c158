"""DetectAnomalies: judges the newest days of every account and service against what was to be expected.

The detector judges usage alone; taxes, fees, credits and refunds are held against their own past.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from finopsguard import errors
from finopsguard.config import DetectSettings
from finopsguard.costs.table import CostTable
from finopsguard.incidents import judgement, ledger
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
        judged = judgement.costs_of(table, costs.run)
    record = partial(ledger.record, store, costs.run)
    told, recorded = judgement.judge(report, costs.run, judged, settings, record)
    log_unreadable(recorded.unreadable)
    report_key = keys.REPORT_DETECTED.key(run_id=costs.run.run_id)
    documents.write(store, report_key, told)
    impact = sum((abs(line.impact) for line in told.anomalies), Decimal(0))
    return AnomalyReport(run=costs.run, report_key=report_key, anomalies=len(told.anomalies), impact=impact)
