"""The deployed stack, as CloudFormation describes and deletes it, what it made, and what its functions logged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from finopsguard import errors
from finopsguard.aws.bounds import Pages
from finopsguard.aws.errors import Rule, Service, complete, incomplete, texts, translated

CLOUDFORMATION = Service(
    name="CloudFormation",
    iam="cloudformation",
    unavailable=errors.ExecutionUnavailable,
    denied=errors.ExecutionAccessDenied,
    denied_hint=" or the user that runs this command, on the stack",
    rejected=Rule(errors.InvalidConfiguration, "CloudFormation refused the request about the stack {about}."),
    rules={
        # AWS has no code of its own for a stack that is not there.
        "ValidationError": (
            Rule(
                errors.InvalidConfiguration,
                "There is no stack {about} in this account and region. Deploy it (make deploy), or correct AWS_REGION"
                " and the region in samconfig.toml.",
                says="does not exist",
            ),
        ),
    },
)
LOGS = Service(
    name="CloudWatch Logs",
    iam="logs",
    unavailable=errors.ExecutionUnavailable,
    denied=errors.ExecutionAccessDenied,
    denied_hint=" or the user that runs this command, on {about}",
    rejected=Rule(errors.InvalidConfiguration, "CloudWatch Logs refused the request about {about}."),
    rules={
        "ResourceNotFoundException": (
            Rule(errors.InvalidConfiguration, "There is no log group {about} in this account and region."),
        ),
    },
)

MOST_LOG_PAGES = 100
# CloudFormation allows 500 resources in a stack, which are five pages.
_MOST_RESOURCE_PAGES = 50
_POLL_SECONDS = 5.0
# Emptying and deleting functions with their network interfaces takes minutes; an hour is CloudFormation's own patience.
_MOST_POLLS = 720


class CloudFormation(Protocol):
    """What is used of boto3's CloudFormation client."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer holds `Stacks`."""

    def delete_stack(self, *, StackName: str) -> Any:  # noqa: N803
        """Answers nothing; what becomes of it is described."""

    def get_paginator(self, operation: str) -> Any:
        """For `list_stack_resources`, whose pages hold `StackResourceSummaries`."""


class Logs(Protocol):
    """What is used of boto3's CloudWatch Logs client."""

    def filter_log_events(self, **asked: Any) -> Mapping[str, Any]:
        """A page holds `events` and perhaps a `nextToken`."""


class Resource(NamedTuple):
    """A resource of a stack: its name in the template, its type, and its name or ARN in AWS."""

    logical: str
    kind: str
    physical: str


@dataclass(frozen=True)
class Stack:
    """A stack: its ARN, status, its outputs and parameters by name, and what it made where that was asked for."""

    arn: str
    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    reason: str = ""
    resources: Sequence[Resource] = ()

    def named(self, kind: str) -> list[str]:
        """The names or ARNs of its resources of a type, by their name in the template."""
        return [each.physical for each in sorted(self.resources) if each.kind == kind]


@dataclass(frozen=True)
class LogLine:
    """A line of a log and when it was written (UTC)."""

    at: datetime
    text: str


class Stacks:
    """Describes and deletes stacks.

    Its methods raise the errors of `service`, CLOUDFORMATION with the words of whoever asks: InvalidConfiguration (no
    such stack), ExecutionAccessDenied, ExecutionUnavailable and CredentialsMissing.
    """

    def __init__(
        self,
        cloudformation: CloudFormation,
        sleep: Callable[[float], None] = time.sleep,
        *,
        service: Service = CLOUDFORMATION,
    ) -> None:
        self._cloudformation = cloudformation
        self._sleep = sleep
        self._service = service

    def describe(self, name: str) -> Stack:
        """The stack of a name or an ARN; a deleted one is found by its ARN only."""
        with translated(self._service, about=name):
            answer = complete(self._cloudformation.describe_stacks(StackName=name), "Stacks")
            try:
                (told,) = answer["Stacks"]
                texts(told, "StackId", "StackName", "StackStatus", "StackStatusReason")
                return Stack(
                    arn=told["StackId"],
                    name=told["StackName"],
                    status=told["StackStatus"],
                    outputs={each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", ())},
                    parameters={
                        each["ParameterKey"]: each["ParameterValue"] for each in told.get("Parameters", ())
                    },
                    reason=told.get("StackStatusReason", ""),
                )
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                raise incomplete(
                    f"a stack that is not described as documented ({type(error).__name__})"
                ) from error

    def whole(self, name: str) -> Stack:
        """The stack with all that it made."""
        stack = self.describe(name)
        count = Pages("The list of the stack's resources", _MOST_RESOURCE_PAGES, "Check AWS_ENDPOINT_URL.")
        with translated(self._service, about=name):
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
            found = tuple(
                _resource(each)
                for page in count.each(pages)
                for each in complete(page, "StackResourceSummaries")["StackResourceSummaries"]
            )
        return replace(stack, resources=found)

    def delete(self, stack: Stack) -> Stack:
        """Deletes it and returns it as it is described at the end: DELETE_COMPLETE, or DELETE_FAILED and why."""
        with translated(self._service, about=stack.name):
            self._cloudformation.delete_stack(StackName=stack.arn)
        for _ in range(_MOST_POLLS):
            described = self.describe(stack.arn)
            if described.status in ("DELETE_COMPLETE", "DELETE_FAILED"):
                return described
            self._sleep(_POLL_SECONDS)
        raise errors.ExecutionUnavailable(
            f"The stack {stack.name} is still being deleted. Look at it in the CloudFormation console."
        )


def _resource(found: Mapping[str, Any]) -> Resource:
    names = "LogicalResourceId", "ResourceType", "PhysicalResourceId"
    each = texts(complete(complete(found, names[0]), names[1]), *names)
    # One that is being made, or was never made, has no name yet.
    return Resource(each[names[0]], each[names[1]], each.get(names[2], ""))


def lines(logs: Logs, group: str, since: datetime) -> Iterator[LogLine]:
    """What was logged in a group since then, oldest first; raises what `Stacks` raises."""
    pages = Pages(f"The log {group}", MOST_LOG_PAGES, "Ask for fewer hours.")
    asked = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
    token: dict[str, str] = {}
    while True:
        pages.take()
        with translated(LOGS, about=group):
            page = complete(logs.filter_log_events(**asked, **token), "events")
            texts(page, "nextToken")
            try:
                found = [
                    LogLine(
                        datetime.fromtimestamp(each["timestamp"] / 1000, UTC),
                        texts(each, "message")["message"],
                    )
                    for each in page["events"]
                ]
            except (LookupError, OverflowError, TypeError, ValueError) as error:
                raise incomplete(f"an event that is not as documented ({type(error).__name__})") from error
        yield from found
        if not page.get("nextToken"):
            return
        token = {"nextToken": page["nextToken"]}
