"""`finopsguard detect` and `finopsguard backtest`: the anomaly detector on any export, without AWS."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from finopsguard.costs.sources.export_file import Export, read_export
from finopsguard.detection import Anomaly, DetectionConfig, Incident, IncidentState, detect, update_incidents
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

NAMED_ROWS = 5
HISTORY_DAYS = 126
_HEADERS = ("Day", "Account", "Service", "Kind", "Since", "Expected", "Actual", "Impact")


def add_parsers(subparsers: Any) -> None:
    """Registers `detect` and `backtest`."""
    found: argparse.ArgumentParser = subparsers.add_parser(
        "detect", help="find anomalies in a CSV or Parquet file of daily costs"
    )
    _common(found)
    found.add_argument("--days", type=_days, default=3, help="judge the newest N days (default: %(default)s)")
    found.add_argument(
        "--complete-until",
        type=_date,
        metavar="DATE",
        help="first day that may still grow; drops are not judged from there on (default: the newest day)",
    )
    found.set_defaults(run=run_detect)
    replayed: argparse.ArgumentParser = subparsers.add_parser(
        "backtest", help="replay a file day by day: what would have been told, and when"
    )
    _common(replayed)
    replayed.add_argument(
        "--days", type=_days, default=30, help="replay the newest N days (default: %(default)s)"
    )
    replayed.set_defaults(run=run_backtest)


def _common(parser: argparse.ArgumentParser) -> None:
    policy = DetectionConfig()
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV or Parquet: date, account_id, service, cost"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument(
        "--min-usd", type=float, default=policy.min_usd, help="least excess a day (default: %(default)s)"
    )
    parser.add_argument(
        "--min-percent",
        type=float,
        default=100 * policy.min_pct,
        help="and least percent above (default: %(default)s)",
    )
    parser.add_argument(
        "--sensitivity", type=float, default=policy.sensitivity, help="2 tells more, 0.5 less (default: 1)"
    )
    parser.add_argument(
        "--exclude", nargs="+", default=[], metavar="SERVICE", help="services that are never judged"
    )
    parser.add_argument(
        "--missing-days-are-zero",
        action="store_true",
        help="take a day without any row as a day without cost",
    )


def run_detect(options: argparse.Namespace) -> int:
    """Prints the anomalies of the newest days; raises InvalidInput for a file or setting that cannot be used."""
    export = read_export(options.file, missing_are_zero=options.missing_days_are_zero)
    found = detect(
        export.costs,
        export.first_day,
        accounts=export.accounts,
        services=export.services,
        config=_policy(options),
        window=options.days,
        complete_until=options.complete_until,
    )
    if options.format == "json":
        _print_json(export, anomalies=[_anomaly_data(anomaly) for anomaly in found])
        return 0
    _report_rejected(export)
    judged = min(options.days, export.costs.shape[1])
    print(f"{len(export.costs)} series, {judged} days judged up to {export.last_day}.")  # noqa: T201
    _print_table(_HEADERS, [_anomaly_cells(anomaly) for anomaly in found])
    return 0


def run_backtest(options: argparse.Namespace) -> int:
    """Prints what would have been told on each day; raises InvalidInput as `run_detect` does."""
    export = read_export(options.file, missing_are_zero=options.missing_days_are_zero)
    days = min(options.days, export.costs.shape[1])
    told = list(replay(export, days, _policy(options)))
    if options.format == "json":
        _print_json(export, days=days, messages=[_incident_data(day, incident) for day, incident in told])
        return 0
    _report_rejected(export)
    per_week = 7 * len(told) / days
    print(  # noqa: T201
        f"{len(export.costs)} series, {days} days replayed up to {export.last_day}: "
        f"{len(told)} messages, {per_week:.1f} a week. The file holds final costs; partial days are not replayed."
    )
    _print_table(
        ("Told on", "Account", "Services", "Kind", "Since", "A day", "So far", "Why now"),
        [_incident_cells(day, incident) for day, incident in told],
    )
    return 0


def replay(export: Export, days: int, policy: DetectionConfig) -> Iterator[tuple[date, Incident]]:
    """What a daily run after each of the newest `days` days would have told: (day of the run, incident)."""
    row_of = {key: row for row, key in enumerate(zip(export.accounts, export.services, strict=True))}
    state = IncidentState()
    total = export.costs.shape[1]
    for stop in range(total - days + 1, total + 1):
        start = max(0, stop - HISTORY_DAYS)
        today = export.first_day + timedelta(days=stop)
        found = detect(
            export.costs[:, start:stop],
            export.first_day + timedelta(days=start),
            accounts=export.accounts,
            services=export.services,
            config=policy,
            complete_until=today,
        )
        members = [
            (incident.account_id, member.service)
            for incident in state.incidents
            for member in incident.members
        ]
        daily = {
            key: {
                export.first_day + timedelta(days=day): float(export.costs[row_of[key], day])
                for day in range(start, stop)
            }
            for key in members
        }
        state, current = update_incidents(state, found, today, policy, costs=daily)
        yield from ((today, incident) for incident in current if incident.notify)


def _policy(options: argparse.Namespace) -> DetectionConfig:
    return DetectionConfig(
        min_usd=options.min_usd,
        min_pct=options.min_percent / 100,
        sensitivity=options.sensitivity,
        excluded_services=frozenset(options.exclude),
    )


def _days(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number of days, 1 or more")
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a date (YYYY-MM-DD)") from error


def _usd(amount: float) -> str:
    return f"{Decimal(repr(amount)):.2f}"


def _shown(amount: float, *, signed: bool = False) -> str:
    return Numbers("en").money(Decimal(repr(amount)), signed=signed)


def _anomaly_data(anomaly: Anomaly) -> dict[str, object]:
    return {
        "account_id": anomaly.account_id,
        "service": anomaly.service,
        "kind": anomaly.kind,
        "day": str(anomaly.day),
        "start": str(anomaly.start),
        "direction": anomaly.direction,
        "expected": _usd(anomaly.expected),
        "actual": _usd(anomaly.actual),
        "impact": _usd(anomaly.impact),
        "score": round(anomaly.score, 2),
    }


def _anomaly_cells(anomaly: Anomaly) -> list[str]:
    return [
        str(anomaly.day),
        anomaly.account_id,
        anomaly.service,
        anomaly.kind,
        str(anomaly.start),
        _shown(anomaly.expected),
        _shown(anomaly.actual),
        _shown(anomaly.impact, signed=True),
    ]


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
        "run_rate": _usd(incident.run_rate),
        "impact": _usd(incident.impact),
    }


def _incident_cells(told_on: date, incident: Incident) -> list[str]:
    return [
        str(told_on),
        incident.account_id,
        ", ".join(incident.shares),
        incident.kind,
        str(incident.start),
        _shown(incident.run_rate, signed=True),
        _shown(incident.impact, signed=True),
        incident.status,
    ]


def _print_json(export: Export, **more: object) -> None:
    head = {
        "series": len(export.costs),
        "first_day": str(export.first_day),
        "last_day": str(export.last_day),
        "rejected_rows": {"count": len(export.rejected), "examples": export.rejected[:NAMED_ROWS]},
    }
    print(json.dumps({**head, **more}, indent=2, ensure_ascii=False))  # noqa: T201


def _report_rejected(export: Export) -> None:
    if not export.rejected:
        return
    print(f"{len(export.rejected)} rows were left out:", file=sys.stderr)  # noqa: T201
    for sentence in export.rejected[:NAMED_ROWS]:
        print(f"  {plain(sentence, 200)}", file=sys.stderr)  # noqa: T201
    if len(export.rejected) > NAMED_ROWS:
        print(f"  and {len(export.rejected) - NAMED_ROWS} more", file=sys.stderr)  # noqa: T201


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; text from the file is data, not escape codes."""
    if not rows:
        print("Nothing unusual.")  # noqa: T201
        return
    clean = [[plain(cell) for cell in row] for row in (header, *rows)]
    width = [max(len(row[column]) for row in clean) for column in range(len(header))]
    for row in clean:
        print("  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip())  # noqa: T201
