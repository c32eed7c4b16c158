"""AggregateCosts: adds up what the batches brought and says how far the sums can be trusted."""

from __future__ import annotations

from dataclasses import replace

from finopsguard import errors
from finopsguard.channels import deliveries
from finopsguard.config import AggregateSettings
from finopsguard.costs import checks, closed, coverage, kept, scanned, summary
from finopsguard.costs.paid import pages
from finopsguard.costs.table import CostTable
from finopsguard.models.messages import CostReport, FetchedCosts
from finopsguard.models.run import Accounts
from finopsguard.ports import Store, raises
from finopsguard.store import documents, files, keys, refused, told
from finopsguard.telemetry import log_unreadable


@raises(errors.TooManyAccountsMissing, errors.MixedCurrencies, errors.CostsIncomplete, errors.InvalidInput)
def run(fetched: FetchedCosts, *, store: Store, settings: AggregateSettings) -> CostReport:
    """Writes the costs and the first stage of the report; or that the reading was refused, and reports nothing."""
    run_id = fetched.run.run_id
    plan = documents.read(store, fetched.accounts_key, Accounts)
    missing = coverage.missing_accounts(plan.accounts, fetched.batches)
    coverage.refuse_if_too_many(missing, len(plan.accounts), settings.max_missing_percent)
    earlier, unreadable = told.before(store, fetched.run, plan.asked)
    log_unreadable(unreadable)
    costs = files.read_all_costs(store, coverage.keys_read(fetched.batches))
    with CostTable(costs, kept.past(store, fetched, plan, missing)) as table:
        plan = coverage.with_others(plan, table.accounts())
        paid = pages(store, fetched.run), scanned.use(store, fetched.run)
        report = summary.build_report(fetched, plan, missing, table, *paid)
        proof = checks.prove(report, fetched.run, plan, table)
        tells = closed.to_tell(report, fetched, plan, table)
        report = checks.proven(report, proof, closed.closed_days(tells, earlier))
        wrong = closed.corrections(report, tells, earlier, table, settings.anomaly_min_impact)
        report = replace(report, replaces=closed.replaced(report, tells, earlier, table))
        report = replace(report, notes=(*report.notes, *keys.notes(unreadable)))
        costs_key = keys.COSTS.key(run_id=run_id)
        files.write_costs(store, costs_key, table.to_parquet())
    if proof.refusal:
        refused.record(store, run_id, plan.reading)
        raise errors.CostsIncomplete(checks.refusal(proof))
    kept.add(store, fetched.run, plan, coverage.read_whole(plan, missing, report.notes), costs)
    report_key = keys.REPORT_AGGREGATED.key(run_id=run_id)
    documents.write(store, keys.TO_TELL.key(run_id=run_id), tells)
    documents.write(store, report_key, replace(report, corrections=deliveries.not_posted(store, wrong)))
    return CostReport(
        run=fetched.run,
        report_key=report_key,
        costs_key=costs_key,
        currency=report.currency,
        total=report.totals.period,
        accounts_expected=report.coverage.accounts_expected,
        accounts_reported=report.coverage.accounts_reported,
        requests=report.cost_explorer.requests,
        bytes_scanned=report.export.bytes if report.export else 0,
        data_age_hours=summary.data_age_hours(report),
    )
