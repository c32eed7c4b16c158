"""SNS as ports.AlertTopic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.parsers import ResponseParserError

from finopsguard.aws.errors import Rule, Service, complete, translated
from finopsguard.errors import AlertTopicRefused, AlertTopicUnavailable

SNS = Service(
    name="SNS",
    iam="sns",
    unavailable=AlertTopicUnavailable,
    denied=AlertTopicRefused,
    rejected=Rule(
        AlertTopicRefused,
        "SNS refused the request. Check FINOPSGUARD_ALERT_TOPIC_ARN, and that the topic's key is enabled.",
    ),
    rules={
        "NotFound": (
            Rule(
                AlertTopicRefused,
                "The alert topic does not exist. Set FINOPSGUARD_ALERT_TOPIC_ARN to the topic of the stack.",
            ),
        ),
        "AuthorizationError": (
            Rule(AlertTopicRefused, "SNS denies access. Allow sns:Publish on the topic to the role."),
        ),
        "KMSAccessDenied": (
            Rule(
                AlertTopicRefused,
                "The topic's key denies access. Allow kms:GenerateDataKey and kms:Decrypt on it to the role.",
            ),
        ),
        "KMSThrottling": (
            Rule(AlertTopicUnavailable, "KMS got too many requests. Run again in some minutes."),
        ),
    },
)


class Publisher(Protocol):
    """What is used of boto3's SNS client."""

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer holds a MessageId."""


class AwsTopic:
    """Satisfies ports.AlertTopic; the client is made at the first call: Teams is asked first, and mostly takes it."""

    def __init__(self, sns: Callable[[], Publisher], arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        """See ports.AlertTopic."""
        with translated(SNS, about=self._arn):
            try:
                answer = self._sns().publish(TopicArn=self._arn, Subject=subject, Message=text)
            except KeyError as error:  # botocore, of a page that is XML and not SNS's
                raise ResponseParserError(f"no {error} in the answer") from error
            complete(answer, "MessageId")
