"""What the newest days should have cost, for every series: the report's "expected" and its band."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.calendar import WEEK, Calendar, calendar, weeks_of
from finopsguard.detection.detector import BLOCK, checked
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import DEFAULT_CONFIG, Array, DetectionConfig, Expected
from finopsguard.detection.monthly import (
    MONTH_DAYS,
    ONCE_A_MONTH,
    expected_once,
    monthly_fee,
    same_day_of_month,
    same_time_of_month,
)
from finopsguard.detection.profile import Profile, fit_profile
from finopsguard.detection.scale import SOFTENER
from finopsguard.detection.tails import ACTIVE_USD
from finopsguard.errors import InvalidInput

BAND_SCALES = 2.0
"""At sensitivity 1 about 93 of 100 ordinary days lie inside."""


def expected_costs(
    costs: Array, first_day: date, *, config: DetectionConfig = DEFAULT_CONFIG, days: int
) -> Expected:
    """Expected USD and band of each of the newest `days` days, forecast from the days before it only.

    `costs`: (series, days) USD, newest day last. Days with less than two weeks of history before their
    calendar week are NaN. Raises InvalidInput for a wrong shape, NaN or infinity.
    """
    matrix = checked(costs)
    series, total = matrix.shape
    if days < 1:
        raise InvalidInput("days must be at least 1")
    first = max(0, total - days)
    cal = calendar(first_day, total)
    parts = _Parts.of((series, total - first))
    for monday, start, stop in weeks_of(cal, first, total):
        for begin in range(0, series, BLOCK):
            block = slice(begin, begin + BLOCK)
            net = np.ascontiguousarray(matrix[block, :stop].T, dtype=np.float32)
            profile = fit_profile(net, cal, monday, stop)
            if profile is None:
                continue
            for day in range(start, stop):
                parts.learn(block, day - first, profile, cal, day)
                parts.room[block, day - first] = np.exp(BAND_SCALES / config.sensitivity * profile.sigma)
    return parts.expected(matrix[:, first:])


def expected_since(
    costs: Array, first_day: date, since: Sequence[int], *, config: DetectionConfig = DEFAULT_CONFIG
) -> Expected:
    """Expected USD and band of every day from index `since[i]` on, learned from the days of series i before it only.

    So what began then never becomes its own expectation, however long it lasts: the level stays, the weekday and the
    fees of the month go on. `costs`: (series, days) USD, newest day last; so are the results, NaN before `since` and
    where there were less than two weeks of history. A series that is silent on many days has a band up to its largest
    burst. Raises InvalidInput for a wrong shape, labels that do not match, NaN or infinity.
    """
    matrix = checked(costs, since=[str(index) for index in since])
    total = matrix.shape[1]
    cal = calendar(first_day, total)
    begins = np.clip(np.asarray(since, dtype=np.int64), 0, max(total - 1, 0))
    parts, bursts = _Parts.of((len(matrix), total)), np.zeros((len(matrix), 1))
    for start in np.unique(begins).tolist():
        rows = np.flatnonzero(begins == start)
        monday = start - int(cal.weekday[start])
        for block in np.array_split(rows, -(-len(rows) // BLOCK)):
            net = np.ascontiguousarray(matrix[block, : start + 1].T, dtype=np.float32)
            profile = fit_profile(net, cal, monday, start + 1)
            if profile is None:
                continue
            learned = start - profile.first
            bursts[block, 0] = np.where(profile.sparse, profile.cost[:learned].max(axis=0), 0)
            for day in range(start, total):
                parts.learn(block, day, profile, cal, day, learned)
                parts.room[block, day] = np.exp(BAND_SCALES / config.sensitivity * profile.sigma)
    found = parts.expected(matrix)
    return replace(found, high=np.maximum(found.high, bursts))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What expectations are made of, all (series, days): NaN where nothing was learned.

    `level` is without the month's fees: those of `near` and `exact` are what `expected_once` takes.
    """

    level: Array
    room: Array
    near: Array
    exact: Array

    @classmethod
    def of(cls, shape: tuple[int, int]) -> "_Parts":
        return cls(np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape), np.zeros(shape))

    def learn(
        self,
        block: slice | NDArray[np.signedinteger[Any]],
        column: int,
        profile: Profile,
        cal: Calendar,
        day: int,
        learned: int | None = None,
    ) -> None:
        """Of one day, for some series; `learned` as `usual_cost` has it."""
        row = day - profile.first
        age = profile.age + (row - profile.fitted)
        usual, bursts = usual_cost(profile, row, learned)
        self.level[block, column] = usual
        for fees, like in ((self.near, same_time_of_month), (self.exact, same_day_of_month)):
            fee = np.where(bursts, 0, monthly_fee(profile.surplus, cal, day, profile.first, age, like).usual)
            if not fee.any():
                return
            fees[block, column] = fee

    def expected(self, costs: Array) -> Expected:
        """With each fee of a month once; `costs` are those of the same days."""
        level = self.level + expected_once(self.near, self.exact, np.nan_to_num(costs - self.level))
        low = np.maximum((level + SOFTENER) / self.room - SOFTENER, 0)
        return Expected(level, low, (level + SOFTENER) * self.room - SOFTENER)


def usual_cost(profile: Profile, row: int, learned: int | None = None) -> tuple[Array, Mask]:
    """Weekday's level of the last week; for bursts, which are told, their mean over four weeks: both (series,).

    The median week is what a customer would call usual, and it forgets one bad day. A burst series has a median of 0
    but not a usual cost of 0: the sum over a fleet would come out too low. A series that is active once a month is
    no burst series: its fee says it all. The level is that of the row before `learned`, or else before `row`.
    """
    known = row if learned is None else learned
    steady = profile.base.week_level[known - 1] * profile.base.factors(slice(row, row + 1))[0]
    mean = profile.cost[max(0, known - 4 * WEEK) : known].mean(axis=0)
    months = np.maximum(profile.age / MONTH_DAYS, 1)
    bursts = profile.sparse & (
        (profile.cost[: profile.fitted] > ACTIVE_USD).sum(axis=0) > ONCE_A_MONTH * months
    )
    usual: Array = np.where(bursts, mean, steady)
    return usual, bursts
