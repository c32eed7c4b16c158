"""EventBridge as ports.EventBus: PutEvents, whose answer says of each entry whether it was taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from finopsguard import errors
from finopsguard.aws import words
from finopsguard.aws.errors import Rule, Service, complete, incomplete, texts, translated

SOURCE = "finopsguard"
DETAIL_TYPE = "FinOps Guard Incident"

EVENT_BRIDGE = Service(
    name="EventBridge",
    iam="events",
    unavailable=errors.EventBusUnavailable,
    denied=errors.EventBusRefused,
    denied_hint=" on the bus of FINOPSGUARD_EVENT_BUS, and in the bus's own policy where it is another account's",
    rejected=Rule(
        errors.EventBusRefused,
        "EventBridge refused the request. Check FINOPSGUARD_EVENT_BUS, or leave it empty: no events are sent then.",
    ),
    rules={
        "ResourceNotFoundException": (
            Rule(
                errors.EventBusRefused,
                "The event bus does not exist. Set FINOPSGUARD_EVENT_BUS to one that does.",
            ),
        ),
    },
)
# What AWS documents for an entry that a repetition may mend.
_PASSING = ("ThrottlingException", "InternalFailure", "InternalException")


class Puts(Protocol):
    """What is used of boto3's EventBridge client."""

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer has an entry for each: with an EventId, or with an ErrorCode."""

    def describe_event_bus(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's names
        """The answer has the bus's Name."""


class AwsEventBus:
    """Puts details on one bus; the client is made at the first call."""

    def __init__(self, client: Callable[[], Puts], bus: str) -> None:
        self._client = client
        self._bus = bus

    def put(self, details: Sequence[str]) -> tuple[list[bool], errors.FinOpsGuardError | None]:
        """Whether each was taken, in their order, and what became of the first that was not."""
        entries = [
            {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail, "EventBusName": self._bus}
            for detail in details
        ]
        with translated(EVENT_BRIDGE, about=self._bus):
            answered = complete(self._client().put_events(Entries=entries), "Entries")["Entries"]
            if len(answered) != len(entries) or not all(isinstance(each, dict) for each in answered):
                raise incomplete("another number of entries than was sent")
            refused = [each for each in answered if not each.get("EventId")]
        return [bool(each.get("EventId")) for each in answered], _trouble(refused, len(entries))


def bus_name(client: Puts, bus: str) -> str:
    """The bus's name, as `finopsguard doctor` looks at it; raises the errors of EVENT_BRIDGE."""
    with translated(EVENT_BRIDGE, about=bus):
        return str(texts(complete(client.describe_event_bus(Name=bus), "Name"), "Name")["Name"])


def _trouble(refused: Sequence[Mapping[str, Any]], of: int) -> errors.FinOpsGuardError | None:
    if not refused:
        return None
    codes = sorted({str(each.get("ErrorCode")) for each in refused})
    said = f"EventBridge did not take {len(refused)} of {of} events ({words.one_line(', '.join(codes))})."
    if set(codes) <= set(_PASSING):
        return errors.EventBusUnavailable(f"{said} Redrive in some minutes: the others are not sent again.")
    return errors.EventBusRefused(
        f"{said} Check FINOPSGUARD_EVENT_BUS and the bus's policy, then redrive: the others are not sent again."
    )
