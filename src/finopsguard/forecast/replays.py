"""How far the method was off before: it is replayed on earlier days of the same history, by account.

Each replay knows the days before its own cutoff only (a rolling origin), a week apart, and forecasts as many days as
are asked for now, or as many as there are. Account, unit and Organization each have the errors of their own sum, so
what rises and falls together is in them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from finopsguard.forecast.ahead import Amounts, Rows, ahead, summed

STEP_DAYS = 7
FIRST_CUTOFF = 28
"""Four weeks are learned from before the first forecast is tried."""
LEAST_REPLAYS, MOST_REPLAYS = 4, 10
ENOUGH_FINAL_DAYS = FIRST_CUTOFF + LEAST_REPLAYS * STEP_DAYS
"""Of history: with fewer, nothing is known of errors."""
LEAST_ERROR = 0.005
"""Nobody is trusted below half a percent, whatever luck the replays had."""
SHRINK = 2
"""The mean error counts as if so many replays without any had been seen besides."""
MOST_LOW, MOST_HIGH = -0.05, 0.10
TAIL_90 = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372)
"""Student's t, nine tenths below it, by degrees of freedom from 1 on: four fifths lie between minus it and it."""


@dataclass(frozen=True)
class Replays:
    """What replays forecast and what came: (replays, accounts) USD, each of `days` (replays,) days for `asked`."""

    forecast: Amounts
    actual: Amounts
    days: Amounts
    asked: int

    def lift(self) -> float:
        """By how much a forecast is raised: the median error of all accounts together, shrunken.

        The detector's level is what is usual. What is not usual is mostly dearer, so the sum of many levels lies below
        what they cost together.
        """
        known = self.forecast.sum(axis=1) > 0
        if not known.any():
            return 1.0
        errors = self.actual.sum(axis=1)[known] / self.forecast.sum(axis=1)[known] - 1
        share = len(errors) / (len(errors) + SHRINK)
        return 1 + min(max(float(np.median(errors)) * share, MOST_LOW), MOST_HIGH)

    def half_width(self, members: Rows, lift: float) -> float:
        """Half the width of the 80 % band of what these accounts cost together, as a part of its forecast.

        The errors of a sum of days grow as those of a level that wanders: by the root of the days. infinity where the
        replays say nothing.
        """
        if len(self.days) < LEAST_REPLAYS:
            return math.inf
        forecast, actual = (each[:, members].sum(axis=1) for each in (self.forecast * lift, self.actual))
        if not (forecast > 0).all():
            return math.inf
        errors = (actual / forecast - 1) * np.sqrt(self.asked / self.days)
        count = len(errors)
        tail = TAIL_90[min(count - 1, len(TAIL_90)) - 1] * math.sqrt(1 + 1 / count)
        return tail * math.sqrt(float((errors**2).mean()) + LEAST_ERROR**2)


def replay(costs: Amounts, first_day: date, owner: Rows, owners: int, days: int) -> Replays:
    """Replays of a forecast of `days` days: `costs` (series, days held) of accounts `owner` (series,)."""
    held = costs.shape[1]
    cutoffs = [
        cutoff
        for back in range(1, MOST_REPLAYS + 1)
        if days and (cutoff := held - back * STEP_DAYS) >= FIRST_CUTOFF
    ]
    forecast, actual = np.zeros((2, len(cutoffs), owners))
    lengths = np.array([min(days, held - cutoff) for cutoff in cutoffs], dtype=np.float64)
    for number, cutoff in enumerate(cutoffs):
        until = cutoff + int(lengths[number])
        seen = ahead(costs[:, :cutoff], first_day, until - cutoff).sum(axis=1, keepdims=True)
        came = costs[:, cutoff:until].sum(axis=1, keepdims=True)
        forecast[number] = summed(seen, owner, owners)[:, 0]
        actual[number] = summed(came, owner, owners)[:, 0]
    return Replays(forecast, actual, lengths, days)
