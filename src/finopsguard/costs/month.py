"""Files of costs put together: slices of a batch, and a month of the history with a reading's days in their place."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from finopsguard.costs.database import (
    COSTS_ORDER,
    COSTS_TABLE,
    connect,
    copy,
    dates,
    insert,
    objects,
    own_errors,
    placed,
    view_of,
)
from finopsguard.models.costs import CostRow
from finopsguard.models.run import DataSource, Period


def month_rows(
    before: bytes | None,
    costs: Sequence[bytes],
    days: Mapping[str, Sequence[date]],
    read_at: datetime,
    source: DataSource,
) -> bytes:
    """A month of the history as one Parquet file.

    `before` is the month as it was, None where nothing was held; `days` are those of each account whose rows are in the
    files `costs`, were read from `source` and replace what was there.
    """
    read = [(account, day) for account, found in days.items() for day in found]
    columns = {
        "account_id": objects(account for account, _ in read),
        "date": dates([day for _, day in read]),
    }
    with own_errors(), tempfile.TemporaryDirectory() as folder, connect() as database:
        database.register("columns_read", columns)
        database.execute(
            "CREATE TEMP TABLE days_read AS SELECT account_id::VARCHAR AS account_id, date::DATE AS date"
            " FROM columns_read"
        )
        view_of(database, "rows_read", placed(folder, "costs", costs))
        month = (
            "SELECT date, account_id, service, region, record_type, amount, amortized,"  # noqa: S608 - ours
            f" NULL::DECIMAL(28,10) AS quantity, unit, seller, '{source}' AS source,"
            f" TIMESTAMP '{read_at.astimezone(UTC).replace(tzinfo=None)}' AS read_at"
            " FROM rows_read SEMI JOIN days_read USING (account_id, date)"
        )
        if before is not None:
            paths = placed(folder, "before", [before])
            month += (
                f" UNION ALL BY NAME SELECT * FROM read_parquet({paths})"  # noqa: S608 - ours
                " ANTI JOIN days_read USING (account_id, date)"
            )
        return copy(database, f"SELECT * FROM ({month})", folder, COSTS_ORDER)  # noqa: S608 - from above


def rows_of(month: bytes, days: Sequence[date], accounts: Sequence[str] | None) -> list[CostRow]:
    """The rows of some days of a month, of these accounts; None: of all. None of usage by Region."""
    with own_errors(), tempfile.TemporaryDirectory() as folder, connect() as database:
        paths = placed(folder, "month", [month])
        found = database.execute(
            "SELECT date, account_id, service, record_type, amount, unit, seller, amortized"  # noqa: S608 - our own folder
            f" FROM read_parquet({paths}) WHERE region IS NULL AND list_contains($1::DATE[], date)"
            f" AND ($2 OR list_contains($3::VARCHAR[], account_id)) ORDER BY {COSTS_ORDER}",
            [list(days), accounts is None, list(accounts or ())],
        ).fetchall()
    return [CostRow(*row) for row in found]


def joined(files: Sequence[bytes], without: Sequence[str], period: Period) -> tuple[bytes, int, Decimal]:
    """(costs files as one, its rows, all charges of the period), but for the accounts `without`."""
    with own_errors(), tempfile.TemporaryDirectory() as folder, connect() as database:
        database.execute(f"CREATE TEMP TABLE rows_read {COSTS_TABLE}")
        insert(database, "rows_read", placed(folder, "costs", files))
        database.execute(
            "DELETE FROM rows_read WHERE list_contains($1::VARCHAR[], account_id)", [list(without)]
        )
        (rows, amount) = database.execute(
            "SELECT count(*), sum(amount) FILTER (record_type IS NOT NULL AND seller IS NULL AND date >= $1"
            " AND date < $2) FROM rows_read",
            [period.start, period.end],
        ).fetchone() or (0, None)
        return copy(database, "SELECT * FROM rows_read", folder, COSTS_ORDER), rows, amount or Decimal(0)
