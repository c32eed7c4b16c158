"""What a request to a link's page may look like, and what every answer carries."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

import pytest

from finopsguard.channels.links import web
from finopsguard.channels.links.web import Asked
from finopsguard.models.web import HttpLine, UrlContext, UrlRequest

HOST = "abc123.lambda-url.eu-west-1.on.aws"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def request(
    method: str = "GET",
    *,
    path: str = "/",
    query: str = "",
    headers: dict[str, str] | None = None,
    body: str | None = None,
    coded: bool = False,
) -> UrlRequest:
    context = UrlContext(HttpLine(method), HOST)
    return UrlRequest(path, query, headers or {}, context, body, coded)


def sent(body: str | None = "t=x&reason=", coded: bool = False, query: str = "", **headers: str) -> Any:
    """What is made of a form."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.asked(request("POST", query=query, headers={**FORM, **named}, body=body, coded=coded))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["", "/"])
def test_a_get_or_head_only_shows(method: str, path: str) -> None:
    assert web.asked(request(method, path=path, query="t=a.b-c_d")) == Asked("a.b-c_d", does=False)


def test_a_form_does_with_its_token_and_its_reason() -> None:
    assert sent() == Asked("x", does=True)
    assert sent("t=x&reason=Black+Friday%2C+s%C3%AD") == Asked("x", does=True, reason="Black Friday, sí")
    assert sent("t=x") == Asked("x", does=True)
    assert sent(base64.b64encode(b"t=x&reason=y").decode(), coded=True) == Asked("x", does=True, reason="y")
    assert sent(content_type="Application/X-WWW-Form-Urlencoded; charset=UTF-8") == Asked("x", does=True)


@pytest.mark.parametrize("origin", ["", "null", f"https://{HOST}"])
@pytest.mark.parametrize("site", ["", "same-origin", "none"])
def test_a_browser_on_our_page_is_let_in(origin: str, site: str) -> None:
    """A page that says `no-referrer` sends its form with the origin `null`."""
    assert sent(origin=origin, sec_fetch_site=site) == Asked("x", does=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": f"http://{HOST}"},
        {"origin": f"https://{HOST}.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_browser_that_another_page_led_here_is_not(headers: dict[str, Any]) -> None:
    assert sent(**headers) == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", ""])
def test_other_methods_are_named_to_who_used_them(method: str) -> None:
    status = web.asked(request(method, query="t=x"))
    assert status == HTTPStatus.METHOD_NOT_ALLOWED
    assert web.answer(status, "page", "policy").headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt", "//", "/../", "/verdict"])
def test_there_is_one_page(path: str) -> None:
    assert web.asked(request(path=path, query="t=x")) == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "query", ["", "t", "u=x", "t=x&t=y", "t=x&verdict=mute", "t=x&", "t=%ff", "t=x;t=y;u=z&v=1"]
)
def test_a_query_is_one_token(query: str) -> None:
    assert web.asked(request(query=query)) == HTTPStatus.BAD_REQUEST


def test_what_is_too_long_is_not_looked_at() -> None:
    long = "x" * (web.MOST_FORM_BYTES + 1)
    assert web.asked(request(query=f"t={long}")) == HTTPStatus.REQUEST_URI_TOO_LONG
    assert sent(f"t=x&reason={long}") == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    coded = base64.b64encode(f"t=x&reason={long}".encode()).decode()
    assert sent(coded, coded=True) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert sent("!" * 6_000_000, coded=True) == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(
    "body",
    [None, "", "reason=x", "t=x&t=y", "t=x&reason=a&reason=b", "t=x&other=1", '{"t": "x"}', "t=x&reason=%ff"],
)
def test_a_form_has_its_fields_and_no_other(body: str | None) -> None:
    assert sent(body) == HTTPStatus.BAD_REQUEST
    assert sent(base64.b64encode((body or "").encode()).decode(), coded=True) == HTTPStatus.BAD_REQUEST


def test_a_form_that_is_no_base64_or_has_a_query_is_none() -> None:
    assert sent("t=x", coded=True) == HTTPStatus.BAD_REQUEST
    assert sent("t=x", query="t=x") == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/json"])
def test_a_form_says_that_it_is_one(kind: str) -> None:
    assert sent(content_type=kind) == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def test_every_answer_is_kept_by_nobody_and_shown_in_no_frame() -> None:
    policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
    for status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE):
        headers = web.answer(status, "page", policy).headers
        assert headers["Content-Security-Policy"] == policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Allow" not in headers
        assert not [name for name in headers if name.lower().startswith(("access-control", "set-cookie"))]


def test_a_head_gets_the_headers_alone() -> None:
    shown, head = (web.answer(HTTPStatus.OK, "page", "p", method=method) for method in ("GET", "HEAD"))
    assert (shown.body, head.body) == ("page", "")
    assert shown.headers == head.headers
