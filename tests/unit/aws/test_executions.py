"""How often an execution was redriven, as Step Functions describes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from finopsguard.aws.clients import Clients
from finopsguard.aws.executions import AwsExecutions
from finopsguard.errors import ExecutionAccessDenied, ExecutionUnavailable, InvalidInput
from tests.standins import StandIns
from tests.standins.service import Answer

EXECUTION = "arn:aws:states:us-east-1:111100000000:execution:finopsguard:weekly"
DESCRIBED = {
    "executionArn": EXECUTION,
    "stateMachineArn": "arn:aws:states:us-east-1:111100000000:stateMachine:finopsguard",
    "status": "RUNNING",
    "startDate": datetime(2026, 11, 16, tzinfo=UTC),
}


@pytest.mark.parametrize(("answer", "count"), [({}, 0), ({"redriveCount": 0}, 0), ({"redriveCount": 2}, 2)])
def test_redrive_count(clients: Clients, answer: Mapping[str, Any], count: int) -> None:
    client = clients.step_functions()
    with Stubber(client) as stubber:
        stubber.add_response("describe_execution", {**DESCRIBED, **answer}, {"executionArn": EXECUTION})
        assert AwsExecutions(client).redrive_count(EXECUTION) == count
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ExecutionDoesNotExist", 400, InvalidInput),
        ("InvalidArn", 400, InvalidInput),
        ("AccessDeniedException", 400, ExecutionAccessDenied),
        ("ThrottlingException", 400, ExecutionUnavailable),
        ("InternalFailure", 500, ExecutionUnavailable),
    ],
)
def test_refusals(clients: Clients, code: str, status: int, expected: type[Exception]) -> None:
    client = clients.step_functions()
    with Stubber(client) as stubber:
        stubber.add_client_error("describe_execution", code, http_status_code=status)
        with pytest.raises(expected):
            AwsExecutions(client).redrive_count(EXECUTION)


def test_a_proxys_page_does_not_mean_never(
    standins: StandIns, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", standins.endpoint)
    standins.step_functions.answer(Answer(200, b"<html>Sign in to the proxy</html>", "text/html"), times=None)
    with pytest.raises(ExecutionUnavailable, match="could not be reached"):
        AwsExecutions(clients.step_functions()).redrive_count(EXECUTION)
