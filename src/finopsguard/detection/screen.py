"""Most series are ordinary and can be seen to be so from a few days. Only the others are fitted and scored.

Not an approximation but a rule: an unusual day costs clearly more than the median of its own weekday over the last five
weeks (or, for drops, clearly less than anything of the last four). The weekday rhythm needs no model then, one bad
week does not matter, and whoever leaks or drifts has left that median behind before the gates of the policy are passed.
"""

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, DetectionConfig

WEEKS = 5


def worth_scoring(costs: Array, first: int, complete: int, config: DetectionConfig) -> Mask:
    """Which series have a judged day (index `first` on) that could be told: (series, days) -> (series,).

    Drops are looked for on days before index `complete`.
    """
    days = costs.shape[1]
    chosen = np.zeros(len(costs), np.bool_)
    pct = min(config.min_pct, config.large_pct)
    for day in range(first, days):
        today = costs[:, day]
        same_weekday = costs[:, max(day % WEEK, day - WEEKS * WEEK) : day : WEEK]
        if same_weekday.shape[1] < WEEKS:
            chosen |= today >= config.min_usd / 2
            continue
        usual = np.maximum(np.median(same_weekday, axis=1), 0.0)
        chosen |= (today - usual >= config.min_usd / 2) & (today >= (1 + pct) * usual)
        if day < complete:
            lowest = costs[:, max(0, day - 4 * WEEK - 2) : day - 2]
            gone = (usual - today >= config.drop_usd) & (today <= (1 - config.drop_pct) * usual)
            chosen[gone] |= today[gone] < np.sort(lowest[gone], axis=1)[:, 1]
    return chosen
