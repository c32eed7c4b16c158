"""SNS: a topic that takes what is published, within the limits that AWS documents for a subject and a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.standins.query_service import QueryService
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn

# AWS, SNS Publish: ASCII that begins with a letter, number or punctuation mark, less than 100 characters, one line.
_SUBJECT = re.compile(r"[!-~][ -~]{0,98}")
_LARGEST = 256 * 1024
OPERATIONS = ("Publish", "ListSubscriptionsByTopic")


class SnsStandIn(QueryService):
    """`topics` are those that there are, `published` the subjects and texts that were taken.

    `subscriptions` are (ARN, address); of one that was not confirmed AWS says PendingConfirmation instead of an ARN.
    """

    namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

    def __init__(self, sts: StsStandIn, topic: str) -> None:
        super().__init__()
        self._sts = sts
        self.topics = {topic}
        self.published: list[tuple[str, str]] = []
        self.subscriptions: list[tuple[str, str]] = []

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        self._sts.account_of(access_key)
        if operation not in OPERATIONS:
            raise Refused("InvalidAction", f"The stand-in does not speak {operation}")
        if parameters["TopicArn"] not in self.topics:
            raise Refused("NotFound", "Topic does not exist", 404)
        if operation == "ListSubscriptionsByTopic":
            return {
                "Subscriptions": [
                    {"SubscriptionArn": arn, "Protocol": "email", "Endpoint": address}
                    for arn, address in self.subscriptions
                ]
            }
        subject, text = parameters["Subject"], parameters["Message"]
        if not _SUBJECT.fullmatch(subject):
            raise Refused("InvalidParameter", "Invalid parameter: Subject")
        if not text or len(text.encode()) > _LARGEST:
            raise Refused("InvalidParameter", "Invalid parameter: Message")
        self.published.append((subject, text))
        return {"MessageId": f"standin-{len(self.published)}"}
