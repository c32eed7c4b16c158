"""The key of the links in Secrets Manager: both versions, kept for minutes, and never shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.channels.links import key
from finopsguard.channels.links.key import KeySecret
from finopsguard.errors import (
    InvalidConfiguration,
    SecretAccessDenied,
    SecretInvalid,
    SecretNotFound,
    SecretUnavailable,
)
from tests.planted import MARK, secret
from tests.standins import StandIns

ARN = "arn:aws:secretsmanager:us-east-1:111100000000:secret:finopsguard/verdict-key-AbCdEf"
FIRST, SECOND, THIRD = (secret(f"verdict-key-{number}") for number in (1, 2, 3))


class World:
    """The secret and what reads it, at a time that moves on."""

    def __init__(self, standins: StandIns, clients: Clients) -> None:
        self.manager = standins.secrets_manager
        self.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.secret = KeySecret(clients.secrets_manager(), ARN, lambda: self.now)
        self.manager.secrets[ARN] = FIRST

    def rotate(self, value: str) -> None:
        self.manager.previous[ARN] = self.manager.secrets[ARN]
        self.manager.secrets[ARN] = value


@pytest.fixture
def world(standins: StandIns, clients: Clients) -> World:
    return World(standins, clients)


def test_a_key_that_was_never_rotated_is_alone(world: World) -> None:
    assert world.secret.read() == (FIRST.encode(),)


def test_the_current_key_signs_and_the_one_before_it_still_counts(world: World) -> None:
    world.rotate(SECOND)
    assert world.secret.read() == (SECOND.encode(), FIRST.encode())


def test_rotated_twice_a_key_counts_no_more(world: World) -> None:
    world.rotate(SECOND)
    world.rotate(THIRD)
    assert FIRST.encode() not in world.secret.read()


def test_it_is_read_once_in_some_minutes_whoever_asks(world: World) -> None:
    """Forged links do not make calls to AWS, and a rotation counts without a deployment."""
    assert {tuple(world.secret.read()) for _ in range(50)} == {(FIRST.encode(),)}
    assert world.manager.count("GetSecretValue") == 1
    world.rotate(SECOND)
    world.now += key.KEPT - timedelta(seconds=1)
    assert world.secret.read() == (FIRST.encode(),)
    world.now += timedelta(seconds=1)
    assert world.secret.read() == (SECOND.encode(), FIRST.encode())


@pytest.mark.parametrize("value", ["", "short", f"{MARK}-ñ{'x' * 40}", MARK.encode() * 8])
def test_what_is_no_key_is_refused_without_showing_it(world: World, value: str | bytes) -> None:
    world.manager.secrets[ARN] = value
    with pytest.raises(SecretInvalid, match="Rotate the key"):
        world.secret.read()


def test_repr_does_not_show_it(world: World) -> None:
    world.secret.read()
    assert MARK not in repr(world.secret)


def test_no_such_secret(world: World) -> None:
    del world.manager.secrets[ARN]
    with pytest.raises(SecretNotFound, match="FINOPSGUARD_VERDICT_KEY_ARN"):
        world.secret.read()


def test_a_secret_that_is_marked_for_deletion(world: World) -> None:
    world.manager.deleted = {ARN}
    with pytest.raises(SecretNotFound, match="restore-secret"):
        world.secret.read()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ValidationException", InvalidConfiguration),
        ("AccessDeniedException", SecretAccessDenied),
        ("DecryptionFailure", SecretAccessDenied),
    ],
)
def test_what_aws_refuses_is_named(world: World, code: str, error: type[Exception]) -> None:
    world.manager.fail(code)
    with pytest.raises(error, match=r"FINOPSGUARD_VERDICT_KEY_ARN|secretsmanager:GetSecretValue|kms:Decrypt"):
        world.secret.read()


def test_a_server_error_that_stays_is_transient(world: World) -> None:
    world.manager.fail("InternalServiceError", status=500, times=None)
    with pytest.raises(SecretUnavailable):
        world.secret.read()
