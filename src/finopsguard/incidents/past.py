"""The report of a replayed run, made of one reading as a run makes it: its sums, its proof, its judgement."""

from __future__ import annotations

from dataclasses import replace

from finopsguard.config import SETTLE_HOURS, DetectSettings, PlanSettings
from finopsguard.costs import checks, periods, summary
from finopsguard.costs.once import Reading
from finopsguard.costs.table import CostTable, Past
from finopsguard.incidents import judgement
from finopsguard.incidents.ledger import Judged, Life, Recorded
from finopsguard.incidents.replay import RUN_ZONE, ReplayedRun
from finopsguard.models.messages import RunRequest
from finopsguard.models.report import Report


def report_of(run: ReplayedRun, reading: Reading, plan: PlanSettings, detect: DetectSettings) -> Report:
    """The report that the run would have made of the costs that are known now.

    Its window is as long as a run's, and begins with what was read. Raises InvalidInput for costs that cannot be
    judged.
    """
    request = RunRequest("daily", run.scheduled, continues=False)
    settings = replace(plan, time_zone=RUN_ZONE, settle_hours=SETTLE_HOURS)
    replayed = periods.plan_run(request, settings, run.scheduled)
    missing = reading.report.coverage.missing
    without = {account.id for account in missing}
    accounts = [account.id for account in reading.plan.accounts if account.id not in without]
    accounts += reading.plan.regions
    with CostTable((), Past([reading.costs], accounts, replayed.window, {})) as table:
        fetched = replace(reading.fetched, run=replayed)
        requests = reading.report.cost_explorer.requests
        report = summary.build_report(fetched, reading.plan, missing, table, requests)
        report = checks.proven(report, checks.prove(report, replayed, reading.plan, table), None)
        costs = judgement.costs_of(table, report, replayed)
    judged = Recorded(Judged(Life(run.life), run.told))
    return judgement.judge(report, replayed, costs, detect, lambda _: judged).report
