"""Posts to a Teams channel through a Workflows webhook.

The URL is a secret (its `sig` lets anybody post): it appears in no error, log or exception chain, which is why errors
of the HTTP library are raised `from None`. 202 with an empty body means accepted. Posting is not idempotent, so an
unclear outcome is an error of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import NoReturn, Protocol

import urllib3
from urllib3.util import Url, parse_url

from finopsguard.errors import (
    CardTooLarge,
    DeliveryUncertain,
    TeamsRejected,
    TeamsThrottled,
    TeamsUnavailable,
    WebhookHostNotAllowed,
)

TIMEOUT = urllib3.Timeout(connect=5, read=20)
# Waits up to this long are slept inside the invocation, longer ones are left to the state machine's Retry.
LONGEST_SLEEP = 20.0
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_ERROR_IN_BODY = re.compile(r"returned HTTP error (\d{3})")


class UrlSource(Protocol):
    """Gives the webhook URL; with `refresh` it is read anew from where it is kept."""

    def __call__(self, refresh: bool = False) -> str: ...


def fixed_url(url: str) -> UrlSource:
    """A URL from the environment, for local use."""
    return lambda refresh=False: url  # noqa: ARG005 - there is nowhere to read it anew from


class WebhookChannel:
    """Satisfies ports.Channel."""

    def __init__(
        self,
        url: UrlSource,
        allowed_hosts: Sequence[str],
        *,
        sleep: Callable[[float], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._allowed_hosts = allowed_hosts
        self._sleep = sleep
        self._now = now
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def post(self, body: bytes) -> None:
        """See ports.Channel. A URL that is refused is read once more, for it may have been rotated."""
        url = self._url()
        status, text, retry_after = self._send(url, body)
        if status in (401, 403, 404):
            fresh = self._url(refresh=True)
            if fresh != url:
                status, text, retry_after = self._send(fresh, body)
        if status == 429 and retry_after is not None and retry_after <= LONGEST_SLEEP:
            self._sleep(retry_after)
            status, text, retry_after = self._send(self._url(), body)
        if not 200 <= status < 300:
            _refuse(status)
        if reported := _ERROR_IN_BODY.search(text):
            _refuse(int(reported.group(1)))

    def _send(self, url: str, body: bytes) -> tuple[int, str, float | None]:
        """(HTTP status, start of the answer, seconds that Retry-After asks for)."""
        check_url(url, self._allowed_hosts)
        try:
            answer = self._http.request(
                "POST",
                url,
                body=body,
                headers={"Content-Type": "application/json; charset=utf-8"},
                redirect=False,
            )
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
            raise TeamsUnavailable(
                "Teams could not be reached. If this goes on, check that HTTPS to its host is let out."
            ) from None
        except urllib3.exceptions.SSLError:
            raise TeamsUnavailable(
                "No trusted TLS connection to Teams. If this goes on, check the proxy that stands between."
            ) from None
        except urllib3.exceptions.HTTPError:
            raise DeliveryUncertain(
                "Teams did not answer after the card was sent; it may be in the channel."
            ) from None
        return answer.status, answer.data[:2000].decode("utf-8", "replace"), self._wait(answer)

    def _wait(self, answer: urllib3.BaseHTTPResponse) -> float | None:
        value = answer.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (ValueError, TypeError):
            return None


def check_url(url: str, allowed_hosts: Sequence[str]) -> Url:
    """The parsed URL if a card may be posted there; raises WebhookHostNotAllowed, naming the host only.

    HTTPS to a host that matches a pattern such as `*.logic.azure.com`. This machine itself is always allowed, also with
    HTTP: a stand-in for Teams is the only thing that a card could meet there.
    """
    try:
        parsed = parse_url(url.strip())
    except urllib3.exceptions.LocationParseError:
        parsed = Url()
    host = (parsed.host or "").lower()
    if not host or parsed.auth:
        raise WebhookHostNotAllowed("The Teams webhook is not a URL. Copy it again from the Teams workflow.")
    here = host in _LOOPBACK
    if parsed.scheme != "https" and not (here and parsed.scheme == "http"):
        raise WebhookHostNotAllowed(
            f"The Teams webhook at {host} is not HTTPS. Copy the URL again from the Teams workflow."
        )
    if not here and not any(fnmatchcase(host, pattern.lower()) for pattern in allowed_hosts):
        raise WebhookHostNotAllowed(
            f"The Teams webhook's host {host} is not allowed. Correct the URL, or add the host to"
            " FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS if it is yours."
        )
    return parsed


def _refuse(status: int) -> NoReturn:
    """Raises what an HTTP status of Teams means."""
    if status == 429:
        raise TeamsThrottled("Teams asks to slow down (HTTP 429); the card is posted later.")
    if status == 504:
        raise DeliveryUncertain("Teams answered HTTP 504 after the card was sent; it may be in the channel.")
    if status >= 500 or status == 408:
        raise TeamsUnavailable(f"Teams is not available (HTTP {status}); the card is posted later.")
    if status in (401, 403, 404, 410):
        raise TeamsRejected(
            f"Teams does not know this webhook (HTTP {status}). Make the workflow's URL anew, put it into the secret"
            " and redrive the execution."
        )
    if status == 413:
        raise CardTooLarge(
            "Teams refused the card as too large (HTTP 413). Report this as a bug of FinOps Guard."
        )
    raise TeamsRejected(
        f"Teams refused the card (HTTP {status}). Check the workflow's run history in Power Automate."
    )
