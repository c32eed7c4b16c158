"""`finopsguard detect`: the anomaly detector on any export, without AWS."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from finopsguard.commands import costs_file
from finopsguard.commands.costs_file import shown, usd
from finopsguard.detection import Anomaly, detect
from finopsguard.incidents.known import with_unknown

_HEADERS = ("Day", "Account", "Service", "Kind", "Since", "Expected", "Actual", "Impact")


def add_parsers(subparsers: Any) -> None:
    """Registers `detect`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "detect", help="find anomalies in files of daily costs"
    )
    costs_file.add_arguments(parser)
    parser.add_argument(
        "--days",
        type=costs_file.whole_number,
        default=3,
        help="judge the newest N days (default: %(default)s)",
    )
    parser.add_argument(
        "--complete-until",
        type=_date,
        metavar="DATE",
        help="first day that may still grow; drops are not judged from there on (default: the newest day)",
    )
    parser.set_defaults(command=detect_file)


def detect_file(options: argparse.Namespace) -> int:
    """Prints the anomalies of the newest days; raises InvalidInput for a file or setting that cannot be used."""
    config = costs_file.policy(options)
    export = costs_file.read_files(options)
    series = export.series
    found = detect(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        window=options.days,
        complete_until=options.complete_until,
        memory=with_unknown({}, series),
    )
    judged = min(options.days, series.days)
    if options.format == "json":
        anomalies = [_anomaly_data(anomaly) for anomaly in found]
        costs_file.print_json(costs_file.export_data(export, judged), {"anomalies": anomalies})
        return 0
    print(f"{len(series.costs)} series, {judged} days judged up to {series.last_day}.")  # noqa: T201
    costs_file.print_not_judged(export, judged)
    currency = costs_file.currency_of(export)
    costs_file.print_table(_HEADERS, [_anomaly_cells(anomaly, currency) for anomaly in found])
    return 0


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a date (YYYY-MM-DD)") from error


def _anomaly_data(anomaly: Anomaly) -> dict[str, object]:
    return {
        "account_id": anomaly.account_id,
        "service": anomaly.service,
        "kind": anomaly.kind,
        "day": str(anomaly.day),
        "start": str(anomaly.start),
        "direction": anomaly.direction,
        "expected": usd(anomaly.expected),
        "actual": usd(anomaly.actual),
        "impact": usd(anomaly.impact),
        "score": round(anomaly.score, 2),
    }


def _anomaly_cells(anomaly: Anomaly, currency: str) -> list[str]:
    return [
        str(anomaly.day),
        anomaly.account_id,
        anomaly.service,
        anomaly.kind,
        str(anomaly.start),
        shown(anomaly.expected, currency),
        shown(anomaly.actual, currency),
        shown(anomaly.impact, currency, signed=True),
    ]
