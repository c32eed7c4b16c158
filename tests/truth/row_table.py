"""A report's sums in plain Python, as a second opinion on DuckDB's, which takes most of a small report's time.

The fuzzer's cases use it; one in thirty is summed by both, and the two reports must be one and the same. In `make test`
so do reports on the costs of a few accounts that a test makes up (`summed`), which `make check` sums by DuckDB.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.series import DailySeries
from finopsguard.costs.table import CostTable, Past, to_parquet
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import MetricName, judged_metric
from finopsguard.models.run import Period
from finopsguard.steps import aggregate_costs, detect_anomalies
from tests.sweeps import quick

K = TypeVar("K", bound=Hashable)
_TO_PARQUET = to_parquet
_MAGIC = b"PAR1"


@contextmanager
def summed() -> Iterator[Callable[[Sequence[CostRow]], bytes]]:
    """Yields how rows are written for the reports that are made inside, which takes half as long (measured)."""
    if not quick():
        yield _TO_PARQUET
        return
    with pytest.MonkeyPatch.context() as patch:
        for step in (aggregate_costs, detect_anomalies):
            patch.setattr(step, "CostTable", RowTable)
        yield pickled


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

    def regions_judged(
        self, window: Period, metric: MetricName
    ) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
        cost = _cost if judged_metric(metric) != metric else _amount
        rows = [row for row in self._all if row.region is not None and row.date in window]
        sums = {key: amount for key, amount in _sums(rows, _place_and_day, cost=cost).items() if amount}
        places = list(dict.fromkeys((service, region) for service, region, _ in sums))
        costs = np.zeros((len(places), window.days))
        for (service, region, day), amount in sums.items():
            costs[places.index((service, region)), (day - window.start).days] = float(amount)
        return places, costs

    def has_amortized(self, metric: MetricName) -> bool:
        return judged_metric(metric) != metric and any(
            row.amortized is not None and row.amortized != row.amount for row in self._used
        )

    def amortized_on(self, days: Sequence[date]) -> Decimal:
        used = (row for row in self._charged if _is_usage(row) and row.date in frozenset(days))
        return sum(map(_cost, used), Decimal(0))

    def _series(self, amount: str, window: Period) -> DailySeries:
        cost = _amount if amount == "amount" else _cost
        labels = sorted({(row.account_id, str(row.service)) for row in self._used if cost(row)})
        index = {label: number for number, label in enumerate(labels)}
        costs = np.zeros((len(labels), window.days))
        sums = _sums(self._used, lambda row: (row.account_id, str(row.service), row.date), window, cost)
        for (account, service, day), usd in sums.items():
            if (account, service) in index:
                costs[index[account, service], (day - window.start).days] = float(usd)
        accounts, services = [account for account, _ in labels], [service for _, service in labels]
        return DailySeries(accounts, services, window.start, costs)


def _is_usage(row: CostRow) -> bool:
    return charge_kind(row.record_type or "") == "usage"


def _amount(row: CostRow) -> Decimal:
    return row.amount


def _cost(row: CostRow) -> Decimal:
    """What is judged: the amortized cost, where that was read."""
    return row.amount if row.amortized is None else row.amortized


def _place_and_day(row: CostRow) -> tuple[str, str, date]:
    return str(row.service), str(row.region), row.date


def _sums(
    rows: Sequence[CostRow],
    key: Callable[[CostRow], K],
    days: Period | Sequence[date] | None = None,
    cost: Callable[[CostRow], Decimal] = _amount,
) -> dict[K, Decimal]:
    sums: dict[K, Decimal] = {}
    wanted = None if days is None else frozenset(days.dates() if isinstance(days, Period) else days)
    for row in rows:
        if wanted is None or row.date in wanted:
            found = key(row)
            sums[found] = sums.get(found, Decimal(0)) + cost(row)
    return dict(sorted(sums.items()))
