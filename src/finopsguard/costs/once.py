"""All costs of a run's days, read once and kept nowhere: what a trial judges, what reading it takes and what it took.

The accounts, the batches, the queries and the proof are those of a run; there is no store, so nothing is found again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from finopsguard.accounts import scope
from finopsguard.accounts.scope import Chosen
from finopsguard.config import PlanSettings
from finopsguard.costs import batches, checks, coverage, periods, summary
from finopsguard.costs.series import DailySeries
from finopsguard.costs.summary import PRICE_OF_A_REQUEST
from finopsguard.costs.table import CostTable, to_parquet
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
from finopsguard.models.run import Accounts, Batch, Run
from finopsguard.ports import BilledAccounts, Costs, CostSource, Organization, Sleep

SERVICES_OF_AN_ACCOUNT = 20
"""What an account is taken to use, where nothing is known of it."""
GROUPS_OF_A_PAGE = (5_000, 500)
"""AWS documents no page size: the pages are between what these two would make."""
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

        An answer with a gap is read again, and what AWS says of an account may be more than SERVICES_OF_AN_ACCOUNT.
        """
        if self.run.data_source == "mock":
            return 0, 0
        planned = batches.plan_batches(
            scope.completed(self.chosen, BilledAccounts((), 0), self.run), self.settings, 0
        )
        few, many = (
            sum(_pages(batch, self.run.window.days, groups) for batch in planned)
            for groups in GROUPS_OF_A_PAGE
        )
        # Who was billed; and of large charges in each batch, what they are for.
        who = int(self.chosen.whole)
        return few + who, many + who + sum(not batch.is_control for batch in planned)


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

    def fetch(self, run: Run, batch: Batch) -> Costs:
        """See ports.CostSource."""
        with self._noticing():
            found = self._source.fetch(run, batch)
        self.requests += found.requests
        return found

    def billed_accounts(self, run: Run) -> BilledAccounts:
        """See ports.CostSource."""
        with self._noticing():
            found = self._source.billed_accounts(run)
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
    planned = batches.plan_batches(found, asked.settings, 0)
    plan = batches.with_batches(found, planned, 0, None, asked.run.scheduled_time)
    done: list[BatchCosts] = []
    files: dict[str, bytes] = {}
    for batch in planned:
        done.append(_fetched(costs, found.run, batch, files, sleep))
        # What is missing already stays missing: the other batches need not be paid for.
        _missing(plan, done, allowed_percent)
    control = [files.pop(each.batch_id) for each in done if each.is_control and each.batch_id in files]
    fetched = FetchedCosts(found.run, "", tuple(done), found.notes)
    return _proven(fetched, plan, _missing(plan, done, allowed_percent), list(files.values()), control)


def _fetched(costs: CostSource, run: Run, batch: Batch, files: dict[str, bytes], sleep: Sleep) -> BatchCosts:
    """What became of a batch, as the state machine says it; its costs are added to `files`."""
    try:
        found = _retried(costs, run, batch, sleep)
    except FinOpsGuardError as error:
        return BatchCosts(batch.id, "unavailable", error=type(error).__name__, cause=str(error))
    files[batch.id] = to_parquet(found.rows)
    return BatchCosts(
        batch_id=batch.id,
        status="ok",
        rows=len(found.rows),
        requests=found.requests,
        incomplete=tuple(found.incomplete),
        cause=next(iter(found.incomplete.values()), None),
    )


def _retried(costs: CostSource, run: Run, batch: Batch, sleep: Sleep) -> Costs:
    for seconds in _WAITS:
        try:
            return costs.fetch(run, batch)
        except Transient:
            sleep(seconds)
    return costs.fetch(run, batch)


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
    control: Sequence[bytes],
) -> Reading:
    billed = None
    if control:
        with CostTable(control) as table:
            billed = table.total_by_day()
    with CostTable(costs) as table:
        report = summary.build_report(fetched, plan.accounts, missing, table)
        proof = checks.prove(report, fetched.run, plan, table, billed, controlled=fetched.controlled)
        series = table.usage_series(fetched.run.window).since_first_cost()
    if proof.refusal:
        raise CostsIncomplete(
            f"Cost Explorer's data are not complete: {proof.refusal}. Nothing is judged on them."
            " Try again in some hours: everything is read again, at its price."
        )
    return Reading(series, checks.proven(report, proof, plan, None))


def _pages(batch: Batch, days: int, groups: int) -> int:
    """Pages of a batch's queries: usage by account and service, charges by account and record type, or the total."""
    if batch.is_control:
        return 1
    charges = len(batch.accounts) * days
    return -(-charges * SERVICES_OF_AN_ACCOUNT // groups) - (-charges // groups)
