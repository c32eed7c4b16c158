"""`finopsguard detect`: the anomaly detector on any export, without AWS."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from finopsguard.commands import costs_file
from finopsguard.commands.costs_file import shown, usd
from finopsguard.costs.sources.export_file import read_export
from finopsguard.detection import Anomaly, detect

_HEADERS = ("Day", "Account", "Service", "Kind", "Since", "Expected", "Actual", "Impact")


def add_parsers(subparsers: Any) -> None:
    """Registers `detect`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "detect", help="find anomalies in a CSV or Parquet file of daily costs"
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
    export = read_export(options.file, missing_are_zero=options.missing_days_are_zero)
    series = export.series
    found = detect(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=costs_file.policy(options),
        window=options.days,
        complete_until=options.complete_until,
    )
    if options.format == "json":
        costs_file.print_json(export, anomalies=[_anomaly_data(anomaly) for anomaly in found])
        return 0
    costs_file.report_rejected(export)
    judged = min(options.days, series.days)
    print(f"{len(series.costs)} series, {judged} days judged up to {series.last_day}.")  # noqa: T201
    costs_file.print_table(_HEADERS, [_anomaly_cells(anomaly) for anomaly in found])
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


def _anomaly_cells(anomaly: Anomaly) -> list[str]:
    return [
        str(anomaly.day),
        anomaly.account_id,
        anomaly.service,
        anomaly.kind,
        str(anomaly.start),
        shown(anomaly.expected),
        shown(anomaly.actual),
        shown(anomaly.impact, signed=True),
    ]
