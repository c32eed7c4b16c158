"""The forecast replayed on the days before the judged week: its errors, and the scale that they give."""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.baseline import Baseline, fit_baseline
from finopsguard.detection.calendar import WEEK
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.scale import day_scale, log_ratio

HISTORY_WEEKS = 16
"""Three whole months and some days: what a monthly fee needs to be known, and no more."""
MIN_WEEKS = 2
ERROR_DAYS = 56
"""Days whose errors make the scale."""
RECORD_DAYS = 84
"""Days in which an isolated spike is remembered."""
SETTLING_DAYS = 14
"""The first two weeks of a series are no errors: there was nothing to forecast from."""


@dataclass(frozen=True, slots=True)
class Replay:
    """(days, series) from `recent.start` on where it says recent; (series,) for scale and errors."""

    base: Baseline
    recent: slice
    """The fitted rows that are remembered."""
    top: Array
    """Largest ordinary cost of the recent rows and of the judged ones."""
    bottom: Array
    level: Array
    """Largest ordinary flat level of the first judged day: (series,)."""
    centre: Array
    """Cost that the days around each fitted row would give it: (fitted, series)."""
    around: Array
    """Recent log errors against the days around."""
    ahead: Array
    """Recent log errors of the forecast."""
    settled: Mask
    """Recent rows that are errors at all."""
    scale: Array
    """Of a day's error, before floors."""
    errors: Days
    """How many errors made it."""


def history(monday: int) -> tuple[int, int] | None:
    """First day and number of days of the history before day index `monday`; None below two weeks."""
    weeks = min(HISTORY_WEEKS, monday // WEEK)
    return None if weeks < MIN_WEEKS else (monday - weeks * WEEK, weeks * WEEK)


def age_of(past: Array) -> Days:
    """Days since the first cost, at the end of the history: (days, series) -> (series,)."""
    alive = past > 0
    age: Days = np.where(alive.any(axis=0), len(past) - alive.argmax(axis=0), 0)
    return age


def replay(cost: Array, fitted: int, age: Days) -> Replay:
    """Replay the forecast on the first `fitted` rows of `cost` (days, series; >= 0), a multiple of 7."""
    past = cost[:fitted]
    base = fit_baseline(cost, fitted, age)
    recent = slice(max(0, fitted - RECORD_DAYS), fitted)
    judged = slice(recent.start, len(cost))
    factor = base.factors(judged)
    top_level, bottom_level = base.ordinary(judged)
    top, bottom = top_level * factor, bottom_level * factor
    # The level around a day is the trailing one of three days later.
    middle = np.minimum(np.arange(fitted) + WEEK // 2, fitted - 1)
    centre = base.week_level[middle] * base.factors(slice(0, fitted))
    around = log_ratio(past[recent], centre[recent])
    ahead = log_ratio(past[recent], top[: fitted - recent.start])
    settled = np.arange(recent.start, fitted)[:, None] >= np.maximum(fitted - age, 0) + SETTLING_DAYS
    newest = slice(-min(ERROR_DAYS, len(around)), None)
    valid = settled[newest] & ~base.rests(recent)[newest]
    return Replay(
        base=base,
        recent=recent,
        top=top,
        bottom=bottom,
        level=top_level[fitted - recent.start - 1],
        centre=centre,
        around=around,
        ahead=ahead,
        settled=settled,
        scale=day_scale(around[newest], ahead[newest], valid),
        errors=valid.sum(axis=0),
    )
