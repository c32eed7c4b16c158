"""Noise that series of one service share: a series of five weeks has too few errors to know its own.

The variance of a series' errors is drawn towards what series of the same service and size have, the more the better
these agree and the fewer errors the series has: the moderated variance of Smyth (2004, "Linear models and empirical
Bayes methods for assessing differential expression", Statistical Applications in Genetics and Molecular Biology 3:1),
with a trend by size as Law et al. have by expression (2014, "voom", Genome Biology 15:R29). Medians in place of means:
some series of a service are always out of the ordinary.

What is shared is learned from costs as they were billed on days before the judged week, from all series of the service
alike. So it does not matter which days a run asks for, nor what is remembered of another series.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.replay import age_of, replay
from finopsguard.detection.tails import is_sparse

BLOCK = 1024
PEER_DAYS = 70
"""Of history: two weeks to settle, and eight of errors."""
PEERS = 32
"""So many series of a service, of all its sizes, say what its noise is."""
LEAST_PEERS = 8
LEAST_ERRORS = 14
PEER_USD = 5.0
"""A day. Below, the grain of a bill hides the noise."""
DEGREES = 0.45
"""Degrees of freedom of a robust variance for each error: measured on normal noise."""
STEEPEST = -1.0
"""Of the log of the variance by the log of the size: what independent users would make it."""
SIZE_DAYS = 28
MOST_DEGREES = 200.0
SMALL = 0.02
"""Added to a scale: flat costs have a scale of 0, whose log says nothing."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """What the services of some series say of their noise, both (series,)."""

    variance: Array
    degrees: Array
    """Degrees of freedom that this is worth; 0 where nothing is known."""

    def errors(self, own: Days) -> Array:
        """How many errors a series has with `own` ones, and what the others are worth: (series,)."""
        out: Array = own + self.degrees / DEGREES
        return out

    def of(self, rows: Days | Mask) -> "Pooled":
        """Of some of the series."""
        return Pooled(self.variance[rows], self.degrees[rows])


def rows_of_services(services: Sequence[str], wanted: Collection[str]) -> list[Days]:
    """The rows of each of the wanted services, in their order."""
    number = {name: place for place, name in enumerate(wanted)}
    of_row = np.fromiter(map(number.get, services, repeat(-1)), np.int64, len(services))
    rows = np.flatnonzero(of_row >= 0)
    rows = rows[np.argsort(of_row[rows], kind="stable")]
    return np.split(rows, np.searchsorted(of_row[rows], np.arange(1, len(number))))


def peers_of(rows: Days, size: Array) -> Days:
    """At most `PEERS` of a service's rows that cost enough, evenly over the sizes (of all series)."""
    order = rows[np.argsort(size[rows], kind="stable")]
    order = order[np.searchsorted(size[order], PEER_USD) :]
    if len(order) <= PEERS:
        return order
    chosen: Days = order[np.linspace(0, len(order) - 1, PEERS).round().astype(np.intp)]
    return chosen


def middle(values: Array | Days) -> float:
    """The upper median of some values."""
    return float(np.sort(values)[len(values) // 2])


def pool(scale: Array, count: Days, size: Array, asked: Array) -> Pooled:
    """What peers with these scales, numbers of errors and sizes say of series of the sizes `asked`."""
    good = count >= LEAST_ERRORS
    if good.sum() < LEAST_PEERS:
        return Pooled(np.zeros_like(asked), np.zeros_like(asked))
    logs, x = 2 * np.log(scale[good] + SMALL), np.log(size[good])
    x0 = middle(x)
    slope = float(np.dot(x - x.mean(), logs) / max(float(np.dot(x - x.mean(), x)), 1e-9))
    slope = min(max(slope, STEEPEST), 0.0)
    left = logs - slope * (x - x0)
    usual = middle(left)
    spread = (1.4826 * middle(np.abs(left - usual))) ** 2
    between = max(spread - trigamma(DEGREES * middle(count[good]) / 2), 1e-9)
    degrees = min(2 * trigamma_inverse(between), MOST_DEGREES)
    reach = np.clip(np.log(np.maximum(asked, PEER_USD)), x.min(), x.max())
    return Pooled(np.exp(usual + slope * (reach - x0)), np.full_like(asked, degrees))


def trigamma(x: float) -> float:
    """Variance of the log of a gamma variable of shape `x` (Abramowitz and Stegun 6.4.12)."""
    return 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3)


def trigamma_inverse(y: float) -> float:
    """The shape whose log has variance `y`, from the first two terms."""
    return float((1 + np.sqrt(1 + 2 * y)) / (2 * y))


def moderated(scale: Array, count: Days, pooled: Pooled) -> Array:
    """The scale drawn towards what is shared: (series,)."""
    own = DEGREES * count
    mixed = (own * (scale + SMALL) ** 2 + pooled.degrees * pooled.variance) / np.maximum(
        own + pooled.degrees, 1e-9
    )
    out: Array = np.where(pooled.degrees > 0, np.maximum(np.sqrt(mixed) - SMALL, 0), scale)
    return out.astype(scale.dtype)


def shared_noise(costs: Array, services: Sequence[str], monday: int, series: Days) -> Pooled:
    """What their services say of the noise of `series` before day index `monday`: in their order.

    `costs` are (series, days) of all, net, as they were billed.
    """
    out = Pooled(np.zeros(len(series), np.float32), np.zeros(len(series), np.float32))
    wanted: dict[str, list[int]] = {}
    for place, row in enumerate(series.tolist()):
        wanted.setdefault(services[row], []).append(place)
    size = costs[:, max(0, monday - SIZE_DAYS) : monday].mean(axis=1)
    peers = [peers_of(rows, size) for rows in rows_of_services(services, wanted)]
    every = np.concatenate(peers)
    if not len(every):
        return out
    known = [noise_of(costs[rows, :monday]) for rows in np.array_split(every, -(-len(every) // BLOCK))]
    scale, errors = (np.concatenate(parts) for parts in zip(*known, strict=True))
    stop = 0
    for places, rows in zip(wanted.values(), peers, strict=True):
        part = slice(stop, stop + len(rows))
        stop = part.stop
        one = pool(scale[part], errors[part], size[rows], size[series[places]])
        out.variance[places], out.degrees[places] = one.variance, one.degrees
    return out


def noise_of(costs: Array) -> tuple[Array, Days]:
    """Scale of series' errors and how many made it, none for series of bursts: (series, days) -> two (series,)."""
    days = min(PEER_DAYS, costs.shape[1] // WEEK * WEEK)
    past = np.ascontiguousarray(np.maximum(costs[:, costs.shape[1] - days :], 0).T, np.float32)
    age = age_of(past)
    seen = replay(past, len(past), age)
    return seen.scale, np.where(is_sparse(past, age, seen.base.idle), 0, seen.errors)
