"""What each role may do: no more than its step needs. docs/permissions.md shows the same to people."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.store import keys
from tests.template import permissions, stack

STEPS = sorted(stack.functions())
ROLES = sorted(stack.resources("AWS::IAM::Role"))

# A billing view is the one resource that Cost Explorer knows, and a request need not name one.
RESOURCE_IS_OPTIONAL = {
    *("ce:GetCostAndUsage", "ce:GetCostAndUsageWithResources", "ce:GetDimensionValues"),
    "ce:GetAnomalies",  # of one monitor, or of all
}


def actions(statement: dict[str, Any]) -> list[str]:
    return [str(action) for action in stack.as_list(statement["Action"])]


def needs_all_resources(action: str) -> bool:
    """True if AWS knows no resource for the action; fails on an action that there is not."""
    service, _, name = action.partition(":")
    known = {key.lower(): value for key, value in reference()[service]["Actions"].items()}
    return not known[name.lower()].get("Resources")


@cache
def reference() -> dict[str, Any]:
    """cfn-lint's copy of AWS's Service Authorization Reference."""
    text = (resources.files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.mark.parametrize("role", ROLES)
def test_a_role_names_its_actions_and_its_resources(role: str) -> None:
    for statement in stack.statements(role):
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions(statement) if "*" in action]
        if "*" in stack.as_list(statement["Resource"]):
            excess = [
                action
                for action in actions(statement)
                if not needs_all_resources(action) and action not in RESOURCE_IS_OPTIONAL
            ]
            assert not excess, "these actions take a resource: name it"


def test_cost_explorer_is_held_to_the_billing_view_where_there_is_one() -> None:
    held = {
        statement["If"]: statement["Resource"]
        for statement in stack.statements("FetchCostsRole")
        if "ce:GetCostAndUsage" in actions(statement)
    }
    assert held == {
        "not HasOrganizationRole and HasBillingView": {"Ref": "BillingViewArn"},
        "not HasOrganizationRole and not HasBillingView": "*",
    }


@pytest.mark.parametrize("step", STEPS)
def test_a_function_writes_to_its_own_log_only(step: str) -> None:
    logs = [
        each
        for each in stack.statements(f"{step}Role")
        if any(it.startswith("logs:") for it in actions(each))
    ]
    assert [statement["Resource"] for statement in logs] == [{"Fn::GetAtt": [f"{step}Logs", "Arn"]}]


def test_only_who_posts_reads_the_webhook() -> None:
    readers = {
        role
        for role in ROLES
        for statement in stack.statements(role)
        if {"Ref": "TeamsWebhookSecretArn"} in stack.as_list(statement["Resource"])
        or {"Ref": "WebhookSecretKeyArn"} in stack.as_list(statement["Resource"])
    }
    assert readers == {
        f"{step}Role" for step in STEPS if "TEAMS_WEBHOOK_SECRET_ARN" in stack.variables_declared_by(step)
    }
    assert readers == {"PostToTeamsRole", "NotifyFailureRole"}


def test_secrets_are_the_webhooks_and_the_key_of_the_links() -> None:
    read = {
        (role, json.dumps(resource), statement.get("If"))
        for role in ROLES
        for statement in stack.statements(role)
        if "secretsmanager:GetSecretValue" in actions(statement)
        for resource in stack.as_list(statement["Resource"])
    }
    webhook, key = '{"Ref": "TeamsWebhookSecretArn"}', '{"Ref": "VerdictKey"}'
    assert read == {
        ("PostToTeamsRole", webhook, "HasWebhookSecret"),
        ("PostToTeamsRole", '{"Fn::Split": [",", {"Ref": "RouteSecretArns"}]}', "HasRouteSecrets"),
        ("NotifyFailureRole", webhook, "HasWebhookSecret"),
        ("BuildCardRole", key, "HasVerdictLinks"),
        ("TakeVerdictRole", key, None),
    }


def test_what_a_url_calls_writes_verdicts_and_nothing_else() -> None:
    written = [
        (statement["Resource"], statement.get("If"))
        for statement in stack.statements("TakeVerdictRole")
        if "s3:PutObject" in actions(statement)
    ]
    assert written == [({"Fn::Sub": "arn:${AWS::Partition}:s3:::${Store.Value}/verdicts/*/*.json"}, None)]
    assert keys.VERDICT.writers == ("TakeVerdict",)
    assert [kind for kind in keys.TABLE if "TakeVerdict" in kind.writers] == [keys.VERDICT]
    assert [kind for kind in keys.TABLE if "TakeVerdict" in kind.readers] == [keys.INCIDENTS, keys.VERDICT]
    others = {
        action
        for statement in stack.statements("TakeVerdictRole")
        for action in actions(statement)
        if not action.startswith(("s3:", "logs:", "xray:", "kms:", "ec2:"))
    }
    assert others == {"secretsmanager:GetSecretValue"}


def test_roles_are_assumed_only_where_the_settings_name_them() -> None:
    assumed = {
        (role, json.dumps(statement["Resource"]), statement.get("If"))
        for role in ROLES
        for statement in stack.statements(role)
        if "sts:AssumeRole" in actions(statement)
    }
    organization = ('{"Ref": "OrganizationRoleArn"}', "HasOrganizationRole")
    accounts = ('{"Fn::Split": [",", {"Ref": "AccountRoleArns"}]}', "HasAccountRoles")
    trail = ('{"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${TrailRole}"}', "HasTrailRole")
    assert assumed == {
        ("ResolveAccountsRole", *organization),
        ("FetchCostsRole", *organization),
        ("FetchCostsRole", *accounts),
        ("ExplainAnomaliesRole", *organization),
        ("ExplainAnomaliesRole", *accounts),
        ("ExplainAnomaliesRole", *trail),
    }


def test_the_state_machine_calls_its_functions_and_no_other() -> None:
    (invoke,) = (
        each for each in stack.statements("StateMachineRole") if "lambda:InvokeFunction" in actions(each)
    )
    assert invoke["Resource"] == [{"Fn::GetAtt": [f"{step}Function", "Arn"]} for step in stack.tasks()]
    assert actions(invoke) == ["lambda:InvokeFunction"]


def test_hold_for_redrive_asks_about_this_state_machines_executions() -> None:
    (ask,) = (
        each for each in stack.statements("HoldForRedriveRole") if "states:DescribeExecution" in actions(each)
    )
    (pattern,) = (resource["Fn::Sub"] for resource in stack.as_list(ask["Resource"]))
    assert pattern.endswith(":execution:${AWS::StackName}:*")


def test_a_role_trusts_one_service() -> None:
    trusted = {
        role: [each["Principal"] for each in properties["AssumeRolePolicyDocument"]["Statement"]]
        for role, properties in stack.resources("AWS::IAM::Role").items()
    }
    expected = {f"{step}Role": "lambda" for step in STEPS}
    expected |= {"StateMachineRole": "states", "ScheduleRole": "scheduler"}
    assert trusted == {role: [{"Service": f"{service}.amazonaws.com"}] for role, service in expected.items()}


def test_the_table_for_people_says_what_the_template_says() -> None:
    page = Path(permissions.PAGE).read_text("utf-8")
    assert permissions.filled_in(page) == page, "run `python -m tests.template.permissions`"


def test_the_table_of_keys_for_people_is_the_table_of_keys() -> None:
    page = Path(permissions.STORE_PAGE).read_text("utf-8")
    assert permissions.with_keys(page) == page, "run `python -m tests.template.permissions`"


@pytest.mark.parametrize("kind", keys.TABLE, ids=lambda kind: kind.pattern)
def test_a_json_document_has_a_schema(kind: keys.Kind) -> None:
    """Cards are Microsoft's format, which tests/unit/channels/teams checks; all other JSON is a contract of ours."""
    if kind.schema is not None:
        assert contracts.load_schema(kind.schema)["$schema"]
    elif kind.pattern.endswith(".json"):
        assert kind in CARDS, f"{kind.pattern} is JSON and has no schema"


CARDS = (keys.MESSAGE, keys.CORRECTION)
