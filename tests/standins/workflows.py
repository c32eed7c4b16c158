"""A Teams Workflows webhook: 202 with an empty body means accepted; anything else is scripted."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping

from tests import planted
from tests.standins.service import Answer, Request

PATH = "/workflows/ab12ab12ab12ab12ab12ab12ab12ab12/triggers/manual/paths/invoke"
# Measured by others: larger bodies are refused by Teams (28 KB, counted with its own envelope).
LARGEST = 28 * 1024


class WorkflowsStandIn:
    """`posts` are the bodies that were accepted, `statuses` the answers to every request, `sig` the URL's secret."""

    def __init__(self, sig: str = planted.secret("sig")) -> None:
        self.sig = sig
        self.posts: list[bytes] = []
        self.statuses: list[int] = []
        self._script: deque[Answer] = deque()
        self._lock = threading.Lock()

    def answer(
        self, status: int, *, body: str = "", retry_after: int | str | None = None, times: int = 1
    ) -> None:
        """Scripts the next answers; status 0 closes the connection after the request was read."""
        headers: Mapping[str, str] = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._script.extend(
            [Answer(status, body.encode(), "application/json; charset=utf-8", headers)] * times
        )

    def report_error(self, status: int) -> None:
        """The next answer is 200 with an error in its body, as Teams does."""
        self.answer(
            200,
            body=f"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {status}",
        )

    def messages(self) -> list[object]:
        """The accepted bodies, parsed."""
        return [json.loads(body) for body in self.posts]

    def handle(self, request: Request) -> Answer:
        """Answers one post."""
        with self._lock:
            answer = self._script.popleft() if self._script else self._judge(request)
            self.statuses.append(answer.status)
            if answer.status == 202:
                self.posts.append(request.body)
        return answer

    def _judge(self, request: Request) -> Answer:
        if request.path != PATH:
            return _error(404, "WorkflowNotFound")
        if request.query.get("sig") != self.sig:
            return _error(401, "DirectApiAuthorizationRequired")
        if len(request.body) > LARGEST:
            return _error(413, "RequestEntityTooLarge")
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return _error(415, "UnsupportedMediaType")
        try:
            json.loads(request.body)
        except ValueError:
            return _error(400, "InvalidRequestContent")
        return Answer(202, b"", "application/json")


def _error(status: int, code: str) -> Answer:
    return Answer(status, json.dumps({"error": {"code": code}}).encode(), "application/json; charset=utf-8")
