"""The verdict on one day of every series: is it above every ordinary explanation, or far below all of them?

Scores are in multiples of the alert threshold. Every rule has its own threshold in its own scales, because
their errors have different tails and different numbers of chances to be wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask, material_drop, material_rise
from finopsguard.detection.model import Array, DetectionConfig, Kind
from finopsguard.detection.monthly import (
    MONTH_DAYS,
    fee_error,
    is_fee_day,
    low_again,
    lows_of_the_month,
    monthly_fee,
    usual_again,
)
from finopsguard.detection.profile import Profile
from finopsguard.detection.scale import log_ratio
from finopsguard.detection.screen import SILENT_USD
from finopsguard.detection.sustained import FIRST_ROW, MIN_AGE, slow_rise_errors
from finopsguard.detection.tails import burst_error, fit_tail

KINDS: tuple[Kind, ...] = ("spike", "shift", "drift", "new", "drop", "sparse")
SPIKE, SHIFT, DRIFT, NEW, DROP, SPARSE = range(len(KINDS))

DAY_SCALES = 5.5
"""One day, judged once for every series and day: a thousand series have 30,000 chances a month, and cost has
heavy tails.
"""
PAIR_SCALES = 3.6
"""Mean of two days in a row. Noise seldom repeats itself; a cause does."""
PAIR_LEAST, PAIR_MOST = 2.5, 6.0
"""Both days must count, and neither may count for two."""
RUN_SCALES = 2.8
"""Each of three days in a row."""
SLOW_SCALES = 3.4
"""The median of five days, judged only while a rise is going on."""
BURST_SCALES = 4.0
FEE_SCALES = 3.0
"""Judged once a month."""
NOISY, NOISY_SCALES = 0.25, 3.5
"""In a series that strays by a quarter on ordinary days five scales are a factor of three and more. There
fewer do, if the day is also beyond the largest blip ever; and a drop must be seen on two days.
"""
RECORD_ROOM = 4.0
"""A day must exceed the third largest blip of the past by this many mean excesses or scales."""

REST_SPREAD = 0.25
LEAST_FACTOR = 1e-3

RHYTHM_AGE = 35
"""Younger series are also allowed what they cost on that weekday of the last two weeks."""
JUDGED_AGE = 14
UNKNOWN_FACTOR = 4.0
"""A series of a few days must cost this many times its record."""
SILENT_DAYS = 66
"""Two months and some days: a monthly fee that was once credited is not new."""
FIRST_DAYS = 3
"""A service is new on its first three days: the first of them may be nearly empty."""
MIN_SILENCE = 33
"""A month and two days: else what is billed once a month would be new every time."""
DROP_AGE, DROP_DAYS = 28, 63
NEVER_BELOW = 0.4
"""Part of its level that a series must have kept for four weeks, apart from two days, for a drop to mean anything."""
IDLE_WORKING_DAYS = 3
LASTING_AGE = 28
TURN_DAYS = 3
"""The first month start that a series lives through brings bills that nobody has seen: one day says nothing."""
FEE_ROOM = 1.1
"""Fees are percentages of a cost that itself changes."""


@dataclass(slots=True)
class Verdict:
    """One day of every series, all (series,): signed score (1 alerts, 0 is silence), expected USD, index into KINDS."""

    score: Array
    expected: Array
    kind: NDArray[np.int8]

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
        self.cost = profile.cost[self.row]
        self.rests = self.rested(0)
        self.ordinary = profile.top[profile.row_of_top(self.row)]
        self.fee = monthly_fee(profile.surplus, calendar, day, profile.first, self.age)
        self.again = usual_again(
            profile.flat_without_fees(),
            profile.base.week_level,
            calendar,
            day,
            profile.first,
            profile.sigma,
        )
        self.expected = np.maximum(self.allowed(), self.again * self.factor()) + FEE_ROOM * self.fee.usual
        self.first_turn = self.age <= days_since_last_turn(calendar, day)

    def allowed(self) -> Array:
        """The largest ordinary cost without fees."""
        last_weeks = np.maximum(self.profile.cost[self.row - 7], self.profile.cost[self.row - 14])
        allowed: Array = np.where(self.age < RHYTHM_AGE, np.maximum(self.ordinary, last_weeks), self.ordinary)
        return allowed

    def scales_before(self, days: int) -> Array:
        """How many scales the cost `days` days earlier lay above its ordinary cost."""
        row = self.row - days
        ordinary = self.profile.top[self.profile.row_of_top(row)]
        return log_ratio(self.profile.cost[row], ordinary) / self.profile.sigma

    def rested(self, days: int) -> Mask:
        """Where the day `days` days earlier was an idle weekday."""
        row = self.row - days
        out: Mask = self.profile.base.rests(slice(row, row + 1))[0]
        return out

    def record(self) -> tuple[Array, Array, Array]:
        """The past blips of such days, usual and largest, and their spread. Where people come in on days off they stay
        for an hour or for the day.
        """
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


def judge_day(
    profile: Profile, calendar: Calendar, day: int, complete: bool, config: DetectionConfig
) -> Verdict:
    """Judge day index `day` of all series; drops only when the day is `complete`."""
    today = Day(profile, calendar, day, config)
    verdict = Verdict(np.zeros_like(today.cost), today.expected.copy(), np.zeros(len(today.cost), np.int8))
    rise_of_days(verdict, today)
    slow_rise(verdict, today)
    burst(verdict, today)
    fee_jump(verdict, today)
    if complete:
        drop(verdict, today)
    new_service(verdict, today)
    verdict.score[np.abs(verdict.score) < 1] = 0
    return verdict


def rise_of_days(verdict: Verdict, day: Day) -> None:
    """One day far above expectation and above its own past blips; or two or three days that are clearly above."""
    profile = day.profile
    error = log_ratio(day.cost, day.expected)
    today, yesterday = error / profile.sigma, day.scales_before(1)

    usual, largest, spread = day.record()
    blip = (error - usual) / np.maximum(profile.sigma, spread)
    single = np.minimum(today / DAY_SCALES, blip / RECORD_ROOM)
    beyond = (error - largest) / np.maximum(profile.sigma / 2, spread)
    noisy = np.minimum(today / NOISY_SCALES, beyond / RECORD_ROOM)
    single = np.where(profile.sigma > NOISY, np.maximum(single, noisy), single)
    single = np.where(day.first_turn, 0, single)

    both = np.minimum(today, yesterday)
    mean = (np.minimum(today, PAIR_MOST) + np.minimum(yesterday, PAIR_MOST)) / 2
    pair = np.where(both >= PAIR_LEAST, mean / PAIR_SCALES, 0)
    run = np.minimum(both, day.scales_before(2)) / RUN_SCALES
    steady = (day.age >= LASTING_AGE) & ~profile.sparse & ~day.rests & ~day.rested(1)
    lasting = np.where(steady, np.maximum(pair, run), 0)

    score = np.maximum(single, lasting) * day.config.sensitivity
    rises = (score >= 1) & material_rise(day.cost, day.expected, day.config) & (day.age >= JUDGED_AGE)
    verdict.put(rises, score, day.expected, SPIKE)
    verdict.kind[rises & (both >= PAIR_LEAST)] = SHIFT


def slow_rise(verdict: Verdict, day: Day) -> None:
    """A leak, a ramp, a shift in the noise: five days against some weeks ago."""
    if day.row < FIRST_ROW:
        return
    rise, level_before = slow_rise_errors(day.profile.slow, day.profile.base, day.row, day.again)
    before = level_before * day.factor()
    score = rise / SLOW_SCALES * day.config.sensitivity
    rises = (score >= 1) & (verdict.score == 0) & (day.age >= MIN_AGE) & ~day.profile.sparse
    # One basis: neither today alone nor the days before alone make a rise worth telling.
    flat = day.profile.base.flat
    lately = np.maximum(flat[day.row - 1], flat[day.row - 2]) * day.factor()
    lasting = np.minimum(day.cost - day.fee.usual, lately)
    rises &= material_rise(lasting, before, day.config)
    verdict.put(rises, score, before, DRIFT)


def burst(verdict: Verdict, day: Day) -> None:
    """Series that are silent on many days have no level; a burst is judged against all earlier bursts."""
    columns = np.flatnonzero(day.profile.sparse)
    if not len(columns):
        return
    cost, past = day.cost[columns], day.profile.cost[: day.row, columns]
    largest = past.max(axis=0)
    score = burst_error(cost, fit_tail(past[: day.profile.fitted])) / BURST_SCALES * day.config.sensitivity
    told = material_rise(cost, largest, day.config) & ~day.first_turn[columns]
    verdict.score[columns] = np.where(told, np.maximum(score, 0), 0)
    verdict.expected[columns] = np.maximum(largest, verdict.expected[columns])
    verdict.kind[columns] = SPARSE


def fee_jump(verdict: Verdict, day: Day) -> None:
    """A monthly fee is judged against the fees of earlier months, not against the days around it."""
    due = is_fee_day(day.fee, day.profile.surplus, day.ordinary, day.age)
    score = fee_error(day.cost, day.ordinary, day.fee) / FEE_SCALES * day.config.sensitivity
    material = material_rise(day.cost, day.ordinary + day.fee.largest, day.config)
    verdict.put(due, np.where(material, np.maximum(score, 0), 0), day.ordinary + day.fee.usual, SPIKE)


def drop(verdict: Verdict, day: Day) -> None:
    """Nearly gone, below anything of nine weeks apart from two days, in a series that is never so low.

    A negative day is a credit, not a drop.
    """
    profile, row, cost = day.profile, day.row, day.cost
    usual = profile.bottom[profile.row_of_top(row)]
    score = log_ratio(cost, usual) / profile.sigma / DAY_SCALES * day.config.sensitivity
    gone = (score <= -1) & material_drop(cost, usual, day.config) & (day.age >= DROP_AGE)
    gone &= ~profile.credit[row - profile.fitted]
    gone &= (profile.sigma <= NOISY) | (profile.cost[row - 1] <= (1 - day.config.drop_pct) * usual)
    gone &= ~profile.base.idle.any(axis=0) | out_of_rhythm(day, (1 - day.config.drop_pct) * usual)
    columns = np.flatnonzero(gone)
    if not len(columns):
        return
    limit = np.maximum(2 * cost, NEVER_BELOW * usual)[columns]
    works = np.where(profile.base.rests(slice(0, row))[:, columns], np.inf, profile.cost[:row, columns])
    columns = columns[~low_again(works, day.calendar, profile.first + row, profile.first, limit)]
    # The two days before may belong to the drop already.
    start, stop = max(0, row - DROP_DAYS - 2), row - 2
    past = profile.cost[start:stop, columns]
    spared = profile.base.rests(slice(start, stop))[:, columns]
    low = ~spared & (past <= NEVER_BELOW * usual[columns])
    spared |= lows_of_the_month(low, day.calendar, profile.first + start)
    spared |= np.arange(start, stop)[:, None] < row - day.age[columns]
    lowest = np.sort(np.where(spared, np.inf, past), axis=0)[2]
    flat = np.where(spared[-4 * WEEK :], np.inf, profile.base.flat[start:stop, columns][-4 * WEEK :])
    steady = np.sort(flat, axis=0)[2] > NEVER_BELOW * usual[columns] / np.maximum(
        day.factor()[columns], LEAST_FACTOR
    )
    columns = columns[steady & (lowest > 2 * cost[columns])]
    verdict.score[columns] = score[columns]
    verdict.expected[columns] = usual[columns]
    verdict.kind[columns] = DROP


def out_of_rhythm(day: Day, limit: Array) -> Mask:
    """Where none of the newest working days cost more than `limit`: one idle working day is a holiday: (series,)."""
    seen = np.zeros(len(limit), np.int64)
    low = ~day.rests
    for back in range(min(WEEK, day.row)):
        counts = ~day.rested(back) & (seen < IDLE_WORKING_DAYS)
        low &= ~counts | (day.profile.cost[day.row - back] <= limit)
        seen += counts
    return low


def new_service(verdict: Verdict, day: Day) -> None:
    """Cost where there was none for two months; in the two weeks after that, a multiple of its own record."""
    cost, past = day.cost, day.profile.cost[: day.row]
    silence = past[-SILENT_DAYS : len(past) - FIRST_DAYS + 1]
    if len(silence) < MIN_SILENCE:
        return
    silent = silence.max(axis=0) < SILENT_USD
    fresh = silent & (cost >= day.config.min_usd / 2)
    verdict.put(fresh, 2 + np.log(np.maximum(cost, 1)), np.zeros_like(cost), NEW)
    record = past[-JUDGED_AGE:].max(axis=0)
    runaway = ~silent & (day.age >= FIRST_DAYS) & (day.age < JUDGED_AGE)
    runaway &= (cost >= UNKNOWN_FACTOR * record) & material_rise(cost, record, day.config)
    verdict.put(runaway, log_ratio(cost, record), record, SPIKE)
