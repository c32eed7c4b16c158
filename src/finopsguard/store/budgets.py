"""The ledger of what was told of budgets, so that each is told once a month, and once more where it is exceeded.

Each object, `budgets/<aws or mock>/<month>/<run>.json`, is what one delivered report told. It is written after the
post: a report that was never delivered told nothing, and the next one tells it. A report that is run again, revised or
not, tells what it told before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from finopsguard.models.forecast import BudgetAlert, BudgetsTold
from finopsguard.models.messages import Delivery
from finopsguard.models.report import Report
from finopsguard.models.run import Run
from finopsguard.ports import Store
from finopsguard.store import documents, keys


class Untold(NamedTuple):
    """A report with the alerts that are news, and the keys of the records that cannot be read: they told nothing."""

    report: Report
    unreadable: tuple[str, ...] = ()


def untold(store: Store, run: Run, report: Report) -> Untold:
    """Leaves the alerts that no other report told this month, and keeps them for the post.

    Raises what ports.Store raises.
    """
    if report.forecast is None:
        return Untold(report)
    month = report.forecast.month.start
    told, unreadable = _before(store, run, month)
    alerts = _news(report.forecast.alerts, told)
    to_tell = BudgetsTold(run.first_id, month, alerts)
    documents.write(store, keys.BUDGETS_TO_TELL.key(run_id=run.run_id), to_tell)
    notes = (*report.notes, *keys.notes(unreadable))
    forecast = replace(report.forecast, alerts=alerts)
    return Untold(replace(report, forecast=forecast, notes=notes), unreadable)


def record(store: Store, run: Run, done: Delivery) -> None:
    """Notes what the run's report told of budgets; nothing where it was not delivered, or told nothing.

    Nothing either where what DetectAnomalies left is gone or damaged: the next report tells it again. What was
    delivered before was noted then, unless that invocation was cut off between post and note.
    """
    if done.posted_at is None:
        return
    left = documents.find_whole(store, keys.BUDGETS_TO_TELL.key(run_id=run.run_id), BudgetsTold)
    if left is None or not left.alerts:
        return
    key = keys.BUDGETS_TOLD.key(source=run.source, month=f"{left.month:%Y-%m}", run_id=run.run_id)
    if done.status == "delivered":
        documents.write(store, key, left)
    else:
        documents.create(store, key, left)


def _before(store: Store, run: Run, month: date) -> tuple[list[BudgetAlert], tuple[str, ...]]:
    found = store.list(keys.BUDGETS_TOLD.below(source=run.source, month=f"{month:%Y-%m}"))
    records, unreadable = documents.find_known(store, found, BudgetsTold)
    return [alert for told in records if told.run_id != run.first_id for alert in told.alerts], unreadable


def _news(found: Sequence[BudgetAlert], told: Sequence[BudgetAlert]) -> tuple[BudgetAlert, ...]:
    """That a budget will be exceeded is no news where it was."""
    exceeded = {each.id for each in told if each.state == "exceeded"}
    return tuple(each for each in found if each not in told and each.id not in exceeded)
