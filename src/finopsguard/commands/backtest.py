"""`finopsguard backtest`: what daily runs would have told of any export, without AWS."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from finopsguard.commands import costs_file
from finopsguard.commands.costs_file import shown, usd
from finopsguard.config import HISTORY_DAYS, VARIABLES
from finopsguard.costs.series import DailySeries
from finopsguard.costs.sources.export_file import read_export
from finopsguard.detection.calibration import MORE_NOISE, Calibration, calibrate
from finopsguard.incidents.expectation import ENOUGH_DAYS
from finopsguard.incidents.replay import replay
from finopsguard.models.incident import Incident

CALIBRATED_DAYS = 60
"""What is proposed is learned from so many days, or from as many as have enough history before them."""
_CURVE = ("Sensitivity", "Messages a week", "Alerts", "Noise", "Noise / 1000 series-days", "USD")
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
    parser.add_argument(
        "--messages-a-week",
        type=costs_file.positive,
        metavar="N",
        help="propose the least excess with which no more messages are told",
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
    calibration = _calibration(series, options)
    if options.format == "json":
        costs_file.print_json(
            export,
            days=days,
            messages=[_incident_data(day, incident) for day, incident in told],
            calibration=_calibration_data(calibration),
        )
        return 0
    costs_file.report_rejected(export)
    print(  # noqa: T201
        f"{len(series.costs)} series, {days} days replayed up to {series.last_day}: "
        f"{len(told)} messages, {7 * len(told) / days:.1f} a week. The file holds final costs: what came late is not"
        " replayed, but a fall waits for the day after, as in a run."
    )
    costs_file.print_table(_HEADERS, [_incident_cells(day, incident) for day, incident in told])
    _print_calibration(calibration, options.messages_a_week)
    return 0


def _calibration(series: DailySeries, options: argparse.Namespace) -> Calibration | None:
    """None where no day has enough history before it."""
    days = min(CALIBRATED_DAYS, series.days - ENOUGH_DAYS)
    if days < 1:
        return None
    return calibrate(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=costs_file.policy(options),
        days=days,
        messages_a_week=options.messages_a_week,
    )


def _print_calibration(found: Calibration | None, wanted: float | None) -> None:
    """The curve, and what follows from it."""
    if found is None:
        print(f"\nNo sensitivity is proposed: the file has no day after its first {ENOUGH_DAYS}.")  # noqa: T201
        return
    print(  # noqa: T201
        f"\nHow sensitive: the newest {found.days} days judged anew, {found.series_days} series-days. Noise: one day,"
        " back on the next, and small. USD: told beyond the default, or not told."
    )
    costs_file.print_table(_CURVE, _curve(found))
    why = {
        "measured": f"the largest that adds at most {MORE_NOISE} alerts of noise per 1000 series-days",
        "too_few": f"too few series-days to measure {MORE_NOISE} alerts per 1000",
    }
    name = VARIABLES["sensitivity"].name
    print(f"Proposed: {name}={found.sensitivity:g} ({why[found.reason]}).")  # noqa: T201
    if found.gate is not None:
        name = VARIABLES["anomaly_min_impact"].name
        print(f"For {wanted:g} messages a week: {name}={found.gate:g}.")  # noqa: T201


def _curve(found: Calibration) -> list[list[str]]:
    return [
        [
            f"{step.sensitivity:g}",
            f"{found.a_week(step.messages):.1f}",
            str(step.alerts),
            str(step.noise),
            f"{found.per_1000(step.noise):.3f}",
            shown(step.usd, signed=True),
        ]
        for step in found.steps
    ]


def _calibration_data(found: Calibration | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "days": found.days,
        "series_days": found.series_days,
        "steps": [
            {
                "sensitivity": step.sensitivity,
                "messages": step.messages,
                "messages_a_week": round(found.a_week(step.messages), 2),
                "alerts": step.alerts,
                "noise": step.noise,
                "noise_per_1000_series_days": round(found.per_1000(step.noise), 4),
                "usd": usd(step.usd),
            }
            for step in found.steps
        ],
        "proposed": {
            "sensitivity": found.sensitivity,
            "reason": found.reason,
            "min_usd": None if found.gate is None else usd(found.gate),
        },
    }


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
