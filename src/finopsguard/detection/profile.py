"""What the past says about every series, fitted once for a calendar week and used for all its days."""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.baseline import Baseline
from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.monthly import other_months, surplus_days
from finopsguard.detection.places import Jobs, add_jobs, find_jobs
from finopsguard.detection.pooled import Pooled, moderated
from finopsguard.detection.replay import ERROR_DAYS, age_of, history, replay
from finopsguard.detection.scale import (
    DAY_ROOM,
    SLOW_ROOM,
    YOUNG_DAYS,
    YOUNG_ERRORS,
    log_ratio,
    wary_scale,
    with_floors,
)
from finopsguard.detection.sustained import SlowRise, fit_slow_rise
from finopsguard.detection.tails import is_sparse

NEAR_DAYS = 3
TOLD = 2
"""So many isolated stories of twelve weeks may have been incidents."""
RECORDS = TOLD + 4
MEAN_EXCESS = 0.478
"""Of the third to fifth largest over the sixth, of a tail whose excess is exponential with mean 1."""
CREDIT_USD = 0.01


@dataclass(frozen=True, slots=True)
class Record:
    """Isolated log errors of the past, all (series,)."""

    usual: Array
    """The third largest."""
    largest: Array
    spread: Array
    """How unequal they are: the mean excess of the largest two over the third, or of the third to fifth over the
    sixth, whichever is less. The one is large after an incident, the other among equal blips.
    """


@dataclass(frozen=True, slots=True)
class Profile:
    """Rows are days from index `first` on: `fitted` of history, then the judged week. (series,) or (rows,
    series).
    """

    first: int
    fitted: int
    cost: Array
    """USD that is learned from, credits cut off at 0: they never train a level."""
    billed: Array
    """USD that is judged; differs from `cost` where something is known of the series."""
    credit: Mask
    """Rows of the judged week only: a credit outweighs the cost."""
    age: Days
    """Days since the first cost, at the end of the history."""
    base: Baseline
    top: Array
    """Largest ordinary cost of each row from `fitted` - `RECORD_DAYS` on."""
    bottom: Array
    sigma: Array
    """Scale of a day's log error."""
    wary: Array
    """The same with room for heavy tails: what a rise is held against."""
    heavy: float
    """How heavy tails are, from 0 to 1."""
    works: Record
    resting: Record
    """Of idle weekdays: what was left on over a weekend says nothing of working days."""
    surplus: Array
    jobs: Jobs
    slow: SlowRise
    sparse: Mask

    def without_fees(self, rows: Days) -> Array:
        """Fitted rows without weekday and without what stood out of their surroundings: (rows, series)."""
        factor = self.base.factor[rows % WEEK]
        out: Array = self.base.flat[rows] - self.surplus[rows] / np.where(factor > 0, factor, np.inf)
        return out

    def row_of_top(self, row: int) -> int:
        """Where row `row` is found in `top` and `bottom`."""
        return row - (len(self.cost) - len(self.top))


def fit_profile(
    net: Array,
    calendar: Calendar,
    monday: int,
    stop: int,
    billed: Array | None = None,
    pooled: Pooled | None = None,
    heavy: float = 0.0,
) -> Profile | None:
    """Fit on the days before `monday` for days until `stop`; net cost (days, series), what was `billed` where that is
    not what is learned from, what is known of the services' noise, and how `heavy` tails are. None below two weeks of
    history.
    """
    span = history(monday)
    if span is None:
        return None
    first, fitted = span
    cost = np.maximum(net[first:stop], 0)
    past = cost[:fitted]
    age = age_of(past)
    seen = replay(cost, fitted, age)
    base, recent, top, bottom = seen.base, seen.recent, seen.top, seen.bottom
    centre, around, ahead, settled = seen.centre, seen.around, seen.ahead, seen.settled
    scale, unknown = seen.scale, age < YOUNG_DAYS
    if pooled is not None:
        scale = moderated(scale, seen.errors, pooled)
        unknown &= pooled.errors(seen.errors) < YOUNG_ERRORS
    sigma = with_floors(scale, seen.level, unknown)
    wary, slow = (
        wary_scale(scale, seen.level, unknown, room * heavy) if heavy else sigma
        for room in (DAY_ROOM, SLOW_ROOM)
    )
    rests = base.rests(recent)
    surplus = surplus_days(past, centre, sigma)
    rows = np.arange(recent.start, fitted)
    jobs = find_jobs(surplus, calendar, first, age)
    monthly = other_months(surplus, calendar, first, rows)
    add_jobs(monthly, jobs, recent.start)
    errors = without_the_month(
        np.minimum(around, ahead),
        past[recent],
        np.maximum(centre[recent], top[: len(rows)]),
        np.minimum(surplus[recent], monthly),
    )
    turn = month_turn(calendar, first + recent.start, len(rows))[:, None]
    works = isolated_record(np.where(turn | ~settled | rests, 0, errors))
    resting = works
    if base.idle.any():
        resting = isolated_record(np.where(base.rests(slice(0, fitted)), log_ratio(past, centre), 0))
    return Profile(
        first=first,
        fitted=fitted,
        cost=cost,
        billed=cost if billed is None or billed is net else np.maximum(billed[first:stop], 0),
        credit=(net if billed is None else billed)[monday:stop] < -CREDIT_USD,
        age=age,
        base=base,
        top=top,
        bottom=bottom,
        sigma=sigma,
        wary=wary,
        heavy=heavy,
        works=works,
        resting=resting,
        surplus=surplus,
        jobs=jobs,
        slow=fit_slow_rise(base, fitted, ERROR_DAYS, age, slow),
        sparse=is_sparse(past, age, base.idle),
    )


def without_the_month(errors: Array, cost: Array, ordinary: Array, monthly: Array) -> Array:
    """Errors of days on which the month brought `monthly` USD, as if it had not: (days, series)."""
    where = np.nonzero(monthly > 0)
    if len(where[0]):
        errors[where] = np.minimum(errors[where], log_ratio((cost - monthly)[where], ordinary[where]))
    return errors


def month_turn(calendar: Calendar, first: int, days: int) -> Mask:
    """Which days are a month's last or one of its first two: (days,). They are left to the fees."""
    part = slice(first, first + days)
    turn: Mask = (calendar.day_of_month[part] <= 2) | (calendar.days_left[part] <= 0)
    return turn


def isolated_record(errors: Array) -> Record:
    """The record of (days, series) errors, 0 where a day says nothing.

    A blip is an error both above the days around and above the forecast, so neither a step nor a holiday makes one,
    and the largest of its week: days of one story count once. Two stories of twelve weeks are incidents that were
    told, and say nothing of what is ordinary; three are how the series is.
    """
    counted = one_of_a_week(np.maximum(errors, 0)).T
    ranked = np.sort(np.partition(counted, -RECORDS, axis=1)[:, -RECORDS:], axis=1)[:, ::-1]
    above = (ranked[:, :TOLD] - ranked[:, TOLD : TOLD + 1]).mean(axis=1)
    below = (ranked[:, TOLD : RECORDS - 1] - ranked[:, RECORDS - 1 :]).mean(axis=1) / MEAN_EXCESS
    return Record(ranked[:, TOLD], ranked[:, 0], np.minimum(above, below))


def one_of_a_week(errors: Array) -> Array:
    """The errors that no other within three days exceeds, the others 0: (days, series)."""
    out = errors.copy()
    for lag in range(1, NEAR_DAYS + 1):
        out[lag:] *= errors[lag:] >= errors[:-lag]
        out[:-lag] *= errors[:-lag] > errors[lag:]
    return out
