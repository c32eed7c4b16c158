"""Costs that are there twice: in two exports that were given together, or in a file and its copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from finopsguard.costs.sources.files.opened import Part
from finopsguard.errors import InvalidInput

_MOST_ALIKE = 0.5
"""Two parts of one export may have the same sum for a day's service by chance; not for half of what they hold."""
# A day that two exports have, each for a bill of its own, is there once.
_TWICE = """
    SELECT {keys}, min(file), max(file) FROM cells
    WHERE kind = 'usage' AND date IS NOT NULL GROUP BY period, {keys} HAVING count(DISTINCT {whose}) > 1 ORDER BY ALL
"""


def refuse_overlaps(
    database: duckdb.DuckDBPyConnection, parts: Sequence[Part], *, lines: bool, across: bool
) -> None:
    """Raises InvalidInput where a day's service of an account is in two exports.

    `lines`: files hold lines of a bill, so parts of one export share days; else each file is an export. `across`: a
    file has its services or accounts across, and not both: two of them for one day count it twice, whatever they have
    across.
    """
    names = {str(part.path): part.name for part in parts}
    if len(names) < 2:
        return
    keys = "date" if across else "date, account, service"
    whose = "delivery" if lines else "file"
    query = _TWICE.format(keys=keys, whose=whose)
    found = database.execute(f"SELECT *, count(*) OVER () FROM ({query}) ORDER BY ALL LIMIT 1").fetchall()  # noqa: S608
    if found:
        *labels, one, other, count = found[0]
        raise _twice(
            names,
            one,
            other,
            f"{', '.join(map(str, labels))} and {count - 1:,} more" if count > 1 else str(labels[0]),
        )
    if lines:
        _refuse_copies(database, names)


def _refuse_copies(database: duckdb.DuckDBPyConnection, names: Mapping[str, str]) -> None:
    """Parts of one export share days and services; where most of their sums are the same, they are the same part."""
    found = database.execute(
        """
        WITH sums AS (
            SELECT file, period, date, account, service, kind, sum(amount) AS amount, sum(rows) AS rows
            FROM cells WHERE amount <> 0 GROUP BY ALL
        ), alike AS (
            SELECT file, count(*) OVER whole AS files, min(file) OVER whole AS one, max(file) OVER whole AS other
            FROM sums WINDOW whole AS (PARTITION BY period, date, account, service, kind, amount, rows)
        )
        SELECT any_value(one) FILTER (files > 1), any_value(other) FILTER (files > 1), file FROM alike
        GROUP BY file HAVING count(*) FILTER (files > 1) > $1 * count(*) ORDER BY ALL LIMIT 1
        """,
        [_MOST_ALIKE],
    ).fetchall()
    if found:
        one, other, _ = found[0]
        raise _twice(names, one, other, "most of their sums are the same")


def _twice(names: Mapping[str, str], one: str, other: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{names[one]} and {names[other]} have the same costs ({what}): added up they count twice. Give one of them, or"
        " say --add-overlaps if they are parts of one export."
    )
