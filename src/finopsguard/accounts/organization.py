"""AWS Organizations and STS as ports.Organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from finopsguard.aws.errors import ORGANIZATIONS, STS, complete, translated
from finopsguard.ports import ListedAccount

if TYPE_CHECKING:
    from types_boto3_organizations import OrganizationsClient
    from types_boto3_organizations.type_defs import AccountTypeDef
    from types_boto3_sts import STSClient


class AwsOrganization:
    """Satisfies ports.Organization.

    `with_units`: the settings name organizational units, so each account's must be known. Organizations tells them
    with the accounts (`Paths`); where it does not, the units are walked from the roots, two requests for each.
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
                accounts = self._list()
                untold = any(not account.get("Paths") for account in accounts)
                units = dict(self._walk()) if self._with_units and untold else {}
        except self._organizations.exceptions.AWSOrganizationsNotInUseException:
            return None
        return [_listed(account, units) for account in accounts]

    def unit_exists(self, ou_id: str) -> bool:
        """See ports.Organization."""
        missing = self._organizations.exceptions
        try:
            with translated(ORGANIZATIONS):
                if ou_id.startswith("r-"):
                    return ou_id in self._roots()
                answer = self._organizations.describe_organizational_unit(OrganizationalUnitId=ou_id)
                return complete(answer, "OrganizationalUnit")["OrganizationalUnit"]["Id"] == ou_id
        except (missing.OrganizationalUnitNotFoundException, missing.AWSOrganizationsNotInUseException):
            return False

    def own_account(self) -> str:
        """See ports.Organization."""
        with translated(STS):
            return self._sts.get_caller_identity()["Account"]

    def _list(self) -> list[AccountTypeDef]:
        # The paginator goes on until there is no token, also past empty pages.
        pages = self._organizations.get_paginator("list_accounts").paginate()
        return [account for page in pages for account in complete(page, "Accounts")["Accounts"]]

    def _roots(self) -> list[str]:
        pages = self._organizations.get_paginator("list_roots").paginate()
        return [root["Id"] for page in pages for root in complete(page, "Roots")["Roots"]]

    def _walk(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yields every account's id with the ids of its root and units."""
        paths: list[tuple[str, ...]] = [(root,) for root in self._roots()]
        for path in paths:  # grows while it is walked
            for page in self._organizations.get_paginator("list_accounts_for_parent").paginate(
                ParentId=path[-1]
            ):
                yield from ((account["Id"], path) for account in complete(page, "Accounts")["Accounts"])
            units = self._organizations.get_paginator("list_organizational_units_for_parent")
            for below in units.paginate(ParentId=path[-1]):
                paths.extend(
                    (*path, unit["Id"])
                    for unit in complete(below, "OrganizationalUnits")["OrganizationalUnits"]
                )


def _listed(account: AccountTypeDef, units: Mapping[str, tuple[str, ...]]) -> ListedAccount:
    # `Status` was retired on 2026-09-09 in favour of `State`; emulators and older partitions still send it.
    state = account.get("State") or account.get("Status") or "ACTIVE"
    return ListedAccount(
        id=account["Id"],
        name=account.get("Name") or account["Id"],
        state=state,
        ou_ids=_units_in(account.get("Paths") or []) or units.get(account["Id"], ()),
    )


def _units_in(paths: list[str]) -> tuple[str, ...]:
    """Root and units of `o-exampleorgid/r-ab12/ou-ab12-cdefgh34/111122223333/`; an account has one path."""
    parts = paths[0].split("/") if paths else []
    return tuple(part for part in parts if part.startswith(("r-", "ou-")))
