"""AggregateCosts: adds up what the batches brought and says how far the sums can be trusted."""

from __future__ import annotations

from finopsguard import errors
from finopsguard.config import AggregateSettings
from finopsguard.costs import coverage, summary
from finopsguard.costs.table import CostTable
from finopsguard.models.messages import CostReport, FetchedCosts
from finopsguard.models.run import Accounts
from finopsguard.ports import Store, raises
from finopsguard.store import documents, keys


@raises(errors.TooManyAccountsMissing, errors.MixedCurrencies)
def run(fetched: FetchedCosts, *, store: Store, settings: AggregateSettings) -> CostReport:
    """Writes the costs and the first stage of the report."""
    run_id = fetched.run.run_id
    accounts = documents.read(store, fetched.accounts_key, Accounts).accounts
    missing = coverage.missing_accounts(accounts, fetched.batches)
    coverage.refuse_if_too_many(missing, len(accounts), settings.max_missing_percent)
    read = [batch.key for batch in fetched.batches if batch.status == "ok" and batch.key]
    with CostTable(documents.read_all(store, read)) as table:
        report = summary.build_report(fetched, accounts, missing, table)
        costs_key = keys.COSTS.key(run_id=run_id)
        store.write(costs_key, table.to_parquet())
    report_key = keys.REPORT_AGGREGATED.key(run_id=run_id)
    documents.write(store, report_key, report)
    return CostReport(
        run=fetched.run,
        report_key=report_key,
        costs_key=costs_key,
        currency=report.currency,
        total=report.totals.period,
        accounts_expected=report.coverage.accounts_expected,
        accounts_reported=report.coverage.accounts_reported,
        requests=report.cost_explorer.requests,
        data_age_hours=summary.data_age_hours(report),
    )
