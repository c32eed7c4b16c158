"""Why a day that costs far more than expected is no anomaly: one rule for the headline and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.calendar import calendar, weeks_of
from finopsguard.detection.day import JUDGED_AGE, Day
from finopsguard.detection.detector import checked, detect
from finopsguard.detection.expected import expected_costs
from finopsguard.detection.gates import Mask, material_rise
from finopsguard.detection.model import DEFAULT_CONFIG, Array, DetectionConfig
from finopsguard.detection.pooled import shared_noise
from finopsguard.detection.profile import fit_profile
from finopsguard.detection.scale import log_ratio
from finopsguard.detection.scoring import DAY_SCALES
from finopsguard.errors import InvalidInput

Reason = Literal["excluded", "young", "first_month", "bursts", "month", "level", "noise", "blips"]
"""Of a service that is never judged; too little history; the first month start that is seen; bursts as large as before;
this time of every month; a level that held weeks ago; within its noise; blips as large as before.
"""


@dataclass(frozen=True, slots=True)
class Untold:
    """A day of one series that is materially above its expected cost, and why it is not told. USD."""

    series: int
    account_id: str
    service: str
    day: date
    actual: float
    expected: float
    reason: Reason


def untold(
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
) -> list[Untold]:
    """The days of the newest `window` that pass the policy's gates above `expected_costs` and are not told by `detect`
    with the same arguments, largest excess first.

    Days without an expectation (less than two weeks of history) are left out. Raises InvalidInput for a wrong shape,
    labels that do not match, NaN or infinity.
    """
    matrix = checked(costs, accounts=accounts, services=services)
    if window < 1:
        raise InvalidInput("window must be at least 1 day")
    if not matrix.size:
        return []
    first = max(0, matrix.shape[1] - window)
    level = expected_costs(matrix, first_day, config=config, days=window).level
    with np.errstate(invalid="ignore"):
        above = material_rise(matrix[:, first:], level, config)
    found = detect(matrix, first_day, accounts=accounts, services=services, config=config, window=window)
    for anomaly in found:
        for day, _ in anomaly.excess_by_day:
            above[anomaly.series, (day - first_day).days - first] = False
    out = [
        Untold(
            row,
            accounts[row],
            services[row],
            first_day + timedelta(days=first + index),
            float(matrix[row, first + index]),
            float(level[row, index]),
            "excluded" if services[row] in config.excluded_services else reason,
        )
        for (row, index), reason in reasons(matrix, first_day, first, above, config, services).items()
    ]
    return sorted(out, key=lambda each: (each.expected - each.actual, each.series, each.day))


def reasons(
    costs: Array, first_day: date, first: int, asked: Mask, config: DetectionConfig, services: Sequence[str]
) -> dict[tuple[int, int], Reason]:
    """The reason for each (series, day from index `first` on) that is asked for."""
    out: dict[tuple[int, int], Reason] = {}
    cal = calendar(first_day, costs.shape[1])
    for monday, start, stop in weeks_of(cal, first, costs.shape[1]):
        rows = np.flatnonzero(asked[:, start - first : stop - first].any(axis=1))
        if not len(rows):
            continue
        known = np.ascontiguousarray(costs[rows, :stop].T, dtype=np.float32)
        profile = fit_profile(known, cal, monday, stop, pooled=shared_noise(costs, services, monday, rows))
        if profile is None:
            continue
        for day in range(start, stop):
            said = reason_of(Day(profile, cal, day, config))
            for place, row in enumerate(rows.tolist()):
                if asked[row, day - first]:
                    out[row, day - first] = said[place]
    return out


def reason_of(day: Day) -> list[Reason]:
    """The first reason that holds, for every series of the day."""
    profile = day.profile
    ordinary = ~material_rise(day.cost, day.expected, day.config)
    beyond_noise = log_ratio(day.cost, day.expected) * day.config.sensitivity >= DAY_SCALES * profile.sigma
    cases: list[tuple[Reason, Mask]] = [
        ("young", day.age < JUDGED_AGE),
        ("first_month", np.asarray(day.first_turn)),
        ("bursts", profile.sparse),
        ("month", ordinary & ((day.fee.usual > 0) | (day.again > 0))),
        ("level", ordinary),
        ("blips", beyond_noise),
    ]
    return [next((name for name, mask in cases if mask[place]), "noise") for place in range(len(day.cost))]
