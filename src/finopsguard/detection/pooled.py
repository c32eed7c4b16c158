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

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.model import Array, Days
from finopsguard.detection.replay import age_of, history, replay
from finopsguard.detection.tails import is_sparse

POOLED_DAYS = 70
"""What costs something for longer has errors enough of its own: two weeks to settle, and eight of errors."""
PEERS = 48
"""So many series of a service, of all its sizes, say what its noise is."""
LEAST_PEERS = 8
LEAST_ERRORS = 14
LEAST_USD = 5.0
"""A day. Below, the grain of a bill hides the noise."""
DEGREES = 0.45
"""Degrees of freedom of a robust variance for each error: measured on normal noise."""
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

    def of(self, rows: Days) -> "Pooled":
        """Of some of the series."""
        return Pooled(self.variance[rows], self.degrees[rows])


def rows_of_services(services: Sequence[str], wanted: Collection[str]) -> dict[str, Days]:
    """The rows of each of the wanted services."""
    rows: dict[str, list[int]] = {name: [] for name in wanted}
    for row, name in enumerate(services):
        if name in rows:
            rows[name].append(row)
    return {name: np.asarray(own, dtype=np.int64) for name, own in rows.items()}


def usual_size(costs: Array, monday: int) -> Array:
    """Mean cost of a day of the four weeks before `monday`: (series, days) -> (series,)."""
    size: Array = costs[:, max(0, monday - 4 * WEEK) : monday].mean(axis=1)
    return size


def peers_of(rows: Days, costs: Array, monday: int) -> Days:
    """At most `PEERS` of a service's rows that cost enough, evenly over their sizes."""
    size = usual_size(costs[rows], monday)
    order = np.argsort(size, kind="stable")
    order = order[np.searchsorted(size[order], LEAST_USD) :]
    if len(order) <= PEERS:
        return rows[order]
    chosen: Days = rows[order][np.linspace(0, len(order) - 1, PEERS).round().astype(np.intp)]
    return chosen


def pool(scale: Array, count: Days, size: Array, asked: Array) -> Pooled:
    """What peers with these scales, numbers of errors and sizes say of series of the sizes `asked`."""
    good = count >= LEAST_ERRORS
    if good.sum() < LEAST_PEERS:
        return Pooled(np.zeros_like(asked), np.zeros_like(asked))
    logs, x = 2 * np.log(scale[good] + SMALL), np.log(size[good])
    x0 = np.median(x)
    slope = float(np.clip(((x - x.mean()) * logs).sum() / max(((x - x.mean()) ** 2).sum(), 1e-9), -1, 0))
    left = logs - slope * (x - x0)
    middle = np.median(left)
    spread = (1.4826 * np.median(np.abs(left - middle))) ** 2
    degrees = DEGREES * float(np.median(count[good]))
    between = max(spread - trigamma(degrees / 2), 1e-9)
    prior = min(2 * trigamma_inverse(between), MOST_DEGREES)
    reach = np.clip(np.log(np.maximum(asked, 1e-2)), x.min(), x.max())
    return Pooled(np.exp(middle + slope * (reach - x0)), np.full_like(asked, prior))


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
    """What their services say of the noise of the young ones of `series`, before day index `monday`: in their order.

    `costs` are (series, days) of all, net, as they were billed.
    """
    out = Pooled(np.zeros(len(series), np.float32), np.zeros(len(series), np.float32))
    span = history(monday)
    if span is None:
        return out
    first, _ = span
    wanted: dict[str, list[int]] = {}
    for place in young_ones(costs, monday, series).tolist():
        wanted.setdefault(services[series[place]], []).append(place)
    peers = {name: peers_of(rows, costs, monday) for name, rows in rows_of_services(services, wanted).items()}
    peers = {name: rows for name, rows in peers.items() if len(rows) >= LEAST_PEERS}
    if not peers:
        return out
    past = np.ascontiguousarray(
        np.maximum(costs[np.concatenate(list(peers.values())), first:monday], 0).T, np.float32
    )
    age = age_of(past)
    seen = replay(past, len(past), age)
    errors = np.where(is_sparse(past, age, seen.base.idle), 0, seen.errors)
    stops = np.cumsum([len(rows) for rows in peers.values()])
    for (name, rows), stop in zip(peers.items(), stops.tolist(), strict=True):
        part, places = slice(stop - len(rows), stop), wanted[name]
        sizes, asked = usual_size(costs[rows], monday), usual_size(costs[series[places]], monday)
        one = pool(seen.scale[part], errors[part], sizes, asked)
        out.variance[places], out.degrees[places] = one.variance, one.degrees
    return out


def young_ones(costs: Array, monday: int, series: Days) -> Days:
    """Which of `series` had no cost until some weeks ago: places among them."""
    before = costs[series, max(0, monday - POOLED_DAYS - WEEK) : max(0, monday - POOLED_DAYS)]
    young: Days = np.flatnonzero(before.max(axis=1, initial=0) <= 0)
    return young
