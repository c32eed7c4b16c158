"""The channel against a real HTTP server on the loopback."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finopsguard.channels.teams.answers import LONGEST_RETRIED
from finopsguard.channels.teams.webhook import MOST_BYTES, UrlSource, WebhookChannel, fixed_url
from finopsguard.errors import (
    CardTooLarge,
    DeliveryUncertain,
    FinOpsGuardError,
    TeamsAnswerUnknown,
    TeamsPaused,
    TeamsRejected,
    TeamsThrottled,
    TeamsUnavailable,
    WebhookHostNotAllowed,
)
from tests.standins.standins import StandIns

BODY = b'{"type":"message"}'
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
GOOD = "https://prod-1.westeurope.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?sig=s3cret"


@pytest.fixture
def server() -> Iterator[StandIns]:
    with StandIns() as standins:
        yield standins


class Sleeps(list[float]):
    """Records instead of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def channel(url: str | UrlSource, sleeps: Sleeps | None = None) -> WebhookChannel:
    source = fixed_url(url) if isinstance(url, str) else url
    return WebhookChannel(
        source, ["127.0.0.1"], sleep=Sleeps() if sleeps is None else sleeps, now=lambda: NOW
    )


def test_202_with_an_empty_body_is_accepted(server: StandIns) -> None:
    channel(server.webhook_url).post(BODY)
    assert server.workflows.posts == [BODY]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, TeamsThrottled),
        (500, TeamsUnavailable),
        (502, TeamsUnavailable),
        (503, TeamsUnavailable),
        (504, DeliveryUncertain),
        (400, TeamsRejected),
        (401, TeamsRejected),
        (404, TeamsRejected),
        (410, TeamsRejected),
        (413, CardTooLarge),
        (302, TeamsRejected),
    ],
)
def test_what_each_answer_means(server: StandIns, status: int, error: type[FinOpsGuardError]) -> None:
    server.workflows.answer(status, times=2)
    with pytest.raises(error, match=f"HTTP {status}") as raised:
        channel(server.webhook_url).post(BODY)
    assert server.workflows.posts == []
    assert server.workflows.sig not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("reported", "error"), [(429, TeamsThrottled), (502, TeamsUnavailable), (400, TeamsRejected)]
)
def test_200_with_an_error_in_its_body_is_a_failure(
    server: StandIns, reported: int, error: type[FinOpsGuardError]
) -> None:
    server.workflows.report_error(reported)
    with pytest.raises(error):
        channel(server.webhook_url).post(BODY)


@pytest.mark.parametrize("retry_after", ["7", "Mon, 23 Nov 2026 08:00:07 GMT"])
def test_a_short_retry_after_is_obeyed_within_the_invocation(server: StandIns, retry_after: str) -> None:
    server.workflows.answer(429, retry_after=retry_after)
    sleeps = Sleeps()
    channel(server.webhook_url, sleeps).post(BODY)
    assert sleeps == [7.0]
    assert len(server.workflows.posts) == 1


@pytest.mark.parametrize("retry_after", ["300", "soon", None])
def test_a_long_or_unreadable_retry_after_is_left_to_the_state_machine(
    server: StandIns, retry_after: str | None
) -> None:
    server.workflows.answer(429, retry_after=retry_after)
    sleeps = Sleeps()
    with pytest.raises(TeamsThrottled):
        channel(server.webhook_url, sleeps).post(BODY)
    assert sleeps == []


def test_a_rotated_url_is_read_once_more(server: StandIns) -> None:
    asked: list[bool] = []

    def source(refresh: bool = False) -> str:
        asked.append(refresh)
        return server.webhook_url if refresh else server.webhook_url.replace(server.workflows.sig, "old")

    channel(source).post(BODY)
    assert asked == [False, True]
    assert len(server.workflows.posts) == 1


def test_a_url_that_stays_the_same_is_not_posted_to_again(server: StandIns) -> None:
    with pytest.raises(TeamsRejected, match="HTTP 401"):
        channel(server.webhook_url.replace(server.workflows.sig, "wrong")).post(BODY)
    assert server.workflows.statuses == [401]


def test_no_answer_after_the_card_was_sent_is_uncertain(server: StandIns) -> None:
    server.workflows.answer(0)
    with pytest.raises(DeliveryUncertain) as raised:
        channel(server.webhook_url).post(BODY)
    assert server.workflows.sig not in "".join(traceback.format_exception(raised.value))


def test_nobody_listening_means_nothing_was_posted() -> None:
    nobody = channel(GOOD.replace("https://prod-1.westeurope.logic.azure.com", "http://127.0.0.1:9"))
    with pytest.raises(TeamsUnavailable, match="could not be reached") as raised:
        nobody.post(BODY)
    assert "s3cret" not in "".join(traceback.format_exception(raised.value))


LOGIN = "<!DOCTYPE html><html><title>Sign in to your account</title></html>"


@pytest.mark.parametrize(
    "body", [LOGIN, '{"error":{"code":"x"}}', "{}", "null", "OK?", "Webhook message delivery failed"]
)
def test_a_2xx_that_confirms_nothing_is_no_delivery(server: StandIns, body: str) -> None:
    server.workflows.answer(200, body=body)
    with pytest.raises(TeamsAnswerUnknown, match="no known confirmation"):
        channel(server.webhook_url).post(BODY)
    assert server.workflows.statuses == [200], "it is not posted again"


