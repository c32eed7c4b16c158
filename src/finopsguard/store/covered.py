"""The ledger of covered days: which days the delivered reports of a kind told, so that each is told once.

Each object, `covered/<aws or mock>/<report>/<end>.json`, is one delivered report's days. The first one that covers an
end stays: a report that is made again, or is posted to a second channel, adds nothing. The days of one that cannot be
read are made out from its name and the record before it, for each report begins where the last one ended. Those of one
that could not be written are in the delivery ledger, which knows what was posted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from finopsguard.errors import InvalidInput
from finopsguard.models.ledger import CoveredDays, DeliveryAttempt
from finopsguard.models.run import Period, ReportName, Run, Source
from finopsguard.ports import Store
from finopsguard.store import documents, keys

LONGEST = timedelta(days=31)
"""No report covers more days: an older record tells nothing of where one began."""

_UNKNOWN = "unknown"


class Before(NamedTuple):
    """Covered days, None where there are none, and the keys of the records that cannot be read."""

    days: CoveredDays | None
    unreadable: tuple[str, ...] = ()


def before(store: Store, run: Run) -> Before:
    """The covered days that hold the last day of the run's period; else the newest that end before it, if any.

    Raises what ports.Store raises.
    """
    found = _by_end(store, run.source, run.report)
    unnoted = _unnoted(store, run, found)
    known = {*found, *unnoted}
    later = min((end for end in known if end >= run.period.end), default=None)
    earlier = max((end for end in known if end < run.period.end), default=None)
    unreadable: list[str] = []
    for end in filter(None, (later, earlier)):
        covered = unnoted.get(end) or _read(store, found[end])
        if covered is None:
            unreadable.append(found[end])
            covered = _made_out(end, known, run)
        if end == earlier or covered.start < run.period.end:
            return Before(covered, tuple(unreadable))
    return Before(None, tuple(unreadable))


def holds(store: Store, run: Run, period: Period) -> bool:
    """True if a delivered report of the run's kind told the period's last day; raises as `before` does."""
    found = _by_end(store, run.source, run.report)
    unnoted = _unnoted(store, run, found)
    later = min((end for end in {*found, *unnoted} if end >= period.end), default=None)
    if later is None:
        return False
    covered = unnoted.get(later) or _read(store, found[later]) or _made_out(later, found, run)
    return covered.start < period.end


def hours_since(store: Store, source: Source, report: ReportName, at: datetime) -> int | None:
    """Whole hours from the delivery of the newest report of a kind to `at`; None where there was none.

    The newest by its days: an old one that is delivered late says nothing of today's. A record that cannot be read
    does not say when it was delivered, and is passed over. Raises what ports.Store raises.
    """
    found = _by_end(store, source, report)
    records = (_read(store, found[end]) for end in sorted(found, reverse=True))
    newest = next(filter(None, records), None)
    return None if newest is None else max(0, (at - newest.at) // timedelta(hours=1))


def delivered(store: Store, source: Source, first: date) -> tuple[CoveredDays, ...]:
    """The delivered daily and weekly reports of days that end on that day or later, by their end.

    A record that cannot be read does not say when its report was delivered, and is left out. Raises as `before` does.
    """
    reports: tuple[ReportName, ...] = ("daily", "weekly")
    found = [
        (end, key) for name in reports for end, key in _by_end(store, source, name).items() if end >= first
    ]
    read, _ = documents.find_known(store, [key for _, key in sorted(found)], CoveredDays)
    return tuple(read)


def by_another(store: Store, run: Run) -> bool:
    """True if another report of the row told the run's last day; raises as `before` does.

    Raises InvalidInput where others told the run's first days alone, since it was planned to cover them: of two reports
    that failed and were redriven the first one is delivered, and the second one would tell its days again.
    """
    if not run.continues:
        return False
    told = before(store, run).days
    if told is not None and run.period.start < told.end < run.period.end:
        raise InvalidInput(
            f"Another report told the days from {run.period.start} to {told.end - timedelta(days=1)} since"
            f" {run.run_id} was planned. Run the report again from its first step (a new execution, no redrive): it has"
            " the days that are left."
        )
    return told is not None and told.end >= run.period.end and told.run_id != run.first_id


def record(store: Store, run: Run, at: datetime) -> None:
    """Notes that the run's days are told; nothing where they were before, or where the run is not one of the row."""
    if not run.continues:
        return
    key = keys.COVERED.key(source=run.source, report=run.report, end=str(run.period.end))
    covered = CoveredDays(run.run_id, run.period.start, run.period.end, at)
    if not documents.create(store, key, covered) and _read(store, key) is None:
        documents.write(store, key, covered)


def _by_end(store: Store, source: Source, report: ReportName) -> dict[date, str]:
    """The keys of a kind's records, by the end of their days."""
    listed = store.list(keys.COVERED.below(source=source, report=report))
    return {end: key for key in listed if (end := _end_of(key))}


def _unnoted(store: Store, run: Run, noted: Collection[date]) -> dict[date, CoveredDays]:
    """The days of posts of the row that begin where the noted ones end, by their end: nothing, as a rule."""
    newest = max(noted, default=run.period.end - LONGEST)
    below = f"{keys.DELIVERY.prefix}{run.report}-"
    posted = (
        _of_post(documents.find_whole(store, key, DeliveryAttempt), run)
        for key in store.list(keys.DELIVERY.below())
        if key.startswith(below) and key >= f"{below}{newest}"
    )
    return {each.end: each for each in posted if each and each.end not in noted}


def _of_post(attempt: DeliveryAttempt | None, run: Run) -> CoveredDays | None:
    if attempt is None or attempt.status != "posted" or attempt.given is None:
        return None
    given = attempt.given.run
    if attempt.given.message.corrects or not given.continues or given.source != run.source:
        return None
    return CoveredDays(given.first_id, given.period.start, given.period.end, attempt.at)


def _read(store: Store, key: str) -> CoveredDays | None:
    return documents.find_whole(store, key, CoveredDays)


def _made_out(end: date, known: Iterable[date], run: Run) -> CoveredDays:
    """The days of a record that cannot be read: since the one before it, or as many as the run's."""
    last = max(
        (each for each in known if end - LONGEST <= each < end), default=end - timedelta(run.period.days)
    )
    own = (last, end) == (run.period.start, run.period.end)
    return CoveredDays(run.first_id if own else _UNKNOWN, last, end, run.scheduled_time)


def _end_of(key: str) -> date | None:
    parts = keys.COVERED.parts(key)
    try:
        return date.fromisoformat(parts["end"]) if parts else None
    except ValueError:
        return None
