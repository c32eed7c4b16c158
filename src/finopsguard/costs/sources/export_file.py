"""Reads exports of daily costs for `finopsguard detect`: what the detector takes, and what was left out and why.

A file is CSV or Parquet with a row per date, account and service (a CUR or FOCUS export reduced to these columns keeps
its column names), or the CSV that Cost Explorer's console downloads (dates down, services or accounts across). DuckDB
reads and adds; sums are exact decimals until they become the detector's floats. A file may be anybody's: a Parquet file
of a megabyte can hold a thousand million rows, so rows, memory, time and days have bounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread

import duckdb
import numpy as np

from finopsguard.costs.series import DailySeries
from finopsguard.errors import InvalidInput

# Names that a column may have, in lower case: ours, then CUR's and FOCUS's.
COLUMNS: Mapping[str, Sequence[str]] = {
    "date": ("date", "day", "usage_date", "line_item_usage_start_date", "chargeperiodstart"),
    "account_id": ("account_id", "account", "linked_account", "line_item_usage_account_id", "subaccountid"),
    "service": ("service", "service_name", "product_servicecode", "line_item_product_code", "servicename"),
    "cost": ("cost", "amount", "unblended_cost", "line_item_unblended_cost", "effectivecost", "billedcost"),
}
ALL = "all"
_WIDE_UNITS = ("($)", "(USD)")
_TOTALS = "('service total', 'linked account total', 'total costs', 'total costs ($)')"
_GAPS_NAMED = 5
# 10,000 accounts with 20 services over 98 days.
_MOST_ROWS = 20_000_000
# 10,000 accounts with 20 services over a year are 73 million; these take 800 MB.
_MOST_AMOUNTS = 100_000_000
_MOST_DAYS = 3_660
_MOST_SECONDS = 60.0
_INTERRUPT_AGAIN = 0.1
_MEMORY = "4GB"
_SMALLER = "Give a file of fewer accounts or days, with only the columns date, account_id, service and cost."
_PARQUET = (".parquet", ".pq")
# Text of every row: number, day, account, service, cost. `raw` is the file with every column as text.
_LONG = (
    "SELECT row_number, {date} AS day, {account_id} AS account, {service} AS service, {cost} AS cost FROM raw"
)
_WIDE = """
    SELECT row_number, day, {account} AS account, {service} AS service, cost
    FROM (
        SELECT row_number, day, trim(regexp_replace(label, '\\((\\$|USD)\\)\\s*$', '')) AS label, cost
        FROM (UNPIVOT (SELECT row_number, {first} AS day, * EXCLUDE (row_number, {first}) FROM raw)
              ON COLUMNS(* EXCLUDE (row_number, day)) INTO NAME label VALUE cost)
    )
    WHERE lower(trim(day)) NOT IN {totals} AND lower(label) NOT IN {totals} AND trim(cost) <> ''
"""
# Spreadsheets cut the leading zeros of account ids.
_READ = """
    CREATE TEMP TABLE costs AS
    SELECT row_number, day, cost, try_cast(left(trim(day), 10) AS DATE) AS date,
        try_cast(ltrim(trim(cost), '$') AS DECIMAL(38, 10)) AS amount,
        CASE WHEN regexp_full_match(trim(account), '\\d{{1,12}}') THEN lpad(trim(account), 12, '0')
             ELSE nullif(trim(account), '') END AS account,
        nullif(trim(service), '') AS service
    FROM ({rows})
"""
_SUMS = """
    SELECT account, service, date, sum(amount)::DOUBLE FROM costs
    WHERE date IS NOT NULL AND amount IS NOT NULL AND account IS NOT NULL AND service IS NOT NULL
    GROUP BY ALL ORDER BY ALL
"""
_REJECTED = """
    SELECT row_number, day, cost, date IS NULL, amount IS NULL, account IS NULL FROM costs
    WHERE date IS NULL OR amount IS NULL OR account IS NULL OR service IS NULL ORDER BY row_number
