"""Following a deployed state machine; Step Functions' answers are botocore's own stubs (and moto's in integration)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from finopsguard.engine.aws import redrive, run_deployed
from finopsguard.engine.execution import AlertNote, Event
from finopsguard.errors import (
    CredentialsMissing,
    ExecutionAccessDenied,
    ExecutionUnavailable,
    InvalidConfiguration,
    InvalidInput,
)
from tests.workflow.fakes import REQUEST

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:finops-guard"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:finops-guard:weekly-1"
STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Slept(list[float]):
    """A sleep that remembers and does not wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def client() -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1")
    return session.client("stepfunctions")


@pytest.fixture
def aws(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def event(number: int, kind: str, previous: int | None = None, **details: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"id": number, "type": kind, "timestamp": STARTED + timedelta(seconds=number)}
    told["previousEventId"] = number - 1 if previous is None else previous
    if kind.endswith("StateEntered"):
        told["stateEnteredEventDetails"] = details
    elif kind == "TaskFailed":
        told["taskFailedEventDetails"] = {"resourceType": "lambda", "resource": "invoke", **details}
    elif kind == "TaskSucceeded":
        told["taskSucceededEventDetails"] = {"resourceType": "lambda", "resource": "invoke", **details}
    return told


HISTORY = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 0, name="ResolveAccounts", input='{"report": "weekly"}'),
    event(3, "TaskScheduled"),
    event(4, "TaskFailed", error="StoreUnavailable", cause='{"errorMessage": "Slow."}'),
    event(5, "TaskScheduled"),
    event(6, "TaskSucceeded", output=json.dumps({"text": "ñ" * 500})),
    event(7, "ExecutionSucceeded"),
]


def start(stubber: Stubber) -> None:
    expected = {"stateMachineArn": MACHINE, "name": ANY, "input": json.dumps(REQUEST)}
    stubber.add_response("start_execution", {"executionArn": EXECUTION, "startDate": STARTED}, expected)


