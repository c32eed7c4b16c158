"""The history in the store: a month's costs and what is held of them, in one object for each time that it was written.

`history/<aws or mock>/<question>/<month>/<n>.parquet` is the n-th state of a month, whole: the newest that can be read
counts. States are appended and never changed, so that a crash leaves the last one, and of two reports at once one
appends first and the other adds its days to that. A state that cannot be read is passed over for the one before it;
the days that are lost so are read again. Older states show what a restated day cost before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from finopsguard.config import PlanSettings
from finopsguard.costs import history
from finopsguard.costs.batches import exported
from finopsguard.costs.history import Reading
from finopsguard.errors import StoreUnavailable
from finopsguard.models.history import HeldMonth
from finopsguard.models.metrics import COST_METRICS, UNBLENDED, MetricName
from finopsguard.models.run import Period, Run, Source
from finopsguard.ports import Store
from finopsguard.store import files, keys

_ATTEMPTS = 5
_NOTHING = HeldMonth((), ())


Merge = Callable[[bytes | None, Mapping[str, Sequence[date]]], bytes]
"""From a month as it was, None where nothing was held, and the days of each account that are replaced to the month."""


@dataclass(frozen=True)
class Month:
    """The newest state of a month that can be read."""

    key: str
    held: HeldMonth
    parquet: bytes


def question(settings: PlanSettings) -> str:
    """The part of a key that changes with whatever changes what a cost is: no answer to another question is found."""
    asked: tuple[object, ...] = (
        settings.cost_metric,
        settings.organization_role_arn,
        settings.billing_view_arn,
        *exported(settings),
    )
    return f"{settings.cost_metric}-{hashlib.sha256(repr(asked).encode()).hexdigest()[:8]}"


def metric_of(asked: str) -> MetricName:
    """The metric of a question; that of a report without settings, where the name says none."""
    return next((metric for metric in COST_METRICS if asked.startswith(f"{metric}-")), UNBLENDED)


class Archive(NamedTuple):
    """What is held of a run's months, and the keys of states that cannot be read: their days are read again."""

    months: tuple[Month, ...] = ()
    unreadable: tuple[str, ...] = ()


def held(store: Store, run: Run, asked: str) -> Archive:
    """What is held of the months of the run's window; nothing of invented costs, which are others each morning.

    Raises what ports.Store raises.
    """
    if run.data_source == "mock":
        return Archive()
    states = States(store, run.source, asked)
    found = (states.newest(month) for month in history.months_of([run.window]))
    # Only what is held is asked here; all months' rows at once would be too much for a small function.
    months = tuple(replace(month, parquet=b"") for month in found if month)
    return Archive(months, tuple(states.unreadable))


def questions(store: Store, source: Source) -> dict[str, tuple[Period, ...]]:
    """The questions of which anything is held, each with its months, oldest first; raises what ports.Store raises."""
    months: dict[str, set[date]] = {}
    for key in store.list(keys.HISTORY.below(source=source)):
        parts = keys.HISTORY.parts(key)
        first = _first_day(parts["month"]) if parts else None
        if parts and first:
            months.setdefault(parts["question"], set()).add(first)
    return {
        asked: tuple(history.months_of(Period(first, first + timedelta(days=1)) for first in firsts))
        for asked, firsts in months.items()
    }


def _first_day(month: str) -> date | None:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        return None


class States:
    """The states of a question's months."""

    def __init__(self, store: Store, source: Source, asked: str) -> None:
        self._store = store
        self._names = {"source": source, "question": asked}
        self.unreadable: list[str] = []

    def newest(self, month: Period) -> Month | None:
        """The newest state that can be read."""
        for _, key in reversed(self._listed(month)):
            found = files.find_noted(self._store, key, HeldMonth)
            if found:
                parquet, note = found
                return Month(key, note, parquet)
            self.unreadable.append(key)
        return None

    def append(self, month: Period, reading: Reading, merge: Merge) -> None:
        """Adds a state with the reading's days; nothing where the newest has them already."""
        for _ in range(_ATTEMPTS):
            listed, before = self._listed(month), self.newest(month)
            note = before.held if before else _NOTHING
            days = history.replaced(note, month, reading)
            if not days:
                return
            parquet = merge(before.parquet if before else None, days)
            after = history.with_reading(note, month, reading)
            number = max((number for number, _ in listed), default=0) + 1
            key = keys.HISTORY.key(**self._names, month=f"{month.start:%Y-%m}", number=f"{number:05d}")
            if files.create_noted(self._store, key, parquet, after):
                return
        raise StoreUnavailable(
            f"Other reports wrote the history of {month.start:%Y-%m} at the same time, {_ATTEMPTS} times. Run again."
        )

    def _listed(self, month: Period) -> list[tuple[int, str]]:
        listed = self._store.list(keys.HISTORY.below(**self._names, month=f"{month.start:%Y-%m}"))
        found = ((keys.HISTORY.parts(key), key) for key in listed)
        return sorted(
            (int(parts["number"]), key) for parts, key in found if parts and parts["number"].isdecimal()
        )
