"""Series that bill in bursts: jobs, training sessions, queries. Only their active days can be compared.

The excess of large values over a high order statistic is exponential in logs for lognormal and Pareto-like costs (peaks over
threshold, Hill 1975), so its mean over the largest past values says how far beyond the record is still ordinary.
"""

import numpy as np

from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array
from finopsguard.detection.scale import SOFTENER

ACTIVE_USD = 0.01
TOP = 6


def is_sparse(cost: Array, age: Array) -> Mask:
    """True for series that were active on at least two but less than 80 % of their days: (days, series) -> (series,)."""
    active = (cost > ACTIVE_USD).sum(axis=0)
    sparse: Mask = (active < 0.8 * np.maximum(age, 1)) & (active >= 2)
    return sparse


def tail(cost: Array, floor: Array | float = 0.12) -> tuple[Array, Array]:
    """Largest past log cost, and the mean log excess of the largest values: (days, series) -> two (series,)."""
    logs = np.sort(np.log(np.maximum(cost, 0.0) + SOFTENER), axis=0)[::-1]
    active = (cost > ACTIVE_USD).sum(axis=0)
    k = np.clip(active - 1, 1, TOP)
    top = logs[: TOP + 1]
    if len(top) < TOP + 1:
        top = np.concatenate([top, np.repeat(top[-1:], TOP + 1 - len(top), axis=0)])
    below = np.take_along_axis(top, k[None], axis=0)[0]
    inside = np.arange(TOP + 1)[:, None] < k
    mean_excess = np.where(inside, top - below, 0.0).sum(axis=0) / k
    # A mean of k exponentials is k-uncertain; few values need more room.
    spread = np.sqrt(mean_excess**2 * (1 + 1 / k) + np.asarray(floor) ** 2 + 0.2 / np.maximum(active, 1) ** 2)
    return logs[0], spread
