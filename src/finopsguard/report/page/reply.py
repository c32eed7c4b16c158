"""The page behind a card's link: what an answer will do, what one did, or why nothing was done.

It shows no amount: who has the link knows the card, and who found it learns no more than which service it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from finopsguard import values
from finopsguard.models.run import Language
from finopsguard.models.verdict import Verdict, VerdictName
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.page import html
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME

_ASSETS = Path(__file__).parent / "assets"
_NAMED_SERVICES = 3
_WORD = 200

ReplyState = Literal[
    "ask", "no_reason", "done", "before", "answered", "over", "unknown", "expired", "refused", "unavailable"
]
"""What the page says. `ask` and `no_reason` have choices; `done` and `before` the verdict of this link, `answered`
another one; in all others nothing was done, and nothing is said of any anomaly."""


@dataclass(frozen=True)
class About:
    """The anomaly: its services, its account (empty where it has several: `accounts`), its first day, and its end."""

    services: tuple[str, ...]
    account: str
    accounts: int
    since: date
    ended: date | None


@dataclass(frozen=True)
class Offer:
    """A verdict that can be given, and what gives it; a mute has its last day."""

    token: str
    verdict: VerdictName
    until: date | None = None


@dataclass(frozen=True)
class Reply:
    """What is shown; `reason` is what was typed before, where it has to be typed again."""

    state: ReplyState
    language: Language
    about: About | None = None
    channel: str = ""
    offers: Sequence[Offer] = ()
    verdict: Verdict | None = None
    reason: str = ""


class Page(NamedTuple):
    """HTML, and the content security policy that belongs to it."""

    html: str
    policy: str


class _Choice(NamedTuple):
    token: str
    button: str
    effect: str


def page(reply: Reply) -> Page:
    """The page."""
    t, n = catalogue(reply.language), Numbers(reply.language)
    choices = [
        _Choice(
            offer.token,
            t(f"reply.button.{offer.verdict}", day=_day(n, offer.until)),
            t(f"reply.effect.{offer.verdict}", day=_day(n, offer.until)),
        )
        for offer in reply.offers
    ]
    made = html.with_form(
        _ASSETS,
        "reply",
        language=reply.language,
        t=t,
        title=t(f"reply.title.{reply.state}"),
        about=_about(reply),
        said=_said(reply),
        choices=choices,
        channel=reply.channel,
        reason=plain(reply.reason, values.LONGEST_REASON),
        longest_reason=values.LONGEST_REASON,
    )
    return Page(*made)


def _about(reply: Reply) -> str:
    """`Amazon EC2 in 111122223333, since 14 Nov 2026`."""
    about = reply.about
    if about is None:
        return ""
    t, n = catalogue(reply.language), Numbers(reply.language)
    named = [plain(short_name(name), NAME) for name in about.services[:_NAMED_SERVICES] if name]
    rest = len(about.services) - _NAMED_SERVICES
    if rest > 0:
        named.append(t("count.services", n=rest, count=n.count(rest)))
    account = plain(about.account, NAME) or t(
        "count.accounts", n=about.accounts, count=n.count(about.accounts)
    )
    since = n.day_year(about.since)
    if not named:
        return t("reply.about_account", account=account, day=since)
    return t("reply.about", services=", ".join(named), account=account, day=since)


def _said(reply: Reply) -> list[str]:
    t, n = catalogue(reply.language), Numbers(reply.language)
    said = [t(f"reply.text.{reply.state}")]
    if reply.about and reply.about.ended:
        said.append(t("reply.ended", day=n.day_year(reply.about.ended)))
    given = reply.verdict
    if given is not None:
        at = n.moment(given.at, "UTC")
        effect = t(f"reply.effect.{given.verdict}", day=_day(n, given.until))
        said += [
            effect,
            t("reply.given", moment=at, by=plain(given.by, _WORD), reason=plain(given.reason, _WORD)),
        ]
    return said


def _day(n: Numbers, day: date | None) -> str:
    return n.day_year(day) if day else ""
