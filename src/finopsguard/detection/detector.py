"""From a matrix of daily costs to anomalies.

Days that cannot be told are screened out; the others are judged, calendar week by calendar week, with a
profile fitted on the days before that week and levels from the days before each day. So the verdict on a day
depends on that day and earlier ones only, never on which run asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from finopsguard.detection.calendar import Calendar, calendar, weeks_of
from finopsguard.detection.day import KINDS
from finopsguard.detection.gates import Mask
from finopsguard.detection.heaviness import heaviness
from finopsguard.detection.holidays import excuse_holidays
from finopsguard.detection.memory import Label, Memory, learned_costs, rows_of, silenced
from finopsguard.detection.model import DEFAULT_CONFIG, Anomaly, Array, DetectionConfig
from finopsguard.detection.pooled import Pooled, shared_noise
from finopsguard.detection.profile import fit_profile
from finopsguard.detection.scoring import judge_day
from finopsguard.detection.screen import worth_scoring
from finopsguard.detection.yearly import excuse_last_year
from finopsguard.errors import InvalidInput

BLOCK = 1024
"""Series fitted at a time: the working set of a block stays in the processor's second-level cache."""
LARGEST_USD = 1e15
"""Beyond, it is no cost of a day; single precision is enough below."""
NOTHING_KNOWN: Mapping[Label, Memory] = {}
SAME_STORY_DAYS = 2
"""Flagged days at most this far apart are one story: one quiet day does not end it."""


class Verdicts:
    """Verdicts on consecutive days; every array is (series, days)."""

    def __init__(self, series: int, days: int) -> None:
        self.score = np.zeros((series, days), np.float32)
        self.expected = np.zeros((series, days), np.float32)
        self.kind = np.zeros((series, days), np.int8)


@dataclass(frozen=True, slots=True)
class Question:
    """What is judged, and by what: costs (series, days), the same as they are `learned` from, and their services."""

    costs: Array
    learned: Array
    services: Sequence[str]
    calendar: Calendar
    first: int
    """Index of the first judged day."""
    complete: int
    """Index of the first day that may still grow."""
    config: DetectionConfig


def judge(asked: Question, chosen: Mask) -> Verdicts:
    """Judge the days where `chosen` (series, judged days).

    Young series that may have risen are judged once more by what their service knows of noise. These are few, and so
    are the services that must be looked at.
    """
    first, days = asked.first, len(asked.calendar)
    verdicts = Verdicts(len(chosen), days - first)
    for monday, start, stop in weeks_of(asked.calendar, first, days):
        where = chosen[:, start - first : stop - first]
        heavy = heaviness(asked.costs, monday) if where.any() else 0.0
        unsure = judge_week(asked, verdicts, (monday, start, stop), where, heavy)
        if unsure.any():
            rows = np.flatnonzero(unsure.any(axis=1))
            shared = shared_noise(asked.costs, asked.services, monday, rows)
            unsure[rows[shared.degrees <= 0]] = False
            judge_week(asked, verdicts, (monday, start, stop), unsure, heavy, shared.of(shared.degrees > 0))
    return verdicts


