"""What `finopsguard detect` and `finopsguard backtest` share: a file of daily costs, a policy, and how both print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from finopsguard.costs.sources.export_file import Export
from finopsguard.detection import DetectionConfig
from finopsguard.incidents import follow
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

NAMED_ROWS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file and the policy."""
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


def policy(options: argparse.Namespace) -> DetectionConfig:
    """The policy that the options ask for; raises InvalidInput for one that means nothing."""
    usual = DetectionConfig()
    return follow.policy(
        options.min_usd, options.min_percent, options.sensitivity, usual.quiet_days, options.exclude
    )


def whole_number(text: str) -> int:
    """A number of days, or of anything else, as an argument."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("give a whole number, 1 or more")
    return int(text)


def positive(text: str) -> float:
    """A number above 0 as an argument."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("give a number above 0")
    return number


def usd(amount: float | Decimal) -> str:
    """A decimal string in cents."""
    return f"{Decimal(str(amount)):.2f}"


def shown(amount: float | Decimal, *, signed: bool = False) -> str:
    """An amount as people read it."""
    return Numbers("en").money(Decimal(str(amount)), signed=signed)


def print_json(export: Export, **more: object) -> None:
    """One object: what the file holds, then `more`."""
    head = {
        "series": len(export.series.costs),
        "first_day": str(export.series.first_day),
        "last_day": str(export.series.last_day),
        "rejected_rows": {"count": len(export.rejected), "examples": export.rejected[:NAMED_ROWS]},
    }
    print(json.dumps({**head, **more}, indent=2, ensure_ascii=False))  # noqa: T201


def report_rejected(export: Export) -> None:
    """Says on stderr how many rows were left out, and why the first of them were."""
    if not export.rejected:
        return
    print(f"{len(export.rejected)} rows were left out:", file=sys.stderr)  # noqa: T201
    for sentence in export.rejected[:NAMED_ROWS]:
        print(f"  {plain(sentence, 200)}", file=sys.stderr)  # noqa: T201
    if len(export.rejected) > NAMED_ROWS:
        print(f"  and {len(export.rejected) - NAMED_ROWS} more", file=sys.stderr)  # noqa: T201


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; text from the file is data, not escape codes."""
    if not rows:
        print("Nothing unusual.")  # noqa: T201
        return
    clean = [[plain(cell) for cell in row] for row in (header, *rows)]
    width = [max(len(row[column]) for row in clean) for column in range(len(header))]
    for row in clean:
        print("  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip())  # noqa: T201