@pytest.mark.parametrize("body", ["", " \r\n", "1"])
def test_the_known_confirmations_are_a_delivery(server: StandIns, body: str) -> None:
    server.workflows.answer(200, body=body)
    channel(server.webhook_url).post(BODY)


@pytest.mark.parametrize(
    ("status", "code", "error", "remedy"),
    [
        (401, "DirectApiAuthorizationRequired", TeamsRejected, "Let anyone trigger the workflow"),
        (403, "DirectApiInvalidAuthorizationScheme", TeamsRejected, "Let anyone trigger it"),
        (400, "WorkflowTriggerIsNotEnabled", TeamsRejected, "Switch it on"),
        (404, "WorkflowNotFound", TeamsRejected, "was deleted"),
        (400, "TriggerInputSchemaMismatch", TeamsRejected, "Remove the schema"),
        (502, "NoResponse", DeliveryUncertain, "may be in the channel"),
        (502, "BadGateway", TeamsUnavailable, "posted later"),
    ],
)
def test_a_code_in_the_answer_has_its_remedy(
    server: StandIns, status: int, code: str, error: type[FinOpsGuardError], remedy: str
) -> None:
    body = json.dumps({"error": {"code": code, "message": f"sig={server.workflows.sig}"}})
    server.workflows.answer(status, body=body, times=2)
    with pytest.raises(error, match=remedy) as raised:
        channel(server.webhook_url).post(BODY)
    assert f"HTTP {status}, {code}" in str(raised.value)
    assert server.workflows.sig not in str(raised.value)


@pytest.mark.parametrize("code", ["<at>everyone</at>", "a b", "x" * 99, 7, None])
def test_what_is_no_code_is_not_repeated(server: StandIns, code: object) -> None:
    server.workflows.answer(400, body=json.dumps({"error": {"code": code}}))
    with pytest.raises(TeamsRejected, match=r"\(HTTP 400\)"):
        channel(server.webhook_url).post(BODY)


def test_the_longest_pause_that_is_retried_is_the_machines() -> None:
    machine = json.loads(Path("statemachine/finops_guard.asl.json").read_text())
    states = machine["States"]["PostToTeams"]["ItemProcessor"]["States"]["PostToChannel"]
    (delay,) = [
        each["MaxDelaySeconds"] for each in states["Retry"] if "TeamsThrottled" in each["ErrorEquals"]
    ]
    assert delay == LONGEST_RETRIED


def test_a_pause_longer_than_the_retries_is_obeyed(server: StandIns) -> None:
    server.workflows.answer(429, retry_after=9999)
    with pytest.raises(TeamsPaused, match="wait 167 minutes"):
        channel(server.webhook_url).post(BODY)


# ---- bounds: a server of raw bytes


def raw(answer: Sequence[bytes], *, pause: float = 0.0) -> Iterator[str]:
    """The URL of a server that reads one request and then sends these pieces, over and over after the last."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for piece in itertools.chain(answer, itertools.repeat(answer[-1])):
                    connection.sendall(piece)
                    time.sleep(pause)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/x?sig=s"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def test_odd_headers_do_not_bring_the_url_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for url in raw([HEAD + b"Content-Length: 0\r\nno header\r\n\r\n"]):
        channel(url.replace("sig=s", "sig=s3cret")).post(BODY)
    assert caplog.records == []


def test_an_endless_answer_is_read_to_its_bound() -> None:
    sent = b" " * 65_536
    for url in raw([HEAD + b"\r\n", sent]):
        with pytest.raises(TeamsAnswerUnknown):
            channel(url).post(BODY)
    assert len(sent) >= MOST_BYTES


def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    tracemalloc.start()
    try:
        for url in raw([head + bomb]):
            with pytest.raises(TeamsAnswerUnknown):
                channel(url).post(BODY)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"x"])
def test_a_drip_ends_with_the_time_for_the_whole_answer(piece: bytes) -> None:
    start = HEAD if piece != b"x" else HEAD + b"\r\n"
    for url in raw([start, piece], pause=0.02):
        dripped = WebhookChannel(fixed_url(url), [], sleep=Sleeps(), longest_answer=0.2)
        with pytest.raises(DeliveryUncertain, match="may be in the channel"):
            dripped.post(BODY)


# ---- proxies


def test_the_machines_proxy_is_used_for_teams_too(server: StandIns) -> None:
    """The stand-in answers as the proxy: an HTTP proxy gets the whole URL."""
    proxy = server.webhook_url.partition("/workflows")[0]
    behind = WebhookChannel(
        fixed_url(server.webhook_url.replace("127.0.0.1", "localhost")),
        [],
        sleep=Sleeps(),
        proxies=lambda: {"http": proxy},
    )
    behind.post(BODY)
    assert server.workflows.posts == [BODY]


def test_a_proxy_that_is_not_there_means_nothing_was_posted() -> None:
    behind = WebhookChannel(
        fixed_url("http://localhost:9/x?sig=s3cret"),
        [],
        sleep=Sleeps(),
        proxies=lambda: {"http": "http://127.0.0.1:9"},
    )
    with pytest.raises(TeamsUnavailable, match="HTTPS_PROXY"):
        behind.post(BODY)


@pytest.mark.parametrize("host", ["a..logic.azure.com", f"{'a' * 64}.logic.azure.com"])
def test_a_host_that_cannot_be_is_told_before_anything_is_sent(host: str) -> None:
    with pytest.raises(WebhookHostNotAllowed):
        WebhookChannel(fixed_url(f"https://{host}/x?sig=s3cret"), ["*"], sleep=Sleeps()).post(BODY)
