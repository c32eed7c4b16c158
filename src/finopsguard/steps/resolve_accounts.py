"""ResolveAccounts: freezes the period, lists the accounts and plans the batches."""

from __future__ import annotations

from itertools import count

from finopsguard import errors
from finopsguard.accounts import scope
from finopsguard.config import PlanSettings
from finopsguard.costs import batches, periods
from finopsguard.models.messages import RunPlan, RunRequest
from finopsguard.models.run import AccountList, Accounts
from finopsguard.ports import Clock, CostSource, Organization, Store, raises
from finopsguard.store import documents, keys


@raises(
    errors.FuturePeriod,
    errors.UnknownAccount,
    errors.UnknownOrganizationalUnit,
    errors.NoAccountsSelected,
    errors.TooManyBatches,
)
def run(
    request: RunRequest,
    *,
    organization: Organization,
    costs: CostSource,
    store: Store,
    settings: PlanSettings,
    clock: Clock,
) -> RunPlan:
    """Plans the run, stores the account list, and keeps it for the next run."""
    planned = periods.plan_run(request, settings, clock())
    last_key = keys.LAST_ACCOUNTS.key(source=planned.data_source)
    last = documents.read(store, last_key, AccountList) if store.exists(last_key) else None
    found = scope.resolve(organization, costs, settings, planned, last)
    reading = _refused_readings(store, found.run.run_id)
    grouped = batches.plan_batches(
        found.accounts, found.roles, settings, found.run, control=found.whole, reading=reading
    )
    key = keys.ACCOUNTS.key(run_id=found.run.run_id)
    plan = RunPlan(found.run, key, len(found.accounts), grouped, settings.max_concurrency, found.notes)
    batches.refuse_if_too_many(plan)
    accounts = batches.with_batches(found.accounts, grouped)
    documents.write(store, key, Accounts(accounts, found.outside, reading, found.requests, found.changes))
    if found.last:
        documents.write(store, last_key, found.last)
    return plan


def _refused_readings(store: Store, run_id: str) -> int:
    """How many readings of this report were refused: after each, everything is read again."""
    return next(n for n in count() if not store.exists(keys.REFUSED.key(run_id=run_id, reading=str(n))))
