"""What each group of rows is: whose, for what, usage or a charge besides it, in which currency; or not to be read.

One table, `cells`, which everything after it asks. A row of usage is not to be read where its day, account, service or
amount is not; of what is no usage only the amount counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import duckdb

from finopsguard.costs.charges import charge_kind, is_record_type
from finopsguard.costs.sources.files.opened import Part
from finopsguard.errors import InvalidInput
from finopsguard.models.report import ChargeKind

REJECTED = "(amount IS NULL OR kind = 'usage' AND (date IS NULL OR account IS NULL OR service IS NULL))"
"""SQL of a cell that cannot be read."""
# A spreadsheet makes a number of an id: without its first zeros, with a decimal point. Nine digits and more are an id
# that lost zeros, for nothing else is numbered so; fewer are somebody's own names and stay as they are.
_ACCOUNT = """
    CASE WHEN regexp_full_match(bare, '\\d{9,11}') THEN lpad(bare, 12, '0')
         WHEN regexp_full_match(bare, '\\d{4}-\\d{4}-\\d{4}') THEN replace(bare, '-', '')
         ELSE nullif(bare, '') END
"""
_BARE = "regexp_replace(ltrim(trim(groups.account), ''''), '^(\\d{9,12})\\.0+$', '\\1')"
# Where a file has no kinds, a service that is called as one is one: Cost Explorer has a service "Tax".
_CELLS = f"""
    CREATE TEMP TABLE cells AS
    SELECT file, delivery, date, {_ACCOUNT} AS account, service, kind, currency, period, amount, rows, broken,
        odd_day, odd_cost, as_written
    FROM (
        SELECT groups.* EXCLUDE (account, service, kind, currency), {_BARE} AS bare,
            {{'account': groups.account, 'service': groups.service, 'kind': groups.kind}} AS as_written,
            nullif(trim(groups.service), '') AS service, coalesce(kinds.kind, called.kind, 'usage') AS kind,
            nullif(upper(trim(currency)), '') AS currency, deliveries.delivery
        FROM groups
        LEFT JOIN kinds ON kinds.text = groups.kind
        LEFT JOIN called ON groups.kind IS NULL AND called.text = groups.service
        LEFT JOIN deliveries USING (file)
    )
"""  # noqa: S608 - constants
_EXPONENT = "^\\s*\\d+([.,]\\d+)?[eE]\\+?\\d+\\s*$"


def create_cells(database: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """The table `cells` in place of the table `groups`. Raises InvalidInput for ids that cannot be told apart."""
    _refuse_exponents(database, parts)
    kinds = {text: charge_kind(text.strip()) for text in _distinct(database, "kind", "kind IS NOT NULL")}
    services = _distinct(database, "service", "kind IS NULL AND service IS NOT NULL")
    called = {text: charge_kind(text.strip()) for text in services if is_record_type(text.strip())}
    _pairs(database, "kinds", "text VARCHAR, kind VARCHAR", list(kinds), list(kinds.values()))
    _pairs(database, "called", "text VARCHAR, kind VARCHAR", list(called), list(called.values()))
    _pairs(
        database,
        "deliveries",
        "file VARCHAR, delivery VARCHAR",
        [str(part.path) for part in parts],
        [part.delivery for part in parts],
    )
    database.execute(_CELLS)
    database.execute("DROP TABLE groups")


def currency_of_cells(database: duckdb.DuckDBPyConnection, what: str) -> str | None:
    """The one currency; None where no row names one. Raises InvalidInput for two."""
    found = [
        text
        for (text,) in database.execute(
            "SELECT DISTINCT currency FROM cells WHERE currency IS NOT NULL AND amount <> 0 ORDER BY 1"
        ).fetchall()
    ]
    if len(found) > 1:
        raise InvalidInput(
            f"{what} has costs in {' and '.join(found[:4])}, which cannot be added. Give one file for each currency."
        )
    return found[0] if found else None


def charges(database: duckdb.DuckDBPyConnection) -> Mapping[ChargeKind, Decimal]:
    """What could be read, by kind."""
    return dict(
        database.execute(
            f"SELECT kind, sum(amount) FROM cells WHERE NOT {REJECTED} GROUP BY kind ORDER BY kind <> 'usage', kind"  # noqa: S608
        ).fetchall()
    )


def refuse_months(database: duckdb.DuckDBPyConnection, what: str) -> None:
    """Raises InvalidInput for costs by month."""
    ((days, others),) = database.execute(
        "SELECT count(DISTINCT date), count(DISTINCT date) FILTER (day(date) <> 1) FROM cells WHERE kind = 'usage'"
    ).fetchall()
    if days > 1 and not others:
        raise InvalidInput(
            f"{what} has costs by month ({days} of them): each of its days is the first of one. Export it by day"
            " (in Cost Explorer: Granularity, Daily)."
        )


def _refuse_exponents(database: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    found = database.execute(
        "SELECT file, account, sum(rows) FROM groups WHERE regexp_matches(account, $1)"
        " GROUP BY ALL ORDER BY ALL LIMIT 1",
        [_EXPONENT],
    ).fetchall()
    if found:
        ((path, account, rows),) = found
        name = next(part.name for part in parts if str(part.path) == path)
        raise InvalidInput(
            f"{name} has account ids such as {account!a} ({rows:,} rows): a spreadsheet cut them off, and accounts"
            " cannot be told apart. Export the file again and do not save it with a spreadsheet, or make that column"
            " text first."
        )


def _distinct(database: duckdb.DuckDBPyConnection, column: str, where: str) -> list[str]:
    found = database.execute(f"SELECT DISTINCT {column} FROM groups WHERE {where}").fetchall()  # noqa: S608
    return [text for (text,) in found]


def _pairs(
    database: duckdb.DuckDBPyConnection, table: str, columns: str, left: Sequence[str], right: Sequence[str]
) -> None:
    database.execute(f"CREATE TEMP TABLE {table} ({columns})")
    database.execute(
        f"INSERT INTO {table} SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])", [left, right]
    )
