"""Sums of files in DuckDB, streamed and exact: a group for each file, day, account, service, kind and currency.

A day or an amount that is not in its plain form stays as it is written, as a group of its own, and is read after it:
of ten million rows few are so. `line_item`s are never held; what does not fit into memory goes to the disk.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import duckdb
import numpy as np

from finopsguard.aws.sql import literal, quoted
from finopsguard.costs.sources.files import amounts, bounds
from finopsguard.costs.sources.files.amounts import Style
from finopsguard.costs.sources.files.database import exactly
from finopsguard.costs.sources.files.days import read_days
from finopsguard.costs.sources.files.dialects import Role
from finopsguard.costs.sources.files.rows import Rows
from finopsguard.errors import InvalidInput

_PLAIN_AMOUNT = "DECIMAL(18, 10)"
"""Faster than a wider one; what is larger is read as what is written otherwise."""
_GROUPS = """
    CREATE TEMP TABLE groups (file VARCHAR, date DATE, odd_day VARCHAR, account VARCHAR, service VARCHAR, kind VARCHAR,
        currency VARCHAR, period VARCHAR, odd_cost VARCHAR, broken VARCHAR, amount DECIMAL(38, 10), rows BIGINT)
"""
_ROLES = ("account", "service", "kind", "currency", "period")
_FROM_SIGN = "regexp_extract(odd_cost, {money})"
_DAYS_AT_ONCE = 200_000
_LONGEST_LINE = 4_000
"""Characters of a broken line that are looked at."""


@dataclass(frozen=True)
class Source:
    """Files of one form and one header: how the database reads them.

    `columns` are the names of a role's columns; `types` those of Parquet, empty for text. `names` are the files' by
    path.
    """

    form: Literal["parquet", "text", "rows"]
    paths: Sequence[str]
    columns: Mapping[Role, Sequence[str]]
    header: Sequence[str] = ()
    delimiter: str = ","
    skip: int = 0
    packed: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    style: Style = "point"

    def scan(self) -> str:
        """SQL of all rows with their file's path in `filename`."""
        paths = "[" + ", ".join(literal(exactly(path)) for path in self.paths) + "]"
        if self.form == "rows":
            return quoted(self.paths[0])
        if self.form == "parquet":
            return f"read_parquet({paths}, filename = true, union_by_name = true)"
        columns = ", ".join(f"{literal(str(place))}: 'VARCHAR'" for place in range(len(self.header)))
        return (
            f"read_csv({paths}, auto_detect = false, header = true, skip = {self.skip},"
            f" delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', filename = true, store_rejects = true,"
            f" rejects_limit = {bounds.MOST_BROKEN}, compression = '{'gzip' if self.packed else 'none'}',"
            f" columns = {{{columns}}})"
        )

    def column(self, role: Role) -> str:
        """SQL of a role's text: of several columns the first that is not empty in the row. NULL where there is
        none.
        """
        names = [self._named(name) for name in self.columns.get(role, ())]
        if len(names) < 2:
            return f"{names[0]}::VARCHAR" if names else "NULL::VARCHAR"
        filled = ", ".join(f"nullif({name}::VARCHAR, '')" for name in names)
        return f"coalesce({filled})"

    def raw(self) -> Mapping[str, str]:
        """SQL of what each row says, by name: whatever is not the same in all rows, and the amount.

        A day is its first ten characters, and all of them where it has an offset; an amount that is none stays as it
        is written. What can be made of them is made of the groups: to do it row by row takes half as long again.
        """
        day, cost = self._named(self.columns["day"][0]), self._named(self.columns["cost"][0])
        amount = f"try_cast({cost} AS {_PLAIN_AMOUNT})"
        if self.style == "comma":
            text = f"{cost}::VARCHAR"
            amount = f"CASE WHEN NOT {amounts.has_money(text)} THEN {amounts.parsed(text, 'comma')} END"
        found = {"day": f"{day}::DATE", "odd_day": f"CASE WHEN {day} IS NULL THEN '' END"}
        if not self._has_dates():
            moved = f"contains(substr({day}, 20), '+') OR contains(substr({day}, 20), '-')"
            found = {
                "day": f"left(ltrim({day}::VARCHAR), 10)",
                "odd_day": f"CASE WHEN length({day}::VARCHAR) > 20 AND ({moved}) THEN {day}::VARCHAR END",
            }
        if len(self.paths) > 1:
            found["file"] = "filename"
        if self.form == "rows":
            amount = f"CASE WHEN wrong IS NULL THEN {amount} END"
            found["broken"] = "'line ' || line || ': ' || wrong"
        found |= {role: self.column(role) for role in _ROLES if self.columns.get(role)}
        found["odd_cost"] = f"CASE WHEN {amount} IS NULL THEN coalesce({cost}::VARCHAR, '') END"
        return {**found, "amount": amount}

    def read(self, rows: str) -> str:
        """SQL of `rows`, which have the columns of `raw` or are groups of them, with the day and all columns of
        `groups`.
        """
        known = self.raw()
        same = {name: "NULL::VARCHAR" for name in (*_ROLES, "broken") if name not in known}
        if "file" not in known:
            same["file"] = literal(self.paths[0])
        date = "day" if self._has_dates() else "try_cast(day AS DATE)"
        others = ", ".join(f"{value} AS {name}" for name, value in same.items())
        return (
            "SELECT * EXCLUDE (day, odd_day),"  # noqa: S608 - names of columns, quoted
            f" CASE WHEN odd_day IS NULL AND isfinite({date}) THEN {date} END AS date,"
            f" CASE WHEN odd_day IS NOT NULL THEN odd_day WHEN {date} IS NULL OR NOT isfinite({date})"
            f" THEN coalesce(day::VARCHAR, '') END AS odd_day, {others} FROM ({rows})"
        )

    def _has_dates(self) -> bool:
        kind = self.types.get(self.columns["day"][0], "VARCHAR")
        return kind == "DATE" or kind.startswith("TIMESTAMP")

    def _named(self, name: str) -> str:
        """A text file's columns are named by their place: a header may have a name twice."""
        return quoted(str(list(self.header).index(name)) if self.form == "text" else name)


