"""What can go wrong with one HTTP exchange: each fault is a function that answers in place of the stand-in.

A fault is done to the operation's own, otherwise right answer where it can be (cut, dripped, packed), so that nothing
but the fault is wrong.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tests.faults.border import ELSEWHERE, Exchange, Fault
from tests.standins import s3
from tests.standins.service import Answer, Refused
from tests.standins.sns import SnsStandIn
from tests.standins.sts import StsStandIn

FLOOD_BYTES = 16 << 20
"""Much more than any right answer: a page of Cost Explorer has about one megabyte."""
DRIP_SECONDS = 3.0
"""How long an answer drips before it is whole; the tests' bounds in the product are shorter."""
ENDLESS_PAGES = 150
"""Where an endless list ends after all, so that a client without a bound is seen and does not hang."""
_HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Proxy sign-in</body></html>"


class Code(NamedTuple):
    """A service's own refusal."""

    code: str
    status: int = 400
    message: str = "said by the stand-in"


_SKEWED = (
    "Signature expired: 20261123T073000Z is now earlier than 20261123T074500Z (20261123T080000Z - 15 min.)"
)
_CODES: Mapping[str, Mapping[str, Code]] = {
    "throttled": {
        "ce": Code("LimitExceededException"),
        "organizations": Code("TooManyRequestsException"),
        "budgets": Code("ThrottlingException"),
        "secretsmanager": Code("ThrottlingException"),
        "sts": Code("Throttling"),
        "sns": Code("Throttled", 429),
        "states": Code("ThrottlingException"),
        "s3": Code("SlowDown", 503),
    },
    "500": {"s3": Code("InternalError", 500), "": Code("InternalFailure", 500)},
    "503": {"s3": Code("ServiceUnavailable", 503)},
    "denied": {
        "sts": Code("AccessDenied", 403),
        "sns": Code("AuthorizationError", 403),
        "s3": Code("AccessDenied", 403, "Access Denied"),
        "": Code("AccessDeniedException"),
    },
    "expired token": {
        "sts": Code("ExpiredToken", 403),
        "sns": Code("ExpiredToken", 403),
        "s3": Code("ExpiredToken"),
        "": Code("ExpiredTokenException"),
    },
    "clock skew": {
        "s3": Code(
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
        ),
        "sts": Code("SignatureDoesNotMatch", 403, _SKEWED),
        "sns": Code("SignatureDoesNotMatch", 403, _SKEWED),
        "": Code("InvalidSignatureException", 400, _SKEWED),
    },
    "KMS": {
        "s3": Code("KMS.DisabledException", 400, "arn:aws:kms:us-east-1:111100000000:key/1 is disabled.")
    },
    "checksum": {
        "s3": Code("BadDigest", 400, "The CRC32 you specified did not match the calculated checksum.")
    },
    "conflict": {
        "s3": Code("ConditionalRequestConflict", 409, "Another conditional operation is in progress.")
    },
}


_NAMESPACES = {"sts": StsStandIn.namespace, "sns": SnsStandIn.namespace}


def refused(name: str) -> Fault:
    """The service's own refusal of that kind."""

    def fault(exchange: Exchange) -> None:
        service = exchange.operation.partition(":")[0]
        codes = _CODES[name]
        code = codes.get(service) or codes[""]
        exchange.send(_error(service, code))

    return fault


def _error(service: str, code: Code) -> Answer:
    refusal = Refused(code.code, code.message, code.status)
    if service == "s3":
        return s3.error(refusal)
    if service in _NAMESPACES:
        body = (
            f'<ErrorResponse xmlns="{_NAMESPACES[service]}"><Error><Type>Sender</Type>'
            f"<Code>{code.code}</Code><Message>{code.message}</Message></Error></ErrorResponse>"
        )
        return Answer(code.status, body.encode(), "text/xml")
    said = {"__type": code.code, "message": code.message}
    return Answer(code.status, json.dumps(said).encode(), headers={"x-amzn-ErrorType": code.code})


# ---- the connection --------------------------------------------------------------------------------------------------


def reset(exchange: Exchange) -> None:
    """The request is done, and the connection is reset in the middle of the answer."""
    answer = exchange.answer()
    half = Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type, answer.headers)
    exchange.send(half, length=len(answer.body) + 10)
    exchange.reset()


def reset_unread(exchange: Exchange) -> None:
    """The connection is reset, and nothing was done."""
    exchange.reset()


def lost_answer(exchange: Exchange) -> None:
    """The request is done, and the connection ends without an answer."""
    exchange.answer()
    exchange.hang_up()


def time_out(exchange: Exchange) -> None:
    """The request is done, and no answer comes until the client gives up."""
    exchange.answer()
    exchange.wait_until_gone(5)


def drip(exchange: Exchange) -> None:
    """The answer comes byte by byte, each before the read time-out, for a long time."""
    answer = exchange.answer()
    padded = len(answer.body) < 200 and exchange.operation != "s3:GetObject"
    body = b" " * 200 + answer.body if padded else answer.body
    exchange.send(Answer(answer.status, b"", answer.content_type, answer.headers), length=len(body))
    ends = time.monotonic() + DRIP_SECONDS
    sent = 0
    while sent < len(body) - 1 and time.monotonic() < ends:
        if not exchange.write(body[sent : sent + 1]):
            return
        sent += 1
        time.sleep(0.04)
    exchange.border.unbounded.append("waited for a drip")
    exchange.write(body[sent:])


