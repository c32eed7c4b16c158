"""The webhook's URL: whole, and of a host that may receive a report.

It is a secret, and what was pasted in its place may be half of one: no error names more of it than a host that looks
like one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

import urllib3
from urllib3.util import Url, parse_url

from finopsguard.errors import WebhookHostNotAllowed, WebhookNotWhole
from finopsguard.variables import WORKFLOWS_HOSTS

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# What a browser, a shell or a JSON viewer makes of the `&` and the ends of a URL that is copied.
_COPIED = (("&amp;", "&"), ("\\u0026", "&"), ("\\/", "/"), ("%26sig=", "&sig="))
_QUOTES = "\"'`“”‘’«»<>"
_HOST = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_SIG = re.compile(r"(^|&)sig=[^&]+")


def whole(text: str) -> str:
    """The URL without what copying did to it: spaces, quotes, escaped ampersands."""
    url = text.strip().strip(_QUOTES).strip()
    for damaged, meant in _COPIED:
        url = url.replace(damaged, meant)
    return url


def check_url(url: str, allowed_hosts: Sequence[str]) -> Url:
    """The parsed URL if a card may be posted there.

    HTTPS to a host that matches a pattern such as `*.logic.azure.com`. This machine itself is always allowed, also with
    HTTP: a stand-in for Teams is the only thing that a card could meet there. A URL of Microsoft's own hosts ends in a
    signature (`sig`), without which nobody may post. Raises WebhookHostNotAllowed and WebhookNotWhole.
    """
    try:
        parsed = parse_url(url)
    except urllib3.exceptions.LocationParseError:
        parsed = Url()
    host = (parsed.host or "").lower()
    here = host in _LOOPBACK
    if parsed.auth or not (here or (_HOST.fullmatch(host) and "://" in url)):
        raise WebhookHostNotAllowed("The Teams webhook is not a URL. Copy it again from the Teams workflow.")
    if parsed.scheme != "https" and not (here and parsed.scheme == "http"):
        raise WebhookHostNotAllowed(
            f"The Teams webhook at {host} is not HTTPS. Copy the URL again from the Teams workflow."
        )
    if not here and not _matches(host, allowed_hosts):
        raise WebhookHostNotAllowed(
            f"The Teams webhook's host {host} is not allowed. Correct the URL, or add the host to"
            " FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS if it is yours."
        )
    if _matches(host, WORKFLOWS_HOSTS) and not _SIG.search(parsed.query or ""):
        raise WebhookNotWhole(
            "The Teams webhook has no signature (sig): only a part of the URL was copied, or the workflow lets"
            " signed-in users in alone. Let anyone trigger the workflow, copy its whole URL and store it again."
        )
    return parsed


def _matches(host: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(host, pattern.lower()) for pattern in patterns)
