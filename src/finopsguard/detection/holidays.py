"""Holidays as the costs show them: a day on which most of the Organization behaves as on its day of rest.

Beside shared noise the one rule that looks at other series. It takes back falls only, and only of series that rest
every week.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from finopsguard.detection.calendar import WEEK, calendar
from finopsguard.detection.gates import Mask, material_drop
from finopsguard.detection.medians import MEDIAN_OF_5, exchange
from finopsguard.detection.model import Array, DetectionConfig
from finopsguard.detection.screen import WEEKS, middle_of

HEARD_USD = 5.0
"""USD of a working day from which a series has a say."""
RESTS_PART = 0.5
"""A series rests on its day of rest: it costs at most this part of a working day then."""
LIKE_PART = 0.25
"""And is like that on a day that is nearer to it than by this part of the way."""
MOST_REST = 0.7
HEARD_ACCOUNTS = 5
"""Fewer are no Organization: what stops in one account is an outage."""


def excuse_holidays(
    score: Array,
    costs: Array,
    first_day: date,
    first: int,
    accounts: Sequence[str],
    config: DetectionConfig,
) -> None:
    """Take back, in place, the falls of days on which most series rest as they do every week.

    `score` (series, days from index `first` on), `costs` (series, days) USD, `accounts` of the series.
    """
    for index in np.flatnonzero((score < 0).any(axis=0)).tolist():
        day = first + index
        if day < (WEEKS + 1) * WEEK:
            continue
        rest = at_rest(costs, first_day, day)
        working = middle_of(costs, day)
        rhythm = (working >= HEARD_USD) & (rest <= RESTS_PART * working)
        like = rhythm & (costs[:, day] <= rest + LIKE_PART * (working - rest))
        heard = {accounts[row] for row in np.flatnonzero(rhythm).tolist()}
        if len(heard) >= HEARD_ACCOUNTS and like.sum() >= MOST_REST * rhythm.sum():
            excused: Mask = like & ~material_drop(costs[:, day], rest, config)
            score[:, index] = np.where(excused & (score[:, index] < 0), 0, score[:, index])


def at_rest(costs: Array, first_day: date, day: int) -> Array:
    """What each series costs on the Organization's quietest weekday, median of five weeks before `day`: (series,)."""
    weekday = calendar(first_day, day).weekday
    weeks = np.maximum(costs[:, day - WEEKS * WEEK : day], 0)
    order = weekday[day - WEEKS * WEEK : day]
    usual = [
        exchange([weeks[:, place] for place in np.flatnonzero(order == one)], MEDIAN_OF_5)[2]
        for one in range(WEEK)
    ]
    return min(usual, key=lambda each: float(each.sum()))
