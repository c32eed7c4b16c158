"""CloudTrail's event history, by LookupEvents.

Documented by AWS (CloudTrail API Reference, LookupEvents; CloudTrail User Guide, "Working with CloudTrail event
history"): management events of one account and Region of the last 90 days, whether there is a trail or not, without
charge; by one attribute and a time range, newest first, 50 a page; two requests a second for an account and Region.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from finopsguard import errors
from finopsguard.aws.errors import STS, Rule, Service, complete, incomplete, translated

CLOUD_TRAIL = Service(
    name="CloudTrail",
    iam="cloudtrail",
    unavailable=errors.TrailUnavailable,
    denied=errors.TrailAccessDenied,
    denied_hint=" {about}",
    rejected=Rule(
        errors.TrailRejected,
        "CloudTrail refused the request {about}. Check AWS_REGION and AWS_ENDPOINT_URL.",
    ),
)
CALLER = replace(
    STS,
    unavailable=errors.TrailUnavailable,
    denied=errors.TrailAccessDenied,
    rejected=Rule(errors.TrailRejected, "STS refused the request. Check AWS_REGION and AWS_ENDPOINT_URL."),
)
"""STS, where a trail asks it whose credentials these are."""

PAUSE = 0.5
"""Seconds between two requests: AWS allows two a second for an account and Region, whoever makes them."""
MOST_REQUESTS = 24
"""Of one question; with the pauses they take 12 seconds and what CloudTrail needs."""
LOOK_UP_SECONDS = 20.0
"""After so long no request is begun: the function that asks has a minute."""
PAGES_OF_A_NAME = 3
"""150 events of one name in some days; what there is more of is what always happens."""
PAGES_OF_A_RESOURCE = 1

Attribute = Literal["ResourceName", "EventName"]


class Lookups(Protocol):
    """What is used of boto3's CloudTrail client."""

    def lookup_events(self, **parameters: Any) -> Mapping[str, Any]:
        """The answer holds Events, and a NextToken where there are more."""


class Found(NamedTuple):
    """Records as CloudTrail wrote them, each with the names of the resources that the event history lists beside it;
    `whole`: there are no others.
    """

    records: Sequence[tuple[Mapping[str, Any], Sequence[str]]]
    whole: bool


class EventHistory:
    """The event history of one account's Region, for one question: all its look-ups share requests and time."""

    def __init__(
        self,
        lookups: Lookups,
        about: str,
        *,
        sleep: Callable[[float], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookups = lookups
        self._about = about
        self._sleep = sleep
        self._now = now
        self._ends = now() + LOOK_UP_SECONDS
        self._made = 0

    def look_up(self, attribute: Attribute, value: str, since: datetime, until: datetime) -> Found:
        """The events with this attribute, as far as requests and time are left; raises the errors of CLOUD_TRAIL."""
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
            "StartTime": since,
            "EndTime": until,
            "MaxResults": 50,
        }
        found: list[tuple[Mapping[str, Any], Sequence[str]]] = []
        for _ in range(PAGES_OF_A_NAME if attribute == "EventName" else PAGES_OF_A_RESOURCE):
            if self._made == MOST_REQUESTS or self._now() > self._ends:
                return Found(found, whole=False)
            with translated(CLOUD_TRAIL, about=self._about):
                page = self._page(asked)
                found += [_record(each) for each in complete(page, "Events")["Events"]]
            if not page.get("NextToken"):
                return Found(found, whole=True)
            asked["NextToken"] = page["NextToken"]
        return Found(found, whole=False)

    def _page(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._made:
            self._sleep(PAUSE)
        self._made += 1
        return self._lookups.lookup_events(**asked)


def own_account(sts: Any) -> str:
    """The account whose credentials are in use; raises the errors of CALLER."""
    with translated(CALLER):
        account: str = complete(sts.get_caller_identity(), "Account")["Account"]
        return account


def _record(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The record, which CloudTrail sends as a text in the answer."""
    try:
        record = json.loads(complete(event, "CloudTrailEvent")["CloudTrailEvent"])
    except (ValueError, TypeError, RecursionError):
        raise incomplete("a CloudTrailEvent that is no JSON") from None
    if not isinstance(record, dict):
        raise incomplete("a CloudTrailEvent that is no object")
    listed = event.get("Resources") or ()
    return record, [each["ResourceName"] for each in listed if isinstance(each.get("ResourceName"), str)]
