"""A ceiling: a likelihood-ratio test that knows what no detector can know.

It knows the mean of every day without incidents (`Labelled.mean`) and the noise around it (scale, tail and memory,
measured on all days before the judged ones). For each day it asks whether a rise that began one to fourteen days ago
explains the days up to it better than noise does: the largest log likelihood ratio over when it began and how large it
is, for Student noise that remembers a part of yesterday. It has the product's gates and the same partial days, and
the one threshold that keeps false alerts at the rate that is allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.detection.labels import Array, Labelled, Rows
from benchmarks.detection.metrics import JUDGED, Score, score
from benchmarks.detection.runs import POLICY, newest_costs
from finopsguard.detection.gates import Mask, material_drop, material_rise

ALLOWED_FALSE = 0.10
"""False alerts per thousand series-days."""
LONGEST = 14
GRAIN = 0.5
"""USD that are added before logs are taken, so that cents are no news."""
LEAST_SCALE = 0.01
THRESHOLDS = (1.0, 400.0)
PRECISION = 1.02


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of the logs by series: scale of what is new each day, part of yesterday that is kept, tail."""

    scale: Array
    memory: Array
    freedom: Array
    """Degrees of freedom of a Student law with the same fourth moment."""

    def of(self, rows: Rows) -> "Noise":
        """That of some series."""
        return Noise(self.scale[rows], self.memory[rows], self.freedom[rows])


def errors_of(cost: Array, mean: Array) -> Array:
    """Log of cost over mean; credits count as nothing billed."""
    return np.asarray(np.log(np.maximum(cost, 0) + GRAIN) - np.log(np.maximum(mean, 0) + GRAIN))


def noise_above(errors: Array, alive: Mask) -> Noise:
    """Moments of the errors above 0, on days on which the series costs anything. (series, days) each.

    Noise is seldom alike on both sides: a day without a query lies far below the mean and says nothing of a busy one.
    """
    days = np.maximum(alive.sum(axis=1), 1)
    kept = np.where(alive, errors, 0.0)
    variance = np.maximum((kept**2).sum(axis=1) / days, LEAST_SCALE**2)
    memory = np.clip((kept[:, 1:] * kept[:, :-1]).sum(axis=1) / days / variance, 0, 0.95)
    above = np.maximum(kept[:, 1:] - memory[:, None] * kept[:, :-1], 0)
    scale = np.maximum(np.sqrt(2 * (above**2).sum(axis=1) / days), LEAST_SCALE)
    fourth = 2 * ((above / scale[:, None]) ** 4).sum(axis=1) / days
    return Noise(scale, memory, np.clip(4 + 6 / np.maximum(fourth - 3, 1e-9), 4.2, 60))


def rise_of_days(errors: Array, noise: Noise) -> Array:
    """(series,): the largest log likelihood ratio of a rise that began in one of the last days and goes on.

    `errors` (series, LONGEST + 1): the day that is judged is the last; the first column only tells what was kept.
    Its size is taken to be the median of its days. It goes on when no earlier end explains its days better.
    """
    memory, freedom = noise.memory[:, None], noise.freedom[:, None]
    width = np.sqrt((freedom - 2) / freedom)
    fresh = (errors[:, 1:] - memory * errors[:, :-1]) / noise.scale[:, None] / width
    best = np.zeros(len(errors))
    for length in range(1, LONGEST + 1):
        last = fresh[:, -length:]
        seen = np.where(np.arange(length) == 0, 1.0, 1 - memory)
        size = np.maximum(np.median(last / seen, axis=1), 0)[:, None]
        gain = np.log1p(last**2 / freedom) - np.log1p((last - size * seen) ** 2 / freedom)
        so_far = (noise.freedom[:, None] + 1) / 2 * gain.cumsum(axis=1)
        goes_on = so_far[:, -1] >= so_far.max(axis=1)
        best = np.maximum(best, np.where(goes_on, so_far[:, -1], 0))
    return best


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one data set, by run: log likelihood ratios of a rise up to each of the newest three days and of a fall up to
    the complete one, and cost and mean of these days.
    """

    data: Labelled
    rise: Array
    fall: Array
    cost: Array
    mean: Array

    def score(self, threshold: float) -> Score:
        """The oracle's alerts at a threshold, with the product's gates."""
        up = (self.rise >= threshold) & material_rise(self.cost, self.mean, POLICY)
        down = np.zeros_like(up)
        down[:, :, 0] = (self.fall >= threshold) & material_drop(
            self.cost[:, :, 0], self.mean[:, :, 0], POLICY
        )
        return score(self.data, up, down)


def evidence(data: Labelled) -> Evidence:
    """What the oracle knows of a data set. Raises ValueError where the generator did not give the mean."""
    if data.mean is None:
        raise ValueError(f"{data.name} was made without its mean")
    before = data.cost.shape[1] - data.runs
    past, alive = errors_of(data.cost[:, :before], data.mean[:, :before]), data.mean[:, :before] > 0
    above, below = noise_above(past, alive), noise_above(-past, alive)
    rise = np.zeros((data.runs, len(data.cost), JUDGED))
    fall, mean = np.zeros(rise.shape[:2]), np.zeros_like(rise)
    for run in range(data.runs):
        view, first = data.seen(run, LONGEST + JUDGED)
        seen = data.mean[:, first : first + view.shape[1]]
        errors = errors_of(view, seen)
        for place in range(JUDGED):
            rise[run, :, place] = rise_of_days(errors[:, place : place + LONGEST + 1], above)
        fall[run] = rise_of_days(-errors[:, : LONGEST + 1], below)
        mean[run] = np.maximum(seen[:, -JUDGED:], 0)
    return Evidence(data, rise, fall, newest_costs(data), mean)


@dataclass(slots=True)
class Ceiling:
    """What the oracle finds in each data set, and its threshold."""

    each: list[Score]
    threshold: float

    @property
    def total(self) -> Score:
        return sum(self.each, Score())


def ceiling(sets: Sequence[Labelled], allowed: float = ALLOWED_FALSE) -> Ceiling:
    """The lowest threshold that gives all data sets together at most the allowed rate of false alerts."""
    judged = [evidence(data) for data in sets]

    def at(threshold: float) -> Ceiling:
        return Ceiling([one.score(threshold) for one in judged], threshold)

    low, high = THRESHOLDS
    while high > PRECISION * low:
        middle = (low * high) ** 0.5
        if at(middle).total.false_per_1000 > allowed:
            low = middle
        else:
            high = middle
    return at(high)
