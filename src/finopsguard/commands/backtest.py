"""`finopsguard backtest`: what daily runs would have told of any export, or of the history that runs hold, without AWS
being asked for costs.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from finopsguard.commands import costs_file, replayed
from finopsguard.commands.place import add_state, choose_store
from finopsguard.config import PlanSettings
from finopsguard.costs import archive, held
from finopsguard.costs.series import DailySeries
from finopsguard.errors import InvalidInput
from finopsguard.ports import Store
from finopsguard.report.untrusted import plain
from finopsguard.variables import HISTORY_DAYS
from finopsguard.wiring import wiring_for


def add_parsers(subparsers: Any) -> None:
    """Registers `backtest`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "backtest",
        help="replay files, or the history of reports, day by day: what would have been told, and when",
    )
    costs_file.add_arguments(parser, or_else="; without one, the history that reports hold is replayed")
    add_state(parser, "the store whose history is replayed")
    parser.add_argument(
        "--days",
        type=costs_file.whole_number,
        default=30,
        help="replay the newest N days (default: %(default)s)",
    )
    parser.add_argument(
        "--history-days",
        type=costs_file.whole_number,
        default=HISTORY_DAYS,
        help="each run reads N days (default: %(default)s, as reports do; from 390 on last year's days explain)",
    )
    replayed.add_wanted(parser)
    parser.set_defaults(command=backtest)


def backtest(options: argparse.Namespace) -> int:
    """Prints what daily runs would have told; raises InvalidInput for costs or a setting that cannot be used."""
    if not options.files:
        return _of_store(options)
    if options.state:
        raise InvalidInput("Files and --state are two sources of costs. Give one of them.")
    export = costs_file.read_files(options)
    found = _replayed(options, export.series)
    if options.format == "json":
        costs_file.print_json(costs_file.export_data(export, found.days), replayed.data(found))
        return 0
    replayed.print_text(found, costs_file.currency_of(export))
    costs_file.print_not_judged(export, found.days)
    return 0


def _of_store(options: argparse.Namespace) -> int:
    choose_store(os.environ, options.state)
    wiring = wiring_for(os.environ)
    found = held.held(wiring.get(Store), archive.question(wiring.get(PlanSettings)))
    _say_what_is_held(found)
    judged = _replayed(options, found.series)
    if options.format == "json":
        costs_file.print_json(
            costs_file.series_data(found.series), _data(found, judged.days), replayed.data(judged)
        )
        return 0
    replayed.print_text(judged, found.currency)
    costs_file.print_unknown(found.series.newest(judged.days), "they are not held")
    return 0


def _replayed(options: argparse.Namespace, series: DailySeries) -> replayed.Replayed:
    return replayed.replay_days(
        series,
        options.days,
        costs_file.policy(options),
        history_days=options.history_days,
        messages_a_week=options.messages_a_week,
    )


def _say_what_is_held(found: held.Held) -> None:
    accounts = f"{found.accounts} account{'' if found.accounts == 1 else 's'}"
    print(  # noqa: T201
        f"History {plain(found.question)}: {found.series.days} days, {accounts}, {plain(found.currency)}",
        file=sys.stderr,
    )
    for key in found.unreadable:
        print(f"  cannot be read: {plain(key, 200)}", file=sys.stderr)  # noqa: T201


def _data(found: held.Held, judged: int) -> dict[str, object]:
    return {
        "history": {
            "question": found.question,
            "days": found.series.days,
            "accounts": found.accounts,
            "currency": found.currency,
            "unreadable": list(found.unreadable),
        },
        "unknown": {
            "amounts": costs_file.unknown_amounts(found.series),
            "judged": costs_file.unknown_amounts(found.series.newest(judged)),
        },
    }
