"""NotifyFailure: the alert, once for each failure and channel."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from finopsguard import contracts, telemetry
from finopsguard.channels import alerts, deliveries
from finopsguard.config import AlertSettings
from finopsguard.errors import (
    AlertTopicRefused,
    AlertTopicUnavailable,
    DeliveryUncertain,
    FinOpsGuardError,
    InvalidConfiguration,
    StoreAccessDenied,
    StoreUnavailable,
    TeamsRejected,
    TeamsThrottled,
)
from finopsguard.models.ledger import Alert
from finopsguard.models.messages import Alerted, Failure, FailureDetail
from finopsguard.steps import notify_failure
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeChannel, FakePorts, FakeTopic, call

ARN = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one"
CAUSE = json.dumps(
    {"errorMessage": "The role may not.\nAllow ce:GetCostAndUsage.", "errorType": "X", "stackTrace": []}
)
FAILURE = Failure({"run": {}}, FailureDetail("AggregateCosts", "TooManyAccountsMissing", CAUSE, 0), ARN)
BY_RULE = Failure({}, FailureDetail("the execution", "FAILED", "", 0), ARN)


def test_one_failure_card_is_posted_and_says_the_cause_in_plain_words() -> None:
    channel = FakeChannel()
    done = call(notify_failure.run, FAILURE, FakePorts(channel=channel))
    assert done.status == "delivered"
    card = channel.posts[0].decode()
    assert "Allow ce:GetCostAndUsage." in card
    assert "AggregateCosts" in card
    assert "errorMessage" not in card
    assert len(channel.posts[0]) <= 4096


def test_the_rule_s_alert_of_the_same_failure_is_not_sent_again() -> None:
    channel, store = FakeChannel(), MemoryStore()
    ports = FakePorts(channel=channel, store=store)
    call(notify_failure.run, FAILURE, ports)
    assert call(notify_failure.run, BY_RULE, ports).status == "already_delivered"
    assert len(channel.posts) == 1


def test_the_rule_alerts_when_the_state_machine_could_not() -> None:
    channel = FakeChannel(TeamsThrottled("later"))
    ports = FakePorts(channel=channel)
    with pytest.raises(TeamsThrottled):
        call(notify_failure.run, FAILURE, ports)
    assert call(notify_failure.run, BY_RULE, ports).status == "delivered"


@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED"])
def test_a_time_out_or_an_abort_is_told_though_an_alert_was_sent_before(status: str) -> None:
    channel, store = FakeChannel(), MemoryStore()
    ports = FakePorts(channel=channel, store=store)
    call(notify_failure.run, FAILURE, ports)
    rule = replace(BY_RULE, failure=replace(BY_RULE.failure, error=status))
    assert call(notify_failure.run, rule, ports).status == "delivered"
    assert call(notify_failure.run, rule, ports).status == "already_delivered"


def test_a_failure_after_a_redrive_is_told_again() -> None:
    channel = FakeChannel()
    ports = FakePorts(channel=channel)
    call(notify_failure.run, FAILURE, ports)
    call(notify_failure.run, replace(FAILURE, failure=replace(FAILURE.failure, redriveCount=1)), ports)
    assert len(channel.posts) == 2


def test_without_a_webhook_and_a_topic_the_failure_is_logged_only() -> None:
    assert call(notify_failure.run, FAILURE, FakePorts()) == Alerted("none", "not_configured", "teams")


def test_the_record_of_an_alert_has_the_channel_s_name_and_its_form() -> None:
    store = MemoryStore()
    ports = FakePorts({"FINOPSGUARD_CHANNEL_NAME": "finops"}, channel=FakeChannel(), store=store)
    assert call(notify_failure.run, FAILURE, ports).channel == "finops"
    ((key, record),) = store.objects.items()
    assert re.fullmatch(r"alerts/[0-9a-f]{16}/finops/0\.json", key)
    assert contracts.decode(Alert, record) == Alert("TooManyAccountsMissing", NOW)


def asking(execution: str, attempt: str = "weekly-2026-11-16/teams/001", redrives: int = 0) -> Failure:
    """The failure of a report whose card may be in the channel."""
    cause = json.dumps({"errorMessage": f"It may be there. {deliveries.remedy(attempt)}", "errorType": "X"})
    request = {"report": "daily", "scheduled_time": "2026-11-23T09:00:00Z"}
    return Failure(request, FailureDetail("PostToTeams", "DeliveryUncertain", cause, redrives), execution)


def test_whether_a_card_arrived_is_asked_once_however_often_its_report_is_run_again() -> None:
    channel, store = FakeChannel(), MemoryStore()
    ports = FakePorts(channel=channel, store=store)
    statuses = [
        call(notify_failure.run, failure, ports).status
        for failure in (asking("one"), asking("two"), asking("one", redrives=1), asking("three"))
    ]
    assert statuses == ["delivered", *["already_delivered"] * 3]
    # The rule sees the same executions end, and knows nothing of why.
    for execution in ("one", "two", "three"):
        told = call(notify_failure.run, replace(BY_RULE, execution=execution), ports)
        assert told.status == "already_delivered"
    assert len(channel.posts) == 1
    # Another attempt is another question, and another failure another alert.
    for failure in (asking("four", "weekly-2026-11-16/teams/002"), replace(FAILURE, execution="five")):
        assert call(notify_failure.run, failure, ports).status == "delivered"


def test_a_report_that_may_be_in_the_channel_is_not_kept_as_one_that_is_missing() -> None:
    store = MemoryStore()
    ports = FakePorts(channel=FakeChannel(), store=store)
    asked = asking("one")
    call(notify_failure.run, asked, ports)
    assert store.list("failed/") == []
    call(notify_failure.run, replace(asked, failure=replace(asked.failure, cause="no")), ports)
    assert len(store.list("failed/")) == 1


def test_a_question_that_did_not_get_through_is_asked_by_the_next_run() -> None:
    channel = FakeChannel(TeamsThrottled("later"))
    ports = FakePorts(channel=channel)
    with pytest.raises(TeamsThrottled):
        call(notify_failure.run, asking("one"), ports)
    assert call(notify_failure.run, asking("two"), ports).status == "delivered"


class Broken(MemoryStore):
    """A store that does not answer to some calls."""

    def __init__(self, *calls: str) -> None:
        super().__init__()
        self.broken = calls

    def exists(self, key: str) -> bool:
        if "exists" in self.broken:
            raise StoreAccessDenied("The role may not read.")
        return super().exists(key)

    def write(self, key: str, data: bytes) -> None:
        if "write" in self.broken:
            raise StoreUnavailable("The disk is full.")
        super().write(key, data)


@pytest.mark.parametrize("broken", [("exists",), ("write",), ("exists", "write")])
def test_an_alert_is_sent_once_though_the_store_is_what_failed(
    broken: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(telemetry.logger(), "warning", lambda text, **_: warned.append(text))
    channel = FakeChannel()
    done = call(notify_failure.run, FAILURE, FakePorts(channel=channel, store=Broken(*broken)))
    assert done.status == "delivered"
    assert len(channel.posts) == 1
    assert warned == ["alert sent without its record"], "a store that failed is not asked again"


# ---- the topic: where Teams does not take the alert ------------------------------------------------------------------


@pytest.mark.parametrize("error", [TeamsRejected, TeamsThrottled, DeliveryUncertain])
def test_what_teams_does_not_take_goes_to_the_topic(error: type[FinOpsGuardError]) -> None:
    topic = FakeTopic()
    ports = FakePorts({"FINOPSGUARD_LANGUAGE": "es"}, channel=FakeChannel(error("No.")), topic=topic)
    done = call(notify_failure.run, FAILURE, ports)
    assert done == Alerted("topic", "delivered", "teams", f"{error.__name__}: No.")
    ((subject, text),) = topic.published
    assert subject == "FinOps Guard: Un informe de costes ha fallado"
    assert "Allow ce:GetCostAndUsage." in text
    assert f"{error.__name__}: No." in text


def test_what_teams_takes_is_in_no_mail() -> None:
    topic = FakeTopic()
    done = call(notify_failure.run, FAILURE, FakePorts(channel=FakeChannel(), topic=topic))
    assert (done.place, topic.published) == ("teams", [])


def test_without_a_webhook_the_topic_is_told() -> None:
    topic = FakeTopic()
    done = call(notify_failure.run, FAILURE, FakePorts(topic=topic))
    assert done == Alerted("topic", "delivered", "teams")
    assert len(topic.published) == 1


def test_the_topic_gets_one_alert_of_a_failure_whoever_reports_it() -> None:
    topic = FakeTopic()
    ports = FakePorts(channel=FakeChannel(*[TeamsRejected("No.")] * 2), topic=topic)
    call(notify_failure.run, FAILURE, ports)
    assert call(notify_failure.run, BY_RULE, ports).status == "already_delivered"
    assert len(topic.published) == 1


def test_teams_gets_the_alert_when_the_rule_asks_again_and_it_answers() -> None:
    channel, topic = FakeChannel(TeamsThrottled("Later.")), FakeTopic()
    ports = FakePorts(channel=channel, topic=topic)
    assert call(notify_failure.run, FAILURE, ports).place == "topic"
    assert call(notify_failure.run, BY_RULE, ports).place == "teams"
    assert (len(channel.posts), len(topic.published)) == (1, 1)


@pytest.mark.parametrize("broken", [("exists",), ("write",), ("exists", "write")])
def test_the_topic_is_told_though_the_store_is_broken_too(broken: tuple[str, ...]) -> None:
    topic = FakeTopic()
    ports = FakePorts(channel=FakeChannel(TeamsRejected("No.")), topic=topic, store=Broken(*broken))
    assert call(notify_failure.run, FAILURE, ports).place == "topic"
    assert len(topic.published) == 1


@pytest.mark.parametrize(
    ("by_teams", "by_topic", "raised"),
    [
        (TeamsRejected, AlertTopicRefused, TeamsRejected),
        (TeamsRejected, AlertTopicUnavailable, AlertTopicUnavailable),
        (TeamsThrottled, AlertTopicRefused, TeamsThrottled),
        (TeamsThrottled, AlertTopicUnavailable, TeamsThrottled),
        (None, AlertTopicUnavailable, AlertTopicUnavailable),
    ],
)
def test_where_nobody_was_told_the_machine_gets_an_error_that_it_retries_if_there_is_one(
    by_teams: type[FinOpsGuardError] | None,
    by_topic: type[FinOpsGuardError],
    raised: type[FinOpsGuardError],
) -> None:
    channel = FakeChannel(by_teams("Teams: no.")) if by_teams else None
    store = MemoryStore()
    ports = FakePorts(channel=channel, topic=FakeTopic(by_topic("Topic: no.")), store=store)
    with pytest.raises(raised) as caught:
        call(notify_failure.run, FAILURE, ports)
    assert str(caught.value) == ("Teams: no. Topic: no." if by_teams else "Topic: no.")
    assert store.objects == {}, "what was not sent is not recorded"


def test_without_a_topic_the_error_says_that_there_is_none() -> None:
    with pytest.raises(TeamsRejected, match=r"^No\. No alert topic is configured"):
        call(notify_failure.run, FAILURE, FakePorts(channel=FakeChannel(TeamsRejected("No."))))


def test_a_channel_cannot_have_the_topic_s_name() -> None:
    with pytest.raises(InvalidConfiguration):
        FakePorts({"FINOPSGUARD_CHANNEL_NAME": alerts.TOPIC}).wiring.get(AlertSettings)
