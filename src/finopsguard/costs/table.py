"""Daily costs as Parquet, and the sums that a report needs of them; DuckDB does both.

One row per date, account, service (usage) or record type (all charges): columns date, account_id, service, record_type,
amount DECIMAL(28,10), unit, seller, amortized DECIMAL(28,10), region. A month of the history has also quantity, source
and read_at, for those who query it. Exactly one of service and record_type is set, and seller and region are NULL. A
row with a seller is what a charge is for, one with a region is usage of all accounts together: both are kept apart from
all sums. Sums are exact decimals, never floats.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.database import (
    COSTS_ORDER,
    connect,
    copied,
    copy,
    dates,
    joined,
    objects,
    own_errors,
    placed,
    rows_in,
    table_of,
    view_of,
)
from finopsguard.costs.series import DailySeries
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import MetricName, judged_metric
from finopsguard.models.run import Period

_NAMES = "date, account_id, service, record_type, amount, unit, seller, amortized, region"
_COLUMNS = """
    date::DATE AS date, account_id::VARCHAR AS account_id, service::VARCHAR AS service,
    record_type::VARCHAR AS record_type, amount::DECIMAL(28,10) AS amount, unit::VARCHAR AS unit,
    seller::VARCHAR AS seller, amortized::DECIMAL(28,10) AS amortized, region::VARCHAR AS region
"""
_APART = {
    "costs": "coalesce(seller, region) IS NULL",
    "products": "seller IS NOT NULL",
    "regional": "region IS NOT NULL",
}
_FEW_ROWS = 50_000
"""So many rows are held in memory (6 MB, measured), where a small report's questions take half as long as of a file."""
_DAYS_AT_ONCE = 14
_AMORTIZED = "coalesce(amortized, amount)"
_SORTED_AT_ONCE = 40_000_000
"""Bytes of Parquet: some three million rows."""
_AMOUNTS_AT_ONCE = 250_000
"""Of few series more days are read at once than of millions."""


def to_parquet(rows: Sequence[CostRow]) -> bytes:
    """Rows as one Parquet file (zstd), sorted by date and account so that a day is read from few pages."""
    columns = {
        "date": dates([row.date for row in rows]),
        "account_id": objects(row.account_id for row in rows),
        "service": objects(row.service for row in rows),
        "record_type": objects(row.record_type for row in rows),
        "amount": objects(str(row.amount) for row in rows),
        "unit": objects(row.unit for row in rows),
        "seller": objects(row.seller for row in rows),
        "amortized": objects(None if row.amortized is None else str(row.amortized) for row in rows),
        "region": objects(row.region for row in rows),
    }
    with own_errors(), tempfile.TemporaryDirectory() as folder, connect() as database:
        database.register("rows", columns)
        return copy(database, f"SELECT {_COLUMNS} FROM rows", folder, COSTS_ORDER)  # noqa: S608 - a constant


@dataclass(frozen=True)
class Past:
    """Months of the history, and what a run takes of them: the window's days of the accounts, but those read now."""

    months: Sequence[bytes]
    accounts: Sequence[str]
    window: Period
    read_now: Mapping[str, Sequence[Period]]


def total(rows: Iterable[CostRow], period: Period) -> Decimal:
    """All charges of the rows' days in the period."""
    return sum(
        (row.amount for row in rows if row.record_type and row.seller is None and row.date in period),
        Decimal(0),
    )