def create(database: duckdb.DuckDBPyConnection) -> None:
    """An empty table `groups`."""
    database.execute(_GROUPS)


def stage(database: duckdb.DuckDBPyConnection, what: str, source: Source) -> Source:
    """Adds the groups of some files, which `what` names; returns the source as it was read in the end.

    Raises InvalidInput for amounts and days that can be read in two ways.
    """
    _insert(database, what, source)
    ((odd_amounts, odd_days),) = database.execute(
        "SELECT bool_or(odd_cost IS NOT NULL AND broken IS NULL), bool_or(odd_day IS NOT NULL) FROM groups"
        " WHERE list_contains($1, file)",
        [list(source.paths)],
    ).fetchall()
    if odd_amounts:
        style = _style(database, what, source)
        if style != source.style:
            source = replace(source, style=style)
            database.execute("DELETE FROM groups WHERE list_contains($1, file)", [list(source.paths)])
            _insert(database, what, source)
        _read_odd_amounts(database, source)
    if odd_days:
        _read_odd_days(database, what, source)
    return source


def register(database: duckdb.DuckDBPyConnection, path: str, given: Rows) -> Source:
    """The source of rows that were read whole, in a table of their own."""
    rows = given.rows
    columns = {
        name: np.array([getattr(row, name) for row in rows], dtype=object)
        for name in ("day", "account", "service", "kind", "cost", "wrong")
    }
    columns["currency"] = np.array([row.currency or given.currency for row in rows], dtype=object)
    columns["line"] = np.array([row.line for row in rows], dtype=np.int64)
    database.register("rows_given", columns)
    types = ", ".join(f"{name}::{'BIGINT' if name == 'line' else 'VARCHAR'} AS {name}" for name in columns)
    database.execute(
        f"CREATE TEMP TABLE {quoted(path)} AS SELECT {types} FROM rows_given"  # noqa: S608
    )
    database.unregister("rows_given")
    roles = ("day", "account", "service", "cost", "kind", "currency")
    return Source("rows", [path], {role: [role] for role in roles}, style=given.style)


def _insert(database: duckdb.DuckDBPyConnection, what: str, source: Source) -> None:
    database.execute("DROP TABLE IF EXISTS reject_errors")
    database.execute("DROP TABLE IF EXISTS reject_scans")
    said = source.raw()
    keys = ", ".join(name for name in said if name != "amount")
    rows = f"SELECT {', '.join(f'{value} AS {name}' for name, value in said.items())} FROM {source.scan()}"  # noqa: S608
    groups = f"SELECT {keys}, sum(amount) AS amount, count(*) AS rows FROM ({rows}) GROUP BY {keys}"  # noqa: S608
    database.execute(f"INSERT INTO groups BY NAME {source.read(groups)}")
    if source.form == "text":
        _insert_broken(database, what, source)


def _insert_broken(database: duckdb.DuckDBPyConnection, what: str, source: Source) -> None:
    """Lines that are no rows: what can be known of one is known, and its amount is not."""
    found = database.execute(
        "SELECT file_path, line, left(any_value(csv_line), $1), any_value(error_message),"
        " any_value(error_type::VARCHAR) FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
        " GROUP BY ALL ORDER BY ALL",
        [_LONGEST_LINE],
    ).fetchall()
    if len(found) >= bounds.MOST_BROKEN:
        raise InvalidInput(
            f"{what} has more than {bounds.MOST_BROKEN:,} lines that are no rows of it (line {found[0][1]}:"
            f" {_first(found[0][3])}). Export it again."
        )
    if found:
        known = [_known(source, *row) for row in found]
        database.execute(
            "INSERT INTO groups BY NAME SELECT unnest($1::VARCHAR[]) AS file, unnest($2::VARCHAR[]) AS odd_day,"
            " unnest($3::VARCHAR[]) AS account, unnest($4::VARCHAR[]) AS service, unnest($5::VARCHAR[]) AS broken,"
            " '' AS odd_cost, 1 AS rows",
            [list(column) for column in zip(*known, strict=True)],
        )


