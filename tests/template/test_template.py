"""template.yaml: names, time-outs, variables and what calls what. tests/template/test_roles.py reads the roles."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.failures import EXECUTION
from finopsguard.models.messages import Failure, RunRequest
from finopsguard.report import failure_story
from finopsguard.store import keys, kinds
from tests.template import stack
from tests.template.granted import ON_A_LAPTOP_ONLY

DATA = [{"Ref": "DataLayer"}]
STEPS = sorted(stack.functions())


def test_each_task_has_a_function_and_each_function_a_task_a_schedule_or_a_url() -> None:
    assert sorted([*stack.tasks(), *stack.scheduled(), *stack.at_a_url()]) == STEPS
    assert sorted(path.parent.name for path in stack.ROOT.glob("functions/*/app.py")) == sorted(
        map(stack.snake, STEPS)
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_function_is_named_as_its_step_everywhere(step: str) -> None:
    function = stack.functions()[step]
    assert function["CodeUri"] == f"functions/{stack.snake(step)}/"
    assert function["Role"] == {"Fn::GetAtt": [f"{step}Role", "Arn"]}
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": f"{step}Logs"}}
    assert f"{step}Role" in stack.resources("AWS::IAM::Role")
    group = stack.resources("AWS::Logs::LogGroup")[f"{step}Logs"]
    assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{step}"}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_functions_run_on_what_the_layer_is_built_for() -> None:
    common = stack.template()["Globals"]["Function"]
    assert (common["Runtime"], common["Architectures"]) == ("python3.13", ["arm64"])
    layers = stack.resources("AWS::Serverless::LayerVersion")
    for name, layer in layers.items():
        metadata = stack.template()["Resources"][name]["Metadata"]
        assert metadata == {"BuildMethod": "makefile", "BuildArchitecture": "arm64", "ContextPath": "."}
        assert (layer["CompatibleRuntimes"], layer["CompatibleArchitectures"]) == (["python3.13"], ["arm64"])
    assert layers.keys() == {"PythonLayer", "DataLayer"}
    assert common["Layers"] == [{"Ref": "PythonLayer"}]
    # SAM joins a function's layers to those of Globals; test_layer.py says which functions need the other one.
    only_then = [{"Fn::If": ["HasDataExport", *DATA, {"Ref": "AWS::NoValue"}]}]
    assert all(each.get("Layers", DATA) in (DATA, only_then) for each in stack.functions().values())
    assert not any(
        {"Runtime", "Architectures"} & properties.keys() for properties in stack.functions().values()
    )
    skipped = [stack.template()["Resources"][f"{step}Function"]["Metadata"]["SkipBuild"] for step in STEPS]
    assert skipped == [True] * len(STEPS)


@pytest.mark.parametrize("step", sorted(stack.tasks()))
def test_a_function_ends_before_its_task_gives_up(step: str) -> None:
    """Otherwise the state machine retries while the first invocation still runs."""
    assert stack.functions()[step]["Timeout"] < stack.tasks()[step]["TimeoutSeconds"]


def test_every_placeholder_of_the_definition_is_substituted_and_no_other() -> None:
    text = (stack.ROOT / "statemachine" / "finops_guard.asl.json").read_text("utf-8")
    substitutions = machine()["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(substitutions)
    assert substitutions.pop("Partition") == {"Ref": "AWS::Partition"}
    for name, value in substitutions.items():
        assert value == {"Fn::GetAtt": [name.removesuffix("Arn"), "Arn"]}


def test_the_state_machine_logs_errors_without_data_and_traces() -> None:
    assert machine()["Logging"]["Level"] == "ERROR"
    assert machine()["Logging"]["IncludeExecutionData"] is False
    assert machine()["Tracing"] == {"Enabled": True}
    assert machine()["Name"] == {"Ref": "AWS::StackName"}, (
        "HoldForRedrive's role builds the ARN from the stack's name"
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_function_gets_the_variables_of_its_step_s_settings_and_no_other(step: str) -> None:
    """Declared by the step's signature and those of its ports; tests/template/test_recorded.py sees them being read."""
    declared = stack.variables_declared_by(step) - ON_A_LAPTOP_ONLY.keys()
    given = set(stack.variables(step))
    assert declared - given == set(), f"template.yaml does not give these to {step}Function"
    assert given - declared == set(), f"{step} has no settings for what template.yaml gives it"


