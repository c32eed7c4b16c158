"""The ledger of covered days: which days the delivered reports of a kind told, so that each is told once.

Each object, `covered/<aws or mock>/<report>/<end>.json`, is one delivered report's days. The first one that covers an
end stays: a report that is made again, or is posted to a second channel, adds nothing.
"""

from __future__ import annotations

from datetime import date, datetime

from finopsguard.models.ledger import CoveredDays
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys

_REMEDY = "Delete it and run again: its days then count as not covered."


def before(store: Store, run: Run) -> CoveredDays | None:
    """The covered days that hold the last day of the run's period; else the newest that end before it, if any.

    Raises InvalidInput (what was written cannot be read) and what ports.Store raises.
    """
    found = {
        end: key
        for key in store.list(keys.COVERED.below(source=run.source, report=run.report))
        if (end := _end_of(key))
    }
    ends = sorted(found)
    later = next((end for end in ends if end >= run.period.end), None)
    if later is not None:
        covered = _read(store, found[later])
        if covered.start < run.period.end:
            return covered
    earlier = [end for end in ends if end < run.period.end]
    return _read(store, found[earlier[-1]]) if earlier else None


def by_another(store: Store, run: Run) -> bool:
    """True if another report of the row told the run's last day; raises as `before` does."""
    if not run.continues:
        return False
    told = before(store, run)
    return told is not None and told.end >= run.period.end and told.run_id != run.first_id


def record(store: Store, run: Run, at: datetime) -> None:
    """Notes that the run's days are told; nothing where they were before, or where the run is not one of the row."""
    if not run.continues:
        return
    key = keys.COVERED.key(source=run.source, report=run.report, end=str(run.period.end))
    documents.create(store, key, CoveredDays(run.run_id, run.period.start, run.period.end, at))


def _read(store: Store, key: str) -> CoveredDays:
    return documents.read(store, key, CoveredDays, remedy=_REMEDY)


def _end_of(key: str) -> date | None:
    parts = keys.COVERED.parts(key)
    try:
        return date.fromisoformat(parts["end"]) if parts else None
    except ValueError:
        return None
