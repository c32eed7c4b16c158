"""Every UTC day is in exactly one daily and one weekly report, and says whether it is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.config import PlanSettings
from finopsguard.costs import periods
from finopsguard.costs.table import to_parquet
from finopsguard.errors import InvalidInput
from finopsguard.models.ledger import CoveredDays
from finopsguard.models.messages import BatchCosts, FetchedCosts, Message, RunRequest, TeamsMessage
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, Period, ReportName, Run
from finopsguard.ports import CostRow, ListedAccount
from finopsguard.report.story import Story
from finopsguard.steps import aggregate_costs, post_to_teams, resolve_accounts
from finopsguard.store import documents
from tests.unit.fakes import FakeOrganization, FakePorts, MemoryStore, both_kinds, call

MONDAY = date(2026, 11, 23)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FIRST, LAST = date(2025, 1, 1), date(2027, 1, 1)


# ---- the row of reports ----------------------------------------------------------------------------------------------


def due(days: Iterable[date], at: time, zone: str, *, skip_what_is_not: bool = False) -> Iterator[datetime]:
    """When EventBridge Scheduler starts: at a local time, which is moved (or left out) where clocks skip it."""
    for day in days:
        wall = datetime.combine(day, at, ZoneInfo(zone))
        moment = wall.astimezone(UTC)
        back = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if not skip_what_is_not or back == wall.replace(tzinfo=None):
            yield moment


def dates(first: date, last: date, step: timedelta = DAY) -> list[date]:
    return [first + number * step for number in range((last - first) // step)]


class Stack:
    """A deployed stack as far as days go: plans, delivers, and keeps its store."""

    def __init__(self, zone: str = "UTC", **env: str) -> None:
        self.store = MemoryStore()
        self.env = {"FINOPSGUARD_TIMEZONE": zone, "FINOPSGUARD_LANGUAGE": "en", **env}
        self.notes: list[tuple[str, ...]] = []

    def plan(self, report: ReportName, scheduled: datetime, *, continues: bool = True) -> Run:
        organization = FakeOrganization([ListedAccount("111111111111", "shop", "ACTIVE", ("r-ab12",))])
        ports = FakePorts(self.env, organization=organization, store=self.store, clock=lambda: scheduled)
        plan = call(resolve_accounts.run, RunRequest(report, scheduled, "", continues), ports)
        self.notes.append(plan.notes)
        return plan.run

    def deliver(self, run: Run) -> str:
        self.store.write("body", b"{}")
        ports = FakePorts(self.env, store=self.store, clock=lambda: run.scheduled_time)
        return call(post_to_teams.run, TeamsMessage(run, Message("teams", "body", 2)), ports).status

    def report(self, report: ReportName, scheduled: datetime, *, continues: bool = True) -> Run:
        run = self.plan(report, scheduled, continues=continues)
        self.deliver(run)
        return run


def told(runs: Iterable[Run]) -> Counter[date]:
    """How many different reports have each day: a report that is made again is not posted again."""
    by_id = {run.run_id: run.period for run in runs}
    return Counter(day for period in by_id.values() for day in period.dates())


def assert_each_once(runs: Sequence[Run]) -> None:
    counted = told(runs)
    whole = Period(min(counted), max(counted) + DAY)
    assert {day: counted[day] for day in whole.dates() if counted[day] != 1} == {}


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
        for at in (time(0, 30), time(9), time(23, 59)):
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
    for name in sorted(available_timezones() - {"localtime"}):
        zone = ZoneInfo(name)
        kind = tuple(
            datetime.combine(day, time(12), zone).utcoffset() for day in dates(FIRST - 30 * WEEK, LAST)
        )
        kinds.setdefault(kind, name)
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
    zone=st.sampled_from(zones()),
    at=st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    settle_hours=st.sampled_from([0, 6, 24, 48, 168]),
    skip=st.booleans(),
    weekday=st.integers(0, 6),
)
@hypothesis_settings(max_examples=40)
def test_every_day_is_in_one_daily_and_one_weekly_report(
    zone: str, at: time, settle_hours: int, skip: bool, weekday: int
) -> None:
    daily = row("daily", zone, due(dates(FIRST, LAST), at, zone, skip_what_is_not=skip), settle_hours)
    assert_each_once(daily)
    first = FIRST + weekday * DAY
    weekly = row("weekly", zone, due(dates(first, LAST, WEEK), at, zone, skip_what_is_not=skip), settle_hours)
    assert_each_once(weekly)
    assert all(run.period.end <= run.window.end for run in [*daily, *weekly])


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
@hypothesis_settings(max_examples=20)
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


# ---- the ledger ------------------------------------------------------------------------------------------------------


def morning(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def test_the_next_report_covers_what_a_missed_one_would_have_told_and_says_so() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    later = stack.report("daily", morning(MONDAY + 3 * DAY))
    assert later.period == Period(date(2026, 11, 22), date(2026, 11, 25))
    assert later.run_id == "daily-2026-11-22-2026-11-24"
    assert later.previous_period == Period(date(2026, 11, 15), date(2026, 11, 18)), "the same weekdays"
    assert stack.notes == [(), ("gap_covered",)]
    after = stack.report("daily", morning(MONDAY + 4 * DAY))
    assert (after.run_id, stack.notes[-1]) == ("daily-2026-11-25", ())


def test_what_is_too_long_for_one_report_is_said() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    later = stack.report("daily", morning(MONDAY + 30 * DAY))
    assert (later.period.days, later.period.end) == (7, MONDAY + 29 * DAY)
    assert stack.notes[-1] == ("gap_left",)
    stack.report("weekly", morning(MONDAY))
    month = stack.report("weekly", morning(MONDAY + 4 * WEEK))
    assert (month.period.days, stack.notes[-1]) == (28, ("gap_covered",))
    assert month.previous_period == Period(MONDAY - 4 * WEEK, MONDAY)
    year = stack.report("weekly", morning(MONDAY + 52 * WEEK))
    assert (year.period.days, stack.notes[-1]) == (28, ("gap_left",))


def test_a_weekly_report_that_comes_early_or_late_begins_where_the_last_one_ended() -> None:
    stack = Stack()
    stack.report("weekly", morning(MONDAY))
    friday = stack.report("weekly", morning(MONDAY + 4 * DAY))
    assert (friday.run_id, friday.period.days) == ("weekly-2026-11-23-2026-11-26", 4)
    assert friday.previous_period == Period(MONDAY - WEEK, MONDAY - 3 * DAY), "the same weekdays"
    tuesday = stack.report("weekly", morning(MONDAY + 15 * DAY))
    assert (tuesday.period.start, tuesday.period.days) == (MONDAY + 4 * DAY, 11)
    assert tuesday.previous_period.start == tuesday.period.start - 2 * WEEK


def test_a_report_that_is_run_again_is_the_same_report() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    gap = stack.report("daily", morning(MONDAY + 2 * DAY))
    stack.report("daily", morning(MONDAY + 3 * DAY))
    assert stack.report("daily", morning(MONDAY + 2 * DAY)) == gap
    assert stack.report("daily", morning(MONDAY + 2 * DAY, 11)).run_id == gap.run_id


def test_a_failed_report_that_is_started_again_after_the_next_one_told_its_days_is_that_one() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    failed = stack.plan("daily", morning(MONDAY + DAY))
    covering = stack.report("daily", morning(MONDAY + 3 * DAY))
    assert covering.period == Period(date(2026, 11, 22), date(2026, 11, 25))
    again = stack.report("daily", morning(MONDAY + DAY))
    assert (again.run_id, again.period) == (covering.run_id, covering.period)
    assert again.window.end >= again.period.end
    assert stack.deliver(failed) == "already_delivered", "redriven where it had stopped"


def test_reports_that_fail_cover_nothing() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    stack.plan("daily", morning(MONDAY + DAY))
    assert stack.plan("daily", morning(MONDAY + 2 * DAY)).period.days == 2


def test_by_hand_the_last_regular_period_is_reported_and_the_row_is_left_alone() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    by_hand = stack.report("daily", morning(MONDAY + 3 * DAY, 12), continues=False)
    assert (by_hand.run_id, stack.notes[-1]) == ("daily-2026-11-24", ())
    assert stack.report("daily", morning(MONDAY + 3 * DAY, 13)).run_id == "daily-2026-11-22-2026-11-24"


def test_mock_data_and_each_kind_of_report_have_a_row_of_their_own() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    assert stack.plan("weekly", morning(MONDAY + 3 * DAY)).period.days == 7
    stack.env["FINOPSGUARD_USE_MOCK_DATA"] = "true"
    mock = stack.report("daily", morning(MONDAY + 3 * DAY))
    assert mock.run_id == "daily-2026-11-24-mock"
    assert sorted(stack.store.list("covered/")) == [
        "covered/aws/daily/2026-11-22.json",
        "covered/mock/daily/2026-11-25.json",
    ]


def test_a_record_that_cannot_be_read_is_named_with_what_to_do() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    stack.store.write("covered/aws/daily/notes.json", b"not ours")
    key = "covered/aws/daily/2026-11-22.json"
    stack.store.write(key, b"{}")
    with pytest.raises(InvalidInput, match=rf"{key} cannot be read.*Delete it and run again"):
        stack.report("daily", morning(MONDAY + DAY))


# ---- settled or late -------------------------------------------------------------------------------------------------

SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
Change = Callable[[int, date], float]
"""The share that is left of an account's usual cost on a day."""