# The function that has the key is there only where the links are; the step that signs them is there always.
OF_VERDICT_LINKS: dict[str, list[dict[str, Any]]] = {
    variable: [value, {"Fn::If": ["HasVerdictLinks", value, ""]}]
    for variable, value in (
        ("FINOPSGUARD_VERDICT_URL", {"Fn::GetAtt": ["TakeVerdictUrl", "FunctionUrl"]}),
        ("FINOPSGUARD_VERDICT_KEY_ARN", {"Ref": "VerdictKey"}),
    )
}


@pytest.mark.parametrize("step", STEPS)
def test_a_variable_has_the_parameter_that_is_named_like_it(step: str) -> None:
    """`FINOPSGUARD_HISTORY_DAYS` is parameter `HistoryDays`, and the store's bucket is the one that `Store` names.

    So is Athena's workgroup, which is there only where Athena is.
    """
    own = {
        "FINOPSGUARD_TIMEZONE": "TimeZone",
        "FINOPSGUARD_ALERT_TOPIC_ARN": "AlertTopic",
    }
    for variable, value in stack.variables(step).items():
        if variable == "FINOPSGUARD_BUCKET":
            assert value == {"Fn::GetAtt": ["Store", "Value"]}
            continue
        if variable == "FINOPSGUARD_EXPORT_WORKGROUP":
            assert value == {"Fn::If": ["HasAthenaEngine", {"Ref": "ExportWorkgroup"}, ""]}
            continue
        if variable.startswith("FINOPSGUARD_VERDICT_"):
            assert value in OF_VERDICT_LINKS[variable]
            continue
        if variable in ("FINOPSGUARD_TRAIL_WORKGROUP", "FINOPSGUARD_TRAIL_TABLE"):
            # Without its bucket the role may not read it, and the event history is asked.
            named = variable.removeprefix("FINOPSGUARD_").title().replace("_", "")
            assert value == {"Fn::If": ["HasTrailTable", {"Ref": named}, ""]}
            continue
        name = own.get(variable) or variable.removeprefix("FINOPSGUARD_").title().replace("_", "")
        assert value == {"Ref": name}


def test_parameters_are_described_used_and_grouped() -> None:
    parameters = stack.template()["Parameters"]
    text = json.dumps([stack.template()[part] for part in ("Resources", "Conditions", "Globals")])
    for name, parameter in parameters.items():
        assert parameter["Description"], name
        assert f'{{"Ref": "{name}"}}' in text, f"parameter {name} changes nothing"
    groups = stack.template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters)


