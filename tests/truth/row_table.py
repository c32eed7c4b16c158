"""A report's sums in plain Python, as a second opinion on DuckDB's, which takes most of a small report's time.

The fuzzer's cases use it; one in thirty is summed by both, and the two reports must be one and the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.series import DailySeries
from finopsguard.costs.table import CostTable, Past, to_parquet
from finopsguard.models.run import Period
from finopsguard.ports import CostRow

K = TypeVar("K", bound=Hashable)
_TO_PARQUET = to_parquet
_MAGIC = b"PAR1"


def pickled(rows: Sequence[CostRow]) -> bytes:
    """Rows as this table reads them, between the marks of a Parquet file, for the store seals nothing else."""
    return _MAGIC + pickle.dumps(list(rows)) + bytes(4) + _MAGIC


class RowTable(CostTable):
    """Satisfies CostTable; a method that is not here is the real one's, on a real table made for it."""

    def __init__(self, files: Iterable[bytes], past: Past | None = None) -> None:
        assert not past or not past.months, "rows of the history are added by DuckDB"
        self._all: list[CostRow] = [row for file in files for row in pickle.loads(file[len(_MAGIC) :])]  # noqa: S301 - our own
        # Rows of a seller are what a charge is for, those of a Region are usage once more: both are in no sum.
        rows = [row for row in self._all if row.seller is None and row.region is None]
        self._used = [row for row in rows if row.service is not None]
        self._charged = [row for row in rows if row.record_type is not None]

    @cached_property
    def _real(self) -> CostTable:
        return CostTable([_TO_PARQUET(self._all)])

    def __getattr__(self, name: str) -> Any:
        """What the real table holds, for a method that this class does not have."""
        if name in ("_database", "_file", "_folder", "_known"):
            return getattr(self._real, name)
        raise AttributeError(name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_real" in self.__dict__:
            self._real.__exit__(kind, error, trace)

    def to_parquet(self) -> bytes:
        return pickled(self._all)

    def units(self) -> list[str]:
        return sorted({row.unit for row in (*self._used, *self._charged)})

    def accounts(self) -> list[str]:
        return sorted({row.account_id for row in (*self._used, *self._charged)})

    def first_day(self) -> date | None:
        return min((row.date for row in (*self._used, *self._charged) if row.amount), default=None)

    def by_account(self, period: Period) -> dict[str, Decimal]:
        return _sums(self._charged, lambda row: row.account_id, period)

    def by_record_type(self, period: Period) -> dict[str, Decimal]:
        return _sums(self._charged, lambda row: str(row.record_type), period)

    def by_service(self, period: Period) -> dict[str, Decimal]:
        return _sums(self._used, lambda row: str(row.service), period)

    def charges_on(self, days: Sequence[date]) -> list[tuple[str, str, Decimal]]:
        sums = _sums(self._charged, lambda row: (row.account_id, str(row.record_type)), days)
        return [(account, record_type, amount) for (account, record_type), amount in sums.items()]

    def charges_by_day(self) -> list[tuple[str, str, date, Decimal]]:
        others = [row for row in self._charged if not _is_usage(row)]
        sums = _sums(others, lambda row: (row.account_id, str(row.record_type), row.date))
        return [(*whose, amount) for whose, amount in sums.items() if amount]

    def products(self) -> list[tuple[str, str, date, str, str, Decimal]]:
        return sorted(
            (row.account_id, str(row.record_type), row.date, str(row.service), row.seller, row.amount)
            for row in self._all
            if row.seller is not None
        )

    def usage_on(self, days: Sequence[date]) -> dict[str, Decimal]:
        return _sums(self._used, lambda row: str(row.service), days)

    def by_day(self, period: Period) -> dict[date, tuple[Decimal, Decimal]]:
        costs = _sums(self._charged, lambda row: row.date, period)
        usage = _sums(list(filter(_is_usage, self._charged)), lambda row: row.date, period)
        return {day: (amount, usage.get(day, Decimal(0))) for day, amount in costs.items()}

    def total_by_day(self, without: Sequence[str] = ()) -> dict[date, Decimal]:
        kept = [row for row in self._charged if row.account_id not in without]
        return _sums(kept, lambda row: row.date)

    def days_with_cost(self, part_of: Mapping[str, str]) -> dict[str, dict[date, int]]:
        found: dict[str, dict[date, set[str]]] = {}
        for row in (*self._used, *self._charged):
            if row.amount and row.account_id in part_of:
                days = found.setdefault(part_of[row.account_id], {})
                days.setdefault(row.date, set()).add(row.account_id)
        return {
            part: {day: len(accounts) for day, accounts in sorted(days.items())}
            for part, days in sorted(found.items())
        }

    def usage_apart(self, smallest: Decimal) -> list[tuple[date, str, Decimal]]:
        apart = _sums(self._used, lambda row: (row.date, row.account_id))
        charged = _sums(list(filter(_is_usage, self._charged)), lambda row: (row.date, row.account_id))
        for key, amount in charged.items():
            apart[key] = apart.get(key, Decimal(0)) - amount
        return [(*key, amount) for key, amount in sorted(apart.items()) if abs(amount) >= smallest]

    def usage_by_day(self) -> dict[date, Decimal]:
        return _sums(self._used, lambda row: row.date)

    def usage_of(self, accounts: Sequence[str]) -> dict[date, Decimal]:
        return _sums([row for row in self._used if row.account_id in accounts], lambda row: row.date)

    def regions_by_day(self) -> dict[tuple[str, date], Decimal]:
        return _sums(
            [row for row in self._all if row.region is not None], lambda row: (row.account_id, row.date)
        )

    def usage_series(self, window: Period) -> DailySeries:
        labels = sorted({(row.account_id, str(row.service)) for row in self._used})
        index = {label: number for number, label in enumerate(labels)}
        costs = np.zeros((len(labels), window.days))
        for row in self._used:
            if row.date in window:
                costs[index[row.account_id, str(row.service)], (row.date - window.start).days] += float(
                    row.amount
                )
        accounts, services = [account for account, _ in labels], [service for _, service in labels]
        return DailySeries(accounts, services, window.start, costs)


def _is_usage(row: CostRow) -> bool:
    return charge_kind(row.record_type or "") == "usage"


def _sums(
    rows: Sequence[CostRow], key: Callable[[CostRow], K], days: Period | Sequence[date] | None = None
) -> dict[K, Decimal]:
    sums: dict[K, Decimal] = {}
    wanted = None if days is None else frozenset(days.dates() if isinstance(days, Period) else days)
    for row in rows:
        if wanted is None or row.date in wanted:
            sums[key(row)] = sums.get(key(row), Decimal(0)) + row.amount
    return dict(sorted(sums.items()))
