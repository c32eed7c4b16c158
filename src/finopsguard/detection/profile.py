"""What the past says about every series, fitted once for a calendar week and used for all its days."""

from dataclasses import dataclass

import numpy as np

from finopsguard.detection.baseline import Baseline, fit_baseline
from finopsguard.detection.calendar import WEEK, Calendar
from finopsguard.detection.gates import Mask
from finopsguard.detection.medians import rolling_median
from finopsguard.detection.model import Array
from finopsguard.detection.monthly import surplus
from finopsguard.detection.scale import ERROR_DAYS, error_scale, log_ratio, pick, sorted_valid, with_floors
from finopsguard.detection.spans import SPANS, slow_scale, span_errors, span_scale
from finopsguard.detection.tails import is_sparse, tail

HISTORY_WEEKS = 16


@dataclass(frozen=True, slots=True)
class Profile:
    """Fitted on rows `first` .. `first + fitted`; row arrays run on to the last judged day. Arrays are (series,) or (days, series)."""

    first: int
    fitted: int
    age: Array
    cost: Array
    base: Baseline
    factor: Array
    top: Array
    sigma: Array
    clipped: Array
    surplus: Array
    span_scales: tuple[Array, ...]
    slow_scale: Array
    slow_trend: Array
    record: Array
    record_spread: Array
    sparse: Mask
    tail_log: Array
    tail_spread: Array


SLOW_SPAN = 5


def fit_profile(cost: Array, calendar: Calendar, monday: int, stop: int) -> Profile | None:
    """Fit on the days before `monday`; cost (days, series) >= 0. None with less than two weeks of history."""
    weeks = min(HISTORY_WEEKS, monday // WEEK)
    if weeks < 2:
        return None
    fitted = weeks * WEEK
    first = monday - fitted
    cost = cost[first:stop]
    past = cost[:fitted]
    alive = past > 0
    age = np.where(alive.any(axis=0), fitted - alive.argmax(axis=0), 0)
    base = fit_baseline(cost, fitted, age)
    factor = base.factors()
    padded = np.concatenate([base.flat[:3], base.flat[:fitted], base.flat[fitted - 3 : fitted]])
    centre = rolling_median(padded, WEEK)[6:] * factor[:fitted]
    rows = np.arange(fitted)
    valid = rows[:, None] >= np.maximum(fitted - age + 14, 14)
    around = log_ratio(past, centre)
    top, _ = base.levels(slice(0, len(cost)))
    ahead = log_ratio(past, top[:fitted] * factor[:fitted])
    part = slice(max(0, fitted - ERROR_DAYS), fitted)
    scale = error_scale(around[part], ahead[part], valid[part])
    scale = np.where(age < 28, np.maximum(scale, 0.15), scale)
    sigma = with_floors(scale, top[fitted - 1], age)
    clipped = cost.copy()
    clipped[:fitted] = np.minimum(past, (centre + 3) * np.exp(3 * sigma))
    scales = []
    for width in SPANS:
        errors = span_errors(clipped[:fitted], factor[:fitted], top[:fitted], width)
        w = slice(max(0, len(errors) - ERROR_DAYS), len(errors))
        scales.append(span_scale(errors[w], valid[width - 1:][w], sigma, width))
    if fitted > 45:
        middle = rolling_median(base.flat[:fitted], SLOW_SPAN)
        spent = log_ratio(middle[36:], slow_levels(base, np.arange(36, fitted)))
        ok = (rows[:, None] >= np.maximum(fitted - age + 36, 36))[36:]
        w = slice(max(0, len(spent) - ERROR_DAYS), len(spent))
        ranked, count = sorted_valid(spent[w], ok[w])
        trend = pick(ranked, count, 0.5)
        slow = slow_scale(spent[w] - trend, ok[w], sigma, SLOW_SPAN)
    else:
        trend, slow = np.zeros(len(sigma)), 2 * sigma
    turn = (calendar.day_of_month <= 2) | (calendar.days_left <= 0)
    ranked = np.sort(np.where(turn[first:monday, None] | ~valid, 0.0, np.minimum(ahead, around))[-84:], axis=0)[::-1][:6]
    record = np.maximum(ranked[1], 0)
    record_spread = np.maximum((ranked[:5] - ranked[5]).mean(axis=0), 0)
    tail_log, tail_spread = tail(past)
    return Profile(
        first, fitted, age, cost, base, factor, top, sigma, clipped,
        surplus(past, centre, base, sigma), tuple(scales), slow, trend, record, record_spread,
        is_sparse(past, age), tail_log, tail_spread,
    )  # fmt: skip


def slow_levels(base: Baseline, days: np.ndarray) -> Array:
    """Flat level two to four weeks before each of `days`, and no less than five to six weeks before: (days, series)."""
    level = base.week_level
    lag = [level[np.maximum(days - lag, 6)] for lag in (14, 21, 28, 35, 42)]
    near = np.maximum(np.minimum(lag[0], lag[1]), np.minimum(np.maximum(lag[0], lag[1]), lag[2]))
    out: Array = np.maximum(near, np.maximum(lag[3], lag[4]))
    return out