def test_a_pattern_takes_its_default_and_what_the_settings_take() -> None:
    for name, parameter in stack.template()["Parameters"].items():
        if pattern := parameter.get("AllowedPattern"):
            assert re.search(pattern, parameter["Default"]), name


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "TeamsWebhookSecretArn",
            "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:hook-AbCdEf",
            "https://x",
        ),
        (
            "OrganizationRoleArn",
            "arn:aws:iam::111122223333:role/path/Reader",
            "arn:aws:iam::111122223333:user/Reader",
        ),
        (
            "AccountRoleArns",
            "arn:aws:iam::111122223333:role/A,arn:aws:iam::444455556666:role/B",
            "111122223333",
        ),
        (
            "RouteSecretArns",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf,arn:aws:secretsmanager:eu-west-1:1"
            "11122223333:secret:b-AbCdEf",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*",
        ),
        ("BillingViewArn", "arn:aws:billing::111122223333:billingview/custom-1", "custom-1"),
        ("IncludeAccounts", "111122223333,444455556666", "111122223333,"),
        ("ExcludeOus", "ou-ab12-cdef3456,r-ab12", "Sandbox"),
        ("TimeZone", "America/Argentina/Buenos_Aires", "Europe/Madrid; drop"),
        ("WeeklySchedule", "cron(0 9 ? * MON *)", "every monday"),
        ("MonthlySchedule", "cron(0 10 ? * TUE#1 *)", "first tuesday"),
        ("ExternalId", "customer-17", "customer 17"),
        (
            "KmsKeyArn",
            "arn:aws:kms:eu-west-1:111122223333:key/1-2",
            "arn:aws:kms:eu-west-1:111122223333:alias/a",
        ),
        (
            "PermissionsBoundaryArn",
            "arn:aws:iam::111122223333:policy/a/b",
            "arn:aws:iam::111122223333:role/b",
        ),
        ("AlertEmail", "finops@example.com", "finops@example.com,other@example.com"),
    ],
)
def test_a_pattern_tells_good_from_bad(parameter: str, good: str, bad: str) -> None:
    pattern = stack.template()["Parameters"][parameter]["AllowedPattern"]
    assert re.search(pattern, good)
    assert not re.search(pattern, bad)


@pytest.mark.parametrize("report", ["weekly", "daily", "monthly"])
def test_a_schedule_starts_its_report_once_it_is_enabled(report: str) -> None:
    schedule = stack.resources("AWS::Scheduler::Schedule")[f"{report.title()}Report"]
    assert schedule["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{report}"}
    assert schedule["State"] == {"Ref": f"{report.title()}State"}
    assert stack.template()["Parameters"][f"{report.title()}State"]["Default"] == "DISABLED"
    assert schedule["ScheduleExpressionTimezone"] == {"Ref": "TimeZone"}
    target = schedule["Target"]
    assert target["Arn"] == {"Ref": "StateMachineAlias"}
    assert target["DeadLetterConfig"] == UNDELIVERED
    # What Scheduler puts in: the time that the schedule was due.
    sent = json.loads(target["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-16T08:00:00Z"))
    request = contracts.from_json(RunRequest, sent)
    assert request.report == report
    assert request.scheduled_time.isoformat() == "2026-11-16T08:00:00+00:00"
    assert request.continues
    assert not request.force


UNDELIVERED = {"Arn": {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}}
EVENT = {
    "source": "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    "detail": {
        "executionArn": "arn:aws:states:eu-west-1:111122223333:execution:finops-guard:6b2f",
        "stateMachineArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:finops-guard",
        "status": "TIMED_OUT",
    },
}


def test_an_execution_that_did_not_succeed_is_told_to_the_channel() -> None:
    rule = stack.resources("AWS::Events::Rule")["ExecutionFailed"]
    pattern = rule["EventPattern"]
    assert EVENT["source"] in pattern["source"]
    assert EVENT["detail-type"] in pattern["detail-type"]
    assert pattern["detail"] == {
        "stateMachineArn": [{"Ref": "StateMachine"}, {"prefix": {"Fn::Sub": "${StateMachine}:"}}],
        "status": ["FAILED", "TIMED_OUT", "ABORTED"],
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["NotifyFailureFunction", "Arn"]}
    assert target["DeadLetterConfig"] == UNDELIVERED
    failure = contracts.from_json(Failure, transformed(target["InputTransformer"], EVENT))
    assert failure.failure.state == EXECUTION
    assert failure.failure.error == "TIMED_OUT"
    assert failure.execution == EVENT["detail"]["executionArn"]  # type: ignore[index]


