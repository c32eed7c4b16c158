"""One day of every series with what its past says about it, and the verdict on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.baseline import IDLE_PART
from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Array, DetectionConfig, Kind
from finopsguard.detection.monthly import MONTH_DAYS, monthly_fee, usual_again
from finopsguard.detection.places import with_jobs
from finopsguard.detection.profile import TOLD, Profile
from finopsguard.detection.scale import log_ratio

KINDS: tuple[Kind, ...] = ("spike", "shift", "drift", "new", "drop", "sparse")
SPIKE, SHIFT, DRIFT, NEW, DROP, SPARSE = range(len(KINDS))

RHYTHM_AGE = 35
"""Younger series are also allowed what they cost on that weekday of the last two weeks."""
JUDGED_AGE = 14
TURN_DAYS = 3
"""The first month start that a series lives through brings bills that nobody has seen: one day says nothing."""
FEE_ROOM = 1.1
"""Fees are percentages of a cost that itself changes."""
REST_SPREAD = 0.25
"""Where people come in on days off they stay for an hour or for the day."""
VISIT_PART = 0.25
"""Of a working day: less is no day on which people came in."""


@dataclass(slots=True)
class Verdict:
    """One day of every series, all (series,): signed score (1 alerts, 0 is silence), expected USD, index into KINDS."""

    score: Array
    expected: Array
    kind: NDArray[np.int8]
    unsure: Mask
    """Young series that may have risen: their own past says little of their noise."""

    def put(self, where: Mask, score: Array, expected: Array, kind: int) -> None:
        """Replace the verdict where `where`."""
        np.copyto(self.score, score, where=where, casting="same_kind")
        np.copyto(self.expected, expected, where=where, casting="same_kind")
        self.kind[where] = kind


class Day:
    """One day of every series with what its profile says about it; arrays are (series,)."""

    def __init__(self, profile: Profile, calendar: Calendar, day: int, config: DetectionConfig) -> None:
        self.profile, self.calendar, self.config = profile, calendar, config
        self.row = day - profile.first
        self.age = profile.age + (self.row - profile.fitted)
        self.cost = profile.billed[self.row]
        self.rests = self.rested(0)
        self.ordinary = profile.top[profile.row_of_top(self.row)]
        fee = monthly_fee(profile.surplus, calendar, day, profile.first, self.age)
        self.fee = with_jobs(fee, profile.jobs, calendar, day)
        again = usual_again(
            profile.without_fees,
            profile.base.week_level,
            calendar,
            day,
            profile.first,
            profile.fitted,
            profile.sigma,
            self.age,
        )
        self.again = np.where(profile.sparse, 0, again)
        self.expected = np.maximum(self.allowed(), self.again * self.factor()) + FEE_ROOM * self.fee.usual
        self.first_turn = self.age <= days_since_last_turn(calendar, day)

    def allowed(self) -> Array:
        """The largest ordinary cost without fees."""
        last_weeks = np.maximum(self.profile.cost[self.row - 7], self.profile.cost[self.row - 14])
        allowed: Array = np.where(self.age < RHYTHM_AGE, np.maximum(self.ordinary, last_weeks), self.ordinary)
        working = np.maximum(allowed, self.profile.base.week_level[self.row - 1])
        out: Array = np.where(self.comes_in(), working, allowed)
        return out

    def comes_in(self) -> Mask:
        """Where people come in on this weekday at times and on others not: up to a working day is no news then."""
        profile, row = self.profile, self.row
        rows = np.arange(row - WEEK, -1, -WEEK)
        level = profile.base.week_level[np.maximum(rows - 1, WEEK - 1)]
        seen = rows[:, None] >= row - self.age
        came = (seen & (profile.cost[rows] >= VISIT_PART * level) & (level > 0)).sum(axis=0)
        away = (seen & (profile.cost[rows] <= IDLE_PART * level)).sum(axis=0)
        out: Mask = (came > TOLD) & (away > TOLD) & ~profile.sparse
        return out

    def scales_before(self, days: int) -> Array:
        """How many scales the cost `days` days earlier lay above its ordinary cost."""
        row = self.row - days
        ordinary = self.profile.top[self.profile.row_of_top(row)]
        return log_ratio(self.profile.billed[row], ordinary) / self.profile.wary

    def rested(self, days: int) -> Mask:
        """Where the day `days` days earlier was an idle weekday."""
        row = self.row - days
        out: Mask = self.profile.base.rests(slice(row, row + 1))[0]
        return out

    def record(self) -> tuple[Array, Array, Array]:
        """The past blips of such days, usual and largest, and their spread."""
        works, resting = self.profile.works, self.profile.resting
        return (
            np.where(self.rests, resting.usual, works.usual),
            np.where(self.rests, resting.largest, works.largest),
            np.where(self.rests, np.maximum(resting.spread, REST_SPREAD), works.spread),
        )

    def factor(self) -> Array:
        """The weekday's factor."""
        factor: Array = self.profile.base.factors(slice(self.row, self.row + 1))[0]
        return factor


def days_since_last_turn(calendar: Calendar, day: int) -> int:
    """Days from the start of the month before to `day`, in the first days of a month; -1 later in the month."""
    day_of_month = int(calendar.day_of_month[day])
    if day_of_month > TURN_DAYS:
        return -1
    last_of_month = day - day_of_month
    length = int(calendar.day_of_month[last_of_month]) if last_of_month >= 0 else MONTH_DAYS
    return day_of_month - 1 + length
