"""What a run reads: the days that the history does not hold, in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from finopsguard.accounts import scope as scopes
from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import archive, budget, history
from finopsguard.costs.batches import plan_batches, with_batches
from finopsguard.costs.paid import PageMeter, pages, usd_of_month
from finopsguard.errors import FinOpsGuardError, Transient
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import AccountList, Accounts, Batch, Run
from finopsguard.ports import CostSource, Meter, Organization, Store
from finopsguard.store import documents, keys, refused


@dataclass(frozen=True)
class Reads:
    """The batches of a run, its account list as it is stored, and states of the history that cannot be read.

    `anew`: nothing that was read before is taken.
    """

    batches: tuple[Batch, ...]
    accounts: Accounts
    unreadable: tuple[str, ...]
    anew: bool


def plan(
    run: Run,
    request: RunRequest,
    settings: PlanSettings,
    last: AccountList | None,
    *,
    organization: Organization,
    costs: CostSource,
    store: Store,
    now: datetime,
) -> tuple[Scope, Reads]:
    """Whom a run reports on, and what is to be read for it, within the budget.

    Raises BudgetExceeded, and what its ports raise.
    """
    earlier = documents.find_whole(store, keys.ACCOUNTS.key(run_id=run.run_id), Accounts)
    paid = PageMeter(store, run)
    found = scopes.resolve(organization, costs, settings, run, last, earlier, paid)
    to_read = plan_reads(found, request, settings, earlier, costs=costs, store=store, paid=paid, now=now)
    taken, spent = pages(store, found.run), usd_of_month(store, found.run)
    budget.refuse(to_read.batches, settings, taken, spent, anew=to_read.anew)
    return found, to_read


def plan_reads(
    scope: Scope,
    request: RunRequest,
    settings: PlanSettings,
    earlier: Accounts | None,
    *,
    costs: CostSource,
    store: Store,
    paid: Meter,
    now: datetime,
) -> Reads:
    """What is to be read so that the run has all days of its window.

    Everything is read where it is asked for, by `refresh` or by force, and where a reading was refused. `earlier` is
    the run's plan where it was made before. Raises what ports.CostSource and ports.Store raise.
    """
    run = scope.run
    reading = refused.next_reading(store, run.run_id)
    same = earlier if earlier and earlier.reading == reading else None
    billed, requests = _billed(costs, scope, same, paid)
    question = archive.question(settings)
    found = archive.held(store, run, question)
    months = [month.held for month in found.months]
    accounts = [account.id for account in scope.accounts]
    anew = request.refresh or request.force or reading > 0
    if anew:
        to_read = [(tuple(accounts), run.window.dates())]
    else:
        changed = history.changed_days(months, billed)
        to_read = history.due(months, accounts, run, changed, now)
    mark = run.execution if request.refresh else ""
    planned = plan_batches(scope, settings, f"{reading}{mark}", to_read)
    listed = replace(
        with_batches(scope, planned, reading, earlier, history.moment(months, now)),
        billed=billed,
        requests=scope.requests + requests,
        held=tuple(month.key for month in found.months),
        question=question,
    )
    return Reads(planned, listed, found.unreadable, anew)


def _billed(
    costs: CostSource, scope: Scope, same: Accounts | None, paid: Meter
) -> tuple[Mapping[date, Decimal] | None, int]:
    """(what the payer is billed by day, the requests that it took); None where that is not known, or proves nothing.

    A report goes out without it, and says so; so it is asked for twice, and then done without.
    """
    if not scope.whole:
        return None, 0
    if same and same.billed is not None:
        return same.billed, 0
    for _ in range(2):
        try:
            found = costs.billed(scope.run, paid)
        except Transient:
            continue
        except FinOpsGuardError:
            return None, 0
        return found.by_day, found.requests
    return None, 0
