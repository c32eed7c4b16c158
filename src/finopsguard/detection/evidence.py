"""Evidence over days: a rise that no single day of a noisy series shows.

A generalised likelihood ratio for a rise that began some days ago (Lorden 1971, "Procedures for reacting to a change in
distribution", Annals of Mathematical Statistics 42:6; for normal means Siegmund and Venkatraman 1995, Annals of
Statistics 23:1): for each length the mean excess of the newest days over the level before them, in units of its own
error, and the largest of these. Errors of days follow each other and have heavy tails, so the normal case alone says
too little: the same statistic replayed on the series' own past says what is ordinary for it. The largest day of each
length does not count, and no day counts for more than some scales: one blip is no evidence.
"""

from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from finopsguard.detection.baseline import FALLEN, HELD_WEEKS
from finopsguard.detection.calendar import WEEK
from finopsguard.detection.day import DRIFT, Day, Verdict
from finopsguard.detection.gates import Mask, material_rise
from finopsguard.detection.medians import median_rows, third_largest
from finopsguard.detection.model import Array, Days
from finopsguard.detection.replay import SETTLING_DAYS
from finopsguard.detection.scale import SOFTENER, Ranked, log_ratio
from finopsguard.detection.sustained import RECENT_SHARE, SPAN

FALSE_ALERTS = 5e-5
"""Part of ordinary days on which one length would say so, were errors normal and the past known for good."""
LENGTHS = (3, 5, 7, 14)
"""Days that a rise may have lasted."""
NOISY_FROM = 0.15
"""Relative noise below which single days and five-day medians find what a message is worth, and wander less."""
MEMORY_OF_DAYS = 1.25
"""Variance of a mean of days in units of independent days: costs remember a part of yesterday."""
MONTH_ERROR = 0.07
"""Variance of the mean of four weekly medians in units of one day's: pi / 2 / 28, and what weeks remember."""
MOST, LEAST = 5.0, -3.0
"""Scales that one day counts for."""
EVIDENCE_AGE = 28
PAST_DAYS, OWN_DAYS = 84, 14
"""The past that the statistic is replayed on; the newest two weeks may be the rise itself."""
FEWEST = 20
"""Past values from which the series' own spread is known; until then half as much again is allowed."""
UNKNOWN_SPREAD, MOST_SPREAD = 1.5, 3.0
"""An incident in the past may widen the spread three-fold, not more."""


def lasting_rise(verdict: Verdict, day: Day) -> None:
    """A noisy series whose newest days lie above the level before them, for any of the lengths."""
    row, base, again = day.row, day.profile.base, day.again
    factor = day.factor()
    lately = lasting_cost(day)
    columns = np.flatnonzero(may_have_risen(verdict, day, lately))
    if not len(columns) or row < max(LENGTHS) + WEEK:
        return
    factor, lately, again, sigma = (
        factor[columns],
        lately[columns],
        again[columns],
        day.profile.sigma[columns],
    )
    begins = row + 1 - np.array(LENGTHS)
    before = np.maximum(level_before(base.week_level, begins, columns), again)
    newest = base.flat[row + 1 - max(LENGTHS) : row + 1, columns]
    recent = base.week_level[row, columns] - base.week_level[row - WEEK, columns]
    going = recent > RECENT_SHARE * (median_rows(newest[-SPAN:]) - before)
    risen = material_rise(lately, before * factor, day.config)
    logs, log_before = log(newest).T, log(before)
    values = np.stack(
        [excess(logs[:, -length:], log_before[each], sigma) for each, length in enumerate(LENGTHS)]
    )
    threshold = NormalDist().inv_cdf(1 - FALSE_ALERTS) / day.config.sensitivity
    likely = (values >= threshold) & risen & (going | (np.array(LENGTHS) < WEEK)[:, None])
    some = np.flatnonzero(likely.any(axis=0))
    if not len(some):
        return
    usual, spread = of_the_past(day, columns[some])
    score = np.where(likely[:, some], (values[:, some] - usual) / spread / threshold, 0)
    best = score.argmax(axis=0)
    told = np.flatnonzero(score.max(axis=0) >= 1)
    where, best, some = columns[some[told]], best[told], some[told]
    verdict.score[where] = score.max(axis=0)[told]
    verdict.expected[where] = (before * factor)[best, some]
    verdict.kind[where] = DRIFT


