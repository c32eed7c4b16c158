"""Reading one batch, slice by slice: what a slice took is not paid again when a later one fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finopsguard.costs import young
from finopsguard.costs.batches import planned_as
from finopsguard.costs.month import joined
from finopsguard.costs.paid import PageMeter
from finopsguard.costs.table import to_parquet, total
from finopsguard.errors import CostExplorerIncomplete, InvalidInput
from finopsguard.models.costs import HeldRows
from finopsguard.models.history import SliceRead
from finopsguard.models.messages import BatchCosts, CostBatch
from finopsguard.models.run import Accounts, Batch, Period, Run
from finopsguard.ports import CostSource, Meter, Store
from finopsguard.store import documents, files, keys

MOST_INCOMPLETE = 6
"""Accounts that were not read whole, of a batch: more would not fit into its payload (schemas/common.schema.json)."""


@dataclass(frozen=True)
class Fetched:
    """A batch's costs as Parquet, and what FetchCosts says of them; the object's key is the step's."""

    parquet: bytes
    batch: BatchCosts


def planned(request: CostBatch, store: Store) -> tuple[Batch, Sequence[str]]:
    """The batch with its accounts and days, and the objects of the history that the plan counts on.

    Raises InvalidInput where the plan that has it cannot be read.
    """
    if request.accounts_key is None:
        return request.batch, ()
    plan = documents.read(store, request.accounts_key, Accounts)
    try:
        return planned_as(request.batch.id, plan), plan.held
    except InvalidInput as error:
        raise documents.damaged(request.accounts_key, error) from error


def fetch(run: Run, batch: Batch, objects: Sequence[str] = (), *, costs: CostSource, store: Store) -> Fetched:
    """Reads a batch, but for the slices that an earlier attempt read whole; raises what its ports raise.

    `objects` of the history have its days that are young: what these show to be as it was need not be bought again.

    An account that could not be read whole in one slice has no rows of the others either. Raises CostExplorerIncomplete
    where those are more than a payload names.
    """
    paid = PageMeter(store, run)
    held = young.held(store, objects, batch)
    parts = [_slice(run, batch, days, costs, store, paid, held) for days in batch.slices or (run.window,)]
    incomplete = {account: wrong for _, part in parts for account, wrong in part.incomplete.items()}
    if len(incomplete) > MOST_INCOMPLETE:
        account, wrong = next(iter(incomplete.items()))
        raise CostExplorerIncomplete(
            f"Rows of {len(incomplete)} of {len(batch.accounts)} accounts cannot be read ({account}: {wrong})."
            " Run again in some hours; if it stays so, look at them in the Billing console."
        )
    parquet, rows, amount = parts[0][0], parts[0][1].rows, parts[0][1].total
    if len(parts) > 1:
        parquet, rows, amount = joined([each for each, _ in parts], tuple(incomplete), run.period)
    return Fetched(
        parquet,
        BatchCosts(
            batch_id=batch.id,
            status="ok",
            rows=rows,
            requests=paid.count,
            total=amount,
            incomplete=tuple(incomplete),
            cause=next(iter(incomplete.values()), None),
            unnamed=any(part.unnamed for _, part in parts),
            days=sum(days.days for days in batch.slices) if batch.slices else None,
        ),
    )


def _slice(
    run: Run, batch: Batch, days: Period, costs: CostSource, store: Store, paid: Meter, held: HeldRows
) -> tuple[bytes, SliceRead]:
    key = keys.SLICE.key(run_id=run.run_id, batch_id=batch.id, first=str(days.start))
    known = files.find_noted(store, key, SliceRead)
    if known and not known[1].incomplete:
        return known
    found = costs.fetch(run, batch, days, paid, held)
    parquet = to_parquet(found.rows)
    done = SliceRead(
        rows=len(found.rows),
        total=total(found.rows, run.period),
        incomplete=dict(found.incomplete),
        unnamed=found.unnamed,
    )
    if len(batch.slices) > 1:
        files.write_noted(store, key, parquet, done)
    return parquet, done
