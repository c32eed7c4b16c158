"""What a link's request may look like, and the headers of what is answered; pure.

Anybody on the internet can call a function URL. What is no GET, HEAD or POST of our own page ends here, before a key or
an object is read. There is no cookie and no login, so there is nothing that a foreign page could borrow (CSRF): a POST
counts by the token in its body alone, and who has that can send it himself. Origin and Sec-Fetch-Site are looked at all
the same, for a browser that was led here by another page is no reader of the card.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from finopsguard.channels.links import token
from finopsguard.models.run import Language
from finopsguard.models.web import UrlAnswer, UrlRequest

QUERY = "t"
"""The query's one parameter, and the form's first field: the token."""
REASON = "reason"
"""The form's other field: why, in the reader's words."""

LONGEST_QUERY = token.LONGEST_TOKEN + 32
MOST_FORM_BYTES = 5_000
"""Of a form: a token, and a reason of 300 characters with each of them in a dozen."""

_FORM = "application/x-www-form-urlencoded"
_METHODS = ("GET", "HEAD", "POST")
# A page of ours sends `null`, for it says `no-referrer` (Fetch, "append a request Origin header"); a script sends none.
_NO_ORIGIN = ("", "null")
_OWN_SITE = ("", "same-origin", "none")

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Asked:
    """A request that may be looked at: `does` is True for the one that has an effect."""

    token: str
    does: bool
    reason: str = ""


def asked(request: UrlRequest) -> Asked | HTTPStatus:
    """What is asked for, or the status that says what is wrong with the request."""
    method = request.requestContext.http.method
    if request.rawPath not in ("", "/"):
        return HTTPStatus.NOT_FOUND
    if method not in _METHODS:
        return HTTPStatus.METHOD_NOT_ALLOWED
    if len(request.rawQueryString) > LONGEST_QUERY:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    return _sent(request) if method == "POST" else _shown(request)


def language(request: UrlRequest) -> Language:
    """What the browser asks for first: the language of a page for a link that is not ours."""
    return "es" if _header(request, "accept-language").strip().lower().startswith("es") else "en"


def answer(status: HTTPStatus, page: str, policy: str, *, method: str = "GET") -> UrlAnswer:
    """The answer with a page, which a HEAD gets without it; `policy` is the page's content security policy."""
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_METHODS)
    return UrlAnswer(int(status), headers, "" if method == "HEAD" else page)


def _shown(request: UrlRequest) -> Asked | HTTPStatus:
    given = _fields(request.rawQueryString, (QUERY,))
    return HTTPStatus.BAD_REQUEST if given is None else Asked(given[QUERY], does=False)


def _sent(request: UrlRequest) -> Asked | HTTPStatus:
    if refused := _not_from_our_page(request):
        return refused
    body = _body(request)
    if len(body) > MOST_FORM_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    given = _fields(body.decode("ascii", "replace"), (QUERY, REASON))
    if given is None:
        return HTTPStatus.BAD_REQUEST
    return Asked(given[QUERY], does=True, reason=given.get(REASON, ""))


def _not_from_our_page(request: UrlRequest) -> HTTPStatus | None:
    """What a form of our page never sends."""
    if request.rawQueryString:
        return HTTPStatus.BAD_REQUEST
    if _header(request, "content-type").partition(";")[0].strip().lower() != _FORM:
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    own = f"https://{request.requestContext.domainName}"
    ours = _header(request, "origin") in (*_NO_ORIGIN, own)
    if not ours or _header(request, "sec-fetch-site") not in _OWN_SITE:
        return HTTPStatus.FORBIDDEN
    return None


def _body(request: UrlRequest) -> bytes:
    """The body; what is no base64 is nothing, and what is too long is not decoded first."""
    text = request.body or ""
    if not request.isBase64Encoded or len(text) > 2 * MOST_FORM_BYTES:
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _fields(text: str, names: tuple[str, ...]) -> Mapping[str, str] | None:
    """The fields of a form or a query: the token, each once, and none but these; else None."""
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(names)
        )
    except ValueError:  # also what is no UTF-8
        return None
    given = dict(pairs)
    fits = len(given) == len(pairs) and QUERY in given and given.keys() <= set(names)
    return given if fits else None


def _header(request: UrlRequest, name: str) -> str:
    return request.headers.get(name, "")
