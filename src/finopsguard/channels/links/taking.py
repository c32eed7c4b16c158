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
from typing import Protocol

from finopsguard import values
from finopsguard.channels.links import token
from finopsguard.channels.links.web import Asked
from finopsguard.errors import InvalidInput, VerdictGiven
from finopsguard.models.incident import Incident
from finopsguard.models.run import Language, Source
from finopsguard.models.verdict import Verdict, VerdictName
from finopsguard.ports import Store
from finopsguard.report.page.reply import About, Offer, Reply
from finopsguard.store import documents, keys

MUTE_DAYS = (7, 30, 90)
"""For how long a link can mute: a short list, so that no link is a mute without end."""


class Book(Protocol):
    """What is known of incidents and verdicts, and takes another verdict (`incidents/giving.py`)."""

    incidents: Sequence[Incident]

    def answer_to(self, incidents: Sequence[Incident], today: date) -> Verdict | None:
        """The verdict that stands about these."""

    def by_link(
        self,
        incident_id: str,
        name: VerdictName,
        until: date | None,
        reason: str,
        *,
        by: str,
        at: datetime,
        mark: str,
    ) -> Verdict:
        """Keeps one; raises VerdictGiven where there is one of that mark."""


Answer = tuple[HTTPStatus, Reply]
"""The status of an answer, and what its page says."""


def answered(
    asked: Asked,
    signers: Sequence[bytes],
    *,
    open_book: Callable[[Source], Book],
    store: Store,
    now: datetime,
    language: Language,
) -> Answer:
    """What becomes of a request that may be looked at.

    Neither a book nor the store is looked at before the signature is right. `language` is that of a page for a link
    that is not ours. Raises what ports.Store raises: then nothing is known.
    """
    link = token.read(asked.token, signers)
    if link is None:
        return HTTPStatus.FORBIDDEN, Reply("refused", language)
    claims = link.claims
    if claims.expires <= now:
        return HTTPStatus.GONE, Reply("expired", claims.language)
    if used := _used(store, claims):
        return used
    try:
        return _of_unused(asked, link, open_book(claims.source), now)
    except VerdictGiven:  # another form was quicker
        return _used(store, claims) or (HTTPStatus.OK, Reply("before", claims.language))


def _used(store: Store, claims: token.Claims) -> Answer | None:
    """What a link did; None where it did nothing yet. What cannot be read counts too: its mark is taken."""
    key = keys.VERDICT.key(source=claims.source, mark=_mark(claims))
    if not store.exists(key):
        return None
    return HTTPStatus.OK, Reply("before", claims.language, verdict=documents.find_whole(store, key, Verdict))


def _of_unused(asked: Asked, link: token.Read, book: Book, now: datetime) -> Answer:
    claims = link.claims
    story = _Story.of(link, book.incidents)
    if story is None:
        return HTTPStatus.GONE, Reply("unknown", claims.language)
    shown = Reply("ask", claims.language, story.about, claims.channel)
    if other := book.answer_to(story.incidents, now.date()):
        return HTTPStatus.CONFLICT, replace(shown, state="answered", verdict=other)
    shown = replace(shown, offers=_offers(link, story.about, now.date()))
    if not shown.offers:
        return HTTPStatus.CONFLICT, replace(shown, state="over")
    return _taken(asked, claims, story, shown, book, now) if asked.does else (HTTPStatus.OK, shown)


class _Story:
    """What a link is about: an incident, or the line that tells several."""

    def __init__(self, name: str, incidents: Sequence[Incident]) -> None:
        self.id = name
        self.incidents = incidents
        accounts = tuple({each.account_id for each in incidents})
        services = dict.fromkeys(member.service for each in incidents for member in each.members)
        ends = [each.closed_on for each in incidents]
        self.about = About(
            services=tuple(services),
            account=accounts[0] if len(accounts) == 1 else "",
            accounts=len(accounts),
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
    asked: Asked, claims: token.Claims, story: _Story, shown: Reply, book: Book, now: datetime
) -> Answer:
    """The verdict is kept, once."""
    if claims.verdict is None:
        return HTTPStatus.BAD_REQUEST, Reply("refused", claims.language)
    try:
        reason = values.reason(asked.reason)
    except ValueError:
        return HTTPStatus.UNPROCESSABLE_ENTITY, replace(shown, state="no_reason", reason=asked.reason)
    by, mark = f"channel:{claims.channel}", _mark(claims)
    try:
        verdict = book.by_link(story.id, claims.verdict, claims.until, reason, by=by, at=now, mark=mark)
    except InvalidInput:  # it was said before, and still counts in part: a mute that was exceeded
        return HTTPStatus.CONFLICT, replace(shown, state="answered", offers=())
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
