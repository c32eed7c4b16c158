"""A link's token: what is signed is read, and nothing else is."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from finopsguard.channels.links import token
from finopsguard.channels.links.token import Claims
from tests.planted import secret

KEY, OTHER = secret("verdict-key").encode(), secret("another-key").encode()
ACCOUNT = "111122223333"
INCIDENT = f"{ACCOUNT}/2026-11-14/up"
CLAIMS = Claims(
    "aws",
    "en",
    "teams",
    token.mark(KEY, "incident", INCIDENT),
    token.mark(KEY, "nonce", "weekly-2026-11-16", "teams", INCIDENT),
    datetime(2026, 11, 30, 8, tzinfo=UTC),
)
FORGED, SEED = 1_000, 20_261_129
LETTERS = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS,
        replace(CLAIMS, source="mock", language="es", verdict="expected"),
        replace(CLAIMS, verdict="not_an_anomaly"),
        replace(CLAIMS, verdict="mute", until=date(2026, 12, 23)),
    ],
)
def test_what_was_signed_is_read(claims: Claims) -> None:
    made = token.signed(claims, KEY)
    assert token.read(made, [KEY]) == token.Read(claims, KEY)
    assert len(made) <= token.LONGEST_TOKEN


def test_the_key_before_the_last_rotation_counts_and_the_one_before_that_does_not() -> None:
    made = token.signed(CLAIMS, KEY)
    assert token.read(made, [OTHER, KEY]) == token.Read(CLAIMS, KEY)
    assert token.read(made, [OTHER, OTHER]) is None
    assert token.read(made, []) is None


def test_nothing_in_it_names_an_account_a_service_or_money() -> None:
    """Decoded it says a hash of the incident, which is tried out by nobody who has no key."""
    text = token.signed(CLAIMS, KEY).partition(".")[0]
    said = base64.urlsafe_b64decode(text + "==").decode()
    assert ACCOUNT not in said
    assert "2026-11-14" not in said
    assert json.loads(said)[1:4] == ["aws", "en", "teams"]
    assert token.mark(KEY, "incident", INCIDENT) != token.mark(OTHER, "incident", INCIDENT)
    assert token.mark(KEY, "incident", "a", "bc") != token.mark(KEY, "incident", "ab", "c")
    assert token.mark(KEY, "incident", "a") != token.mark(KEY, "nonce", "a")


def test_a_thousand_forged_tokens_are_refused() -> None:
    """Of one length and of all: with a character changed, moved, cut, added; signed with another key; invented."""
    chance = random.Random(SEED)
    good = token.signed(replace(CLAIMS, verdict="expected"), KEY)
    tried = set[str]()
    while len(tried) < FORGED:
        tried.add(forged(good, chance))
    assert good not in tried
    assert [each for each in tried if token.read(each, [KEY, OTHER]) is not None] == []
    assert token.read(good, [KEY, OTHER]) is not None


def forged(good: str, chance: random.Random) -> str:
    """Another token than this one."""
    at, letter = chance.randrange(len(good)), chance.choice(LETTERS)
    text, _, signature = good.partition(".")
    made = chance.choice(
        [
            f"{good[:at]}{letter}{good[at + 1 :]}",
            f"{good[:at]}{good[at + 1 :]}",
            f"{good[:at]}{letter}{good[at:]}",
            f"{good[at:]}{good[:at]}",
            f"{text}.{''.join(chance.choices(LETTERS, k=43))}",
            f"{''.join(chance.choices(LETTERS, k=len(text)))}.{signature}",
            f"{changed(text, chance)}.{signature}",
            token.signed(replace(CLAIMS, nonce=f"{chance.getrandbits(128):032x}"), chance.randbytes(32)),
            f"{good}{chance.choice('=.%0 ')}",
            "".join(chance.choices(string.printable, k=chance.randrange(600))),
        ]
    )
    return made if made != good else forged(good, chance)


def changed(text: str, chance: random.Random) -> str:
    """The same claims but for one, without a signature that is theirs."""
    said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    at = chance.randrange(len(said))
    said[at] = chance.choice(["mock", "mute", 90, 2**32, None, "f" * 32, [], -1])
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def test_each_bit_of_the_signature_counts_also_those_that_base64_leaves_over() -> None:
    """43 characters have two bits more than 32 bytes: who decodes them takes four texts for one."""
    text, _, signature = token.signed(CLAIMS, KEY).partition(".")
    twins = [each for each in LETTERS if each != signature[-1]]
    same_bytes = [
        each
        for each in twins
        if base64.urlsafe_b64decode(f"{signature[:-1]}{each}=") == base64.urlsafe_b64decode(f"{signature}=")
    ]
    assert len(same_bytes) == 3
    assert all(token.read(f"{text}.{signature[:-1]}{each}", [KEY]) is None for each in twins)


@pytest.mark.parametrize("name", [each.name for each in fields(Claims)])
def test_each_claim_is_signed(name: str) -> None:
    other: dict[str, Any] = {
        "source": "mock",
        "language": "es",
        "channel": "owners",
        "incident": "0" * 32,
        "nonce": "0" * 32,
        "expires": datetime(2027, 1, 1, tzinfo=UTC),
        "verdict": "expected",
        "until": date(2036, 12, 23),
    }
    before = replace(CLAIMS, verdict="mute", until=date(2026, 12, 23)) if name == "until" else CLAIMS
    ours, theirs = (token.signed(each, KEY) for each in (before, replace(before, **{name: other[name]})))
    mixed = f"{theirs.partition('.')[0]}.{ours.partition('.')[2]}"
    assert theirs != ours
    assert token.read(mixed, [KEY]) is None


@pytest.mark.parametrize(
    "said",
    [
        7,
        {},
        [],
        ["2", *["x"] * 8],
        ["1", "gcp", "en", "teams", "0" * 32, "0" * 32, 1, None, None],
        ["1", "aws", "fr", "teams", "0" * 32, "0" * 32, 1, None, None],
        ["1", "aws", "en", "../x", "0" * 32, "0" * 32, 1, None, None],
        ["1", "aws", "en", "teams", "0/1", "0" * 32, 1, None, None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 31, 1, None, None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, "1", None, None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, True, None, None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 2**40, None, None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "plan", None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "mute", None],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "mute", 30],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "mute", "20261223"],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "mute", "soon"],
        ["1", "aws", "en", "teams", "0" * 32, "0" * 32, 1, "expected", "2026-12-23"],
        ["1", ["aws"], "en", "teams", "0" * 32, "0" * 32, 1, None, None],
    ],
)
def test_what_another_release_signed_is_read_only_where_it_means_the_same(said: object) -> None:
    assert token.read(signed_text(json.dumps(said).encode()), [KEY]) is None


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 200])
def test_a_signed_text_that_is_no_json_is_refused(data: bytes) -> None:
    assert token.read(signed_text(data), [KEY]) is None


def signed_text(data: bytes) -> str:
    """Anything at all under our own signature."""
    text = base64.urlsafe_b64encode(data).rstrip(b"=").decode() or "A"
    return f"{text}.{token._signature(text, KEY)}"
