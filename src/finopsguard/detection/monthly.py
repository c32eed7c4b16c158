"""What the month explains: support, tax, marketplace and reservation fees are billed on the same days of each
month.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.scale import SOFTENER

CLEAR = 4.0
"""Scales above its surroundings from which a past day counts as having brought a fee."""
SAME_MONTH_DAYS = 12
MONTH_DAYS = 31
ONCE_A_MONTH = 1.5
"""Active days a month up to which a series counts as billed once a month."""
FEE_NOISE = 0.12
"""Relative spread that a fee may always have: percentages of a cost that itself changes."""


@dataclass(frozen=True, slots=True)
class MonthlyFee:
    """What one time of the month brought in earlier months; all (series,), USD above level."""

    usual: Array
    """Second largest over months: one incident does not excuse the next. The larger of two for young series."""
    largest: Array
    months: Days
    """Earlier months that brought one."""
    spread: Array
    """Log of largest over smallest."""


def same_time_of_month(calendar: Calendar, day: int, first: int, stop: int) -> Mask:
    """Which days `first` .. `stop` lie at the same time of an earlier month as `day`: (days,).

    The same day of month and its neighbours; the last three days of a month for one another; days 1 and 2 for
    one another. The newest days are the same month and explain nothing.
    """
    past = slice(first, stop)
    near = np.abs(calendar.day_of_month[past] - calendar.day_of_month[day]) <= 1
    if calendar.days_left[day] <= 2:
        near |= calendar.days_left[past] <= 2
    if calendar.day_of_month[day] <= 2:
        near |= calendar.day_of_month[past] <= 2
    earlier: Mask = near & (np.arange(first, stop) < day - SAME_MONTH_DAYS)
    return earlier


def same_day_of_month(calendar: Calendar, day: int, first: int, stop: int) -> Mask:
    """Which days `first` .. `stop` are the very day of an earlier month that `day` is of its own: (days,).

    A month's last day stands for the days that it lacks: 30 November for the 31st of October.
    """
    past = slice(first, stop)
    same = calendar.day_of_month[past] == calendar.day_of_month[day]
    if calendar.days_left[day] == 0:
        same |= (calendar.days_left[past] == 0) & (calendar.day_of_month[past] > calendar.day_of_month[day])
    earlier: Mask = same & (np.arange(first, stop) < day - SAME_MONTH_DAYS)
    return earlier


def surplus_days(cost: Array, centre: Array, sigma: Array) -> Array:
    """USD of each past day above its own surroundings where that is clear, else 0: (days, series)."""
    above = cost - centre
    out: Array = np.where(above > CLEAR * sigma * centre + 1, above, 0)
    return out


def monthly_fee(
    surplus: Array,
    calendar: Calendar,
    day: int,
    first: int,
    age: Days,
    like: Callable[[Calendar, int, int, int], Mask] = same_time_of_month,
) -> MonthlyFee:
    """The fee of the days `like` `day`; `surplus` (days, series) starts at day index `first`."""
    stop = first + len(surplus)
    near = np.flatnonzero(like(calendar, day, first, stop))
    month = calendar.month[first + near]
    peaks = [surplus[near[month == one]].max(axis=0) for one in np.unique(month)]
    nothing = np.zeros_like(surplus[0])
    if not peaks:
        return MonthlyFee(nothing, nothing, np.zeros(len(nothing), np.int64), nothing)
    ranked = np.sort(np.stack(peaks), axis=0)
    months = (ranked > 0).sum(axis=0)
    smallest = np.where(ranked > 0, ranked, np.inf).min(axis=0)
    ratio = np.where(months >= 2, (ranked[-1] + SOFTENER) / (smallest + SOFTENER), 1)
    usual = ranked[-2] if len(peaks) > 1 else ranked[-1]
    usual = np.where(age < 2 * MONTH_DAYS, np.maximum(usual, peaks[-1]), usual)
    return MonthlyFee(usual, ranked[-1], months, np.log(ratio))


def is_fee_day(fee: MonthlyFee, surplus: Array, ordinary: Array, age: Days) -> Mask:
    """True where the day's cost is mostly a fee that is billed once a month and hardly ever else: (series,).

    A burst that happened to fall on the same day of two months is no fee: its series bursts on other days too.
    """
    once_a_month = (surplus > 0).sum(axis=0) <= ONCE_A_MONTH * fee.months
    mask: Mask = (fee.months >= 2) & (fee.usual > 2 * ordinary) & once_a_month & (age >= 2 * MONTH_DAYS - 2)
    return mask


def fee_error(cost: Array, ordinary: Array, fee: MonthlyFee) -> Array:
    """How many of the fee's own scales the cost lies above the largest fee so far: (series,)."""
    expected = ordinary + 1.02 * fee.largest
    error: Array = np.log((cost + SOFTENER) / (expected + SOFTENER)) / np.maximum(FEE_NOISE, fee.spread)
    return error


def expected_once(near: Array, exact: Array, above: Array) -> Array:
    """What of a month's fee is expected of each day, so that each fee is expected once: (series, days).

    `near` is what the time of month may bring, `exact` what its very day brought in earlier months, `above` what the
    day cost above its level. A fee is expected on its day; on the day before or after where it came there instead.
    One whose day changes is expected where it came. Never more than `near`: what judges a day allows no more.
    """
    came = (near > 0) & (above >= near / 2)
    exact = np.minimum(exact, near)
    fee = exact.copy()
    days = range(near.shape[1])
    for day in days:
        absent = (exact[:, day] > 0) & ~came[:, day]
        for other in (day - 1, day + 1):
            if other in days:
                moved = absent & came[:, other] & (fee[:, other] == 0)
                fee[moved, other], fee[moved, day] = exact[moved, day], 0
                absent &= ~moved
    for day in days:
        around = fee[:, max(0, day - 2) : day + 3]
        fee[:, day] = np.where(came[:, day] & (around <= 0).all(axis=1), near[:, day], fee[:, day])
    return fee
