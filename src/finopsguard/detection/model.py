"""What goes in and comes out: the customer's policy, an anomaly, the expected costs."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from finopsguard.errors import InvalidInput

Array = NDArray[np.floating[Any]]
Days = NDArray[np.int64]
Kind = Literal["spike", "shift", "drift", "new", "drop", "sparse"]


@dataclass(frozen=True)
class DetectionConfig:
    """The customer's policy. The defaults need no tuning; amounts are USD a day, percentages are fractions.

    A rise is material at `min_usd` and `min_pct` above the expected cost, or at `large_usd` and `large_pct`.
    A drop is material at `drop_usd` and `drop_pct` below. `sensitivity` 2.0 halves the statistical threshold,
    0.5 doubles it; it never moves the dollar gates. `quiet_days` and `growth_factor` rule when an open
    incident may be notified again. `excluded_services` are never judged.
    """

    min_usd: float = 10.0
    min_pct: float = 0.20
    large_usd: float = 200.0
    large_pct: float = 0.10
    drop_usd: float = 20.0
    drop_pct: float = 0.85
    sensitivity: float = 1.0
    quiet_days: int = 14
    growth_factor: float = 6.0
    excluded_services: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("min_usd", "min_pct", "large_usd", "large_pct", "drop_usd"):
            if not getattr(self, name) >= 0 or getattr(self, name) == float("inf"):
                raise InvalidInput(f"{name} must be a finite number of at least 0")
        if not 0 < self.drop_pct <= 1:
            raise InvalidInput("drop_pct must be above 0 and at most 1 (0.85: the cost fell by 85 %)")
        if not 0 < self.sensitivity < float("inf"):
            raise InvalidInput("sensitivity must be above 0; 1.0 is the default, 2.0 alerts more, 0.5 less")
        if self.quiet_days < 0 or self.growth_factor < 1:
            raise InvalidInput("quiet_days must be at least 0 and growth_factor at least 1")
        object.__setattr__(self, "excluded_services", frozenset(self.excluded_services))


DEFAULT_CONFIG = DetectionConfig()


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One series (row) that costs more or less than it should.

    `day` is the day that deviates most, `start` the first day of the same story, `actual` and `expected`
    belong to `day`, `impact` is the USD above (positive) or below (negative) expectation from `start` to the
    newest day that deviates. `score` is in multiples of the alert threshold: 1.0 is the smallest score that
    alerts. `excess_by_day` splits `impact`.
    """

    series: int
    account_id: str
    service: str
    day: date
    start: date
    direction: int
    actual: float
    expected: float
    impact: float
    score: float
    kind: Kind
    excess_by_day: tuple[tuple[date, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected cost and band of every series for the newest days: three arrays (series, days), USD, newest
    day last.

    Each day is forecast from the days before it only. Where there is too little history to say anything all
    three are NaN.
    """

    level: Array
    low: Array
    high: Array
