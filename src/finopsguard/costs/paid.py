"""Pages of Cost Explorer that were answered, each of which AWS charges: one object for each, written as it comes.

So the price of a report is true whatever ends an attempt: a function that is killed tells nothing of what it bought.
`paid/<aws or mock>/<month>/<run id>/<n>` is the n-th page of a report, in the month when it was due; a page of a
question that has a limit of its own is `<question>-<n>`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from finopsguard.models.run import Run, Source
from finopsguard.ports import Store
from finopsguard.store import keys

PRICE_OF_A_REQUEST = Decimal("0.01")
"""AWS documents USD 0.01 for each paginated request to the Cost Explorer API."""


class PageMeter:
    """Satisfies ports.Meter: counts the pages of one attempt, and keeps each. `count` is the attempt's own."""

    def __init__(self, store: Store, run: Run, question: str = "") -> None:
        self._store = store
        self._run = run
        self._mark = _mark(question)
        self._next: int | None = None
        self.count = 0

    def __call__(self) -> None:
        """See ports.Meter; raises what ports.Store raises."""
        if self._next is None:
            self._next = pages(self._store, self._run)
        kept = False
        while not kept:  # others count the pages of the same report meanwhile
            self._next += 1
            page = f"{self._mark}{self._next:06d}"
            kept = self._store.create(keys.PAID.key(**parts_of(self._run), page=page), b"")
        self.count += 1


def pages(store: Store, run: Run) -> int:
    """The pages that all attempts at the report took so far; raises what ports.Store raises."""
    return len(store.list(keys.PAID.below(**parts_of(run))))


def pages_of(store: Store, run: Run, question: str) -> int:
    """The pages that all attempts at one question of the report took so far; raises what ports.Store raises."""
    found = store.list(keys.PAID.below(**parts_of(run)))
    return sum(key.rpartition("/")[2].startswith(_mark(question)) for key in found)


def usd_of_month(store: Store, run: Run) -> Decimal:
    """The price of all reports that were due in the month of this one; raises what ports.Store raises."""
    return usd_in_month(store, run.source, run.scheduled_time)


def usd_in_month(store: Store, source: Source, at: datetime) -> Decimal:
    """The price of all reports of `aws` or `mock` that were due in that month; raises what ports.Store raises."""
    return pages_in_month(store, source, at) * PRICE_OF_A_REQUEST


def pages_in_month(store: Store, source: Source, day: date) -> int:
    """The pages of all reports that were due in the month of the day; raises what ports.Store raises."""
    return len(store.list(keys.PAID.below(source=source, month=f"{day:%Y-%m}")))


def _mark(question: str) -> str:
    return f"{question}-" if question else ""


def parts_of(run: Run) -> dict[str, str]:
    """The parts of keys that count what a report takes: whose it is, the month when it was due, and its id."""
    return {"source": run.source, "month": f"{run.scheduled_time:%Y-%m}", "run_id": run.run_id}
