"""All costs of a run's days, read once: what a trial judges, and what reading it takes.

The accounts, the batches, the queries, the proof and the history are those of a run, in a store of the caller's: pages
are counted there, and days that its history holds are not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from finopsguard.accounts import scope
from finopsguard.accounts.scope import Chosen, Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import (
    archive,
    batches,
    budget,
    checks,
    coverage,
    fetching,
    history,
    kept,
    periods,
    reads,
    summary,
)
from finopsguard.costs.paid import PageMeter, pages
from finopsguard.costs.series import DailySeries
from finopsguard.costs.table import CostTable
from finopsguard.errors import CostsIncomplete, FinOpsGuardError, Transient
from finopsguard.models.costs import BilledAccounts
from finopsguard.models.history import HeldMonth
from finopsguard.models.messages import BatchCosts, FetchedCosts, RunRequest
from finopsguard.models.report import MissingAccount, Report
from finopsguard.models.run import Accounts, Batch, Run
from finopsguard.ports import CostSource, Organization, Sleep, Store
from finopsguard.store import keys

# Seconds before a batch that failed for now is read again: one that is missing may be too many accounts.
_WAITS = (10.0, 30.0)


@dataclass(frozen=True)
class Asked:
    """What is to be read: the run's days of the accounts chosen, but for those that are `held`."""

    run: Run
    chosen: Chosen
    settings: PlanSettings
    held: tuple[HeldMonth, ...]

    @property
    def accounts(self) -> int:
        """Accounts that are read, but for those that are billed and no longer listed."""
        return len(self.chosen.selected)

    @property
    def requests(self) -> tuple[int, int]:
        """The fewest and the most requests that are to be expected; none of a data export or of invented data.

        An answer with a gap is read again, and an account may use more services than the estimate takes it to.
        """
        if self.run.data_source != "cost_explorer":
            return 0, 0
        planned = self._batches(scope.completed(self.chosen, BilledAccounts((), 0), self.run))
        few, many = budget.estimate(planned)
        # Who was billed, and what in all; and of large charges in each slice, what they are for.
        whole = 2 if self.chosen.whole else 0
        return few + whole, many + whole + sum(len(batch.slices) for batch in planned if not batch.by_region)

    def _batches(self, found: Scope) -> Sequence[Batch]:
        accounts = [account.id for account in found.accounts]
        asked = self.held, self.run, frozenset[date](), self.run.scheduled_time
        due = history.due(asked[0], accounts, *asked[1:])
        by_region = reads.due_regions(batches.regions_of(found), *asked)
        return batches.plan_batches(found, self.settings, "", due, by_region=by_region)


@dataclass(frozen=True)
class Reading:
    """What was read, and proven. `report` has its currency, the accounts that are missing, the checks and the notes.

    `costs` are all rows as one Parquet file, and `fetched` and `plan` what a run's steps say of them.
    """

    series: DailySeries
    report: Report
    costs: bytes
    fetched: FetchedCosts
    plan: Accounts


def ask(organization: Organization, settings: PlanSettings, now: datetime, store: Store) -> Asked:
    """What a daily run of `now` would read, of what the store's history does not hold.

    Costs nothing: Organizations alone is asked. Raises what a run raises of its accounts and settings.
    """
    run = periods.plan_run(RunRequest("daily", now, continues=False), settings, now)
    months = archive.held(store, run, archive.question(settings)).months
    chosen = scope.choose(organization, settings, None)
    return Asked(run, chosen, settings, tuple(month.held for month in months))


def read(asked: Asked, costs: CostSource, allowed_percent: Decimal, sleep: Sleep, store: Store) -> Reading:
    """Reads everything once, proves it as a run does, and adds it to the store's history.

    An account that cannot be read is in the report's coverage, with the reason. Raises TooManyAccountsMissing as soon
    as they are more than `allowed_percent` of all, CostsIncomplete and MixedCurrencies as a run does. What was paid is
    in the store however it ends (`costs/paid.py`).
    """
    now = asked.run.scheduled_time
    paid = PageMeter(store, asked.run)
    billed = scope.who_was_billed(costs, asked.chosen, asked.run, None, paid)
    found = scope.completed(asked.chosen, billed, asked.run)
    request = RunRequest(asked.run.report, now, continues=False)
    planned = reads.plan_reads(
        found,
        request=request,
        settings=asked.settings,
        earlier=None,
        total=reads.total_billed(found, asked.settings, None, costs=costs, store=store, paid=paid, now=now),
        store=store,
        now=now,
    )
    done: list[BatchCosts] = []
    files: dict[str, bytes] = {}
    for batch in planned.batches:
        done.append(_fetched(costs, found.run, batch, planned.accounts.held, files, store, sleep))
        # What is missing already stays missing: the other batches need not be paid for.
        _missing(planned.accounts, done, allowed_percent)
    fetched = FetchedCosts(found.run, "", tuple(done), found.notes)
    missing = _missing(planned.accounts, done, allowed_percent)
    read_now = list(files.values())
    reading = _proven(fetched, planned.accounts, missing, read_now, store)
    whole = coverage.read_whole(planned.accounts, missing, reading.report.notes)
    kept.add(store, found.run, planned.accounts, whole, read_now)
    return reading


def copy_history(source: Store, target: Store) -> int:
    """Copies what one store holds of the history and the other does not; returns the number of objects."""
    return sum(target.create(key, source.read(key)) for key in source.list(keys.HISTORY.prefix))


def _fetched(
    costs: CostSource,
    run: Run,
    batch: Batch,
    objects: Sequence[str],
    files: dict[str, bytes],
    store: Store,
    sleep: Sleep,
) -> BatchCosts:
    """What became of a batch, as the state machine says it; its costs are added to `files`."""
    try:
        found = _retried(lambda: fetching.fetch(run, batch, objects, costs=costs, store=store), sleep)
    except FinOpsGuardError as error:
        return BatchCosts(batch.id, "unavailable", error=type(error).__name__, cause=str(error))
    files[batch.id] = found.parquet
    return replace(found.batch, key=batch.id)


def _retried(read: Callable[[], fetching.Fetched], sleep: Sleep) -> fetching.Fetched:
    for seconds in _WAITS:
        try:
            return read()
        except Transient:
            sleep(seconds)
    return read()


def _missing(
    plan: Accounts, done: Sequence[BatchCosts], allowed_percent: Decimal
) -> tuple[MissingAccount, ...]:
    """The accounts of the batches that were tried, and could not be read; refused if too many."""
    tried = {batch.batch_id for batch in done}
    accounts = [account for account in plan.accounts if account.batch_id in tried]
    missing = coverage.missing_accounts(accounts, done)
    coverage.refuse_if_too_many(missing, len(plan.accounts), allowed_percent)
    return missing


def _proven(
    fetched: FetchedCosts,
    plan: Accounts,
    missing: tuple[MissingAccount, ...],
    costs: Sequence[bytes],
    store: Store,
) -> Reading:
    with CostTable(costs, kept.past(store, fetched, plan, missing)) as table:
        plan = coverage.with_others(plan, table.accounts())
        report = summary.build_report(fetched, plan, missing, table, pages(store, fetched.run))
        proof = checks.prove(report, fetched.run, plan, table)
        series = table.judged_series(fetched.run.window, fetched.run.cost_metric).since_first_cost()
        rows = table.to_parquet()
    if proof.refusal:
        raise CostsIncomplete(
            f"Cost Explorer's data are not complete: {proof.refusal}. Nothing is judged on them."
            " Try again in some hours: everything is read again, at its price."
        )
    return Reading(series, checks.proven(report, proof, None), rows, fetched, plan)
