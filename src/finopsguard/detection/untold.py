"""Why a day that costs far more than expected is no anomaly: one rule for the headline and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from finopsguard.detection.calendar import calendar, weeks_of
from finopsguard.detection.day import JUDGED_AGE, Day
from finopsguard.detection.detector import NOTHING_KNOWN, Question, checked, detect
from finopsguard.detection.expected import expected_costs
from finopsguard.detection.gates import Mask, material_rise
from finopsguard.detection.heaviness import heaviness
from finopsguard.detection.memory import Label, Memory, learned_costs, rows_of, silenced
from finopsguard.detection.model import DEFAULT_CONFIG, Array, DetectionConfig, Expected
from finopsguard.detection.pooled import shared_noise
from finopsguard.detection.profile import fit_profile
from finopsguard.detection.scale import log_ratio
from finopsguard.detection.scoring import DAY_SCALES
from finopsguard.detection.yearly import last_year
from finopsguard.errors import InvalidInput

Reason = Literal["excluded", "young", "first_month", "year", "bursts", "month", "level", "noise", "blips"]
"""Of a service that is never judged; too little history; the first month start that is seen; last year's same days;
bursts as large as before; this time of every month; a level that held weeks ago; within its noise; blips as large as
before.
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
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
    expected: Expected | None = None,
) -> list[Untold]:
    """The days of the newest `window` that pass the policy's gates above `expected_costs` and are not told by `detect`
    with the same arguments, largest excess first.

    `expected` is what `expected_costs` says with the same arguments of these days at least; None: it is asked.
    Days without an expectation (less than two weeks of history) are left out, and so are those that people planned,
    muted or marked (`memory`). Raises InvalidInput for a wrong shape, labels that do not match, NaN or infinity.
    """
    matrix = checked(costs, accounts=accounts, services=services)
    if window < 1:
        raise InvalidInput("window must be at least 1 day")
    if not matrix.size:
        return []
    first = max(0, matrix.shape[1] - window)
    if expected is None:
        expected = expected_costs(
            matrix, first_day, config=config, days=window, accounts=accounts, services=services, memory=memory
        )
    level = expected.level[:, first - matrix.shape[1] :]
    with np.errstate(invalid="ignore"):
        above = material_rise(matrix[:, first:], level, config)
    known = rows_of(memory, accounts, services)
    learned = learned_costs(matrix, first_day, known)
    above &= ~silenced(matrix, first_day, first, known, np.where(above, np.inf, 0.0), level)
    if not above.any():
        return []
    found = detect(
        matrix,
        first_day,
        accounts=accounts,
        services=services,
        config=config,
        window=window,
        memory=memory,
    )
    for anomaly in found:
        for day, _ in anomaly.excess_by_day:
            above[anomaly.series, (day - first_day).days - first] = False
    days = matrix.shape[1]
    asked = Question(matrix, learned, services, calendar(first_day, days), first, days, config)
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
        for (row, index), reason in reasons(asked, above).items()
    ]
    return sorted(out, key=lambda each: (each.expected - each.actual, each.series, each.day))


def reasons(asked: Question, wanted: Mask) -> dict[tuple[int, int], Reason]:
    """The reason for each (series, judged day) that is wanted."""
    out: dict[tuple[int, int], Reason] = {}
    cal, first = asked.calendar, asked.first
    for monday, start, stop in weeks_of(cal, first, len(cal)):
        rows = np.flatnonzero(wanted[:, start - first : stop - first].any(axis=1))
        if not len(rows):
            continue
        known, billed = (
            np.ascontiguousarray(each[rows, :stop].T, dtype=np.float32)
            for each in (asked.learned, asked.costs)
        )
        shared = shared_noise(asked.costs, asked.services, monday, rows)
        heavy = heaviness(asked.costs, monday)
        profile = fit_profile(known, cal, monday, stop, billed, shared, heavy)
        if profile is None:
            continue
        for day in range(start, stop):
            today = Day(profile, cal, day, asked.config)
            then = last_year(cal, day, known, profile.sigma)
            said = reason_of(today, then.brought(today.cost, asked.config) if then else np.False_)
            for place, row in enumerate(rows.tolist()):
                if wanted[row, day - first]:
                    out[row, day - first] = said[place]
    return out


def reason_of(day: Day, yearly: Mask | np.bool_) -> list[Reason]:
    """The first reason that holds, for every series of the day; `yearly` where last year had it too."""
    profile = day.profile
    ordinary = ~material_rise(day.cost, day.expected, day.config)
    beyond_noise = log_ratio(day.cost, day.expected) * day.config.sensitivity >= DAY_SCALES * profile.wary
    cases: list[tuple[Reason, Mask]] = [
        ("young", day.age < JUDGED_AGE),
        ("first_month", np.asarray(day.first_turn)),
        ("year", np.broadcast_to(yearly, day.cost.shape)),
        ("bursts", profile.sparse),
        ("month", ordinary & ((day.fee.usual > 0) | (day.again > 0))),
        ("level", ordinary),
        ("blips", beyond_noise),
    ]
    return [next((name for name, mask in cases if mask[place]), "noise") for place in range(len(day.cost))]
