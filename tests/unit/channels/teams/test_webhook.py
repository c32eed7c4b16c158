"""The channel against a real HTTP server on the loopback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from finopsguard.channels.teams.webhook import UrlSource, WebhookChannel, check_url, fixed_url
from finopsguard.config import WORKFLOWS_HOSTS
from finopsguard.errors import (
    CardTooLarge,
    DeliveryUncertain,
    FinOpsGuardError,
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


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "https://default0123.4.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/x?sig=s",
        "https://PROD-1.westeurope.LOGIC.azure.com/x",
    ],
)
def test_microsofts_workflows_hosts_are_allowed(url: str) -> None:
    check_url(url, WORKFLOWS_HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "https://",
        "https://example.com/x?sig=s3cret",
        "http://prod-1.logic.azure.com/x?sig=s3cret",
        "https://logic.azure.com.example.com/x?sig=s3cret",
        "https://example.com/.logic.azure.com?sig=s3cret",
        "https://user:s3cret@prod-1.logic.azure.com/x",
        "https://example.com#.logic.azure.com",
        "https://example.com\\@prod-1.logic.azure.com/x?sig=s3cret",
        "ftp://prod-1.logic.azure.com/x?sig=s3cret",
        "https://outlook.webhook.office.com/webhookb2/s3cret",
        "http://127.0.0.1.example.com/x",
    ],
)
def test_any_other_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(WebhookHostNotAllowed) as raised:
        check_url(url, WORKFLOWS_HOSTS)
    assert "s3cret" not in str(raised.value)


def test_plain_http_is_for_this_machine_only() -> None:
    check_url("http://127.0.0.1:8080/x", WORKFLOWS_HOSTS)
    check_url("http://localhost:8080/x", [])
    with pytest.raises(WebhookHostNotAllowed, match="not HTTPS"):
        check_url("ftp://127.0.0.1:8080/x", WORKFLOWS_HOSTS)
    with pytest.raises(WebhookHostNotAllowed, match="not HTTPS"):
        check_url("http://teams.example.com/x", ["*.example.com"])
