"""AWS's answers as bytes, without a socket: botocore's own requests, retries and parser on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict

from finopsguard.aws.clients import Clients

Reply = tuple[int, Mapping[str, str], bytes]
"""Status, headers, body."""

JSON = {"content-type": "application/x-amz-json-1.1"}


class _Raw(BytesIO):
    """The body as botocore reads it from urllib3."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


@cache
def clients() -> Clients:
    """Clients that are made once; each test's `answers` replaces what the last one said. No name is looked up."""
    return Clients("eu-west-1")


def answers(client: Any, reply: Callable[[str, Mapping[str, Any]], Reply]) -> Any:
    """The client, whose every request is answered by `reply(operation, parameters)`."""

    def say(request: Any, **_: Any) -> AWSResponse:
        target = (
            request.headers.get("X-Amz-Target", b"").decode() if request.headers.get("X-Amz-Target") else ""
        )
        body = request.body or b"{}"
        asked = json.loads(body) if target else {}
        status, headers, data = reply(target.rpartition(".")[2], asked)
        return AWSResponse(request.url, status, HeadersDict(headers), _Raw(data))  # type: ignore[arg-type]

    client.meta.events.unregister("before-send", unique_id="fuzz")
    client.meta.events.register("before-send", say, unique_id="fuzz")
    return client


def said(document: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return status, JSON, json.dumps(document).encode()
