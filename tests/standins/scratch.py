"""DuckDB for what stands in and for what tests make: a database of its own inside of one of the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import duckdb

_ONE_AT_A_TIME = threading.Lock()
_NUMBERS = count()


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database, gone afterwards. `duckdb.connect()` takes 15 ms of the processor, this 2 (measured)."""
    with _ONE_AT_A_TIME:
        made, name = _process().cursor(), f"scratch_{next(_NUMBERS)}"
    try:
        made.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
        yield made
        made.execute(f"USE memory; DETACH {name}")
    finally:
        made.close()


@cache
def _process() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()
