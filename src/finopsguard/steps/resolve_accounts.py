"""ResolveAccounts: freezes the period, lists the accounts and plans the batches."""

from __future__ import annotations

from finopsguard import errors
from finopsguard.channels import deliveries, standings
from finopsguard.config import PlanSettings
from finopsguard.costs import batches, budget, opinions, periods, reads
from finopsguard.models.messages import RunPlan, RunRequest
from finopsguard.models.run import AccountList
from finopsguard.ports import BudgetSource, Clock, CostSource, OpinionSource, Organization, Store, raises
from finopsguard.store import covered, documents, failed, keys
from finopsguard.telemetry import log_estimate, log_unreadable


@raises(
    errors.FuturePeriod,
    errors.UnknownAccount,
    errors.UnknownOrganizationalUnit,
    errors.NoAccountsSelected,
    errors.TooManyBatches,
    errors.BudgetExceeded,
    errors.InvalidInput,
)
def run(
    request: RunRequest,
    *,
    organization: Organization,
    costs: CostSource,
    limits: BudgetSource | None,
    opinion: OpinionSource | None,
    store: Store,
    settings: PlanSettings,
    clock: Clock,
) -> RunPlan:
    """Plans the run, stores the account list, and keeps it for the next run."""
    regular = periods.plan_run(request, settings, clock())
    before = covered.before(store, regular) if request.continues or request.force else covered.Before(None)
    planned, about = periods.planned(regular, before.days, request)
    missing = failed.notes(store, planned, before.days, periods.by(settings))
    if request.force:
        planned = deliveries.revise(store, planned)
    last_key = keys.LAST_ACCOUNTS.key(source=planned.source)
    last = documents.find_whole(store, last_key, AccountList)
    lost = (*before.unreadable, *([last_key] if last is None and store.exists(last_key) else []))
    found, to_read = reads.plan(
        planned, request, settings, last, organization=organization, costs=costs, store=store, now=clock()
    )
    log_unreadable((*lost, *to_read.unreadable))
    key = keys.ACCOUNTS.key(run_id=found.run.run_id)
    notes = (*found.notes, *about, *standings.notes(store, planned, clock()), *missing, *keys.notes(lost))
    batches.refuse_if_too_many(to_read.batches, len(found.accounts), settings.accounts_per_fetch)
    sizes = (len(found.accounts), batches.ids(to_read.batches), settings.max_concurrency)
    plan = RunPlan(found.run, key, *sizes, notes, *budget.estimate(to_read.batches, found.run.data_source))
    log_estimate(plan)
    accounts = reads.with_budgets(to_read, limits, organization, found, settings)
    documents.write(store, key, opinions.beside(accounts, opinion, found.run, store, settings))
    if found.last:
        documents.write(store, last_key, found.last)
    return plan
