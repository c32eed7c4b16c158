"""How heavy the tails of an Organization's noise are: what its worst ordinary days are against most of its days.

A scale is read from the middle of the errors, and a threshold lies in their tail. Where noise is that of many
independent users the one says what the other is; where it is a product of causes, or of one large user, a day of six
scales comes many times as often. One series has few such days in years, so its own past cannot say so; a hundred series
together can, as those of a service share their noise (`pooled.py`).

The largest isolated blip of eight weeks, in scales, is about 2.3 in normal noise. Its median over the series is asked
for, so incidents of some of them do not matter. Learned from costs as they were billed on days before the judged week.
"""

import numpy as np

from finopsguard.detection.model import Array
from finopsguard.detection.pooled import PEER_USD, SIZE_DAYS
from finopsguard.detection.profile import one_of_a_week
from finopsguard.detection.replay import ERROR_DAYS, SETTLING_DAYS, age_of, replay
from finopsguard.detection.tails import is_sparse

ASKED_DAYS = SETTLING_DAYS + ERROR_DAYS
ASKED_SERIES = 512
"""At most so many, of all sizes."""
LEAST_SERIES = 40
"""So many noisy series must say so: the median of fewer strays too far itself."""
LEAST_NOISE, MOST_NOISE = 0.06, 0.25
"""Scales of series that are asked. Below, prices and clocks make the noise; above, bursts."""
CLEAR_ERRORS = 50
LIGHT, HEAVY = 2.3, 2.6
"""Largest blips of normal noise, and those of noise that has tails."""


def heaviness(costs: Array, monday: int) -> float:
    """From 0 (normal noise, or too little is known) to 1: (series, days), of the days before day index `monday`."""
    if monday < ASKED_DAYS:
        return 0.0
    size = costs[:, monday - SIZE_DAYS : monday].mean(axis=1)
    rows = np.flatnonzero(size >= PEER_USD)
    if len(rows) < LEAST_SERIES:
        return 0.0
    rows = rows[np.argsort(size[rows], kind="stable")]
    if len(rows) > ASKED_SERIES:
        rows = rows[np.linspace(0, len(rows) - 1, ASKED_SERIES).round().astype(np.intp)]
    largest = largest_blips(costs[rows, monday - ASKED_DAYS : monday])
    if len(largest) < LEAST_SERIES:
        return 0.0
    return float(np.clip((np.median(largest) - LIGHT) / (HEAVY - LIGHT), 0, 1))


def largest_blips(costs: Array) -> Array:
    """The largest isolated error of each noisy series of some, in its own scales: (series, days) -> (noisy series,)."""
    past = np.ascontiguousarray(np.maximum(costs, 0).T, np.float32)
    age = age_of(past)
    seen = replay(past, len(past), age)
    says = seen.settled & ~seen.base.rests(seen.recent)
    errors = np.where(says, np.minimum(seen.around, seen.ahead), 0)
    noisy = (seen.scale >= LEAST_NOISE) & (seen.scale < MOST_NOISE) & (seen.errors >= CLEAR_ERRORS)
    noisy &= ~is_sparse(past, age, seen.base.idle)
    out: Array = one_of_a_week(np.maximum(errors, 0)).max(axis=0)[noisy] / seen.scale[noisy]
    return out
