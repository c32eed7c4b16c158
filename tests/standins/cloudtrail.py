"""CloudTrail: LookupEvents over a history of acts, as AWS documents it.

One attribute and a time range, newest first, 50 a page; a Region is that of the endpoint, which here is in the
request's signature alone, so a caller is held to the Region that its record names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from tests import planted
from tests.standins.json_service import JsonStandIn
from tests.standins.s3 import error
from tests.standins.service import Answer, Refused, Request
from tests.standins.sts import StsStandIn

MOST_RESULTS = 50


@dataclass
class Act:
    """What somebody did; `record` is what CloudTrail wrote."""

    account_id: str
    region: str
    at: datetime
    record: Mapping[str, Any]
    resources: Sequence[str] = field(default_factory=tuple)


def role(name: str, session: str = "session") -> Mapping[str, Any]:
    """The identity of an assumed role. The access key is a planted secret, which may come out nowhere."""
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::111100000000:assumed-role/{name}/{session}",
        "accessKeyId": planted.secret("cloudtrail-access-key"),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": f"arn:aws:iam::111100000000:role/{name}",
                "userName": name,
            }
        },
    }


class CloudTrailStandIn(JsonStandIn):
    """`acts` of all accounts; `page_size` of an answer, `disabled` Regions, where credentials are not taken."""

    def __init__(self, sts: StsStandIn) -> None:
        super().__init__()
        self._sts = sts
        self.acts: list[Act] = []
        self.page_size = MOST_RESULTS
        self.disabled: set[str] = set()
        self.bucket_denied = False
        self._region = ""

    def record(
        self,
        event: str,
        at: datetime,
        *,
        account_id: str,
        identity: Mapping[str, Any],
        source: str = "ec2.amazonaws.com",
        region: str = "eu-west-1",
        resources: Sequence[str] = (),
        **more: Any,
    ) -> None:
        """Writes an act into the history; `more` are fields of the record, as `userAgent` and `errorCode`."""
        written = {
            "eventVersion": "1.11",
            "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventName": event,
            "eventSource": source,
            "awsRegion": region,
            "readOnly": False,
            "userIdentity": identity,
            "sourceIPAddress": planted.secret("cloudtrail-source-address"),
            **more,
        }
        self.acts.append(Act(account_id, region, at, written, resources))

    def handle(self, request: Request) -> Answer:
        # Signature version 4: Credential=<key>/<day>/<Region>/cloudtrail/aws4_request.
        self._region = request.headers.get("Authorization", "///").split("/")[2]
        return super().handle(request)

    def authenticate(self, access_key: str) -> str:
        if self._region in self.disabled:
            raise Refused(
                "UnrecognizedClientException", "The security token included in the request is invalid", 403
            )
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"LookupEvents": self.lookup_events}

    def listed(self, request: Request) -> Answer:
        """The bucket of an Organization trail: the files below a prefix. Files themselves are Athena's to read."""
        if self.bucket_denied:
            return error(Refused("AccessDenied", "Access Denied", 403))
        from tests.standins import trail_table

        prefix = unquote(request.query.get("prefix", ""))
        found = {key: data for key, data in trail_table.files_of(self.acts).items() if key.startswith(prefix)}
        contents = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(data)}</Size></Contents>" for key, data in found.items()
        )
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<KeyCount>{len(found)}</KeyCount><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
        )
        return Answer(200, body.encode(), "application/xml")

    def lookup_events(self, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        """A page of the events with the attribute that is asked for."""
        (attribute,) = parameters["LookupAttributes"]
        start, end = (datetime.fromtimestamp(parameters[each], UTC) for each in ("StartTime", "EndTime"))
        if start > end:
            raise Refused("InvalidTimeRangeException", "The start time is after the end time.")
        account = self._sts.account_of(access_key)
        found = [
            act
            for act in sorted(self.acts, key=lambda act: act.at, reverse=True)
            if act.account_id == account and act.region == self._region and start <= act.at <= end
            if self._has(act, attribute["AttributeKey"], attribute["AttributeValue"])
        ]
        first = int(parameters.get("NextToken", "0"))
        page = found[first : first + min(self.page_size, parameters.get("MaxResults", MOST_RESULTS))]
        answer: dict[str, Any] = {"Events": [_event(act) for act in page]}
        if first + len(page) < len(found):
            answer["NextToken"] = str(first + len(page))
        return answer

    def _has(self, act: Act, key: str, value: str) -> bool:
        if key == "EventName":
            return bool(act.record["eventName"] == value)
        return key == "ResourceName" and value in act.resources


def _event(act: Act) -> Mapping[str, Any]:
    return {
        "EventId": "00000000-0000-4000-8000-000000000000",
        "EventName": act.record["eventName"],
        "EventSource": act.record["eventSource"],
        "ReadOnly": "false",
        "EventTime": act.at.timestamp(),
        "Username": "session",
        "Resources": [{"ResourceType": "AWS::Thing", "ResourceName": each} for each in act.resources],
        "CloudTrailEvent": json.dumps(act.record),
    }
