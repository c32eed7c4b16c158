"""The verdict on one day of every series: is it above every ordinary explanation, or far below all of them?

Scores are in multiples of the alert threshold. Every rule has its own threshold in its own scales, because
their errors have different tails and different numbers of chances to be wrong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finopsguard.detection.calendar import Calendar
from finopsguard.detection.gates import Mask, material_drop, material_rise
from finopsguard.detection.model import Array, Days, DetectionConfig, Kind
from finopsguard.detection.monthly import MonthlyFee, fee_error, is_fee_day, monthly_fee
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
"""Mean of two days in a row, both at `PAIR_LEAST` or more. Noise seldom repeats itself; a cause does."""
PAIR_LEAST = 2.5
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
RECORD_ROOM = 3.5
"""A day must exceed the second largest blip of the past by this many mean excesses or scales."""

RHYTHM_AGE = 35
"""Younger series are also allowed what they cost on that weekday of the last two weeks."""
JUDGED_AGE = 14
UNKNOWN_FACTOR = 4.0
"""A series of a few days must cost this many times its record."""
SILENT_DAYS = 66
"""Two months and some days: a monthly fee that was once credited is not new."""
FIRST_DAYS = 3
"""A service is new on its first three days: the first of them may be nearly empty."""
MIN_SILENCE = 28
DROP_AGE, DROP_DAYS = 28, 63


@dataclass(slots=True)
class Verdict:
    """One day of every series, all (series,): signed score (1 alerts, 0 is silence), expected USD, index into
    KINDS.
    """

    score: Array
    expected: Array
    kind: NDArray[np.int8]

    def put(self, where: Mask, score: Array, expected: Array, kind: int) -> None:
        """Replace the verdict where `where`."""
        np.copyto(self.score, score, where=where, casting="same_kind")
        np.copyto(self.expected, expected, where=where, casting="same_kind")
        self.kind[where] = kind


def judge_day(
    profile: Profile, calendar: Calendar, day: int, complete: bool, config: DetectionConfig
) -> Verdict:
    """Judge day index `day` of all series; drops only when the day is `complete`."""
    row = day - profile.first
    age = profile.age + (row - profile.fitted)
    cost, ordinary = profile.cost[row], profile.top[profile.row_of_top(row)]
    fee = monthly_fee(profile.surplus, calendar, day, profile.first, age)
    expected = allowed_cost(profile, row, age, ordinary) + 1.1 * fee.usual

    verdict = Verdict(np.zeros_like(cost), expected.copy(), np.zeros(len(cost), np.int8))
    rise_of_days(verdict, profile, row, age, expected, config)
    slow_rise(verdict, profile, row, age, fee, config)
    burst(verdict, profile, row, config)
    fee_jump(verdict, profile, row, age, ordinary, fee, config)
    if complete:
        drop(verdict, profile, row, age, config)
    new_service(verdict, profile, row, age, config)
    verdict.score[np.abs(verdict.score) < 1] = 0
    return verdict


def allowed_cost(profile: Profile, row: int, age: Days, ordinary: Array) -> Array:
    """The largest ordinary cost of the day without fees: (series,)."""
    last_weeks = np.maximum(profile.cost[row - 7], profile.cost[row - 14])
    allowed: Array = np.where(age < RHYTHM_AGE, np.maximum(ordinary, last_weeks), ordinary)
    return allowed


def rise_of_days(
    verdict: Verdict, profile: Profile, row: int, age: Days, expected: Array, config: DetectionConfig
) -> None:
    """One day far above expectation and above its own past blips; or two or three days that are clearly
    above.
    """
    error = log_ratio(profile.cost[row], expected)
    today = error / profile.sigma
    blip = (error - profile.record) / np.maximum(profile.sigma, profile.record_spread)
    single = np.minimum(today / DAY_SCALES, np.maximum(blip / RECORD_ROOM, 0))

    beyond = (error - profile.largest) / np.maximum(profile.sigma / 2, profile.record_spread) / RECORD_ROOM
    noisy = np.where(profile.sigma > NOISY, np.minimum(today / NOISY_SCALES, beyond), 0)
    single = np.maximum(single, noisy)

    earlier = [
        log_ratio(profile.cost[row - lag], profile.top[profile.row_of_top(row - lag)]) / profile.sigma
        for lag in (1, 2)
    ]
    both = np.minimum(today, earlier[0])
    pair = np.where(
        both >= PAIR_LEAST, (np.minimum(today, 10) + np.minimum(earlier[0], 6)) / 2 / PAIR_SCALES, 0
    )
    run = np.minimum(both, earlier[1]) / RUN_SCALES
    lasting = np.where((age >= DROP_AGE) & ~profile.sparse, np.maximum(pair, run), 0)

    score = np.maximum(single, lasting) * config.sensitivity
    rises = (score >= 1) & material_rise(profile.cost[row], expected, config) & (age >= JUDGED_AGE)
    verdict.put(rises, score, expected, SPIKE)
    verdict.kind[rises & (both >= PAIR_LEAST)] = SHIFT


def slow_rise(
    verdict: Verdict, profile: Profile, row: int, age: Days, fee: MonthlyFee, config: DetectionConfig
) -> None:
    """A leak, a ramp, a shift in the noise: five days against some weeks ago."""
    if row < FIRST_ROW:
        return
    rise, before = slow_rise_errors(profile.slow, profile.base, row)
    expected = before * profile.base.factors(slice(row, row + 1))[0]
    score = rise / SLOW_SCALES * config.sensitivity
    rises = (score >= 1) & (verdict.score == 0) & (age >= MIN_AGE) & ~profile.sparse
    rises &= material_rise(profile.cost[row] - fee.usual, expected, config)
    verdict.put(rises, score, expected, DRIFT)


def burst(verdict: Verdict, profile: Profile, row: int, config: DetectionConfig) -> None:
    """Series that are silent on many days have no level; a burst is judged against all earlier bursts."""
    columns = np.flatnonzero(profile.sparse)
    if not len(columns):
        return
    cost, past = profile.cost[row, columns], profile.cost[:row, columns]
    largest = past.max(axis=0)
    score = burst_error(cost, fit_tail(past[: profile.fitted])) / BURST_SCALES * config.sensitivity
    verdict.score[columns] = np.where(material_rise(cost, largest, config), np.maximum(score, 0), 0)
    verdict.expected[columns] = np.maximum(largest, verdict.expected[columns])
    verdict.kind[columns] = SPARSE


def fee_jump(
    verdict: Verdict,
    profile: Profile,
    row: int,
    age: Days,
    ordinary: Array,
    fee: MonthlyFee,
    config: DetectionConfig,
) -> None:
    """A monthly fee is judged against the fees of earlier months, not against the days around it."""
    due = is_fee_day(fee, profile.surplus, ordinary, age)
    cost = profile.cost[row]
    score = fee_error(cost, ordinary, fee) / FEE_SCALES * config.sensitivity
    material = material_rise(cost, ordinary + fee.largest, config)
    verdict.put(due, np.where(material, np.maximum(score, 0), 0), ordinary + fee.usual, SPIKE)


def drop(verdict: Verdict, profile: Profile, row: int, age: Days, config: DetectionConfig) -> None:
    """Nearly gone, below anything of the last nine weeks apart from two days, in a series that never goes so
    low.

    A negative day is a credit, not a drop.
    """
    cost, lowest = profile.cost[row], profile.bottom[profile.row_of_top(row)]
    error = log_ratio(cost, lowest) / profile.sigma / DAY_SCALES * config.sensitivity
    candidates = (
        (error <= -1)
        & material_drop(cost, lowest, config)
        & (age >= DROP_AGE)
        & ~profile.credit[row - profile.fitted]
    )
    twice = profile.cost[row - 1] <= (1 - config.drop_pct) * lowest
    columns = np.flatnonzero(candidates & (twice | (profile.sigma <= NOISY)))
    if not len(columns):
        return
    start = max(0, row - DROP_DAYS - 2)
    born = np.arange(start, row - 2)[:, None] >= row - age[columns]
    before = np.sort(np.where(born, profile.cost[start : row - 2, columns], np.inf), axis=0)[2]
    flat = np.sort(profile.base.flat[max(0, row - 30) : row - 2, columns], axis=0)[2]
    level = lowest[columns] / profile.base.factors(slice(row, row + 1))[0][columns]
    gone = columns[(before > 2 * cost[columns]) & (flat > 0.4 * level)]
    verdict.score[gone] = error[gone]
    verdict.expected[gone] = lowest[gone]
    verdict.kind[gone] = DROP


def new_service(verdict: Verdict, profile: Profile, row: int, age: Days, config: DetectionConfig) -> None:
    """Cost where there was none for two months; and in the two weeks after that, a multiple of its own
    record.
    """
    cost = profile.cost[row]
    silence = profile.cost[max(0, row - SILENT_DAYS) : row - FIRST_DAYS + 1]
    if len(silence) < MIN_SILENCE:
        return
    fresh = (silence.max(axis=0) < SILENT_USD) & (cost >= config.min_usd / 2)
    verdict.put(fresh, 2 + np.log(np.maximum(cost, 1)), np.zeros_like(cost), NEW)
    record = profile.cost[max(0, row - JUDGED_AGE) : row].max(axis=0)
    young = (age >= FIRST_DAYS) & (age < JUDGED_AGE) & (silence.max(axis=0) >= SILENT_USD)
    runaway = young & (cost >= UNKNOWN_FACTOR * record) & material_rise(cost, record, config)
    verdict.put(runaway, log_ratio(cost, record), record, SPIKE)
