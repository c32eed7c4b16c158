"""AWS Organizations and STS as ports.Organization."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from finopsguard.aws import bounds
from finopsguard.aws.bounds import Pages
from finopsguard.aws.errors import ORGANIZATIONS, STS, complete, incomplete, texts, translated
from finopsguard.ports import ListedAccount

if TYPE_CHECKING:
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_organizations.type_defs import AccountTypeDef
    from types_boto3_sts import STSClient

_ACCOUNT = re.compile(r"[0-9]{12}")
LONGEST_ACCOUNT_NAME = 128
"""Characters of an account's name that are kept. AWS allows 50, and more would only push other things aside."""
LONGEST_TAG_VALUE = 256
"""Documented by AWS; a key has 128 characters at most, as many as are kept of a name."""
_TOO_MANY_PAGES = "Check AWS_ENDPOINT_URL; where it is right, report this with the number of accounts."


class AwsOrganization:
    """Satisfies ports.Organization.

    `with_units`: the settings name organizational units, so each account's must be known. Organizations tells them
    with the accounts (`Paths`); where it does not, the units are walked from the roots, two requests for each. A walk
    that does not meet every account is an incomplete reading.
    """

    def __init__(
        self, organizations: OrganizationsClient, sts: STSClient, *, with_units: bool = False
    ) -> None:
        self._organizations = organizations
        self._sts = sts
        self._with_units = with_units

    def accounts(self) -> list[ListedAccount] | None:
        """See ports.Organization."""
        try:
            with translated(ORGANIZATIONS):
                count = _pages()
                accounts = self._list(count)
                untold = any(not account.get("Paths") for account in accounts)
                if not (self._with_units and untold):
                    return [_listed(account, {}) for account in accounts]
                units = dict(self._walk(count))
                # Out of all units it would be out of a report of some: as if it were not in the Organization.
                if any(not account.get("Paths") and account["Id"] not in units for account in accounts):
                    raise incomplete("an account of the Organization in none of its units")
                return [_listed(account, units) for account in accounts]
        except self._organizations.exceptions.AWSOrganizationsNotInUseException:
            return None

    def unit_exists(self, ou_id: str) -> bool:
        """See ports.Organization."""
        missing = self._organizations.exceptions
        try:
            with translated(ORGANIZATIONS):
                if ou_id.startswith("r-"):
                    return ou_id in self._roots(_pages())
                answer = self._organizations.describe_organizational_unit(OrganizationalUnitId=ou_id)
                return complete(answer, "OrganizationalUnit")["OrganizationalUnit"].get("Id") == ou_id
        except (missing.OrganizationalUnitNotFoundException, missing.AWSOrganizationsNotInUseException):
            return False

    def own_account(self) -> str:
        """See ports.Organization."""
        with translated(STS):
            own = complete(self._sts.get_caller_identity(), "Account")["Account"]
            if not _ACCOUNT.fullmatch(own):
                raise incomplete("an account without its id")
            return own

    def tags(self, account_id: str) -> Mapping[str, str]:
        """See ports.Organization. An account that left while they were read has none."""
        missing, tags = self._organizations.exceptions, {}
        try:
            with translated(ORGANIZATIONS):
                pages = self._organizations.get_paginator("list_tags_for_resource").paginate(
                    ResourceId=account_id
                )
                count = Pages("The tags of an account", bounds.MOST_TAG_PAGES, _TOO_MANY_PAGES)
                for page in count.each(pages):
                    for tag in complete(page, "Tags")["Tags"]:
                        texts(complete(complete(tag, "Key"), "Value"), "Key", "Value")
                        tags[_kept(tag["Key"])] = _kept(tag["Value"], LONGEST_TAG_VALUE)
        except (missing.TargetNotFoundException, missing.AWSOrganizationsNotInUseException):
            return {}
        return tags

    def _list(self, count: Pages) -> list[AccountTypeDef]:
        return list(self._entries("list_accounts", "Accounts", count))

    def _roots(self, count: Pages) -> list[str]:
        return [root["Id"] for root in self._entries("list_roots", "Roots", count)]

    def _walk(self, count: Pages) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yields every account's id with the ids of its root and units."""
        paths: list[tuple[str, ...]] = [(root,) for root in self._roots(count)]
        for path in paths:  # grows while it is walked
            for account in self._entries("list_accounts_for_parent", "Accounts", count, ParentId=path[-1]):
                yield account["Id"], path
            units = "list_organizational_units_for_parent", "OrganizationalUnits"
            for unit in self._entries(*units, count, ParentId=path[-1]):
                if unit["Id"] in path:
                    raise incomplete("a unit that holds itself")
                paths.append((*path, unit["Id"]))

    def _entries(self, operation: Any, key: str, count: Pages, **asked: str) -> Iterator[Any]:
        """What all pages hold, each with its id.

        The paginator goes on until there is no token, also past empty pages; one that comes back it refuses.
        """
        for page in count.each(self._organizations.get_paginator(operation).paginate(**asked)):
            for entry in complete(page, key)[key]:
                yield texts(complete(entry, "Id"), "Id", "Name", "State", "Status", "Arn")


def _listed(account: AccountTypeDef, units: Mapping[str, tuple[str, ...]]) -> ListedAccount:
    # `Status` was retired on 2026-09-09 in favour of `State`; emulators and older partitions still send it.
    state = account.get("State") or account.get("Status") or "ACTIVE"
    if not _ACCOUNT.fullmatch(account["Id"]):
        raise incomplete("an account without its id")
    return ListedAccount(
        id=account["Id"],
        name=_kept(account.get("Name") or account["Id"]),
        state=state,
        ou_ids=_units_in(account.get("Paths") or []) or units.get(account["Id"], ()),
        manages=f"::{account['Id']}:" in account.get("Arn", ""),
    )


def _kept(text: str, longest: int = LONGEST_ACCOUNT_NAME) -> str:
    """The text as it can be stored: half of a pair of surrogates, which JSON can hold, no file can."""
    return text.encode("utf-8", "replace").decode()[:longest]


def _pages() -> Pages:
    return Pages("Organizations' list of accounts", bounds.MOST_LIST_PAGES, _TOO_MANY_PAGES)


def _units_in(paths: list[str]) -> tuple[str, ...]:
    """Root and units of `o-exampleorgid/r-ab12/ou-ab12-cdefgh34/111122223333/`; an account has one path."""
    parts = str(paths[0]).split("/") if paths else []
    return tuple(part for part in parts if part.startswith(("r-", "ou-")))
