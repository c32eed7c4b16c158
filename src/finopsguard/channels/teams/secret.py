"""The webhook's URL in Secrets Manager."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from finopsguard.aws.errors import SECRETS_MANAGER, complete, texts, translated
from finopsguard.channels.teams.address import whole
from finopsguard.errors import SecretInvalid

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class WebhookSecret:
    """Reads the URL once and keeps it in memory only; never shown, not even by repr()."""

    def __init__(self, secrets_manager: SecretsManagerClient, arn: str) -> None:
        self._secrets_manager = secrets_manager
        self._arn = arn
        self._url: str | None = None
        self._lock = threading.Lock()

    def url(self, refresh: bool = False) -> str:
        """The webhook's URL; `refresh` reads the secret again, for when Teams refuses the one that is kept.

        The secret is the URL itself or JSON `{"url": "..."}`. Raises SecretNotFound, SecretInvalid,
        SecretAccessDenied, SecretUnavailable, CredentialsMissing, InvalidConfiguration.
        """
        with self._lock:
            if self._url is None or refresh:
                with translated(SECRETS_MANAGER):
                    answer = self._secrets_manager.get_secret_value(SecretId=self._arn)
                    found = texts(answer, "SecretString")
                    text = found.get("SecretString") or complete(answer, "ARN").get("SecretString", "")
                self._url = _url_in(text)
            return self._url


def _url_in(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    url = value.get("url") if isinstance(value, dict) else value
    url = whole(url) if isinstance(url, str) else ""
    # Raised outside the `except`: a JSONDecodeError holds the secret's text.
    if not _is_url(url):
        raise SecretInvalid(
            "The webhook's secret holds no URL. Store the workflow's URL, or JSON with a `url`: "
            "aws secretsmanager put-secret-value --secret-id <ARN> --secret-string <URL>."
        )
    return url


def _is_url(text: str) -> bool:
    if any(character.isspace() for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)
