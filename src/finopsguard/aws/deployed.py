"""What a stack of template.yaml deployed, as `finopsguard doctor` looks at it: with the rights of whoever calls it.

No role of the stack may do any of this; docs/permissions.md has the actions ("Who runs doctor").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from finopsguard import errors
from finopsguard.aws.bounds import Pages
from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import Rule, Service, complete, incomplete, texts, translated
from finopsguard.aws.executions import STEP_FUNCTIONS
from finopsguard.aws.stacks import CLOUDFORMATION, Stack, Stacks

# A topic of this stack has few subscriptions.
_MOST_PAGES = 50
_NEWEST_EXECUTIONS = 20
_ALARMS_AT_ONCE = 100


def _service(name: str, iam: str, **rules: tuple[Rule, ...]) -> Service:
    return Service(
        name=name,
        iam=iam,
        unavailable=errors.ExecutionUnavailable,
        denied=errors.StackUnreadable,
        denied_hint=' of whoever runs finopsguard doctor (docs/permissions.md, "Who runs doctor")',
        rejected=Rule(errors.StackUnreadable, f"{name} refused the request. Check --stack and AWS_REGION."),
        rules=rules,
    )


def _gone(what: str) -> tuple[Rule, ...]:
    return (Rule(errors.StackUnreadable, f"{what} {{about}} was deleted by hand. Deploy the stack again."),)


_STACK = _service(
    CLOUDFORMATION.name,
    CLOUDFORMATION.iam,
    ValidationError=(
        Rule(
            errors.StackUnreadable,
            "There is no stack {about} in this account and region. Correct --stack, AWS_REGION or AWS_PROFILE.",
            says="does not exist",
        ),
    ),
)
SCHEDULER = _service("EventBridge Scheduler", "scheduler", ResourceNotFoundException=_gone("The schedule"))
LAMBDA = _service("Lambda", "lambda", ResourceNotFoundException=_gone("The function"))
CLOUDWATCH = _service("CloudWatch", "cloudwatch")
SNS_LIST = _service(
    "SNS",
    "sns",
    NotFound=_gone("The topic"),
    AuthorizationError=(
        Rule(
            errors.StackUnreadable,
            "SNS denies access. Allow sns:ListSubscriptionsByTopic to whoever runs finopsguard doctor.",
        ),
    ),
)


class Schedule(NamedTuple):
    """A schedule of EventBridge: `state` is ENABLED or DISABLED, `expression` of its time zone."""

    state: str
    expression: str
    time_zone: str


class Execution(NamedTuple):
    """One of the state machine's executions: how it stands, and since when."""

    name: str
    status: str
    at: datetime


class Subscriptions(NamedTuple):
    """How many get what a topic is told, and how many did not confirm yet; no address."""

    confirmed: int
    pending: int


class Deployed:
    """Reads; nothing here writes. Raises StackUnreadable, ExecutionUnavailable and ExecutionAccessDenied."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def stack(self, name: str) -> Stack:
        """The stack of that name, with all that it made."""
        return Stacks(self._clients.cloudformation(), service=_STACK).whole(name)

    def variables(self, function: str) -> Mapping[str, str]:
        """The environment of a function."""
        with translated(LAMBDA, about=function):
            client = self._clients.other(LAMBDA, "lambda")
            answer = complete(client.get_function_configuration(FunctionName=function), "FunctionName")
            found: Mapping[str, str] = answer.get("Environment", {}).get("Variables", {})
            return texts(found, *found)

    def schedule(self, group: str, name: str) -> Schedule:
        """A schedule of that group."""
        with translated(SCHEDULER, about=name):
            client = self._clients.other(SCHEDULER, "scheduler")
            answer = complete(client.get_schedule(GroupName=group, Name=name), "ScheduleExpression")
            found = texts(answer, "State", "ScheduleExpression", "ScheduleExpressionTimezone")
            return Schedule(
                found.get("State", ""),
                found["ScheduleExpression"],
                found.get("ScheduleExpressionTimezone") or "UTC",
            )

    def executions(self, machine: str) -> list[Execution]:
        """The newest executions, newest first."""
        with translated(STEP_FUNCTIONS, about=machine):
            answer = complete(
                self._clients.step_functions().list_executions(
                    stateMachineArn=machine, maxResults=_NEWEST_EXECUTIONS
                ),
                "executions",
            )
            return [_execution(each) for each in answer["executions"]]

    def alarms(self, names: Sequence[str]) -> Mapping[str, str]:
        """The state of each alarm (OK, ALARM or INSUFFICIENT_DATA) by name; one that is gone is left out."""
        with translated(CLOUDWATCH, about="the stack's alarms"):
            client = self._clients.other(CLOUDWATCH, "cloudwatch")
            states = {}
            for first in range(0, len(names), _ALARMS_AT_ONCE):
                answer = client.describe_alarms(
                    AlarmNames=list(names[first : first + _ALARMS_AT_ONCE]), MaxRecords=_ALARMS_AT_ONCE
                )
                for each in complete(answer, "MetricAlarms")["MetricAlarms"]:
                    found = texts(
                        complete(complete(each, "AlarmName"), "StateValue"), "AlarmName", "StateValue"
                    )
                    states[found["AlarmName"]] = found["StateValue"]
            return states

    def subscriptions(self, topic: str) -> Subscriptions:
        """Who subscribed to a topic, counted."""
        with translated(SNS_LIST, about=topic):
            count = _pages("The list of the topic's subscriptions")
            pages = self._clients.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            arns = [
                texts(each, "SubscriptionArn").get("SubscriptionArn", "")
                for page in count.each(pages)
                for each in complete(page, "Subscriptions")["Subscriptions"]
            ]
            confirmed = sum(arn.startswith("arn:") for arn in arns)
            return Subscriptions(confirmed, sum(arn == "PendingConfirmation" for arn in arns))


def _pages(what: str) -> Pages:
    return Pages(what, _MOST_PAGES, "Check AWS_ENDPOINT_URL.")


def _execution(found: Mapping[str, Any]) -> Execution:
    each = texts(complete(complete(found, "name"), "status"), "name", "status")
    at = each.get("stopDate") or each.get("startDate")
    if not isinstance(at, datetime):
        raise incomplete("an execution without its time")
    return Execution(each["name"], each["status"], at)
