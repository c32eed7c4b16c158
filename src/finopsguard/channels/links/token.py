"""The token of a link: what may be answered, about which incident, until when; signed, and pure.

`<claims>.<signature>`: base64url of a JSON list, and of HMAC-SHA256 over that text. It goes through chats, proxies and
histories, so nothing in it names an account, a service or an amount: the incident is a hash that needs the key, and so
is the number that is used once. The same card made again has the same number, so its link counts once too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, get_args

from finopsguard.models.run import Language, Source

Choice = Literal["expected", "not_an_anomaly", "mute"]
"""What a link can answer; a plan is made beforehand, and no link leads there."""

LIFETIME = timedelta(days=7)
"""The next weekly card has links of its own. The record that a link was used is kept for longer than it works."""

LONGEST_TOKEN = 400
"""Characters of a token: all that is signed here has fewer, and what is longer is not looked at."""

_VERSION = "1"
_FORM = re.compile(r"[A-Za-z0-9_-]{1,350}\.[A-Za-z0-9_-]{43}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{32}")
_CHANNEL = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True)
class Claims:
    """What a token says. `verdict` is None for a card's link, which only shows what can be answered.

    `incident` and `nonce` are from `mark`; `until` is the last day of a mute, as it was shown, else None.
    """

    source: Source
    language: Language
    channel: str
    incident: str
    nonce: str
    expires: datetime
    verdict: Choice | None = None
    until: date | None = None


def mark(key: bytes, purpose: Literal["incident", "nonce"], *parts: str) -> str:
    """32 hex characters that stand for these parts, and that nobody without the key can make or try out."""
    return _mac(key, purpose, "\0".join(parts).encode()).hex()[:32]


def signed(claims: Claims, key: bytes) -> str:
    """The token of these claims."""
    said = [
        _VERSION,
        claims.source,
        claims.language,
        claims.channel,
        claims.incident,
        claims.nonce,
        int(claims.expires.timestamp()),
        claims.verdict,
        claims.until and claims.until.isoformat(),
    ]
    text = _text(json.dumps(said, separators=(",", ":")).encode())
    return f"{text}.{_signature(text, key)}"


@dataclass(frozen=True)
class Read:
    """A token that is ours: what it says, and the key that signed it."""

    claims: Claims
    key: bytes


def read(token: str, keys: Sequence[bytes]) -> Read | None:
    """What a token says, whether it has expired or not; None for one that none of the keys has signed.

    All keys are tried, each in constant time, and the claims of a token that is not ours are not looked at.
    """
    if len(token) > LONGEST_TOKEN or not _FORM.fullmatch(token):
        return None
    text, _, signature = token.partition(".")
    fits = [hmac.compare_digest(_signature(text, key), signature) for key in keys]
    signers = [key for key, fit in zip(keys, fits, strict=True) if fit]
    claims = _claims(text) if signers else None
    return Read(claims, signers[0]) if claims else None


def _claims(text: str) -> Claims | None:
    """The claims in a text that was signed; None for those of another release."""
    try:
        said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not _is_ours(said):
        return None
    _, source, language, channel, incident, nonce, expires, verdict, until = said
    last = date.fromisoformat(until) if until else None
    return Claims(
        source, language, channel, incident, nonce, datetime.fromtimestamp(expires, UTC), verdict, last
    )


def _is_ours(said: Any) -> bool:
    if not isinstance(said, list) or len(said) != 9 or said[0] != _VERSION:
        return False
    _, source, language, channel, incident, nonce, expires, verdict, until = said
    texts = isinstance(channel, str) and isinstance(incident, str) and isinstance(nonce, str)
    return (
        texts
        and source in get_args(Source)
        and language in get_args(Language)
        and bool(_CHANNEL.fullmatch(channel) and _HEX.fullmatch(incident) and _HEX.fullmatch(nonce))
        and type(expires) is int
        and 0 < expires < 2**33
        and verdict in (None, *get_args(Choice))
        and (isinstance(until, str) and _is_day(until) if verdict == "mute" else until is None)
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _signature(text: str, key: bytes) -> str:
    return _text(_mac(key, "link", text.encode()))


def _mac(key: bytes, purpose: str, data: bytes) -> bytes:
    """The purpose is part of what is signed: a mark is never a signature."""
    return hmac.digest(key, b"finopsguard verdict " + purpose.encode() + b"\0" + data, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
