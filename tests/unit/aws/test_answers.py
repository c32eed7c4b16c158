"""What is read of one answer of AWS, in bytes and in time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from urllib3.exceptions import DecodeError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as NothingMoreCame

from finopsguard.aws import answers, bounds
from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import COST_EXPLORER, S3
from finopsguard.errors import CostExplorerUnavailable, StoreUnavailable

URL = "https://ce.us-east-1.amazonaws.com/"


class Raw:
    """A body that comes in parts; a part that is an error is raised."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self._parts = iter(parts)
        self._held = io.BytesIO()
        self.released = self.closed = False

    def read1(self, amt: int, *, decode_content: bool) -> bytes:
        assert not decode_content
        if not (part := self._held.read(amt)):
            following = next(self._parts, b"")
            if isinstance(following, Exception):
                raise following
            self._held = io.BytesIO(following)
            part = self._held.read(amt)
        return part

    def release_conn(self) -> None:
        self.released = True

    def close(self) -> None:
        self.closed = True


class Session:
    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.streamed: list[bool] = []
        self.closed = False

    def send(self, request: Any) -> AWSResponse:
        self.streamed.append(request.stream_output)
        headers: Any = {"x": "y"}
        return AWSResponse(URL, 200, headers, self._raw)

    def close(self) -> None:
        self.closed = True


def clock(*moments: float) -> Iterator[float]:
    """These, and then always the last."""
    yield from moments
    while True:
        yield moments[-1]


def send(raw: Raw, *, streams: bool = False, times: Iterator[float] | None = None) -> AWSResponse:
    session = Session(raw)
    request = AWSRequest("POST", URL).prepare()
    request.stream_output = streams
    ticks = times or clock(0)
    service = S3 if streams else COST_EXPLORER
    answer = answers.BoundedSession(session, service, 10, now=lambda: next(ticks)).send(request)
    assert session.streamed == [True]
    assert request.stream_output is streams, "a retry sends the same request"
    return answer


def test_an_answer_is_read_whole_and_its_connection_is_given_back() -> None:
    raw = Raw(b"one ", b"two")
    answer = send(raw)
    assert (answer.content, answer.status_code, dict(answer.headers)) == (b"one two", 200, {"x": "y"})
    assert (raw.released, raw.closed) == (True, False)


def test_an_answer_of_the_most_bytes_is_taken_and_one_of_more_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MOST_ANSWER_BYTES", 7)
    assert send(Raw(b"one ", b"two")).content == b"one two"
    raw = Raw(b"one ", b"two", b".", b"never asked for")
    with pytest.raises(CostExplorerUnavailable, match=r"has more than 7 bytes, .*AWS_ENDPOINT_URL"):
        send(raw)
    assert (raw.released, raw.closed) == (False, True), "what is left of it is no next answer"


def test_an_answer_that_drips_is_given_up() -> None:
    assert send(Raw(b"a", b"b"), times=clock(0, 9, 10)).content == b"ab"
    raw = Raw(*[b"a"] * 9)
    with pytest.raises(CostExplorerUnavailable, match="takes longer than 10 s"):
        send(raw, times=clock(0, 9, 10.5))
    assert raw.closed


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (NothingMoreCame(None, URL, "timed out"), ReadTimeoutError),  # type: ignore[arg-type]
        (ProtocolError("reset"), ConnectionClosedError),
        (DecodeError("packed"), HTTPClientError),
    ],
)
def test_what_goes_wrong_while_it_is_read_is_what_botocore_retries(
    met: Exception, told: type[Exception]
) -> None:
    with pytest.raises(told):
        send(Raw(b"one", met))


def test_an_object_may_take_as_long_as_its_size_does() -> None:
    part = b"x" * (1 << 16)
    raw = Raw(*[part] * 20)
    body: Any = send(raw, streams=True, times=clock(*range(21))).raw
    assert body.read(3) == b"xxx"
    assert len(body.read()) == 20 * len(part) - 3, "20 s for 1.3 MB"
    assert body.read(1) == b""
    assert raw.released
    raw = Raw(*[b"x"] * 20)
    body = send(raw, streams=True, times=clock(*range(21))).raw
    with pytest.raises(StoreUnavailable, match="takes longer"):
        body.read()
    assert raw.closed


def test_the_words_of_a_refusal_of_an_object_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_ANSWER_BYTES", 7)
    assert send(Raw(b"one ", b"two"), streams=True).content == b"one two"
    with pytest.raises(StoreUnavailable, match="more than 7 bytes"):
        _ = send(Raw(b"one ", b"two", b"."), streams=True).content


def test_every_client_reads_so_for_twice_its_read_timeout() -> None:
    made = Clients("eu-west-1")
    clients: list[Any] = [made.s3(), made.sts(), made.secrets_manager(), made.step_functions(), made.sns()]
    clients += [made.organizations(), made.cost_explorer()]
    for client in clients:
        session = client._endpoint.http_session
        assert isinstance(session, answers.BoundedSession)
        assert session._seconds == 2 * client.meta.config.read_timeout
        client.close()


def test_a_session_is_closed_with_its_client() -> None:
    session = Session(Raw())
    answers.BoundedSession(session, S3, 10).close()
    assert session.closed
