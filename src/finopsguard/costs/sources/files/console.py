"""The CSV that Cost Explorer's console downloads: days down, services, regions, accounts or charge types across.

Which column and which row are totals is told by their numbers, for their names are in the language of whoever
downloaded them. A download by linked account has three rows above the days: ids, names and totals.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from finopsguard.costs.charges import is_record_type
from finopsguard.costs.sources.files import amounts
from finopsguard.costs.sources.files.amounts import Style
from finopsguard.costs.sources.files.days import read_days
from finopsguard.costs.sources.files.dialects import is_day
from finopsguard.costs.sources.files.looked import Looked
from finopsguard.costs.sources.files.rows import ALL, Row, Rows, Total
from finopsguard.errors import InvalidInput
from finopsguard.models.money import CENT

_UNIT = re.compile(r"\s*\(([^()\s]{1,12})\)\s*$")
_ID = re.compile(r"(?<!\d)(\d{12})(?!\d)")
_ACCOUNTS = re.compile(r"account|cuenta|compte|konto|conta|アカウント|계정|帐户|账户|帳戶", re.IGNORECASE)
_TOTAL = re.compile(r"total|gesamt|合計|总|總|총", re.IGNORECASE)
_MOST_ABOVE = 4
"""Rows above the days."""


@dataclass(frozen=True)
class _Table:
    file: str
    above: Sequence[Sequence[str]]
    below: Sequence[tuple[int, Sequence[str]]]
    """(line, cells) of each day."""
    style: Style


def is_console(looked: Looked) -> bool:
    """Whether a text's first lines are those of such a download: no table of rows, and a total or a unit above its
    days.
    """
    head = list(_records(looked, looked.head))[: _MOST_ABOVE + 2]
    above = _above(head)
    if not above or len(above) >= len(head) or len(head[0][1]) < 2 or is_day(head[0][1][0]):
        return False
    return len(above) > 1 or any(_UNIT.search(cell) for cell in head[0][1][1:])


def read_console(looked: Looked, text: str) -> Rows:
    """A row for each cell that is not empty. Raises InvalidInput for usage that is no money, and for a table without
    days.
    """
    records = list(_records(looked, text))
    above = _above(records)
    header = records[0][1]
    table = _Table(
        looked.part.name,
        [cells for _, cells in records[: len(above)]],
        [(line, cells) for line, cells in records[len(above) :] if any(cell.strip() for cell in cells)],
        _style(looked, records),
    )
    width = len(header)
    labels = [_UNIT.sub("", name).strip() for name in header]
    total = _total_column(table, width)
    columns = [column for column in range(1, width) if column != total] or [1]
    named = [labels[column] for column in columns]
    by_account = bool(_ACCOUNTS.search(header[0])) or all(_ID.search(label) for label in named)
    by_kind = not by_account and all(is_record_type(label) for label in named)
    rows = []
    for line, cells in table.below:
        if len(cells) > width:
            raise InvalidInput(f"{table.file}, line {line}: more cells than columns. Download it again.")
        wrong = _wrong(table, cells, columns, total) if len(cells) == width else "it is cut off"
        whole = [*cells, *[""] * (width - len(cells))]
        for column in columns:
            # What is wrong of a day may be a cell that is empty.
            if whole[column] or wrong:
                label = ALL if columns == [total] else labels[column]
                account = (_ID.search(label) or [label])[0] if by_account else ALL
                service = ALL if by_account or by_kind else label
                kind = label if by_kind else None
                rows.append(Row(line, whole[0], account, service, kind, whole[column], None, wrong))
    return Rows(
        "Cost Explorer's CSV",
        rows,
        _currency(table, columns),
        by=header[0],
        total=_total(table, total, columns),
        style=table.style,
        across=True,
    )


def _records(looked: Looked, text: str) -> Iterable[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=looked.delimiter)
    try:
        for cells in reader:
            if cells and reader.line_num > looked.skip:
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InvalidInput(
            f"{looked.part.name}, line {reader.line_num}: {error}. Download it again."
        ) from error


def _above(records: Sequence[tuple[int, Sequence[str]]]) -> Sequence[object]:
    """The rows before the first day."""
    for number, (_, cells) in enumerate(records[: _MOST_ABOVE + 1]):
        known = read_days([cells[0]])
        if known is None or known[cells[0]] is not None:
            return records[:number]
    return []


def _style(looked: Looked, records: Sequence[tuple[int, Sequence[str]]]) -> Style:
    seen = amounts.seen_in(cell for _, cells in records for cell in cells[1:] if "," in cell)
    points = any(re.search(amounts.DECIMAL_POINT, cell) for _, cells in records for cell in cells[1:])
    # A console writes points; a comma comes from a spreadsheet, which groups only where it parts decimals too.
    return amounts.style_of(seen, looked.delimiter, decimal_points=points) or "point"


def _total_column(table: _Table, width: int) -> int | None:
    """The column that is the sum of the others on most days, or is called a total; the last of all."""
    last = width - 1
    if last == 1:
        return 1 if any(_TOTAL.search(cells[1]) for cells in table.above if len(cells) > 1) else None
    equal, days = 0, 0
    for _, cells in table.below:
        numbers = [_number(cell, table.style) for cell in cells[1:width]]
        if len(numbers) == last and any(numbers):
            days += 1
            equal += abs(sum(numbers[:-1], Decimal(0)) - numbers[-1]) < CENT
    called = any(len(cells) == width and _TOTAL.search(cells[last]) for cells in table.above)
    return last if called or (days and 2 * equal > days) else None


def _wrong(table: _Table, cells: Sequence[str], columns: Sequence[int], total: int | None) -> str | None:
    """Of a day that is not the sum that its row says nothing is known: one of its cells is wrong, and nobody knows
    which.
    """
    if total is None or list(columns) == [total] or not cells[total]:
        return None
    stated = amounts.amount(cells[total], table.style)
    read = _sum(table, [cells], columns)
    if stated is not None and abs(stated - read) < CENT:
        return None
    return f"its cells add up to {read}, and its total says {cells[total]}"


def _total(table: _Table, total: int | None, columns: Sequence[int]) -> Total | None:
    """The row of totals, if there is one, and what the rows add up to."""
    place = total if total is not None else columns[0] if len(columns) == 1 else None
    for cells in table.above[1:]:
        numbers = [amounts.amount(cell, table.style) for cell in cells[1:] if cell]
        if place is not None and place < len(cells) and numbers and None not in numbers:
            stated = amounts.amount(cells[place], table.style)
            if stated is not None:
                return Total(stated, _sum(table, [cells for _, cells in table.below], columns))
    return None


def _sum(table: _Table, lines: Iterable[Sequence[str]], columns: Sequence[int]) -> Decimal:
    """Of what can be read in some columns."""
    return sum(
        (_number(cells[column], table.style) for cells in lines for column in columns if column < len(cells)),
        Decimal(0),
    )


def _currency(table: _Table, columns: Sequence[int]) -> str | None:
    """Of the columns' units. Raises InvalidInput for two, and for units of usage."""
    units = {
        match[1]
        for cells in table.above[:2]
        for column in columns
        if column < len(cells) and (match := _UNIT.search(cells[column])) and not _ID.fullmatch(match[1])
    }
    known = {unit: amounts.currency_of(unit) for unit in units}
    wrong = sorted(unit for unit, currency in known.items() if currency is None)
    if wrong and len(wrong) == len(units):
        raise InvalidInput(
            f"{table.file} is in {wrong[0]}, which is no currency: it is usage, not cost. Download costs."
        )
    found = sorted({currency for currency in known.values() if currency})
    if len(found) > 1:
        raise InvalidInput(
            f"{table.file} has costs in {' and '.join(found)}, which cannot be added. Give one file for each."
        )
    return found[0] if found else None


def _number(text: str, style: Style) -> Decimal:
    return amounts.amount(text, style) or Decimal(0)
