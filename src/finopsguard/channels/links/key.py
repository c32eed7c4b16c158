"""The key of the links, in Secrets Manager: the current one signs, and what the one before it signed still counts.

Secrets Manager keeps both by itself (`AWSCURRENT` and `AWSPREVIOUS`): a new value moves the labels, and so rotates the
key without a deployment. Rotated twice, a key that is out counts no more (docs/verdict-links.md).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from finopsguard import errors
from finopsguard.aws.errors import SECRETS_MANAGER, Rule, complete, texts, translated
from finopsguard.errors import SecretInvalid, SecretNotFound
from finopsguard.ports import Clock

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT = timedelta(minutes=5)
"""For so long a warm function goes on with a key that was rotated; and forged links cost no call to AWS each."""

SHORTEST = 32
"""Characters of a key: SHA-256 has as many bytes, and a shorter key would be what can be guessed."""

_SERVICE = replace(
    SECRETS_MANAGER,
    rejected=Rule(
        errors.InvalidConfiguration,
        "FINOPSGUARD_VERDICT_KEY_ARN is not the ARN of a secret. Correct the setting.",
    ),
    rules={
        "ResourceNotFoundException": (
            Rule(
                errors.SecretNotFound,
                "The key of the verdict links does not exist. Deploy the stack with VerdictLinks again, or correct"
                " FINOPSGUARD_VERDICT_KEY_ARN.",
            ),
        ),
        "InvalidRequestException": (
            Rule(
                errors.SecretNotFound,
                "The key of the verdict links is marked for deletion. Restore it: aws secretsmanager restore-secret.",
            ),
        ),
        "DecryptionFailure": (
            Rule(
                errors.SecretAccessDenied,
                "The key of the verdict links cannot be decrypted. Enable its KMS key and allow kms:Decrypt on it.",
            ),
        ),
    },
)


class KeySecret:
    """Satisfies ports.VerdictKeys; kept in memory only, and never shown."""

    def __init__(self, secrets_manager: SecretsManagerClient, arn: str, clock: Clock) -> None:
        self._secrets_manager = secrets_manager
        self._arn = arn
        self._clock = clock
        self._kept: tuple[datetime, tuple[bytes, ...]] | None = None
        self._lock = threading.Lock()

    def read(self) -> Sequence[bytes]:
        """See ports.VerdictKeys."""
        with self._lock:
            now = self._clock()
            if self._kept is None or now - self._kept[0] >= KEPT:
                self._kept = now, (self._read("AWSCURRENT"), *self._before())
            return self._kept[1]

    def _before(self) -> Sequence[bytes]:
        """The key before the last rotation; none where there was no rotation yet."""
        try:
            return (self._read("AWSPREVIOUS"),)
        except SecretNotFound:
            return ()

    def _read(self, stage: str) -> bytes:
        with translated(_SERVICE):
            answer = self._secrets_manager.get_secret_value(SecretId=self._arn, VersionStage=stage)
            found = texts(answer, "SecretString")
            text = found.get("SecretString") or complete(answer, "ARN").get("SecretString", "")
        key = text.strip()
        if not key.isascii() or len(key) < SHORTEST:
            raise SecretInvalid(
                f"The key of the verdict links ({stage}) is not {SHORTEST} or more characters of ASCII. Make a new one:"
                " docs/verdict-links.md, Rotate the key."
            )
        return key.encode()
