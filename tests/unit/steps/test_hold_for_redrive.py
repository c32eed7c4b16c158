"""HoldForRedrive: the original error, until the execution was redriven."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from finopsguard.errors import Permanent
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.steps import hold_for_redrive
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakeExecutions, FakePorts, call

ARN = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one"
CAUSE = json.dumps(
    {"errorMessage": "The role may not.\nAllow ce:GetCostAndUsage.", "errorType": "X", "stackTrace": []}
)
FAILURE = Failure({"run": {}}, FailureDetail("AggregateCosts", "TooManyAccountsMissing", CAUSE, 0), ARN)
BY_RULE = Failure({}, FailureDetail("the execution", "FAILED", "", 0), ARN)


@pytest.mark.parametrize(
    "name", ["TooManyAccountsMissing", "States.Timeout", "Lambda.TooManyRequestsException"]
)
def test_the_gate_raises_the_original_error_name_and_message(name: str) -> None:
    held = replace(FAILURE, failure=replace(FAILURE.failure, error=name), redrive_count=0)
    with pytest.raises(Permanent, match=r"The role may not\. Allow") as raised:
        call(hold_for_redrive.run, held, FakePorts())
    assert type(raised.value).__name__ == name, "Lambda reports the class's name"


def test_an_error_without_a_name_is_raised_as_unknown() -> None:
    held = replace(FAILURE, failure=replace(FAILURE.failure, error="\0"), redrive_count=0)
    with pytest.raises(Permanent) as raised:
        call(hold_for_redrive.run, held, FakePorts())
    assert type(raised.value).__name__ == "Unknown"


def test_the_gate_opens_for_a_redrive_since_the_failure_and_not_for_an_earlier_one() -> None:
    held = replace(FAILURE, redrive_count=1)
    assert call(hold_for_redrive.run, held, FakePorts()) == held
    failed_again = replace(held, failure=replace(held.failure, redriveCount=1))
    with pytest.raises(Permanent):
        call(hold_for_redrive.run, failed_again, FakePorts())


def test_without_a_count_in_the_context_the_execution_is_asked() -> None:
    held = replace(FAILURE, redrive_count=None)
    with pytest.raises(Permanent):
        call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(0)))
    assert call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(1))) == held


def test_without_a_count_a_redrive_opens_the_gate_once_so_that_no_failure_goes_round_for_ever() -> None:
    held = replace(FAILURE, redrive_count=None)
    store = MemoryStore()
    ports = FakePorts(executions=FakeExecutions(1), store=store)
    call(hold_for_redrive.run, held, ports)
    with pytest.raises(Permanent):
        call(hold_for_redrive.run, held, ports)
    assert call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(2), store=store)) == held
