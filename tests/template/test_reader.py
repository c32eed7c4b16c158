"""The role of deploy/organization-role.yaml reads what is read through it, for the stack of its name and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.template import iam, permissions, reader
from tests.template.iam import Call

TRUSTING = f"arn:aws:iam::{iam.ACCOUNT}:root"
# Who asks Cost Explorer or Organizations through a role.
READING = {"ResolveAccounts", "FetchCosts", "ExplainAnomalies"}


def may_assume(
    principal: str, parameters: dict[str, str] | None = None, external_id: str = reader.EXTERNAL_ID
) -> bool:
    context = {"aws:PrincipalArn": principal, "sts:ExternalId": external_id}
    trust = reader.trust({**reader.TRUSTED, **(parameters or {})})
    return iam.says("Allow", trust, Call("sts:AssumeRole", TRUSTING, context))


def role(name: str, account: str = iam.ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


@pytest.mark.parametrize("step", sorted(each.removesuffix("Role") for each in iam.roles()))
def test_it_is_assumed_by_the_functions_that_read_and_by_no_other(step: str) -> None:
    assert may_assume(role(f"finops-guard-{step}Role-1A2B3C")) == (step in READING)


def test_a_stack_that_is_made_anew_still_may_and_one_of_another_name_or_account_may_not() -> None:
    assert may_assume(role("finops-guard-FetchCostsRole-NEW"))
    assert not may_assume(role("other-FetchCostsRole-1A2B3C"))
    assert may_assume(role("other-FetchCostsRole-1A2B3C"), {"StackName": "other"})
    assert not may_assume(role("finops-guard-FetchCostsRole-1A2B3C", account="999988887777"))


@pytest.mark.parametrize("external_id", ["", "another"])
def test_without_the_external_id_nobody_may(external_id: str) -> None:
    assert not may_assume(role("finops-guard-FetchCostsRole-1A2B3C"), external_id=external_id)


def test_a_container_may_where_its_role_is_named() -> None:
    task = role("finops-guard-task-TaskRole-1A2B3C")
    assert not may_assume(task)
    assert may_assume(task, {"TaskRole": "finops-guard-task-TaskRole-*"})
    assert not may_assume(role("finops-guard-task-other"), {"TaskRole": "finops-guard-task-TaskRole-*"})


def test_an_account_of_its_own_lists_nobody_and_is_not_asked_who_was_billed() -> None:
    assert reader.actions(reader.WORLDS["account"]) == {"ce:GetCostAndUsage"}
    assert not may_assume(role("finops-guard-ResolveAccountsRole-1A2B3C"), {"Reads": "account"})


def test_costs_are_read_through_the_view_alone_where_there_is_one() -> None:
    of_costs = [
        each
        for each in reader.statements(reader.WORLDS["organization, with `BillingViewArn`"])
        if str(each["Action"]).partition(":")[0].strip("['") != "organizations"
    ]
    assert {str(each["Resource"]) for each in of_costs} == {reader.VIEW}
    assert "billing:GetBillingViewData" in {each["Action"] for each in of_costs}


def test_it_reads_and_changes_nothing() -> None:
    verbs = {action.partition(":")[2] for action in reader.all_actions()}
    assert [
        verb for verb in verbs if not verb.startswith(("Get", "List", "Describe", "Lookup", "View"))
    ] == []


def test_a_role_for_the_trail_reads_no_costs_and_is_assumed_by_one_function() -> None:
    assert reader.actions(reader.WORLDS["trail"]) == {"cloudtrail:LookupEvents"}
    asking = {each.removesuffix("Role") for each in iam.roles()}
    may = {step for step in asking if may_assume(role(f"finops-guard-{step}Role-1"), {"Reads": "trail"})}
    assert may == {"ExplainAnomalies"}


def test_the_page_about_permissions_shows_it() -> None:
    page = Path(permissions.PAGE).read_text("utf-8")
    assert permissions.with_reader(page) == page, "run `python -m tests.template.permissions`"
