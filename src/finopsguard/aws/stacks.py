"""The deployed stack, as CloudFormation describes and deletes it, and what its functions logged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

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
_POLL_SECONDS = 5.0
# Emptying and deleting functions with their network interfaces takes minutes; an hour is CloudFormation's own patience.
_MOST_POLLS = 720


class CloudFormation(Protocol):
    """What is used of boto3's CloudFormation client."""

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer holds `Stacks`."""

    def delete_stack(self, *, StackName: str) -> Any:  # noqa: N803
        """Answers nothing; what becomes of it is described."""


class Logs(Protocol):
    """What is used of boto3's CloudWatch Logs client."""

    def filter_log_events(self, **asked: Any) -> Mapping[str, Any]:
        """A page holds `events` and perhaps a `nextToken`."""


@dataclass(frozen=True)
class Stack:
    """A stack: its ARN, status, and its outputs and parameters by name."""

    arn: str
    name: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    reason: str = ""


@dataclass(frozen=True)
class LogLine:
    """A line of a log and when it was written (UTC)."""

    at: datetime
    text: str


class Stacks:
    """Describes and deletes stacks.

    Its methods raise InvalidConfiguration (no such stack), ExecutionAccessDenied, ExecutionUnavailable and
    CredentialsMissing.
    """

    def __init__(self, cloudformation: CloudFormation, sleep: Callable[[float], None] = time.sleep) -> None:
        self._cloudformation = cloudformation
        self._sleep = sleep

    def describe(self, name: str) -> Stack:
        """The stack of a name or an ARN; a deleted one is found by its ARN only."""
        with translated(CLOUDFORMATION, about=name):
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

    def delete(self, stack: Stack) -> Stack:
        """Deletes it and returns it as it is described at the end: DELETE_COMPLETE, or DELETE_FAILED and why."""
        with translated(CLOUDFORMATION, about=stack.name):
            self._cloudformation.delete_stack(StackName=stack.arn)
        for _ in range(_MOST_POLLS):
            described = self.describe(stack.arn)
            if described.status in ("DELETE_COMPLETE", "DELETE_FAILED"):
                return described
            self._sleep(_POLL_SECONDS)
        raise errors.ExecutionUnavailable(
            f"The stack {stack.name} is still being deleted. Look at it in the CloudFormation console."
        )


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
