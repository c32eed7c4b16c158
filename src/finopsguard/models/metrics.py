"""What can be counted as cost: a row for each metric of Cost Explorer that a report may be made of, and what is usage.

Everything else that names them (settings, template.yaml, schemas, messages) is held to this table by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MetricName = Literal["UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "BlendedCost"]


@dataclass(frozen=True)
class CostMetric:
    """A metric by its other names: `console` in links to Cost Explorer's page, `words` the key of its message.

    `amortized`: it spreads commitments over what they cover by itself.
    """

    console: str
    words: str
    amortized: bool = False


COST_METRICS: Mapping[MetricName, CostMetric] = {
    "UnblendedCost": CostMetric("unBlendedCost", "metric.UnblendedCost"),
    "AmortizedCost": CostMetric("amortizedCost", "metric.AmortizedCost", amortized=True),
    "NetUnblendedCost": CostMetric("netUnblendedCost", "metric.NetUnblendedCost"),
    "NetAmortizedCost": CostMetric("netAmortizedCost", "metric.NetAmortizedCost", amortized=True),
    "BlendedCost": CostMetric("blendedCost", "metric.BlendedCost"),
}
"""By the API's name (`Metrics` of GetCostAndUsage), in the order in which people are offered them."""

UNBLENDED: MetricName = "UnblendedCost"
"""As it is charged; what sets it apart from amortized cost are commitments alone."""
AMORTIZED: MetricName = "AmortizedCost"
"""Read beside the run's metric: commitments spread over what they cover."""


def judged_metric(metric: MetricName) -> MetricName:
    """The cost that is judged in reports of a metric: a commitment that begins or ends is no change of what is used."""
    return metric if COST_METRICS[metric].amortized else AMORTIZED


USAGE_RECORD_TYPES = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation")
"""What is used, and so judged. A Savings Plan's covered usage and its negation belong together: their sum is what was
used and not covered.
"""