def judge_week(
    asked: Question,
    verdicts: Verdicts,
    week: tuple[int, int, int],
    where: Mask,
    heavy: float,
    shared: Pooled | None = None,
) -> Mask:
    """Judge the days (monday, start, stop) of a week `where` (series, days of it), with how `heavy` tails are and with
    what the services of these series share; says where more should be known of a series' noise.
    """
    monday, start, stop = week
    unsure = np.zeros_like(where)
    series = np.flatnonzero(where.any(axis=1))
    for places in np.array_split(np.arange(len(series)), -(-len(series) // BLOCK)) if len(series) else []:
        block = series[places]
        net = np.ascontiguousarray(asked.costs[block, :stop].T, dtype=np.float32)
        known = net
        if asked.learned is not asked.costs:
            known = np.ascontiguousarray(asked.learned[block, :stop].T, dtype=np.float32)
        profile = fit_profile(known, asked.calendar, monday, stop, net, shared and shared.of(places), heavy)
        if profile is None:
            continue
        for day in range(start, stop):
            verdict = judge_day(profile, asked.calendar, day, day < asked.complete, asked.config)
            excuse_last_year(verdict, asked.calendar, day, net[day], known, profile.sigma, asked.config)
            here, column = where[block, day - start], day - asked.first
            rows = block[here]
            verdicts.score[rows, column] = verdict.score[here]
            verdicts.expected[rows, column] = verdict.expected[here]
            verdicts.kind[rows, column] = verdict.kind[here]
            unsure[rows, day - start] = verdict.unsure[here]
    return unsure


def checked(costs: Array, **labels: Sequence[str]) -> Array:
    """The costs as a float64 matrix. Raises InvalidInput for what cannot be judged."""
    matrix = np.asarray(costs, dtype=np.float64)
    if matrix.ndim != 2:
        raise InvalidInput(f"costs must be a (series, days) matrix, got {matrix.ndim} dimensions")
    # Comparisons with NaN are false, so two passes find everything that is not an amount of money.
    if matrix.size and not (matrix.min() > -LARGEST_USD and matrix.max() < LARGEST_USD):
        row, column = np.argwhere(~(np.abs(matrix) < LARGEST_USD))[0]
        raise InvalidInput(
            f"costs[{row}, {column}] is {matrix[row, column]}, not a finite amount of money; "
            "leave out a series that was not read in full"
        )
    for name, values in labels.items():
        if len(values) != len(matrix):
            raise InvalidInput(f"{name} has {len(values)} labels for {len(matrix)} series")
    return matrix


def stories(score: Sequence[float]) -> Iterator[tuple[list[int], int]]:
    """Runs of flagged days of one series: (indices of the days, direction)."""
    for direction in (1, -1):
        story: list[int] = []
        for day, value in enumerate(score):
            if value * direction <= 0:
                continue
            if story and day - story[-1] > SAME_STORY_DAYS:
                yield story, direction
                story = []
            story.append(day)
        if story:
            yield story, direction


def detect(
    costs: Array,
    first_day: date,
    *,
    accounts: Sequence[str],
    services: Sequence[str],
    config: DetectionConfig = DEFAULT_CONFIG,
    window: int = 3,
    complete_until: date | None = None,
    memory: Mapping[Label, Memory] = NOTHING_KNOWN,
) -> list[Anomaly]:
    """Anomalies of the newest `window` days, largest impact first.

    `costs`: (series, days) USD, newest day last; row i is `accounts[i]`, `services[i]`. Two weeks of history
    are the least; a hundred days show monthly fees. Days on or after `complete_until` may still grow: rises
    are judged on them (a day that is not complete can hide an excess, never invent one), drops are not. None:
    the newest day only. `memory` holds what is known of a series, by (account, service): it changes that series only.
    Raises InvalidInput for a wrong shape, labels that do not match, NaN or infinity.
    """
    matrix = checked(costs, accounts=accounts, services=services)
    series, days = matrix.shape
    if window < 1:
        raise InvalidInput("window must be at least 1 day")
    if series == 0 or days == 0:
        return []
    first = max(0, days - window)
    complete = days - 1 if complete_until is None else (complete_until - first_day).days
    known = rows_of(memory, accounts, services)
    learned = learned_costs(matrix, first_day, known)
    chosen = worth_scoring(matrix, first, complete, config, learned)
    if config.excluded_services:
        chosen[[service in config.excluded_services for service in services]] = False
    asked = Question(matrix, learned, services, calendar(first_day, days), first, complete, config)
    verdicts = judge(asked, chosen)
    excuse_holidays(verdicts.score, matrix, first_day, first, accounts, config)
    if known:
        quiet = silenced(matrix, first_day, first, known, verdicts.score, verdicts.expected)
        verdicts.score[quiet] = 0

    rows = np.flatnonzero(verdicts.score.any(axis=1))
    judged_days = [first_day + timedelta(days=index) for index in range(first, days)]
    found = []
    for row, actual, expected, score, kind in zip(
        rows.tolist(),
        matrix[rows, first:].tolist(),
        verdicts.expected[rows].tolist(),
        verdicts.score[rows].tolist(),
        verdicts.kind[rows].tolist(),
        strict=True,
    ):
        for story, direction in stories(score):
            excess = [actual[day] - expected[day] for day in story]
            peak = max(story, key=lambda day: direction * (actual[day] - expected[day]))
            anomaly = Anomaly(
                series=row,
                account_id=accounts[row],
                service=services[row],
                day=judged_days[peak],
                start=judged_days[story[0]],
                direction=direction,
                actual=actual[peak],
                expected=expected[peak],
                impact=sum(excess),
                score=abs(score[peak]),
                kind=KINDS[kind[peak]],
                excess_by_day=tuple(zip((judged_days[day] for day in story), excess, strict=True)),
            )
            found.append(anomaly)
    return sorted(found, key=lambda anomaly: (-abs(anomaly.impact), anomaly.series, anomaly.day))
