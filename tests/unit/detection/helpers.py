"""Small fleets of daily costs and a short way to call the detector."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs.series import DailySeries
from finopsguard.detection import Anomaly, detect

Costs = NDArray[np.float64]

FIRST = date(2026, 1, 5)  # a Monday
ACCOUNT = "111122223333"


def day(index: int) -> date:
    """The date of column `index`."""
    return FIRST + timedelta(days=index)


def run(costs: Costs, first: date = FIRST, **options: Any) -> list[Anomaly]:
    """Detect in `costs`, services named after their rows."""
    named = series(costs, first)
    return detect(costs, first, accounts=named.accounts, services=named.services, **options)


def series(costs: Costs, first: date = FIRST) -> DailySeries:
    """The costs with the labels that `run` gives them."""
    names = [f"service-{row}" for row in range(len(costs))]
    return DailySeries([ACCOUNT] * len(costs), names, first, costs)


def steady(rows: int = 1, days: int = 100, usd: float = 50.0) -> Costs:
    """The same cost every day."""
    return np.full((rows, days), usd)


def fleet(seed: int, series: int = 8, days: int = 110) -> Costs:
    """Series of the usual shapes: noise, weekday rhythm, growth, bursts, monthly fees, different sizes."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(4, 1, (series, 1))
    time = np.arange(days)
    rhythm = np.where(time % 7 >= 5, rng.uniform(0.2, 1.0, (series, 1)), 1.0)
    noise = np.exp(rng.uniform(0.01, 0.25, (series, 1)) * rng.standard_t(5, (series, days)))
    growth = np.exp(rng.normal(0, 0.002, (series, 1)) * time)
    costs = size * rhythm * noise * growth
    costs[0] *= rng.random(days) < 0.3
    costs[1] = np.where(time % 30 == 3, size[1], 0.0)
    return np.asarray(costs)


def verdicts(anomalies: list[Anomaly]) -> set[tuple[int, date, int]]:
    """What was flagged: (series, day, direction)."""
    return {
        (anomaly.series, on, anomaly.direction) for anomaly in anomalies for on, _ in anomaly.excess_by_day
    }
