"""The run of a monthly report: its period, what it is compared with, and what it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs import history, periods
from finopsguard.costs.comparison import compare
from finopsguard.costs.periods import continued, plan_run, report_period
from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.models.ledger import CoveredDays
from finopsguard.models.messages import CostBatch, FetchedCosts, RunPlan, RunRequest
from finopsguard.models.report import Report
from finopsguard.models.run import Accounts, Batch, Period
from finopsguard.ports import ListedAccount
from finopsguard.steps import aggregate_costs, fetch_costs, resolve_accounts
from finopsguard.store import documents
from tests.unit.costs.test_budget import SETTINGS
from tests.unit.fakes import FakeCosts, FakeOrganization, FakePorts, both_kinds, call

ACCOUNT = "111111111111"
DAY = timedelta(days=1)
TUESDAY = datetime(2026, 11, 3, 9, tzinfo=UTC)
MONTHLY = RunRequest("monthly", TUESDAY, "arn:monthly")
OCTOBER, SEPTEMBER = (
    Period(date(2026, 10, 1), date(2026, 11, 1)),
    Period(date(2026, 9, 1), date(2026, 10, 1)),
)
ROWS = [
    row
    for back in range(1, 130)
    for day in [TUESDAY.date() - back * DAY]
    for row in both_kinds(day, ACCOUNT, "Amazon EC2", "300" if day in OCTOBER else "200")
]


@pytest.mark.parametrize(
    ("scheduled_time", "time_zone", "start"),
    [
        ("2026-11-03T09:00:00Z", "UTC", "2026-10-01"),
        ("2026-12-31T23:59:00Z", "UTC", "2026-11-01"),
        ("2027-01-05T09:00:00+01:00", "Europe/Madrid", "2026-12-01"),
        ("2028-03-07T09:00:00Z", "UTC", "2028-02-01"),
        # The first of November in Madrid is still October in UTC, where it is billed.
        ("2026-11-01T00:30:00+01:00", "Europe/Madrid", "2026-09-01"),
        ("2026-11-01T03:00:00Z", "America/Bogota", "2026-10-01"),
    ],
)
def test_its_period_is_the_calendar_month_before(scheduled_time: str, time_zone: str, start: str) -> None:
    found = report_period("monthly", datetime.fromisoformat(scheduled_time), time_zone, 24)
    assert str(found.start) == start
    assert found.end == (found.start + 31 * DAY).replace(day=1)


def test_its_run_ends_with_its_month_and_reaches_to_the_month_before() -> None:
    run = plan_run(MONTHLY, SETTINGS, TUESDAY)
    assert (run.run_id, run.period, run.previous_period) == ("monthly-2026-10-01", OCTOBER, SEPTEMBER)
    assert run.window == Period(SEPTEMBER.start, OCTOBER.end)
    short = plan_run(MONTHLY, replace(SETTINGS, history_days=45), TUESDAY)
    assert short.window == Period(OCTOBER.end - 45 * DAY, OCTOBER.end)


def test_it_continues_no_other_and_a_month_that_was_missed_stays_its_own() -> None:
    run = plan_run(MONTHLY, SETTINGS, TUESDAY)
    august = CoveredDays("monthly-2026-08-01", date(2026, 8, 1), date(2026, 9, 1), TUESDAY)
    own = CoveredDays(run.run_id, OCTOBER.start, OCTOBER.end, TUESDAY)
    assert continued(run, august) == continued(run, own) == (run, ())


def test_days_that_are_held_are_not_read_again_however_old_their_reading() -> None:
    run = plan_run(MONTHLY, SETTINGS, TUESDAY)
    held = {day: datetime.combine(day, TUESDAY.timetz()) + DAY for day in run.window.dates()}
    assert history.due_days(held, run, frozenset(), TUESDAY)[0] == []
    lost = {day: read for day, read in held.items() if day != date(2026, 10, 7)}
    assert history.due_days(lost, run, frozenset(), TUESDAY)[0] == [date(2026, 10, 7)]
    weekly = replace(run, report="weekly")
    assert history.due_days(held, weekly, frozenset(), TUESDAY)[0], "another report reads these days again"


def test_a_month_that_is_settled_is_compared_with_the_month_before_and_one_that_is_not_with_none() -> None:
    run = plan_run(MONTHLY, SETTINGS, TUESDAY)
    with CostTable([to_parquet(ROWS)]) as table:
        whole = compare(run, table, ())
        open_days = compare(run, table, [date(2026, 10, 31)])
    assert whole.comparison.previous_days == tuple(SEPTEMBER.dates())
    assert (whole.comparison.current, whole.comparison.previous) == (Decimal(9300), Decimal(6000))
    assert whole.account(ACCOUNT).previous == 30 * 200
    assert (open_days.comparison.current, open_days.comparison.previous) == (Decimal(9000), None)


class Counting(FakeCosts):
    """Counts every question."""

    def __init__(self) -> None:
        super().__init__(ROWS)
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> object:
        if name in ("fetch", "billed", "billed_accounts"):
            self.asked.append(name)
        return super().__getattribute__(name)


def test_of_a_whole_organization_nothing_is_asked_and_the_total_of_then_proves_the_month() -> None:
    costs = Counting()
    organization = FakeOrganization([ListedAccount(ACCOUNT, "shop-prod", "ACTIVE", ("r-ab12",))])
    ports = FakePorts({}, organization=organization, costs=costs, clock=lambda: TUESDAY)

    def planned(request: RunRequest) -> RunPlan:
        return call(resolve_accounts.run, request, ports)

    def added_up(plan: RunPlan) -> Report:
        read = [
            call(fetch_costs.run, CostBatch(plan.run, Batch(each.id), plan.accounts_key), ports)
            for each in plan.batches
        ]
        done = call(
            aggregate_costs.run, FetchedCosts(plan.run, plan.accounts_key, tuple(read), plan.notes), ports
        )
        return documents.read(ports.store, done.report_key, Report)

    added_up(planned(RunRequest("daily", TUESDAY, "arn:daily")))
    assert {"fetch", "billed"} <= set(costs.asked)
    costs.asked.clear()
    plan = planned(MONTHLY)
    report = added_up(plan)
    assert (costs.asked, plan.batches) == ([], ())
    assert documents.read(ports.store, plan.accounts_key, Accounts).requests == 0
    checks = {check.name: check.status for check in report.coverage.checks}
    assert checks["control_total"] == "ok"
    assert report.totals.period == Decimal(31 * 300)
    assert report.cost_explorer.requests == 0
    again = replace(MONTHLY, refresh=True)
    assert planned(again).batches, "where it is asked for, everything is read"


def test_the_month_before_a_first_day() -> None:
    assert periods.month_before(date(2027, 1, 1)) == date(2026, 12, 1)
