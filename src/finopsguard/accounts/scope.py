"""Whom a report covers: the accounts that are listed and selected, and those that are billed and listed no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from finopsguard.accounts import listing as lists
from finopsguard.accounts import tags
from finopsguard.accounts.listing import Listing
from finopsguard.accounts.selection import covers_everything, roles_by_account, select
from finopsguard.accounts.tags import Tags
from finopsguard.config import SelectionSettings
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CostExplorerNotEnabled,
    CostExplorerRejected,
    RoleNotAssumable,
)
from finopsguard.models.costs import BilledAccount, BilledAccounts
from finopsguard.models.run import LEFT, AccountChanges, AccountList, Accounts, Run
from finopsguard.ports import CostSource, ListedAccount, Meter, Organization, unmetered


@dataclass(frozen=True)
class Scope:
    """The accounts of a report, and what its reader must know of them.

    `run` has its final id. `whole`: all that the Organization is billed is read, so its total can be proven. `outside`
    are on no bill of the Organization. `last` is what the next run compares with, None where nothing was listed.
    `presumed`: who left is what the last run knew, and nobody was asked who was billed. `tags` are of its accounts.
    """

    run: Run
    accounts: Sequence[ListedAccount]
    roles: Mapping[str, str]
    outside: tuple[str, ...]
    whole: bool
    notes: tuple[str, ...]
    changes: AccountChanges
    last: AccountList | None
    requests: int
    presumed: bool = False
    tags: Tags = tags.NONE


@dataclass(frozen=True)
class Chosen:
    """The accounts that are listed and selected. To know them costs nothing; who else was billed does.

    `whole`: all that the Organization is billed will be read.
    """

    listing: Listing
    selected: Sequence[ListedAccount]
    roles: Mapping[str, str]
    whole: bool
    tags: Tags = tags.NONE


def choose(organization: Organization, settings: SelectionSettings, last: AccountList | None) -> Chosen:
    """Lists and selects."""
    listing = lists.list_accounts(organization, settings, last)
    roles = roles_by_account(settings)
    selected = select(listing.accounts, settings, organization, roles)
    whole = listing.source in ("listed", "last_list") and covers_everything(settings)
    return Chosen(listing, selected, roles, whole)


def completed(
    chosen: Chosen, billed: BilledAccounts | None, run: Run, last: AccountList | None = None
) -> Scope:
    """The scope of a run on the accounts chosen, once it is known who was billed; None: Cost Explorer does not say.

    One that is the own account for want of a list has an id of its own: otherwise the right report, when access is
    back, would be taken for one that was delivered already; so its days do not count as covered either.
    """
    listing, roles = chosen.listing, chosen.roles
    known = {account.id for account in listing.accounts}
    outside = tuple(sorted(roles.keys() - known))
    left = [
        ListedAccount(account.id, account.name, LEFT, ())
        for account in (billed.accounts if billed else ())
        if account.id not in known and account.id not in roles
    ]
    partial = listing.source == "own_account"
    this_run = replace(run, run_id=f"{run.run_id}-partial", continues=False) if partial else run
    return Scope(
        run=this_run,
        accounts=sorted([*chosen.selected, *left], key=lambda account: account.id),
        roles=roles,
        outside=outside,
        whole=chosen.whole,
        notes=(*listing.notes, *chosen.tags.notes, *(() if billed else ("billed_accounts_unknown",))),
        changes=lists.changes(listing, last, run.first_id, left),
        last=chosen.tags.kept(_remembered(listing, last, run, left if billed and chosen.whole else None)),
        requests=billed.requests if billed else 0,
        tags=chosen.tags,
    )


def who_was_billed(
    costs: CostSource,
    chosen: Chosen,
    run: Run,
    earlier: Accounts | None = None,
    paid: Meter = unmetered,
) -> BilledAccounts | None:
    """Who was billed, or None where Cost Explorer refuses: that is no reason to report nothing.

    Nobody is asked where a part of the Organization is read. `earlier` is this report's plan where it was made before:
    to know who was billed is not paid for again.
    """
    if not chosen.whole:
        return BilledAccounts((), 0)
    if earlier and earlier.requests and not earlier.unasked:
        left = [BilledAccount(each.id, each.name) for each in earlier.accounts if each.state == LEFT]
        return BilledAccounts(left, earlier.requests)
    try:
        return costs.billed_accounts(run, paid)
    except (CostExplorerAccessDenied, CostExplorerNotEnabled, CostExplorerRejected, RoleNotAssumable):
        return None


def billed_before(
    chosen: Chosen, last: AccountList | None, earlier: Accounts | None
) -> BilledAccounts | None:
    """Who was billed as far as the last run knew; None where somebody else is to be expected."""
    left = lists.left_before(chosen.listing, last) if chosen.whole else None
    if left is None or (earlier and not earlier.unasked):
        return None
    return BilledAccounts(
        [BilledAccount(each.id, each.name) for each in left], earlier.requests if earlier else 0
    )


def _remembered(
    listing: Listing, last: AccountList | None, run: Run, left: Sequence[ListedAccount] | None
) -> AccountList | None:
    return lists.remembered(listing, last, run.first_id, left) if listing.source == "listed" else None
