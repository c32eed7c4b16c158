"""Holidays as the costs show them: a day on which most of the Organization behaves as on its day of rest.

Beside shared noise the one rule that looks at other series. It takes back falls only, and only of series that rest
every week, or of sums that fell because these rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of all series, USD: what it cost, what the Organization's day of rest costs and what each series' own does,
    and what that weekday cost in five weeks.
    """

    cost: Array
    rest: Array
    own_rest: Array
    working: Array

    def explains(self, rows: Sequence[int]) -> bool:
        """Whether most of what the sum of some series fell by is of those that are as on their own day of rest.

        A team that works on Sundays rests on Saturdays, and on a holiday too.
        """
        fell = np.maximum(self.working - self.cost, 0)[list(rows)]
        like = rest_like(self.cost, self.own_rest, self.working)[list(rows)]
        return bool(fell[like].sum() >= MOST_REST * fell.sum())


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
        holiday = holiday_on(costs, first_day, first + index, accounts)
        if holiday is not None:
            like = rest_like(holiday.cost, holiday.rest, holiday.working)
            excused = like & ~material_drop(holiday.cost, holiday.rest, config)
            score[:, index] = np.where(excused & (score[:, index] < 0), 0, score[:, index])


def holiday_on(costs: Array, first_day: date, day: int, accounts: Sequence[str]) -> Holiday | None:
    """What is known of day index `day` where most series that rest every week rest on it; None where they do not."""
    if day < (WEEKS + 1) * WEEK:
        return None
    usual = by_weekday(costs, first_day, day)
    rest = min(usual, key=lambda each: float(each.sum()))
    working = middle_of(costs, day)
    like = rest_like(costs[:, day], rest, working)
    rhythm = rests_weekly(rest, working)
    heard = {accounts[row] for row in np.flatnonzero(rhythm).tolist()}
    if len(heard) < HEARD_ACCOUNTS or like.sum() < MOST_REST * rhythm.sum():
        return None
    return Holiday(costs[:, day], rest, np.minimum.reduce(usual), working)


def rests_weekly(rest: Array, working: Array) -> Mask:
    """The series that rest on their day of rest: (series,)."""
    rhythm: Mask = (working >= HEARD_USD) & (rest <= RESTS_PART * working)
    return rhythm


def rest_like(cost: Array, rest: Array, working: Array) -> Mask:
    """Those of them that are on this day as on their day of rest: (series,)."""
    like: Mask = rests_weekly(rest, working) & (cost <= rest + LIKE_PART * (working - rest))
    return like


def by_weekday(costs: Array, first_day: date, day: int) -> list[Array]:
    """What each series costs on each weekday, median of five weeks before `day`: seven of (series,)."""
    weekday = calendar(first_day, day).weekday
    weeks = np.maximum(costs[:, day - WEEKS * WEEK : day], 0)
    order = weekday[day - WEEKS * WEEK : day]
    return [
        exchange([weeks[:, place] for place in np.flatnonzero(order == one)], MEDIAN_OF_5)[2]
        for one in range(WEEK)
    ]
