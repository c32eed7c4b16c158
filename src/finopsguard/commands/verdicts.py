"""`finopsguard verdict`, `mute`, `unmute`, `plan`: what somebody says of incidents, kept with who, when and why."""

from __future__ import annotations

import argparse
import os
import re
from datetime import date, datetime
from getpass import getuser

from finopsguard.commands.place import add_language, add_state, choose_language, choose_store
from finopsguard.config import AlertSettings
from finopsguard.incidents.giving import About, Book, Who
from finopsguard.models.run import source_of
from finopsguard.models.verdict import VerdictName
from finopsguard.ports import Clock, Store
from finopsguard.providers import Connect
from finopsguard.report.answers import Answers
from finopsguard.report.services import full_name
from finopsguard.wiring import Wiring, wiring_for

_REASON = "why, in one line that is kept and shown on the page; no names, no URLs"
_ID = "an incident, as the card's page, report.json and `incidents` show it"
_VERDICTS: dict[str, VerdictName] = {"expected": "expected", "not-an-anomaly": "not_an_anomaly"}


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers the four commands."""
    said = subparsers.add_parser(
        "verdict", help="say that an incident is expected, or was no anomaly", description=__doc__
    )
    said.add_argument("id", metavar="ID", help=_ID)
    said.add_argument(
        "verdict",
        choices=tuple(_VERDICTS),
        metavar="VERDICT",
        help="`expected`: what it costs is normal from now on; `not-an-anomaly`: its service is told of less",
    )
    said.set_defaults(command=judge)
    muted = subparsers.add_parser("mute", help="tell nobody of an incident or a service until a day")
    muted.set_defaults(command=mute)
    unmuted = subparsers.add_parser("unmute", help="take back what was said of an incident or a service")
    unmuted.set_defaults(command=unmute)
    for each in (muted, unmuted):
        each.add_argument("id", metavar="ID", nargs="?", help=f"{_ID}; without it --account and --service")
        _add_series(each, required=False)
    planned = subparsers.add_parser("plan", help="say beforehand what is to rise, and when")
    _add_series(planned, required=True)
    planned.add_argument(
        "--from", dest="since", type=_day, required=True, metavar="DATE", help="its first day (UTC)"
    )
    planned.set_defaults(command=plan)
    for each in (muted, planned):
        each.add_argument(
            "--until", type=_day, required=True, metavar="DATE", help="its last day (UTC), included"
        )
    for each in (said, muted, unmuted, planned):
        each.add_argument("--reason", required=True, metavar="TEXT", help=_REASON)
        add_state(each, "where runs keep their state")
        add_language(each)


def judge(options: argparse.Namespace) -> int:
    """Gives a verdict on an incident and says so; raises what `giving.Book.judge` raises."""
    wiring, book, words = _prepared(options)
    answered = book.judge(options.id, _VERDICTS[options.verdict], options.reason, _who(wiring))
    print(words.given(answered.verdict, answered.beside))  # noqa: T201 - the command's result
    return 0


def mute(options: argparse.Namespace) -> int:
    """Mutes and says so; raises what `giving.Book.mute` raises."""
    wiring, book, words = _prepared(options)
    answered = book.mute(_about(options, book), options.until, options.reason, _who(wiring))
    print(words.given(answered.verdict, answered.beside))  # noqa: T201
    return 0


def unmute(options: argparse.Namespace) -> int:
    """Takes back what was said and says what; raises what `giving.Book.withdraw` raises."""
    wiring, book, words = _prepared(options)
    taken = book.withdraw(_about(options, book), options.reason, _who(wiring))
    print(words.withdrawn(len(taken)))  # noqa: T201
    return 0


def plan(options: argparse.Namespace) -> int:
    """Plans an event and says so; raises what `giving.Book.plan` raises."""
    wiring, book, words = _prepared(options)
    answered = book.plan(_about(options, book), options.since, options.until, options.reason, _who(wiring))
    print(words.given(answered.verdict, answered.beside))  # noqa: T201
    return 0


def _add_series(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--account", required=required, default="", metavar="ID", help="an account's twelve digits"
    )
    parser.add_argument(
        "--service",
        default="",
        metavar="NAME",
        help="as the card or Cost Explorer names it (default: any of the account)",
    )


def _about(options: argparse.Namespace, book: Book) -> About:
    named = getattr(options, "id", None)
    if named:
        return About(named)
    known = {member.service for each in book.incidents for member in each.members}
    service = options.service if options.service in known else full_name(options.service)
    return About(None, options.account, service)


def _prepared(options: argparse.Namespace) -> tuple[Wiring, Book, Answers]:
    choose_store(os.environ, options.state)
    choose_language(os.environ, options.lang)
    wiring = wiring_for(os.environ)
    settings = wiring.get(AlertSettings)
    book = Book(wiring.get(Store), source_of(settings.use_mock_data))
    return wiring, book, Answers(settings.language)


def _who(wiring: Wiring) -> Who:
    """Who calls: of a bucket the role or user of the credentials, without its session; else who is logged in here."""
    now = _now(wiring)
    if os.environ.get("FINOPSGUARD_BUCKET"):
        from finopsguard.aws.caller import caller

        return Who(_name(caller(wiring.get(Connect)()).who), now)
    try:
        return Who(_name(getuser()), now)
    except (OSError, KeyError, ImportError):  # a container's user has no name
        return Who("unknown", now)


def _now(wiring: Wiring) -> datetime:
    now: datetime = wiring.get(Clock)()
    return now


def _name(who: str) -> str:
    """Without a session, and without what makes an e-mail address of a name."""
    return re.sub(r"\s", "-", who.removesuffix("/...").partition("@")[0]) or "unknown"


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no day; write it as 2026-12-01") from None
