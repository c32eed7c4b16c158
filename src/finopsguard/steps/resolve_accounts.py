"""ResolveAccounts: freezes the period, lists the accounts and plans the batches.

All that follows derives from the scheduled time, never from the clock: a re-run tomorrow reports the same period.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from finopsguard import contracts
from finopsguard.config import Settings
from finopsguard.errors import (
    FuturePeriod,
    NoAccountsSelected,
    OrganizationsAccessDenied,
    TooManyBatches,
    UnknownAccount,
    UnknownOrganizationalUnit,
)
from finopsguard.models.messages import RunPlan, RunRequest
from finopsguard.models.run import Account, Accounts, Batch, Period, ReportName, Run
from finopsguard.ports import ListedAccount, Organization
from finopsguard.store import keys
from finopsguard.wiring import Adapters

PERIOD_DAYS: dict[ReportName, int] = {"daily": 1, "weekly": 7}

# A Map of more iterations could not return its results in one 256 KiB payload, and the plan itself must leave room for
# the failure record that a Catcher adds (tests/workflow measures both).
MAX_BATCHES = 800
MAX_PLAN_BYTES = 200_000


def run(request: RunRequest, adapters: Adapters) -> RunPlan:
    """Plans the run.

    Raises FuturePeriod, UnknownAccount, UnknownOrganizationalUnit, NoAccountsSelected, TooManyBatches, and what
    ports.Organization and ports.Store raise.
    """
    settings = adapters.settings
    period = report_period(request.report, request.scheduled_time, settings.time_zone)
    if period.end > adapters.clock().astimezone(UTC).date():
        raise FuturePeriod(
            f"The period {period.start} to {period.end} is not over. Use a scheduled time that is not in the future."
        )
    this_run = _run(request, settings, period)
    listed, notes = list_accounts(adapters.organization, settings)
    roles = roles_by_account(settings)
    selected = select(listed, settings, adapters.organization, roles)
    batches = plan_batches(selected, roles, settings, this_run)
    batch_of = {account: batch.id for batch in batches for account in batch.accounts}
    plan = RunPlan(
        run=this_run,
        accounts_key=keys.accounts_key(this_run.run_id),
        accounts=len(selected),
        batches=batches,
        max_concurrency=settings.max_concurrency,
        notes=notes,
    )
    _check_size(plan)
    accounts = tuple(
        Account(each.id, each.name, each.state, "/".join(each.ou_ids) or None, batch_of[each.id])
        for each in selected
    )
    adapters.store.write(plan.accounts_key, contracts.encode(contracts.to_json(Accounts(accounts))))
    return plan


def report_period(report: ReportName, scheduled_time: datetime, time_zone: str) -> Period:
    """The last complete day (daily) or the last seven (weekly) at the scheduled time.

    A day must be over for the customer and over in UTC, where Cost Explorer's days end.
    """
    local = scheduled_time.astimezone(ZoneInfo(time_zone)).date()
    end = min(local, scheduled_time.astimezone(UTC).date())
    return Period(end - timedelta(days=PERIOD_DAYS[report]), end)


def list_accounts(
    organization: Organization, settings: Settings
) -> tuple[list[ListedAccount], tuple[str, ...]]:
    """The Organization's accounts, or the own account alone, and the notes that say why.

    Without the right to list accounts the report falls back to the own account, unless the settings need more: accounts
    or units that they name, a role or a billing view of the Organization.
    """
    try:
        listed = organization.accounts()
        note = "organizations_not_in_use"
    except OrganizationsAccessDenied:
        if needs_organization(settings):
            raise
        listed, note = None, "organizations_access_denied"
    if listed is not None:
        return listed, ()
    own = organization.own_account()
    return [ListedAccount(own, own, "ACTIVE", ())], (note,)


def needs_organization(settings: Settings) -> bool:
    """True if a report on the own account alone would not be what the settings ask for."""
    return bool(
        settings.include_accounts
        or settings.include_ous
        or settings.exclude_ous
        or settings.organization_role_arn
        or settings.billing_view_arn
    )


def roles_by_account(settings: Settings) -> dict[str, str]:
    """The role that reads each account outside the Organization, by account id."""
    role_arns = settings.account_role_arns
    if settings.use_mock_data:
        from finopsguard.costs.sources.mock import OUTSIDE_ACCOUNT_ROLE_ARN

        role_arns = (*role_arns, OUTSIDE_ACCOUNT_ROLE_ARN)
    return {arn.split(":")[4]: arn for arn in role_arns}


def select(
    listed: Sequence[ListedAccount], settings: Settings, organization: Organization, outside: Iterable[str]
) -> list[ListedAccount]:
    """The accounts to report on, by id: those included (all, if nothing is), without those excluded.

    An id or unit that does not exist is an error: a slip of the pen must not change the report in silence. Only an
    excluded account may be gone, for then it is excluded anyway.
    """
    known = {account.id: account for account in listed}
    for account_id in outside:
        known.setdefault(account_id, ListedAccount(account_id, account_id, "ACTIVE", ()))
    for account_id in settings.include_accounts:
        if account_id not in known:
            raise UnknownAccount(
                f"Account {account_id} of FINOPSGUARD_INCLUDE_ACCOUNTS is not in the Organization."
                " Correct the list, or give its role in FINOPSGUARD_ACCOUNT_ROLE_ARNS."
            )
    units = {unit for account in listed for unit in account.ou_ids}
    for unit in (*settings.include_ous, *settings.exclude_ous):
        if unit not in units and not organization.unit_exists(unit):
            raise UnknownOrganizationalUnit(
                f"Organizational unit {unit} is not in the Organization."
                " Correct FINOPSGUARD_INCLUDE_OUS or FINOPSGUARD_EXCLUDE_OUS."
            )
    everything = not settings.include_accounts and not settings.include_ous
    selected = [
        account
        for account in known.values()
        if (
            everything
            or account.id in settings.include_accounts
            or not set(settings.include_ous).isdisjoint(account.ou_ids)
        )
        and account.id not in settings.exclude_accounts
        and set(settings.exclude_ous).isdisjoint(account.ou_ids)
    ]
    if not selected:
        raise NoAccountsSelected(
            "No account is left to report on. Check the FINOPSGUARD_INCLUDE_* and FINOPSGUARD_EXCLUDE_* settings."
        )
    return sorted(selected, key=lambda account: account.id)


def plan_batches(
    accounts: Sequence[ListedAccount], roles: dict[str, str], settings: Settings, this_run: Run
) -> tuple[Batch, ...]:
    """Batches of at most FINOPSGUARD_ACCOUNTS_PER_FETCH accounts; an account with a role of its own is alone."""
    together = [account.id for account in accounts if account.id not in roles]
    size = settings.accounts_per_fetch
    planned = [Batch("", tuple(together[first : first + size])) for first in range(0, len(together), size)]
    planned += [Batch("", (account.id,), roles[account.id]) for account in accounts if account.id in roles]
    return tuple(
        replace(batch, id=f"{number:04d}-{_fingerprint(batch, settings, this_run)}")
        for number, batch in enumerate(planned, start=1)
    )


def _fingerprint(batch: Batch, settings: Settings, this_run: Run) -> str:
    """Changes with whatever changes a batch's costs: costs in the store never answer another question."""
    question = (
        batch.accounts,
        batch.role_arn,
        settings.organization_role_arn,
        settings.billing_view_arn,
        this_run.cost_metric,
        str(this_run.window),
    )
    return hashlib.sha256(repr(question).encode()).hexdigest()[:8]


