"""Publishing to the alert topic, as SNS answers it."""

from __future__ import annotations

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.aws.topic import AwsTopic
from finopsguard.errors import AlertTopicRefused, AlertTopicUnavailable
from tests.standins import StandIns
from tests.standins.service import Answer


def test_subject_and_text_arrive_as_they_are(standins: StandIns, clients: Clients) -> None:
    AwsTopic(clients.sns, standins.topic_arn).publish("FinOps Guard: failed", "Línea 1\n<b>2</b> & 3\n")
    assert standins.sns.published == [("FinOps Guard: failed", "Línea 1\n<b>2</b> & 3\n")]


@pytest.mark.parametrize(
    ("code", "status", "expected", "says"),
    [
        ("NotFound", 404, AlertTopicRefused, "does not exist"),
        ("AuthorizationError", 403, AlertTopicRefused, "Allow sns:Publish"),
        ("KMSAccessDenied", 400, AlertTopicRefused, "kms:GenerateDataKey"),
        ("KMSDisabled", 400, AlertTopicRefused, "the topic's key is enabled"),
        ("InvalidParameter", 400, AlertTopicRefused, "FINOPSGUARD_ALERT_TOPIC_ARN"),
        ("KMSThrottling", 400, AlertTopicUnavailable, "Run again"),
        ("Throttled", 429, AlertTopicUnavailable, "Run again"),
        ("InternalError", 500, AlertTopicUnavailable, "Run again"),
    ],
)
def test_a_refusal_says_what_to_do(
    standins: StandIns,
    clients: Clients,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    expected: type[Exception],
    says: str,
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    standins.sns.fail(code, status=status, times=None)
    with pytest.raises(expected, match=says):
        AwsTopic(clients.sns, standins.topic_arn).publish("FinOps Guard", "text")


def test_an_answer_that_confirms_nothing_is_no_alert(standins: StandIns, clients: Clients) -> None:
    page = Answer(200, b"<html><body>Sign in to the proxy</body></html>", "text/html")
    standins.sns.answer(page, times=None)
    with pytest.raises(AlertTopicUnavailable):
        AwsTopic(clients.sns, standins.topic_arn).publish("FinOps Guard", "text")


def test_a_topic_that_hangs_leaves_notify_failure_its_time(clients: Clients) -> None:
    """A store that cannot be reached takes up to 40 s and Teams 30 s of its two minutes."""
    config = clients.sns().meta.config
    assert config.retries["total_max_attempts"] * (config.read_timeout + config.connect_timeout) <= 30
