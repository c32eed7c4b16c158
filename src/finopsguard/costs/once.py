"""All costs of a run's days, read once and kept nowhere: what a trial judges, what reading it takes and what it took.

The accounts, the batches, the queries and the proof are those of a run; there is no store, so nothing is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from finopsguard.accounts import scope
from finopsguard.accounts.scope import Chosen, Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import batches, budget, checks, coverage, fetching, periods, reads, summary
from finopsguard.costs.paid import PRICE_OF_A_REQUEST, PageMeter, pages
from finopsguard.costs.series import DailySeries
from finopsguard.costs.table import CostTable
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CostExplorerNotEnabled,
    CostsIncomplete,
    FinOpsGuardError,
    RoleNotAssumable,
    Transient,
)
from finopsguard.models.messages import BatchCosts, FetchedCosts, RunRequest
from finopsguard.models.report import MissingAccount, Report
from finopsguard.models.run import Accounts, Batch, Period, Run
from finopsguard.ports import (
    Billed,
    BilledAccounts,
    Costs,
    CostSource,
    Meter,
    Organization,
    Sleep,
    Store,
    unmetered,
)
from finopsguard.store.memory import MemoryStore

# Seconds before a batch that failed for now is read again: one that is missing may be too many accounts.
_WAITS = (10.0, 30.0)
# Where these are raised the first page was refused, and nothing is paid.
_REFUSED = (CostExplorerAccessDenied, CostExplorerNotEnabled, RoleNotAssumable)


@dataclass(frozen=True)
class Asked:
    """What is to be read: the run's days of the accounts chosen."""

    run: Run
    chosen: Chosen
    settings: PlanSettings

    @property
    def accounts(self) -> int:
        """Accounts that are read, but for those that are billed and no longer listed."""
        return len(self.chosen.selected)

    @property
    def requests(self) -> tuple[int, int]:
        """The fewest and the most requests that are to be expected; none where the data are invented.

        An answer with a gap is read again, and an account may use more services than the estimate takes it to.
        """
        if self.run.data_source == "mock":
            return 0, 0
        planned = _batches(scope.completed(self.chosen, BilledAccounts((), 0), self.run), self.settings)
        few, many = budget.estimate(planned)
        # Who was billed, and what in all; and of large charges in each slice, what they are for.
        whole = 2 if self.chosen.whole else 0
        return few + whole, many + whole + sum(len(batch.slices) for batch in planned)


@dataclass(frozen=True)
class Reading:
    """What was read. `report` has its currency, the accounts that are missing, the checks and the notes."""

    series: DailySeries
    report: Report


class Counted:
    """Satisfies ports.CostSource: passes on what the source says, and counts what was paid, however it ends.

    `at_least`: a reading failed, and pages of it that were answered are not in `requests`.
    """

    def __init__(self, source: CostSource) -> None:
        self._source = source
        self.requests = 0
        self.at_least = False

    @property
    def usd(self) -> Decimal:
        """The price of `requests`."""
        return self.requests * PRICE_OF_A_REQUEST

    def fetch(self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered) -> Costs:
        """See ports.CostSource."""
        with self._noticing():
            found = self._source.fetch(run, batch, days, paid)
        self.requests += found.requests
        return found

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        """See ports.CostSource."""
        with self._noticing():
            found = self._source.billed(run, paid)
        self.requests += found.requests
        return found

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        """See ports.CostSource."""
        with self._noticing():
            found = self._source.billed_accounts(run, paid)
        self.requests += found.requests
        return found

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except _REFUSED:
            raise
        except FinOpsGuardError:
            self.at_least = True
            raise


def ask(organization: Organization, settings: PlanSettings, now: datetime) -> Asked:
    """What a daily run of `now` would read, all of it. Costs nothing: Organizations alone is asked.

    Raises what a run raises of its accounts and settings.
    """
    run = periods.plan_run(RunRequest("daily", now, continues=False), settings, now)
    return Asked(run, scope.choose(organization, settings, None), settings)


def read(asked: Asked, costs: CostSource, allowed_percent: Decimal, sleep: Sleep) -> Reading:
    """Reads everything once, and proves it as a run does.

    An account that cannot be read is in the report's coverage, with the reason. Raises TooManyAccountsMissing as soon
    as they are more than `allowed_percent` of all, CostsIncomplete and MixedCurrencies as a run does.
    """
    billed = scope.who_was_billed(costs, asked.chosen, asked.run)
    found = scope.completed(asked.chosen, billed, asked.run)
    store, now = MemoryStore(), asked.run.scheduled_time
    request = RunRequest(asked.run.report, now, continues=False)
    paid = PageMeter(store, found.run)
    planned = reads.plan_reads(
        found,
        request=request,
        settings=asked.settings,
        earlier=None,
        total=reads.total_billed(found, None, costs=costs, store=store, paid=paid),
        store=store,
        now=now,
    )
    done: list[BatchCosts] = []
    files: dict[str, bytes] = {}
    for batch in planned.batches:
        done.append(_fetched(costs, found.run, batch, files, store, sleep))
        # What is missing already stays missing: the other batches need not be paid for.
        _missing(planned.accounts, done, allowed_percent)
    fetched = FetchedCosts(found.run, "", tuple(done), found.notes)
    missing = _missing(planned.accounts, done, allowed_percent)
    return _proven(fetched, planned.accounts, missing, list(files.values()), pages(store, found.run))


def _fetched(
    costs: CostSource, run: Run, batch: Batch, files: dict[str, bytes], store: Store, sleep: Sleep
) -> BatchCosts:
    """What became of a batch, as the state machine says it; its costs are added to `files`."""
    try:
        found = _retried(lambda: fetching.fetch(run, batch, costs=costs, store=store), sleep)
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
    requests: int,
) -> Reading:
    with CostTable(costs) as table:
        plan = coverage.with_others(plan, table.accounts())
        report = summary.build_report(fetched, plan.accounts, missing, table, requests)
        proof = checks.prove(report, fetched.run, plan, table)
        series = table.usage_series(fetched.run.window).since_first_cost()
    if proof.refusal:
        raise CostsIncomplete(
            f"Cost Explorer's data are not complete: {proof.refusal}. Nothing is judged on them."
            " Try again in some hours: everything is read again, at its price."
        )
    return Reading(series, checks.proven(report, proof, None))


def _batches(found: Scope, settings: PlanSettings) -> Sequence[Batch]:
    """All days of all accounts."""
    accounts = [account.id for account in found.accounts]
    return batches.plan_batches(found, settings, "", [(accounts, found.run.window.dates())])
