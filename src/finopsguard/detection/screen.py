"""Most series are ordinary and can be seen to be so from a few days. Only the others are fitted and scored.

Not an approximation but a rule: a day that is told passes the gates of the policy against the median of its own
weekday over the last five weeks too. The weekday rhythm needs no model then, one bad week does not matter, and a
cost that leaks has left that median behind by the time it is material.
"""

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask, material_drop, material_rise
from finopsguard.detection.medians import MEDIAN_OF_5, exchange
from finopsguard.detection.model import Array, DetectionConfig

WEEKS = 5
SILENT_USD = 1.0
"""Below, a service counts as not used."""


def worth_scoring(costs: Array, first: int, complete: int, config: DetectionConfig, learned: Array) -> Mask:
    """Which days from index `first` on could be told: (series, days) -> (series, judged days).

    Days of `costs` are held against days of `learned`, the costs that are learned from. Drops are looked for on days
    before index `complete`.
    """
    days = costs.shape[1]
    chosen = np.zeros((len(costs), days - first), np.bool_)
    for day in range(first, days):
        today = costs[:, day]
        if day < WEEKS * WEEK:
            chosen[:, day - first] = today >= config.min_usd
            continue
        usual = middle_of(learned, day)
        begun = (usual < SILENT_USD) & (today >= config.min_usd)
        chosen[:, day - first] = material_rise(today, usual, config) | begun
        if day < complete:
            chosen[:, day - first] |= material_drop(today, usual, config)
    return chosen


def middle_of(costs: Array, day: int) -> Array:
    """Median of the last five same weekdays, credits counted as 0: (series, days) -> (series,)."""
    weeks = [np.maximum(costs[:, day - WEEK * lag], 0) for lag in range(1, WEEKS + 1)]
    return exchange(weeks, MEDIAN_OF_5)[2]
