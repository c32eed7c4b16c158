"""From a matrix of daily costs to anomalies: fit each calendar week on the past, judge its days one step ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from finopsguard.detection.baseline import fit_baseline
from finopsguard.detection.calendar import WEEK, Calendar, calendar, week_starts
from finopsguard.detection.gates import material_drop, material_rise
from finopsguard.detection.medians import robust_scale, rolling_median
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig, Expected, Kind
from finopsguard.detection.monthly import recurring_fee, surplus
from finopsguard.errors import InvalidInput

HISTORY_WEEKS = 12
SOFTENER = 3.0
"""USD added to both sides of a ratio: below a few dollars a day relative changes mean nothing."""
THRESHOLD = 5.0

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


def log_ratio(actual: Array, expected: Array) -> Array:
    return np.log((actual + SOFTENER) / (expected + SOFTENER))


def judge_week(
    cost: Array,
    raw: Array,
    cal: Calendar,
    monday: int,
    start: int,
    stop: int,
    complete: int,
    config: DetectionConfig,
    out: Verdicts,
    at: int,
) -> None:
    """Judge rows start..stop of `cost` (days, series) with a profile fitted on rows before `monday`."""
    weeks = min(HISTORY_WEEKS, monday // WEEK)
    if weeks < 2:
        return
    lo = monday - weeks * WEEK
    fitted = weeks * WEEK
    h = cost[lo:monday]
    alive = h > 0
    age = np.where(alive.any(axis=0), fitted - alive.argmax(axis=0), 0)
    base = fit_baseline(cost[lo:stop], fitted, age)
    f = base.factors()
    # scale
    pad = np.concatenate([base.flat[:3], base.flat[:fitted], base.flat[fitted - 3 : fitted]])
    centre = rolling_median(pad, 7)[6:] * f[:fitted]
    smooth = log_ratio(h, centre)
    s0 = robust_scale(smooth[-56:])
    if fitted >= 28:
        i = np.arange(max(10, fitted - 49), fitted)
        ahead = log_ratio(h[i], base.week_level[i - 4] * f[i])
        s1 = robust_scale(ahead)
        sig = np.maximum(s0, np.minimum(s1, 2.5 * s0 + 0.02))
    else:
        sig = np.maximum(s0, 0.15)
    week, month = base.levels(fitted)
    sig = np.sqrt(sig**2 + 0.045**2 + 0.0625 / (np.maximum(week, month) + SOFTENER))
    sig = np.where(age < 35, np.maximum(sig, 0.2), sig)
    extra = surplus(h, centre, base, sig)
    low3 = np.sort(base.flat[max(0, fitted - 63) : fitted], axis=0)[min(2, fitted - 1)]
    active = h > 0.01
    count = active.sum(axis=0)
    sparse = (count < 0.8 * np.maximum(age, 1)) & (count >= 2)
    logs = np.where(active, np.log(h + SOFTENER), np.nan)
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mu = np.nanmedian(logs, axis=0)
            sg = np.maximum(
                1.4826 * np.nanmedian(np.abs(logs - mu), axis=0),
                (np.nanquantile(logs, 0.9, axis=0) - mu) / 1.2816,
            )
    sg = np.sqrt(np.nan_to_num(sg) ** 2 + 0.15**2 + 0.36 / np.maximum(count, 1))
    for day in range(start, stop):
        k = at + day - start
        r = day - lo
        x = cost[day]
        week, month = base.levels(r)
        top, bottom = np.maximum(week, month) * f[r], np.minimum(week, month) * f[r]
        fee = recurring_fee(extra, cal, day, lo, (age + day - monday) // 31)
        expected = top + 1.1 * fee
        up = log_ratio(x, expected) / sig
        down = np.where(raw[day] < -0.01, 0, log_ratio(x, bottom) / sig)
        ok = (low3 > 0.35 * month) & (age >= 28)
        score = np.where((up > 0) & material_rise(x, expected, config) & (age >= 14), up / THRESHOLD, 0.0)
        kind = np.zeros(len(x), np.int8)
        if day < complete:
            dropped = (down < 0) & ok & material_drop(x, bottom, config) & (down < -THRESHOLD)
            score = np.where(dropped, down / THRESHOLD, score)
            kind[dropped] = DROP
            expected = np.where(dropped, bottom, expected)
        mx = cost[lo:day].max(axis=0)
        z = (np.log(x + SOFTENER) - mu) / sg
        zs = np.minimum(z / 2.5, log_ratio(x, mx) / np.log(1.8))
        zs = np.where(material_rise(x, mx, config), np.maximum(zs, 0), 0)
        score = np.where(sparse, np.nan_to_num(zs), score)
        expected = np.where(sparse, np.maximum(mx, expected), expected)
        kind[sparse] = SPARSE
        if day >= 60:
            fresh = (cost[day - 60 : day - 2].max(axis=0) < 1) & (x >= config.min_usd / 2)
            score = np.where(fresh, 2 + np.log(np.maximum(x, 1)), score)
            expected = np.where(fresh, 0, expected)
            kind[fresh] = NEW
        # sustained
        if r >= 42:
            m5 = rolling_median(base.flat[: r + 1], 5)
            t7 = base.week_level
            ends = np.arange(36, r)
            hist = log_ratio(
                m5[ends], np.median(np.stack([t7[ends - 8], t7[ends - 15], t7[ends - 22]]), axis=0)
            )[:-8]
            sd = robust_scale(hist - np.median(hist, axis=0))
            sd = np.sqrt(np.minimum(sd, 3 * sig) ** 2 + 0.045**2)
            ref = np.maximum(np.median(np.stack([t7[r - 8], t7[r - 15], t7[r - 22]]), axis=0), month)
            zz = log_ratio(m5[r], ref) / sd
            ramp = (m5[r] > m5[r - 5] * 1.04) & (m5[r - 5] > m5[r - 9] * 0.98)
            new = (log_ratio(m5[r - 7], ref) / sd < 2) & (
                np.minimum(base.flat[r - 1], base.flat[r - 2]) > ref * 1.1
            )
            hit = (
                (ramp | new)
                & ~sparse
                & (age >= 42)
                & material_rise(x, ref * f[r], config)
                & (zz > THRESHOLD)
                & (score < 1)
            )
            score = np.where(hit, zz / THRESHOLD, score)
            expected = np.where(hit, ref * f[r], expected)
            kind[hit] = DRIFT
        score[np.abs(score) < 1] = 0
        out.score[k] = score
        out.kind[k] = kind
        out.expected[k] = expected
        lev = np.maximum(week * f[r], 0) + fee
        out.low[k] = np.maximum(0, (lev + SOFTENER) * np.exp(-2 * sig) - SOFTENER)
        out.high[k] = (lev + SOFTENER) * np.exp(2 * sig) - SOFTENER


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
    judged = np.flatnonzero([service not in config.excluded_services for service in services])
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
