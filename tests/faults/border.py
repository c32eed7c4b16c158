"""The HTTP border on the loopback: one server for AWS, S3 and Teams, where a fault can be put in any operation's way.

What is faulty is the bytes and the connection, so botocore, urllib3 and the state machine's retries are the real ones.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins import StandIns
from tests.standins.s3 import BUCKET, key_of
from tests.standins.service import Answer, Request

_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")
# By the dimensions that Cost Explorer is asked to group by.
_QUERIES = {
    ("LINKED_ACCOUNT", "SERVICE"): "usage",
    ("LINKED_ACCOUNT", "RECORD_TYPE"): "charges",
    ("SERVICE", "REGION"): "regions",
    ("SERVICE", "LEGAL_ENTITY_NAME"): "products",
    ("USAGE_TYPE", "REGION"): "causes",
    ("USAGE_TYPE", "RECORD_TYPE"): "commitments",
    ("USAGE_TYPE", "OPERATION"): "operations",
    ("RESOURCE_ID",): "resources",
    (): "total",
}
_S3 = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}
ELSEWHERE = "/elsewhere"
"""Where redirects lead: nobody may follow them."""


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, handler: _Handler, method: str, request: Request, operation: str) -> None:
        self._handler = handler
        self.border = handler.server.border
        self.method = method
        self.request = request
        self.operation = operation

    def answer(self) -> Answer:
        """What the stand-in answers; the request is done then."""
        return self.border.real(self)

    def send(self, answer: Answer, *, length: int | None = None) -> None:
        """Sends an answer; with another `length` than its own the client waits for what does not come."""
        handler = self._handler
        if answer.status == 0:
            self.hang_up()
            return
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.content_type)
        handler.send_header("Content-Length", str(len(answer.body) if length is None else length))
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if self.method != "HEAD":
            self.write(answer.body)

    def write(self, data: bytes) -> bool:
        """Sends bytes; False if the client has gone."""
        try:
            self._handler.wfile.write(data)
            self._handler.wfile.flush()
        except OSError:
            self._handler.close_connection = True
            return False
        return True

    def reset(self) -> None:
        """Ends the connection with RST."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        """Ends the connection."""
        self._handler.close_connection = True
        self._handler.connection.close()

    def wait_until_gone(self, seconds: float) -> None:
        """Says nothing until the client gives up, at most so long."""
        self._handler.connection.settimeout(seconds)
        with suppress(OSError):
            self._handler.connection.recv(1)
        self.hang_up()

    def parameters(self) -> dict[str, Any]:
        """The request of a JSON service."""
        found: dict[str, Any] = json.loads(self.request.body or b"{}")
        return found


Fault = Callable[[Exchange], None]


class Border(StandIns):
    """The stand-ins and S3 behind one server that knows each request's operation.

    Each of `faults` is asked for what stands in the way of a request, None for nothing. `requests` are all so far, by
    their operation, `followed` those that came where a redirect leads, `unbounded` what a client took that has no end.
    `before` and `after` are called around what a request does.
    """

    def __init__(self, **world: Any) -> None:
        super().__init__(**world)
        self.faults: list[Callable[[Exchange], Fault | None]] = []
        self.before: Callable[[Exchange], None] = lambda exchange: None
        self.after: Callable[[Exchange], None] = lambda exchange: None
        self.page_sizes: dict[str, int] = {}
        self.requests: list[tuple[str, Request]] = []
        self.followed: list[str] = []
        self.first_pages: dict[str, Answer] = {}
        self.pages = count(1)
        self.unbounded: list[str] = []
        self._asking = threading.Lock()

    def __enter__(self) -> Border:
        server = _Server(self)
        self._server = server  # type: ignore[assignment]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.secrets_manager.secrets[self.webhook_secret_arn] = self.webhook_url
        return self

    def settings(self) -> dict[str, str]:
        """What FinOps Guard needs beside the usual environment to reach everything here."""
        return {
            **self.environ(),
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "FINOPSGUARD_BUCKET": BUCKET,
            "FINOPSGUARD_USE_MOCK_DATA": "false",
            "FINOPSGUARD_LANGUAGE": "en",
        }

    def real(self, exchange: Exchange) -> Answer:
        """The stand-in's own answer."""
        if exchange.operation.startswith("s3:"):
            return self.s3.handle(exchange.method, exchange.request)
        with self._asking:
            size = self.page_sizes.get(exchange.operation, 5000)
            self.cost_explorer.page_size = size
            self.organizations.page_size = min(size, 20)
            answer = self.handle(exchange.request)
            if answer.status == 200 and b'"Next' not in exchange.request.body:
                self.first_pages[exchange.operation] = answer
            return answer

    def serve(self, exchange: Exchange) -> None:
        """Answers one request, or lets the fault do it."""
        self.requests.append((exchange.operation, exchange.request))
        self.before(exchange)
        fault = next((found for each in self.faults if (found := each(exchange))), None)
        if fault is None:
            answer = exchange.answer()
            self.after(exchange)
            exchange.send(answer)
        else:
            fault(exchange)


_ALONE = {"GetDimensionValues": "ce:billed", "GetAnomalies": "ce:anomalies"}
"""Operations of Cost Explorer that are asked one question only."""


def operation_of(method: str, request: Request) -> str:  # noqa: PLR0911 - a way to tell for each service
    """`ce:usage`, `organizations:ListAccounts`, `s3:GetObject`, `teams:post`: what a request asks for."""
    target = request.headers.get("X-Amz-Target", "")
    if target.startswith("AWSInsightsIndexService."):
        if alone := next((name for action, name in _ALONE.items() if target.endswith(action)), None):
            return alone
        grouped = json.loads(request.body).get("GroupBy", [])
        return f"ce:{_QUERIES[tuple(group['Key'] for group in grouped)]}"
    for prefix, service in (
        ("AWSOrganizationsV20161128.", "organizations"),
        ("AWSStepFunctions.", "states"),
        ("AWSBudgetServiceGateway.", "budgets"),
        ("AWSEvents.", "events"),
        ("secretsmanager.", "secretsmanager"),
    ):
        if target.startswith(prefix):
            return f"{service}:{target.partition('.')[2]}"
    if ".CloudTrail_20131101." in target:
        return f"cloudtrail:{target.rpartition('.')[2]}"
    if b"Action=" in request.body and request.path == "/":
        action = dict(parse_qsl(request.body.decode()))["Action"]
        return f"{'sns' if action == 'Publish' else 'sts'}:{action}"
    if request.path.startswith(f"/{BUCKET}"):
        if method == "GET" and not key_of(request):
            return "s3:ListObjects"
        if method == "PUT" and "If-None-Match" in request.headers:
            return "s3:CreateObject"
        return f"s3:{_S3[method]}"
    return "elsewhere" if request.path == ELSEWHERE else "teams:post"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, border: Border) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.border = border

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is what faults are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """AWS's JSON services, STS and Teams."""
        self._serve()

    def do_GET(self) -> None:
        """S3."""
        self._serve()

    def do_PUT(self) -> None:
        """S3."""
        self._serve()

    def do_HEAD(self) -> None:
        """S3."""
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        found = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        request = Request(
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.title(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            access_key=found.group(1) if found else "",
        )
        operation = operation_of(self.command, request)
        exchange = Exchange(self, self.command, request, operation)
        if operation == "elsewhere":
            self.server.border.followed.append(self.command)
        self.server.border.serve(exchange)

    def handle_expect_100(self) -> bool:
        """The body is asked for in `_serve`."""
        return True

    def log_message(self, *_: object) -> None:
        """Silence: the run prints its own."""
