"""The customer's policy in dollars: what is worth a message at all."""

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.model import Array, DetectionConfig

Mask = NDArray[np.bool_]


def material_rise(actual: Array, expected: Array, config: DetectionConfig) -> Mask:
    """True where the cost above expectation passes a dollar gate together with its percent gate."""
    excess = actual - expected
    small = (excess >= config.min_usd) & (excess >= config.min_pct * expected)
    large = (excess >= config.large_usd) & (excess >= config.large_pct * expected)
    return small | large


def material_drop(actual: Array, expected: Array, config: DetectionConfig) -> Mask:
    """True where the cost fell by the drop gates."""
    missing = expected - actual
    return (missing >= config.drop_usd) & (missing >= config.drop_pct * expected)