def _run(request: RunRequest, settings: Settings, period: Period) -> Run:
    length = timedelta(days=period.days)
    source = "-mock" if settings.use_mock_data else ""
    history_start: date = period.end - timedelta(days=settings.history_days)
    return Run(
        run_id=f"{request.report}-{period.start}{source}",
        report=request.report,
        scheduled_time=request.scheduled_time,
        period=period,
        previous_period=Period(period.start - length, period.start),
        history_start=history_start,
        time_zone=settings.time_zone,
        language=settings.language,
        cost_metric=settings.cost_metric,
        data_source="mock" if settings.use_mock_data else "cost_explorer",
        execution=request.execution,
    )


def _check_size(plan: RunPlan) -> None:
    size = len(contracts.encode(contracts.converter().unstructure(plan)))
    if len(plan.batches) > MAX_BATCHES or size > MAX_PLAN_BYTES:
        raise TooManyBatches(
            f"{plan.accounts} accounts in {len(plan.batches)} batches are more than one execution can carry"
            f" ({MAX_BATCHES} batches, {MAX_PLAN_BYTES} bytes). Raise FINOPSGUARD_ACCOUNTS_PER_FETCH, or deploy one"
            " stack per organizational unit with FINOPSGUARD_INCLUDE_OUS."
        )
