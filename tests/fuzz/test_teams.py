"""What comes back from the webhook, as bytes of a connection: a known confirmation alone is a delivery."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.channels.teams.answers import Answer, accept
from finopsguard.channels.teams.webhook import WebhookChannel, fixed_url
from finopsguard.errors import DeliveryUncertain, FinOpsGuardError, TeamsAnswerUnknown
from tests.fuzz.held import SIG, outcome, tries
from tests.fuzz.shapes import damaged, odd_text

_BODY = b'{"error":{"code":"DirectApiAuthorizationRequired","message":"x"}}'
statuses = st.sampled_from(
    [200, 200, 202, 204, 301, 400, 401, 404, 408, 413, 429, 429, 500, 502, 503, 504, 99, 600, 999]
)
waits = st.one_of(
    st.integers(-5, 10**12).map(str),
    odd_text,
    st.sampled_from(
        [
            "Wed, 21 Oct 2065 07:28:00 GMT",
            "0 Jan 0 0:0:0",
            "1e5",
            "٣",
            "²",
            "9" * 400,
            "Fri, 31 Dec 9999 23:59:59 -2359",
        ]
    ),
)
texts = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            " 1\n",
            "returned HTTP error 429",
            "returned HTTP error 000",
            "<html>",
            '{"error":{"code":[]}}',
        ]
    ),
    damaged(_BODY).map(lambda data: data.decode("utf-8", "replace")),
    odd_text,
)


class Peer:
    """Answers each connection with the same bytes, and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self.posts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/workflows/x?sig={SIG}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                while not connection.recv(65536).endswith(b"end"):
                    pass
                self.posts += 1
                connection.sendall(self.answer)

    def close(self) -> None:
        """Takes no more connections."""
        self._listening.close()


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """One for all examples."""
    made = Peer()
    yield made
    made.close()


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """An HTTP answer, mostly: with headers of any kind, and sometimes damaged as a whole."""
    body = draw(texts).encode("utf-8", "replace")
    said = draw(st.sampled_from([len(body), len(body), len(body), 0, len(body) + 10, 10**30]))
    headers = [
        f"HTTP/1.1 {draw(statuses)} x",
        draw(
            st.sampled_from(
                [f"Content-Length: {said}", "Transfer-Encoding: chunked", "Content-Length: -1", "X: y"]
            )
        ),
        draw(
            st.sampled_from(
                ["X: y", "Content-Encoding: gzip", "Content-Encoding: br", "Location: http://example.com/"]
            )
        ),
        "Retry-After: " + draw(waits).replace("\n", " ").replace("\r", " "),
    ]
    data = "\r\n".join(headers).encode("utf-8", "replace") + b"\r\n\r\n" + body
    return draw(st.one_of(st.just(data), st.just(data), damaged(data)))


@tries(8)
@given(reply=replies())
def test_any_answer_is_a_delivery_that_was_confirmed_or_a_named_error(peer: Peer, reply: bytes) -> None:
    peer.answer = reply
    before = peer.posts
    slept: list[float] = []
    channel = WebhookChannel(fixed_url(peer.url), (), sleep=slept.append, proxies=dict, longest_answer=10)
    found = outcome(lambda: channel.post(b'{"card":"end'), peer.url)
    assert peer.posts - before in (1, 2), "posted again only where Teams said that it took nothing"
    assert all(0 <= each <= 20 for each in slept)
    assert len(slept) == peer.posts - before - 1
    if not isinstance(found, FinOpsGuardError):
        assert reply.split()[1].startswith(b"2"), reply


@tries(19)
@given(status=statuses, text=st.one_of(st.none(), texts), wait=st.one_of(st.none(), st.floats(0, 1e12)))
def test_only_known_confirmations_are_a_delivery(status: int, text: str | None, wait: float | None) -> None:
    found = outcome(lambda: accept(Answer(status, text, wait)))
    confirmed = 200 <= status < 300 and text is not None and text.strip() in ("", "1")
    assert isinstance(found, FinOpsGuardError) != confirmed
    if 200 <= status < 300 and not confirmed and "returned HTTP error" not in (text or ""):
        assert isinstance(found, TeamsAnswerUnknown | DeliveryUncertain)
