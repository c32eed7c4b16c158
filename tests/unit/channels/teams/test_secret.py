"""The webhook's URL from Secrets Manager: both forms, kept, read again, and never shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.errors import (
    CredentialsMissing,
    InvalidConfiguration,
    SecretAccessDenied,
    SecretInvalid,
    SecretNotFound,
    SecretUnavailable,
)
from tests.standins import StandIns
from tests.standins.service import Answer
from tests.sweeps import sampled


@pytest.fixture
def secret(standins: StandIns, clients: Clients) -> WebhookSecret:
    return WebhookSecret(clients.secrets_manager(), standins.webhook_secret_arn)


def store(standins: StandIns, value: str | bytes) -> None:
    standins.secrets_manager.secrets[standins.webhook_secret_arn] = value


@pytest.mark.parametrize(
    "value",
    [
        "https://host.example/workflows?sig=s3cret",
        "  https://host.example/workflows?sig=s3cret\n",
        '"https://host.example/workflows?sig=s3cret"',
        '{"url": "https://host.example/workflows?sig=s3cret"}',
        '{\n  "url": " https://host.example/workflows?sig=s3cret ",\n  "owner": "finops"\n}',
    ],
)
def test_the_url_or_json_that_holds_it(standins: StandIns, secret: WebhookSecret, value: str) -> None:
    store(standins, value)
    assert secret.url() == "https://host.example/workflows?sig=s3cret"


@sampled(every=3)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "CHANGE-ME-sig-s3cret",
        "{}",
        '{"URL": "https://host.example/sig-s3cret"}',
        '{"url": null, "sig": "sig-s3cret"}',
        '{"url": 7}',
        '["https://host.example/sig-s3cret"]',
        '{"url": "https://host.example/sig-s3cret"',
        "https://host.example/ sig-s3cret",
        "ftp://host.example/sig-s3cret",
        "https:///sig-s3cret",
        "https://[sig-s3cret",
        b"https://host.example/sig-s3cret",
    ],
)
def test_anything_else_is_refused_without_showing_it(
    standins: StandIns, secret: WebhookSecret, value: str | bytes
) -> None:
    store(standins, value)
    with pytest.raises(SecretInvalid, match="put-secret-value") as caught:
        secret.url()
    shown: BaseException | None = caught.value
    while shown is not None:
        assert "sig-s3cret" not in str(shown)
        assert "sig-s3cret" not in getattr(shown, "doc", "")
        shown = shown.__cause__ or shown.__context__


def test_it_is_read_once(standins: StandIns, secret: WebhookSecret) -> None:
    assert {secret.url() for _ in range(3)} == {standins.webhook_url}
    assert standins.secrets_manager.count("GetSecretValue") == 1


def test_threads_that_ask_at_once_read_it_once(standins: StandIns, secret: WebhookSecret) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: secret.url(), range(8)))
    assert urls == {standins.webhook_url}
    assert standins.secrets_manager.count("GetSecretValue") == 1


def test_refresh_reads_it_again_and_keeps_the_new_one(standins: StandIns, secret: WebhookSecret) -> None:
    old = secret.url()
    standins.rotate_webhook("new-sig-s3cret")
    assert secret.url() == old
    assert secret.url(refresh=True) == standins.webhook_url != old
    assert secret.url() == standins.webhook_url
    assert standins.secrets_manager.count("GetSecretValue") == 2


def test_a_refresh_that_fails_leaves_the_kept_one(standins: StandIns, secret: WebhookSecret) -> None:
    old = secret.url()
    standins.secrets_manager.fail("AccessDeniedException")
    with pytest.raises(SecretAccessDenied):
        secret.url(refresh=True)
    assert secret.url() == old


def test_repr_does_not_show_it(standins: StandIns, secret: WebhookSecret) -> None:
    secret.url()
    assert standins.workflows.sig not in repr(secret)


def test_no_such_secret(standins: StandIns, clients: Clients) -> None:
    missing = WebhookSecret(clients.secrets_manager(), standins.webhook_secret_arn + "x")
    with pytest.raises(SecretNotFound, match="TEAMS_WEBHOOK_SECRET_ARN"):
        missing.url()


def test_a_secret_that_is_marked_for_deletion(standins: StandIns, secret: WebhookSecret) -> None:
    standins.secrets_manager.deleted = {standins.webhook_secret_arn}
    with pytest.raises(SecretNotFound, match="restore-secret"):
        secret.url()


def test_an_arn_that_is_none(standins: StandIns, secret: WebhookSecret) -> None:
    standins.secrets_manager.fail("ValidationException", "Invalid name. Must be a valid name")
    with pytest.raises(InvalidConfiguration, match="TEAMS_WEBHOOK_SECRET_ARN"):
        secret.url()


def test_the_role_may_not_read_it(standins: StandIns, secret: WebhookSecret) -> None:
    standins.secrets_manager.fail("AccessDeniedException", "not authorized")
    with pytest.raises(SecretAccessDenied, match="secretsmanager:GetSecretValue"):
        secret.url()


def test_a_server_error_is_survived_and_then_transient(standins: StandIns, secret: WebhookSecret) -> None:
    standins.secrets_manager.fail("InternalServiceError", status=500, times=4)
    assert secret.url() == standins.webhook_url
    standins.secrets_manager.fail("InternalServiceError", status=500, times=None)
    with pytest.raises(SecretUnavailable):
        secret.url(refresh=True)


def test_a_proxys_page_is_not_taken_for_an_empty_secret(standins: StandIns, secret: WebhookSecret) -> None:
    standins.secrets_manager.answer(Answer(200, b"<html>Sign in to the proxy</html>", "text/html"))
    with pytest.raises(SecretUnavailable, match="could not be reached"):
        secret.url()


def test_credentials_that_nobody_knows(
    standins: StandIns, secret: WebhookSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY0000000000")
    stranger = WebhookSecret(Clients(standins.region).secrets_manager(), standins.webhook_secret_arn)
    with pytest.raises(CredentialsMissing, match="UnrecognizedClientException"):
        stranger.url()
