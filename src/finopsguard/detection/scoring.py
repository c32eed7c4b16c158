"""The verdict on one day of every series: is it above every ordinary explanation, or far below all of them?

Scores are in multiples of the alert threshold. Every rule has its own threshold in its own scales, because
their errors have different tails and different numbers of chances to be wrong.
"""

import numpy as np

from finopsguard.detection.arrivals import comes_back, new_service
from finopsguard.detection.calendar import Calendar
from finopsguard.detection.day import DRIFT, JUDGED_AGE, SHIFT, SPARSE, SPIKE, Day, Verdict
from finopsguard.detection.drops import drop
from finopsguard.detection.evidence import lasting_cost, lasting_rise
from finopsguard.detection.gates import Mask, material_rise
from finopsguard.detection.model import DetectionConfig
from finopsguard.detection.monthly import fee_error, is_fee_day
from finopsguard.detection.profile import Profile
from finopsguard.detection.scale import NOISY, log_ratio
from finopsguard.detection.sustained import FIRST_ROW, MIN_AGE, slow_rise_errors
from finopsguard.detection.tails import burst_error, fit_tail

DAY_SCALES = 5.5
"""One day, judged once for every series and day: a thousand series have 30,000 chances a month, and cost has
heavy tails.
"""
PAIR_SCALES = 3.6
"""Mean of two days in a row. Noise seldom repeats itself; a cause does."""
PAIR_LEAST, PAIR_MOST = 2.5, 6.0
"""Both days must count, and neither may count for two."""
PAIR_MEMORY, PAIR_OWN = 1 / 3, 2.0
"""Costs remember a third of yesterday, so the day after a day in a heavy tail lies above too: where tails are heavy it
must be so many scales above what is remembered.
"""
SLOW_SCALES = 3.4
"""The median of five days, judged only while a rise is going on."""
BURST_SCALES = 4.0
FEE_SCALES = 3.0
"""Judged once a month."""
NOISY_SCALES = 3.5
"""In a noisy series five scales are a factor of three and more. There fewer do, if the day is also beyond the largest
blip ever.
"""
RECORD_ROOM = 4.0
"""A day must exceed the third largest blip of the past by this many mean excesses or scales."""

LASTING_AGE = 28
POOLED_AGE = 77
"""Until then a series has less than eight weeks of errors: two weeks to settle, and up to a week that is not over."""


def judge_day(
    profile: Profile, calendar: Calendar, day: int, complete: bool, config: DetectionConfig
) -> Verdict:
    """Judge day index `day` of all series; drops only when the day is `complete`."""
    today = Day(profile, calendar, day, config)
    verdict = Verdict(
        np.zeros_like(today.cost),
        today.expected.copy(),
        np.zeros(len(today.cost), np.int8),
        young_rise(today),
    )
    rise_of_days(verdict, today)
    slow_rise(verdict, today)
    lasting_rise(verdict, today)
    burst(verdict, today)
    fee_jump(verdict, today)
    if complete:
        drop(verdict, today, DAY_SCALES)
    new_service(verdict, today)
    comes_back(verdict, today)
    verdict.score[np.abs(verdict.score) < 1] = 0
    return verdict


def young_rise(day: Day) -> Mask:
    """Young series whose day passes the gates, and lies a scale, above their lowest ordinary level: (series,)."""
    profile, cost = day.profile, np.maximum(day.cost - day.fee.usual, 0)
    bottom = profile.bottom[profile.row_of_top(day.row)]
    young: Mask = (day.age < POOLED_AGE) & (day.age >= JUDGED_AGE) & ~profile.sparse
    return young & material_rise(cost, bottom, day.config) & (log_ratio(cost, bottom) >= profile.sigma)


def rise_of_days(verdict: Verdict, day: Day) -> None:
    """One day far above expectation and above its own past blips; or two days in a row that are clearly above."""
    profile = day.profile
    error = log_ratio(day.cost, day.expected)
    today, yesterday = error / profile.wary, day.scales_before(1)

    usual, largest, spread = day.record()
    blip = (error - usual) / np.maximum(profile.wary, spread)
    single = np.minimum(today / DAY_SCALES, blip / RECORD_ROOM)
    beyond = (error - largest) / np.maximum(profile.sigma / 2, spread)
    noisy = np.minimum(today / NOISY_SCALES, beyond / RECORD_ROOM)
    single = np.where(profile.sigma > NOISY, np.maximum(single, noisy), single)
    single = np.where(day.first_turn, 0, single)

    both = np.minimum(today, yesterday)
    mean = (np.minimum(today, PAIR_MOST) + np.minimum(yesterday, PAIR_MOST)) / 2
    own = today - PAIR_MEMORY * np.minimum(yesterday, PAIR_MOST)
    pair = np.where((both >= PAIR_LEAST) & (own >= PAIR_OWN * profile.heavy), mean / PAIR_SCALES, 0)
    steady = (day.age >= LASTING_AGE) & ~profile.sparse & ~day.rests & ~day.rested(1)
    lasting = np.where(steady, pair, 0)

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
    rises &= material_rise(lasting_cost(day), before, day.config)
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
