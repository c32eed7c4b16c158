"""The ledger of covered days: which days the delivered reports of a kind told, so that each is told once.

Each object, `covered/<aws or mock>/<report>/<end>.json`, is one delivered report's days. The first one that covers an
end stays: a report that is made again, or is posted to a second channel, adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from finopsguard.models.ledger import CoveredDays
from finopsguard.models.run import Period, ReportName, Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys

_REMEDY = "Delete it and run again: its days then count as not covered."


def before(store: Store, run: Run) -> CoveredDays | None:
    """The covered days that hold the last day of the run's period; else the newest that end before it, if any.

    Raises InvalidInput (what was written cannot be read) and what ports.Store raises.
    """
    found = _by_end(store, run.source, run.report)
    holding = _holding(store, found, run.period.end)
    if holding is not None:
        return holding
    earlier = [end for end in found if end < run.period.end]
    return _read(store, found[max(earlier)]) if earlier else None


def holds(store: Store, run: Run, period: Period) -> bool:
    """True if a delivered report of the run's kind told the period's last day; raises as `before` does."""
    return _holding(store, _by_end(store, run.source, run.report), period.end) is not None


def hours_since(store: Store, source: str, report: ReportName, at: datetime) -> int | None:
    """Whole hours from the delivery of the newest report of a kind to `at`; None where there was none.

    The newest by its days: an old one that is delivered late says nothing of today's. Raises as `before` does.
    """
    found = _by_end(store, source, report)
    if not found:
        return None
    newest = _read(store, found[max(found)])
    return max(0, (at - newest.at) // timedelta(hours=1))


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


def _holding(store: Store, found: Mapping[date, str], end: date) -> CoveredDays | None:
    """The covered days that hold the day before `end`."""
    later = min((each for each in found if each >= end), default=None)
    covered = None if later is None else _read(store, found[later])
    return covered if covered and covered.start < end else None


def _by_end(store: Store, source: str, report: ReportName) -> dict[date, str]:
    """The keys of a kind's records, by the end of their days."""
    listed = store.list(keys.COVERED.below(source=source, report=report))
    return {end: key for key in listed if (end := _end_of(key))}


def _read(store: Store, key: str) -> CoveredDays:
    return documents.read(store, key, CoveredDays, remedy=_REMEDY)


def _end_of(key: str) -> date | None:
    parts = keys.COVERED.parts(key)
    try:
        return date.fromisoformat(parts["end"]) if parts else None
    except ValueError:
        return None
