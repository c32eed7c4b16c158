"""`finopsguard routes`: checks, keeps and shows the route file, which gives owners channels of their own."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from finopsguard import contracts
from finopsguard.channels.teams.address import check_url, whole
from finopsguard.commands.place import add_state, choose_store
from finopsguard.config import ChannelSettings, RouteSettings
from finopsguard.errors import InvalidInput
from finopsguard.models.route import Route, Routes
from finopsguard.ports import Store
from finopsguard.store import routes
from finopsguard.wiring import wiring_for

_LARGEST = 1_000_000


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers the subcommands."""
    parser = subparsers.add_parser("routes", help="owners' channels: the route file", description=__doc__)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    checked = below.add_parser("check", help="say what a file is, and keep nothing")
    checked.set_defaults(command=check)
    kept = below.add_parser("put", help="check a file and keep it for the next report")
    kept.set_defaults(command=put)
    for each in (checked, kept):
        each.add_argument("file", metavar="FILE", help="the route file (docs/routes.md)")
    shown = below.add_parser("show", help="print the file that is kept")
    shown.set_defaults(command=show)
    for each in (kept, shown):
        add_state(each, "where runs keep their state")


def check(options: argparse.Namespace) -> int:
    """Says of each route what it is; raises RoutesInvalid for a file that cannot be used."""
    _say(_read(Path(options.file)))
    return 0


def put(options: argparse.Namespace) -> int:
    """Keeps the file in the store; raises RoutesInvalid and keeps nothing where it cannot be used."""
    found = _read(Path(options.file))
    routes.put(_store(options), found)
    _say(found)
    used = wiring_for(os.environ).get(RouteSettings).routes
    print(  # noqa: T201 - the command's result
        "Kept: the next report uses it."
        if used
        else "Kept. No report uses it yet: set FINOPSGUARD_ROUTES to true (Routes, in the stack)."
    )
    return 0


def show(options: argparse.Namespace) -> int:
    """Prints the file; raises RoutesInvalid where there is none or it cannot be used."""
    data = contracts.to_json(routes.read(_store(options)))
    print(json.dumps(data, indent=2, ensure_ascii=False))  # noqa: T201 - the command's result
    return 0


def _store(options: argparse.Namespace) -> Store:
    choose_store(os.environ, options.state)
    store: Store = wiring_for(os.environ).get(Store)
    return store


def _read(file: Path) -> Routes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > _LARGEST:
        raise InvalidInput(f"{file} is larger than {_LARGEST} bytes: no route file is.")
    return routes.parsed(data)


def _say(found: Routes) -> None:
    settings: ChannelSettings = wiring_for(os.environ).get(ChannelSettings)
    for route in found.routes:
        print(f"{route.name}: {_whose(route)}; {_webhook(route, settings)}")  # noqa: T201
    print(  # noqa: T201
        "The Organization's channel has the whole report too."
        if found.organization
        else "The Organization's channel has no report, but for days that no other channel gets."
    )


def _whose(route: Route) -> str:
    """`2 owners, 1 account`."""
    counts = (
        (len(route.owners), "owner"),
        (len(route.units), "unit"),
        (len(route.tags), "tag"),
        (len(route.accounts), "account"),
    )
    named = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counts if count]
    return ", ".join([*named, *(["the remainder"] if route.remainder else [])])


def _webhook(route: Route, settings: ChannelSettings) -> str:
    """Where its messages go; raises WebhookHostNotAllowed and WebhookNotWhole for a URL of this machine's settings."""
    url = settings.webhook_urls.get(route.name)
    if url:
        check_url(whole(url), settings.webhook_allowed_hosts)
        return "webhook of TEAMS_WEBHOOK_URLS"
    return (
        f"secret {route.webhook_secret_arn}" if route.webhook_secret_arn else "no webhook: nothing is posted"
    )
