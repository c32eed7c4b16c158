"""From a matrix of daily costs to anomalies: fit each calendar week on the past, judge its days one step ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from finopsguard.detection.calendar import WEEK, Calendar, calendar, week_starts
from finopsguard.detection.gates import material_drop, material_rise
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig, Expected, Kind
from finopsguard.detection.monthly import recurring_fee
from finopsguard.detection.profile import SLOW_SPAN, fit_profile, slow_levels
from finopsguard.detection.scale import SOFTENER, log_ratio
from finopsguard.detection.screen import worth_scoring
from finopsguard.detection.spans import SPANS
from finopsguard.errors import InvalidInput


KINDS: tuple[Kind, ...] = ("spike", "shift", "drift", "new", "drop", "sparse")
SPIKE, SHIFT, DRIFT, NEW, DROP, SPARSE = range(6)


@dataclass(slots=True)
class Verdicts:
    """What is known about some consecutive days; every array is (days, series)."""

    score: Array
    expected: Array
    low: Array
    high: Array
    kind: np.ndarray

    @classmethod
    def blank(cls, days: int, series: int) -> "Verdicts":
        nan = np.full((days, series), np.nan)
        return cls(np.zeros((days, series)), nan, nan.copy(), nan.copy(), np.zeros((days, series), np.int8))


def judge_week(
    cost: Array, raw: Array, cal: Calendar, monday: int, start: int, stop: int, complete: int, config: DetectionConfig,
    out: Verdicts, at: int,
) -> None:
    """Judge rows start..stop of `cost` (days, series) with a profile fitted on rows before `monday`."""
    p = fit_profile(cost, cal, monday, stop)
    if p is None:
        return
    theta = TH["day"] / config.sensitivity
    f, sig = p.factor, p.sigma
    lo, base = p.first, p.base

    for day in range(start, stop):
        k = at + day - start
        r = day - lo
        age = p.age + day - monday
        x = cost[day]
        top = p.top[r]
        bottom = base.levels(slice(r, r + 1))[1][0]
        fee, fees, fee_spread = recurring_fee(p.surplus, cal, day, lo, (age) // 31)
        young = np.maximum(cost[day - 7], cost[max(day - 14, 0)])
        level = np.where(age < 35, np.maximum(top * f[r], young), top * f[r])
        expected = level + 1.1 * fee
        e = log_ratio(x, expected)
        z = e / sig
        # never more than the tail of its own past errors allows
        tail_z = (e - p.record) / np.maximum(TH["rec"] * sig, p.record_spread) + TH["recn"]
        z = np.minimum(z, np.maximum(tail_z, 0))
        score = np.where((z > 0) & material_rise(x, expected, config) & (age >= 14), z / theta, 0.0)
        kind = np.zeros(len(x), np.int8)
        exp_out = expected.copy()
        # spans
        for width, scale in zip(SPANS, p.span_scales, strict=True):
            if r - width < 14:
                continue
            days = np.arange(r - width + 1, r + 1)
            ref = p.top[r - width + 1]
            ex = ref * f[days]
            capped = np.minimum(cost[days], (ex + 3) * np.exp(3 * sig))
            a = log_ratio(capped.mean(axis=0), ex.mean(axis=0))
            gate = material_rise(capped.mean(axis=0), ex.mean(axis=0), config) & (x > ex[-1])
            s = a / scale / (TH["span"] / config.sensitivity)
            better = gate & (age >= TH["spanage"]) & ~p.sparse & (s > score)
            score = np.where(better, s, score)
            kind[better] = SHIFT
            exp_out = np.where(better, ex[-1], exp_out)
        if r >= 45:
            ref = slow_levels(base, np.array([r]))[0]
            middle = np.median(base.flat[r - SLOW_SPAN + 1 : r + 1], axis=0)
            a = log_ratio(middle, ref) - np.maximum(p.slow_trend, 0)
            gate = material_rise(x - fee, ref * f[r], config) & (middle > 1.1 * ref)
            s = a / p.slow_scale / (TH["slow"] / config.sensitivity)
            rising = base.week_level[r] - base.week_level[r - 7] > TH['share'] * (middle - ref)
            better = gate & (age >= 37) & ~p.sparse & (s > score) & (score < 1) & rising
            score = np.where(better, s, score)
            kind[better] = DRIFT
            exp_out = np.where(better, ref * f[r], exp_out)
        # fee
        feeday = (fees >= 2) & (fee > 2 * top * f[r]) & (age >= 60) & ((p.surplus > 0).sum(axis=0) <= 1.5 * fees)
        zf = log_ratio(x, top * f[r] + 1.02 * fee_spread[1]) / np.maximum(TH["feefloor"], fee_spread[0])
        # sparse
        mx = cost[lo:day].max(axis=0)
        tz = (np.log(x + 3) - p.tail_log) / p.tail_spread
        zs = np.where(material_rise(x, mx, config), np.maximum(tz, 0), 0) / (TH["tail"] / config.sensitivity)
        score = np.where(p.sparse, zs, score)
        exp_out = np.where(p.sparse, np.maximum(mx, exp_out), exp_out)
        kind[p.sparse] = SPARSE
        zf = np.where(material_rise(x, top * f[r] + fee_spread[1], config), zf / (TH["fee"] / config.sensitivity), 0)
        score = np.where(feeday, np.maximum(zf, 0), score)
        exp_out = np.where(feeday, top * f[r] + fee, exp_out)
        # drop
        if day < complete:
            zd = log_ratio(x, bottom * f[r]) / sig
            before = max(lo, day - 65)
            born = np.arange(before, day - 2)[:, None] >= day - age
            lowest = np.sort(np.where(born, cost[before : day - 2], np.inf), axis=0)[2]
            flat = np.sort(base.flat[max(0, r - 30) : r - 2], axis=0)[2]
            ok = (lowest > 2 * x) & (flat > TH["droplow"] * bottom) & (age >= 28) & (raw[day] > -0.01)
            dropped = (zd < -theta) & ok & material_drop(x, bottom * f[r], config)
            score = np.where(dropped, zd / theta, score)
            kind[dropped] = DROP
            exp_out = np.where(dropped, bottom * f[r], exp_out)
        if day >= 60:
            fresh = (cost[day - 60 : day - 2].max(axis=0) < 1) & (x >= config.min_usd / 2)
            score = np.where(fresh, 2 + np.log(np.maximum(x, 1)), score)
            exp_out = np.where(fresh, 0, exp_out)
            kind[fresh] = NEW
        score[np.abs(score) < 1] = 0
        out.score[k] = score
        out.kind[k] = kind
        out.expected[k] = exp_out
        lev = top * f[r] + fee
        out.low[k] = np.maximum(0, (lev + SOFTENER) * np.exp(-2 * sig) - SOFTENER)
        out.high[k] = (lev + SOFTENER) * np.exp(2 * sig) - SOFTENER


TH = {"share": 0.2, "recn": 2.0, "day": 5.0, "span": 5.0, "spanage": 28, "slow": 4.0, "rec": 1.0, "tail": 3.0, "held": 0.7, "droplow": 0.4, "fee": 3.0, "feefloor": 0.12, "slowm": 0.0}


def judge(costs: Array, first_day: date, first: int, complete: int, config: DetectionConfig) -> Verdicts:
    """Verdicts on the days from index `first` on; costs (series, days)."""
    days = costs.shape[1]
    cal = calendar(first_day, days)
    raw = np.ascontiguousarray(costs.T)
    cost = np.maximum(raw, 0.0)
    out = Verdicts.blank(days - first, costs.shape[0])
    for start, stop in week_starts(cal, first, days - 1):
        monday = start - int(cal.weekday[start])
        judge_week(cost, raw, cal, monday, start, stop, complete, config, out, start - first)
    return out


def checked(costs: Array, accounts: Sequence[str] | None, services: Sequence[str] | None) -> Array:
    """Refuse what cannot be judged."""
    matrix = np.asarray(costs, dtype=np.float64)
    if matrix.ndim != 2:
        raise InvalidInput(f"costs must be a (series, days) matrix, got {matrix.ndim} dimensions")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise InvalidInput(f"costs[{row}, {column}] is not a finite number; a missing day must not be judged")
    for name, labels in (("accounts", accounts), ("services", services)):
        if labels is not None and len(labels) != len(matrix):
            raise InvalidInput(f"{name} has {len(labels)} labels for {len(matrix)} series")
    return matrix


def stories(verdicts: Verdicts, series: int) -> Iterator[tuple[int, int, int]]:
    """Runs of flagged days of one series: (first, last, direction); a gap of one quiet day does not split a story."""
    score = verdicts.score[:, series]
    for direction in (1, -1):
        flagged = np.flatnonzero(score * direction > 0)
        if len(flagged):
            for part in np.split(flagged, np.flatnonzero(np.diff(flagged) > 2) + 1):
                yield int(part[0]), int(part[-1]), direction


def detect(
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
    complete_until: date | None = None,
) -> list[Anomaly]:
    """Anomalies of the newest `window` days, largest impact first.

    `costs`: (series, days) USD, newest day last; row i is `accounts[i]`, `services[i]`. Days on or after
    `complete_until` may still grow: rises are judged on them, drops are not (None: the newest day only).
    Raises InvalidInput for a wrong shape, labels that do not match, NaN or infinity.
    """
    matrix = checked(costs, accounts, services)
    days = matrix.shape[1]
    if window < 1:
        raise InvalidInput("window must be at least 1 day")
    if days == 0 or len(matrix) == 0:
        return []
    first = max(0, days - window)
    complete = days - 1 if complete_until is None else (complete_until - first_day).days
    wanted = worth_scoring(matrix, first, complete, config)
    if config.excluded_services:
        wanted &= np.array([service not in config.excluded_services for service in services])
    judged = np.flatnonzero(wanted)
    if not len(judged):
        return []
    verdicts = judge(matrix[judged], first_day, first, complete, config)
    found = []
    for column in np.flatnonzero((verdicts.score != 0).any(axis=0)).tolist():
        row = int(judged[column])
        for begin, end, direction in stories(verdicts, column):
            part = slice(begin, end + 1)
            excess = (
                matrix[row, first + begin : first + end + 1] - verdicts.expected[part, column]
            ) * direction
            peak = begin + int(
                np.where(verdicts.score[part, column] * direction > 0, excess, -np.inf).argmax()
            )
            found.append(
                Anomaly(
                    series=row,
                    account_id=accounts[row],
                    service=services[row],
                    day=first_day + timedelta(days=first + peak),
                    start=first_day + timedelta(days=first + begin),
                    direction=direction,
                    actual=float(matrix[row, first + peak]),
                    expected=float(verdicts.expected[peak, column]),
                    impact=float(direction * excess.sum()),
                    score=float(abs(verdicts.score[peak, column])),
                    kind=KINDS[verdicts.kind[peak, column]],
                    excess_by_day=tuple(
                        (first_day + timedelta(days=first + begin + offset), float(direction * usd))
                        for offset, usd in enumerate(excess)
                    ),
                )
            )
    return sorted(found, key=lambda anomaly: (-abs(anomaly.impact), anomaly.series, anomaly.day))


def expected_costs(
    costs: Array, first_day: date, *, config: DetectionConfig = DEFAULT_CONFIG, days: int
) -> Expected:
    """What each of the newest `days` days should have cost, with its ordinary band, forecast from earlier days only."""
    matrix = checked(costs, None, None)
    total = matrix.shape[1]
    verdicts = judge(matrix, first_day, max(0, total - days), total, config)
    level = (verdicts.low + verdicts.high) / 2
    return Expected(level.T, verdicts.low.T, verdicts.high.T)
