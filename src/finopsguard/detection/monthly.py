"""What the month explains: support plans, taxes, marketplace fees and reservations are billed on the same days of each month."""

import numpy as np

from finopsguard.detection.baseline import Baseline
from finopsguard.detection.calendar import Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array


def same_time_of_month(calendar: Calendar, day: int, rows: range) -> Mask:
    """Which of `rows` lie at the same time of an earlier month as `day`: (rows,) bool.

    The same day of month +-1, the last three days counted from the end, or the turn of the month (days 1 and 2).
    The newest 12 days never explain: they are the same month.
    """
    dom, left = calendar.day_of_month[rows.start : rows.stop], calendar.days_left[rows.start : rows.stop]
    near = np.abs(dom - calendar.day_of_month[day]) <= 1
    if calendar.days_left[day] <= 2:
        near |= left <= 2
    if calendar.day_of_month[day] <= 2:
        near |= dom <= 2
    earlier: Mask = near & (np.asarray(rows) < day - 12)
    return earlier


def recurring_fee(
    surplus: Array, calendar: Calendar, day: int, first_row: int, months_known: Array
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Dollars above level that this time of the month usually brings: (history, series) -> (series,).

    Per earlier month the largest surplus near that day; over months the second largest, so that one incident does not
    excuse the next. A series younger than two months has one month to go by.
    """
    rows = range(first_row, first_row + len(surplus))
    near = same_time_of_month(calendar, day, rows)
    month = calendar.month[first_row : rows.stop]
    none = np.zeros(surplus.shape[1])
    peaks: list[Array] = [surplus[near & (month == m)].max(axis=0) for m in np.unique(month[near])]
    if not peaks:
        return none, none, (none + 9, none)
    ranked = np.sort(np.stack(peaks), axis=0)
    count = (ranked > 0).sum(axis=0)
    least = np.where(ranked > 0, ranked, np.inf).min(axis=0)
    spread = np.where(count >= 2, np.log(ranked[-1] + 3) - np.log(np.where(count > 0, least, 1) + 3), 9.0)
    if len(peaks) == 1:
        return peaks[0], count, (spread, peaks[0])
    fee: Array = np.where(months_known < 2, np.maximum(ranked[-2], peaks[-1]), ranked[-2])
    return fee, count, (spread, ranked[-1])


def surplus(cost: Array, centre: Array, baseline: Baseline, sigma: Array) -> Array:
    """USD of each history day above its own surroundings, 0 where that is within four scales: (history, series)."""
    above = cost - centre
    clear = above > 4 * sigma * centre + 1
    return np.where(clear, above, 0.0)
