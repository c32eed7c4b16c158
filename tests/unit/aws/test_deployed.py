"""What a stack deployed, read from the wire: what is not as AWS documents it is an error of ours, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.aws.deployed import Deployed, Execution, Schedule, Subscriptions
from finopsguard.errors import ExecutionUnavailable, FinOpsGuardError, StackUnreadable
from tests import planted
from tests.standins import StandIns
from tests.standins.deployed import STACK
from tests.standins.service import Answer, StandIn
from tests.sweeps import sampled
from tests.unit.doctor.examining import deployed

MACHINE = "arn:aws:states:us-east-1:111100000000:stateMachine:finops-guard"
READS: Mapping[str, tuple[Callable[[StandIns], StandIn], Callable[[Deployed, str], object]]] = {
    "stack": (lambda world: world.cloudformation, lambda reads, _: reads.stack(STACK)),
    "variables": (lambda world: world.rest, lambda reads, _: reads.variables(f"{STACK}-PostToTeams")),
    "schedule": (lambda world: world.rest, lambda reads, _: reads.schedule(STACK, f"{STACK}-weekly")),
    "executions": (lambda world: world.step_functions, lambda reads, _: reads.executions(MACHINE)),
    "alarms": (lambda world: world.cloudwatch, lambda reads, _: reads.alarms(["x"])),
    "subscriptions": (lambda world: world.sns, lambda reads, topic: reads.subscriptions(topic)),
}
BODIES = {
    "a proxy's page": b"<html><body>Sign in</body></html>",
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "another object": b'{"executions": [{"name": 1}], "MetricAlarms": [{}], "ScheduleExpression": 7,'
    b' "FunctionName": "x", "Environment": {"Variables": {"A": 7}}}',
}


@pytest.fixture
def reads(standins: StandIns, clients: Clients) -> Deployed:
    """Of a stack that is well."""
    deployed(standins)
    return Deployed(clients)


def test_what_is_there_is_read(standins: StandIns, reads: Deployed) -> None:
    stack = reads.stack(STACK)
    assert (stack.status, len(stack.resources)) == ("CREATE_COMPLETE", len(standins.deployed.resources))
    assert standins.cloudformation.count("ListStackResources") == 2
    assert stack.outputs["StateMachineArn"] == MACHINE
    assert stack.named("AWS::StepFunctions::StateMachine") == [MACHINE]
    assert reads.schedule(STACK, f"{STACK}-daily") == Schedule(
        "DISABLED", "cron(0 9 * * ? *)", "Europe/Madrid"
    )
    assert reads.executions(MACHINE)[1] == Execution(
        "first", "SUCCEEDED", datetime.fromtimestamp(1795420859, UTC)
    )
    assert reads.alarms([*standins.deployed.alarms, "gone"]) == standins.deployed.alarms
    standins.sns.subscriptions.append(("PendingConfirmation", planted.address("new")))
    assert reads.subscriptions(standins.topic_arn) == Subscriptions(1, 1)


@sampled(every=4)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("read", READS)
def test_an_answer_of_another_form(
    standins: StandIns, reads: Deployed, read: str, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    service, ask = READS[read]
    service(standins).answer(Answer(200, BODIES[body]), times=None)
    with pytest.raises(FinOpsGuardError):
        ask(reads, standins.topic_arn)


@pytest.mark.parametrize("read", READS)
def test_a_refusal_names_the_action_and_a_server_error_says_to_wait(
    standins: StandIns, reads: Deployed, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    service, ask = READS[read]
    service(standins).fail("AccessDeniedException", f"no, {planted.address('ana')}", status=403)
    with pytest.raises(FinOpsGuardError, match=r"denies access. Allow \w+:\w+ to"):
        ask(reads, standins.topic_arn)
    service(standins).fail("InternalFailure", "no", status=500, times=None)
    with pytest.raises(ExecutionUnavailable):
        ask(reads, standins.topic_arn)


def test_what_was_deleted_by_hand(standins: StandIns, reads: Deployed) -> None:
    standins.deployed.schedules.clear()
    standins.deployed.variables.clear()
    with pytest.raises(StackUnreadable, match="The schedule x was deleted by hand"):
        reads.schedule(STACK, "x")
    with pytest.raises(StackUnreadable, match="The function y was deleted by hand"):
        reads.variables("y")
