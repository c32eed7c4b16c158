"""The Organization's account list, held to the last one that is known: a scope never shrinks in silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from finopsguard.accounts.selection import needs_organization
from finopsguard.config import SelectionSettings
from finopsguard.errors import OrganizationsAccessDenied, OrganizationsUnavailable
from finopsguard.models.run import AccountChanges, AccountList, KnownAccount, ListSource
from finopsguard.ports import ListedAccount, Organization

_NOTES: Mapping[ListSource, tuple[str, ...]] = {
    "listed": (),
    "last_list": ("accounts_from_last_list",),
    "own_account": ("organizations_access_denied",),
    "no_organization": ("organizations_not_in_use",),
}
_OPEN = "ACTIVE"


@dataclass(frozen=True)
class Listing:
    """The accounts that there are, and where their list is from."""

    accounts: Sequence[ListedAccount]
    source: ListSource

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know of the list."""
        return _NOTES[self.source]


def list_accounts(
    organization: Organization, settings: SelectionSettings, last: AccountList | None
) -> Listing:
    """The Organization's accounts; the last known ones where they may not be listed; else the own account alone.

    A list that lacks accounts of the last one is read a second time, and an account of either is an account. Without
    any list the report falls back to the own account, unless the settings need more: accounts or units that they name,
    a role or a billing view of the Organization. Raises OrganizationsUnavailable for a list without any account.
    """
    try:
        listed = organization.accounts()
    except OrganizationsAccessDenied:
        if last:
            return Listing([_listed(account) for account in last.accounts], "last_list")
        if needs_organization(settings):
            raise
        return _own_account(organization, "own_account")
    if listed is None:
        return _own_account(organization, "no_organization")
    if last and not {account.id for account in last.accounts} <= {account.id for account in listed}:
        again = organization.accounts() or []
        listed = list({account.id: account for account in (*listed, *again)}.values())
    if not listed:
        # The management account is always there.
        raise OrganizationsUnavailable("Organizations listed no account at all. Run again in some minutes.")
    return Listing(listed, "listed")


def changes(
    listing: Listing, last: AccountList | None, run_id: str, left: Iterable[ListedAccount]
) -> AccountChanges:
    """What became of the list since the last run that told it; a run that is run again tells the same."""
    billed = tuple(_named(account.id, account.name) for account in left)
    before = _before(last, run_id)
    if listing.source != "listed" or before is None:
        return AccountChanges(listing.source, left=billed)
    was = {account.id: account for account in before}
    now = {account.id: _known(account) for account in listing.accounts}
    both = [(was[each], now[each]) for each in sorted(was.keys() & now.keys())]
    return AccountChanges(
        source=listing.source,
        new=tuple(_named(each, now[each].name) for each in sorted(now.keys() - was.keys())),
        gone=tuple(_named(each, was[each].name) for each in sorted(was.keys() - now.keys())),
        renamed=tuple(
            f"{_named(new.id, new.name)} ({old.name})" for old, new in both if old.name != new.name
        ),
        moved=tuple(f"{_named(new.id, new.name)} ({old.ou})" for old, new in both if old.ou != new.ou),
        closed=tuple(
            f"{_named(new.id, new.name)} ({new.state})"
            for old, new in both
            if new.state not in (old.state, _OPEN)
        ),
        left=billed,
    )


def remembered(
    listing: Listing, last: AccountList | None, run_id: str, left: Sequence[ListedAccount] | None
) -> AccountList:
    """The list as the next run finds it, with those that are billed and not listed; None: that is not known."""
    return AccountList(
        run_id,
        tuple(_known(account) for account in listing.accounts),
        _before(last, run_id),
        None if left is None else tuple(_known(account) for account in left),
    )


def left_before(listing: Listing, last: AccountList | None) -> list[KnownAccount] | None:
    """Those that were billed and not listed the last time, and are not listed now.

    None where that does not say who left: an account is gone since, the list was refused, or it was not known.
    """
    if listing.source != "listed" or last is None or last.left is None:
        return None
    now = {account.id for account in listing.accounts}
    if not now.issuperset(account.id for account in last.accounts):
        return None
    return [account for account in last.left if account.id not in now]


def _before(last: AccountList | None, run_id: str) -> tuple[KnownAccount, ...] | None:
    if last is None:
        return None
    return last.before if last.run_id == run_id else last.accounts


def _own_account(organization: Organization, source: ListSource) -> Listing:
    own = organization.own_account()
    return Listing([ListedAccount(own, own, _OPEN, ())], source)


def _known(account: ListedAccount) -> KnownAccount:
    return KnownAccount(account.id, account.name, account.state, "/".join(account.ou_ids) or None)


def _listed(account: KnownAccount) -> ListedAccount:
    return ListedAccount(
        account.id, account.name, account.state, tuple(account.ou.split("/")) if account.ou else ()
    )


def _named(account_id: str, name: str) -> str:
    return account_id if name in ("", account_id) else f"{account_id} {name}"
