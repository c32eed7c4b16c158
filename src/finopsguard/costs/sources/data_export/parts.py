"""A bill's usage on its way to the store: what each file has of it lies on the disk, in parts by account.

Usage by type is nearly as long as the export, so it is never in memory: of each file the columns that it takes are
written out as they are, and in the end each part is added up by itself. A report is made without it: where there is no
room for it, it is given up.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from finopsguard.aws.sql import literal
from finopsguard.costs.database import first_line
from finopsguard.costs.sources.data_export.grouped import PART, grouped, narrowed
from finopsguard.costs.sources.files.database import exactly

_TAKEN = (
    "date, account_id, code, product, instance, used, used_as, usage_type, region, operation, measure, resource_id,"
    " amount, amortized, quantity, wrong"
)
_SELECTED = (
    "kind, date, account_id, code, product, instance, used_as, usage_type, region, operation, measure, resource_id,"
    " amount, amortized, quantity, wrong"
)


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

    def add(self, lines: str) -> None:
        """Adds what is in one file, of whose lines the SQL is."""
        if self.lacking:
            return
        place = Path(self._folder.name, "files", str(self._files))
        self._files += 1
        used = f"SELECT {_TAKEN}, {PART} AS part FROM ({lines}) WHERE used AND account_id IS NOT NULL"  # noqa: S608 - ours
        self._write(used, place, "FORMAT parquet, COMPRESSION snappy, PARTITION_BY (part)")

    def done(self) -> Iterator[tuple[str, bytes]]:
        """Each part as Parquet; none after the one for which there was no room."""
        folders = Path(self._folder.name, "files").glob("*/part=*")
        for part in sorted({path.name.partition("=")[2] for path in folders}):
            files = literal(f"{exactly(self._folder.name)}/files/*/part={part}/*.parquet")
            lines = f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"  # noqa: S608 - quoted
            # Of usage nothing is ranked: all of it stays, and a part has a million groups and more.
            by_resource = narrowed(grouped(lines, ["resources"]))
            path = Path(self._folder.name, "part.parquet")
            self._write(
                f"SELECT {_SELECTED} FROM ({grouped(lines, ['usage'])})"  # noqa: S608 - ours
                f" UNION ALL SELECT {_SELECTED} FROM ({by_resource})",
                path,
                "FORMAT parquet, COMPRESSION zstd",
            )
            if self.lacking:
                return
            yield part, path.read_bytes()

    def _write(self, query: str, place: Path, form: str) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._database.execute(f"COPY ({query}) TO {literal(str(place))} ({form})")
        except (duckdb.OutOfMemoryException, duckdb.IOException, MemoryError, OSError) as error:
            self.lacking = first_line(error)
            self.close()
