"""FetchCosts: reads the costs of one batch, once.

A caught Map is entered anew and all its iterations run again, so a batch that was read is found in the store by
(run, batch) and costs nothing more; unless accounts of it were not read whole, or what was kept of it is damaged. So
with each slice of its days, where an attempt was cut off.
"""

from __future__ import annotations

from dataclasses import replace

from finopsguard import errors
from finopsguard.costs import fetching
from finopsguard.models.messages import BatchCosts, CostBatch
from finopsguard.ports import CostSource, Store, raises
from finopsguard.store import documents, files, keys


@raises(errors.InvalidInput)
def run(request: CostBatch, *, costs: CostSource, store: Store) -> BatchCosts:
    """Reads, stores and counts the batch's costs; InvalidInput: the plan that has the batch cannot be read."""
    names = {"run_id": request.run.run_id, "batch_id": request.batch.id}
    receipt, bulk = keys.RECEIPT.key(**names), keys.BATCH_COSTS.key(**names)
    known = documents.find_whole(store, receipt, BatchCosts)
    if known and known.key == bulk and not known.incomplete and files.costs_are_whole(store, bulk):
        return replace(known, cached=True)
    batch, objects = fetching.planned(request, store)
    found = fetching.fetch(request.run, batch, objects, costs=costs, store=store)
    done = replace(found.batch, key=bulk)
    files.write_costs(store, bulk, found.parquet)
    documents.write(store, receipt, done)
    return done
