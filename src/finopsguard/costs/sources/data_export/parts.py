"""A bill's usage on its way to the store: what each file has of it lies on the disk, in parts by account.

Usage by type is nearly as long as the export, so it is never in memory: each file is added up and written out, and in
the end each part by itself. A report is made without it: where there is no room for it, it is given up.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from finopsguard.costs.sources.data_export.grouped import PART, narrowed, summed
from finopsguard.costs.sources.files.database import exactly, literal

_COMPRESSED = "FORMAT parquet, COMPRESSION zstd"


class Parts:
    """`lacking` is why there are none; empty as long as there are."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self._folder = tempfile.TemporaryDirectory()
        self._files = 0
        self.lacking = ""

    def close(self) -> None:
        """Takes its files away."""
        self._folder.cleanup()

    def add(self, groups: str) -> None:
        """Adds what is in one file, whose groups the SQL is of."""
        if self.lacking:
            return
        place = Path(self._folder.name, "files", str(self._files))
        self._files += 1
        with_part = f"SELECT *, {PART} AS part FROM ({groups}) WHERE account_id IS NOT NULL"  # noqa: S608 - ours
        self._write(with_part, place, f"{_COMPRESSED}, PARTITION_BY (part)")

    def done(self) -> Iterator[tuple[str, bytes]]:
        """Each part as Parquet, sorted by account; none after the one for which there was no room."""
        folders = Path(self._folder.name, "files").glob("*/part=*")
        for part in sorted({path.name.partition("=")[2] for path in folders}):
            files = f"{exactly(self._folder.name)}/files/*/part={part}/*.parquet"
            groups = narrowed(summed(f"read_parquet({literal(files)}, hive_partitioning = false)"))
            path = Path(self._folder.name, "part.parquet")
            query = f"SELECT * EXCLUDE (account_name, lines) FROM ({groups}) ORDER BY account_id, kind, date"  # noqa: S608 - ours
            self._write(query, path, _COMPRESSED)
            if self.lacking:
                return
            yield part, path.read_bytes()

    def _write(self, query: str, place: Path, form: str) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._database.execute(f"COPY ({query}) TO {literal(str(place))} ({form})")
        except (duckdb.OutOfMemoryException, duckdb.IOException, MemoryError, OSError) as error:
            self.lacking = (str(error).splitlines() or [type(error).__name__])[0][:200]
            self.close()
