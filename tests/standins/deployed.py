"""What `finopsguard doctor` asks of a deployed stack: CloudFormation, Lambda, EventBridge Scheduler and CloudWatch.

One world for all of them, `DeployedWorld`, and a stand-in for each of their protocols. Step Functions and SNS, of which
the product asks more, have stand-ins of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.standins.json_service import JsonStandIn
from tests.standins.query_service import QueryService
from tests.standins.service import Answer, Refused, Request, StandIn
from tests.standins.sts import StsStandIn

STACK = "finops-guard"


@dataclass
class DeployedWorld:
    """A stack of one region. `resources` are (name in the template, type, name in AWS); `page_size` is of their list.

    `schedules` by name: state, expression, time zone. `alarms` by name: OK, ALARM or INSUFFICIENT_DATA.
    """

    status: str = "CREATE_COMPLETE"
    outputs: dict[str, str] = field(default_factory=dict)
    resources: list[tuple[str, str, str]] = field(default_factory=list)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    schedules: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    page_size: int = 5

    def fill(self, account: str, region: str, topic: str, variables: Mapping[str, str]) -> None:
        """The parts of template.yaml that are asked about; `variables` are those of its two functions."""
        machine = f"arn:aws:states:{region}:{account}:stateMachine:{STACK}"
        self.outputs = {"StateMachineArn": machine, "AlertTopicArn": topic}
        functions = {"ResolveAccounts": dict(variables), "PostToTeams": dict(variables)}
        self.variables = {
            f"{STACK}-{name}": {"LOG_LEVEL": "INFO", **each} for name, each in functions.items()
        }
        self.schedules = {
            f"{STACK}-weekly": ("ENABLED", "cron(0 9 ? * MON *)", "Europe/Madrid"),
            f"{STACK}-daily": ("DISABLED", "cron(0 9 * * ? *)", "Europe/Madrid"),
        }
        self.alarms = {f"{STACK}-ExecutionAlarm-X1": "OK", f"{STACK}-UndeliveredAlarm-X2": "OK"}
        self.resources = [
            ("StateMachine", "AWS::StepFunctions::StateMachine", machine),
            ("Bucket", "AWS::S3::Bucket", f"{STACK}-bucket-x3"),
            ("Schedules", "AWS::Scheduler::ScheduleGroup", STACK),
            *((f"{name[13:]}Function", "AWS::Lambda::Function", name) for name in self.variables),
            *((name[13:], "AWS::Scheduler::Schedule", name) for name in self.schedules),
            *((name.split("-")[2], "AWS::CloudWatch::Alarm", name) for name in self.alarms),
        ]


class CloudFormationStandIn(QueryService):
    """DescribeStacks and ListStackResources, the latter in pages."""

    namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

    def __init__(self, sts: StsStandIn, world: DeployedWorld) -> None:
        super().__init__()
        self._sts = sts
        self._world = world

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        self._sts.account_of(access_key)
        name = parameters["StackName"]
        if name != STACK:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        if operation == "DescribeStacks":
            outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self._world.outputs.items()]
            arn = f"arn:aws:cloudformation:us-east-1:111100000000:stack/{name}/1"
            stack = {"StackId": arn, "StackName": name, "StackStatus": self._world.status}
            return {"Stacks": [{**stack, "Outputs": outputs}]}
        if operation != "ListStackResources":
            raise Refused("InvalidAction", f"The stand-in does not speak {operation}")
        first = int(parameters.get("NextToken", "0"))
        last = first + self._world.page_size
        page = [
            {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": physical}
            for logical, kind, physical in self._world.resources[first:last]
        ]
        more = {"NextToken": str(last)} if last < len(self._world.resources) else {}
        return {"StackResourceSummaries": page, **more}


class CloudWatchStandIn(JsonStandIn):
    """DescribeAlarms by name; one that is not there is left out, as AWS does."""

    def __init__(self, sts: StsStandIn, world: DeployedWorld) -> None:
        super().__init__()
        self._sts = sts
        self._world = world

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"DescribeAlarms": self._describe_alarms}

    def _describe_alarms(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        found = [name for name in parameters["AlarmNames"] if name in self._world.alarms]
        return {
            "MetricAlarms": [{"AlarmName": name, "StateValue": self._world.alarms[name]} for name in found]
        }


class RestStandIn(StandIn):
    """GetSchedule of EventBridge Scheduler and GetFunctionConfiguration of Lambda."""

    _PATHS: Mapping[str, str] = {
        "GetSchedule": r"/schedules/([^/]+)",
        "GetFunctionConfiguration": r"/2015-03-31/functions/([^/]+)/configuration",
    }

    def __init__(self, sts: StsStandIn, world: DeployedWorld) -> None:
        super().__init__()
        self._sts = sts
        self._world = world

    def speaks(self, path: str) -> bool:
        """True for a path of these two."""
        return any(re.fullmatch(form, path) for form in self._PATHS.values())

    def parse(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        for operation, form in self._PATHS.items():
            found = re.fullmatch(form, request.path)
            if found:
                return operation, {"name": unquote(found[1]), **request.query}
        return "", {}

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        self._sts.account_of(access_key)
        name = parameters["name"]
        if (
            operation == "GetSchedule"
            and parameters.get("groupName") == STACK
            and name in self._world.schedules
        ):
            state, expression, zone = self._world.schedules[name]
            return {
                "Name": name,
                "State": state,
                "ScheduleExpression": expression,
                "ScheduleExpressionTimezone": zone,
            }
        if operation == "GetFunctionConfiguration" and name in self._world.variables:
            return {"FunctionName": name, "Environment": {"Variables": self._world.variables[name]}}
        raise Refused("ResourceNotFoundException", f"{name} does not exist.", 404)

    def render(self, operation: str, result: Mapping[str, Any]) -> Answer:
        return Answer(200, json.dumps(result).encode(), "application/json")

    def render_error(self, refused: Refused) -> Answer:
        body = json.dumps({"Message": refused.message}).encode()
        return Answer(refused.status, body, "application/json", {"x-amzn-ErrorType": refused.code})
