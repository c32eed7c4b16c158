"""EventBridge: buses that take events, as PutEvents of AWS documents it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.standins.json_service import JsonStandIn
from tests.standins.service import Refused
from tests.standins.sts import StsStandIn

_MOST, _LARGEST = 10, 256 * 1024


class EventBridgeStandIn(JsonStandIn):
    """`buses` are the ARNs of those that there are, `taken` the entries that were taken.

    `refusals` are codes for the next entries, one each; an empty one takes it.
    """

    def __init__(self, sts: StsStandIn, bus: str) -> None:
        super().__init__()
        self._sts = sts
        self.buses = {bus}
        self.taken: list[Mapping[str, Any]] = []
        self.refusals: list[str] = []

    @property
    def details(self) -> list[dict[str, Any]]:
        """What was told, in its order."""
        return [json.loads(entry["Detail"]) for entry in self.taken]

    def authenticate(self, access_key: str) -> str:
        return self._sts.account_of(access_key)

    def operations(self) -> Mapping[str, Any]:
        return {"PutEvents": self._put, "DescribeEventBus": self._describe}

    def _put(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        entries = parameters["Entries"]
        if not 1 <= len(entries) <= _MOST or len(json.dumps(entries).encode()) > _LARGEST:
            raise Refused("ValidationException", "Entries: 1 to 10 of 256 KB together")
        answers = [self._take(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}

    def _take(self, entry: Mapping[str, Any]) -> Mapping[str, str]:
        code = self.refusals.pop(0) if self.refusals else ""
        if entry["EventBusName"] not in self.buses:
            raise Refused("ResourceNotFoundException", "Event bus does not exist.")
        if not isinstance(json.loads(entry["Detail"]), dict):
            code = "MalformedDetail"
        if code:
            return {"ErrorCode": code, "ErrorMessage": "not taken"}
        self.taken.append(entry)
        return {"EventId": f"00000000-0000-0000-0000-{len(self.taken):012}"}

    def _describe(self, parameters: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        name = parameters["Name"]
        if name not in self.buses:
            raise Refused("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return {"Arn": name, "Name": name.rpartition("/")[2]}