def company(run: Run, change: Change, store: MemoryStore, *, accounts: int = 8) -> Report:
    """The report on accounts of 100, 200 and so on a working day, three services each, weekends a third less."""
    rows: list[CostRow] = []
    for day in run.window.dates()[-60:]:
        for number in range(1, accounts + 1):
            usual = 100 * number * (0.66 if day.weekday() >= 5 else 1) * (1 + day.day % 5 / 100)
            for service, share in (("Amazon EC2", 0.5), ("Amazon S3", 0.3), ("AWS Lambda", 0.2)):
                usd = f"{usual * share * change(number, day):.4f}"
                rows += both_kinds(day, f"{number:012d}", service, usd)
    ids = tuple(Account(f"{n:012d}", f"team-{n}", "ACTIVE", None, "b") for n in range(1, accounts + 1))
    ports = FakePorts(store=store)
    store.write("accounts", contracts.encode(contracts.to_json(Accounts(ids))))
    store.write("costs", to_parquet(rows))
    fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),))
    made = call(aggregate_costs.run, fetched, ports)
    return documents.read(store, made.report_key, Report)


def report_of(report: ReportName, change: Change, day: date = MONDAY, **env: str) -> Report:
    stack = Stack(**env)
    return company(stack.plan(report, morning(day)), change, stack.store)


