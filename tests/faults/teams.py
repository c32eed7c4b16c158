"""What a Workflows webhook can answer, and what each answer means for the card (documented, or seen by users)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tests.faults import faults
from tests.faults.border import ELSEWHERE, Exchange, Fault
from tests.standins.service import Answer


class Outcome(Enum):
    """What an answer means."""

    ACCEPTED = auto()
    LATER = auto()
    """Nothing was posted, and the same post may succeed later."""
    REFUSED = auto()
    """Nothing was posted, and somebody has to act."""
    UNCERTAIN = auto()
    """The card may be in the channel."""


@dataclass(frozen=True)
class Kind:
    """One way to answer a post; without `fault` it is not answered. `shown`: the card is in the channel."""

    fault: Fault | None
    outcome: Outcome
    errors: tuple[str, ...] = ()
    shown: bool = False


def _answer(status: int, text: str = "", *, wait: str = "", shown: bool = False) -> Fault:
    def fault(exchange: Exchange) -> None:
        if shown:
            exchange.answer()
        headers = {"Retry-After": wait} if wait else {}
        if 300 <= status < 400:
            headers["Location"] = f"{exchange.border.endpoint}{ELSEWHERE}"
        exchange.send(Answer(status, text.encode(), "application/json; charset=utf-8", headers))

    return fault


def _accepted(status: int, text: str = "") -> Kind:
    return Kind(_answer(status, text, shown=True), Outcome.ACCEPTED, shown=True)


def _later(status: int, *errors: str, text: str = "", wait: str = "") -> Kind:
    return Kind(_answer(status, text, wait=wait), Outcome.LATER, errors or ("TeamsUnavailable",))


def _refused(status: int, text: str = "", *errors: str, wait: str = "") -> Kind:
    return Kind(_answer(status, text, wait=wait), Outcome.REFUSED, errors or ("TeamsRejected",))


def _unknown(status: int, text: str, *, shown: bool = False) -> Kind:
    kind = _answer(status, text, shown=shown)
    return Kind(kind, Outcome.UNCERTAIN, ("TeamsAnswerUnknown", "DeliveryUncertain"), shown)


def _uncertain(fault: Fault) -> Kind:
    return Kind(fault, Outcome.UNCERTAIN, ("DeliveryUncertain", "TeamsAnswerUnknown"), shown=True)


def _code(code: str) -> str:
    return json.dumps({"error": {"code": code, "message": "said by the stand-in"}})


def _failed(status: int) -> str:
    return (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
        f"{status} with ContextId MS-CV=x."
    )


ANSWERS: Mapping[str, Kind] = {
    "202, empty": _accepted(202),
    "200, empty": _accepted(200),
    "200, `1`": _accepted(200, "1"),
    "204": _accepted(204),
    "200, a login page": _unknown(200, "<!doctype html><html><body>Sign in</body></html>"),
    "200, an error": _unknown(200, _code("Failed")),
    "200, an unknown text": _unknown(200, "thanks", shown=True),
    "201, JSON of a response action": _unknown(201, '{"ok": true}', shown=True),
    "200, failed with 429": _later(200, "TeamsThrottled", text=_failed(429)),
    "200, failed with 503": _later(200, "TeamsUnavailable", text=_failed(503)),
    "200, failed with 400": _refused(200, _failed(400)),
    "301": _refused(301),
    "302": _refused(302),
    "307": _refused(307),
    "308": _refused(308),
    "400, InvalidRequestContent": _refused(400, _code("InvalidRequestContent")),
    "400, TriggerInputSchemaMismatch": _refused(400, _code("TriggerInputSchemaMismatch")),
    "401, DirectApiAuthorizationRequired": _refused(401, _code("DirectApiAuthorizationRequired")),
    "403": _refused(403),
    "404, WorkflowNotFound": _refused(404, _code("WorkflowNotFound")),
    "404, WorkflowTriggerIsNotEnabled": _refused(404, _code("WorkflowTriggerIsNotEnabled")),
    "405": _refused(405),
    "408": _later(408),
    "410": _refused(410),
    "413": _refused(413, "", "CardTooLarge"),
    "415": _refused(415),
    "429": _later(429, "TeamsThrottled"),
    "429, wait 1 s": _later(429, "TeamsThrottled", wait="1"),
    "429, wait 60 s": _later(429, "TeamsThrottled", wait="60"),
    "429, wait 9999 s": _refused(429, "", "TeamsPaused", wait="9999"),
    "429, wait until a date": _refused(429, "", "TeamsPaused", wait="Fri, 31 Dec 2099 23:59:59 GMT"),
    "429, wait for nonsense": _later(429, "TeamsThrottled", wait="soon"),
    "500": _later(500),
    "502": _later(502),
    "502, NoResponse": Kind(
        _answer(502, _code("NoResponse"), shown=True), Outcome.UNCERTAIN, ("DeliveryUncertain",), shown=True
    ),
    "503": _later(503),
    "504": Kind(_answer(504, shown=True), Outcome.UNCERTAIN, ("DeliveryUncertain",), shown=True),
    "no answer, shown": _uncertain(faults.lost_answer),
    "reset, not shown": Kind(faults.reset_unread, Outcome.UNCERTAIN, ("DeliveryUncertain",)),
    "reset in the middle of the answer": _uncertain(faults.reset),
    "time-out": _uncertain(faults.time_out),
    "slow drip": _uncertain(faults.drip),
    "flood": _uncertain(faults.flood),
    "gzip bomb": _uncertain(faults.gzip_bomb),
    "TLS": Kind(None, Outcome.LATER, ("TeamsUnavailable",)),
    "nobody listens": Kind(None, Outcome.LATER, ("TeamsUnavailable",)),
}
"""By name. The last two are not answers: the webhook's address leads to a port without trusted TLS, or to none."""
