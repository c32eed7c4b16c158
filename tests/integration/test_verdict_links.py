"""A card's link over HTTP, as a browser follows it: the page, the form, the form again; and a scanner before it."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from finopsguard.channels.links import on_card
from finopsguard.channels.teams import card
from finopsguard.store import verdicts
from finopsguard.store.directory import DirectoryStore
from tests.standins import StandIns
from tests.unit.channels.links.worlds import INCIDENT, KEY, incident, remember
from tests.unit.channels.teams.cards import content, walk
from tests.unit.report.sample import weekly

ARN = "arn:aws:secretsmanager:us-east-1:111100000000:secret:links-AbCdEf"
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)"}
NAVIGATION = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": "null"}


class FunctionUrl(BaseHTTPRequestHandler):
    """What Lambda does between the internet and a function (payload format version 2.0)."""

    def _serve(self) -> None:
        parts, length = urlsplit(self.path), int(self.headers.get("Content-Length", 0))
        event = {
            "version": "2.0",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": {"method": self.command}, "domainName": self.headers["Host"]},
            "isBase64Encoded": bool(length),
            **({"body": base64.b64encode(self.rfile.read(length)).decode()} if length else {}),
        }
        answer = import_module("functions.take_verdict.app").handler(event, None)
        body = answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        """The address holds the token."""


@pytest.fixture
def url(tmp_path: Path, standins: StandIns, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's address; the store is a directory, the key a stand-in's."""
    standins.secrets_manager.secrets[ARN] = KEY
    monkeypatch.setenv("FINOPSGUARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("FINOPSGUARD_VERDICT_KEY_ARN", ARN)
    with ThreadingHTTPServer(("127.0.0.1", 0), FunctionUrl) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


class Form(HTMLParser):
    """The form of a page, as a browser sees it: where it goes, and what each button sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: Mapping[str, str | None] = {}
        self.buttons: dict[str, str] = {}
        self.title = ""
        self._inside = ""
        self._token = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == "form":
            self.attributes = dict(attrs)
        if tag == "button":
            self._token = dict(attrs)["value"] or ""

    def handle_data(self, data: str) -> None:
        if self._inside == "button" and data.strip():
            self.buttons[data] = self._token
        if self._inside == "h1" and data.strip():
            self.title = data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


class Page(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str


def ask(
    address: str,
    method: str = "GET",
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Page:
    """One request, and no redirect is followed."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    body = urlencode(fields) if fields else None
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, path, body, {**kind, **(headers or {})})
    answer = connection.getresponse()
    page = Page(answer.status, dict(answer.getheaders()), answer.read().decode())
    connection.close()
    return page


def link_of_a_card(url: str) -> str:
    """The first link of a card that tells the incident."""
    report = weekly("en")
    report = replace(report, anomalies=(replace(report.anomalies[0], id=INCIDENT),))
    message = card.message(
        report, replies=on_card.signed(url, KEY.encode(), datetime.now(UTC), report, "teams")
    )
    posted = json.loads(json.dumps(message))
    return next(
        str(each["url"]) for each in walk(content(posted)) if str(each.get("url", "")).startswith(f"{url}?")
    )


def test_a_reader_follows_a_link_and_presses_a_button_once(url: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    remember(store, incident())
    link = link_of_a_card(url)

    for method in ("HEAD", "GET", "GET"):  # the scanners of Teams and Outlook
        assert ask(link, method, headers=SCANNER).status == 200
    assert verdicts.given(store, "aws").verdicts == ()

    shown = ask(link, headers={"Sec-Fetch-Site": "none"})
    form = Form(shown.body)
    assert (form.title, form.attributes["method"], form.attributes["action"]) == (
        "Answer an anomaly",
        "post",
        "/",
    )
    assert "form-action 'self'" in shown.headers["Content-Security-Policy"]
    fields = {"reason": "una prueba de carga", "t": form.buttons["It is expected"]}
    done = ask(url, "POST", fields, NAVIGATION)
    assert (done.status, Form(done.body).title) == (200, "Done")
    (given,) = verdicts.given(store, "aws").verdicts
    assert (given.verdict, given.incident_id, given.reason, given.through) == (
        "expected",
        INCIDENT,
        "una prueba de carga",
        "link",
    )

    again = ask(url, "POST", fields, NAVIGATION)
    assert (again.status, Form(again.body).title) == (200, "Done before")
    assert Form(ask(link).body).title == "Done before"
    assert verdicts.given(store, "aws").verdicts == (given,)


def test_another_page_s_form_and_other_methods_do_nothing(url: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    remember(store, incident())
    choice = Form(ask(link_of_a_card(url)).body).buttons["It is expected"]
    fields = {"reason": "x", "t": choice}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert ask(url, "POST", fields, foreign).status == 403
    assert ask(url, "PUT", fields).status == 405
    assert ask(f"{url}?t={choice}x").status == 403
    assert ask(f"{url}favicon.ico").status == 404
    assert verdicts.given(store, "aws").verdicts == ()