def flood(exchange: Exchange) -> None:
    """The answer is the right one behind megabytes of spaces, which JSON and XML allow."""
    answer = exchange.answer()
    block = b" " * (1 << 20)
    blocks = FLOOD_BYTES // len(block)
    whole = Answer(answer.status, b"", answer.content_type, _without_checksum(answer))
    exchange.send(whole, length=blocks * len(block) + len(answer.body))
    for _ in range(blocks):
        if not exchange.write(block):
            return
    exchange.border.unbounded.append("took a flood")
    exchange.write(answer.body)


def gzip_bomb(exchange: Exchange) -> None:
    """A small answer, packed, that unpacks to the right one behind megabytes of spaces."""
    answer = exchange.answer()
    packed = _spaces() + gzip.compress(answer.body)
    headers = {**_without_checksum(answer), "Content-Encoding": "gzip"}
    exchange.send(Answer(answer.status, packed, answer.content_type, headers))


def _without_checksum(answer: Answer) -> Mapping[str, str]:
    return {name: value for name, value in answer.headers.items() if "checksum" not in name}


@cache
def _spaces() -> bytes:
    return gzip.compress(b" " * FLOOD_BYTES, compresslevel=9)


def redirect(status: int) -> Fault:
    """The answer leads elsewhere, here on the same server."""

    def fault(exchange: Exchange) -> None:
        headers = {"Location": f"{exchange.border.endpoint}{ELSEWHERE}"}
        exchange.send(Answer(status, b"", "text/html", headers))

    return fault


# ---- the body --------------------------------------------------------------------------------------------------------


def body(data: bytes) -> Fault:
    """HTTP 200 with another body."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.answer()
        exchange.send(Answer(200, data, answer.content_type))

    return fault


def truncated(exchange: Exchange) -> None:
    """A whole HTTP answer whose body was cut before it was sent."""
    answer = exchange.answer()
    exchange.send(Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type))


def corrupt(exchange: Exchange) -> None:
    """An object of which a byte is another than the checksum that comes with it was made of."""
    answer = exchange.answer()
    changed = answer.body[:-1] + bytes([answer.body[-1] ^ 0xFF]) if answer.body else b"?"
    exchange.send(Answer(answer.status, changed, answer.content_type, answer.headers))


# ---- pages -----------------------------------------------------------------------------------------------------------


def lost_page(exchange: Exchange) -> None:
    """The first page says that there is no other."""
    answer = exchange.answer()
    page = json.loads(answer.body)
    page.pop(_token(exchange), None)
    exchange.send(Answer(answer.status, json.dumps(page).encode(), answer.content_type))


def repeated_page(exchange: Exchange) -> None:
    """A later page is the first one again, its token too."""
    exchange.answer()
    exchange.send(exchange.border.first_pages[exchange.operation])


def endless_pages(exchange: Exchange) -> None:
    """After the first page comes one without content after the other, each with a token of its own."""
    border, token = exchange.border, _token(exchange)
    if token not in exchange.parameters():
        exchange.answer()
    page = json.loads(border.first_pages[exchange.operation].body)
    if token in exchange.parameters():
        page = {key: [] for key, value in page.items() if isinstance(value, list)}
    number = next(border.pages)
    if number < ENDLESS_PAGES:
        page[token] = f"fresh-{number}"
    elif number == ENDLESS_PAGES:
        border.unbounded.append("followed without end")
    exchange.send(Answer(200, json.dumps(page).encode()))


def is_later_page(exchange: Exchange) -> bool:
    """True if a request asks for a page that is not the first."""
    return (
        exchange.operation.startswith(("ce:", "organizations:")) and _token(exchange) in exchange.parameters()
    )


def _token(exchange: Exchange) -> str:
    return "NextPageToken" if exchange.operation.startswith("ce:") else "NextToken"


ON_AWS: Mapping[str, Fault] = {
    "throttled": refused("throttled"),
    "500": refused("500"),
    "reset in the middle": reset,
    "time-out": time_out,
    "denied": refused("denied"),
    "expired token": refused("expired token"),
    "malformed": body(_HTML),
    "truncated": truncated,
    "empty": body(b""),
    "[]": body(b"[]"),
    "null": body(b"null"),
    "clock skew": refused("clock skew"),
    "slow drip": drip,
    "flood": flood,
    "gzip bomb": gzip_bomb,
    "redirect": redirect(307),
}
PAGED: Mapping[str, Fault] = {
    "repeated page": repeated_page,
    "lost page": lost_page,
    "endless pages": endless_pages,
}
ON_STORE: Mapping[str, Fault] = {
    "403": refused("denied"),
    "503": refused("503"),
    "500": refused("500"),
    "throttled": refused("throttled"),
    "KMS": refused("KMS"),
    "checksum": refused("checksum"),
    "expired token": refused("expired token"),
    "clock skew": refused("clock skew"),
    "conflict": refused("conflict"),
    "corrupt": corrupt,
    "reset in the middle": reset,
    "lost answer": lost_answer,
    "time-out": time_out,
    "malformed": body(_HTML),
    "truncated": truncated,
    "empty": body(b""),
    "slow drip": drip,
    "flood": flood,
    "gzip bomb": gzip_bomb,
    "redirect": redirect(307),
}
