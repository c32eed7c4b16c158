"""`finopsguard backtest`: what daily runs would have told of any export, without AWS."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from finopsguard.commands import costs_file
from finopsguard.commands.costs_file import shown, usd
from finopsguard.config import HISTORY_DAYS
from finopsguard.costs.sources.export_file import read_export
from finopsguard.incidents.replay import replay
from finopsguard.models.incident import Incident

_HEADERS = ("Told on", "Account", "Services", "Kind", "Since", "A day", "So far", "Why now")


def add_parsers(subparsers: Any) -> None:
    """Registers `backtest`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "backtest", help="replay a file day by day: what would have been told, and when"
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
    parser.set_defaults(command=backtest)


def backtest(options: argparse.Namespace) -> int:
    """Prints what daily runs would have told; raises InvalidInput for a file or setting that cannot be used."""
    export = read_export(options.file, missing_are_zero=options.missing_days_are_zero)
    series = export.series
    days = min(options.days, series.days)
    told = [
        (day, incident)
        for day, incidents in replay(
            series, days, costs_file.policy(options), history_days=options.history_days
        )
        for incident in incidents
        if incident.notify
    ]
    if options.format == "json":
        costs_file.print_json(
            export, days=days, messages=[_incident_data(day, incident) for day, incident in told]
        )
        return 0
    costs_file.report_rejected(export)
    print(  # noqa: T201
        f"{len(series.costs)} series, {days} days replayed up to {series.last_day}: "
        f"{len(told)} messages, {7 * len(told) / days:.1f} a week. The file holds final costs: what came late is not"
        " replayed, but a fall waits for the day after, as in a run."
    )
    costs_file.print_table(_HEADERS, [_incident_cells(day, incident) for day, incident in told])
    return 0


def _incident_data(told_on: date, incident: Incident) -> dict[str, object]:
    return {
        "told_on": str(told_on),
        "id": incident.id,
        "status": incident.status,
        "account_id": incident.account_id,
        "services": {service: round(share, 4) for service, share in incident.shares.items()},
        "kind": incident.kind,
        "start": str(incident.start),
        "direction": incident.direction,
        "run_rate": usd(incident.run_rate),
        "impact": usd(incident.impact),
    }


def _incident_cells(told_on: date, incident: Incident) -> list[str]:
    return [
        str(told_on),
        incident.account_id,
        ", ".join(incident.shares),
        incident.kind,
        str(incident.start),
        shown(incident.run_rate, signed=True),
        shown(incident.impact, signed=True),
        incident.status,
    ]
