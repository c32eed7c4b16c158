"""Rows that cannot be read: which and why, and a refusal where they are too many to be slips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from finopsguard.costs.sources.files import bounds
from finopsguard.costs.sources.files.cells import REJECTED
from finopsguard.costs.sources.files.opened import Part
from finopsguard.costs.sources.files.staged import Source
from finopsguard.errors import InvalidInput

NAMED = 5
_SAME = " AND ".join(
    [
        "each.date IS NOT DISTINCT FROM wanted.date",
        *(
            f"each.{name} IS NOT DISTINCT FROM wanted.as_written.{name}"
            for name in ("odd_day", "odd_cost", "account", "service", "kind")
        ),
    ]
)


@dataclass(frozen=True)
class Rejected:
    """How many rows were left out, and a sentence for the first of them."""

    count: int = 0
    examples: tuple[str, ...] = ()


def rejected(
    database: duckdb.DuckDBPyConnection, what: str, sources: Sequence[Source], parts: Sequence[Part]
) -> Rejected:
    """The rows that cannot be read. Raises InvalidInput where they are more than MOST_REJECTED of all."""
    ((count, rows),) = database.execute(
        f"SELECT coalesce(sum(rows) FILTER ({REJECTED}), 0)::BIGINT, coalesce(sum(rows), 0)::BIGINT FROM cells"  # noqa: S608
    ).fetchall()
    if not count:
        return Rejected()
    examples = _examples(database, sources, parts)
    if count > bounds.MOST_REJECTED * rows:
        raise InvalidInput(
            f"{what}: {count:,} of {rows:,} rows cannot be read, more than {bounds.MOST_REJECTED:.0%}"
            f" ({'; '.join(examples[:3])}). Correct or export them again: what is not known cannot be judged."
        )
    return Rejected(count, tuple(examples))


def _examples(
    database: duckdb.DuckDBPyConnection, sources: Sequence[Source], parts: Sequence[Part]
) -> list[str]:
    """The first rows of the first files, with their lines; a second reading, which few files need."""
    database.execute("SET preserve_insertion_order = true")
    broken: dict[str, list[tuple[int, str]]] = {}
    for file, text in database.execute(
        "SELECT DISTINCT file, broken FROM cells WHERE broken IS NOT NULL"
    ).fetchall():
        line, _, why = text.removeprefix("line ").partition(": ")
        broken.setdefault(str(parts[file].path), []).append((int(line), why))
    database.execute(
        "CREATE TEMP TABLE wanted AS SELECT DISTINCT path AS file,"  # noqa: S608 - a constant
        " CASE WHEN as_written.odd_day IS NULL THEN date END AS date, as_written, date IS NULL AS no_date,"
        " amount IS NULL AS no_amount, account IS NULL AS no_account"
        f" FROM cells JOIN files ON files.number = cells.file WHERE broken IS NULL AND {REJECTED}"
    )
    found: list[tuple[str, int, str]] = []
    for source in sources:
        for path in source.paths:
            if len(found) < NAMED:
                lines = broken.get(path, [])
                rows = _rows(database, replace(source, paths=[path]), [line for line, _ in lines])
                found += [(path, line, why) for line, why in sorted([*lines, *rows])[:NAMED]]
    names = {str(part.path): part.name for part in parts}
    several = len(names) > 1
    return [
        f"{names[path]}, line {line}: {why}" if several else f"line {line}: {why}"
        for path, line, why in found[:NAMED]
    ]


def _rows(
    database: duckdb.DuckDBPyConnection, source: Source, broken: Sequence[int]
) -> list[tuple[int, str]]:
    """(line as a text editor counts, why) of a file's first rows that cannot be read."""
    (path,) = source.paths
    ((any_wanted,),) = database.execute("SELECT count(*) FROM wanted WHERE file = $1", [path]).fetchall()
    if not any_wanted:
        return []
    line = "line" if source.form == "rows" else f"row_number() OVER () + {1 + source.skip}"
    said = {
        **source.raw(),
        "line": line,
        "day_said": source.column("day"),
        "cost_said": source.column("cost"),
    }
    rows = f"SELECT {', '.join(f'{value} AS {name}' for name, value in said.items())} FROM {source.scan()}"  # noqa: S608
    found = database.execute(
        f"SELECT line, day_said, cost_said, no_date, no_amount, no_account FROM ({source.read(rows)}) AS each"  # noqa: S608
        f" JOIN wanted ON each.file = wanted.file AND {_SAME} ORDER BY line LIMIT {NAMED}"
    ).fetchall()
    return [(_counted(number, broken), _reason(*rest)) for number, *rest in found]


def _counted(line: int, broken: Sequence[int]) -> int:
    """The database numbers the rows that it could part into columns."""
    for each in sorted(broken):
        line += each <= line
    return line


def _reason(day: str | None, cost: str | None, no_date: bool, no_amount: bool, no_account: bool) -> str:
    if no_date:
        return f"{day!r} is not a date (YYYY-MM-DD)"
    if no_amount:
        return f"{cost!r} is not an amount of money"
    return f"it names no {'account' if no_account else 'service'}"
