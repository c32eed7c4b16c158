"""Stacks as CloudFormation describes and deletes them, and the pages of a log; the answers are botocore's own stubs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from finopsguard.aws import stacks
from finopsguard.aws.clients import Clients
from finopsguard.errors import (
    AnswerTooLong,
    ExecutionAccessDenied,
    ExecutionUnavailable,
    FinOpsGuardError,
    InvalidConfiguration,
    StackUnreadable,
)

NAME = "finops-guard-staging"
SINCE = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def clients() -> Iterator[Clients]:
    with mock_aws():
        yield Clients("eu-west-1")


def told(status: str, **more: Any) -> dict[str, Any]:
    stack = {"StackId": "arn:one", "StackName": NAME, "StackStatus": status, "CreationTime": SINCE, **more}
    return {"Stacks": [stack]}


def test_a_stack_is_described_with_outputs_and_parameters(clients: Clients) -> None:
    client = clients.cloudformation()
    outputs = [{"OutputKey": "BucketName", "OutputValue": "the-bucket"}]
    parameters = [{"ParameterKey": "UseMockData", "ParameterValue": "true"}]
    with Stubber(client) as stubber:
        answer = told("CREATE_COMPLETE", Outputs=outputs, Parameters=parameters)
        stubber.add_response("describe_stacks", answer, {"StackName": NAME})
        stack = stacks.Stacks(client).describe(NAME)
    assert stack == stacks.Stack(
        "arn:one", NAME, "CREATE_COMPLETE", {"BucketName": "the-bucket"}, {"UseMockData": "true"}
    )


def test_what_a_stack_made_is_listed_in_pages_and_errors_have_the_words_of_whoever_asks(
    clients: Clients,
) -> None:
    client = clients.cloudformation()
    rows: list[dict[str, Any]] = [
        {
            "LogicalResourceId": name,
            "ResourceType": "AWS::Lambda::Function",
            "PhysicalResourceId": f"x-{name}",
        }
        for name in ("B", "A")
    ]
    for row in rows:
        row |= {"LastUpdatedTimestamp": SINCE, "ResourceStatus": "CREATE_COMPLETE"}
    pages: list[dict[str, Any]] = [
        {"StackResourceSummaries": [rows[0]], "NextToken": "2"},
        {"StackResourceSummaries": [rows[1]]},
    ]
    words = replace(stacks.CLOUDFORMATION, denied=StackUnreadable, rules={})
    with Stubber(client) as stubber:
        stubber.add_response("describe_stacks", told("CREATE_COMPLETE"))
        for page in pages:
            stubber.add_response("list_stack_resources", page)
        assert stacks.Stacks(client, service=words).whole(NAME).named("AWS::Lambda::Function") == [
            "x-A",
            "x-B",
        ]
        stubber.add_response("describe_stacks", told("CREATE_COMPLETE"))
        stubber.add_client_error("list_stack_resources", "AccessDenied", http_status_code=403)
        with pytest.raises(StackUnreadable, match="cloudformation:ListStackResources"):
            stacks.Stacks(client, service=words).whole(NAME)


def test_a_deleted_stack_is_followed_by_its_arn_to_its_end(clients: Clients) -> None:
    """By its name a stack that is gone is not found any more (AWS: DescribeStacks)."""
    client = clients.cloudformation()
    with Stubber(client) as stubber:
        stubber.add_response("delete_stack", {}, {"StackName": "arn:one"})
        stubber.add_response("describe_stacks", told("DELETE_COMPLETE"), {"StackName": "arn:one"})
        after = stacks.Stacks(client).delete(stacks.Stack("arn:one", NAME, "CREATE_COMPLETE", {}, {}))
        assert after.status == "DELETE_COMPLETE"
        stubber.add_client_error("describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
        with pytest.raises(InvalidConfiguration, match=f"There is no stack {NAME} in this account"):
            stacks.Stacks(client).describe(NAME)


def test_a_stack_that_cannot_be_deleted_says_why(clients: Clients) -> None:
    client, waited = clients.cloudformation(), list[float]()
    with Stubber(client) as stubber:
        stubber.add_response("delete_stack", {}, {"StackName": "arn:one"})
        stubber.add_response("describe_stacks", told("DELETE_IN_PROGRESS"), {"StackName": "arn:one"})
        stubber.add_response("describe_stacks", told("DELETE_FAILED", StackStatusReason="In use."))
        stack = stacks.Stack("arn:one", NAME, "CREATE_COMPLETE", {}, {})
        after = stacks.Stacks(client, waited.append).delete(stack)
    assert (after.status, after.reason, len(waited)) == ("DELETE_FAILED", "In use.", 1)


def test_it_does_not_wait_for_ever(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "_MOST_POLLS", 1)
    client = clients.cloudformation()
    with Stubber(client) as stubber:
        stubber.add_response("delete_stack", {})
        stubber.add_response("describe_stacks", told("DELETE_IN_PROGRESS"))
        with pytest.raises(ExecutionUnavailable, match="still being deleted"):
            stacks.Stacks(client, list[float]().append).delete(stacks.Stack("arn:one", NAME, "", {}, {}))


@pytest.mark.parametrize(
    ("code", "status", "expected", "says"),
    [
        ("AccessDenied", 403, ExecutionAccessDenied, "cloudformation:DescribeStacks"),
        ("ValidationError", 400, InvalidConfiguration, "refused the request about the stack"),
        ("Throttling", 400, ExecutionUnavailable, "Run again"),
        ("InternalFailure", 500, ExecutionUnavailable, "Run again"),
    ],
)
def test_a_refusal_says_what_to_do(
    clients: Clients, code: str, status: int, expected: type[FinOpsGuardError], says: str
) -> None:
    client = clients.cloudformation()
    with Stubber(client) as stubber:
        stubber.add_client_error("describe_stacks", code, http_status_code=status)
        with pytest.raises(expected, match=says):
            stacks.Stacks(client).describe(NAME)


@pytest.mark.parametrize("answer", [{}, {"Stacks": []}, {"Stacks": [{}]}, {"Stacks": [{"StackId": "x"}]}])
def test_an_answer_that_describes_no_stack_is_none_of_awss(answer: Any) -> None:
    class Odd:
        def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803
            return answer

        def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
            raise AssertionError

        def get_paginator(self, operation: str) -> None:
            raise AssertionError

    with pytest.raises(ExecutionUnavailable):
        stacks.Stacks(Odd()).describe(NAME)


# ---- logs ------------------------------------------------------------------------------------------------------------

GROUP = f"/aws/lambda/{NAME}/PostToTeams"


def test_all_pages_of_a_log_are_read(clients: Clients) -> None:
    client = clients.logs()
    asked = {"logGroupName": GROUP, "startTime": int(SINCE.timestamp() * 1000)}
    first = {"events": [{"timestamp": 1795824000000, "message": "one"}], "nextToken": "more"}
    second = {"events": [{"timestamp": 1795824001000, "message": "two"}]}
    with Stubber(client) as stubber:
        stubber.add_response("filter_log_events", first, asked)
        stubber.add_response("filter_log_events", second, {**asked, "nextToken": "more"})
        lines = list(stacks.lines(client, GROUP, SINCE))
    assert [(line.text, line.at.second) for line in lines] == [("one", 0), ("two", 1)]


def test_a_log_without_end_is_not_read_without_end() -> None:
    class Endless:
        def filter_log_events(self, **asked: Any) -> Any:
            return {"events": [], "nextToken": "again"}

    with pytest.raises(AnswerTooLong, match="Ask for fewer hours"):
        list(stacks.lines(Endless(), GROUP, SINCE))


def test_a_group_that_is_not_there_is_named(clients: Clients) -> None:
    with pytest.raises(InvalidConfiguration, match=f"no log group {GROUP}"):
        list(stacks.lines(clients.logs(), GROUP, SINCE))


@pytest.mark.parametrize("event", [{}, {"timestamp": "x", "message": "y"}, {"timestamp": 1, "message": 2}])
def test_an_event_of_another_form_is_none_of_awss(event: Any) -> None:
    class Odd:
        def filter_log_events(self, **asked: Any) -> Any:
            return {"events": [event]}

    with pytest.raises(ExecutionUnavailable):
        list(stacks.lines(Odd(), GROUP, SINCE))
