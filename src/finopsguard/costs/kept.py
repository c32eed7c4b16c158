"""What a run takes from the history, and what it adds to it once its costs are proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finopsguard.costs import coverage, history
from finopsguard.costs.archive import States
from finopsguard.costs.history import Reading
from finopsguard.costs.month import month_rows
from finopsguard.costs.table import Past
from finopsguard.errors import InvalidInput
from finopsguard.models.messages import FetchedCosts
from finopsguard.models.report import MissingAccount
from finopsguard.models.run import Accounts, Period, Run
from finopsguard.ports import Store
from finopsguard.store import files
from finopsguard.store.documents import damaged


def past(store: Store, fetched: FetchedCosts, plan: Accounts, missing: Sequence[MissingAccount]) -> Past:
    """What a run takes from the history: the days of its accounts that its batches do not read.

    Nothing of an account that could not be read now: its cost is unknown, not what it was. Raises InvalidInput where a
    state that the plan counted on cannot be read any more, and what ports.Store raises.
    """
    run = fetched.run
    if plan.question is None and any(
        (batch.days or run.window.days) < run.window.days for batch in fetched.batches
    ):
        # An earlier release's plan knows nothing of days that are held, and without them they would count as nothing.
        raise damaged(fetched.accounts_key, InvalidInput("it does not say which days are held"))
    without = {account.id for account in missing}
    accounts = [account.id for account in plan.accounts if account.id not in without]
    accounts += [] if coverage.regions_missing(plan, fetched.batches) else plan.regions
    return Past(files.read_all_costs(store, plan.held), accounts, run.window, plan.read_now)


def add(
    store: Store,
    run: Run,
    plan: Accounts,
    read: Mapping[str, Sequence[Period]],
    costs: Sequence[bytes],
) -> None:
    """Keeps what was read and proven: the days of `read` by account, whose rows are in the files `costs`.

    A day is replaced whole, or not at all. Raises what ports.Store raises.
    """
    if run.data_source == "mock" or plan.asked is None or plan.question is None:
        return
    reading = Reading(read, plan.asked, plan.billed_asked)
    states = States(store, run.source, plan.question)
    for month in history.months_of(period for periods in read.values() for period in periods):
        states.append(
            month,
            reading,
            lambda before, days: month_rows(before, costs, days, reading.at, run.data_source),
        )
