"""Reads files of daily costs: the series that the detector takes, and what was seen, left out and refused.

Every row of every dialect goes the same way: text, groups in DuckDB (`staged`), what each is (`cells`), what of it is
unknown (`gaps`). Raises InvalidInput, which says the file, the row or column, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import duckdb

from finopsguard.costs.series import DailySeries
from finopsguard.costs.sources.files import bounds, cells, staged
from finopsguard.costs.sources.files.answers import read_answers
from finopsguard.costs.sources.files.console import is_console, read_console
from finopsguard.costs.sources.files.database import database as opened_database
from finopsguard.costs.sources.files.database import exactly
from finopsguard.costs.sources.files.dialects import Layout, lay_out
from finopsguard.costs.sources.files.gaps import series_of
from finopsguard.costs.sources.files.looked import Looked, look, whole
from finopsguard.costs.sources.files.opened import Opened, opened
from finopsguard.costs.sources.files.overlaps import refuse_overlaps
from finopsguard.costs.sources.files.rejected import Rejected, rejected
from finopsguard.costs.sources.files.rows import Rows, Total
from finopsguard.costs.sources.files.staged import Source
from finopsguard.errors import InvalidInput
from finopsguard.models.report import ChargeKind


@dataclass(frozen=True)
class Seen:
    """What a file turned out to be. `charges` are what could be read, by kind; `ignored` files that are none of
    costs.
    """

    dialect: str
    files: int
    accounts: int
    currency: str | None
    metric: str
    charges: Mapping[ChargeKind, Decimal]
    total: Total | None
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """Costs of files as the detector takes them. `left_out`: series of which a row names no day, so that none is
    known.
    """

    series: DailySeries
    seen: Seen
    rejected: Rejected
    left_out: int


@dataclass(frozen=True)
class _Staged:
    """How files of one dialect are read, and what they say of themselves."""

    dialect: str
    metric: str
    by: str
    lines: bool
    across: bool
    sources: list[Source]
    totals: list[Total]


def read_export(
    given: Sequence[str | Path],
    stdin: BinaryIO,
    *,
    missing_are_zero: bool = False,
    add_overlaps: bool = False,
) -> Export:
    """Reads files, folders, patterns, archives or `-` (`stdin`) as one export.

    `missing_are_zero`: a day without any row cost nothing. `add_overlaps`: what two files have both is added. Raises
    InvalidInput.
    """
    try:
        return _read(
            [str(each) for each in given], stdin, missing_are_zero=missing_are_zero, add_overlaps=add_overlaps
        )
    except InvalidInput as error:
        # A message quotes the file: what is not printable there is no message to a terminal.
        said = "".join(each if each.isprintable() else " " for each in str(error))
        raise InvalidInput(said) from error


def _read(names: Sequence[str], stdin: BinaryIO, *, missing_are_zero: bool, add_overlaps: bool) -> Export:
    what = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    with opened(names, stdin) as found, opened_database(what) as database:
        staged.create(database)
        read = _stage(database, found)
        cells.create_cells(database, found.parts)
        currency = cells.currency_of_cells(database, what)
        cells.refuse_months(database, what)
        if not add_overlaps:
            refuse_overlaps(database, found.parts, lines=read.lines, across=read.across)
        left = rejected(database, what, read.sources, found.parts)
        judged = series_of(database, what, missing_are_zero=missing_are_zero)
        total = None
        if read.totals and len(read.totals) == len(found.parts):
            total = Total(
                sum((each.stated for each in read.totals), Decimal(0)),
                sum((each.read for each in read.totals), Decimal(0)),
            )
        seen = Seen(
            read.dialect,
            len(found.parts),
            len(set(judged.series.accounts)),
            currency,
            read.metric,
            cells.charges(database),
            total,
            tuple(found.ignored),
        )
        return Export(judged.series, seen, left, judged.left_out)


def _stage(database: duckdb.DuckDBPyConnection, found: Opened) -> _Staged:
    """Adds all files up; those of one form and header together."""
    looked = [look(part, found) for part in found.parts]
    # What is no UTF-8 was written anew: from here on that is the part.
    found.parts[:] = [each.part for each in looked]
    _refuse_many(database, looked)
    alike: dict[tuple[object, ...], list[Looked]] = {}
    for each in looked:
        header = (
            each.header
            if each.form == "text"
            else (_columns(database, each) if each.form == "parquet" else ())
        )
        alone = each.form == "json" or (each.form == "text" and is_console(each))
        key = (each.part.path if alone else None, each.form, each.packed, each.delimiter, each.skip, header)
        alike.setdefault(key, []).append(each)
    read: _Staged | None = None
    for files in alike.values():
        here = _stage_alike(database, files)
        if read is None:
            read = here
        elif (read.dialect, read.metric, read.by) != (here.dialect, here.metric, here.by):
            was, now = (" ".join(filter(None, (each.dialect, each.metric, each.by))) for each in (read, here))
            raise InvalidInput(
                f"The files are of two kinds ({was}; {now}: {files[0].part.name}). Give those of one kind."
            )
        else:
            read = replace(read, sources=[*read.sources, *here.sources], totals=[*read.totals, *here.totals])
    assert read is not None  # noqa: S101 - `opened` gives one file at least
    return read


def _stage_alike(database: duckdb.DuckDBPyConnection, files: Sequence[Looked]) -> _Staged:
    first = files[0]
    if first.form == "json" or (first.form == "text" and is_console(first)):
        text = whole(first)
        rows = read_answers(first.part.name, text) if first.form == "json" else read_console(first, text)
        return _stage_rows(database, first, rows)
    header: Mapping[str, str] = dict.fromkeys(first.header, "VARCHAR")
    if first.form == "parquet":
        header = dict(_columns(database, first))
    layout = lay_out(first.part.name, list(header))
    source = Source(
        "parquet" if first.form == "parquet" else "text",
        [str(each.part.path) for each in files],
        layout.columns,
        header=tuple(first.header),
        delimiter=first.delimiter,
        skip=first.skip,
        packed=first.packed,
        types=header if first.form == "parquet" else {},
    )
    return _of_layout(layout, staged.stage(database, first.part.name, source))


def _of_layout(layout: Layout, source: Source) -> _Staged:
    return _Staged(layout.name, layout.metric, "", layout.dialect.lines, False, [source], [])


def _stage_rows(database: duckdb.DuckDBPyConnection, looked: Looked, rows: Rows) -> _Staged:
    if not rows.rows:
        raise InvalidInput(f"{looked.part.name} has no row of daily costs. Export it for more days.")
    source = staged.stage(database, looked.part.name, staged.register(database, str(looked.part.path), rows))
    return _Staged(
        rows.dialect,
        rows.metric,
        f"by {rows.by}" if rows.by else "",
        False,
        rows.across,
        [source],
        [rows.total] if rows.total else [],
    )


def _columns(database: duckdb.DuckDBPyConnection, looked: Looked) -> tuple[tuple[str, str], ...]:
    """(name, type) of a Parquet file's columns."""
    found = database.execute(
        "DESCRIBE SELECT * FROM read_parquet($1)", [exactly(looked.part.path)]
    ).fetchall()
    return tuple((name, kind) for name, kind, *_ in found)


def _refuse_many(database: duckdb.DuckDBPyConnection, looked: Sequence[Looked]) -> None:
    """Raises InvalidInput for Parquet files whose footers name too many rows: they are not read."""
    paths = [exactly(each.part.path) for each in looked if each.form == "parquet"]
    if not paths:
        return
    ((rows,),) = database.execute("SELECT sum(num_rows) FROM parquet_file_metadata($1)", [paths]).fetchall()
    if rows > bounds.MOST_ROWS:
        raise InvalidInput(
            f"{looked[0].part.name} has {rows:,} rows, more than {bounds.MOST_ROWS:,}. {bounds.SMALLER}"
        )
