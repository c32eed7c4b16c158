"""Forecasts that were recorded on a real account: ours, AWS's GetCostForecast and the run rate, held to the bill.

None are at hand, and nothing generated can stand for AWS's answers. docs/forecast.md has the columns of the CSV file.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

COLUMNS = (
    "month",
    "day",
    "scope",
    "billed",
    "ours",
    "ours_low",
    "ours_high",
    "aws",
    "aws_low",
    "aws_high",
    "actual",
)


class NotRecorded(Exception):
    """The file is not what docs/forecast.md describes; the message names its line."""


@dataclass(frozen=True)
class Forecast:
    """What a month was forecast to cost, and the band; no band where none was given."""

    amount: Decimal
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class Recorded:
    """One morning: what three ways said of a scope's month, and what it cost in the end."""

    month: date
    day: int
    scope: str
    run_rate: Decimal
    ours: Forecast | None
    aws: Forecast | None
    actual: Decimal


def read(path: Path) -> list[Recorded]:
    """The recorded forecasts; AWS's answers are of the days to come, so what was billed is added to them.

    Raises NotRecorded.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise NotRecorded(f"line 1: the columns are {', '.join(COLUMNS)}")
        return [_recorded(row, number) for number, row in enumerate(rows, start=2)]


def lines(found: Sequence[Recorded]) -> list[str]:
    """The table: errors are means over the mornings on which all three say something."""
    names = ("scope", "day", "n", "ours", "AWS", "run rate", "ours in", "AWS in")
    made = ["{:16} {:>4} {:>4} {:>7} {:>7} {:>9} {:>8} {:>8}".format(*names)]
    for scope, day in sorted({(each.scope, each.day) for each in found}):
        made.append(
            _line(scope, str(day), [each for each in found if (each.scope, each.day) == (scope, day)])
        )
    return [*made, _line("all", "all", found)]


def _line(scope: str, day: str, some: Sequence[Recorded]) -> str:
    both = [(each, each.ours, each.aws) for each in some if each.ours and each.aws]
    errors = [
        (_error(ours.amount, each), _error(aws.amount, each), _error(each.run_rate, each))
        for each, ours, aws in both
    ]
    means = [f"{sum(column) / len(column):.2%}" for column in zip(*errors, strict=True)] or ["-"] * 3
    bands = [
        _share([inside for each in some for inside in _inside(each.ours, each)]),
        _share([inside for each in some for inside in _inside(each.aws, each)]),
    ]
    return "{:16} {:>4} {:4} {:>7} {:>7} {:>9} {:>8} {:>8}".format(scope[:16], day, len(both), *means, *bands)


def _error(amount: Decimal, of: Recorded) -> Decimal:
    return abs(amount / of.actual - 1)


def _inside(said: Forecast | None, of: Recorded) -> list[bool]:
    if said is None or said.low is None or said.high is None:
        return []
    return [said.low <= of.actual <= said.high]


def _share(inside: Sequence[bool]) -> str:
    return f"{sum(inside) / len(inside):.1%}" if inside else "-"


def _recorded(row: dict[str, str], number: int) -> Recorded:
    try:
        month, day = date.fromisoformat(f"{row['month']}-01"), int(row["day"])
        length = monthrange(month.year, month.month)[1]
        billed, actual = Decimal(row["billed"]), Decimal(row["actual"])
        if not 0 < day <= length or not actual.is_finite() or actual <= 0 or not billed.is_finite():
            raise ValueError
        return Recorded(
            month,
            day,
            row["scope"],
            billed / day * length,
            _forecast(row, "ours", Decimal(0)),
            _forecast(row, "aws", billed),
            actual,
        )
    except (InvalidOperation, ValueError, TypeError, KeyError):
        raise NotRecorded(f"line {number} is not one of docs/forecast.md: {row}") from None


def _forecast(row: dict[str, str], name: str, besides: Decimal) -> Forecast | None:
    amount, low, high = (_amount(row[column]) for column in (name, f"{name}_low", f"{name}_high"))
    if amount is None:
        return None
    return Forecast(
        amount + besides, None if low is None else low + besides, None if high is None else high + besides
    )


def _amount(text: str) -> Decimal | None:
    found = Decimal(text) if text.strip() else None
    if found is not None and not found.is_finite():
        raise ValueError
    return found
