"""Batches: the accounts that one Cost Explorer request reads together, and how many of them an execution can carry."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.costs.history import Due
from finopsguard.errors import InvalidInput, TooManyBatches
from finopsguard.models.messages import PlannedBatch
from finopsguard.models.run import Account, Accounts, Batch, Period, Run, in_a_row
from finopsguard.variables import MOST_PER_FETCH

MAX_BATCHES = 800
"""A Map of more iterations could not return its results in one 256 KiB payload (tests/workflow measures it)."""
SERVICES_OF_AN_ACCOUNT = 20
"""What an account is taken to use, where nothing is known of it."""
REGIONS_OF_AN_ORGANIZATION = 5
"""Regions in which its services are taken to be used; those of a few accounts are fewer."""
SLICE_GROUPS = 50_000
"""Groups of one slice's answer: 10 to 100 pages, by what is known of their size, so that one attempt reads it whole."""
WHOLE_SLICES = 4
"""A batch without a filter is no longer than one of 100 accounts is in a first report."""
GROUPS_OF_A_PAGE = (5_000, 500)
"""The largest and the smallest page that is to be expected."""
_STACKS = "deploy one stack per organizational unit with FINOPSGUARD_INCLUDE_OUS."


def plan_batches(
    scope: Scope,
    settings: PlanSettings,
    mark: str,
    to_read: Iterable[Due],
    saved: int = 0,
    by_region: Iterable[tuple[Batch, Sequence[date]]] = (),
) -> tuple[Batch, ...]:
    """The batches that take the fewest pages: of accounts that read the same days, or one without a filter.

    An account of which no days are to be read is in none: all are held. One with a role of its own is
    alone; a batch has at most FINOPSGUARD_ACCOUNTS_PER_FETCH accounts, but for one of all that the Organization is
    billed, which is not filtered by account, and takes `saved` pages less than it seems to. `by_region` are batches of
    `regions_of`, and their days. What was read under another `mark` is not found again.
    """
    roles = scope.roles
    planned: list[Batch] = []
    for accounts, days, may_stand in to_read:
        if not days:
            continue
        # An export's charges are read with its usage, and cost no page: there is nothing to be saved.
        young = may_stand if scope.run.data_source == "cost_explorer" else ()
        together = [each for each in accounts if each not in roles]
        found = _cheapest(scope, settings, together, days, saved)
        alone = [each for each in accounts if each in roles]
        slices = _slices(days, 1) if alone else ()
        found += [Batch("", (each,), roles[each], slices) for each in alone]
        planned += [replace(each, young=tuple(in_a_row(sorted(young)))) for each in found]
    planned += [replace(each, slices=tuple(in_a_row(days))) for each, days in by_region if days]
    return tuple(
        replace(batch, id=f"{number:04d}-{_fingerprint(batch, settings, scope.run, mark)}")
        for number, batch in enumerate(planned, start=1)
    )


def _cheapest(
    scope: Scope, settings: PlanSettings, ids: Sequence[str], days: Sequence[date], saved: int
) -> list[Batch]:
    size = settings.accounts_per_fetch
    parts = [tuple(ids[first : first + size]) for first in range(0, len(ids), size)]
    filtered = [Batch("", part, slices=_slices(days, len(part))) for part in parts]
    if size < MOST_PER_FETCH or not _are_all(ids, scope):
        return filtered
    of_a_day = len(ids) * SERVICES_OF_AN_ACCOUNT
    if of_a_day > SLICE_GROUPS or of_a_day * len(days) > WHOLE_SLICES * SLICE_GROUPS:
        return filtered
    whole = Batch("", tuple(ids), slices=_slices(days, len(ids)), whole=True)
    prices = [(pages([whole], groups), pages(filtered, groups) + saved) for groups in GROUPS_OF_A_PAGE]
    # AWS documents no page size: dearer with neither, and cheaper with one.
    cheaper = all(mine <= theirs for mine, theirs in prices) and any(mine < theirs for mine, theirs in prices)
    return [whole] if cheaper else filtered


def regions_of(scope: Scope) -> list[Batch]:
    """The batches of usage by service and Region, without their days.

    One of all that the Organization is billed, whoever's it is; else of the accounts that the report is about. An
    account with a role of its own is in it only where the Organization is billed for it.
    """
    ids = [each.id for each in scope.accounts if each.id not in scope.roles]
    if not ids:
        return []
    if scope.whole:
        return [Batch("", regions=())]
    parts = (tuple(ids[first : first + MOST_PER_FETCH]) for first in range(0, len(ids), MOST_PER_FETCH))
    return [Batch("", regions=part) for part in parts]


def _are_all(ids: Sequence[str], scope: Scope) -> bool:
    """True if an answer that is not filtered by account is about these accounts, and those that nobody knows of."""
    together = len(scope.accounts) - len(scope.roles)
    return scope.whole and scope.roles.keys() <= set(scope.outside) and len(ids) == together > 0


