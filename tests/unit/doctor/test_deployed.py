"""The stack, its schedules, executions and alarms, and who gets its mails."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from finopsguard.models.checkup import CheckName
from tests import planted
from tests.standins import StandIns
from tests.unit.doctor.examining import STACK, around, deployed, found, only

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OF_A_STACK: tuple[CheckName, ...] = ("stack", "schedules", "executions", "alarms")


@pytest.fixture
def stack(standins: StandIns) -> StandIns:
    """A stack that is well."""
    deployed(standins)
    return standins


def test_without_a_stack_nothing_is_looked_at() -> None:
    for name in OF_A_STACK:
        assert only(name, around({}))[:2] == ("skip", "stack_none")
    assert only("mail", around({}))[:2] == ("skip", "mail_none")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", "pass"),
        ("UPDATE_ROLLBACK_COMPLETE", "warn"),
        ("UPDATE_IN_PROGRESS", "warn"),
        ("ROLLBACK_COMPLETE", "fail"),
    ],
)
def test_the_state_of_a_stack(stack: StandIns, status: str, state: str) -> None:
    stack.deployed.status = status
    assert only("stack", around({}, stack=STACK))[0] == state


def test_a_stack_that_is_not_there_or_may_not_be_read(stack: StandIns) -> None:
    assert only("stack", around({}, stack="other"))[2].startswith("There is no stack other in this account")
    stack.cloudformation.fail("AccessDenied", "no", status=403)
    error = only("stack", around({}, stack=STACK))[2]
    assert error.startswith("CloudFormation denies access. Allow cloudformation:DescribeStacks")
    assert "Who runs doctor" in error


def test_a_stack_that_is_another(stack: StandIns) -> None:
    """One of deploy/fargate.yaml, for instance: nothing of it is looked at."""
    stack.deployed.resources = [each for each in stack.deployed.resources if "Lambda" not in each[1]]
    assert only("stack", around({}, stack=STACK))[:2] == ("fail", "stack_other")


def test_settings_that_may_not_be_read_are_a_warning(stack: StandIns) -> None:
    stack.rest.fail("AccessDeniedException", "no", status=403, times=None)
    passed, warned = found("stack", around({}, stack=STACK))
    assert (passed.state, warned.state, warned.said) == ("pass", "warn", "stack_settings")
    assert "Allow lambda:GetFunctionConfiguration" in (warned.error or "")


def test_schedules_and_when_they_are_due(stack: StandIns) -> None:
    weekly, daily = found("schedules", around({}, stack=STACK, now=NOW))
    assert (weekly.state, weekly.said) == ("pass", "schedule")
    assert weekly.values["next"] == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert (daily.state, daily.said) == ("skip", "schedule_off")
    stack.deployed.schedules[f"{STACK}-weekly"] = ("ENABLED", "rate(7 days)", "UTC")
    assert found("schedules", around({}, stack=STACK))[0].said == "schedule_on"
    stack.deployed.schedules[f"{STACK}-weekly"] = ("DISABLED", "rate(7 days)", "UTC")
    assert only("schedules", around({}, stack=STACK))[:2] == ("warn", "schedules_off")
    stack.deployed.schedules.clear()
    assert "was deleted by hand. Deploy the stack again." in only("schedules", around({}, stack=STACK))[2]


def test_the_newest_execution_that_has_ended(stack: StandIns) -> None:
    [finding] = found("executions", around({}, stack=STACK))
    assert (finding.state, finding.values["execution"], finding.values["good"]) == ("pass", "first", 1)
    stack.step_functions.executions = [("third", "TIMED_OUT"), ("first", "SUCCEEDED")]
    assert only("executions", around({}, stack=STACK))[:2] == ("fail", "executions_failed")
    stack.step_functions.executions = [("third", "RUNNING")]
    assert only("executions", around({}, stack=STACK))[:2] == ("warn", "executions_none")
    stack.deployed.resources = [each for each in stack.deployed.resources if each[0] != "StateMachine"]
    assert only("executions", around({}, stack=STACK))[:2] == ("fail", "executions_no_machine")


def test_executions_of_the_machine_of_a_setting(stack: StandIns) -> None:
    machine = {"FINOPSGUARD_STATE_MACHINE_ARN": stack.deployed.outputs["StateMachineArn"]}
    assert only("executions", around(machine))[:2] == ("pass", "executions")
    stack.step_functions.fail("AccessDeniedException", "no")
    assert "Allow states:ListExecutions" in only("executions", around(machine))[2]


@pytest.mark.parametrize(
    ("states", "state", "said"),
    [
        (("OK", "OK"), "pass", "alarms"),
        (("OK", "ALARM"), "fail", "alarms_on"),
        (("INSUFFICIENT_DATA", "OK"), "warn", "alarms_without_data"),
        (("OK",), "fail", "alarms_gone"),
    ],
)
def test_alarms(stack: StandIns, states: tuple[str, ...], state: str, said: str) -> None:
    names = list(stack.deployed.alarms)
    stack.deployed.alarms = dict(zip(names, states, strict=False))
    assert only("alarms", around({}, stack=STACK))[:2] == (state, said)


def test_a_stack_without_alarms(stack: StandIns) -> None:
    stack.deployed.resources = [each for each in stack.deployed.resources if "Alarm" not in each[1]]
    assert only("alarms", around({}, stack=STACK))[:2] == ("warn", "alarms_none")


def test_who_gets_the_mails_is_counted_and_never_named(stack: StandIns) -> None:
    [finding] = found("mail", around({}, stack=STACK))
    assert (finding.state, finding.values) == ("pass", {"confirmed": 1, "pending": 0})
    stack.sns.subscriptions.append(("PendingConfirmation", planted.address("new")))
    assert only("mail", around({}, stack=STACK))[:2] == ("warn", "mail_pending")
    stack.sns.subscriptions.clear()
    assert only("mail", around({}, stack=STACK))[:2] == ("warn", "mail_nobody")
    stack.sns.topics.clear()
    assert "was deleted by hand" in only("mail", around({}, stack=STACK))[2]