class CostTable:
    """The costs of a run, in Parquet files of a temporary folder. Use as a context manager.

    Raises InvalidInput (files that are no Parquet, or of other columns), InvalidConfiguration (more costs than memory)
    and StoreUnavailable (no place for temporary files).
    """

    def __init__(self, parquet_files: Iterable[bytes], past: Past | None = None) -> None:
        self._known: dict[tuple[object, ...], list[Any]] = {}
        with own_errors(), ExitStack() as undone:
            self._folder = undone.enter_context(tempfile.TemporaryDirectory())
            self._database = undone.enter_context(connect())
            self._files = self._sorted(placed(self._folder, "costs", parquet_files), past)
            few = rows_in(self._database, self._files) <= _FEW_ROWS
            (table_of if few else view_of)(self._database, "rows_read", self._files)
            for view, rows in _APART.items():
                self._database.execute(f"CREATE TEMP VIEW {view} AS SELECT * FROM rows_read WHERE {rows}")  # noqa: S608 - ours
            self._opened = undone.pop_all()

    def _sorted(self, paths: Sequence[str], past: Past | None) -> Sequence[str]:
        """The files that every question reads: sorted, so that a day is read from few pages.

        Many rows are sorted some days at a time: all at once they take more memory than there is, on the disk or not.
        """
        months = placed(self._folder, "past", past.months if past else ())
        if len(paths) == 1 and not months:
            return paths
        view_of(self._database, "parts", paths)
        rows = "SELECT * FROM parts"
        if past and months:
            self._add(past, months)
            rows += " UNION ALL SELECT * FROM taken"
        if sum(Path(path).stat().st_size for path in (*paths, *months)) < _SORTED_AT_ONCE:
            return [copied(self._database, rows, self._folder)]
        found = self._database.execute("SELECT min(date), max(date) FROM parts").fetchall()[0]
        days = sorted({day for day in found if day} | {past.window.start, past.window.end} if past else found)
        return [
            copied(self._database, f"SELECT * FROM ({rows}) WHERE {within}", self._folder, f"sorted-{first}")  # noqa: S608 - ours
            for first in range(0, (days[-1] - days[0]).days + 1, _DAYS_AT_ONCE)
            for within in [_within(days[0] + timedelta(days=first), _DAYS_AT_ONCE)]
        ]

    def _add(self, past: Past, months: Sequence[str]) -> None:
        """Makes a view `taken` of what a run takes of the past, whose files are `months`."""
        now = [(account, period) for account, periods in past.read_now.items() for period in periods]
        self._database.register(
            "read_now",
            {
                "account_id": objects(account for account, _ in now),
                "first": dates([period.start for _, period in now]),
                "last": dates([period.end for _, period in now]),
            },
        )
        self._database.register("reported", {"account_id": objects(past.accounts)})
        self._database.execute(
            f"CREATE TEMP VIEW taken AS SELECT {_NAMES} FROM read_parquet({list(months)}) AS held"  # noqa: S608 - our own folder
            f" WHERE date >= DATE '{past.window.start}' AND date < DATE '{past.window.end}'"
            " AND account_id IN (SELECT account_id::VARCHAR FROM reported) AND NOT EXISTS (SELECT 1"
            " FROM read_now WHERE read_now.account_id::VARCHAR = held.account_id AND held.date >= read_now.first::DATE"
            " AND held.date < read_now.last::DATE)"
        )

    def __enter__(self) -> CostTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def to_parquet(self) -> bytes:
        """All rows as one Parquet file."""
        with own_errors():
            if len(self._files) > 1:
                self._files = [joined(self._database, self._files, self._folder)]
            return Path(self._files[0]).read_bytes()

    def units(self) -> list[str]:
        """The currencies in use, sorted."""
        return [unit for (unit,) in self._rows("SELECT DISTINCT unit FROM costs ORDER BY 1")]

    def accounts(self) -> list[str]:
        """The accounts that have any row, sorted."""
        return [account for (account,) in self._rows("SELECT DISTINCT account_id FROM costs ORDER BY 1")]

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

    def usage_of(self, accounts: Sequence[str]) -> dict[date, Decimal]:
        """The same of these accounts."""
        return dict(
            self._rows(
                "SELECT date, sum(amount) FROM costs WHERE service IS NOT NULL"
                " AND account_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY 1 ORDER BY 1",
                list(accounts),
            )
        )

    def regions_by_day(self) -> dict[tuple[str, date], Decimal]:
        """Usage by day as it was read by service and Region, by the id under which that is held."""
        found = self._rows("SELECT account_id, date, sum(amount) FROM regional GROUP BY 1, 2 ORDER BY 1, 2")
        return {(held, day): amount for held, day, amount in found}

    def usage_series(self, window: Period) -> DailySeries:
        """Usage of every (account, service) that has any; a day without a row costs nothing, for it was read."""
        return self._series("amount", window)

    def judged_series(self, window: Period, metric: MetricName) -> DailySeries:
        """The same as it is judged in reports of the metric: at amortized cost, where that was read."""
        return self._series("amount" if judged_metric(metric) == metric else _AMORTIZED, window)

    def regions_judged(
        self, window: Period, metric: MetricName
    ) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
        """Usage of every (service, Region) that has any, and its costs by day, as `judged_series` has them."""
        amount = "amount" if judged_metric(metric) == metric else _AMORTIZED
        found = self._rows(
            f"SELECT service, region, date - $1::DATE, sum({amount})::DOUBLE AS cost FROM regional"  # noqa: S608 - ours
            " WHERE date >= $1 AND date < $2 GROUP BY ALL HAVING cost <> 0 ORDER BY ALL",
            window.start,
            window.end,
        )
        rows = {place: row for row, place in enumerate(dict.fromkeys(each[:2] for each in found))}
        costs = np.zeros((len(rows), window.days))
        for *place, day, cost in found:
            costs[rows[*place], day] = cost
        return list(rows), costs

    def has_amortized(self, metric: MetricName) -> bool:
        """True if what is judged in reports of the metric is another cost than theirs, on any day."""
        return judged_metric(metric) != metric and bool(
            self._rows_once("SELECT 1 FROM costs WHERE service IS NOT NULL AND amortized <> amount LIMIT 1")
        )

    def amortized_on(self, days: Sequence[date]) -> Decimal:
        """Usage on the days at amortized cost."""
        found = self._rows(
            f"SELECT sum({_AMORTIZED}) FROM costs WHERE list_contains($1::DATE[], date)"  # noqa: S608 - ours
            " AND list_contains($2::VARCHAR[], record_type)",
            list(days),
            self._record_types(usage=True),
        )
        return found[0][0] or Decimal(0)

    def _series(self, amount: str, window: Period) -> DailySeries:
        # Numbered in the database, and some days at a time: millions of labels or amounts at once would cost gigabytes.
        with own_errors():
            self._database.execute(
                "CREATE OR REPLACE TEMP TABLE labels AS SELECT account_id, service,"  # noqa: S608 - ours
                " row_number() OVER (ORDER BY account_id, service) - 1 AS number FROM costs"
                f" WHERE service IS NOT NULL AND {amount} <> 0 GROUP BY account_id, service"
            )
            labels = self._rows("SELECT account_id, service FROM labels ORDER BY number")
            costs = np.zeros((len(labels), window.days))
            at_once = max(_DAYS_AT_ONCE, _AMOUNTS_AT_ONCE // max(1, len(labels)))
            for first in range(0, window.days, at_once):
                start = window.start + timedelta(days=first)
                found = self._database.execute(
                    f"SELECT number, date - $1::DATE AS day, sum({amount})::DOUBLE AS amount"  # noqa: S608 - ours
                    " FROM costs JOIN labels USING (account_id, service)"
                    " WHERE date >= $2 AND date < $3 GROUP BY number, day",
                    [window.start, start, min(window.end, start + timedelta(days=at_once))],
                ).fetchnumpy()
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
        with own_errors():
            return self._database.execute(query, list(values)).fetchall()

    def _rows_once(self, query: str, *values: object) -> list[Any]:
        """The same of what is asked again, and is not long: nothing changes the table."""
        asked = (query, *values)
        if asked not in self._known:
            self._known[asked] = self._rows(query, *values)
        return self._known[asked]


def _within(first: date, days: int) -> str:
    """A condition on the date."""
    return f"date >= DATE '{first}' AND date < DATE '{first + timedelta(days=days)}'"
