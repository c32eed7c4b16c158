"""`finopsguard backtest`: what daily runs would have told of any export, without AWS."""

from __future__ import annotations

import argparse
from typing import Any

from finopsguard.commands import costs_file, replayed
from finopsguard.config import HISTORY_DAYS
from finopsguard.detection import DetectionConfig


def add_parsers(subparsers: Any) -> None:
    """Registers `backtest`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "backtest", help="replay files day by day: what would have been told, and when"
    )
    costs_file.add_arguments(parser)
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
    """Prints what daily runs would have told; raises InvalidInput for a file or setting that cannot be used."""
    return replay_files(options, costs_file.policy(options), options.history_days)


def replay_files(options: argparse.Namespace, config: DetectionConfig, history_days: int) -> int:
    """Replays the files that the options name; also `finopsguard trial --from`. Raises InvalidInput."""
    export = costs_file.read_files(options)
    found = replayed.replay_days(
        export.series,
        options.days,
        config,
        history_days=history_days,
        messages_a_week=options.messages_a_week,
    )
    if options.format == "json":
        costs_file.print_json(costs_file.export_data(export, found.days), replayed.data(found))
        return 0
    replayed.print_text(found, costs_file.currency_of(export))
    costs_file.print_not_judged(export, found.days)
    return 0
