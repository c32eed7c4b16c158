"""What a run reads: the days that the history does not hold, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial

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
    chosen = scopes.choose(organization, settings, last)
    ask = partial(plan_reads, costs=costs, store=store, paid=paid, now=now)
    known = scopes.billed_before(chosen, last, earlier)
    made: Accounts | None = None
    if known:
        found = replace(scopes.completed(chosen, known, run, last), presumed=True)
        to_read = ask(found, request, settings, earlier)
        made = to_read.accounts
    if not made or not made.unasked:
        found = scopes.completed(chosen, scopes.who_was_billed(costs, chosen, run, earlier, paid), run, last)
        found = replace(found, requests=found.requests + (made.requests if made else 0))
        to_read = ask(found, request, settings, made or earlier)
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
    the run's plan where it was made before. Of a scope that is presumed the plan says whether that is enough
    (`Accounts.unasked`). Raises what ports.CostSource and ports.Store raise.
    """
    run = scope.run
    reading = refused.next_reading(store, run.run_id)
    question = archive.question(settings)
    same = earlier if earlier and (earlier.reading, earlier.question) == (reading, question) else None
    billed, requests = _billed(costs, scope, same, paid)
    found = archive.held(store, run, question)
    months = [month.held for month in found.months]
    accounts = [account.id for account in scope.accounts]
    anew = request.refresh or request.force or reading > 0
    # The total says nothing of days of a month's object that are in the window no more.
    changed = history.changed_days(months, billed).intersection(run.window.dates())
    everything = [(tuple(accounts), run.window.dates())]
    to_read = everything if anew else history.due(months, accounts, run, changed, now)
    mark = run.execution if request.refresh else ""
    planned = plan_batches(scope, settings, f"{reading}{mark}", to_read, saved=int(scope.presumed))
    listed = replace(
        with_batches(scope, planned, reading, earlier, history.moment(months, now)),
        billed=billed,
        unasked=scope.presumed
        and not anew
        and billed is not None
        and shows_who(planned, changed)
        and history.newest_held(months) <= set(accounts),
        requests=scope.requests + requests,
        held=tuple(month.key for month in found.months),
        question=question,
    )
    return Reads(planned, listed, found.unreadable, anew)


def shows_who(planned: Sequence[Batch], changed: frozenset[date]) -> bool:
    """True if the batches show whoever was billed since it was known who was.

    A day that is held and has its total still has been billed to the same accounts. Once a week it is asked all the
    same: an account that is billed no longer drops out then.
    """
    days = {day for batch in planned if batch.whole for each in batch.slices for day in each.dates()}
    alone = all(batch.whole or batch.role_arn for batch in planned)
    return alone and changed <= days and len(days) < history.RESTATED_DAYS


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
