"""template.yaml as a whole: what becomes of each resource, the adopted bucket, names and network, version and alias."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from tests.template import iam, stack

TEMPLATES = ("template.yaml", *(f"deploy/{name}.yaml" for name in ("fargate", "organization-role")))
# What may not be lost with the stack, and a version that an execution of before an update still has.
KEPT = {"Bucket", "BucketPolicy", "StateMachineVersion"}
ADOPTED = {"BucketName": "kept-reports"}
ROLES = sorted(iam.roles())


@pytest.mark.parametrize("file", TEMPLATES)
def test_it_is_said_of_each_resource_what_becomes_of_it(file: str) -> None:
    for name, resource in stack.loaded(stack.ROOT / file)["Resources"].items():
        word = "Retain" if name in KEPT else "Delete"
        said = resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")
        assert said == (word, word), f"{file}: {name}"


@pytest.mark.parametrize("file", TEMPLATES)
def test_every_role_and_policy_has_the_path_that_the_account_asks_for(file: str) -> None:
    template = stack.loaded(stack.ROOT / file)
    named = [each for each in template["Resources"].values() if each["Type"].startswith("AWS::IAM::")]
    assert named
    assert [each["Properties"].get("Path") for each in named] == [{"Ref": "RolePath"}] * len(named)
    pattern = template["Parameters"]["RolePath"]["AllowedPattern"]
    assert [path for path in ("/", "/finops/", "/a/b/") if not re.search(pattern, path)] == []
    assert [path for path in ("", "finops", "/finops", "finops/") if re.search(pattern, path)] == []


# ---- a bucket that was there -----------------------------------------------------------------------------------------


def made(parameters: dict[str, str]) -> set[str]:
    """The names of all resources that a stack with these parameters has."""
    return {
        name
        for name, resource in stack.template()["Resources"].items()
        if "Condition" not in resource or iam.holds({"Condition": resource["Condition"]}, parameters)
    }


def references(value: Any) -> set[str]:
    """All that a part of the template refers to once conditions that do not hold are gone."""
    text = json.dumps(value)
    named = set(re.findall(r'"Ref": "([\w:]+)"', text)) | set(re.findall(r'"Fn::GetAtt": \["(\w+)"', text))
    return named | {
        name for sub in re.findall(r'"Fn::Sub": "((?:[^"\\]|\\.)*)"', text) for name in _names(sub)
    }


def _names(text: str) -> list[str]:
    return re.findall(r"\$\{(\w+)(?:\.\w+)?\}", text)


def without_branches(value: Any, parameters: dict[str, str]) -> Any:
    """A part of the template with the branch of each `Fn::If` that counts."""
    match value:
        case {"Fn::If": [name, then, otherwise]}:
            return without_branches(
                then if iam.holds({"Condition": name}, parameters) else otherwise, parameters
            )
        case dict():
            return {name: without_branches(each, parameters) for name, each in value.items()}
        case list():
            return [without_branches(each, parameters) for each in value]
        case _:
            return value


def test_a_bucket_that_was_there_is_used_and_none_is_made() -> None:
    assert {"Bucket", "BucketPolicy"} & made(ADOPTED) == set()
    assert {"Bucket", "BucketPolicy"} < made({"BucketName": ""})
    for parameters in (ADOPTED, {"BucketName": ""}):
        absent = stack.template()["Resources"].keys() - made(parameters)
        for name in made(parameters):
            counts = without_branches(stack.template()["Resources"][name], parameters)
            assert references(counts) & absent == set(), f"{name} refers to what is not made"
        assert references(without_branches(stack.template()["Outputs"], parameters)) & absent == set()


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("StateMachineRole", "ScheduleRole")])
def test_a_role_reaches_the_adopted_bucket_and_no_other(role: str) -> None:
    resources = [
        str(resource)
        for each in iam.statements(role, ADOPTED)
        if any(action.startswith("s3:") for action in stack.as_list(each["Action"]))
        for resource in stack.as_list(each["Resource"])
    ]
    assert resources
    assert {resource.split("/")[0] for resource in resources} == {"arn:aws:s3:::kept-reports"}


def test_functions_athena_and_the_outputs_name_the_adopted_bucket() -> None:
    template = stack.template()
    assert iam.resolved(template["Outputs"]["BucketName"]["Value"], ADOPTED) == "kept-reports"
    for step in stack.functions():
        bucket = stack.variables(step)["FINOPSGUARD_BUCKET"]
        assert iam.resolved(bucket, ADOPTED) == "kept-reports"
    workgroup = template["Resources"]["ExportWorkgroup"]["Properties"]["WorkGroupConfiguration"]
    assert iam.resolved(workgroup["ResultConfiguration"], ADOPTED) == {
        "OutputLocation": "s3://kept-reports/athena/aws/answers/"
    }


# ---- subnets ---------------------------------------------------------------------------------------------------------


def test_functions_are_in_subnets_only_where_there_are_some() -> None:
    network = stack.template()["Globals"]["Function"]["VpcConfig"]
    assert iam.resolved({"it": network}, {"SubnetIds": "", "SecurityGroupIds": ""}) == {}
    given = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
    assert iam.resolved(network, given) == given
    assert not any("VpcConfig" in function for function in stack.functions().values())


@pytest.mark.parametrize("role", [f"{step}Role" for step in sorted(stack.functions())])
def test_lambda_may_make_interfaces_where_there_are_subnets_and_the_functions_own_code_may_not(
    role: str,
) -> None:
    call = iam.Call("ec2:CreateNetworkInterface", f"arn:aws:ec2:{iam.REGION}:{iam.ACCOUNT}:subnet/subnet-1")
    subnets = {"SubnetIds": "subnet-1"}
    assert iam.allows(role, call, subnets, bounded=True)
    assert not iam.allows(role, call, {"SubnetIds": ""})
    of_the_code = iam.Call(call.action, call.resource, {"lambda:SourceFunctionArn": "arn:aws:lambda:a"})
    assert not iam.allows(role, of_the_code, subnets)


# ---- version and alias -----------------------------------------------------------------------------------------------


def test_the_alias_points_to_the_version_of_what_was_deployed() -> None:
    (version,) = stack.resources("AWS::StepFunctions::StateMachineVersion").values()
    assert version["StateMachineArn"] == {"Ref": "StateMachine"}
    # A new revision is a new version (AWS: StateMachineRevisionId); without it the first one stays for ever.
    assert version["StateMachineRevisionId"] == {"Fn::GetAtt": ["StateMachine", "StateMachineRevisionId"]}
    (alias,) = stack.resources("AWS::StepFunctions::StateMachineAlias").values()
    route = {"StateMachineVersionArn": {"Ref": "StateMachineVersion"}, "Weight": 100}
    assert alias["RoutingConfiguration"] == [route]


def test_whoever_starts_reports_starts_the_alias_and_metrics_are_the_machines() -> None:
    """AWS: what authorizes is the machine's ARN; metrics of an alias are also those of its machine."""
    template = stack.template()
    assert template["Outputs"]["StateMachineArn"]["Value"] == {"Ref": "StateMachineAlias"}
    (start,) = (
        each for each in stack.statements("ScheduleRole") if each["Action"] == "states:StartExecution"
    )
    assert start["Resource"] == {"Ref": "StateMachine"}
    alarms = json.dumps(stack.resources("AWS::CloudWatch::Alarm"))
    assert "StateMachineAlias" not in alarms


