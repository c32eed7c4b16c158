"""What the newest days should have cost, for every series: the report's "expected" and its band."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from finopsguard.detection.calendar import WEEK, Calendar, calendar, weeks_of
from finopsguard.detection.detector import BLOCK, NOTHING_KNOWN, checked
from finopsguard.detection.memory import Label, Memory, learned_costs, rows_of
from finopsguard.detection.model import DEFAULT_CONFIG, Array, DetectionConfig, Expected
from finopsguard.detection.monthly import MONTH_DAYS, ONCE_A_MONTH, expected_lump, low_here, usual_again
from finopsguard.detection.places import Jobs, expected_job, steady_jobs, without_jobs
from finopsguard.detection.profile import Profile, fit_profile
from finopsguard.detection.scale import SOFTENER
from finopsguard.detection.tails import ACTIVE_USD
from finopsguard.errors import InvalidInput

BAND_SCALES = 2.0
"""At sensitivity 1 about 93 of 100 ordinary days lie inside."""


def expected_costs(
    costs: Array,
    first_day: date,
    *,
    config: DetectionConfig = DEFAULT_CONFIG,
    days: int,
    accounts: Sequence[str] = (),
    services: Sequence[str] = (),
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> Expected:
    """Expected USD and band of each of the newest `days` days, forecast from the days before it only.

    `costs`: (series, days) USD, newest day last. Days with less than two weeks of history before their
    calendar week are NaN. `memory` holds what is known of a series, by (account, service), as `detect` takes it; then
    row i is `accounts[i]`, `services[i]`. Raises InvalidInput for a wrong shape, labels that do not match, NaN or
    infinity.
    """
    matrix = known_costs(costs, first_day, accounts, services, memory)
    series, total = matrix.shape
    if days < 1:
        raise InvalidInput("days must be at least 1")
    first = max(0, total - days)
    cal = calendar(first_day, total)
    level, low, high = (np.full((series, total - first), np.nan) for _ in range(3))
    for monday, start, stop in weeks_of(cal, first, total):
        for begin in range(0, series, BLOCK):
            block = slice(begin, begin + BLOCK)
            net = np.ascontiguousarray(matrix[block, :stop].T, dtype=np.float32)
            profile = fit_profile(net, cal, monday, stop)
            if profile is None:
                continue
            jobs = steady_jobs(profile.jobs, profile.surplus, cal, profile.first)
            for day in range(start, stop):
                usual = usual_cost(profile, jobs, cal, day)
                level[block, day - first] = usual
                low[block, day - first], high[block, day - first] = band(usual, profile, config)
    return Expected(level, low, high)


def expected_since(
    costs: Array,
    first_day: date,
    since: Sequence[int],
    *,
    config: DetectionConfig = DEFAULT_CONFIG,
    accounts: Sequence[str] = (),
    services: Sequence[str] = (),
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> Expected:
    """Expected USD and band of every day from index `since[i]` on, learned from the days of series i before it only.

    So what began then never becomes its own expectation, however long it lasts: the level stays, the weekday and the
    fees of the month go on. `costs`: (series, days) USD, newest day last; so are the results, NaN before `since` and
    where there were less than two weeks of history. A series that is silent on many days has a band up to its largest
    burst. `accounts`, `services` and `memory` as `expected_costs` takes them. Raises InvalidInput for a wrong shape,
    labels that do not match, NaN or infinity.
    """
    checked(costs, since=[str(index) for index in since])
    matrix = known_costs(costs, first_day, accounts, services, memory)
    total = matrix.shape[1]
    cal = calendar(first_day, total)
    begins = np.clip(np.asarray(since, dtype=np.int64), 0, max(total - 1, 0))
    level, low, high = (np.full(matrix.shape, np.nan) for _ in range(3))
    for start in np.unique(begins).tolist():
        rows = np.flatnonzero(begins == start)
        monday = start - int(cal.weekday[start])
        for block in np.array_split(rows, -(-len(rows) // BLOCK)):
            net = np.ascontiguousarray(matrix[block, : start + 1].T, dtype=np.float32)
            profile = fit_profile(net, cal, monday, start + 1)
            if profile is None:
                continue
            learned = start - profile.first
            bursts = np.where(profile.sparse, profile.cost[:learned].max(axis=0), 0)
            jobs = steady_jobs(profile.jobs, profile.surplus, cal, profile.first)
            for day in range(start, total):
                usual = usual_cost(profile, jobs, cal, day, learned)
                level[block, day] = usual
                low[block, day], top = band(usual, profile, config)
                high[block, day] = np.maximum(top, bursts)
    return Expected(level, low, high)


def known_costs(
    costs: Array,
    first_day: date,
    accounts: Sequence[str],
    services: Sequence[str],
    memory: Mapping[Label, Memory],
) -> Array:
    """The costs that an expectation is learned from: what is known of a series is taken into account."""
    if not memory:
        return checked(costs)
    matrix = checked(costs, accounts=accounts, services=services)
    return learned_costs(matrix, first_day, rows_of(memory, accounts, services))


def band(usual: Array, profile: Profile, config: DetectionConfig) -> tuple[Array, Array]:
    """Lowest and highest ordinary USD around what is usual: two (series,)."""
    room = np.exp(BAND_SCALES / config.sensitivity * profile.sigma)
    return np.maximum((usual + SOFTENER) / room - SOFTENER, 0), (usual + SOFTENER) * room - SOFTENER


def usual_cost(profile: Profile, jobs: Jobs, cal: Calendar, day: int, learned: int | None = None) -> Array:
    """Weekday's level of the last week, or what the month makes of it, and its charges; for bursts their mean over four
    weeks: (series,).

    The median week is what a customer would call usual, and it forgets one bad day. A burst series has a median of 0
    but not a usual cost of 0: the sum over a fleet would come out too low. A series that is active once a month is
    no burst series: its fee says it all. The level is that of the row before `learned`, or else before `day`.
    """
    row = day - profile.first
    known = row if learned is None else learned
    age = profile.age + (row - profile.fitted)
    base, flat, first, fitted = profile.base, profile.without_fees, profile.first, profile.fitted
    again = usual_again(flat, base.week_level, cal, day, first, fitted, profile.sigma, age)
    level = np.maximum(low_here(flat, base.week_level[known - 1], cal, day, first, fitted), again)
    fee = expected_lump(without_jobs(profile.surplus, jobs), cal, day, profile.first, age)
    fee = fee + expected_job(jobs, cal, day, len(fee))
    steady: Array = level * base.factors(slice(row, row + 1))[0] + fee
    if not profile.sparse.any():
        return steady
    mean = profile.cost[max(0, known - 4 * WEEK) : known].mean(axis=0)
    months = np.maximum(profile.age / MONTH_DAYS, 1)
    bursts = profile.sparse & (
        (profile.cost[: profile.fitted] > ACTIVE_USD).sum(axis=0) > ONCE_A_MONTH * months
    )
    usual: Array = np.where(bursts, mean, steady)
    return usual
