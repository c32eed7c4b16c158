"""DuckDB for costs: connections, files in and out, and its errors as ours.

Lambda has no home directory and may write below /tmp only; one database a process serves all of its tables.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from finopsguard.errors import InvalidConfiguration, InvalidInput, StoreUnavailable

# Batches are read side by side: two threads that come first would make two databases, and one's folder would go.
_MADE_ONCE = threading.Lock()
COSTS_TABLE = (
    "(date DATE, account_id VARCHAR, service VARCHAR, record_type VARCHAR, amount DECIMAL(28,10), unit VARCHAR,"
    " seller VARCHAR, amortized DECIMAL(28,10), region VARCHAR)"
)
_COLUMNS = ", ".join(
    f"{name}::{kind} AS {name}"
    for name, kind in (column.split(" ") for column in COSTS_TABLE[1:-1].split(", "))
)
_ORDER = "date, account_id, service, record_type, seller"
COSTS_ORDER = f"{_ORDER}, region"


_MB_OF_A_PROCESSOR = 1_769
"""AWS documents one vCPU for so much memory of a function."""
_MOST_THREADS = 4
"""Each thread has buffers of its own."""
_OTHERS_MB = 200
"""Python, libraries and clients (measured)."""
_LEAST_MB = 128


@contextmanager
def own_errors() -> Iterator[None]:
    """Raises our error for what DuckDB and the disk raise inside the block."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidConfiguration(
            "These costs need more memory than there is. Raise AggregateMemory and DetectMemory of the stack"
            " (docs/scale.md), or deploy one stack per organizational unit with FINOPSGUARD_INCLUDE_OUS."
        ) from error
    except (duckdb.Error, OSError) as error:
        if isinstance(error, OSError) or "No space left" in str(error):
            raise StoreUnavailable(
                f"The temporary folder cannot be used ({first_line(error)}). Make room there (in AWS:"
                " AggregateDisk and DetectDisk of the stack)."
            ) from error
        raise InvalidInput(
            f"Stored costs cannot be read ({first_line(error)}). Run the report again from its first step."
        ) from error


def placed(folder: str, name: str, contents: Iterable[bytes]) -> list[str]:
    """The paths of files with these contents, for DuckDB reads files."""
    paths = []
    for number, content in enumerate(contents):
        paths.append(Path(folder, f"{name}-{number}.parquet"))
        paths[-1].write_bytes(content)
    return [str(path) for path in paths]


def view_of(database: duckdb.DuckDBPyConnection, name: str, paths: Sequence[str]) -> None:
    """Makes a view of the rows of costs files, which stay where they are: as a table they need many times the memory.

    Columns are found by name, for files of earlier versions lack those that came later. Raises what DuckDB raises for
    files of others.
    """
    database.execute(f"CREATE TEMP TABLE {name}_form {COSTS_TABLE}")
    rows = f"SELECT * FROM {name}_form"  # noqa: S608 - ours
    if paths:
        found = f"SELECT * FROM read_parquet({list(paths)}, union_by_name=true)"  # noqa: S608 - paths of our own folder
        # That the columns are those of costs is checked by what adds no row.
        database.execute(f"INSERT INTO {name}_form BY NAME {found} LIMIT 0")
        rows = f"{rows} UNION ALL BY NAME {found}"
    database.execute(f"CREATE TEMP VIEW {name} AS SELECT {_COLUMNS} FROM ({rows})")  # noqa: S608 - ours


def table_of(database: duckdb.DuckDBPyConnection, name: str, paths: Sequence[str]) -> None:
    """Makes a table of the rows of costs files: where they are few, and are asked for more than once."""
    database.execute(f"CREATE TEMP TABLE {name} {COSTS_TABLE}")
    insert(database, name, paths)


def rows_in(database: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> int:
    """How many rows Parquet files say that they have."""
    if not paths:
        return 0
    found = database.execute("SELECT sum(num_rows) FROM parquet_file_metadata($1)", [list(paths)]).fetchone()
    return int(found[0]) if found else 0


def insert(database: duckdb.DuckDBPyConnection, table: str, paths: Sequence[str]) -> None:
    """Adds the rows of costs files; by name, for those of earlier versions lack columns that came later."""
    if paths:
        database.execute(
            f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet($1, union_by_name=true)",  # noqa: S608 - ours
            [list(paths)],
        )


def first_line(error: Exception) -> str:
    """What an error says first, cut where it is long; its name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def objects(values: Iterable[object]) -> NDArray[np.object_]:
    return np.array(list(values), dtype=object)


def dates(values: Sequence[date]) -> NDArray[np.datetime64]:
    """A column of dates, by their numbers: numpy takes 20 times as long over the dates themselves (measured)."""
    numbers = np.fromiter((day.toordinal() for day in values), dtype=np.int64, count=len(values))
    return (numbers - date(1970, 1, 1).toordinal()).astype("datetime64[D]").astype("datetime64[us]")


def connect() -> duckdb.DuckDBPyConnection:
    """A connection with temporary tables of its own; a database for each would take 18 ms instead of 1 (measured)."""
    with _MADE_ONCE:
        return _database()[0].cursor()


@cache
def _database() -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """The process's database in memory, and the folder where it spills, which lives as long."""
    folder = tempfile.TemporaryDirectory()
    # Lambda has no home directory and may write below /tmp only.
    places = {"temp_directory": folder.name, "home_directory": folder.name}
    return duckdb.connect(config={**places, **limits(os.environ)}), folder


def limits(env: Mapping[str, str]) -> dict[str, str | int]:
    """DuckDB's bounds in a Lambda function: of its memory what the rest of the process leaves, and its processors.

    Beyond its bound DuckDB writes to the disk instead. Elsewhere it bounds itself.
    """
    memory = int(env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 0))
    if not memory:
        return {}
    return {
        "memory_limit": f"{max(_LEAST_MB, (memory - _OTHERS_MB) // 2)}MiB",
        "threads": min(_MOST_THREADS, max(1, memory // _MB_OF_A_PROCESSOR)),
    }


def copy(database: duckdb.DuckDBPyConnection, query: str, folder: str, order: str = _ORDER) -> bytes:
    """The query's rows as one Parquet file (zstd), sorted."""
    return Path(copied(database, query, folder, order=order)).read_bytes()


def written(database: duckdb.DuckDBPyConnection, query: str, folder: str) -> bytes:
    """The rows of a query of any columns as one Parquet file (zstd), in the query's order."""
    path = Path(folder, "written.parquet")
    _write(database, query, path)
    return path.read_bytes()


def copied(
    database: duckdb.DuckDBPyConnection, query: str, folder: str, name: str = "out", order: str = COSTS_ORDER
) -> str:
    """The same as a file of that name in the folder; its path."""
    path = Path(folder, f"{name}.parquet")
    _write(database, f"{query} ORDER BY {order}", path)
    return str(path)


def joined(database: duckdb.DuckDBPyConnection, paths: Sequence[str], folder: str) -> str:
    """Sorted files whose days follow one another as one; its path."""
    path = Path(folder, "joined.parquet")
    _write(database, f"SELECT * FROM read_parquet({list(paths)})", path)  # noqa: S608 - paths of our own folder
    return str(path)


def _write(database: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    database.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
