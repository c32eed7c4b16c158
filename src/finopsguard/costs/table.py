"""Daily costs as Parquet, and the sums that a report needs of them; DuckDB does both.

One row per date, account, service (usage) or record type (all charges): columns date, account_id, service, record_type,
amount DECIMAL(28,10), unit, seller. Exactly one of service and record_type is set, and seller is NULL; a row with a
seller is what a charge is for, and is kept apart from all sums. Sums are exact decimals, never floats.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.series import DailySeries
from finopsguard.errors import InvalidConfiguration, InvalidInput, StoreUnavailable
from finopsguard.models.run import Period
from finopsguard.ports import CostRow

# Batches are read side by side: two threads that come first would make two databases, and one's folder would go.
_MADE_ONCE = threading.Lock()
_COLUMNS = """
    date::DATE AS date, account_id::VARCHAR AS account_id, service::VARCHAR AS service,
    record_type::VARCHAR AS record_type, amount::DECIMAL(28,10) AS amount, unit::VARCHAR AS unit,
    seller::VARCHAR AS seller
"""
_TABLE = (
    "(date DATE, account_id VARCHAR, service VARCHAR, record_type VARCHAR, amount DECIMAL(28,10), unit VARCHAR,"
    " seller VARCHAR)"
)


def to_parquet(rows: Sequence[CostRow]) -> bytes:
    """Rows as one Parquet file (zstd), sorted by date and account so that a day is read from few pages."""
    columns = {
        "date": _days(rows),
        "account_id": _objects(row.account_id for row in rows),
        "service": _objects(row.service for row in rows),
        "record_type": _objects(row.record_type for row in rows),
        "amount": _objects(str(row.amount) for row in rows),
        "unit": _objects(row.unit for row in rows),
        "seller": _objects(row.seller for row in rows),
    }
    with _own_errors(), tempfile.TemporaryDirectory() as folder, _connect() as database:
        database.register("rows", columns)
        return _copy(database, f"SELECT {_COLUMNS} FROM rows", folder)  # noqa: S608 - a constant


def total(rows: Iterable[CostRow], period: Period) -> Decimal:
    """All charges of the rows' days in the period."""
    return sum(
        (row.amount for row in rows if row.record_type and row.seller is None and row.date in period),
        Decimal(0),
    )


