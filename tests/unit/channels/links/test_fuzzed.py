"""A good form with one thing wrong, a thousand times: none is taken, and the good one still is."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

import pytest

from finopsguard.channels.links import token
from finopsguard.models.web import HttpLine, UrlContext, UrlRequest
from tests.unit.channels.links.worlds import FORM, HOST, World, buttons, incident

FUZZED, SEED = 1_000, 20_261_129
LETTERS = string.ascii_letters + string.digits + "-_"

Change = Callable[[UrlRequest, random.Random], UrlRequest]
GOOD = buttons((WORLD := World(incident())).get(WORLD.link()))["It is expected"]
FORGED = [
    token.signed(replace(WORLD.claims(), verdict="expected"), random.Random(seed).randbytes(32))
    for seed in range(20)
]


def form(link: str, more: str = "") -> UrlRequest:
    """What a button of the page sends."""
    return UrlRequest("/", "", FORM, UrlContext(HttpLine("POST"), HOST), f"reason=x&t={link}{more}")


def with_header(name: str, *values: str) -> Change:
    """A header that no browser sends from the page."""
    return lambda good, chance: replace(good, headers={**FORM, name: chance.choice(values)})


def with_method(good: UrlRequest, chance: random.Random) -> UrlRequest:
    method = chance.choice(["PUT", "PATCH", "DELETE", "OPTIONS", "post", "POST ", ""])
    return replace(good, requestContext=UrlContext(HttpLine(method), HOST))


def with_letter(_: UrlRequest, chance: random.Random) -> UrlRequest:
    """One letter of the token is another one, or is gone, or is once more there."""
    at = chance.randrange(len(GOOD))
    other = chance.choice(LETTERS.replace(GOOD[at], ""))
    return form(f"{GOOD[:at]}{chance.choice(['', other, 2 * GOOD[at]])}{GOOD[at + 1 :]}")


CHANGES: tuple[Change, ...] = (
    with_letter,
    with_letter,
    with_method,
    with_header("content-type", "text/plain", "application/json", "", "multipart/form-data"),
    with_header("origin", "https://evil.example", f"http://{HOST}", f"https://{HOST}:444"),
    with_header("sec-fetch-site", "cross-site", "same-site", "other"),
    lambda good, chance: form(GOOD[: chance.randrange(len(GOOD))]),
    lambda good, chance: form(chance.choice(FORGED)),
    lambda good, chance: form("".join(chance.choices(LETTERS + ".", k=chance.randrange(600)))),
    lambda good, chance: form(
        GOOD, chance.choice(["&until=2099-01-01", "&verdict=mute", f"&t={GOOD}", "&x=" + "y" * 5_000])
    ),
    lambda good, chance: replace(good, rawPath=chance.choice(["/x", "/index.html", "/?", "/%2e%2e/"])),
    lambda good, chance: replace(good, rawQueryString=chance.choice([f"t={GOOD}", "verdict=mute", "&"])),
    lambda good, chance: replace(good, isBase64Encoded=True),
    lambda good, chance: replace(good, body=chance.choice([None, "", GOOD, f'{{"t": "{GOOD}"}}'])),
)


def test_a_thousand_fuzzed_requests_change_nothing() -> None:
    chance, world = random.Random(SEED), World(incident())
    tried: dict[str, UrlRequest] = {}
    while len(tried) < FUZZED:
        request = chance.choice(CHANGES)(form(GOOD), chance)
        tried[repr(request)] = request
    with world.unchanged():
        statuses = [world.ask(each).statusCode for each in tried.values()]
    assert set(statuses) == {400, 403, 404, 405, 413, 415}
    assert world.keys.asked == statuses.count(403) - sum(
        1 for each in tried.values() if each.headers["origin"] != "null" or "sec-fetch-site" in each.headers
    ), "what is no form of ours ends before the key is asked for"
    assert world.ask(form(GOOD)).statusCode == HTTPStatus.OK
    assert len(world.given) == 1


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_each_change_alone_is_what_keeps_the_form_out(number: int) -> None:
    chance, world = random.Random(number), World(incident())
    with world.unchanged():
        assert world.ask(CHANGES[number](form(GOOD), chance)).statusCode >= HTTPStatus.BAD_REQUEST