def _known(
    source: Source, path: str, line: int, text: str | None, error: str, kind: str
) -> tuple[str, str, str | None, str | None, str]:
    """(file, day, account, service, why) of a broken line. Cells after a surplus one may be of another column."""
    cells = _cells(text or "", source.delimiter)
    account, service = _cell(cells, source, "account"), _cell(cells, source, "service")
    if kind != "MISSING COLUMNS":
        account, service = account if (account or "").isdigit() else None, None
    return path, _cell(cells, source, "day") or "", account, service, f"line {line}: {_first(error)}"


def _first(message: str) -> str:
    return (str(message).splitlines() or [""])[0]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _cell(cells: Sequence[str], source: Source, role: Role) -> str | None:
    for name in source.columns.get(role, ()):
        place = list(source.header).index(name)
        if place < len(cells) and cells[place].strip():
            return cells[place]
    return None


def _style(database: duckdb.DuckDBPyConnection, what: str, source: Source) -> Style:
    """How the files write amounts. Raises InvalidInput where 1,234 can be a thousand or one."""
    if source.form == "rows" or source.style == "comma":
        return source.style
    where = "odd_cost IS NOT NULL AND broken IS NULL AND list_contains($1, file)"
    ((point, comma, unsure, example),) = database.execute(
        f"SELECT {amounts.count('odd_cost', 'rows')}, min(odd_cost) FILTER (odd_cost <> '') FROM groups WHERE {where}",  # noqa: S608
        [list(source.paths)],
    ).fetchall()
    seen = amounts.Seen(point, comma, unsure)
    points = bool(unsure and not point and not comma) and _has_points(database, source)
    style = amounts.style_of(seen, source.delimiter, decimal_points=points)
    if style is None:
        raise InvalidInput(
            f"{what}: {example!a} can be a thousand or one and a part, and no other amount of the file says which."
            " Write amounts without separators of thousands, and with a decimal point."
        )
    return style


def _has_points(database: duckdb.DuckDBPyConnection, source: Source) -> bool:
    cost = source.column("cost")
    found = database.execute(
        f"SELECT 1 FROM {source.scan()} WHERE regexp_matches({cost}, '{amounts.DECIMAL_POINT}') LIMIT 1"  # noqa: S608
    ).fetchall()
    return bool(found)


def _read_odd_amounts(database: duckdb.DuckDBPyConnection, source: Source) -> None:
    signs = " ".join(f"WHEN {literal(sign)} THEN {literal(code)}" for sign, code in amounts.SIGNS.items())
    sign = _FROM_SIGN.format(money=literal(amounts.MONEY))
    database.execute(
        f"UPDATE groups SET amount = rows * {amounts.parsed('odd_cost', source.style)},"  # noqa: S608
        f" currency = coalesce(nullif(currency, ''), CASE {sign} {signs} ELSE nullif({sign}, '') END)"
        " WHERE odd_cost IS NOT NULL AND broken IS NULL AND amount IS NULL AND list_contains($1, file)",
        [list(source.paths)],
    )


def _read_odd_days(database: duckdb.DuckDBPyConnection, what: str, source: Source) -> None:
    found = database.execute(
        "SELECT DISTINCT odd_day FROM groups"  # noqa: S608 - a constant
        " WHERE odd_day IS NOT NULL AND date IS NULL AND list_contains($1, file)"
        f" LIMIT {_DAYS_AT_ONCE}",
        [list(source.paths)],
    ).fetchall()
    known = read_days(text for (text,) in found)
    if known is None:
        example = next(text for (text,) in found if "/" in text or "-" in text)
        raise InvalidInput(
            f"{what}: {example!a} can be two days: no date of the file says which of its numbers is the month. Write"
            " days as YYYY-MM-DD."
        )
    _replace_days(database, [(text, day) for text, day in known.items() if day])


def _replace_days(database: duckdb.DuckDBPyConnection, days: Iterable[tuple[str, object]]) -> None:
    pairs = list(days)
    if pairs:
        texts, dates = ([str(pair[place]) for pair in pairs] for place in (0, 1))
        database.execute(
            "UPDATE groups SET date = known.day FROM (SELECT unnest($1::VARCHAR[]) AS text, unnest($2::DATE[]) AS day)"
            " AS known WHERE groups.odd_day = known.text AND groups.date IS NULL",
            [texts, dates],
        )