"""


@dataclass(frozen=True)
class Export:
    """A file's costs as the detector takes them, in the file's currency."""

    series: DailySeries
    rejected: list[str]
    """One sentence for each row that was left out."""


def read_export(path: Path, *, missing_are_zero: bool = False) -> Export:
    """Reads a file; raises InvalidInput when it is not one, is too large, lacks a column, or has days without a row."""
    if not path.is_file():
        raise InvalidInput(f"{path} is not a file. Give a CSV or Parquet file of daily costs.")
    try:
        with _database() as database:
            broken = _load(database, path)
            names = [name for name, *_ in database.execute("DESCRIBE raw").fetchall() if name != "row_number"]
            database.execute(_READ.format(rows=_rows(path, names)))
            sums = database.execute(_SUMS).fetchall()
            rejected = [*broken, *(_reason(*row) for row in database.execute(_REJECTED).fetchall())]
    except duckdb.InterruptException as error:
        raise InvalidInput(f"{path} takes more than {_MOST_SECONDS:.0f} s to read. {_SMALLER}") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidInput(f"{path} needs more than {_MEMORY} of memory. {_SMALLER}") from error
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise InvalidInput(f"{path} cannot be read as CSV or Parquet ({why}).") from error
    return _export(path, sums, rejected, missing_are_zero=missing_are_zero)


@contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that stops when its time is up, and leaves nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(
            config={"memory_limit": _MEMORY, "temp_directory": folder, "max_temp_directory_size": _MEMORY}
        ) as database,
    ):
        done = Event()
        Thread(target=_interrupt_late, args=(database, done), daemon=True).start()
        try:
            yield database
        finally:
            done.set()


def _interrupt_late(database: duckdb.DuckDBPyConnection, done: Event) -> None:
    """Stops what runs when the time is up, and what is begun after it: between two queries it stops nothing."""
    if not done.wait(_MOST_SECONDS):
        while not done.wait(_INTERRUPT_AGAIN):
            database.interrupt()


def _load(database: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Makes table `raw`, rows numbered as a text editor does (the header is 1); a sentence for each broken line."""
    csv = path.suffix.lower() not in _PARQUET
    options = "all_varchar = true, header = true, null_padding = true, store_rejects = true"
    source = f"read_csv($path, {options})" if csv else "read_parquet($path)"
    columns = "COLUMNS(*)::VARCHAR"
    if not csv:
        _refuse_many(path, database)
    database.execute(
        f"CREATE TEMP TABLE raw AS SELECT row_number() OVER () + 1 AS row_number, {columns} FROM {source}",  # noqa: S608
        {"path": str(path)},
    )
    if not csv:
        return []
    broken = database.execute("SELECT line, error_message FROM reject_errors ORDER BY line").fetchall()
    return [f"line {line}: {str(message).splitlines()[0]}" for line, message in broken]


def _refuse_many(path: Path, database: duckdb.DuckDBPyConnection) -> None:
    """Raises InvalidInput for a Parquet file whose footer names too many rows: they are not read."""
    ((rows,),) = database.execute("SELECT num_rows FROM parquet_file_metadata($1)", [str(path)]).fetchall()
    if rows > _MOST_ROWS:
        raise InvalidInput(f"{path} has {rows:,} rows, more than {_MOST_ROWS:,}. {_SMALLER}")


def _rows(path: Path, names: Sequence[str]) -> str:
    """The query that brings either shape of file to day, account, service and cost."""
    if any(name.strip().endswith(_WIDE_UNITS) for name in names[1:]):
        by_account = "account" in names[0].lower()
        every = f"'{ALL}'"
        account, service = ("label", every) if by_account else (every, "label")
        return _WIDE.format(first=_quoted(names[0]), account=account, service=service, totals=_TOTALS)
    known = {name.strip().lower(): name for name in names}
    chosen = {}
    for column, accepted in COLUMNS.items():
        name = next((known[alias] for alias in accepted if alias in known), None)
        if name is None:
            raise InvalidInput(
                f"{path} has no column for {column}; it has {', '.join(names)}. Name one {' or '.join(accepted)}."
            )
        chosen[column] = _quoted(name)
    return _LONG.format(**chosen)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reason(
    line: int, day: str | None, cost: str | None, no_date: bool, no_amount: bool, no_account: bool
) -> str:
    if no_date:
        return f"line {line}: {day!r} is not a date (YYYY-MM-DD)"
    if no_amount:
        return f"line {line}: {cost!r} is not an amount of money"
    return f"line {line}: it names no {'account' if no_account else 'service'}"


def _export(
    path: Path, sums: Sequence[tuple[str, str, date, float]], rejected: list[str], *, missing_are_zero: bool
) -> Export:
    if not sums:
        why = f" ({rejected[0]})" if rejected else ""
        raise InvalidInput(f"{path} has no row of daily costs{why}.")
    present = {day for _, _, day, _ in sums}
    first, last = min(present), max(present)
    if (last - first).days >= _MOST_DAYS:
        raise InvalidInput(
            f"{path} has days from {first} to {last}, more than {_MOST_DAYS}. Correct its dates, or leave old days out."
        )
    days = [first + timedelta(days=index) for index in range((last - first).days + 1)]
    gaps = [str(day) for day in days if day not in present]
    if gaps and not missing_are_zero:
        named = ", ".join(gaps[:_GAPS_NAMED]) + (", ..." if len(gaps) > _GAPS_NAMED else "")
        raise InvalidInput(
            f"{path} has no row for {len(gaps)} of its {len(days)} days ({named}). A day that was not exported would "
            "look like a drop: add it, or say --missing-days-are-zero."
        )
    keys = list(dict.fromkeys((account, service) for account, service, *_ in sums))
    if len(keys) * len(days) > _MOST_AMOUNTS:
        raise InvalidInput(
            f"{path} has {len(keys):,} series of {len(days)} days, too many for memory. {_SMALLER}"
        )
    row_of = {key: row for row, key in enumerate(keys)}
    costs = np.zeros((len(keys), len(days)))
    for account, service, day, amount in sums:
        costs[row_of[account, service], (day - first).days] = amount
    accounts, services = [account for account, _ in keys], [service for _, service in keys]
    return Export(DailySeries(accounts, services, first, costs), rejected)
