"""Every UTC day is in exactly one daily and one weekly report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from finopsguard.config import PlanSettings
from finopsguard.costs import periods
from finopsguard.models.ledger import CoveredDays
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import Period, ReportName, Run
from tests.sweeps import examples, exhaustive, sampled, share
from tests.truth.days import DAY, FIRST, LAST, WEEK, Stack, assert_each_once, dates, due, told


def test_sydney_at_ten() -> None:
    """3 April 2026 was in no daily report, and 5 October 2025 got none."""
    for first, missing in ((date(2026, 3, 30), date(2026, 4, 3)), (date(2025, 9, 30), date(2025, 10, 5))):
        stack = Stack("Australia/Sydney")
        runs = [
            stack.report("daily", each)
            for each in due(dates(first, first + 12 * DAY), time(10), "Australia/Sydney")
        ]
        assert [run.period.days for run in runs] == [1] * 12
        assert [run.period.start for run in runs] == dates(first - 3 * DAY, first + 9 * DAY)
        assert told(runs)[missing] == 1


def test_sydney_every_monday_at_ten() -> None:
    """Weeks were 22 to 28 March, then 30 March to 5 April: the 29th was in none."""
    stack = Stack("Australia/Sydney")
    mondays = dates(date(2026, 3, 16), date(2026, 5, 4), WEEK)
    runs = [stack.report("weekly", each) for each in due(mondays, time(10), "Australia/Sydney")]
    assert {(run.period.start.weekday(), run.period.days) for run in runs} == {(6, 7)}
    assert told(runs)[date(2026, 3, 29)] == 1
    assert_each_once(runs)


def test_madrid_at_half_past_one() -> None:
    """25 October 2025 was lost."""
    stack = Stack("Europe/Madrid")
    days = dates(date(2025, 10, 20), date(2025, 11, 3))
    runs = [stack.report("daily", each) for each in due(days, time(1, 30), "Europe/Madrid")]
    assert [run.period.start for run in runs] == [day - 3 * DAY for day in days]
    assert told(runs)[date(2025, 10, 25)] == 1


def test_tokyo_at_eight_has_weeks_from_sunday_to_saturday() -> None:
    stack = Stack("Asia/Tokyo")
    runs = [
        stack.report("weekly", each)
        for each in due(dates(date(2026, 11, 2), date(2026, 12, 14), WEEK), time(8), "Asia/Tokyo")
    ]
    assert {run.period.start.weekday() for run in runs} == {6}
    assert_each_once(runs)
    assert runs[0].run_id == "weekly-2026-10-25"


def test_a_daily_report_is_always_of_a_settled_day() -> None:
    for zone in ("UTC", "Europe/Madrid", "Australia/Sydney", "Pacific/Kiritimati", "Pacific/Niue"):
        for at in share((time(0, 30), time(9), time(23, 59)), every=2):
            for moment in due(dates(date(2026, 1, 1), date(2027, 1, 1), 13 * DAY), at, zone):
                run = Stack(zone).plan("daily", moment)
                age = moment - datetime.combine(run.period.end, time(), UTC)
                assert timedelta(hours=24) <= age < timedelta(hours=50), (zone, moment)
                assert run.window.end > run.period.end
                assert datetime.combine(run.window.end, time(), UTC) <= moment


# ---- every zone, two years -------------------------------------------------------------------------------------------


@cache
def zones() -> list[str]:
    """One name of each kind of clock in these years."""
    kinds: dict[tuple[timedelta | None, ...], str] = {}
    noons = [datetime.combine(day, time(12)) for day in dates(FIRST - 30 * WEEK, LAST)]
    for name in sorted(available_timezones() - {"localtime"}):
        kinds.setdefault(tuple(map(ZoneInfo(name).utcoffset, noons)), name)
    return sorted(kinds.values())


def row(report: ReportName, zone: str, moments: Iterable[datetime], settle_hours: int) -> list[Run]:
    """Planned and delivered one after another. The newest delivered report is all that the ledger gives here."""
    settings = PlanSettings.from_env(
        {"FINOPSGUARD_TIMEZONE": zone, "FINOPSGUARD_SETTLE_HOURS": str(settle_hours)}
    )
    runs: list[Run] = []
    newest: CoveredDays | None = None
    for moment in moments:
        regular = periods.plan_run(RunRequest(report, moment), settings, moment)
        run, notes = periods.continued(regular, newest)
        assert "gap_left" not in notes
        newest = CoveredDays(run.run_id, run.period.start, run.period.end, moment)
        runs.append(run)
    return runs


def changes(zone: str) -> list[date]:
    """The days on which the zone's offset changes."""
    at_noon = [datetime.combine(day, time(12), ZoneInfo(zone)) for day in dates(FIRST, LAST)]
    return [new.date() for old, new in pairwise(at_noon) if old.utcoffset() != new.utcoffset()]


