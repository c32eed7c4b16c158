"""Two sets with the stated properties of a public benchmark: two years of single noisy series, events in the second.

The public one ("FinOps Cost Anomaly Benchmark", seoyoungleeme/finops-cost-anomaly-benchmark on GitHub, 2026) draws
noise around a line with weekdays and adds spikes, dear weekends and ramps in three sizes each; its main set takes
level, growth and weekdays from FOCUS sample bills. Nothing of it is here but these properties, as its pages state
them; what it calibrated on bills is drawn at random in the same ranges. "noisy" is like its main set (15 % noise,
$18 to $160 a day), "plain" like its other one (5 %, $1,000 a day). Both have 27 events in the second year of each
series. The first year has none, so it calibrates: the largest sensitivity that flags at most 1 % of its days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.detection.labels import Array
from benchmarks.detection.oracle import LONGEST, errors_of, noise_above, rise_of_days
from benchmarks.detection.runs import HISTORY
from finopsguard.detection import DetectionConfig, detect

NAMES = ("noisy", "plain")
DAYS, SECOND_YEAR = 730, 365
FIRST_DAY = date(2024, 1, 1)
EACH = 3
"""Events of each kind and size in a series: 27 in all."""
APART = 3
"""Days without any between two events."""
RUN_DAYS = 7
FALSE_DAYS = 0.01
COUNT = 8
"""Series of a set."""
MOST_SENSITIVE, STEPS = 16.0, 7
MONTH_END = 28
PLAIN_WEEK = np.array([1.1, 1.15, 1.15, 1.15, 1.05, 0.75, 0.65])

Sizes = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Event:
    """Days [start, end] of a series that cost `usd` more."""

    series: int
    kind: str
    start: int
    end: int
    usd: float


@dataclass(frozen=True, slots=True)
class Years:
    """(series, days) USD: with events, without them, and without noise; and the events of the second year."""

    cost: Array
    calm: Array
    mean: Array
    events: list[Event]


def spike(rng: np.random.Generator, size: float) -> Array:
    """A day or two, by `size` of their cost."""
    return np.full(int(rng.integers(1, 3)), size)


def ramp(rng: np.random.Generator, size: float) -> Array:
    """One to two weeks, each day by `size` more than the day before."""
    return size * np.arange(1.0, int(rng.integers(7, 15)) + 1)


KINDS: tuple[tuple[str, Callable[[np.random.Generator, float], Array], Sizes, bool], ...] = (
    ("spike", spike, (0.3, 1.0, 3.0), False),
    ("weekend", spike, (0.5, 1.0, 2.0), True),
    ("ramp", ramp, (0.03, 0.05, 0.10), False),
)
"""Name, shares of the ordinary cost by day, small to large, and whether it begins on a Saturday."""


def series(
    rng: np.random.Generator, level: float, growth: float, week: Array, noise: float
) -> tuple[Array, Array]:
    """Cost and its mean: a line, weekdays, 5 % more from the 28th on, normal noise in proportion."""
    time = np.arange(DAYS)
    days = np.datetime64(FIRST_DAY, "D") + time
    month_day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    mean = level * (1 + growth / 30 * time) * (week[time % 7] + 0.05 * (month_day >= MONTH_END))
    return np.maximum(mean * (1 + rng.normal(0, noise, DAYS)), 0), mean


def add_events(rng: np.random.Generator, row: int, cost: Array, mean: Array) -> list[Event]:
    """Puts three of each kind and size where there is room; the longest find room first."""
    taken = np.arange(DAYS) < SECOND_YEAR
    events = []
    for kind, shape, sizes, saturday in reversed(KINDS):
        for size in [size for size in sizes for _ in range(EACH)]:
            share = shape(rng, size)
            wide = sliding_window_view(taken[SECOND_YEAR - APART :], len(share) + 2 * APART)
            room = SECOND_YEAR + np.flatnonzero(~wide.any(axis=1))
            room = room[room % 7 == 5] if saturday else room
            if not len(room):
                continue
            start = int(rng.choice(room))
            part = slice(start, start + len(share))
            taken[part] = True
            cost[part] += share * mean[part]
            usd = float((share * mean[part]).sum())
            events.append(Event(row, f"{kind} {size:.0%}", start, start + len(share) - 1, usd))
    return events


def noisy(rng: np.random.Generator) -> tuple[Array, Array]:
    """A service of $18 to $160 a day whose weekdays are far apart; most grow by a tenth of their start a month."""
    week = rng.uniform(0.55, 1.65, 7)
    growth = rng.choice([-0.02, 0.1], p=[0.25, 0.75])
    return series(rng, np.exp(rng.uniform(np.log(18), np.log(160))), growth, week / week.mean(), 0.15)


def make(name: str, seeds: Sequence[int]) -> Years:
    """Sets of COUNT series of "noisy" or "plain", one below the other."""
    made: list[tuple[Array, Array, Array]] = []
    events: list[Event] = []
    for seed in seeds:
        rng = np.random.default_rng([seed, 365])
        for _ in range(COUNT):
            calm, mean = noisy(rng) if name == "noisy" else series(rng, 1000, 0.015, PLAIN_WEEK, 0.05)
            cost = calm.copy()
            events += add_events(rng, len(made), cost, mean)
            made.append((cost, calm, mean))
    cost, calm, mean = np.array(made).transpose(1, 0, 2)
    return Years(cost, calm, mean, events)


def flagged(years: Years, config: DetectionConfig, first: int, last: int) -> NDArray[np.bool_]:
    """(series, last - first): rises on each day, judged week by week: a verdict depends on earlier days only."""
    out = np.zeros((len(years.cost), last - first), np.bool_)
    names = [str(row) for row in range(len(years.cost))]
    for begin in range(first, last, RUN_DAYS):
        end = min(begin + RUN_DAYS, last)
        start = max(0, end - HISTORY - RUN_DAYS)
        found = detect(
            years.cost[:, start:end],
            FIRST_DAY + timedelta(days=start),
            accounts=names,
            services=names,
            config=config,
            window=end - begin,
            complete_until=FIRST_DAY + timedelta(days=end),
        )
        for anomaly in found:
            if anomaly.direction > 0:
                for day, _ in anomaly.excess_by_day:
                    out[anomaly.series, (day - FIRST_DAY).days - first] = True
    return out


def largest(share: Callable[[float], float]) -> float:
    """The largest sensitivity up to MOST_SENSITIVE of which `share` is at most 1 %."""
    low, high = 0.5, MOST_SENSITIVE
    if share(high) <= FALSE_DAYS:
        return high
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if share(middle) > FALSE_DAYS else (middle, high)
    return low


def calibrated(years: Years) -> float:
    """The largest sensitivity that flags at most 1 % of the days of the first year, after four months of history."""
    return largest(
        lambda sensitivity: flagged(
            years, DetectionConfig(sensitivity=sensitivity), HISTORY, SECOND_YEAR
        ).mean()
    )


def hindsight(years: Years) -> float:
    """The same, of the ordinary days of the second year: nobody can know it before."""
    ordinary = ordinary_days(years)
    return largest(
        lambda sensitivity: flagged(years, DetectionConfig(sensitivity=sensitivity), SECOND_YEAR, DAYS)[
            ordinary
        ].mean()
    )


def oracle_flags(years: Years) -> NDArray[np.bool_]:
    """What a likelihood-ratio test finds that knows mean and noise and, of each event, when it is over.

    Its threshold is that of 1 % of the ordinary days of the second year.
    """
    calm, seen = errors_of(years.calm, years.mean), errors_of(years.cost, years.mean)
    noise = noise_above(calm[:, :SECOND_YEAR], np.ones((len(calm), SECOND_YEAR), np.bool_))
    days = range(SECOND_YEAR, DAYS)
    ratio = np.array([rise_of_days(calm[:, day - LONGEST : day + 1], noise) for day in days]).T
    threshold = np.quantile(ratio[ordinary_days(years)], 1 - FALSE_DAYS)
    for event in years.events:
        errors = calm[event.series].copy()
        errors[event.start : event.end + 1] = seen[event.series, event.start : event.end + 1]
        windows = sliding_window_view(errors[event.start - LONGEST : event.end + 1], LONGEST + 1)
        own = noise.of(np.full(len(windows), event.series))
        ratio[event.series, event.start - SECOND_YEAR : event.end + 1 - SECOND_YEAR] = rise_of_days(
            windows, own
        )
    return np.asarray(ratio > threshold)


def ordinary_days(years: Years) -> NDArray[np.bool_]:
    """(series, days of the second year): no event."""
    ordinary = np.ones((len(years.cost), DAYS - SECOND_YEAR), np.bool_)
    for event in years.events:
        ordinary[event.series, event.start - SECOND_YEAR : event.end + 1 - SECOND_YEAR] = False
    return ordinary


@dataclass(frozen=True, slots=True)
class Found:
    """Shares of events, of their dollars, and of ordinary days of the second year that were flagged."""

    events: float
    usd: float
    false_days: float


def found(years: Years, flags: NDArray[np.bool_]) -> list[Found]:
    """Of each set of COUNT series."""
    hit = np.array(
        [flags[e.series, e.start - SECOND_YEAR : e.end + 1 - SECOND_YEAR].any() for e in years.events]
    )
    usd = np.array([event.usd for event in years.events])
    owner = np.array([event.series // COUNT for event in years.events])
    ordinary, out = ordinary_days(years), []
    for one in range(len(years.cost) // COUNT):
        own, rows = owner == one, slice(one * COUNT, (one + 1) * COUNT)
        out.append(
            Found(
                float(hit[own].mean()),
                float((hit * usd)[own].sum() / usd[own].sum()),
                float(flags[rows][ordinary[rows]].mean()),
            )
        )
    return out


def by_kind(years: Years, flags: NDArray[np.bool_]) -> dict[str, tuple[int, int]]:
    """Found and all events of each kind and size."""
    out: dict[str, tuple[int, int]] = {}
    for event in years.events:
        hit = bool(flags[event.series, event.start - SECOND_YEAR : event.end + 1 - SECOND_YEAR].any())
        told, count = out.get(event.kind, (0, 0))
        out[event.kind] = told + hit, count + 1
    return out


def verdicts(years: Years) -> dict[str, NDArray[np.bool_]]:
    """Flags of the second year by who judges."""

    def at(sensitivity: float) -> NDArray[np.bool_]:
        return flagged(years, DetectionConfig(sensitivity=sensitivity), SECOND_YEAR, DAYS)

    before, after = calibrated(years), hindsight(years)
    return {
        "FinOps Guard, defaults": at(1.0),
        f"sensitivity {before:.1f}: 1 % of the first year": at(before),
        f"sensitivity {after:.1f}: 1 % of the second, in hindsight": at(after),
        "oracle: 1 % of the second": oracle_flags(years),
    }