def on(shares: Mapping[date, float], accounts: Sequence[int] = range(1, 9)) -> Change:
    return lambda number, day: shares.get(day, 1.0) if number in accounts else 1.0


def days_of(report: Report) -> tuple[list[date], list[date]]:
    return list(report.coverage.provisional_days), list(report.coverage.late_days)


def test_a_half_billed_sunday_is_provisional_in_a_weekly_report() -> None:
    report = report_of("weekly", on({SUNDAY: 0.5}))
    assert days_of(report) == ([SUNDAY], [])
    assert [day.date for day in report.daily if day.provisional] == [SUNDAY]


def test_saturday_97_percent_and_sunday_55_percent_is_every_monday() -> None:
    assert days_of(report_of("weekly", on({SATURDAY: 0.97, SUNDAY: 0.55}))) == ([SUNDAY], [])


def test_a_weekend_10_percent_billed_is_late() -> None:
    assert days_of(report_of("weekly", on({SATURDAY: 0.1, SUNDAY: 0.1}))) == ([SATURDAY, SUNDAY], [SATURDAY])


def test_a_daily_report_is_of_a_whole_day_and_its_banner_means_something() -> None:
    """It compared an unfinished Monday with Sunday; every card carried the banner."""
    tuesday = MONDAY + DAY
    usual = report_of("daily", on({MONDAY: 0.6}), tuesday)
    assert usual.period == Period(SUNDAY, MONDAY)
    assert usual.previous_period == Period(SUNDAY - WEEK, MONDAY - WEEK)
    assert days_of(usual) == ([MONDAY], [])
    assert usual.daily[-1].date == MONDAY, "so far"
    late = report_of("daily", on({MONDAY: 0.6, SUNDAY: 0.5}), tuesday)
    assert days_of(late) == ([SUNDAY, MONDAY], [SUNDAY])


def test_a_fall_of_every_account_for_a_week_is_a_fall() -> None:
    fall = on({MONDAY - number * DAY: 0.4 for number in range(1, 8)})
    assert days_of(report_of("weekly", fall)) == ([SUNDAY], [])
    begun = on({MONDAY - number * DAY: 0.4 for number in range(1, 4)})
    provisional, late = days_of(report_of("weekly", begun))
    assert late == [date(2026, 11, 20), SATURDAY], "younger than 72 hours: nobody can know yet"
    assert min(provisional) == late[0]


def test_one_account_that_falls_to_nothing_is_a_fall() -> None:
    """The largest one, a fifth of all cost, on the newest settled day."""
    report = report_of("daily", on({SUNDAY: 0.0}, [8]), MONDAY + DAY)
    assert days_of(report) == ([MONDAY], [])


def test_settle_hours_zero_takes_yesterday_as_it_is() -> None:
    report = report_of("daily", on({}), MONDAY, FINOPSGUARD_SETTLE_HOURS="0")
    assert report.period == Period(SUNDAY, MONDAY)
    assert days_of(report) == ([], [])
    late = report_of("daily", on({SUNDAY: 0.4}), MONDAY, FINOPSGUARD_SETTLE_HOURS="0")
    assert days_of(late) == ([SUNDAY], [SUNDAY])


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "This report also covers the days of reports that did not come: it begins on 18 Nov."),
        ("es", "Este informe cubre también los días de informes que no llegaron: empieza el 18 nov."),
    ],
)
def test_a_covered_gap_is_said_in_words(language: str, sentence: str) -> None:
    stack = Stack(FINOPSGUARD_LANGUAGE=language)
    stack.report("daily", morning(date(2026, 11, 19)))
    run = stack.plan("daily", morning(MONDAY))
    report = company(run, on({}), stack.store)
    assert run.period == Period(date(2026, 11, 18), date(2026, 11, 22))
    assert Story(replace(report, notes=stack.notes[-1])).notes == [sentence]
