"""What `finopsguard detect`, `backtest` and `trial --from` share: files of daily costs, a policy, and how all
print.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal

from finopsguard.costs.series import DailySeries
from finopsguard.costs.sources.files.reader import Export, Seen, read_export
from finopsguard.costs.sources.files.rows import ALL
from finopsguard.detection import DetectionConfig
from finopsguard.incidents import follow
from finopsguard.report.numbers import Numbers
from finopsguard.report.untrusted import plain

_KINDS_OF_FILES = (
    "CUR, FOCUS, Cost Explorer's CSV or JSON, or columns date, account_id, service, cost; CSV, Parquet, .gz, .zip,"
    " a folder, a pattern, - for standard input"
)
_IGNORED_NAMED = 3


def add_arguments(parser: argparse.ArgumentParser, *, or_else: str = "") -> None:
    """The files and the policy; `or_else` says what is taken where no file is named, if any must not be."""
    policy = DetectionConfig()
    parser.add_argument(
        "files", nargs="*" if or_else else "+", metavar="FILE", help=f"{_KINDS_OF_FILES}{or_else}"
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
    _add_reading(parser)


def add_from(parser: argparse.ArgumentParser) -> None:
    """The same files as an option, `--from`."""
    parser.add_argument(
        "--from",
        nargs="+",
        dest="files",
        metavar="FILE",
        help=f"replay files, and ask AWS nothing: {_KINDS_OF_FILES}",
    )
    _add_reading(parser)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--missing-days-are-zero",
        action="store_true",
        help="take a day without any row as a day without cost",
    )
    parser.add_argument(
        "--add-overlaps",
        action="store_true",
        help="add what two files have of the same day, account and service: they are parts of one export",
    )


def read_files(options: argparse.Namespace) -> Export:
    """Reads the files that the options name and says on stderr what was seen; raises InvalidInput."""
    export = read_export(
        options.files,
        sys.stdin.buffer,
        missing_are_zero=options.missing_days_are_zero,
        add_overlaps=options.add_overlaps,
    )
    print(plain(said(export), 400), file=sys.stderr, flush=True)  # noqa: T201
    _report_rejected(export)
    return export


def currency_of(export: Export) -> str:
    """The file's, or US dollars where it names none."""
    return export.seen.currency or "USD"


def said(export: Export) -> str:
    """What was seen in one sentence, such as `CUR 2.0, 14 files, 96 days, 2 accounts, USD, unblended: usage
    892,275.00`.
    """
    seen = export.seen
    told_apart = set(export.series.accounts) != {ALL}
    parts = [
        seen.dialect,
        _count(seen.files, "file"),
        _count(export.series.days, "day"),
        _count(seen.accounts, "account") if told_apart else "accounts not told apart",
        seen.currency or "no currency named, shown as USD",
        seen.metric,
    ]
    sums = ""
    for kind, amount in seen.charges.items():
        joined = ("" if amount >= 0 else "-") if not sums else " + " if amount >= 0 else " - "
        sums += f"{joined}{kind} {abs(amount):,.2f}"
    return f"{', '.join(part for part in parts if part)}: {sums}{_total_said(seen)}{_ignored_said(seen)}"


def _total_said(seen: Seen) -> str:
    if seen.total is None:
        return ""
    if seen.total.equal:
        return "; equal to the file's own total"
    stated, read = f"{seen.total.stated:,.2f}", f"{seen.total.read:,.2f}"
    return f"; NOT equal to the file's own total: it says {stated} and its rows add up to {read}"


def _ignored_said(seen: Seen) -> str:
    if not seen.ignored:
        return ""
    more = len(seen.ignored) - _IGNORED_NAMED
    named = ", ".join(seen.ignored[:_IGNORED_NAMED])
    return f"; not read, by name no file of costs: {named}" + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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


def shown(amount: float | Decimal, currency: str = "USD", *, signed: bool = False) -> str:
    """An amount as people read it."""
    return Numbers("en", currency).money(Decimal(str(amount)), signed=signed)


def series_data(series: DailySeries) -> dict[str, object]:
    """How much is judged."""
    return {
        "series": len(series.costs),
        "first_day": str(series.first_day),
        "last_day": str(series.last_day),
    }


def export_data(export: Export, judged: int) -> dict[str, object]:
    """What files hold; `judged`: the newest days that are."""
    seen = export.seen
    return {
        **series_data(export.series),
        "file": {
            "dialect": seen.dialect,
            "files": seen.files,
            "days": export.series.days,
            "accounts": seen.accounts,
            "currency": seen.currency,
            "metric": seen.metric or None,
            "charges": {kind: usd(amount) for kind, amount in seen.charges.items()},
            "total": None
            if seen.total is None
            else {
                "stated": usd(seen.total.stated),
                "read": usd(seen.total.read),
                "equal": seen.total.equal,
            },
            "ignored": list(seen.ignored),
        },
        "rejected_rows": {"count": export.rejected.count, "examples": list(export.rejected.examples)},
        "unknown": {
            "amounts": unknown_amounts(export.series),
            "judged": unknown_amounts(export.series.newest(judged)),
            "series_left_out": export.left_out,
        },
    }


def unknown_amounts(series: DailySeries) -> int:
    """How many costs of an account's service on a day are not known."""
    return 0 if series.unknown is None else int(series.unknown.sum())


def print_not_judged(export: Export, judged: int) -> None:
    """Of the newest days, says what cannot be judged: nothing is told of it, and that is no all-clear."""
    print_unknown(export.series.newest(judged), "a row of theirs cannot be read")
    if export.left_out:
        print(f"Not judged, for a row of theirs names no day: {export.left_out} series.")  # noqa: T201


def print_unknown(series: DailySeries, why: str) -> None:
    """Says how much of these days is not judged, and why."""
    unknown = unknown_amounts(series)
    if unknown:
        print(f"Not judged, for {why}: {_count(unknown, 'cost')} of these days.")  # noqa: T201


def json_text(*parts: Mapping[str, object]) -> str:
    """One object of all parts, in their order."""
    whole = {name: value for part in parts for name, value in part.items()}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def print_json(*parts: Mapping[str, object]) -> None:
    """Prints one object of all parts."""
    print(json_text(*parts))  # noqa: T201


def _report_rejected(export: Export) -> None:
    """Says on stderr how many rows were left out, and why the first of them were."""
    rejected = export.rejected
    if not rejected.count:
        return
    print(f"{_count(rejected.count, 'row')} left out; what they cost is unknown, not zero:", file=sys.stderr)  # noqa: T201
    for sentence in rejected.examples:
        print(f"  {plain(sentence, 200)}", file=sys.stderr)  # noqa: T201
    if rejected.count > len(rejected.examples):
        print(f"  and {rejected.count - len(rejected.examples)} more", file=sys.stderr)  # noqa: T201


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Aligned columns; text from the file is data, not escape codes."""
    if not rows:
        print("Nothing unusual.")  # noqa: T201
        return
    clean = [[plain(cell) for cell in row] for row in (header, *rows)]
    width = [max(len(row[column]) for row in clean) for column in range(len(header))]
    for row in clean:
        print("  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip())  # noqa: T201