# ---- outputs and tags ------------------------------------------------------------------------------------------------


def test_each_link_of_the_outputs_is_of_the_console_of_its_partition() -> None:
    outputs = stack.template()["Outputs"]
    links = {name: each["Value"]["Fn::Sub"] for name, each in outputs.items() if name.endswith("Console")}
    assert links.keys() == {
        *("StateMachineConsole", "DashboardConsole", "AlarmsConsole", "LogsConsole", "BucketConsole")
    }
    for text, named in links.values():
        assert text.startswith("https://${AWS::Region}.${Host}/")
        assert named == {"Host": {"Fn::FindInMap": ["Console", {"Ref": "AWS::Partition"}, "Host"]}}
    assert outputs["NextCommand"]["Value"] == {"Fn::Sub": "finopsguard doctor --stack ${AWS::StackName}"}


def test_everything_is_traced_and_every_deployment_is_tagged() -> None:
    assert stack.template()["Globals"]["Function"]["Tracing"] == "Active"
    (machine,) = stack.resources("AWS::Serverless::StateMachine").values()
    assert machine["Tracing"] == {"Enabled": True}
    told = tomllib.loads((stack.ROOT / "samconfig.toml").read_text("utf-8"))
    for env in ("default", "staging", "production"):
        tags = told[env]["deploy"]["parameters"]["tags"]
        assert "application=finops-guard" in tags
        assert env == "default" or f"environment={env}" in tags
