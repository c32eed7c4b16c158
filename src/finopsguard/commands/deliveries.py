"""`finopsguard deliveries`: how posts stand in their channels, and decisions about them."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from finopsguard import contracts
from finopsguard.channels import decisions, standings
from finopsguard.commands.costs_file import whole_number
from finopsguard.commands.place import add_language, add_state, choose_language, choose_store
from finopsguard.config import AlertSettings
from finopsguard.models.ledger import Standing
from finopsguard.ports import Channel, Clock, RouteChannels, Store
from finopsguard.report.standings import Standings
from finopsguard.version import VERSION
from finopsguard.wiring import Wiring, wiring_for

_REASON = "why, in one line that is kept with the decision; no names, no URLs"


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers `deliveries` with its own subcommands."""
    parser = subparsers.add_parser(
        "deliveries", help="what was posted where; end an uncertain delivery", description=__doc__
    )
    below = parser.add_subparsers(required=True, metavar="ACTION")
    shown = below.add_parser("list", help="how each report and correction stands in its channel")
    shown.add_argument("--format", choices=("text", "md", "json"), default="text")
    shown.add_argument(
        "--last",
        type=whole_number,
        default=30,
        metavar="N",
        help="the newest N, and all whose outcome nobody knows (default: %(default)s)",
    )
    shown.set_defaults(command=show)
    ended = below.add_parser("resolve", help="say what became of an uncertain attempt")
    ended.add_argument("id", metavar="ID", help="as `list` shows it, such as weekly-2026-11-16/teams/001")
    ended.add_argument(
        "outcome",
        choices=("posted", "not-posted"),
        metavar="OUTCOME",
        help="`posted`: the card is in the channel; `not-posted`: it is not, and a redrive or `resend` posts it",
    )
    ended.set_defaults(command=resolve)
    repeated = below.add_parser("resend", help="post a stored message once more")
    repeated.add_argument("id", metavar="ID", help="of its newest attempt, which failed")
    repeated.add_argument(
        "--again", action="store_true", help="it was posted, and the card was deleted in Teams"
    )
    repeated.set_defaults(command=resend)
    for each in (ended, repeated):
        each.add_argument("--reason", required=True, metavar="TEXT", help=_REASON)
    for each in (shown, ended, repeated):
        add_state(each, "where runs keep their state")
        add_language(each)


def show(options: argparse.Namespace) -> int:
    """Prints how deliveries stand."""
    wiring, words = _prepared(options)
    found = standings.standings(wiring.get(Store), wiring.get(Clock)())
    shown = [
        each
        for number, each in enumerate(found)
        if number < options.last or each.state in ("uncertain", "in_progress")
    ]
    if options.format == "json":
        data = {"deliveries": [_data(each) for each in shown]}
        print(json.dumps(data, indent=2, ensure_ascii=False))  # noqa: T201 - the command's result
    else:
        print(words.text(shown) if options.format == "text" else words.markdown(shown))  # noqa: T201
    return 0


def resolve(options: argparse.Namespace) -> int:
    """Ends an uncertain attempt and prints what that came to; raises what `decisions.resolve` raises."""
    wiring, words = _prepared(options)
    done = decisions.resolve(
        wiring.get(Store),
        options.id,
        options.outcome == "posted",
        reason=options.reason,
        clock=wiring.get(Clock),
        version=VERSION,
    )
    print(words.resolved(done.attempt, posted=done.posted, noted=done.noted, before=done.before))  # noqa: T201
    return 0


def resend(options: argparse.Namespace) -> int:
    """Posts a message once more and says so; raises what `decisions.resend` raises."""
    wiring, words = _prepared(options)
    done = decisions.resend(
        wiring.get(Store),
        options.id,
        again=options.again,
        reason=options.reason,
        channels=decisions.Channels(
            wiring.get(AlertSettings).channel_name, wiring.get(Channel), wiring.get(RouteChannels)
        ),
        clock=wiring.get(Clock),
        version=VERSION,
    )
    print(words.resent(done.run_id or "", done.channel))  # noqa: T201
    return 0


def _prepared(options: argparse.Namespace) -> tuple[Wiring, Standings]:
    """What the command reaches, and its words; raises InvalidConfiguration for a setting that cannot work."""
    choose_store(os.environ, options.state)
    choose_language(os.environ, options.lang)
    wiring = wiring_for(os.environ)
    settings = wiring.get(AlertSettings)
    return wiring, Standings(settings.language, settings.time_zone)


def _data(standing: Standing) -> dict[str, Any]:
    data: dict[str, Any] = contracts.converter().unstructure(standing)
    return data
