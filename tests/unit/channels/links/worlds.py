"""An incident that a card told, its link, and the step behind the link's URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from finopsguard.channels.links import token
from finopsguard.channels.links.token import Claims
from finopsguard.models.incident import Incident, IncidentDay, IncidentLife, Member
from finopsguard.models.verdict import Verdict
from finopsguard.models.web import HttpLine, UrlAnswer, UrlContext, UrlRequest
from finopsguard.ports import Store
from finopsguard.steps import take_verdict
from finopsguard.store import documents, keys, verdicts
from finopsguard.store.memory import MemoryStore
from tests.planted import secret
from tests.unit.fakes import NOW, FakeKeys, FakePorts, call

HOST = "abc123.lambda-url.eu-west-1.on.aws"
KEY = secret("verdict-key")
ACCOUNT = "111122223333"
INCIDENT = f"{ACCOUNT}/2026-11-14/up"
FORM = {"content-type": "application/x-www-form-urlencoded", "origin": "null"}


def incident(**changes: Any) -> Incident:
    """A service of an account that costs more since the 14th."""
    day = IncidentDay(Decimal(900), Decimal(100), None, None, Decimal(800))
    members = (
        Member("Amazon Elastic Compute Cloud - Compute", date(2026, 11, 14), {date(2026, 11, 14): day}),
    )
    found = Incident(
        INCIDENT,
        ACCOUNT,
        1,
        "shift",
        date(2026, 11, 14),
        date(2026, 11, 14),
        members,
        "new",
        date(2026, 11, 16),
        Decimal(800),
    )
    return replace(found, **changes)


def remember(store: Store, *incidents: Incident, end: date = date(2026, 11, 23), number: int = 1) -> None:
    """The life of these incidents, as a report leaves it."""
    look = IncidentLife(3, "weekly-2026-11-16", None, end, incidents)
    key = keys.INCIDENTS.key(source="aws", end=str(end), number=f"{number:03d}")
    documents.write(store, key, look)


class World:
    """A store, the key, the time, and requests to the step."""

    def __init__(self, *incidents: Incident) -> None:
        self.store = MemoryStore()
        self.keys = FakeKeys(KEY)
        self.now = NOW
        if incidents:
            remember(self.store, *incidents)

    def claims(self, **changes: Any) -> Claims:
        """Those of a card's link, a minute old."""
        key = KEY.encode()
        found = Claims(
            "aws",
            "en",
            "teams",
            token.mark(key, "incident", INCIDENT),
            token.mark(key, "nonce", "weekly-2026-11-16", "teams", INCIDENT),
            NOW + token.LIFETIME - timedelta(minutes=1),
        )
        return replace(found, **changes)

    def link(self, **changes: Any) -> str:
        """The token of a link."""
        return token.signed(self.claims(**changes), KEY.encode())

    def ask(self, request: UrlRequest) -> UrlAnswer:
        """The step's answer."""
        ports = FakePorts(store=self.store, keys=self.keys, clock=lambda: self.now)
        return call(take_verdict.run, request, ports)

    def get(self, link: str, method: str = "GET") -> UrlAnswer:
        """A page is opened."""
        context = UrlContext(HttpLine(method), HOST)
        return self.ask(UrlRequest("/", urlencode({"t": link}), {}, context))

    def post(self, link: str, reason: str = "a load test", **headers: str) -> UrlAnswer:
        """A button is pressed."""
        body = urlencode({"reason": reason, "t": link})
        return self.ask(UrlRequest("/", "", {**FORM, **headers}, UrlContext(HttpLine("POST"), HOST), body))

    @property
    def given(self) -> tuple[Verdict, ...]:
        """All verdicts that are kept."""
        return verdicts.given(self.store, "aws").verdicts

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing that is done inside leaves anything in the store."""
        before = dict(self.store.objects)
        yield
        assert self.store.objects == before


def buttons(answer: UrlAnswer) -> dict[str, str]:
    """The tokens that a page's buttons send, by what they say."""
    found = re.findall(r'<button type="submit" name="t" value="([^"]+)">([^<]+)</button>', answer.body)
    return {words: link for link, words in found}
