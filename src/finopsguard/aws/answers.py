"""Reads an answer of AWS up to a size and within a time.

botocore reads an answer that is not streamed whole before it hands it on, and its read time-out begins anew with each
byte: what has no end, from a proxy or an endpoint that is none of AWS's, would take the function's memory or all of its
time. So the session that a client sends with is told to stream, and the answer is read here. Objects of S3 are streamed
to the store, which bounds their size itself (`aws/bounds.py`); here they are held to a rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as NothingMoreCame
from urllib3.response import HTTPResponse

from finopsguard.aws import bounds
from finopsguard.aws.errors import Service

READ_TIMEOUTS = 2
"""How many times a client's read time-out an answer may take in all; an object of S3 has longer, by its size."""

SLOWEST = 100_000
"""Bytes a second of an object, once that time is over: S3 sends a thousand times as many."""

_AT_ONCE = 1 << 16


class Sends(Protocol):
    """What is used of botocore's URLLib3Session."""

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """The answer; its body is still to be read where the request streams."""

    def close(self) -> None:
        """Closes all connections."""


class BoundedSession:
    """In place of a client's session. Raises the service's own error where an answer is too long or too slow."""

    def __init__(
        self, session: Sends, service: Service, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._service = service
        self._seconds = seconds
        self._now = now

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """As botocore's session; the body is read already unless the caller streams it."""
        streams = request.stream_output
        request.stream_output = True
        try:
            answer = self._session.send(request)
        finally:
            request.stream_output = streams
        body: Any = _Body(answer.raw, self._service, self._seconds, self._now)
        if not streams:
            body = _Read(self._whole(body, request))
        headers: Any = answer.headers
        return AWSResponse(answer.url, answer.status_code, headers, body)

    def close(self) -> None:
        """Closes all connections."""
        self._session.close()

    def _whole(self, body: _Body, request: AWSPreparedRequest) -> bytes:
        """All of a body, with the errors of botocore's session."""
        try:
            return body.read(most=bounds.MOST_ANSWER_BYTES)
        except NothingMoreCame as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ProtocolError as error:
            raise ConnectionClosedError(endpoint_url=request.url, request=request, error=error) from error
        except HTTPError as error:
            raise HTTPClientError(error=error) from error


class _Body:
    """A body that is read as it comes, and no slower than SLOWEST once `seconds` are over."""

    def __init__(self, raw: HTTPResponse, service: Service, seconds: float, now: Callable[[], float]) -> None:
        self._raw = raw
        self._service = service
        self._seconds = seconds
        self._now = now
        self._began = now()
        self._size = 0

    def read(self, amt: int | None = None, *, most: int | None = None) -> bytes:
        """So many bytes, fewer where there are no more; all without `amt`. Raises the service's error beyond `most`."""
        parts: list[bytes] = []
        left = amt
        while left is None or left > 0:
            part = self._raw.read1(_AT_ONCE if left is None else min(left, _AT_ONCE), decode_content=False)
            if not part:
                self._raw.release_conn()
                break
            self._count(len(part), most)
            parts.append(part)
            left = None if left is None else left - len(part)
        return b"".join(parts)

    def stream(self) -> Iterator[bytes]:
        """All of it in one part, as an AWSResponse asks for what it does not stream: the words of a refusal."""
        yield self.read(most=bounds.MOST_ANSWER_BYTES)

    def close(self) -> None:
        """Closes the connection."""
        self._raw.close()

    def _count(self, size: int, most: int | None) -> None:
        self._size += size
        if most is not None and self._size > most:
            self._refuse(f"has more than {most} bytes")
        if self._now() - self._began > self._seconds + (self._size / SLOWEST if most is None else 0):
            self._refuse(f"takes longer than {self._seconds:g} s")

    def _refuse(self, wrong: str) -> NoReturn:
        self._raw.close()
        raise self._service.unavailable(
            f"{self._service.name}'s answer {wrong}, which none of AWS's does. Check the network, the proxy and"
            " AWS_ENDPOINT_URL, and run again."
        )


class _Read:
    """A body that is read already, for an AWSResponse."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        """The body in one part."""
        yield self._body


def bound(client: Any, service: Service) -> None:
    """Makes a client read its answers here; botocore has no setting for the session that a client sends with."""
    endpoint = client._endpoint  # noqa: SLF001 - as the docstring says
    seconds = READ_TIMEOUTS * client.meta.config.read_timeout
    endpoint.http_session = BoundedSession(endpoint.http_session, service, seconds)
