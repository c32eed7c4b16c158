"""The product with one of its rules removed, for `--ablation`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

import numpy as np

from benchmarks.detection.labels import Array
from finopsguard.detection import (
    arrivals,
    baseline,
    day,
    detector,
    drops,
    evidence,
    monthly,
    places,
    profile,
    scale,
    scoring,
    sustained,
)
from finopsguard.detection.day import Day
from finopsguard.detection.gates import Mask
from finopsguard.detection.model import Days
from finopsguard.detection.monthly import MonthlyFee

NEVER = 1e9


@contextmanager
def changed(module: ModuleType, **names: object) -> Iterator[None]:
    """Names of a module replaced for a while."""
    before = {name: getattr(module, name) for name in names}
    for name, value in names.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def no_fee(surplus: Array, *_: object) -> MonthlyFee:
    """No time of the month brings anything."""
    nothing = np.zeros_like(surplus[0])
    return MonthlyFee(nothing, nothing, np.zeros(len(nothing), np.int64), nothing)


def flat_week(weeks: Array, *_: object) -> Array:
    """All weekdays alike."""
    return np.ones_like(weeks[0])


def nothing_sparse(cost: Array, *_: object) -> Mask:
    """No series is one of bursts."""
    return np.zeros(cost.shape[1], np.bool_)


def nothing_again(surplus: Array, _calendar: object, _first: int, rows: Array) -> Array:
    """No month brings what another brought."""
    return np.zeros((len(rows), surplus.shape[1]), surplus.dtype)


def largest(rows: Sequence[Array]) -> Array:
    """One week makes a level the series' own."""
    return np.asarray(np.maximum.reduce(rows))


def no_tier(*arguments: Array) -> Array:
    """No time of the month is dear every month."""
    *_, sigma, _age = arguments
    return np.zeros_like(sigma)


def never_low(cost: Array, *_: object) -> Mask:
    """No time of the month is cheap every month."""
    return np.zeros(cost.shape[1], np.bool_)


def always_at_work(weeks: Array, _: object) -> Mask:
    """No weekday is idle."""
    return np.zeros(weeks.shape[1:], np.bool_)


def cost_today(day: Day) -> Array:
    """Today alone makes a slow rise material."""
    return np.asarray(day.cost)


def no_tails(*_: object) -> float:
    """Noise is normal."""
    return 0.0


def no_past(day: Day, columns: Days) -> tuple[Array, Array]:
    """Nothing is known of the statistic in the past."""
    nothing = np.zeros((len(evidence.LENGTHS), len(columns)), day.cost.dtype)
    return nothing, nothing + 1


Without = Callable[[], AbstractContextManager[None]]

ABLATIONS: dict[str, Without] = {
    "(none)": lambda: changed(scoring),
    "weekday factors": lambda: changed(baseline, weekday_factors=flat_week),
    "idle weekdays": lambda: changed(baseline, idle_weekdays=always_at_work),
    "monthly fees": lambda: changed(day, monthly_fee=no_fee),
    "a fallen level may come back": lambda: changed(baseline, FALLEN=0.0),
    "a level held for three weeks is its own": lambda: changed(baseline, third_largest=largest),
    "charges of the month are no blips": lambda: changed(profile, other_months=nothing_again),
    "jobs on a weekday of the month": lambda: changed(places, STEADY=NEVER),
    "two stories of the past were told": lambda: changed(profile, TOLD=1),
    "prices that begin anew": lambda: changed(day, usual_again=no_tier),
    "lows of every month": lambda: changed(drops, low_again=never_low),
    "what comes back after four weeks": lambda: changed(arrivals, RETURN_SILENCE=100_000),
    "record of past blips": lambda: changed(scoring, RECORD_ROOM=1e-9),
    "room for heavy tails": lambda: changed(detector, heaviness=no_tails),
    "people who come in at times": lambda: changed(day, VISIT_PART=NEVER),
    "two days in a row": lambda: changed(scoring, PAIR_SCALES=NEVER),
    "slow rises": lambda: changed(scoring, SLOW_SCALES=NEVER),
    "drift on one basis": lambda: changed(scoring, lasting_cost=cost_today),
    "evidence over days in noise": lambda: changed(evidence, NOISY_FROM=NEVER),
    "evidence by the normal case alone": lambda: changed(evidence, of_the_past=no_past),
    "evidence without noise too": lambda: changed(evidence, NOISY_FROM=0.0),
    "noise shared by a service": lambda: changed(scoring, POOLED_AGE=0),
    "a slow rise must be going on": lambda: changed(sustained, RECENT_SHARE=-NEVER),
    "burst series apart": lambda: changed(profile, is_sparse=nothing_sparse),
    "noisy series by their record": lambda: changed(scoring, NOISY=NEVER),
    "jumps of a monthly fee": lambda: changed(monthly, ONCE_A_MONTH=0.0),
    "last weeks of a young series": lambda: changed(day, RHYTHM_AGE=0),
    "noise floor": lambda: changed(scale, FLOOR=0.0, GRAIN=0.0),
    "weeks off of a job are no fall": lambda: changed(drops, COMMON_PART=NEVER),
    "drops below anything before": lambda: changed(drops, DROP_DAYS=3),
}
