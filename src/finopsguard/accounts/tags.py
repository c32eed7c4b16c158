"""The tags of accounts that the settings name: of budgets by tag, and of owners.

Organizations tells them of one account at a time, so they are kept with the account list: what was read within a day
is not read again, and of older ones the oldest are. An account that was never read comes first. Where they may not be
read, or take too long, those that are known are used, the report says so, and the next one reads on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from finopsguard.accounts.listing import Listing
from finopsguard.config import TagSettings
from finopsguard.errors import AnswerTooLong, OrganizationsAccessDenied, OrganizationsUnavailable
from finopsguard.models.budget import tag_of
from finopsguard.models.run import AccountList, KnownTags
from finopsguard.ports import ListedAccount, Organization

FRESH = timedelta(hours=20)
"""A report comes daily, now and then an hour or two early."""
MOST_AGAIN = 100
"""Accounts whose tags are read once more in a report: of 1,000 each has its turn within ten days."""
MOST_TAG_SECONDS = 40.0
"""Of the two minutes that ResolveAccounts has."""
_HOST = re.compile(r"(?<=[^\s@])@[^\s@,;<>()]+")
"""An address tells more of a person than whose an account is: neither kept nor shown where no budget needs it."""
DENIED, UNREAD = "account_tags_denied", "account_tags_unread"


@dataclass(frozen=True)
class Tags:
    """What is known of the tags that were asked for as `keys`, by account; `owner` is the key of an account's owner.

    `members` are in the Organization: only they have tags that can be read.
    """

    keys: tuple[str, ...] = ()
    owner: str | None = None
    known: Mapping[str, KnownTags] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def of(self, account: ListedAccount) -> Mapping[str, str] | None:
        """An account's tags; None where they are not known. One that left the Organization has those that it had."""
        found = self.known.get(account.id)
        if found or not self.keys:
            return found.values if found else None
        return None if account.id in self.members else {}

    def owner_of(self, account: ListedAccount) -> str | None:
        """Who an account belongs to, as its tag says, without the host of an e-mail address."""
        said = (self.of(account) or {}).get(self.owner or "", "")
        return _HOST.sub("", said).strip() or None

    def kept(self, listed: AccountList | None) -> AccountList | None:
        """The account list with the tags of its accounts, as the next run finds them."""
        if listed is None:
            return None
        ids = {account.id for account in (*listed.accounts, *(listed.left or ()))}
        known = {each: tags for each, tags in self.known.items() if each in ids}
        return replace(listed, tag_keys=self.keys, tags=known)


NONE = Tags()


def read(
    organization: Organization,
    listing: Listing,
    selected: Sequence[ListedAccount],
    settings: TagSettings,
    last: AccountList | None,
    now: datetime,
    timer: Callable[[], float] = time.monotonic,
) -> Tags:
    """The tags of the selected accounts; nothing is asked where no setting names a tag, or nothing was listed.

    Raises RoleNotAssumable, CredentialsMissing and InvalidConfiguration, as the list does.
    """
    budgeted = {tag[0] for scope in settings.budgets if (tag := tag_of(scope))}
    of_owners = {settings.owner_tag} - budgeted if settings.owner_tag else set()
    # The value of an owner's tag is not kept whole: another setting that names the same key has it read anew.
    keys = tuple(sorted({*budgeted, *(f"owner={key}" for key in of_owners)}))
    before = last.tags if last and set(keys) <= set(last.tag_keys) else {}
    members = frozenset(account.id for account in listing.accounts)
    made = Tags(keys, settings.owner_tag, before, members)
    if not keys or listing.source in ("last_list", "own_account"):
        return replace(made, notes=(DENIED,)) if keys else NONE
    never, again = _due([account.id for account in selected if account.id in members], before, now)

    def kept(tags: Mapping[str, str]) -> dict[str, str]:
        whole = {key: tags[key] for key in budgeted if key in tags}
        return {**whole, **{key: _HOST.sub("", tags[key]) for key in of_owners if key in tags}}

    found, notes = _asked(organization, (*never, *again), kept, now, timer)
    unknown = any(account not in found for account in never)
    return replace(made, known={**before, **found}, notes=notes or ((UNREAD,) if unknown else ()))


class _Due(NamedTuple):
    never: Sequence[str]
    again: Sequence[str]


def _due(accounts: Sequence[str], before: Mapping[str, KnownTags], now: datetime) -> _Due:
    never = [each for each in accounts if each not in before]
    old = [each for each in accounts if each in before and now - before[each].read >= FRESH]
    return _Due(never, sorted(old, key=lambda each: before[each].read)[:MOST_AGAIN])


def _asked(
    organization: Organization,
    accounts: Sequence[str],
    kept: Callable[[Mapping[str, str]], Mapping[str, str]],
    now: datetime,
    timer: Callable[[], float],
) -> tuple[dict[str, KnownTags], tuple[str, ...]]:
    """What is answered within the time, and the note of a refusal."""
    found: dict[str, KnownTags] = {}
    began = timer()
    try:
        for account in accounts:
            if timer() - began > MOST_TAG_SECONDS:
                break
            found[account] = KnownTags(now, kept(organization.tags(account)))
    except OrganizationsAccessDenied:
        return found, (DENIED,)
    except (OrganizationsUnavailable, AnswerTooLong):
        return found, (UNREAD,)
    return found, ()
