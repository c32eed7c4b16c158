"""What both engines tell of an execution: its events while it runs, and a summary when it has ended.

Step Functions' history (`GetExecutionHistory`) and moto's have one shape, so everything here is read from history
events and nothing depends on the engine.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from finopsguard import contracts
from finopsguard.errors import InvalidInput
from finopsguard.failures import plain_cause
from finopsguard.models.messages import Alerted, AlertPlace, DeliveryStatus

Status = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]

# Step Functions refuses a payload above this size, counted as UTF-8 (AWS: Step Functions service quotas).
PAYLOAD_LIMIT = 262_144

# The state whose outcome says who was told of a failure.
_ALERTING = "NotifyFailure"

_FAILURES = (
    "TaskFailed",
    "TaskTimedOut",
    "EvaluationFailed",
    "ExecutionFailed",
    "ExecutionTimedOut",
    "ExecutionAborted",
)


@dataclass(frozen=True)
class Event:
    """One history event. `state` is the state in which it happened, if any; `payload` the JSON text that it carries.

    `retry` is set on a task that is scheduled again after it failed, `items` on the start of a Map.
    """

    id: int
    at: datetime
    type: str
    state: str | None = None
    error: str | None = None
    cause: str | None = None
    payload: str | None = None
    items: int | None = None
    retry: bool = False


OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class StateEntered:
    """A state and when it was entered (UTC)."""

    name: str
    at: datetime


@dataclass(frozen=True)
class AlertNote:
    """Where a failed execution's alert is; `why` is the error for which it is not in Teams, or nowhere (`failed`)."""

    place: AlertPlace
    status: DeliveryStatus | Literal["failed"]
    why: str | None = None


@dataclass(frozen=True)
class Execution:
    """An execution that has ended. `error` and `cause` are set unless it SUCCEEDED, `output` only if it did.

    `alert` is None where no alert was asked for: nothing failed, or the execution was ended from outside.
    `retries` counts per state; `largest_payload_bytes` is the largest input, output, argument or result, as UTF-8.
    """

    status: Status
    name: str
    arn: str
    started: datetime
    seconds: float
    error: str | None = None
    cause: str | None = None
    output: Any = None
    states_entered: tuple[StateEntered, ...] = ()
    retries: Mapping[str, int] = field(default_factory=dict)
    largest_payload_bytes: int = 0
    events: int = 0
    alert: AlertNote | None = None

    @property
    def reason(self) -> str:
        """Why it did not succeed, in one line: the message of the failed function rather than its whole JSON."""
        return plain_cause(self.cause or "")

    def to_json(self) -> dict[str, Any]:
        """What `execution.json` holds; times in ISO 8601."""
        return {
            **asdict(self),
            "started": _iso(self.started),
            "seconds": round(self.seconds, 3),
            "states_entered": [{"name": state.name, "at": _iso(state.at)} for state in self.states_entered],
            "retries": dict(self.retries),
        }


class History:
    """Reads history events one by one, in order; hands each on as an `Event` and keeps what the summary needs."""

    def __init__(self, on_event: OnEvent | None = None) -> None:
        self._on_event = on_event
        self._state_of: dict[int, str] = {}  # event id -> the state it belongs to
        self._failed: set[int] = set()  # ids of events after which the same task may be scheduled again
        self._retries: Counter[str] = Counter()
        self._entered: list[StateEntered] = []
        self._largest = 0
        self._count = 0
        self._alert: AlertNote | None = None

    def add(self, raw: Mapping[str, Any]) -> None:
        """Takes one event of GetExecutionHistory."""
        event = self._read(raw)
        self._count += 1
        if event.type.endswith("StateEntered") and event.state:
            self._entered.append(StateEntered(event.state, event.at))
        if event.retry and event.state:
            self._retries[event.state] += 1
        if event.state == _ALERTING:
            self._alert = _alert(event) or self._alert
        if event.payload is not None:
            self._largest = max(self._largest, payload_bytes(json.loads(event.payload)))
        if self._on_event:
            self._on_event(event)

    def summary(self, **outcome: Any) -> Execution:
        """The execution; `outcome` is every field of it that the history does not tell."""
        return Execution(
            **outcome,
            states_entered=tuple(self._entered),
            retries=dict(self._retries),
            largest_payload_bytes=self._largest,
            events=self._count,
            alert=self._alert,
        )

    def _read(self, raw: Mapping[str, Any]) -> Event:
        kind = str(getattr(raw["type"], "value", raw["type"]))
        details: Mapping[str, Any] = next(
            (value for key, value in raw.items() if key.endswith("EventDetails") and value), {}
        )
        before = raw.get("previousEventId", 0)
        state = (
            details.get("name")
            if kind.endswith(("StateEntered", "StateExited"))
            else self._state_of.get(before)
        )
        if state and not kind.endswith("StateExited"):
            self._state_of[raw["id"]] = state
        if kind in _FAILURES:
            self._failed.add(raw["id"])
        return Event(
            id=raw["id"],
            at=_moment(raw["timestamp"]),
            type=kind,
            state=state,
            error=details.get("error"),
            cause=details.get("cause"),
            payload=details.get("input") or details.get("output") or details.get("parameters"),
            items=details.get("length"),
            retry=kind == "TaskScheduled" and before in self._failed,
        )


def payload_bytes(data: Any) -> int:
    """Size of JSON data as Step Functions counts it: UTF-8, without the spaces and escapes that an engine may add."""
    return len(contracts.encode(data))


def _alert(event: Event) -> AlertNote | None:
    """What an event of the alerting task says of the alert; the last one counts."""
    if event.type in ("TaskFailed", "TaskTimedOut"):
        return AlertNote("none", "failed", f"{event.error}: {plain_cause(event.cause or '')}")
    if event.type != "TaskSucceeded" or event.payload is None:
        return None
    try:
        told = contracts.from_json(Alerted, json.loads(event.payload).get("Payload"))
    except InvalidInput:
        return None  # a stack of an earlier version, whose step said less
    return AlertNote(told.place, told.status, told.refused)


def _moment(value: datetime | str) -> datetime:
    return (
        value.astimezone(UTC)
        if isinstance(value, datetime)
        else datetime.fromisoformat(value).astimezone(UTC)
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