def pages(planned: Sequence[Batch], groups: int, *, unchanged: bool = False) -> int:
    """Pages of so many groups: usage by account and service, and charges by account and record type; or by Region.

    `unchanged`: days that are young are as they were.
    """
    asked = [
        each
        for batch in planned
        for days in batch.slices
        for each in _groups(batch, days, unchanged=unchanged)
    ]
    return sum(-(-each // groups) for each in asked)


def _groups(batch: Batch, days: Period, *, unchanged: bool) -> tuple[int, ...]:
    """Groups of each of its queries of a slice."""
    if batch.by_region:
        places = len(batch.regions) + 1 if batch.regions else REGIONS_OF_AN_ORGANIZATION
        return (days.days * SERVICES_OF_AN_ACCOUNT * min(places, REGIONS_OF_AN_ORGANIZATION),)
    same = [day for day in days.dates() if any(day in each for each in batch.young)] if unchanged else []
    used = len(batch.accounts) * (days.days - len(same)) * SERVICES_OF_AN_ACCOUNT
    return (used, len(batch.accounts) * days.days)


def with_batches(
    scope: Scope,
    planned: Sequence[Batch],
    reading: int,
    earlier: Accounts | None,
    now: datetime,
    by_region: Sequence[Batch] = (),
) -> Accounts:
    """The account list as it is stored: each account with the batch that reads it, and so the Regions.

    `earlier` is the plan of the same reading made before, if there was one: its costs may be found again.
    """
    batch_of = {each: batch.id for batch in planned for each in batch.held_as}
    accounts = tuple(
        Account(
            each.id,
            each.name,
            each.state,
            "/".join(each.ou_ids) or None,
            batch_of.get(each.id),
            scope.tags.of(each),
            scope.tags.owner_of(each),
        )
        for each in scope.accounts
    )
    asked = earlier.asked if earlier and earlier.reading == reading else now
    return Accounts(
        accounts,
        scope.outside,
        reading,
        scope.requests,
        scope.changes,
        asked,
        whole=scope.whole,
        read_now={each: batch.slices for batch in planned for each in batch.held_as},
        batches=_all_planned(planned, earlier if earlier and earlier.reading == reading else None),
        regions={held: batch_of.get(held) for each in by_region for held in each.held_as},
    )


def _all_planned(planned: Sequence[Batch], same: Accounts | None) -> tuple[Batch, ...]:
    """With those of the same reading's plan before: an execution that is redriven may still have to read them."""
    before = {batch.id: batch for batch in same.batches} if same else {}
    return tuple({**before, **{batch.id: batch for batch in planned}}.values())


def ids(planned: Iterable[Batch]) -> tuple[PlannedBatch, ...]:
    """The batches as the Map takes them."""
    return tuple(PlannedBatch(batch.id) for batch in planned)


def planned_as(batch_id: str, plan: Accounts) -> Batch:
    """The batch of the stored plan that has this id; raises InvalidInput where none has."""
    found = next((batch for batch in plan.batches if batch.id == batch_id), None)
    if found is None:
        raise InvalidInput(f"it has no batch {batch_id}")
    return found


def _slices(days: Sequence[date], accounts: int) -> tuple[Period, ...]:
    """The days as periods, each about as long as SLICE_GROUPS groups of Cost Explorer last."""
    longest = max(1, SLICE_GROUPS // (accounts * SERVICES_OF_AN_ACCOUNT))
    return tuple(part for period in in_a_row(days) for part in _parts(period, longest))


def _parts(period: Period, longest: int) -> list[Period]:
    """As few parts as there can be, of nearly the same length: pages are bought whole."""
    count = -(-period.days // longest)
    ends = [period.start + timedelta(days=period.days * number // count) for number in range(count + 1)]
    return [Period(first, end) for first, end in itertools.pairwise(ends)]


def refuse_if_too_many(planned: Sequence[Batch], accounts: int, accounts_per_fetch: int) -> None:
    """Raises TooManyBatches where one execution of Step Functions could not carry the batches of so many accounts.

    Larger batches help as long as there can be any.
    """
    if len(planned) > MAX_BATCHES:
        raise TooManyBatches(
            f"{accounts} accounts in {len(planned)} batches are more than one execution can carry"
            f" ({MAX_BATCHES} batches). {_fewer(planned, accounts, accounts_per_fetch)}"
        )


def _fewer(planned: Sequence[Batch], accounts: int, accounts_per_fetch: int) -> str:
    alone = sum(batch.role_arn is not None for batch in planned)
    fewest = alone + -(-(accounts - alone) // MOST_PER_FETCH)
    if accounts_per_fetch < MOST_PER_FETCH and fewest < MAX_BATCHES:
        return f"Set FINOPSGUARD_ACCOUNTS_PER_FETCH to {MOST_PER_FETCH}, or {_STACKS}"
    return f"{_STACKS[0].upper()}{_STACKS[1:]}"


def exported(settings: PlanSettings) -> tuple[object, ...]:
    """What tells the answers of a data export apart; nothing where Cost Explorer is asked."""
    if settings.cost_source == "cost_explorer":
        return ()
    return (settings.cost_source, settings.export_bucket, settings.export_prefix, settings.export_name)


def _fingerprint(batch: Batch, settings: PlanSettings, this_run: Run, mark: str) -> str:
    """Changes with whatever changes a batch's costs: costs in the store never answer another question."""
    question = (
        batch.accounts,
        batch.role_arn,
        *map(str, batch.slices),
        settings.organization_role_arn,
        settings.billing_view_arn,
        this_run.cost_metric,
        mark,
        *exported(settings),
        *(("whole",) if batch.whole else ()),
        *(("regions", batch.regions) if batch.by_region else ()),
    )
    return hashlib.sha256(repr(question).encode()).hexdigest()[:8]
