"""What the month explains: support, tax, marketplace and reservation fees are billed on the same days of each
month.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, Days
from finopsguard.detection.scale import SOFTENER

CLEAR = 4.0
"""Scales above its surroundings from which a past day counts as having brought a fee."""
SAME_MONTH_DAYS = 12
MONTH_DAYS = 31
ONCE_A_MONTH = 1.5
"""Active days a month up to which a series counts as billed once a month."""
LAST_TIER_DAY = 21
"""Later in a month its beginning says nothing."""
LOW_PART = 0.5
"""Of the level: so low a day of two months is expected to be low again."""
TIER_SCALES, TIER_USD = 3.5, 0.5
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
    days = np.arange(first, stop)
    earlier: Mask = same_slot(calendar, day, days) & (days < day - SAME_MONTH_DAYS)
    return earlier


def same_slot(calendar: Calendar, day: int, days: Days) -> Mask:
    """Which of `days` lie at the same time of whichever month as `day`: (days,)."""
    near: Mask = np.abs(calendar.day_of_month[days] - calendar.day_of_month[day]) <= 1
    if calendar.days_left[day] <= 2:
        near |= calendar.days_left[days] <= 2
    if calendar.day_of_month[day] <= 2:
        near |= calendar.day_of_month[days] <= 2
    return near


def surplus_days(cost: Array, centre: Array, sigma: Array) -> Array:
    """USD of each past day above its own surroundings where that is clear, else 0: (days, series)."""
    above = cost - centre
    out: Array = np.where(above > CLEAR * sigma * centre + 1, above, 0)
    return out


def monthly_fee(surplus: Array, calendar: Calendar, day: int, first: int, age: Days) -> MonthlyFee:
    """The fee of `day`'s time of month; `surplus` (days, series) starts at day index `first`."""
    stop = first + len(surplus)
    near = np.flatnonzero(same_time_of_month(calendar, day, first, stop))
    nothing, seen = np.zeros_like(surplus[0]), surplus[near]
    if not seen.any():
        return MonthlyFee(nothing, nothing, np.zeros(len(nothing), np.int64), nothing)
    month = calendar.month[first + near]
    peaks = [seen[month == one].max(axis=0) for one in np.unique(month)]
    ranked = np.sort(np.stack(peaks), axis=0)
    months = (ranked > 0).sum(axis=0)
    smallest = np.where(ranked > 0, ranked, np.inf).min(axis=0)
    ratio = np.where(months >= 2, (ranked[-1] + SOFTENER) / (smallest + SOFTENER), 1)
    usual = ranked[-2] if len(peaks) > 1 else ranked[-1]
    usual = np.where(age < 2 * MONTH_DAYS, np.maximum(usual, peaks[-1]), usual)
    return MonthlyFee(usual, ranked[-1], months, np.log(ratio))


def expected_lump(surplus: Array, calendar: Calendar, day: int, first: int, age: Days) -> Array:
    """USD that the month is expected to bring on `day` itself, so that a charge is expected once: (series,).

    On the day of month, or on the day before the month's end, that most earlier months agree on. Where they do not
    agree it is expected on the first of the likeliest days.
    """
    fee = monthly_fee(surplus, calendar, day, first, age)
    if not fee.usual.any():
        return fee.usual
    here, amount = on_this_day(surplus, calendar, day, first, age)
    before, _ = on_this_day(surplus, calendar, day - 1, first, age)
    after, _ = on_this_day(surplus, calendar, day + 1, first, age)
    alone = (
        (here > before) | on_several_days(surplus, calendar, day, first) | (calendar.day_of_month[day] == 1)
    )
    agreed = (2 * here > fee.months) & alone & (fee.usual > 0)
    likeliest = (here > before) & (here >= after) & (2 * after <= fee.months)
    out: Array = np.where(agreed, amount, np.where(likeliest, fee.usual, 0))
    return out


def on_several_days(surplus: Array, calendar: Calendar, day: int, first: int) -> Mask:
    """True where most earlier months brought something on two days or more of `day`'s time of month: (series,)."""
    near = np.flatnonzero(same_time_of_month(calendar, day, first, first + len(surplus)))
    month = calendar.month[first + near]
    days = np.stack([(surplus[near[month == one]] > 0).sum(axis=0) for one in np.unique(month)])
    several: Mask = 2 * (days > 1).sum(axis=0) > (days > 0).sum(axis=0)
    return several


def on_this_day(surplus: Array, calendar: Calendar, day: int, first: int, age: Days) -> tuple[Days, Array]:
    """Earlier months that brought a surplus on this very day of month, and what they usually brought: two (series,).

    By the day of month or, for the last days, by the days left, whichever more months agree on.
    """
    stop = min(first + len(surplus), day - SAME_MONTH_DAYS)
    days = np.arange(first, stop)
    day_of_month, left = place_in_month(calendar, day)
    ways = [calendar.day_of_month[days] == day_of_month]
    if left <= 2:
        ways.append(calendar.days_left[days] == left)
    if left == 0:
        ways.append(calendar.day_of_month[days] >= day_of_month)
    count, amount = np.zeros(surplus.shape[1], np.int64), np.zeros_like(surplus[0])
    for way in ways:
        rows = np.flatnonzero(way)
        if len(rows):
            seen = surplus[rows]
            ranked = np.sort(seen, axis=0)
            usual = ranked[-2] if len(rows) > 1 else ranked[-1]
            usual = np.where(age < 2 * MONTH_DAYS, np.maximum(usual, seen[-1]), usual)
            months = (seen > 0).sum(axis=0)
            amount = np.where(months > count, usual, amount)
            count = np.maximum(count, months)
    return count, amount


