"""Costs that are there twice: in two exports that were given together, or in a file and its copy."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from finopsguard.costs.sources.files.cells import names_of
from finopsguard.costs.sources.files.opened import Part
from finopsguard.errors import InvalidInput

_MOST_ALIKE = 0.5
"""Two parts of one export may have the same sum for a day's service by chance; not for half of what they hold."""
# A day that two exports have, each for a bill of its own, is there once.
_TWICE = """
    SELECT {keys}, min(file) AS one, max(file) AS other FROM cells
    WHERE kind = 'usage' AND date IS NOT NULL GROUP BY period, {keys} HAVING min({whose}) <> max({whose})
"""
_ALIKE = """
    WITH sums AS (
        SELECT file, hash(period, date, account, service, kind, sum(amount), sum(rows)) AS what
        FROM cells WHERE amount <> 0 GROUP BY file, period, date, account, service, kind
    ), alike AS (
        SELECT what, min(file) AS one, max(file) AS other FROM sums GROUP BY what HAVING count(*) > 1
    )
    SELECT min(one), max(other) FROM sums LEFT JOIN alike USING (what)
    GROUP BY file HAVING count(one) > $1 * count(*) ORDER BY ALL LIMIT 1
"""


def refuse_overlaps(
    database: duckdb.DuckDBPyConnection, parts: Sequence[Part], *, lines: bool, across: bool
) -> None:
    """Raises InvalidInput where a day's service of an account is in two exports.

    `lines`: files hold lines of a bill, so parts of one export share days; else each file is an export. `across`: a
    file has its services or accounts across, and not both: two of them for one day count it twice, whatever they have
    across.
    """
    if len(parts) < 2:
        return
    names = [part.name for part in parts]
    if not lines or len({part.delivery for part in parts}) > 1:
        keys = "date" if across else "date, account, service"
        query = _TWICE.format(keys=keys, whose="delivery" if lines else "file")
        found = database.execute(f"SELECT *, count(*) OVER () FROM ({query}) ORDER BY ALL LIMIT 1").fetchall()  # noqa: S608
        for day, *labels, one, other, count in found:
            said = [
                names_of(database, table)[label]
                for table, label in zip(("accounts", "services"), labels, strict=False)
            ]
            more = f" and {count - 1:,} more" if count > 1 else ""
            raise _twice(names[one], names[other], f"{', '.join([str(day), *said])}{more}")
    if lines:
        # Parts of one export share days and services; where most of their sums are the same, they are the same part.
        for one, other in database.execute(_ALIKE, [_MOST_ALIKE]).fetchall():
            raise _twice(names[one], names[other], "most of their sums are the same")


def _twice(one: str, other: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{one} and {other} have the same costs ({what}): added up they count twice. Give one of them, or"
        " say --add-overlaps if they are parts of one export."
    )
