"""HoldForRedrive: the original error, until the execution was redriven."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from finopsguard.errors import ExecutionAccessDenied, Permanent
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.steps import hold_for_redrive
from finopsguard.store.memory import MemoryStore
from tests.template import stack
from tests.unit.fakes import FakeExecutions, FakePorts, call

ARN = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one"
CAUSE = json.dumps(
    {"errorMessage": "The role may not.\nAllow ce:GetCostAndUsage.", "errorType": "X", "stackTrace": []}
)
FAILURE = Failure({"run": {}}, FailureDetail("AggregateCosts", "TooManyAccountsMissing", CAUSE, 0), ARN)
BY_RULE = Failure({}, FailureDetail("the execution", "FAILED", "", 0), ARN)


@pytest.mark.parametrize(
    ("name", "raised_as"),
    [
        ("TooManyAccountsMissing", "TooManyAccountsMissing"),
        ("States.Timeout", "StatesTimeout"),
        ("Lambda.TooManyRequestsException", "LambdaTooManyRequestsException"),
    ],
)
def test_the_gate_raises_the_original_error_name_and_message(name: str, raised_as: str) -> None:
    held = replace(FAILURE, failure=replace(FAILURE.failure, error=name), redrive_count=0)
    with pytest.raises(Permanent, match=r"The role may not\. Allow") as raised:
        call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(0)))
    assert type(raised.value).__name__ == raised_as, "Lambda reports the class's name"


# A step raises no ExecutionUnavailable: the gate alone asks about executions.
RETRIED = {
    name for retrier in stack.tasks()["HoldForRedrive"]["Retry"] for name in retrier["ErrorEquals"]
} - {"ExecutionUnavailable"}


@pytest.mark.parametrize("name", sorted(RETRIED))
def test_what_the_machine_retries_of_the_gate_is_never_what_it_raises_on_purpose(name: str) -> None:
    held = replace(FAILURE, failure=replace(FAILURE.failure, error=name), redrive_count=0)
    with pytest.raises(Permanent) as raised:
        call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(0)))
    assert type(raised.value).__name__ not in RETRIED


def test_an_error_without_a_name_is_raised_as_unknown() -> None:
    held = replace(FAILURE, failure=replace(FAILURE.failure, error="\0"), redrive_count=0)
    with pytest.raises(Permanent) as raised:
        call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(0)))
    assert type(raised.value).__name__ == "Unknown"


def test_the_gate_opens_for_a_redrive_since_the_failure_and_not_for_an_earlier_one() -> None:
    held = replace(FAILURE, redrive_count=1)
    assert call(hold_for_redrive.run, held, FakePorts()) == held
    failed_again = replace(held, failure=replace(held.failure, redriveCount=1))
    with pytest.raises(Permanent):
        call(hold_for_redrive.run, failed_again, FakePorts(executions=FakeExecutions(1)))


@pytest.mark.parametrize(("told", "recorded", "known"), [(0, 0, 1), (1, 1, 2), (0, 1, 2)])
def test_a_count_of_the_states_first_entry_does_not_keep_the_gate_closed(
    told: int, recorded: int, known: int
) -> None:
    """Whether Arguments are evaluated anew on a redrive is not documented."""
    held = replace(FAILURE, failure=replace(FAILURE.failure, redriveCount=recorded), redrive_count=told)
    assert call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(known))) == held
    with pytest.raises(Permanent):
        call(hold_for_redrive.run, held, FakePorts(executions=FakeExecutions(known - 1)))


def test_an_execution_that_may_not_be_asked_about_ends_under_its_own_error_and_says_so() -> None:
    denied = FakeExecutions(ExecutionAccessDenied("Allow states:DescribeExecution."))
    held = replace(FAILURE, redrive_count=0)
    with pytest.raises(
        Permanent, match=r"The role may not.*redriven: Allow states:DescribeExecution"
    ) as raised:
        call(hold_for_redrive.run, held, FakePorts(executions=denied))
    assert type(raised.value).__name__ == "TooManyAccountsMissing"


def test_nobody_is_asked_about_an_execution_of_the_embedded_engine() -> None:
    here = "arn:aws:states:eu-west-1:123456789012:execution:finops-guard-embedded:one"
    with pytest.raises(Permanent) as raised:
        call(hold_for_redrive.run, replace(FAILURE, execution=here, redrive_count=0), FakePorts())
    assert type(raised.value).__name__ == "TooManyAccountsMissing"


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
