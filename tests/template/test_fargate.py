"""deploy/fargate.yaml: role, commands and variables are those of the product, its bucket is that of template.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from finopsguard import cli
from finopsguard.variables import VARIABLES
from tests.template import iam, stack

FILE = stack.ROOT / "deploy" / "fargate.yaml"
IMAGE = f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/finopsguard@sha256:{'0' * 64}"
GIVEN = {
    "Image": IMAGE,
    "Subnets": "subnet-1",
    "SecurityGroups": "sg-1",
    "TeamsWebhookSecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:finopsguard/teams-AbCdEf",
}
ROLES = ("TaskRole", "ExecutionRole", "ScheduleRole")
SCHEDULES = {"WeeklyReport": "weekly", "DailyReport": "daily", "MonthlyReport": "monthly"}
# What the functions have and a process of its own does not: Lambda's and Athena's, the gate and the topic of alerts.
NOT_IN_A_CONTAINER = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("sqs:SendMessage", "sns:Publish", "states:DescribeExecution"),
    *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
    *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"),
    *("athena:StartQueryExecution", "athena:GetQueryExecution"),
    *("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"),
    *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    *("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
}


@cache
def template() -> dict[str, Any]:
    return stack.loaded(FILE)


def made(name: str, **parameters: str) -> Mapping[str, Any]:
    """A resource's properties with the parameters put in."""
    properties = template()["Resources"][name]["Properties"]
    found: Mapping[str, Any] = iam.resolved(properties, {**GIVEN, **parameters}, template())
    return found