def place_in_month(calendar: Calendar, day: int) -> tuple[int, int]:
    """Day of month and days left, also of the day after the calendar's last."""
    if day < len(calendar):
        return int(calendar.day_of_month[day]), int(calendar.days_left[day])
    last = len(calendar) - 1
    if calendar.days_left[last] > 0:
        return int(calendar.day_of_month[last]) + 1, int(calendar.days_left[last]) - 1
    return 1, MONTH_DAYS - 1


def usual_again(
    flat: Callable[[Days], Array],
    level: Array,
    calendar: Calendar,
    day: int,
    first: int,
    fitted: int,
    sigma: Array,
    age: Days,
) -> Array:
    """Flat level that `day`'s time of month had in earlier months, carried to this month: (series,); 0 where none.

    Prices fall when a tier is used up and begin anew on the 1st: each month costs so many times the week before it, on
    the same days. `flat` gives fitted rows without weekdays and charges, `level` is the weekly median (days, series),
    both from day index `first` on. Two months must show it clearly; what one month showed was an incident, but for a
    series that has seen one month's beginning only: as with its charges, the second one is no news.
    """
    start = min(day - first - int(calendar.day_of_month[day]), fitted - 1)
    if start < 0 or calendar.day_of_month[day] > LAST_TIER_DAY:
        return np.zeros_like(sigma)
    near = np.flatnonzero(same_time_of_month(calendar, day, first, first + fitted))
    month = calendar.month[first + near]
    months = []
    for one in np.unique(month):
        rows = np.flatnonzero(month == one)
        before = near[rows[0]] - int(calendar.day_of_month[first + near[rows[0]]])
        if before >= 0:
            months.append((rows, before))
    if not months:
        return np.zeros_like(sigma)
    seen = flat(near)
    ratios = [seen[rows].max(axis=0) / np.maximum(level[before], TIER_USD) for rows, before in months]
    again = np.sort(np.stack(ratios), axis=0)[-2] if len(months) > 1 else np.zeros_like(sigma)
    lived = age - (day - first - months[-1][1])
    again = np.where((age < 2 * MONTH_DAYS) & (lived >= WEEK), np.maximum(again, ratios[-1]), again)
    clear = np.log(np.maximum(again, 1)) > TIER_SCALES * sigma
    out: Array = np.where(clear, again * level[start], 0)
    return out


def low_again(cost: Array, calendar: Calendar, day: int, first: int, limit: Array) -> Mask:
    """True where this time of two earlier months was as low as `limit` USD; of one, if there was no other: (series,).

    Free tiers and credits cover the first days of each month.
    """
    near = np.flatnonzero(same_time_of_month(calendar, day, first, day))
    month = calendar.month[first + near]
    months = np.unique(month)
    low = np.array([cost[near[month == one]].min(axis=0) <= limit for one in months]).reshape(
        len(months), len(limit)
    )
    again: Mask = low.sum(axis=0) >= min(2, max(len(months), 1))
    return again


def lows_of_the_month(low: Mask, calendar: Calendar, first: int) -> Mask:
    """Which lows another month had at the same time too: (days, series) from day index `first` on."""
    out = np.zeros_like(low)
    days = np.arange(first, first + len(low))
    for row in np.flatnonzero(low.any(axis=1)).tolist():
        near = same_slot(calendar, first + row, days) & (np.abs(days - first - row) > SAME_MONTH_DAYS)
        out[row] = low[row] & low[near].any(axis=0)
    return out


def low_here(
    flat: Callable[[Days], Array], level: Array, calendar: Calendar, day: int, first: int, fitted: int
) -> Array:
    """The flat level of this very day where two earlier months had half of `level` or less, else `level`: (series,)."""
    here = np.flatnonzero(calendar.day_of_month[first : first + fitted] == calendar.day_of_month[day])
    here = here[first + here < day - SAME_MONTH_DAYS]
    if len(here) < 2:
        return level
    low = np.sort(flat(here), axis=0)[1]
    out: Array = np.where(low <= LOW_PART * level, low, level)
    return out


def other_months(surplus: Array, calendar: Calendar, first: int, rows: Days) -> Array:
    """The largest surplus that another month, earlier or later, brought at the time of month of each of `rows`.

    (days, series) that start at day index `first` -> (rows, series). What most months bring is no blip; what two of
    four bring may be chance.
    """
    out = np.zeros((len(rows), surplus.shape[1]), surplus.dtype)
    busy = np.flatnonzero((surplus > 0).sum(axis=0) >= 2)
    if not len(busy):
        return out
    part = slice(first, first + len(surplus))
    month = calendar.month[part] - calendar.month[first]
    place, last = calendar.day_of_month[part], calendar.days_left[part] <= 2
    table = np.zeros((month[-1] + 1, MONTH_DAYS + 2, len(busy)), surplus.dtype)
    table[month, place] = surplus[:, busy]
    near = np.maximum(table[:, 1:-1], np.maximum(table[:, :-2], table[:, 2:]))
    end = np.zeros((len(table), len(busy)), surplus.dtype)
    np.maximum.at(end, month[last], surplus[np.ix_(last, busy)])
    here = near[:, place - 1]
    here[:, last] = np.maximum(here[:, last], end[:, None])
    days = np.arange(len(surplus))
    seen = np.zeros((len(table), MONTH_DAYS + 2), np.bool_)
    seen[month, place] = True
    some = (seen[:, 1:-1] | seen[:, :-2] | seen[:, 2:])[:, place - 1]
    some[month, days] = False
    here[month, days] = 0
    most = 2 * ((here > 0).sum(axis=0) + 1) > some.sum(axis=0)[:, None] + 1
    out[:, busy] = np.where(most, here.max(axis=0), 0)[rows]
    return out


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
