"""ResolveAccounts: freezes the period, lists the accounts and plans the batches."""

from __future__ import annotations

from finopsguard import errors
from finopsguard.accounts import selection
from finopsguard.config import PlanSettings
from finopsguard.costs import batches, periods
from finopsguard.models.messages import RunPlan, RunRequest
from finopsguard.ports import Clock, Organization, Store, raises
from finopsguard.store import covered, documents, keys


@raises(
    errors.FuturePeriod,
    errors.UnknownAccount,
    errors.UnknownOrganizationalUnit,
    errors.NoAccountsSelected,
    errors.TooManyBatches,
    errors.InvalidInput,
)
def run(
    request: RunRequest, *, organization: Organization, store: Store, settings: PlanSettings, clock: Clock
) -> RunPlan:
    """Plans the run and stores the account list; InvalidInput: a record of covered days cannot be read."""
    regular = periods.plan_run(request, settings, clock())
    before = covered.before(store, regular) if request.continues else None
    planned, about_days = periods.continued(regular, before)
    listed, notes = selection.list_accounts(organization, settings)
    roles = selection.roles_by_account(settings)
    selected = selection.select(listed, settings, organization, roles)
    grouped = batches.plan_batches(selected, roles, settings, planned)
    plan = RunPlan(
        run=planned,
        accounts_key=keys.ACCOUNTS.key(run_id=planned.run_id),
        accounts=len(selected),
        batches=grouped,
        max_concurrency=settings.max_concurrency,
        notes=(*notes, *about_days),
    )
    batches.refuse_if_too_many(plan)
    documents.write(store, plan.accounts_key, batches.with_batches(selected, grouped))
    return plan
