"""FetchCosts: reads the costs of one batch, once.

A caught Map is entered anew and all its iterations run again, so a batch that was read is found in the store by
(run, batch) and costs nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from finopsguard import contracts
from finopsguard.costs.table import to_parquet
from finopsguard.models.messages import BatchCosts, CostBatch
from finopsguard.store import keys
from finopsguard.wiring import Adapters


def run(request: CostBatch, adapters: Adapters) -> BatchCosts:
    """Reads, stores and counts the batch's costs. Raises what ports.CostSource and ports.Store raise."""
    run_id, batch_id = request.run.run_id, request.batch.id
    receipt = keys.receipt_key(run_id, batch_id)
    if adapters.store.exists(receipt):
        return replace(contracts.decode(BatchCosts, adapters.store.read(receipt)), cached=True)
    costs = adapters.cost_source.fetch(request.run, request.batch)
    done = BatchCosts(
        batch_id=batch_id,
        status="ok",
        key=keys.batch_key(run_id, batch_id),
        rows=len(costs.rows),
        requests=costs.requests,
        total=sum(
            (row.amount for row in costs.rows if row.record_type and row.date in request.run.period),
            Decimal(0),
        ),
    )
    adapters.store.write(keys.batch_key(run_id, batch_id), to_parquet(costs.rows))
    adapters.store.write(receipt, contracts.encode(contracts.to_json(done)))
    return done
