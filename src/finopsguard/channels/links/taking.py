"""What a link does: it shows what can be answered, and takes one answer.

Nothing has an effect but a form that carries the token of one verdict, and that verdict's mark in the store is the
link's number: it is created only if there is none, so of two forms, of a form that is sent twice and of two links of
one card the first counts, and no record beside it could be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from finopsguard.channels.decisions import NOT_TO_BE_KEPT
from finopsguard.channels.links import token
from finopsguard.channels.links.web import Asked
from finopsguard.errors import VerdictGiven
from finopsguard.models.incident import Incident
from finopsguard.models.run import Language, Source
from finopsguard.models.verdict import Verdict
from finopsguard.ports import Store
from finopsguard.report.page.reply import LONGEST_REASON, About, Offer, Reply
from finopsguard.store import verdicts

MUTE_DAYS = (7, 30, 90)
"""For how long a link can mute: a short list, so that no link is a mute without end."""


class Life(NamedTuple):
    """What is known of incidents: all that are remembered, and the verdict that stands about some of them."""

    known: Callable[[Store, Source], Sequence[Incident]]
    answer_to: Callable[[Sequence[Verdict], Sequence[Incident], date], Verdict | None]


Answer = tuple[HTTPStatus, Reply]
"""The status of an answer, and what its page says."""


def answered(
    asked: Asked,
    keys: Sequence[bytes],
    *,
    life: Life,
    store: Store,
    now: datetime,
    language: Language,
) -> Answer:
    """What becomes of a request that may be looked at.

    Neither `life` nor the store is asked before the signature is right. `language` is that of a page for a link that is
    not ours. Raises what ports.Store raises: then nothing is known.
    """
    link = token.read(asked.token, keys)
    if link is None:
        return HTTPStatus.FORBIDDEN, Reply("refused", language)
    claims = link.claims
    if claims.expires <= now:
        return HTTPStatus.GONE, Reply("expired", claims.language)
    return _of_ours(asked, link, life, store, now)


def _of_ours(asked: Asked, link: token.Read, life: Life, store: Store, now: datetime) -> Answer:
    claims = link.claims
    given = verdicts.given(store, claims.source).verdicts
    used = next((each for each in given if each.mark == _mark(claims)), None)
    if used:
        return HTTPStatus.OK, Reply("before", claims.language, verdict=used)
    story = _Story.of(link, life.known(store, claims.source))
    if story is None:
        return HTTPStatus.GONE, Reply("unknown", claims.language)
    shown = Reply("ask", claims.language, story.about, claims.channel)
    if other := life.answer_to(given, story.incidents, now.date()):
        return HTTPStatus.CONFLICT, replace(shown, state="answered", verdict=other)
    shown = replace(shown, offers=_offers(link, story.about, now.date()))
    if not shown.offers:
        return HTTPStatus.CONFLICT, replace(shown, state="over")
    return _taken(asked, claims, story, shown, store, now) if asked.does else (HTTPStatus.OK, shown)


class _Story:
    """What a link is about: an incident, or the line that tells several."""

    def __init__(self, name: str, incidents: Sequence[Incident]) -> None:
        self.id = name
        self.incidents = incidents
        accounts = {each.account_id for each in incidents}
        services = dict.fromkeys(member.service for each in incidents for member in each.members)
        ends = [each.closed_on for each in incidents]
        self.about = About(
            services=tuple(services),
            account=accounts.pop() if len(accounts) == 1 else "",
            accounts=len({each.account_id for each in incidents}),
            since=min(each.start for each in incidents),
            ended=max(filter(None, ends)) if all(ends) else None,
        )

    @classmethod
    def of(cls, link: token.Read, incidents: Sequence[Incident]) -> _Story | None:
        """The one whose mark the link has; None where it is not known any more."""
        names = dict.fromkeys(name for each in incidents for name in (each.line, each.id))
        for name in names:
            if token.mark(link.key, "incident", name) == link.claims.incident:
                return cls(name, [each for each in incidents if name in (each.line, each.id)])
        return None


def _taken(
    asked: Asked, claims: token.Claims, story: _Story, shown: Reply, store: Store, now: datetime
) -> Answer:
    """The verdict is kept, once."""
    if claims.verdict is None:
        return HTTPStatus.BAD_REQUEST, Reply("refused", claims.language)
    reason = " ".join(asked.reason.split())
    if not reason.isprintable() or not 1 <= len(reason) <= LONGEST_REASON or NOT_TO_BE_KEPT.search(reason):
        return HTTPStatus.UNPROCESSABLE_ENTITY, replace(shown, state="no_reason", reason=asked.reason)
    verdict = Verdict(
        mark=_mark(claims),
        verdict=claims.verdict,
        reason=reason,
        at=now,
        by=f"channel:{claims.channel}",
        through="link",
        incident_id=story.id,
        until=claims.until,
    )
    try:
        verdicts.give(store, claims.source, verdict)
    except VerdictGiven:
        given = verdicts.given(store, claims.source).verdicts
        first = next((each for each in given if each.mark == verdict.mark), None)
        return HTTPStatus.OK, Reply("before", claims.language, story.about, verdict=first)
    return HTTPStatus.OK, replace(shown, state="done", offers=(), verdict=verdict)


def _offers(link: token.Read, about: About, today: date) -> tuple[Offer, ...]:
    """What can still be answered: of what is over, only how its services are; by a link of one verdict, only that."""
    claims = link.claims
    mutes = [today + timedelta(days=days) for days in MUTE_DAYS]
    choices = [
        replace(claims, verdict="expected", until=None),
        *(replace(claims, verdict="mute", until=until) for until in mutes),
        replace(claims, verdict="not_an_anomaly", until=None),
    ]
    if claims.verdict is not None:
        choices = [claims]
    return tuple(
        Offer(token.signed(each, link.key), each.verdict, each.until)
        for each in choices
        if each.verdict == "not_an_anomaly" or (each.verdict and not about.ended)
    )


def _mark(claims: token.Claims) -> str:
    return f"link-{claims.nonce}"
