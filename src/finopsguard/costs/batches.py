"""Batches: the accounts that one Cost Explorer request reads together, and how many of them an execution can carry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from finopsguard import contracts
from finopsguard.accounts.scope import Scope
from finopsguard.config import MOST_PER_FETCH, PlanSettings
from finopsguard.errors import TooManyBatches
from finopsguard.models.messages import RunPlan
from finopsguard.models.run import CONTROL, Account, Accounts, Batch, Run

# A Map of more iterations could not return its results in one 256 KiB payload, and the plan itself must leave room for
# the failure record that a Catcher adds (tests/workflow measures both).
MAX_BATCHES = 800
MAX_PLAN_BYTES = 200_000
# Twelve digits in quotes, and a comma; a batch's own words and the rest of the plan take the other bytes.
_ID_BYTES = 15
_BYTES_FOR_IDS = MAX_PLAN_BYTES - 20_000
_STACKS = "deploy one stack per organizational unit with FINOPSGUARD_INCLUDE_OUS."


def plan_batches(scope: Scope, settings: PlanSettings, reading: int) -> tuple[Batch, ...]:
    """Batches of at most FINOPSGUARD_ACCOUNTS_PER_FETCH accounts; an account with a role of its own is alone.

    Where everything is read, the last one is the total of all that is billed. `reading` counts the readings that were
    refused: what they read is not found again.
    """
    accounts, roles = scope.accounts, scope.roles
    together = [account.id for account in accounts if account.id not in roles]
    size = settings.accounts_per_fetch
    planned = [Batch("", tuple(together[first : first + size])) for first in range(0, len(together), size)]
    planned += [Batch("", (account.id,), roles[account.id]) for account in accounts if account.id in roles]
    planned += [Batch("", ())] if scope.whole else []
    return tuple(
        replace(
            batch,
            id=f"{CONTROL if batch.is_control else f'{number:04d}-'}"
            f"{_fingerprint(batch, settings, scope.run, reading)}",
        )
        for number, batch in enumerate(planned, start=1)
    )


def with_batches(
    scope: Scope, planned: Sequence[Batch], reading: int, earlier: Accounts | None, now: datetime
) -> Accounts:
    """The account list as it is stored: each account with the batch that reads it.

    `earlier` is the plan of the same reading made before, if there was one: its costs may be found again.
    """
    batch_of = {account_id: batch.id for batch in planned for account_id in batch.accounts}
    accounts = tuple(
        Account(each.id, each.name, each.state, "/".join(each.ou_ids) or None, batch_of[each.id])
        for each in scope.accounts
    )
    asked = earlier.asked if earlier and earlier.reading == reading else now
    return Accounts(accounts, scope.outside, reading, scope.requests, scope.changes, asked)


def refuse_if_too_many(plan: RunPlan, accounts_per_fetch: int) -> None:
    """Raises TooManyBatches where one execution of Step Functions could not carry the plan.

    Larger batches help as long as there can be any, and as the accounts' ids alone fit.
    """
    size = len(contracts.encode(contracts.converter().unstructure(plan)))
    if len(plan.batches) > MAX_BATCHES or size > MAX_PLAN_BYTES:
        raise TooManyBatches(
            f"{plan.accounts} accounts in {len(plan.batches)} batches are more than one execution can carry"
            f" ({MAX_BATCHES} batches, {MAX_PLAN_BYTES} bytes). {_fewer(plan, accounts_per_fetch)}"
        )


def _fewer(plan: RunPlan, accounts_per_fetch: int) -> str:
    alone = sum(batch.role_arn is not None for batch in plan.batches)
    fewest = alone + -(-(plan.accounts - alone) // MOST_PER_FETCH)
    ids = _ID_BYTES * plan.accounts
    if accounts_per_fetch < MOST_PER_FETCH and fewest < MAX_BATCHES and ids < _BYTES_FOR_IDS:
        return f"Set FINOPSGUARD_ACCOUNTS_PER_FETCH to {MOST_PER_FETCH}, or {_STACKS}"
    return f"{_STACKS[0].upper()}{_STACKS[1:]}"


def _fingerprint(batch: Batch, settings: PlanSettings, this_run: Run, reading: int) -> str:
    """Changes with whatever changes a batch's costs: costs in the store never answer another question."""
    question = (
        batch.accounts,
        batch.role_arn,
        settings.organization_role_arn,
        settings.billing_view_arn,
        this_run.cost_metric,
        str(this_run.window),
        reading,
    )
    return hashlib.sha256(repr(question).encode()).hexdigest()[:8]