def transformed(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """What EventBridge makes of an event: it puts each value in as JSON where the template names it."""
    template: str = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for key in path.removeprefix("$.").split("."):
            value = value[key]
        template = template.replace(f"<{name}>", json.dumps(value))
    return json.loads(template)


def test_the_rule_alone_may_call_the_function() -> None:
    permission = stack.resources("AWS::Lambda::Permission")["ExecutionFailedPermission"]
    assert permission == {
        "FunctionName": {"Ref": "NotifyFailureFunction"},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["ExecutionFailed", "Arn"]},
    }


def test_the_bucket_is_private_encrypted_versioned_and_outlives_the_stack() -> None:
    bucket = stack.template()["Resources"]["Bucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "BucketEncryption" in properties
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


def lifetime_of(kind: keys.Kind) -> Any:
    """As a lifecycle rule has it: a parameter, or the days themselves; None for what does not expire."""
    days, _, unit = kind.lifetime.partition(" ")
    if kind.lifetime == kinds.ALWAYS:
        return None
    return int(days) if unit == "days" else {"Ref": kind.lifetime}


@pytest.mark.parametrize("kind", keys.TABLE, ids=lambda kind: kind.pattern)
def test_a_record_outlives_every_redrive(kind: keys.Kind) -> None:
    """An execution can be redriven for 14 days after its end, and its redrive for as long again.

    Without its record a card would be posted twice. What would be posted is as old, and gone too.
    """
    lifetime = lifetime_of(kind)
    if lifetime is None:
        return
    days = {"Default": lifetime, "MinValue": lifetime}
    if isinstance(lifetime, dict):
        days = stack.template()["Parameters"][lifetime["Ref"]]
    assert days["Default"] >= days["MinValue"] > 2 * failure_story.REDRIVE_DAYS
    assert keys.DELIVERY.lifetime == keys.MESSAGE.lifetime == keys.CORRECTION.lifetime


def test_every_prefix_of_the_table_of_keys_is_kept_as_long_as_it_says() -> None:
    rules = stack.resources("AWS::S3::Bucket")["Bucket"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    lifetimes = {kind.prefix: lifetime_of(kind) for kind in keys.TABLE}
    kept = {prefix: days for prefix, days in lifetimes.items() if days is not None}
    assert expiring == kept, "template.yaml's lifecycle rules and store/keys.py differ"
    assert all(lifetime_of(kind) == lifetimes[kind.prefix] for kind in keys.TABLE), (
        "a prefix has one lifetime"
    )
    assert all(rule["Status"] == "Enabled" for rule in rules)


@pytest.mark.parametrize(
    "policy", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"]
)
def test_bucket_queue_and_topic_are_reached_over_tls_only(policy: str) -> None:
    (document,) = (each["PolicyDocument"] for each in stack.resources(policy).values())
    (denial,) = (each for each in document["Statement"] if each.get("Sid") == "OnlyOverTls")
    assert (denial["Effect"], denial["Principal"]) == ("Deny", "*")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_log_group_forgets() -> None:
    groups = stack.resources("AWS::Logs::LogGroup")
    assert len(groups) == len(STEPS) + 1
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_names_fit_every_partition() -> None:
    built = json.dumps([stack.template()["Resources"], stack.template()["Outputs"]])
    assert "arn:aws" not in built
    assert set(stack.template()["Mappings"]["Console"]) == {"aws", "aws-cn", "aws-us-gov"}


def machine() -> dict[str, Any]:
    """A copy of the state machine's properties."""
    copied: dict[str, Any] = json.loads(
        json.dumps(stack.resources("AWS::Serverless::StateMachine")["StateMachine"])
    )
    return copied


def test_nothing_but_the_bucket_and_its_policy_speaks_of_the_bucket_that_the_stack_made() -> None:
    """Where one is adopted it is not there: all others take the name from `Store`."""
    own = re.compile(r'"Ref": "Bucket"|\$\{Bucket[.}]|"Fn::GetAtt": \["Bucket"|"Bucket\.Arn"')
    speaking = {name for name, each in stack.template()["Resources"].items() if own.search(json.dumps(each))}
    assert speaking == {"BucketPolicy", "Store"}
