"""Days that AWS was still billing when they were read, as the history holds them: for a batch that reads them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from finopsguard.costs import history
from finopsguard.costs.month import rows_of
from finopsguard.models.costs import NOTHING_HELD, CostRow, HeldRows
from finopsguard.models.history import HeldMonth
from finopsguard.models.run import Batch
from finopsguard.ports import Store
from finopsguard.store import files, keys


def held(store: Store, objects: Iterable[str], batch: Batch) -> HeldRows:
    """What the history has of the batch's young days, where it has them of all of its accounts.

    `objects` are the keys of its months; one that cannot be read holds nothing. Raises what ports.Store raises.
    """
    if not batch.young:
        return NOTHING_HELD
    young = {day for period in batch.young for day in period.dates()}
    found = (files.find_noted(store, key, HeldMonth) for key in objects if _has_any(key, young))
    rows: dict[date, list[CostRow]] = {}
    for parquet, month in filter(None, found):
        days = sorted(young & _whole_days(month, batch.accounts))
        rows.update({day: [] for day in days})
        for row in rows_of(parquet, days, None if batch.whole else batch.accounts):
            rows[row.date].append(row)
    return rows


def _has_any(key: str, days: Collection[date]) -> bool:
    parts = keys.HISTORY.parts(key)
    return parts is not None and parts["month"] in {f"{day:%Y-%m}" for day in days}


def _whole_days(month: HeldMonth, accounts: Sequence[str]) -> set[date]:
    """The days that the month holds of all of the accounts."""
    return {day.date for day in month.days if history.held_of(month, day).issuperset(accounts)}
