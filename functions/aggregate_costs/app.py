"""AggregateCosts: adds up what the batches brought."""

from finopsguard.runtime import step
from finopsguard.steps import aggregate_costs

handler = step(aggregate_costs.run)
