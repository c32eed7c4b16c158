"""What Step Functions says of an execution, through botocore's own parser: how it ended, or a named error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.aws.executions import AwsExecutions
from finopsguard.engine.aws import redrive, run_deployed
from finopsguard.engine.execution import Execution
from finopsguard.errors import ExecutionUnavailable, FinOpsGuardError
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import spoiled
from tests.fuzz.wire import Reply, answers, clients, said

ARN = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one"
DESCRIBED = {
    "executionArn": ARN,
    "name": "one",
    "status": "SUCCEEDED",
    "startDate": 1763366400.0,
    "stopDate": 1763366460.5,
    "output": '{"deliveries":[]}',
    "redriveCount": 0,
}
EVENTS = [
    {
        "id": 1,
        "timestamp": 1763366400.0,
        "type": "ExecutionStarted",
        "executionStartedEventDetails": {"input": "{}"},
    },
    {
        "id": 2,
        "timestamp": 1763366401.0,
        "type": "TaskStateEntered",
        "previousEventId": 1,
        "stateEnteredEventDetails": {"name": "NotifyFailure", "input": "{}"},
    },
    {
        "id": 3,
        "timestamp": 1763366402.0,
        "type": "TaskSucceeded",
        "previousEventId": 2,
        "taskSucceededEventDetails": {"output": '{"Payload":{"status":"delivered","place":"teams"}}'},
    },
    {"id": 4, "timestamp": 1763366403.0, "type": "ExecutionSucceeded", "previousEventId": 3},
]


def followed(described: Any, history: Any) -> Execution | FinOpsGuardError:
    """What becomes of an execution that is described so; one that never ends is given up in the end."""

    def reply(operation: str, _: Mapping[str, Any]) -> Reply:
        if operation == "StartExecution":
            return said({"executionArn": ARN, "startDate": 1763366400.0})
        return said(described if operation == "DescribeExecution" else history)

    naps = count()

    def sleep(_: float) -> None:
        if next(naps) > 20:
            raise ExecutionUnavailable("It goes on for ever.")

    client = answers(clients().step_functions(), reply)
    machine = "arn:aws:states:eu-west-1:111111111111:stateMachine:finops-guard"
    return outcome(lambda: run_deployed({"report": "daily"}, machine, client, sleep=sleep))


def test_an_execution_as_it_is_described() -> None:
    found = followed(DESCRIBED, {"events": EVENTS})
    assert isinstance(found, Execution)
    assert (found.status, found.seconds, found.events) == ("SUCCEEDED", 60.5, 4)


@tries(8)
@given(described=spoiled(st.just(DESCRIBED)))
def test_a_spoiled_description_is_an_end_or_a_named_error(described: Any) -> None:
    found = followed(described, {"events": EVENTS})
    assert isinstance(found, FinOpsGuardError) or found.status == described["status"]


@tries(8)
@given(history=spoiled(st.just({"events": EVENTS})))
def test_a_spoiled_history_is_an_end_or_a_named_error(history: Any) -> None:
    found = followed(DESCRIBED, history)
    if isinstance(found, Execution):
        json.dumps(found.to_json())
        assert found.status == "SUCCEEDED"


FAILED = {
    **DESCRIBED,
    "status": "FAILED",
    "redriveStatus": "REDRIVABLE",
    "input": '{"report":"daily","scheduled_time":"2025-11-17T08:00:00Z"}',
}


@tries(8)
@given(described=spoiled(st.just(FAILED)), resumed=spoiled(st.just({"redriveDate": 1763366470.0})))
def test_a_spoiled_redrive_is_an_end_or_a_named_error(described: Any, resumed: Any) -> None:
    asked = count()

    def reply(operation: str, _: Mapping[str, Any]) -> Reply:
        if operation == "DescribeExecution":
            return said(described if next(asked) == 0 else {**DESCRIBED, "redriveCount": 1})
        return said(resumed if operation == "RedriveExecution" else {"events": EVENTS})

    client = answers(clients().step_functions(), reply)
    found = outcome(lambda: redrive(ARN, client, sleep=lambda _: None))
    assert isinstance(found, FinOpsGuardError) or found.status == "SUCCEEDED"


@tries(8)
@given(answer=spoiled(st.just({"executionArn": ARN, "status": "RUNNING", "redriveCount": 2})))
def test_a_redrive_count_is_a_number_or_there_is_an_error(answer: Any) -> None:
    client = answers(clients().step_functions(), lambda *_: said(answer))
    found = outcome(lambda: AwsExecutions(client).redrive_count(ARN))
    assert isinstance(found, FinOpsGuardError) or type(found) is int


@pytest.mark.parametrize("missing", ["startDate", "stopDate", "name"])
def test_a_description_without_its_times_or_name_is_no_answer(missing: str) -> None:
    found = followed({key: value for key, value in DESCRIBED.items() if key != missing}, {"events": EVENTS})
    assert isinstance(found, ExecutionUnavailable)


@pytest.mark.parametrize("payload", ["{", "[" * 100_000])
def test_an_event_whose_payload_is_no_json_is_passed_over(payload: str) -> None:
    broken = {**EVENTS[0], "executionStartedEventDetails": {"input": payload}}
    found = followed(DESCRIBED, {"events": [broken, *EVENTS[1:]]})
    assert isinstance(found, Execution)
    assert found.status == "SUCCEEDED"


def test_a_time_that_no_clock_has_is_no_answer() -> None:
    assert isinstance(followed({**DESCRIBED, "startDate": 10**30}, {"events": EVENTS}), ExecutionUnavailable)
