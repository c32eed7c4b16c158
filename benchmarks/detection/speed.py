"""Time and memory of one run over 100,000 series, beside the cheapest honest pass over the same matrix: its
row medians.
"""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.detection.labels import Array, Labelled
from finopsguard.detection import detect

SERIES, DAYS, SERVICES = 100_000, 90, 200


@dataclass(slots=True)
class Speed:
    """Seconds of CPU and the peak of extra memory for one shape of fleet."""

    name: str
    median_seconds: float
    detect_seconds: float
    peak_mb: float
    found: int


def many(data: Labelled, newest: int) -> tuple[Array, date]:
    """The data set's series drawn with replacement and scaled a little, `DAYS` days that end on column
    `newest`.
    """
    rng = np.random.default_rng(9)
    rows = rng.integers(0, len(data.cost), SERIES)
    first = newest + 1 - DAYS
    costs = data.cost[rows, first : newest + 1] * rng.uniform(0.9, 1.1, (SERIES, 1))
    return costs, data.first_day + timedelta(days=first)


def noise(level: float) -> tuple[Array, date]:
    """Nothing but lognormal noise: every series has dollars enough to be judged."""
    rng = np.random.default_rng(9)
    return rng.lognormal(4, 1, (SERIES, 1)) * np.exp(level * rng.normal(size=(SERIES, DAYS))), date(
        2026, 1, 3
    )


def cpu(work: Callable[[], object], repeat: int = 5) -> float:
    """Smallest CPU seconds of some repetitions."""
    seconds = []
    for _ in range(repeat):
        begun = time.process_time()
        work()
        seconds.append(time.process_time() - begun)
    return min(seconds)


def measure(name: str, costs: Array, first_day: date) -> Speed:
    """Time first, then memory: tracing allocations is slow."""
    accounts = [f"{row // SERVICES:012d}" for row in range(len(costs))]
    services = [f"service {row % SERVICES}" for row in range(len(costs))]

    def run() -> list[object]:
        return list(detect(costs, first_day, accounts=accounts, services=services))

    found = len(run())
    median, ours = cpu(lambda: np.median(costs, axis=1)), cpu(run)
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Speed(name, median, ours, peak / 1e6, found)
