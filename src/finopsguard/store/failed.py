"""Reports of the row that failed: the next one that is delivered says which of their days are in none.

A gap after a delivered report needs no record: the next report covers it, or says that it does not (costs/periods.py).
What only a record knows is a failure before the first delivered report, and that of an old one that was made again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from finopsguard import contracts
from finopsguard.errors import InvalidInput
from finopsguard.models.ledger import CoveredDays, FailedReport
from finopsguard.models.messages import Failure, RunRequest
from finopsguard.models.notes import report_missing
from finopsguard.models.run import Period, Run, Source, in_a_row
from finopsguard.ports import Store
from finopsguard.store import covered, documents, keys


def record(store: Store, failure: Failure, source: Source, at: datetime) -> None:
    """Notes the failed report, if its input tells which; not where only a correction failed. Raises as ports.Store."""
    asked = _asked(failure)
    if asked is None or not asked.continues or failure.failure.corrects:
        return
    due = f"{asked.scheduled_time.astimezone(UTC):%Y-%m-%dT%H%MZ}"
    failed = FailedReport(asked.report, asked.scheduled_time, failure.failure.error, at)
    documents.write(store, keys.FAILED.key(source=source, report=asked.report, due=due), failed)


def notes(
    store: Store, run: Run, before: CoveredDays | None, period_of: Callable[[FailedReport], Period]
) -> tuple[str, ...]:
    """A note for the days of failed reports that no report has, neither the run; told once, after the report `before`.

    A record that cannot be read tells nothing: the report that it would be told on must not fail for it. Raises as
    ports.Store.
    """
    if not run.continues:
        return ()
    listed = store.list(keys.FAILED.below(source=run.source, report=run.report))
    found = (documents.find_whole(store, key, FailedReport) for key in listed)
    new = [each for each in found if each and (before is None or each.at > before.at)]
    missing = [period for period in map(period_of, new) if not _told(store, run, before, period)]
    return tuple(map(report_missing, in_a_row({day for period in missing for day in period.dates()})))


def _asked(failure: Failure) -> RunRequest | None:
    """The request of the failed report: in its run, or the first step's input itself; an event rule has neither."""
    try:
        return contracts.from_json(RunRequest, failure.input.get("run", failure.input))
    except InvalidInput:
        return None


def _told(store: Store, run: Run, before: CoveredDays | None, period: Period) -> bool:
    """True if the run has these days or speaks of them by itself, or if a delivered report has them."""
    since = before.end if before else run.period.start
    return since < period.end <= run.period.end or covered.holds(store, run, period)
