"""Posts to a Teams channel through a Workflows webhook.

The URL is a secret (its `sig` lets anybody post): it appears in no error, log or exception chain, which is why errors
of the HTTP library are raised `from None`. Posting is not idempotent, so an unclear outcome is an error of its own.
What comes back is read up to a size and a time, whatever the other side sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Protocol
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.util import Url

from finopsguard.channels.teams.address import check_url, whole
from finopsguard.channels.teams.answers import Answer, accept
from finopsguard.errors import DeliveryUncertain, TeamsUnavailable, WebhookHostNotAllowed

TIMEOUT = urllib3.Timeout(connect=5, read=20)
# From the first byte that is sent to the last that is read; the read time-out alone begins anew with each byte.
LONGEST_ANSWER = 30.0
MOST_BYTES = 64 * 1024
# Waits up to this long are slept inside the invocation, longer ones are left to the state machine's Retry.
LONGEST_SLEEP = 20.0
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}


class UrlSource(Protocol):
    """Gives the webhook URL; with `refresh` it is read anew from where it is kept."""

    def __call__(self, refresh: bool = False) -> str: ...


def fixed_url(url: str) -> UrlSource:
    """A URL from the environment, for local use."""
    return lambda refresh=False: url  # noqa: ARG005 - there is nowhere to read it anew from


class WebhookChannel:
    """Satisfies ports.Channel. `proxies` gives the proxies of this machine by scheme, as HTTPS_PROXY sets them."""

    def __init__(
        self,
        url: UrlSource,
        allowed_hosts: Sequence[str],
        *,
        sleep: Callable[[float], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        proxies: Callable[[], Mapping[str, str]] = getproxies,
        longest_answer: float = LONGEST_ANSWER,
    ) -> None:
        self._url = url
        self._allowed_hosts = allowed_hosts
        self._sleep = sleep
        self._now = now
        self._proxies = proxies
        self._longest_answer = longest_answer

    def post(self, body: bytes) -> None:
        """See ports.Channel. A URL that is refused is read once more, for it may have been rotated."""
        url = self._url()
        answer = self._send(url, body)
        if answer.status in (401, 403, 404):
            fresh = self._url(refresh=True)
            if fresh != url:
                answer = self._send(fresh, body)
        if answer.status == 429 and answer.wait is not None and answer.wait <= LONGEST_SLEEP:
            self._sleep(answer.wait)
            answer = self._send(self._url(), body)
        accept(answer)

    def _send(self, text: str, body: bytes) -> Answer:
        url = whole(text)
        parsed = check_url(url, self._allowed_hosts)
        return _within(self._longest_answer, lambda: self._exchange(url, parsed, body))

    def _exchange(self, url: str, parsed: Url, body: bytes) -> Answer:
        try:
            with self._pool(parsed) as pool:
                answer = pool.request(
                    "POST", url, body=body, headers=_HEADERS, redirect=False, preload_content=False
                )
                return Answer(answer.status, _text(answer), self._wait(answer))
        except (
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.ProxyError,
        ):
            raise TeamsUnavailable(
                "Teams could not be reached. If this goes on, check that HTTPS to its host is let out, and the proxy"
                " that HTTPS_PROXY names."
            ) from None
        except urllib3.exceptions.SSLError:
            raise TeamsUnavailable(
                "No trusted TLS connection to Teams. If this goes on, check the proxy that stands between."
            ) from None
        except (urllib3.exceptions.LocationValueError, UnicodeError):
            raise WebhookHostNotAllowed(
                "The Teams webhook is not a URL. Copy it again from the Teams workflow."
            ) from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise _no_answer() from None

    def _pool(self, url: Url) -> urllib3.PoolManager:
        """Through the machine's proxy where there is one for this host, as AWS's own clients do."""
        host = url.host or ""
        proxy = None if proxy_bypass(host) else self._proxies().get(url.scheme or "")
        if proxy:
            return urllib3.ProxyManager(proxy, timeout=TIMEOUT, retries=False)
        return urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def _wait(self, answer: urllib3.BaseHTTPResponse) -> float | None:
        value = answer.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value[:9])
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (ValueError, TypeError):
            return None


def _text(answer: urllib3.BaseHTTPResponse) -> str | None:
    """The body as text; None where it is packed or longer than any answer of Teams: it is not unpacked or read on."""
    data = answer.read(MOST_BYTES + 1, decode_content=False)
    if len(data) > MOST_BYTES or answer.headers.get("Content-Encoding", "identity") != "identity":
        return None
    return data.decode("utf-8", "replace")


def _within(seconds: float, exchange: Callable[[], Answer]) -> Answer:
    """What `exchange` returns or raises; DeliveryUncertain if that takes longer: the other side drips for ever.

    A thread that is left behind ends with the process: a pool's would hold it up.
    """
    done: Future[Answer] = Future()

    def run() -> None:
        try:
            done.set_result(exchange())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    Thread(target=run, name="teams-webhook", daemon=True).start()
    try:
        return done.result(timeout=seconds)
    except TimeoutError:
        raise _no_answer() from None


def _no_answer() -> DeliveryUncertain:
    return DeliveryUncertain("Teams did not answer after the card was sent; it may be in the channel.")
