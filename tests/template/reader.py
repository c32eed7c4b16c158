"""deploy/organization-role.yaml, the role that is assumed in other accounts: what it may do, and who may assume it.

docs/permissions.md shows the same; `python -m tests.template.permissions` writes it there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.template import iam, stack

FILE = stack.ROOT / "deploy" / "organization-role.yaml"
EXTERNAL_ID = "customer-17-x"
TRUSTED: Mapping[str, str] = {"ToolingAccountId": iam.ACCOUNT, "ExternalId": EXTERNAL_ID}
VIEW = "arn:aws:billing::222233334444:billingview/custom-1"
WORLDS: Mapping[str, Mapping[str, str]] = {
    "organization": TRUSTED,
    "account": {**TRUSTED, "Reads": "account"},
    "trail": {**TRUSTED, "Reads": "trail"},
    "organization, with `BillingViewArn`": {**TRUSTED, "BillingViewArn": VIEW},
    "organization, with `SecondOpinion`": {**TRUSTED, "SecondOpinion": "true"},
    "organization, with `AwsBudgets`": {**TRUSTED, "AwsBudgets": "true"},
    "either, with `Resources`": {**TRUSTED, "Reads": "account", "Resources": "true"},
}
_ROLES = {
    "organization": "`OrganizationRoleArn`",
    "account": "each of `AccountRoleArns`",
    "trail": "`TrailRole`",
}


@cache
def _template() -> dict[str, Any]:
    return stack.loaded(FILE)


def statements(parameters: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The role's statements."""
    (policy,) = _properties(parameters)["Policies"]
    found: list[Mapping[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def trust(parameters: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Who may assume the role, each statement with the account as its resource, as `iam.says` wants one."""
    found = _properties(parameters)["AssumeRolePolicyDocument"]["Statement"]
    return [{**each, "Resource": each["Principal"]["AWS"]} for each in found]


def actions(parameters: Mapping[str, str]) -> frozenset[str]:
    """All that the role may do."""
    return frozenset(
        str(action) for each in statements(parameters) for action in stack.as_list(each["Action"])
    )


@cache
def all_actions() -> frozenset[str]:
    """All that it may do in one of the worlds."""
    return frozenset().union(*map(actions, WORLDS.values()))


def rows() -> Iterator[str]:
    """A line for each world, and for each statement of it."""
    yield "| `Reads` | Role | Permission | Resource |"
    yield "|---|---|---|---|"
    for world, parameters in WORLDS.items():
        role = _ROLES[parameters.get("Reads", "organization")]
        for each in statements(parameters):
            permission = ", ".join(f"`{action}`" for action in stack.as_list(each["Action"]))
            resource = ", ".join(f"`{_plain(one)}`" for one in stack.as_list(each["Resource"]))
            yield f"| {world} | {role} | {permission} | {resource} |"


def _plain(arn: str) -> str:
    return arn.replace(VIEW, "BillingViewArn").replace(f":{iam.ACCOUNT}:", ":AccountId:")


def _properties(parameters: Mapping[str, str]) -> Mapping[str, Any]:
    role = _template()["Resources"]["Reader"]["Properties"]
    found: Mapping[str, Any] = iam.resolved(role, parameters, _template())
    return found
