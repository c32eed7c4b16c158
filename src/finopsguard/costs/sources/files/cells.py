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
_BARE = "regexp_replace(ltrim(trim(text), ''''), '^(\\d{9,12})\\.0+$', '\\1')"
# Names are numbered in their order: a number is small and soon compared, where there are millions of groups.
_NUMBERED = """
    CREATE TEMP TABLE {table} AS
    SELECT text, name,
        CASE WHEN name IS NOT NULL THEN dense_rank() OVER (ORDER BY name NULLS LAST)::INTEGER END AS number
    FROM ({names})
"""
_NAMES = {
    "accounts": f"SELECT text, {_ACCOUNT} AS name FROM"  # noqa: S608 - constants
    f" (SELECT text, {_BARE} AS bare FROM (SELECT DISTINCT account AS text FROM groups))",
    "services": "SELECT text, nullif(trim(text), '') AS name FROM (SELECT DISTINCT service AS text FROM groups)",
}
# Where a file has no kinds, a service that is called as one is one: Cost Explorer has a service "Tax".
_CELLS = f"""
    CREATE TEMP TABLE cells AS
    SELECT * EXCLUDE (odd_day, odd_cost, raw_account, raw_service, raw_kind),
        CASE WHEN {REJECTED} THEN {{'odd_day': odd_day, 'odd_cost': odd_cost, 'account': raw_account,
            'service': raw_service, 'kind': raw_kind}} END AS as_written
    FROM (
        SELECT files.number AS file, files.delivery, date, accounts.number AS account, services.number AS service,
            coalesce(kinds.kind, called.kind, 'usage') AS kind, nullif(upper(trim(currency)), '') AS currency,
            hash(period) AS period, amount, rows, broken, odd_day, odd_cost, groups.account AS raw_account,
            groups.service AS raw_service, groups.kind AS raw_kind
        FROM groups
        LEFT JOIN files ON files.path = groups.file
        LEFT JOIN accounts ON accounts.text = groups.account
        LEFT JOIN services ON services.text = groups.service
        LEFT JOIN kinds ON kinds.text = groups.kind
        LEFT JOIN called ON groups.kind IS NULL AND called.text = groups.service
    )
"""  # noqa: S608 - constants
_EXPONENT = "^\\s*\\d+([.,]\\d+)?[eE]\\+?\\d+\\s*$"


def create_cells(database: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """The table `cells` in place of the table `groups`, with the numbers of the names in `accounts` and `services`.

    Files are numbered in the order of the parts. Raises InvalidInput for account ids that cannot be told apart.
    """
    for table, names in _NAMES.items():
        database.execute(_NUMBERED.format(table=table, names=names))
    _refuse_exponents(database, parts)
    kinds = {text: charge_kind(text.strip()) for text in _distinct(database, "kind", "kind IS NOT NULL")}
    services = _distinct(database, "service", "kind IS NULL AND service IS NOT NULL")
    called = {text: charge_kind(text.strip()) for text in services if is_record_type(text.strip())}
    for table, known in (("kinds", kinds), ("called", called)):
        database.execute(f"CREATE TEMP TABLE {table} (text VARCHAR, kind VARCHAR)")
        database.execute(
            f"INSERT INTO {table} SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])",
            [list(known), list(known.values())],
        )
    deliveries = {
        delivery: number for number, delivery in enumerate(dict.fromkeys(part.delivery for part in parts))
    }
    database.execute(
        "CREATE TEMP TABLE files AS SELECT unnest($1::INTEGER[]) AS number, unnest($2::VARCHAR[]) AS path,"
        " unnest($3::INTEGER[]) AS delivery",
        [
            list(range(len(parts))),
            [str(part.path) for part in parts],
            [deliveries[part.delivery] for part in parts],
        ],
    )
    database.execute(_CELLS)
    database.execute("DROP TABLE groups")


def names_of(database: duckdb.DuckDBPyConnection, table: str) -> Mapping[int, str]:
    """The names of `accounts` or `services` by their numbers."""
    found = database.execute(f"SELECT DISTINCT number, name FROM {table} WHERE number IS NOT NULL").fetchall()  # noqa: S608
    return dict(found)


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
        "SELECT file, account, sum(rows) FROM groups WHERE account IN"
        " (SELECT text FROM accounts WHERE regexp_matches(text, $1)) GROUP BY ALL ORDER BY ALL LIMIT 1",
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
