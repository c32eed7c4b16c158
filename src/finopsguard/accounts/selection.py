"""Which accounts a report covers: those of the Organization, less what the settings exclude, and those outside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from finopsguard.config import RoleSettings, SelectionSettings
from finopsguard.errors import (
    NoAccountsSelected,
    UnknownAccount,
    UnknownOrganizationalUnit,
)
from finopsguard.ports import ListedAccount, Organization


def needs_organization(settings: SelectionSettings) -> bool:
    """True if a report on the own account alone would not be what the settings ask for."""
    return bool(
        settings.include_accounts
        or settings.include_ous
        or settings.exclude_ous
        or settings.organization_role_arn
        or settings.billing_view_arn
    )


def covers_everything(settings: SelectionSettings) -> bool:
    """True if the settings select no part of the Organization."""
    return not (
        settings.include_accounts or settings.exclude_accounts or settings.include_ous or settings.exclude_ous
    )


def roles_by_account(settings: RoleSettings) -> dict[str, str]:
    """The role that reads each account outside the Organization, by account id."""
    role_arns = settings.account_role_arns
    if settings.use_mock_data:
        from finopsguard.accounts.mock import OUTSIDE_ACCOUNT_ROLE_ARN

        role_arns = (*role_arns, OUTSIDE_ACCOUNT_ROLE_ARN)
    return {arn.split(":")[4]: arn for arn in role_arns}


def select(
    listed: Sequence[ListedAccount],
    settings: SelectionSettings,
    organization: Organization,
    outside: Iterable[str],
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
