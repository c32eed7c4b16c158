"""What a run reads: the days that the history does not hold, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from finopsguard.accounts import budgets, tags
from finopsguard.accounts import scope as scopes
from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import archive, budget, history
from finopsguard.costs.batches import plan_batches, regions_of, with_batches
from finopsguard.costs.paid import PageMeter, pages, usd_of_month
from finopsguard.errors import AthenaUnfinished, BudgetExceeded, FinOpsGuardError, Transient
from finopsguard.models.history import HeldMonth
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import AccountList, Accounts, Batch, Run
from finopsguard.ports import BudgetSource, CostSource, Meter, Organization, Store
from finopsguard.store import documents, keys, refused


class Total(NamedTuple):
    """What the payer is billed by day, None where that is not known, and the requests that it took."""

    billed: Mapping[date, Decimal] | None
    requests: int


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

    Nothing is asked for a report that looks back on days of which all are held. Raises BudgetExceeded, and what its
    ports raise.
    """
    earlier = documents.find_whole(store, keys.ACCOUNTS.key(run_id=run.run_id), Accounts)
    paid = PageMeter(store, run)
    chosen = scopes.choose(organization, settings, last)
    known_tags = tags.read(organization, chosen.listing, chosen.selected, settings, last, now)
    chosen = replace(chosen, tags=known_tags)
    ask = partial(plan_reads, request=request, settings=settings, earlier=earlier, store=store, now=now)
    known = scopes.billed_before(chosen, last, earlier)
    total: Total | None = None
    if known:
        found = replace(scopes.completed(chosen, known, run, last), presumed=True)
        if not run.looks_back:
            total = total_billed(found, settings, earlier, costs=costs, store=store, paid=paid, now=now)
        to_read = ask(found, total=total)
    if not known or not (to_read.accounts.unasked or (run.looks_back and not to_read.batches)):
        found = scopes.completed(chosen, scopes.who_was_billed(costs, chosen, run, earlier, paid), run, last)
        total = total or total_billed(found, settings, earlier, costs=costs, store=store, paid=paid, now=now)
        to_read = ask(found, total=total)
    taken, spent = pages(store, found.run), usd_of_month(store, found.run)
    budget.refuse(to_read.batches, found.run.data_source, settings, taken, spent, anew=to_read.anew)
    return found, to_read


def with_budgets(
    planned: Reads,
    source: BudgetSource | None,
    organization: Organization,
    scope: Scope,
    settings: PlanSettings,
) -> Accounts:
    """The account list as it is stored, with what AWS Budgets has for its accounts.

    Raises RoleNotAssumable, CredentialsMissing and InvalidConfiguration.
    """
    return replace(planned.accounts, aws_budgets=budgets.read(source, organization, scope, settings))


def plan_reads(
    scope: Scope,
    *,
    request: RunRequest,
    settings: PlanSettings,
    earlier: Accounts | None,
    total: Total | None,
    store: Store,
    now: datetime,
) -> Reads:
    """What is to be read so that the run has all days of its window.

    Everything is read where it is asked for, by `refresh` or by force, and where a reading was refused. `earlier` is
    the run's plan where it was made before. Of a scope that is presumed the plan says whether that is enough
    (`Accounts.unasked`). Without a `total` the one counts that was known when the days were read. Raises what
    ports.Store raises.
    """
    run = scope.run
    reading = refused.next_reading(store, run.run_id)
    question = archive.question(settings)
    found = archive.held(store, run, question)
    months = [month.held for month in found.months]
    then = history.billed_then(months, run.window) if scope.whole else None
    billed, requests = total or Total(then, 0)
    accounts = [account.id for account in scope.accounts]
    anew = request.refresh or request.force or reading > 0
    # The total says nothing of days of a month's object that are in the window no more.
    changed = history.changed_days(months, billed).intersection(run.window.dates())
    everything = [history.Due(tuple(accounts), run.window.dates())]
    to_read = everything if anew else history.due(months, accounts, run, changed, now)
    mark = run.execution if request.refresh else ""
    by_region = regions_of(scope)
    asked = (
        due_regions(by_region, months, run, changed, now)
        if not anew
        else [(each, run.window.dates()) for each in by_region]
    )
    planned = plan_batches(scope, settings, f"{reading}{mark}", to_read, int(scope.presumed), asked)
    # Costs that were read for the plan before are found again, and a later total is none of theirs.
    same = _same_reading(earlier, reading, question)
    listed = replace(
        with_batches(scope, planned, reading, earlier, history.moment(months, now), by_region),
        billed=billed,
        billed_asked=same.billed_asked if same else billed,
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


def due_regions(
    by_region: Sequence[Batch],
    months: Sequence[HeldMonth],
    run: Run,
    changed: frozenset[date],
    now: datetime,
) -> list[tuple[Batch, list[date]]]:
    """(batch of usage by Region, the days that are to be read of it), by the rules of accounts."""
    return [
        (each, list(due.days))
        for each in by_region
        for due in history.due(months, each.held_as, run, changed, now)
    ]


def shows_who(planned: Sequence[Batch], changed: frozenset[date]) -> bool:
    """True if the batches show whoever was billed since it was known who was.

    A day that is held and has its total still has been billed to the same accounts. Once a week it is asked all the
    same: an account that is billed no longer drops out then.
    """
    of_accounts = [batch for batch in planned if not batch.by_region]
    days = {day for batch in of_accounts if batch.whole for each in batch.slices for day in each.dates()}
    alone = all(batch.whole or batch.role_arn for batch in of_accounts)
    return alone and changed <= days and len(days) < history.RESTATED_DAYS


def total_billed(
    scope: Scope,
    settings: PlanSettings,
    earlier: Accounts | None,
    *,
    costs: CostSource,
    store: Store,
    paid: Meter,
    now: datetime,
) -> Total:
    """The total of all that is billed; not known where it proves nothing, as a part of the Organization is read.

    A report goes out without it, and says so; so it is asked for twice, and then done without. `earlier` is the run's
    plan where it was made before: its total is not paid for again while it is fresh. Raises what ports.Store raises.
    """
    if not scope.whole:
        return Total(None, 0)
    same = _same_reading(earlier, refused.next_reading(store, scope.run.run_id), archive.question(settings))
    if same and same.billed is not None and history.is_fresh(same.asked, now):
        return Total(same.billed, 0)
    unnoted: list[FinOpsGuardError] = []

    def note() -> None:
        try:
            paid()
        except FinOpsGuardError as error:
            unnoted.append(error)
            raise

    for _ in range(2):
        try:
            found = costs.billed(scope.run, note)
        except FinOpsGuardError as error:
            # The store's, and no word of the source's; a price that nobody has agreed to; an answer that is on its way.
            if error in unnoted or isinstance(error, BudgetExceeded | AthenaUnfinished):
                raise
            if isinstance(error, Transient):
                continue
            break
        return Total(found.by_day, found.requests)
    return Total(None, 0)


def _same_reading(earlier: Accounts | None, reading: int, question: str) -> Accounts | None:
    """The run's plan as it was made before, if it asked the same; None where none did."""
    return earlier if earlier and (earlier.reading, earlier.question) == (reading, question) else None