class CostTable:
    """The costs of a run in memory. Use as a context manager.

    Raises InvalidInput (files that are no Parquet, or of other columns), InvalidConfiguration (more costs than memory)
    and StoreUnavailable (no place for temporary files).
    """

    def __init__(self, parquet_files: Iterable[bytes]) -> None:
        self._known: dict[tuple[object, ...], list[Any]] = {}
        with _own_errors(), ExitStack() as undone:
            self._folder = undone.enter_context(tempfile.TemporaryDirectory())
            self._database = undone.enter_context(_connect())
            self._load(parquet_files)
            self._opened = undone.pop_all()

    def _load(self, parquet_files: Iterable[bytes]) -> None:
        paths = []
        for number, content in enumerate(parquet_files):
            paths.append(Path(self._folder, f"{number}.parquet"))
            paths[-1].write_bytes(content)
        self._database.execute(f"CREATE TEMP TABLE rows_read {_TABLE}")
        if paths:
            # By name: files that an earlier version wrote have no sellers.
            self._database.execute(
                "INSERT INTO rows_read BY NAME SELECT * FROM read_parquet($1, union_by_name=true)",
                [[str(path) for path in paths]],
            )
        self._database.execute("CREATE TEMP VIEW costs AS SELECT * FROM rows_read WHERE seller IS NULL")
        self._database.execute(
            "CREATE TEMP VIEW products AS SELECT * FROM rows_read WHERE seller IS NOT NULL"
        )

    def __enter__(self) -> CostTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def to_parquet(self) -> bytes:
        """All rows as one Parquet file."""
        with _own_errors():
            return _copy(self._database, "SELECT * FROM rows_read", self._folder)

    def units(self) -> list[str]:
        """The currencies in use, sorted."""
        return [unit for (unit,) in self._rows("SELECT DISTINCT unit FROM costs ORDER BY 1")]

    def first_day(self) -> date | None:
        """The first day that cost anything; None if none did."""
        day: date | None = self._rows_once("SELECT min(date) FROM costs WHERE amount <> 0")[0][0]
        return day

    def by_account(self, period: Period) -> dict[str, Decimal]:
        """All charges of the period by account."""
        return self._sums("account_id", "record_type IS NOT NULL", period)

    def by_record_type(self, period: Period) -> dict[str, Decimal]:
        """All charges of the period by record type."""
        return self._sums("record_type", "record_type IS NOT NULL", period)

    def by_service(self, period: Period) -> dict[str, Decimal]:
        """Usage of the period by service."""
        return self._sums("service", "service IS NOT NULL", period)

    def charges_on(self, days: Sequence[date]) -> list[tuple[str, str, Decimal]]:
        """(account, record type, amount) of all charges on the days."""
        return self._rows(
            "SELECT account_id, record_type, sum(amount) FROM costs"
            " WHERE record_type IS NOT NULL AND list_contains($1::DATE[], date) GROUP BY ALL ORDER BY ALL",
            list(days),
        )

    def charges_by_day(self) -> list[tuple[str, str, date, Decimal]]:
        """(account, record type, day, amount) of all charges that are not usage, sorted."""
        return self._rows(
            "SELECT account_id, record_type, date, sum(amount) AS amount FROM costs"
            " WHERE list_contains($1::VARCHAR[], record_type) GROUP BY ALL HAVING amount <> 0 ORDER BY ALL",
            self._record_types(usage=False),
        )

    def products(self) -> list[tuple[str, str, date, str, str, Decimal]]:
        """(account, record type, day, product, seller, amount) of the large charges of which that is known."""
        return self._rows(
            "SELECT account_id, record_type, date, service, seller, amount FROM products ORDER BY ALL"
        )

    def usage_on(self, days: Sequence[date]) -> dict[str, Decimal]:
        """Usage on the days by service."""
        return dict(
            self._rows(
                "SELECT service, sum(amount) FROM costs"
                " WHERE service IS NOT NULL AND list_contains($1::DATE[], date) GROUP BY 1 ORDER BY 1",
                list(days),
            )
        )

    def by_day(self, period: Period) -> dict[date, tuple[Decimal, Decimal]]:
        """(all charges, usage) by day; a day without any row is absent."""
        found = self._rows_once(
            "SELECT date, record_type, sum(amount) FROM costs"
            " WHERE record_type IS NOT NULL AND date >= $1 AND date < $2 GROUP BY ALL",
            period.start,
            period.end,
        )
        days: dict[date, tuple[Decimal, Decimal]] = {}
        for day, record_type, amount in found:
            cost, usage = days.get(day, (Decimal(0), Decimal(0)))
            days[day] = (cost + amount, usage + amount if charge_kind(record_type) == "usage" else usage)
        return days

    def total_by_day(self, without: Sequence[str] = ()) -> dict[date, Decimal]:
        """All charges by day, but for those of the accounts `without`."""
        return dict(
            self._rows(
                "SELECT date, sum(amount) FROM costs WHERE record_type IS NOT NULL"
                " AND NOT list_contains($1::VARCHAR[], account_id) GROUP BY 1 ORDER BY 1",
                list(without),
            )
        )

    def days_with_cost(self, part_of: Mapping[str, str]) -> dict[str, dict[date, int]]:
        """By part and day, how many of the part's accounts cost anything; `part_of` is the part of each account."""
        found = self._rows(
            "SELECT part, date, count(DISTINCT account_id) FROM costs JOIN (SELECT unnest($1::VARCHAR[]) AS account_id,"
            " unnest($2::VARCHAR[]) AS part) USING (account_id) WHERE amount <> 0 GROUP BY ALL ORDER BY ALL",
            list(part_of.keys()),
            list(part_of.values()),
        )
        days: dict[str, dict[date, int]] = {}
        for part, day, accounts in found:
            days.setdefault(part, {})[day] = accounts
        return days

    def usage_apart(self, smallest: Decimal) -> list[tuple[date, str, Decimal]]:
        """(day, account, usage by service minus usage among the charges) where they differ by `smallest` or more."""
        return [
            (day, account_id, difference)
            for day, account_id, difference in self._rows(
                "SELECT date, account_id, sum(CASE WHEN service IS NOT NULL THEN amount ELSE -amount END) AS apart"
                " FROM costs WHERE service IS NOT NULL OR list_contains($1::VARCHAR[], record_type)"
                " GROUP BY ALL HAVING abs(apart) >= $2 ORDER BY ALL",
                self._record_types(usage=True),
                smallest,
            )
        ]

    def usage_by_day(self) -> dict[date, Decimal]:
        """Usage by day as it was read by service."""
        return dict(
            self._rows("SELECT date, sum(amount) FROM costs WHERE service IS NOT NULL GROUP BY 1 ORDER BY 1")
        )

    def usage_series(self, window: Period) -> DailySeries:
        """Usage of every (account, service) that has any; a day without a row costs nothing, for it was read."""
        labels = self._rows(
            "SELECT account_id, service FROM costs WHERE service IS NOT NULL GROUP BY ALL ORDER BY ALL"
        )
        # Numbered in the database: millions of labels as Python strings would cost gigabytes.
        with _own_errors():
            found = self._database.execute(
                "WITH labels AS (SELECT account_id, service, row_number() OVER (ORDER BY account_id, service) - 1"
                " AS number FROM costs WHERE service IS NOT NULL GROUP BY account_id, service)"
                " SELECT number, date - $1::DATE AS day, sum(amount)::DOUBLE AS amount"
                " FROM costs JOIN labels USING (account_id, service)"
                " WHERE date >= $1 AND date < $2 GROUP BY number, day",
                [window.start, window.end],
            ).fetchnumpy()
        costs = np.zeros((len(labels), window.days))
        costs[found["number"], found["day"]] = found["amount"]
        accounts, services = [account for account, _ in labels], [service for _, service in labels]
        return DailySeries(accounts, services, window.start, costs)

    def _record_types(self, *, usage: bool) -> list[str]:
        """Those that are usage, or all others."""
        found = self._rows_once("SELECT DISTINCT record_type FROM costs WHERE record_type IS NOT NULL")
        return [name for (name,) in found if (charge_kind(name) == "usage") == usage]

    def _sums(self, column: str, condition: str, period: Period) -> dict[str, Decimal]:
        return dict(
            self._rows(
                f"SELECT {column}, sum(amount) FROM costs WHERE {condition}"  # noqa: S608 - both are ours
                " AND date >= $1 AND date < $2 GROUP BY 1 ORDER BY 1",
                period.start,
                period.end,
            )
        )

    def _rows(self, query: str, *values: object) -> list[Any]:
        with _own_errors():
            return self._database.execute(query, list(values)).fetchall()

    def _rows_once(self, query: str, *values: object) -> list[Any]:
        """The same of what is asked again, and is not long: nothing changes the table."""
        asked = (query, *values)
        if asked not in self._known:
            self._known[asked] = self._rows(query, *values)
        return self._known[asked]


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raises our error for what DuckDB and the disk raise inside the block."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidConfiguration(
            "These costs need more memory than there is. Raise MemorySize of AggregateCosts and DetectAnomalies in"
            " template.yaml, or deploy one stack per organizational unit with FINOPSGUARD_INCLUDE_OUS."
        ) from error
    except (duckdb.Error, OSError) as error:
        if isinstance(error, OSError) or "No space left" in str(error):
            raise StoreUnavailable(
                f"The temporary folder cannot be used ({_first_line(error)}). Make room there (in AWS:"
                " EphemeralStorage)."
            ) from error
        raise InvalidInput(
            f"Stored costs cannot be read ({_first_line(error)}). Run the report again from its first step."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _days(rows: Sequence[CostRow]) -> NDArray[np.datetime64]:
    """The rows' dates by their numbers: numpy takes 20 times as long over the dates themselves (measured)."""
    numbers = np.fromiter((row.date.toordinal() for row in rows), dtype=np.int64, count=len(rows))
    return (numbers - date(1970, 1, 1).toordinal()).astype("datetime64[D]").astype("datetime64[us]")


def _objects(values: Iterable[object]) -> NDArray[np.object_]:
    return np.array(list(values), dtype=object)


def _connect() -> duckdb.DuckDBPyConnection:
    """A connection with temporary tables of its own; a database for each would take 18 ms instead of 1 (measured)."""
    with _MADE_ONCE:
        return _database()[0].cursor()


@cache
def _database() -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """The process's database in memory, and the folder where it spills, which lives as long."""
    folder = tempfile.TemporaryDirectory()
    # Lambda has no home directory and may write below /tmp only.
    return duckdb.connect(config={"temp_directory": folder.name, "home_directory": folder.name}), folder


def _copy(database: duckdb.DuckDBPyConnection, query: str, folder: str) -> bytes:
    path = Path(folder, "out.parquet")
    database.execute(
        f"COPY ({query} ORDER BY date, account_id, service, record_type, seller)"
        f" TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return path.read_bytes()
