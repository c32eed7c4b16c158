"""What was told is remembered: by the detector, by an incident's own expectation and by the headline's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from finopsguard.detection import Memory
from finopsguard.incidents.known import memory_of
from finopsguard.models.anomaly import AnomalyKind, Ending
from finopsguard.models.incident import Incident, IncidentDay, Member
from finopsguard.store.memory import MemoryStore
from tests.sweeps import sampled
from tests.unit.detection.helpers import ACCOUNT, Costs, day, series
from tests.unit.incidents.replayed import replayed
from tests.unit.incidents.reports import END, report_of, steady

LENGTH = 206
LAST = 200
"""The day of interest: five weeks before the twelve weeks of the first storm are over, at the earliest."""
EC2 = (ACCOUNT, "EC2")


def noisy(noise: float = 0.02) -> Costs:
    """$300 a day."""
    return 300 * np.exp(noise * np.random.default_rng(3).normal(size=LENGTH))


def told(costs: Costs, days: int) -> list[tuple[date, str, date, date]]:
    """(first day, why, first day, last day) of each message and end of the newest `days` daily reports."""
    return [
        (today, incident.ended or incident.status, incident.start, incident.last_day)
        for today, incident in replayed(series(costs[None]), days)
        if incident.notify or incident.closed_on == today
    ]


def starts(costs: Costs, days: int) -> list[date]:
    return [start for _, why, start, _ in told(costs, days) if why == "new"]


# ---- by replay: what reports tell -----------------------------------------------------------------------------------


@sampled(every=3)
@pytest.mark.parametrize("weeks", [1, 5, 11])
def test_after_an_incident_of_four_times_the_cost_half_as_much_again_is_told(weeks: int) -> None:
    costs = noisy()
    storm = LAST - 7 * weeks
    costs[storm : storm + 2] *= 4
    costs[LAST] *= 1.5
    assert starts(costs, 7 * weeks + 6) == [day(storm), day(LAST)]


def test_storms_that_are_weeks_apart_are_each_told_and_blind_to_nothing() -> None:
    """Without memory the third is missed: two earlier ones of twelve weeks are how the series is."""
    costs = noisy()
    storms = [119, 154, 190]
    for storm in storms:
        costs[storm : storm + 2] *= 4
    costs[LAST] *= 1.5
    assert starts(costs, 88) == [day(each) for each in (*storms, LAST)]


def test_what_rises_every_second_week_is_told_three_times_and_is_then_how_it_is() -> None:
    costs = noisy()
    rises = range(123, LAST, 14)
    for rise in rises:
        costs[rise] *= 2
    assert starts(costs, 85) == [day(each) for each in list(rises)[:3]]


def test_a_giant_that_was_told_does_not_hide_a_smaller_one() -> None:
    rng = np.random.default_rng(3)
    costs = np.where(rng.random(LENGTH) < 0.3, 40 * np.exp(0.2 * rng.normal(size=LENGTH)), 0)
    costs[160], costs[190] = 900, 500
    assert starts(costs, 50) == [day(160), day(190)]


def test_a_level_that_was_accepted_is_not_told_again_on_its_weekends_and_what_rises_from_it_is() -> None:
    """Weekends cost two thirds, and what came on top costs the same on every day."""
    costs = noisy(0.04) * np.where(np.arange(LENGTH) % 7 >= 5, 0.66, 1.0)
    costs[150:] += 900
    costs[LAST] *= 1.5
    found = told(costs, 60)
    assert [(why, start) for _, why, start, _ in found][:3] == [
        ("new", day(150)),
        ("new_level", day(150)),
        ("new", day(LAST)),
    ]
    assert found[1][0] == day(151 + 14), "two weeks after it was told"


# ---- what the life says ---------------------------------------------------------------------------------------------


def story(
    first: int,
    last: int,
    *,
    closed: int | None = None,
    ended: Ending | None = None,
    direction: int = 1,
    kind: AnomalyKind = "spike",
) -> Incident:
    """A story of EC2 from one day to another; in the middle nothing deviates."""
    usd = Decimal(direction * 100)
    days = {
        day(index): IncidentDay(Decimal(200), Decimal(100), None, None, usd)
        for index in sorted({first, last})
    }
    return Incident(
        id=f"{ACCOUNT}/{day(first)}/{direction}",
        account_id=ACCOUNT,
        direction=1 if direction > 0 else -1,
        kind=kind,
        start=day(first),
        last_seen=day(last),
        members=(Member("EC2", day(first), days),),
        status="resolved" if ended else "continuing",
        told_on=day(first + 1),
        told_rate=Decimal(100),
        closed_on=None if closed is None else day(closed),
        ended=ended,
    )


def back(first: int, last: int, direction: int = 1, kind: AnomalyKind = "spike") -> Incident:
    return story(first, last, closed=last + 3, ended="back", direction=direction, kind=kind)


def spans(*pairs: tuple[int, int]) -> Memory:
    return Memory(told=tuple((day(first), day(last)) for first, last in pairs))


@pytest.mark.parametrize(
    ("life", "memory"),
    [
        ([story(10, 12)], Memory(told=((day(10), date.max),))),
        ([back(10, 12)], spans((10, 12))),
        ([story(10, 24, closed=25, ended="new_level")], Memory(accepted=(day(10),))),
        ([back(10, 12), back(45, 46)], spans((10, 12), (45, 46))),
        # Three within eight weeks, and not quite.
        ([back(10, 12), back(45, 46), back(65, 66)], Memory()),
        ([back(10, 12), back(45, 46), back(66, 67)], spans((10, 12), (45, 46), (66, 67))),
        ([back(10, 12), back(75, 77), back(85, 86), back(96, 97)], spans((10, 12))),
        ([back(10, 12), back(45, 46, -1), back(65, 66)], spans((10, 12), (45, 46), (65, 66))),
        # One day, of a level and of bursts.
        ([back(10, 10)], Memory()),
        ([back(10, 10, kind="sparse")], spans((10, 10))),
        # The 15th and the 17th, the 15th two months later; the turn of a month.
        ([back(10, 12), back(43, 44)], Memory()),
        ([back(10, 12), back(71, 72)], Memory()),
        ([back(26, 28)], Memory()),
        ([back(29, 31)], Memory()),
        ([back(30, 31)], spans((30, 31))),
        (
            [back(10, 12), story(36, 50, closed=51, ended="new_level"), back(62, 63)],
            Memory(told=((day(10), day(12)), (day(62), day(63))), accepted=(day(36),)),
        ),
        # Its data ended, so nobody saw it come back.
        ([story(10, 12, closed=26, ended="new_level")], spans((10, 12))),
    ],
)
def test_what_the_life_tells_the_detector(life: Sequence[Incident], memory: Memory) -> None:
    assert memory_of(life) == {EC2: memory}


# ---- one rule for headline and verdict ------------------------------------------------------------------------------


def test_what_was_told_last_week_is_not_expected_this_week() -> None:
    """A rise that goes on since six days: the level of a week is its own, and the headline expects what was before."""
    costs = steady(days=120)
    for back_days in range(1, 7):
        costs[-back_days] += 70
    store = MemoryStore()
    ends = [END - timedelta(days=4), END]
    report = [report_of("daily", {"Amazon EC2": costs}, store, end=end) for end in ends][-1]
    (line,) = report.anomalies
    assert line.status == "continuing"
    (yesterday,) = [each for each in report.daily if each.date == line.day]
    assert yesterday.expected is not None
    assert float(yesterday.expected) == pytest.approx(float(line.expected), rel=0.03)
    assert float(yesterday.usage - yesterday.expected) == pytest.approx(70, rel=0.05)
