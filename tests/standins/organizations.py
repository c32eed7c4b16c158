"""Organizations: accounts with State, Status and Paths, and the tree of organizational units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests import planted
from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn

ORGANIZATION = "o-standin0001"
ROOT = "r-st01"


@dataclass(frozen=True)
class AccountRecord:
    """An account, the organizational units (outermost first, without the root) that it is in, and its tags."""

    id: str
    name: str
    state: str = "ACTIVE"
    units: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class OrganizationsStandIn(JsonStandIn):
    """Answers the management account, and a delegated administrator in `administrators`.

    `in_use` False: no Organization. `send_state`, `send_status`, `send_paths`: which fields an account has.
    `empty_pages`: an empty page with a token comes before each page with accounts. `page_size` is AWS's largest, 20.
    """

    def __init__(self, sts: StsStandIn, management_account: str, accounts: Iterable[AccountRecord]) -> None:
        super().__init__()
        self._sts = sts
        self.management_account = management_account
        self.administrators: set[str] = set()
        self.accounts = list(accounts)
        self.units: dict[str, tuple[str, ...]] = {}
        for account in self.accounts:
            for depth in range(len(account.units)):
                self.add_unit(*account.units[: depth + 1])
        self.in_use = True
        self.send_state = True
        self.send_status = False
        self.send_paths = True
        self.empty_pages = False
        self.page_size = 20

    def add_unit(self, *path: str) -> None:
        """Adds the organizational unit at the end of `path`, which may hold no account."""
        self.units[path[-1]] = path

    def authenticate(self, access_key: str) -> str:
        account = self._sts.account_of(access_key)
        if not self.in_use:
            raise Refused(
                "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
            )
        if account != self.management_account and account not in self.administrators:
            raise Refused("AccessDeniedException", "You don't have permissions to access this resource.")
        return account

    def operations(self) -> Mapping[str, Any]:
        return {
            "ListAccounts": self._list_accounts,
            "ListAccountsForParent": self._list_accounts_for_parent,
            "ListRoots": self._list_roots,
            "ListParents": self._list_parents,
            "ListOrganizationalUnitsForParent": self._list_units_for_parent,
            "DescribeOrganizationalUnit": self._describe_unit,
            "ListTagsForResource": self._list_tags,
        }

    def _list_accounts(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        return self._page("Accounts", [self._account(account) for account in self.accounts], parameters)

    def _list_accounts_for_parent(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        path = self._path(parameters["ParentId"])
        inside = [self._account(account) for account in self.accounts if account.units == path]
        return self._page("Accounts", inside, parameters)

    def _list_roots(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        return self._page("Roots", [{"Id": ROOT, "Name": "Root", "PolicyTypes": []}], parameters)

    def _list_parents(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        child = parameters["ChildId"]
        paths = {account.id: account.units for account in self.accounts}
        paths.update({unit: path[:-1] for unit, path in self.units.items()})
        if child not in paths:
            raise Refused("ChildNotFoundException", f"You specified a child that doesn't exist: {child}")
        path = paths[child]
        parent = {"Id": path[-1], "Type": "ORGANIZATIONAL_UNIT"} if path else {"Id": ROOT, "Type": "ROOT"}
        return self._page("Parents", [parent], parameters)

    def _list_units_for_parent(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        parent = self._path(parameters["ParentId"])
        inside = [self._unit(path) for path in self.units.values() if path[:-1] == parent]
        return self._page("OrganizationalUnits", inside, parameters)

    def _describe_unit(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        unit = parameters["OrganizationalUnitId"]
        if unit not in self.units:
            raise Refused("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
        return {"OrganizationalUnit": self._unit(self.units[unit])}

    def _list_tags(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        resource = parameters["ResourceId"]
        found = next((account for account in self.accounts if account.id == resource), None)
        if found is None:
            raise Refused("TargetNotFoundException", "You specified a target that doesn't exist.")
        return self._page("Tags", [{"Key": key, "Value": found.tags[key]} for key in found.tags], parameters)

    def _path(self, parent: str) -> tuple[str, ...]:
        if parent == ROOT:
            return ()
        if parent not in self.units:
            raise Refused("ParentNotFoundException", "You specified a root or OU that doesn't exist.")
        return self.units[parent]

    def _account(self, account: AccountRecord) -> Mapping[str, Any]:
        arn = f"arn:aws:organizations::{self.management_account}:account/{ORGANIZATION}/{account.id}"
        answer: dict[str, Any] = {
            "Id": account.id,
            "Arn": arn,
            "Name": account.name,
            "Email": planted.address(f"aws+{account.id}"),
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": 1700000000.0,
        }
        if self.send_state:
            answer["State"] = account.state
        if self.send_status:
            answer["Status"] = "SUSPENDED" if account.state == "CLOSED" else account.state
        if self.send_paths:
            answer["Paths"] = ["/".join((ORGANIZATION, ROOT, *account.units, account.id, ""))]
        return answer

    def _unit(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        arn = f"arn:aws:organizations::{self.management_account}:ou/{ORGANIZATION}/{path[-1]}"
        return {
            "Id": path[-1],
            "Arn": arn,
            "Name": path[-1],
            "Path": "/".join((ORGANIZATION, ROOT, *path, "")),
        }

    def _page(self, key: str, items: Sequence[Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        size = min(parameters.get("MaxResults", self.page_size), self.page_size)
        kind, _, offset = parameters.get(
            "NextToken", f"{'empty' if self.empty_pages else 'full'}:0"
        ).partition(":")
        if kind not in ("empty", "full") or not offset.isdigit():
            raise Refused("InvalidInputException", "You specified an invalid value for NextToken.")
        start = int(offset)
        if kind == "empty":
            return {key: [], "NextToken": f"full:{start}"}
        end = start + size
        follow = "empty" if self.empty_pages else "full"
        more = {"NextToken": f"{follow}:{end}"} if end < len(items) else {}
        return {key: items[start:end], **more}
