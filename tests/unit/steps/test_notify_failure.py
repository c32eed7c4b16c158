"""NotifyFailure: the alert, once for each failure and channel."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from finopsguard import contracts, telemetry
from finopsguard.channels import deliveries
from finopsguard.errors import StoreAccessDenied, StoreUnavailable, TeamsThrottled
from finopsguard.models.ledger import Alert
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.steps import notify_failure
from tests.unit.fakes import NOW, FakeChannel, FakePorts, MemoryStore, call

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


def test_without_a_webhook_the_failure_is_logged_only() -> None:
    assert call(notify_failure.run, FAILURE, FakePorts()).status == "not_configured"


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
    return Failure({}, FailureDetail("PostToTeams", "DeliveryUncertain", cause, redrives), execution)


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
    assert warned == ["alert sent without its record"] * len(broken)
