"""How sensitive the detector may be for one Organization, learned from its own past without labels.

The newest weeks are judged once for each sensitivity. An alert of one day that was back at its level on the next one,
and that nobody would ask about, is taken for noise: how many of these a more sensitive policy adds is its price. Some
of them are small incidents, so their number says little, and what is added is rather too much than too little. Proposed
is the largest sensitivity that adds next to none. What dollar gates would tell is replayed (`incidents/gates.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Literal

import numpy as np

from finopsguard.detection.calendar import WEEK
from finopsguard.detection.detector import checked, detect
from finopsguard.detection.gates import material_rise
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig
from finopsguard.errors import InvalidInput

STEPS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 1.75, 2.0)
"""The sensitivities that are tried. Below the default the curve shows what would be lost; it is never proposed."""
MORE_NOISE = 0.03
"""So many alerts of noise for 1000 series-days may be added."""
SAME_MESSAGE_DAYS = 1
"""Services of one account that begin so close to each other are one message (`incidents/rules.py`)."""

Reason = Literal["measured", "too_few"]
"""Whether the past is long and wide enough to see MORE_NOISE at all; if not, the default is proposed."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one sensitivity would have told in the judged days.

    `alerts` are stories of one series, `noise` are those of them that are noise, `messages` are stories of one account.
    `usd` is what the days cost above (or below) expectation that are told here and not by the default; negative: told
    by the default and not here.
    """

    sensitivity: float
    messages: int
    alerts: int
    noise: int
    usd: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curve, by rising sensitivity, and the proposal."""

    days: int
    series_days: int
    steps: tuple[Step, ...]
    sensitivity: float
    reason: Reason

    def a_week(self, count: int) -> float:
        """A number of the judged days, by week."""
        return count * WEEK / self.days

    def per_1000(self, count: int) -> float:
        """A number of the judged days, by 1000 series-days."""
        return 1000 * count / max(self.series_days, 1)


def calibrate(
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    config: DetectionConfig = DEFAULT_CONFIG,
    days: int = 60,
) -> Calibration:
    """Judges the newest `days` days at each sensitivity of STEPS and proposes one.

    Costs and labels as `detect` takes them; all else of the policy is that of `config`. Six weeks of history before the
    judged days are the least that says something. Raises InvalidInput for a wrong shape, labels that do not match, NaN
    or infinity, and no day.
    """
    matrix = checked(costs, accounts=accounts, services=services)
    days = min(days, matrix.shape[1])
    if days < 1:
        raise InvalidInput("days must be above 0")
    # All series each time: what they share (noise, holidays) is not known of a part of them.
    found = {
        sensitivity: detect(
            matrix,
            first_day,
            accounts=accounts,
            services=services,
            config=replace(config, sensitivity=sensitivity),
            window=days,
        )
        for sensitivity in STEPS
    }
    usual = told_days(found[DEFAULT_CONFIG.sensitivity])
    steps = tuple(
        Step(
            sensitivity,
            len(peaks(found[sensitivity])),
            len(found[sensitivity]),
            sum(is_noise(each, matrix, first_day, config) for each in found[sensitivity]),
            added(told_days(found[sensitivity]), usual),
        )
        for sensitivity in STEPS
    )
    series_days = days * int((matrix[:, -days:] > 0).any(axis=1).sum())
    sensitivity, reason = proposal(steps, series_days)
    return Calibration(days, series_days, steps, sensitivity, reason)


def proposal(steps: Sequence[Step], series_days: int) -> tuple[float, Reason]:
    """The largest sensitivity up to which no step adds more than MORE_NOISE to the default."""
    default = next(step for step in steps if step.sensitivity == DEFAULT_CONFIG.sensitivity)
    allowed = MORE_NOISE * series_days / 1000
    if allowed < 1:
        return default.sensitivity, "too_few"
    above = (step for step in steps if step.sensitivity >= default.sensitivity)
    fits = takewhile(lambda step: step.noise <= default.noise + allowed, above)
    return max(step.sensitivity for step in fits), "measured"


def is_noise(anomaly: Anomaly, costs: Array, first_day: date, config: DetectionConfig) -> bool:
    """True for a rise of one day, back at its level on the next one, that did not double a large cost.

    The level of the next day is what was expected, or that weekday's cost of the week before. The newest day is none:
    nobody knows how it goes on.
    """
    after = (anomaly.day - first_day).days + 1
    if anomaly.direction < 0 or len(anomaly.excess_by_day) > 1 or after >= costs.shape[1]:
        return False
    cost = costs[anomaly.series]
    level = np.maximum(anomaly.expected, cost[after - WEEK] if after >= WEEK else 0.0)
    if material_rise(cost[after : after + 1], level, config)[0]:
        return False
    return anomaly.impact < max(config.large_usd, anomaly.expected)


def told_days(found: Iterable[Anomaly]) -> dict[tuple[int, date], float]:
    """USD away from expectation, absolute, by series and day."""
    return {(each.series, day): abs(usd) for each in found for day, usd in each.excess_by_day}


def added(here: dict[tuple[int, date], float], usual: dict[tuple[int, date], float]) -> float:
    """USD of the days that are told here and not usually, less those that are told usually and not here."""
    more = sum(usd for day, usd in here.items() if day not in usual)
    return more - sum(usd for day, usd in usual.items() if day not in here)


def peaks(found: Iterable[Anomaly]) -> list[float]:
    """The largest day of each message, USD away from expectation: the services of an account that began together."""
    begun: dict[tuple[str, int], tuple[date, int]] = {}
    out: list[float] = []
    for each in sorted(found, key=lambda anomaly: anomaly.start):
        largest = max(abs(usd) for _, usd in each.excess_by_day)
        start, place = begun.get((each.account_id, each.direction), (date.min, -1))
        if (each.start - start).days <= SAME_MESSAGE_DAYS:
            out[place] = max(out[place], largest)
        else:
            begun[each.account_id, each.direction] = each.start, len(out)
            out.append(largest)
    return out