@exhaustive(beside="test_every_day_is_in_one_daily_and_one_weekly_report")
def test_a_fixed_local_time_needs_no_ledger_in_any_zone() -> None:
    """Each day's period ends one day after the last one's, unless clocks skip the schedule's own hour."""
    assert len(zones()) > 60
    for zone in zones():
        largest = max(
            datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset() or timedelta()
            for day in dates(FIRST, LAST, WEEK)
        )
        # Where the UTC day begins by the zone's largest offset, and a minute before.
        border = datetime.combine(FIRST, time(), UTC) + largest
        for at in (border.time(), (border - timedelta(minutes=1)).time(), time(9)):
            moments = list(due(dates(FIRST, LAST), at, zone))
            ends = [periods.report_period("daily", moment, zone, 24).end for moment in moments]
            steps = {later - earlier for earlier, later in pairwise(ends)}
            always = len(list(due(changes(zone), at, zone, skip_what_is_not=True))) == len(changes(zone))
            assert steps == {DAY} or not always, (zone, at)


@given(
    zone=st.deferred(lambda: st.sampled_from(zones())),  # two seconds that collecting does not need
    at=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    settle_hours=st.sampled_from([0, 6, 24, 48, 168]),
    skip=st.booleans(),
    weekday=st.integers(0, 6),
)
@hypothesis_settings(max_examples=examples(40))
def test_every_day_is_in_one_daily_and_one_weekly_report(
    zone: str, at: time, settle_hours: int, skip: bool, weekday: int
) -> None:
    daily = row("daily", zone, due(dates(FIRST, LAST), at, zone, skip_what_is_not=skip), settle_hours)
    assert_each_once(daily)
    first = FIRST + weekday * DAY
    weekly = row("weekly", zone, due(dates(first, LAST, WEEK), at, zone, skip_what_is_not=skip), settle_hours)
    assert_each_once(weekly)
    assert all(run.period.end <= run.window.end for run in [*daily, *weekly])


@sampled(every=2)
@pytest.mark.parametrize("skip", [False, True], ids=["moved", "left out"])
def test_every_zone_at_the_hours_where_clocks_change(skip: bool) -> None:
    for zone in zones():
        for changed in changes(zone):
            for at in (time(0, 30), time(1, 30), time(2, 30), time(3, 30), time(10)):
                around = dates(changed - 4 * DAY, changed + 4 * DAY)
                assert_each_once(row("daily", zone, due(around, at, zone, skip_what_is_not=skip), 24))
                mondays = dates(changed - 3 * WEEK, changed + 3 * WEEK, WEEK)
                assert_each_once(row("weekly", zone, due(mondays, at, zone, skip_what_is_not=skip), 24))


@given(
    missed=st.sets(st.integers(1, 59), max_size=25),
    settle=st.lists(st.sampled_from([0, 12, 24, 48]), min_size=60, max_size=60),
    hours=st.lists(st.integers(0, 23), min_size=60, max_size=60),
)
@hypothesis_settings(max_examples=examples(20))
def test_missed_runs_and_changed_schedules_lose_and_repeat_nothing_that_a_report_can_hold(
    missed: set[int], settle: list[int], hours: list[int]
) -> None:
    stack, runs = Stack("Europe/Madrid"), []
    for number, day in enumerate(dates(date(2026, 3, 1), date(2026, 4, 30))):
        if number in missed:
            continue
        stack.env["FINOPSGUARD_SETTLE_HOURS"] = str(settle[number])
        (moment,) = due([day], time(hours[number]), "Europe/Madrid")
        runs.append(stack.report("daily", moment))
    counted = told(runs)
    assert set(counted.values()) == {1}
    left = {day for day in Period(min(counted), max(counted) + DAY).dates() if day not in counted}
    assert bool(left) == any("gap_left" in notes for notes in stack.notes)
