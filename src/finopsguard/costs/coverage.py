"""How many accounts of a report could be read, and when too many are missing for it to be one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from finopsguard.errors import CostExplorerIncomplete, TooManyAccountsMissing
from finopsguard.failures import plain_cause
from finopsguard.models import notes
from finopsguard.models.messages import BatchCosts
from finopsguard.models.report import MissingAccount
from finopsguard.models.run import LEFT, Account, AccountChanges, Accounts, Period


def missing_accounts(
    accounts: Sequence[Account], batches: Sequence[BatchCosts]
) -> tuple[MissingAccount, ...]:
    """The accounts whose batch was not read, with the reason in plain words."""
    outcome = {batch.batch_id: batch for batch in batches}
    missing = []
    for account in accounts:
        if account.batch_id is None:
            continue
        batch = outcome.get(account.batch_id)
        if batch is None or (batch.status == "ok" and not batch.key):
            missing.append(
                MissingAccount(
                    account.id,
                    account.name,
                    "BatchLost: its batch returned nothing",
                    account.ou,
                    account.tags,
                )
            )
        elif batch.status != "ok":
            reason = f"{batch.error or 'Unknown'}: {plain_cause(batch.cause or '')}".rstrip(": ")
            missing.append(MissingAccount(account.id, account.name, reason, account.ou, account.tags))
        elif account.id in batch.incomplete:
            reason = f"{CostExplorerIncomplete.__name__}: {batch.cause or 'rows that cannot be read'}"
            missing.append(MissingAccount(account.id, account.name, reason, account.ou, account.tags))
    owners = {account.id: account.owner for account in accounts}
    return tuple(replace(each, owner=owners[each.id]) for each in missing)


def with_others(plan: Accounts, billed: Sequence[str]) -> Accounts:
    """The plan with the accounts that were billed and that nobody listed, as a reading without a filter finds them."""
    known = {account.id for account in plan.accounts}
    others = [each for each in billed if each not in known]
    if not others:
        return plan
    beside = next(each for each in plan.accounts if each.batch_id and each.id not in plan.outside)
    found = plan.changes or AccountChanges("listed")
    return replace(
        plan,
        accounts=(*plan.accounts, *(Account(each, each, LEFT, None, beside.batch_id) for each in others)),
        changes=replace(found, left=(*found.left, *others)),
        read_now={**plan.read_now, **dict.fromkeys(others, plan.read_now.get(beside.id, ()))},
    )


def keys_read(batches: Sequence[BatchCosts]) -> list[str]:
    """Where the costs of the batches that were read are, each once."""
    return list(dict.fromkeys(batch.key for batch in batches if batch.status == "ok" and batch.key))


def regions_missing(plan: Accounts, batches: Sequence[BatchCosts]) -> str | None:
    """The name of the error that left usage by Region unread; None where it was read, or is not to be."""
    outcome = {batch.batch_id: batch for batch in batches}
    for batch_id in filter(None, plan.regions.values()):
        batch = outcome.get(batch_id)
        if batch is None or (batch.status == "ok" and not batch.key):
            return "BatchLost"
        if batch.status != "ok":
            return batch.error or "Unknown"
    return None


def read_whole(
    plan: Accounts, missing: Sequence[MissingAccount], said: Sequence[str]
) -> dict[str, tuple[Period, ...]]:
    """The days of each account that was read now, and wholly; those of Regions too, if no note says that they lack."""
    without = {account.id for account in missing}.union(plan.regions if notes.regions_unread(said) else ())
    return {account: days for account, days in plan.read_now.items() if account not in without}


def refuse_if_too_many(missing: Sequence[MissingAccount], expected: int, allowed_percent: Decimal) -> None:
    """Raises TooManyAccountsMissing when the missing accounts are more than the allowed share of all."""
    if Decimal(100 * len(missing)) <= allowed_percent * expected:
        return
    reason, count = Counter(account.reason for account in missing).most_common(1)[0]
    raise TooManyAccountsMissing(
        f"{len(missing)} of {expected} accounts could not be read, more than the {allowed_percent} % that"
        f" FINOPSGUARD_MAX_MISSING_PERCENT allows. {count} of them: {reason}"
    )
