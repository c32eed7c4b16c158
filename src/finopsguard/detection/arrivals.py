"""Cost where there was none: a service that is new, and one that comes back after weeks of silence."""

import numpy as np

from finopsguard.detection.day import FEE_ROOM, JUDGED_AGE, NEW, SHIFT, SPIKE, Day, Verdict
from finopsguard.detection.gates import material_rise
from finopsguard.detection.scale import log_ratio
from finopsguard.detection.screen import SILENT_USD

UNKNOWN_FACTOR = 4.0
"""A series of a few days must cost this many times its record."""
SILENT_DAYS = 66
"""Two months and some days: a monthly fee that was once credited is not new."""
FIRST_DAYS = 3
"""A service is new on its first three days: the first of them may be nearly empty."""
MIN_SILENCE = 33
"""A month and two days: else what is billed once a month would be new every time."""
SMALL_DAYS = 14
"""A service that begins small is new on the day that makes it worth a message, up to so many days later."""
RETURN_SILENCE = 28
"""What comes back sooner was an outage or a holiday; what comes back after four weeks was forgotten."""
RUNNING_DAYS, RUNNING_PART = 21, 0.6
"""What ran on most of the working days of three weeks before it fell silent is a service, not a burst."""


def new_service(verdict: Verdict, day: Day) -> None:
    """Cost where there was none for two months; in the two weeks after that, a multiple of its own record."""
    cost, past, least = day.cost, day.profile.cost[: day.row], day.config.min_usd
    silence = past[-SILENT_DAYS : len(past) - FIRST_DAYS + 1]
    if len(silence) < MIN_SILENCE:
        return
    silent = silence.max(axis=0) < SILENT_USD
    small = silence[:-SMALL_DAYS].max(axis=0) < SILENT_USD
    small &= silence[-SMALL_DAYS:].max(axis=0) < least
    fresh = (silent | small) & (cost >= least)
    verdict.put(fresh, 2 + np.log(np.maximum(cost, 1)), np.zeros_like(cost), NEW)
    record = past[-JUDGED_AGE:].max(axis=0)
    runaway = ~fresh & ~silent & (day.age >= FIRST_DAYS) & (day.age < JUDGED_AGE)
    runaway &= (cost >= UNKNOWN_FACTOR * record) & material_rise(cost, record, day.config)
    verdict.put(runaway, log_ratio(cost, record), record, SPIKE)


def comes_back(verdict: Verdict, day: Day) -> None:
    """Cost of a service that ran, fell silent for four weeks or more, and runs again; on its first three days."""
    cost, past = day.cost, day.profile.cost[: day.row]
    stop = len(past) - FIRST_DAYS + 1
    if stop < RETURN_SILENCE + RUNNING_DAYS:
        return
    # On the first day the silence ends yesterday, on the third two days sooner.
    silent = past[stop - RETURN_SILENCE + FIRST_DAYS - 1 : stop].max(axis=0) < SILENT_USD
    monthly = np.where(day.fee.months >= 2, FEE_ROOM * day.fee.usual, 0)
    silent &= (np.abs(verdict.score) < 1) & material_rise(cost, monthly, day.config)
    columns = np.flatnonzero(silent)
    if not len(columns):
        return
    active = past[:stop, columns] >= SILENT_USD
    last = stop - 1 - active[::-1].argmax(axis=0)
    before = np.arange(stop)[:, None]
    window = (before <= last) & (before > last - RUNNING_DAYS)
    ran = active.any(axis=0) & ((active & window).sum(axis=0) >= RUNNING_PART * RUNNING_DAYS)
    columns = columns[ran]
    verdict.score[columns] = 2 + np.log(np.maximum(cost[columns], 1))
    verdict.expected[columns] = 0
    verdict.kind[columns] = np.where(past[-1, columns] >= SILENT_USD, SHIFT, SPIKE)
