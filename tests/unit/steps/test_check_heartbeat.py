"""CheckHeartbeat: how long ago each report was delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from finopsguard.costs import paid
from finopsguard.models.messages import Heartbeat, HeartbeatRequest
from finopsguard.models.run import Period, ReportName
from finopsguard.ports import Store
from finopsguard.steps import check_heartbeat
from finopsguard.store import covered, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakePorts, call, make_run


def told(store: Store, end: date, at: datetime, report: ReportName = "weekly") -> None:
    """A report of the row that was delivered."""
    days = 7 if report == "weekly" else 1
    covered.record(store, make_run(report=report, period=Period(end - timedelta(days=days), end)), at)


def ages(store: Store, hours: float = 0, **env: str) -> Heartbeat:
    """What is measured so long after NOW."""
    request = HeartbeatRequest(NOW + timedelta(hours=hours))
    return call(check_heartbeat.run, request, FakePorts(env, store=store))


def test_an_age_is_counted_from_the_delivery_in_whole_hours() -> None:
    store = MemoryStore()
    told(store, date(2026, 11, 23), NOW)
    told(store, date(2026, 11, 22), NOW - timedelta(hours=2), "daily")
    assert ages(store) == Heartbeat(2, 0)
    told(store, date(2026, 11, 1), NOW - timedelta(hours=400), "monthly")
    assert ages(store) == Heartbeat(2, 0, monthly_hours=400)
    assert ages(store, 24.9) == Heartbeat(26, 24, monthly_hours=424)
    assert ages(store, -1) == Heartbeat(1, 0, monthly_hours=399)


def test_what_the_month_has_cost_so_far_is_measured_and_no_other_month_or_source() -> None:
    store = MemoryStore()
    run = make_run()
    for each in (
        run,
        run,
        replace(run, scheduled_time=NOW - timedelta(days=31)),
        make_run(data_source="mock"),
    ):
        paid.PageMeter(store, each)()
    assert ages(store).month_usd == Decimal("0.02")


def test_without_any_report_there_is_no_age() -> None:
    assert ages(MemoryStore()) == Heartbeat(None, None)


def test_an_old_report_that_comes_late_says_nothing_of_todays() -> None:
    store = MemoryStore()
    told(store, date(2026, 11, 21), NOW, "daily")
    told(store, date(2026, 11, 20), NOW + timedelta(hours=29), "daily")
    assert ages(store, 30).daily_hours == 30


def test_a_report_by_hand_is_not_the_schedule_s() -> None:
    store = MemoryStore()
    covered.record(store, make_run(continues=False), NOW)
    assert ages(store).weekly_hours is None


def test_invented_reports_and_the_customer_s_are_apart() -> None:
    store = MemoryStore()
    told(store, date(2026, 11, 23), NOW)
    assert ages(store, FINOPSGUARD_USE_MOCK_DATA="true") == Heartbeat(None, None)


def test_a_record_that_cannot_be_read_is_no_age() -> None:
    store = MemoryStore()
    store.write(keys.COVERED.key(source="aws", report="daily", end="2026-11-23"), b"{")
    assert ages(store).daily_hours is None
    told(store, date(2026, 11, 22), NOW, "daily")
    assert ages(store, 30).daily_hours == 30, "the newest that can be read"