def lasting_cost(day: Day) -> Array:
    """What a rise over days is told of: neither today alone nor the days before alone make it worth telling.

    Nothing on a day that is mostly a charge of its month: where these come on several days they are most of five days.
    """
    flat = day.profile.base.flat
    before = np.maximum(flat[day.row - 1], flat[day.row - 2]) * day.factor()
    out: Array = np.where(day.fee.usual > day.ordinary, 0, np.minimum(day.cost - day.fee.usual, before))
    return out


def may_have_risen(verdict: Verdict, day: Day, lately: Array) -> Mask:
    """Noisy series that are not told already, whose `lately` passes the gates above their lowest ordinary level, and
    whose newest five days lie a scale above it: (series,).
    """
    profile = day.profile
    possible: Mask = (verdict.score == 0) & (profile.sigma >= NOISY_FROM) & (day.age >= EVIDENCE_AGE)
    possible &= ~profile.sparse & ~day.rests
    bottom = profile.bottom[profile.row_of_top(day.row)]
    possible &= material_rise(lately, bottom, day.config)
    possible &= log_ratio(profile.slow.newest[day.row] * day.factor(), bottom) >= profile.sigma
    return possible


def log(cost: Array) -> Array:
    """Softened, as all errors are."""
    out: Array = np.log(cost + SOFTENER)
    return out


def level_before(week_level: Array, rows: Days, columns: Days) -> Array:
    """The flat level that a rise from each of `rows` on is measured against: weekly medians (days, series) -> (rows,
    columns).

    The mean of four weeks; where it has fallen, the level that held for three of nine weeks, which may come back.
    """
    weeks = [
        week_level[np.ix_(np.maximum(rows - 1 - WEEK * lag, WEEK - 1), columns)] for lag in range(HELD_WEEKS)
    ]
    month = (weeks[0] + weeks[1] + weeks[2] + weeks[3]) * np.float32(0.25)
    held = np.minimum(np.maximum.reduce(weeks[:5]), third_largest(weeks))
    out: Array = np.where(np.minimum(weeks[0], month) < FALLEN * held, np.maximum(held, month), month)
    return out


def excess(logs: Array, before: Array, sigma: Array) -> Array:
    """Mean excess in units of its own error: logs of flat costs (..., series, length), of the level before them (...,
    series), and the scale of a day (series,) -> (..., series).
    """
    length = logs.shape[-1]
    scales = np.clip((logs - before[..., None]) / sigma[:, None], LEAST, MOST)
    mean = (scales.sum(axis=-1) - scales.max(axis=-1)) / (length - 1)
    out: Array = mean / np.float32(np.sqrt(MEMORY_OF_DAYS / length + MONTH_ERROR))
    return out


def of_the_past(day: Day, columns: Days) -> tuple[Array, Array]:
    """What the statistic usually was for some series, and its spread above: two (lengths, columns).

    Replayed on twelve weeks that end two weeks ago.
    """
    base, sigma, stop = day.profile.base, day.profile.sigma[columns], day.row - OWN_DAYS
    start = max(WEEK, stop - PAST_DAYS)
    usual = np.zeros((len(LENGTHS), len(columns)), sigma.dtype)
    spread = np.full_like(usual, UNKNOWN_SPREAD)
    rows = np.arange(start, stop)
    logs, before = log(base.flat[start:stop, columns]), log(level_before(base.week_level, rows, columns))
    settled = rows[:, None] >= day.row - day.age[columns] + SETTLING_DAYS
    for each, length in enumerate(LENGTHS):
        begins = len(rows) - length + 1
        if begins < FEWEST:
            continue
        windows = sliding_window_view(logs, length, axis=0)
        past = Ranked(excess(windows, before[:begins], sigma), settled[:begins])
        middle, upper = past.quantile(0.5), past.quantile(0.9)
        known = past.count >= FEWEST
        own = np.minimum((upper - middle) / 1.2816, MOST_SPREAD)
        usual[each] = np.where(known, np.maximum(middle, 0), 0)
        spread[each] = np.where(known, np.maximum(np.sqrt((own**2 + 1) / 2), 1), UNKNOWN_SPREAD)
    return usual, spread
