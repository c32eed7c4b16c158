"""A billing period of an export, added up to what a report needs: one row per day, account, service and record
type, and of usage per Region.

Files come one at a time, so that the disk holds one of them; what `parts` makes of each lies beside it. Amounts are
cast to exact decimals row by row, before they are added. A row that cannot be read is counted in `wrong` where it
stands, never added as zero.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from finopsguard.costs.database import connect, copy, first_line, written
from finopsguard.costs.sources.data_export.columns import EXACT, columns_of
from finopsguard.costs.sources.data_export.grouped import FOR_DUCKDB, grouped, service_of, told
from finopsguard.costs.sources.data_export.parts import Parts
from finopsguard.costs.sources.files.database import exactly, literal
from finopsguard.errors import ExportRejected, InvalidConfiguration, StoreUnavailable
from finopsguard.models.history import ExportRead
from finopsguard.models.metrics import USAGE_RECORD_TYPES, MetricName

_GROUPS = f"""
    CREATE TEMP TABLE groups (date DATE, account_id VARCHAR, account_name VARCHAR, code VARCHAR, product VARCHAR,
        instance BOOLEAN, record_type VARCHAR, seller VARCHAR, unit VARCHAR, region VARCHAR, amount {EXACT},
        amortized {EXACT}, wrong BIGINT, lines BIGINT)
"""
_SELECTED = (
    "date, account_id, account_name, code, product, instance, record_type, seller, unit, region, amount, amortized,"
    " wrong, lines"
)
_NAMES = "SELECT code, mode(product) AS name FROM groups GROUP BY code"
_PERIOD = f"""
    WITH names AS ({_NAMES}),
    named AS (SELECT *, {service_of("name")} AS service FROM groups LEFT JOIN names USING (code))
    SELECT date, account_id, max(account_name) AS account_name, service, record_type, seller, unit,
        region, sum(amount)::{EXACT} AS amount, sum(amortized)::{EXACT} AS amortized, sum(wrong)::BIGINT AS wrong
    FROM named GROUP BY date, account_id, service, record_type, seller, unit, region
"""  # noqa: S608 - constants
# Of an export without the column no usage has a Region; a bill of other charges alone lacks none.
_COUNTED = f"""
    SELECT coalesce(sum(lines), 0)::BIGINT, count(*),
        count(region) > 0 OR count(*) FILTER (record_type IN ({", ".join(map(literal, USAGE_RECORD_TYPES))})) = 0
    FROM groups
"""  # noqa: S608 - constants


@contextmanager
def export_errors(what: str) -> Iterator[None]:
    """Raises our error for what DuckDB and the disk raise of an export inside the block; `what` names the file."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidConfiguration(
            f"{what} needs more memory than there is. Raise MemorySize of ResolveAccounts and FetchCosts in"
            " template.yaml."
        ) from error
    except duckdb.Error as error:
        raise ExportRejected(
            f"{what} cannot be read as Parquet ({first_line(error)}). If it is the same after AWS's next update,"
            " make the export anew in the Billing console (Data Exports)."
        ) from error
    except OSError as error:
        raise StoreUnavailable(
            f"The temporary folder cannot be used ({error.strerror or error}). Make room there (in AWS:"
            " EphemeralStorage)."
        ) from error


class Reduction:
    """Adds files up; `metric` is what `amount` is of. Use as a context manager. `parts` is their usage."""

    def __init__(self, metric: MetricName) -> None:
        self._metric = metric
        self._bytes = 0
        self._files = 0

    def __enter__(self) -> Reduction:
        self._database = connect()
        self._database.execute("SET TimeZone = 'UTC'")
        self._database.execute(_GROUPS)
        for macro in FOR_DUCKDB:
            self._database.execute(f"CREATE TEMP MACRO {macro}")
        self.parts = Parts(self._database)
        return self

    def __exit__(self, *_: object) -> None:
        self.parts.close()
        self._database.close()

    def add(self, key: str, path: Path) -> None:
        """Adds one file, of the export's `key`. Raises ExportRejected for another table, and for a damaged one."""
        scan = f"read_parquet({literal(exactly(path))})"
        with export_errors(key):
            described = self._database.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608 - quoted
            columns = columns_of(key, {name: kind for name, kind, *_ in described}, self._metric)
            lines = told(columns, scan)
            self._insert(f"({grouped(lines, ['costs'])})")
            self._bytes += path.stat().st_size
            self._files += 1
            self.parts.add(lines)
        self._refuse_nobodys(key)

    def add_groups(self, what: str, paths: Sequence[Path], scanned: int) -> None:
        """Adds what a statement of Athena made of `scanned` bytes; raises as `add` does."""
        with export_errors(what):
            self._insert("read_parquet($1)", [[exactly(path) for path in paths]])
            self._bytes += scanned
            self._files += len(paths)
        self._refuse_nobodys(what)

    def _insert(self, source: str, values: Sequence[object] = ()) -> None:
        self._database.execute(
            f"INSERT INTO groups BY NAME SELECT {_SELECTED} FROM {source}",  # noqa: S608 - ours
            list(values),
        )

    def _refuse_nobodys(self, key: str) -> None:
        ((nobody,),) = self._database.execute(
            "SELECT coalesce(sum(lines), 0) FROM groups WHERE account_id IS NULL"
        ).fetchall()
        if nobody:
            raise ExportRejected(
                f"{key} has {nobody} rows without an account, which can be anybody's. Make the export with the"
                " column of the usage's account."
            )

    def names(self) -> bytes:
        """What the bill calls each code, as Parquet."""
        with export_errors("The export"), tempfile.TemporaryDirectory() as folder:
            return written(self._database, f"{_NAMES} ORDER BY code", folder)

    def done(self, what: str) -> tuple[bytes, ExportRead]:
        """The period as Parquet, and what was read of it."""
        with export_errors(what), tempfile.TemporaryDirectory() as folder:
            ((lines, groups, regions),) = self._database.execute(_COUNTED).fetchall()
            parquet = copy(self._database, f"SELECT * FROM ({_PERIOD})", folder)  # noqa: S608 - constants
        return parquet, ExportRead(self._files, self._bytes, lines, groups, regions)
