"""A database that stops when its time is up, and leaves nothing; what it raises becomes our error."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event, Thread

import duckdb

from finopsguard.costs.database import first_line
from finopsguard.costs.sources.files import bounds
from finopsguard.costs.sources.files.bounds import SMALLER
from finopsguard.errors import InvalidInput

# What DuckDB's strict reading says where some lines end in CRLF and others in LF. The lenient one takes rows with
# broken quotes for whole ones.
_TWO_ENDS = "reached an invalid state"


@contextmanager
def database(what: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, and on the disk where that is not enough. Its days are UTC days, wherever the machine is.

    Raises InvalidInput, which names `what` is read, for everything that the database raises inside the block.
    """
    done = Event()
    try:
        with _made(bounds.MEMORY, bounds.DISK)[0].cursor() as made:
            late = Thread(target=_interrupt_late, args=(made, done), daemon=True)
            late.start()
            try:
                made.execute("SET TimeZone = 'UTC'")
                yield made
            finally:
                done.set()
                late.join()  # what is closed cannot be interrupted
    except duckdb.InterruptException as error:
        raise InvalidInput(
            f"{what} takes more than {bounds.MOST_SECONDS:.0f} s to read. {SMALLER}"
        ) from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidInput(f"{what} needs more than {bounds.MEMORY} of memory. {SMALLER}") from error
    except duckdb.Error as error:
        why = first_line(error)
        if _TWO_ENDS in why:
            raise InvalidInput(
                f"{what} has lines that end in two ways (with and without a carriage return), as where two exports were"
                " put together. Give them one by one, or make one of it: tr -d '\\r' < FILE > NEW"
            ) from error
        raise InvalidInput(
            f"{what} cannot be read ({why}). See that it is whole, and export it again."
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"{what} cannot be read ({error.strerror or error}). Make it readable, and room in the temporary folder."
        ) from error


@cache
def _made(memory: str, disk: str) -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """The process's database within these bounds, and the folder where it spills, which lives as long.

    Each file gets a connection with temporary tables of its own: a database takes 15 ms (measured).
    """
    folder = tempfile.TemporaryDirectory()
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": folder.name,
        "max_temp_directory_size": disk,
        "preserve_insertion_order": False,
    }
    return duckdb.connect(config=config), folder


def exactly(path: Path | str) -> str:
    """A path in a query: the database takes `costs[1].csv` for a pattern, and would read `costs1.csv`."""
    return glob.escape(str(path))


def _interrupt_late(made: duckdb.DuckDBPyConnection, done: Event) -> None:
    """Stops what runs when the time is up, and what is begun after it: between two queries it stops nothing."""
    if not done.wait(bounds.MOST_SECONDS):
        while not done.wait(bounds.INTERRUPT_AGAIN):
            made.interrupt()
