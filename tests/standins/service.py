"""What the stand-ins share: requests, answers, faults to inject, and the record of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One HTTP request as received. `access_key` is read from the signature; the signature itself is not checked."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    access_key: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `status` 0 closes the connection without one."""

    status: int
    body: bytes = b""
    content_type: str = "application/x-amz-json-1.1"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """AWS's refusal of a request; each stand-in writes it in its own protocol."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Call:
    """One recorded call: the operation, its parameters and the HTTP status that it got."""

    operation: str
    parameters: Mapping[str, Any]
    status: int
    access_key: str


Condition = Callable[[str, Mapping[str, Any]], bool]


@dataclass
class _Fault:
    error: Refused | Answer
    left: int | None
    when: Condition


class StandIn:
    """Base of the AWS stand-ins.

    A subclass reads (`parse`) and writes (`render`, `render_error`) its protocol and answers one operation (`perform`).
    `calls` holds every call, `fail` queues faults that come before any real answer.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()

    def fail(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 400,
        times: int | None = 1,
        when: Condition = lambda operation, parameters: True,
    ) -> None:
        """The next `times` calls that satisfy `when(operation, parameters)` get this error; None means for ever."""
        self._faults.append(_Fault(Refused(code, message, status), times, when))

    def answer(
        self,
        answer: Answer,
        *,
        times: int | None = 1,
        when: Condition = lambda operation, parameters: True,
    ) -> None:
        """The next `times` calls get these very bytes; `Answer(0)` closes the connection."""
        self._faults.append(_Fault(answer, times, when))

    def heal(self) -> None:
        """Forgets all faults."""
        self._faults.clear()

    def count(self, operation: str, status: int = 200) -> int:
        """How many calls of an operation ended with this HTTP status."""
        return sum(call.operation == operation and call.status == status for call in self.calls)

    def handle(self, request: Request) -> Answer:
        """Answers one request; the server calls it from many threads."""
        operation, parameters = self.parse(request)
        with self._lock:
            answer = self._answer(operation, parameters, request.access_key)
            self.calls.append(Call(operation, parameters, answer.status, request.access_key))
        return answer

    def _answer(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Answer:
        fault = self._next_fault(operation, parameters)
        if isinstance(fault, Answer):
            return fault
        try:
            if fault is not None:
                raise fault
            return self.render(operation, self.perform(operation, parameters, access_key))
        except Refused as refused:
            return self.render_error(refused)

    def _next_fault(self, operation: str, parameters: Mapping[str, Any]) -> Refused | Answer | None:
        for fault in self._faults:
            if fault.left != 0 and fault.when(operation, parameters):
                if fault.left is not None:
                    fault.left -= 1
                return fault.error
        return None

    def parse(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        """The operation's name and its parameters."""
        raise NotImplementedError

    def perform(self, operation: str, parameters: Mapping[str, Any], access_key: str) -> Mapping[str, Any]:
        """The operation's result; raises Refused."""
        raise NotImplementedError

    def render(self, operation: str, result: Mapping[str, Any]) -> Answer:
        """A result as an HTTP answer."""
        raise NotImplementedError

    def render_error(self, refused: Refused) -> Answer:
        """A refusal as an HTTP answer."""
        raise NotImplementedError