def statements(role: str, **parameters: str) -> list[Mapping[str, Any]]:
    [policy] = made(role, **parameters)["Policies"]
    found: list[Mapping[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def actions(role: str) -> set[str]:
    every = template()["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return {action for action in _actions(every) if ":" in action}


def _actions(value: Any) -> set[str]:
    """All that stands under `Action`, whatever the conditions."""
    if isinstance(value, dict):
        own = set(stack.as_list(value["Action"])) if "Action" in value else set()
        return own.union(*(_actions(each) for each in value.values()))
    return set().union(*(_actions(each) for each in value)) if isinstance(value, list) else set()


def command(schedule: str, **parameters: str) -> list[str]:
    text = str(made(schedule, **parameters)["Target"]["Input"])
    [override] = json.loads(text)["containerOverrides"]
    assert override["name"] == made("TaskDefinition")["ContainerDefinitions"][0]["Name"]
    found: list[str] = override["command"]
    return found


def environment(**parameters: str) -> dict[str, str]:
    [container] = made("TaskDefinition", **parameters)["ContainerDefinitions"]
    return {each["Name"]: each["Value"] for each in container["Environment"]}


def test_the_container_may_do_what_the_functions_may() -> None:
    functions = {
        action
        for step in stack.functions()
        for each in stack.statements(f"{step}Role")
        for action in stack.as_list(each["Action"])
    }
    assert actions("TaskRole") == functions - NOT_IN_A_CONTAINER


@pytest.mark.parametrize("role", ROLES)
def test_a_role_trusts_one_service_and_this_account(role: str) -> None:
    [statement] = made(role)["AssumeRolePolicyDocument"]["Statement"]
    service = "scheduler.amazonaws.com" if role == "ScheduleRole" else "ecs-tasks.amazonaws.com"
    assert statement["Principal"] == {"Service": service}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": iam.ACCOUNT}}
    assert [action for action in actions(role) if "*" in action] == []


def test_the_schedule_passes_on_no_role_but_the_tasks() -> None:
    [passing] = [each for each in statements("ScheduleRole") if each["Action"] == "iam:PassRole"]
    assert passing["Resource"] == [iam.arn(name, template()) for name in ("TaskRole", "ExecutionRole")]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_it_pulls_no_other_image() -> None:
    [pulling] = [each for each in statements("ExecutionRole") if "ecr:BatchGetImage" in each["Action"]]
    assert pulling["Resource"] == "arn:aws:ecr:*:*:repository/finopsguard"


def test_each_role_has_the_boundary() -> None:
    boundary = "arn:aws:iam::111122223333:policy/bound"
    assert {made(role, PermissionsBoundaryArn=boundary)["PermissionsBoundary"] for role in ROLES} == {
        boundary
    }


@pytest.mark.parametrize(("schedule", "report"), SCHEDULES.items())
def test_a_schedule_makes_its_report_of_the_time_that_it_was_due(schedule: str, report: str) -> None:
    words = command(schedule)
    assert words[:2] == ["python", f"scripts/run_{report}.py"]
    parsed = cli.parser().parse_args(["run", "--report", report, *words[2:-1], "2026-11-16T08:00:00Z"])
    assert parsed.scheduled_time
    assert parsed.format == "none", "what is printed is in CloudWatch's log, which has no costs"
    assert words[-1] == "<aws.scheduler.scheduled-time>"


def test_a_task_that_is_started_by_hand_writes_no_costs_into_the_log_either() -> None:
    [container] = made("TaskDefinition")["ContainerDefinitions"]
    script, *options = container["Command"][1:]
    assert script == "scripts/run_weekly.py"
    assert cli.parser().parse_args(["run", "--report", "weekly", *options]).format == "none"


@pytest.mark.parametrize(
    ("on", "options"),
    [
        ({"WeeklyState": "ENABLED"}, ["--weekly-hours", "192"]),
        ({"DailyState": "ENABLED", "DailyMissingHours": "50"}, ["--daily-hours", "50"]),
        ({"MonthlyState": "ENABLED"}, ["--monthly-hours", "864"]),
    ],
)
def test_the_heartbeat_looks_at_what_is_switched_on(on: dict[str, str], options: list[str]) -> None:
    words = command("Heartbeat", **on)
    assert words[:4] == ["python", "-m", "finopsguard.cli", "heartbeat"]
    assert words[4:] == options
    cli.parser().parse_args(words[3:])
    assert made("Heartbeat", **on)["State"] == "ENABLED"
    assert made("Heartbeat")["State"] == "DISABLED"


def test_the_container_gets_variables_that_there_are_and_none_that_is_empty() -> None:
    role = "arn:aws:iam::222233334444:role/x"
    full = environment(OrganizationRoleArn=role, ExternalId="customer-17", AccountRoleArns=role)
    known = {each.name for each in VARIABLES.values()} | {"AWS_REGION"}
    assert set(full) <= known
    assert full["FINOPSGUARD_EXTERNAL_ID"] == "customer-17"
    assert "" not in environment().values()
    assert "TEAMS_WEBHOOK_URL" not in full


@pytest.mark.parametrize("bucket", ["", "kept-reports"])
def test_it_writes_to_its_own_bucket_or_to_the_one_that_was_there(bucket: str) -> None:
    [objects] = [
        each for each in statements("TaskRole", BucketName=bucket) if "s3:PutObject" in each["Action"]
    ]
    expected = f"arn:aws:s3:::{bucket}/*" if bucket else f"{iam.arn('Bucket', template())}/*"
    assert objects["Resource"] == expected
    assert iam.resolved(
        template()["Outputs"]["BucketName"]["Value"], {**GIVEN, "BucketName": bucket}, template()
    )
    assert environment(BucketName=bucket)["FINOPSGUARD_BUCKET"] in expected


def test_its_bucket_is_kept_and_cleared_as_the_stacks() -> None:
    bucket = template()["Resources"]["Bucket"]
    theirs = stack.template()["Resources"]["Bucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket["Properties"] == theirs["Properties"]
    own = {each["Sid"]: each for each in made("BucketPolicy")["PolicyDocument"]["Statement"]}
    assert own["OnlyOverTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_parameters_of_one_name_are_the_same_in_both_templates() -> None:
    both = template()["Parameters"].keys() & stack.template()["Parameters"].keys()
    assert "ReportRetentionDays" in both
    for name in both:
        for part in ("Type", "Default", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue"):
            own, theirs = (each["Parameters"][name].get(part) for each in (template(), stack.template()))
            assert own == theirs, (name, part)


def test_the_rules_may_publish_and_no_condition_stands_in_their_way() -> None:
    policy = made("AlertTopicPolicy")["PolicyDocument"]["Statement"]
    [rules] = [each for each in policy if each["Principal"] == {"Service": "events.amazonaws.com"}]
    assert (rules["Effect"], rules["Action"]) == ("Allow", "sns:Publish")
    assert "Condition" not in rules
    for rule in ("TaskFailed", "TaskNotStarted"):
        [target] = made(rule)["Targets"]
        assert target["Arn"] == iam.arn("AlertTopic", template())
