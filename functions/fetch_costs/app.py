"""FetchCosts: reads the costs of one batch of accounts."""

from finopsguard.runtime import step
from finopsguard.steps import fetch_costs

handler = step(fetch_costs.run)
