"""Who is told of a failed run, and what the execution says of it: the real steps, with Teams and SNS as stand-ins."""

from __future__ import annotations

import pytest

from finopsguard.commands.run import told_of_failure
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import AlertNote, Execution
from tests.standins import StandIns
from tests.workflow.fakes import REQUEST, Fakes, failure


@pytest.fixture
def world(teams: StandIns, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """A topic beside the channel, and accounts that there are not: every run fails at once."""
    for name, value in teams.environ(webhook="url", topic=True).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FINOPSGUARD_INCLUDE_ACCOUNTS", "000000000001")
    return teams


def run() -> Execution:
    execution = run_embedded(REQUEST, wait_scale=0)
    assert (execution.status, execution.error) == ("FAILED", "UnknownAccount")
    return execution


def said(execution: Execution) -> str:
    return told_of_failure(execution.alert)


def test_teams_takes_the_alert(world: StandIns) -> None:
    execution = run()
    assert execution.alert == AlertNote("teams", "delivered")
    assert execution.to_json()["alert"] == {"place": "teams", "status": "delivered", "why": None}
    assert said(execution) == "The alert was sent to Teams."
    assert (len(world.workflows.posts), world.sns.published) == (1, [])


def test_a_teams_that_refuses_and_a_topic(world: StandIns) -> None:
    world.workflows.answer(401)
    execution = run()
    assert execution.alert is not None
    assert (execution.alert.place, execution.alert.status) == ("topic", "delivered")
    assert said(execution).startswith("The alert was sent to the alert topic. TeamsRejected: ")
    ((subject, text),) = world.sns.published
    assert subject == "FinOps Guard: The weekly cost report failed"
    assert "UnknownAccount" in text
    assert world.workflows.sig not in text + subject + str(execution)
    assert world.workflows.posts == []


def test_a_teams_that_is_down_is_not_waited_for_where_a_topic_takes_the_alert(world: StandIns) -> None:
    world.workflows.answer(503, times=50)
    execution = run()
    assert execution.retries == {}
    assert len(world.sns.published) == 1


def test_a_topic_that_refuses_too(world: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    world.workflows.answer(401, times=50)
    world.sns.fail("AuthorizationError", status=403, times=None)
    execution = run()
    assert said(execution).startswith("No alert could be sent. TeamsRejected: ")
    assert "sns:Publish" in said(execution)
    assert execution.retries == {}, "neither gets better by itself"
    world.sns.heal()
    world.sns.fail("InternalError", status=500, times=3)
    execution = run()
    assert execution.retries == {"NotifyFailure": 1}
    assert execution.alert is not None
    assert (execution.alert.place, len(world.sns.published)) == ("topic", 1)


def test_neither_is_configured(world: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEAMS_WEBHOOK_URL", "FINOPSGUARD_ALERT_TOPIC_ARN"):
        monkeypatch.setenv(name, "")
    execution = run()
    assert execution.alert == AlertNote("none", "not_configured")
    assert said(execution) == "Neither a webhook nor an alert topic is configured, so no alert was sent."


def test_on_a_laptop_there_is_no_topic_and_it_says_so(
    world: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_ALERT_TOPIC_ARN", "")
    world.workflows.answer(401)
    assert "No alert topic is configured" in said(run())


def test_a_good_run_and_one_that_was_ended_from_outside_have_no_alert() -> None:
    assert Fakes().run().alert is None
    assert (
        told_of_failure(None)
        == "The execution itself sent no alert; of a deployed one the stack's event rule does."
    )


def test_an_alert_of_an_earlier_version_is_not_guessed_at() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    fakes.outputs["notify_failure"] = {"status": "delivered", "bytes": 1}
    assert fakes.run().alert is None