def describe(stubber: Stubber, status: str, **more: Any) -> None:
    told = {"executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "weekly-1", "startDate": STARTED}
    stubber.add_response(
        "describe_execution", {**told, "status": status, **more}, {"executionArn": EXECUTION}
    )


def history(
    stubber: Stubber, events: list[dict[str, Any]], token: str | None = None, more: str | None = None
) -> None:
    expected = {"executionArn": EXECUTION, "maxResults": 1000, **({"nextToken": token} if token else {})}
    stubber.add_response(
        "get_execution_history", {"events": events, **({"nextToken": more} if more else {})}, expected
    )


def test_it_follows_an_execution_to_its_end_and_tells_each_event_once(client: Any, aws: Stubber) -> None:
    start(aws)
    describe(aws, "RUNNING")
    history(aws, HISTORY[:2])
    describe(aws, "RUNNING")
    history(aws, HISTORY[:4], more="page-2")
    history(aws, HISTORY[4:5], token="page-2")
    describe(aws, "SUCCEEDED", output='{"status": "delivered"}', stopDate=STARTED + timedelta(seconds=42))
    history(aws, HISTORY[4:], token="page-2")
    seen: list[Event] = []
    slept = Slept()
    execution = run_deployed(REQUEST, MACHINE, client, sleep=slept, on_event=seen.append)
    assert [it.id for it in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert (execution.status, execution.error) == ("SUCCEEDED", None)
    assert (execution.arn, execution.name) == (EXECUTION, "weekly-1")
    assert execution.output == {"status": "delivered"}
    assert execution.seconds == 42
    assert execution.retries == {"ResolveAccounts": 1}
    assert [it.name for it in execution.states_entered] == ["ResolveAccounts"]
    assert execution.largest_payload_bytes == len('{"text":""}') + 1000
    assert len(slept) == 2


def test_a_failed_execution_tells_its_error_and_its_reason(client: Any, aws: Stubber) -> None:
    start(aws)
    cause = '{"errorMessage": "The card is too large.", "errorType": "CardTooLarge"}'
    describe(aws, "FAILED", error="CardTooLarge", cause=cause, stopDate=STARTED)
    history(aws, [event(1, "ExecutionStarted"), event(2, "ExecutionFailed")])
    execution = run_deployed(REQUEST, MACHINE, client, sleep=Slept())
    assert (execution.status, execution.error, execution.output) == ("FAILED", "CardTooLarge", None)
    assert execution.reason == "The card is too large."
    assert execution.to_json()["cause"] == cause


@pytest.mark.parametrize(
    ("last", "alert"),
    [
        (
            event(
                3,
                "TaskSucceeded",
                output='{"Payload": {"place": "topic", "status": "delivered", "channel": "teams"}, "StatusCode": 200}',
            ),
            AlertNote("topic", "delivered"),
        ),
        (
            event(3, "TaskFailed", error="TeamsRejected", cause='{"errorMessage": "No."}'),
            AlertNote("none", "failed", "TeamsRejected: No."),
        ),
        (event(3, "TaskSucceeded", output='{"StatusCode": 200}'), None),
    ],
)
def test_it_says_where_the_alert_went(
    client: Any, aws: Stubber, last: dict[str, Any], alert: AlertNote | None
) -> None:
    start(aws)
    describe(aws, "FAILED", error="CardTooLarge", stopDate=STARTED)
    entered = event(2, "TaskStateEntered", 0, name="NotifyFailure", input="{}")
    history(aws, [event(1, "ExecutionStarted"), entered, last, event(4, "ExecutionFailed")])
    assert run_deployed(REQUEST, MACHINE, client, sleep=Slept()).alert == alert


def test_a_time_out_of_the_whole_execution_has_a_name(client: Any, aws: Stubber) -> None:
    start(aws)
    describe(aws, "TIMED_OUT", stopDate=STARTED)
    history(aws, [event(1, "ExecutionStarted"), event(2, "ExecutionTimedOut")])
    assert run_deployed(REQUEST, MACHINE, client, sleep=Slept()).error == "States.Timeout"


def test_the_last_event_may_come_after_the_status(client: Any, aws: Stubber) -> None:
    start(aws)
    for known in (6, 6, 7):
        describe(aws, "SUCCEEDED", output="{}", stopDate=STARTED)
        history(aws, HISTORY[:known])
    execution = run_deployed(REQUEST, MACHINE, client, sleep=Slept())
    assert execution.events == 7


def test_a_lost_poll_does_not_lose_the_execution(client: Any, aws: Stubber) -> None:
    start(aws)
    for _ in range(5):
        aws.add_client_error("describe_execution", "ThrottlingException", "Rate exceeded", 400)
    describe(aws, "SUCCEEDED", output="{}", stopDate=STARTED)
    history(aws, HISTORY)
    assert run_deployed(REQUEST, MACHINE, client, sleep=Slept()).status == "SUCCEEDED"


def test_when_polls_stay_lost_it_says_which_execution_goes_on(client: Any, aws: Stubber) -> None:
    start(aws)
    for _ in range(6):
        aws.add_client_error("describe_execution", "ThrottlingException", "Rate exceeded", 400)
    with pytest.raises(ExecutionUnavailable, match=f"goes on: {EXECUTION}"):
        run_deployed(REQUEST, MACHINE, client, sleep=Slept())


@pytest.mark.parametrize(
    ("code", "error", "remedy"),
    [
        (
            "StateMachineDoesNotExist",
            InvalidConfiguration,
            f"{MACHINE} is not a state machine.*FINOPSGUARD_STATE_MACHINE",
        ),
        ("InvalidArn", InvalidConfiguration, "Set FINOPSGUARD_STATE_MACHINE_ARN"),
        ("StateMachineDeleting", InvalidConfiguration, "Set FINOPSGUARD_STATE_MACHINE_ARN"),
        (
            "AccessDeniedException",
            ExecutionAccessDenied,
            f"Allow states:StartExecution to the role.*{MACHINE}",
        ),
        ("ExpiredTokenException", CredentialsMissing, "Sign in"),
        ("ExecutionLimitExceeded", ExecutionUnavailable, "Wait until some have ended"),
        ("ThrottlingException", ExecutionUnavailable, "Run again"),
    ],
)
def test_a_start_that_aws_refuses_says_what_to_do(
    client: Any, aws: Stubber, code: str, error: type[Exception], remedy: str
) -> None:
    aws.add_client_error("start_execution", code, "no", 400)
    with pytest.raises(error, match=remedy):
        run_deployed(REQUEST, MACHINE, client, sleep=Slept())


def test_an_arn_that_botocore_refuses_is_a_wrong_setting(client: Any) -> None:
    with pytest.raises(InvalidConfiguration, match="FINOPSGUARD_STATE_MACHINE_ARN"):
        run_deployed(REQUEST, "", client, sleep=Slept())


# ---- resuming --------------------------------------------------------------------------------------------------------

FAILED_BEFORE = [
    event(1, "ExecutionStarted"),
    event(2, "TaskStateEntered", 0, name="PostToTeams", input="{}"),
    event(3, "TaskFailed", error="TeamsUnavailable", cause='{"errorMessage": "No."}'),
    event(4, "ExecutionFailed"),
]
RESUMED = STARTED + timedelta(hours=2)


def later(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "timestamp": told["timestamp"] + timedelta(hours=2)}


def resume(stubber: Stubber, count: int = 0) -> None:
    describe(stubber, "FAILED", stopDate=STARTED, redriveCount=count, redriveStatus="REDRIVABLE")
    stubber.add_response("redrive_execution", {"redriveDate": RESUMED}, {"executionArn": EXECUTION})


def test_a_resumed_execution_is_followed_to_its_next_end(client: Any, aws: Stubber) -> None:
    resume(aws, count=1)
    # What is described may be from before the redrive; what it says is not this run's end.
    describe(aws, "FAILED", error="TeamsUnavailable", stopDate=STARTED, redriveCount=1)
    history(aws, FAILED_BEFORE)
    describe(aws, "RUNNING", redriveCount=2)
    history(aws, [*FAILED_BEFORE, later(event(5, "ExecutionRedriven"))])
    describe(aws, "SUCCEEDED", redriveCount=2, output="{}", stopDate=RESUMED + timedelta(seconds=9))
    # The end is described before the history has it, whose last event is still that of the redrive.
    history(aws, [*FAILED_BEFORE, later(event(5, "ExecutionRedriven"))])
    describe(aws, "SUCCEEDED", redriveCount=2, output="{}", stopDate=RESUMED + timedelta(seconds=9))
    entered = later(event(6, "TaskStateEntered", 0, name="PostToTeams", input="{}"))
    history(
        aws,
        [
            *FAILED_BEFORE,
            later(event(5, "ExecutionRedriven")),
            entered,
            later(event(7, "ExecutionSucceeded")),
        ],
    )
    seen: list[Event] = []
    execution = redrive(EXECUTION, client, sleep=Slept(), on_event=seen.append)
    assert (execution.status, execution.arn) == ("SUCCEEDED", EXECUTION)
    assert [it.id for it in seen] == [5, 6, 7], "what failed before is not told as if it failed now"
    assert [it.name for it in execution.states_entered] == ["PostToTeams", "PostToTeams"]


def test_what_fails_again_is_told_as_this_runs_failure(client: Any, aws: Stubber) -> None:
    resume(aws)
    describe(aws, "FAILED", error="TeamsRejected", cause="{}", stopDate=RESUMED, redriveCount=1)
    history(aws, [*FAILED_BEFORE, later(event(5, "ExecutionRedriven")), later(event(6, "ExecutionFailed"))])
    execution = redrive(EXECUTION, client, sleep=Slept())
    assert (execution.status, execution.error) == ("FAILED", "TeamsRejected")


@pytest.mark.parametrize(
    ("status", "more", "says"),
    [
        ("RUNNING", {"redriveStatus": "NOT_REDRIVABLE"}, "runs already"),
        ("SUCCEEDED", {"redriveStatus": "NOT_REDRIVABLE"}, "nothing to resume"),
        (
            "FAILED",
            {
                "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "The execution exceeded its redrive period.",
                "input": json.dumps({"report": "weekly", "scheduled_time": "2026-11-09T08:00:00Z"}),
            },
            r"redrive period.*finopsguard run --engine aws --report weekly --scheduled-time 2026-11-09T08:00:00\+00:00",
        ),
    ],
)
def test_what_cannot_be_resumed_is_refused_with_the_next_command(
    client: Any, aws: Stubber, status: str, more: dict[str, Any], says: str
) -> None:
    describe(aws, status, **more)
    with pytest.raises(InvalidInput, match=says):
        redrive(EXECUTION, client, sleep=Slept())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ExecutionNotRedrivable", InvalidInput),
        ("ExecutionLimitExceeded", ExecutionUnavailable),
        ("AccessDeniedException", ExecutionAccessDenied),
    ],
)
def test_a_refused_redrive_is_one_of_our_errors(
    client: Any, aws: Stubber, code: str, expected: type[Exception]
) -> None:
    describe(aws, "FAILED", redriveStatus="REDRIVABLE")
    aws.add_client_error("redrive_execution", code)
    with pytest.raises(expected, match=EXECUTION if code != "ExecutionLimitExceeded" else "Too many"):
        redrive(EXECUTION, client, sleep=Slept())
