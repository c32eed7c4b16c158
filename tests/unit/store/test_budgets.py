"""What is told of budgets is told once a month, whatever fails in between, and once more where it is exceeded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from finopsguard.models.forecast import BudgetAlert, BudgetState, BudgetsTold, Forecast
from finopsguard.models.messages import Delivery, DeliveryStatus
from finopsguard.models.report import Report
from finopsguard.models.run import Period, Run
from finopsguard.store import budgets, documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import make_run
from tests.unit.report.sample import weekly

WILL, IS = BudgetAlert("organization", "forecast"), BudgetAlert("organization", "exceeded")
FIRST = make_run()
NEXT = make_run(run_id="daily-2026-11-23")
REVISED = make_run(run_id="weekly-2026-11-16-r2", revision=2)
DELIVERED: DeliveryStatus = "delivered"


def with_alerts(*alerts: BudgetAlert, month: int = 11) -> Report:
    days = Period(date(2026, month, 1), date(2026, month + 1, 1))
    forecast = Forecast(
        scope="organization", id="organization", spent=None, month=days, settled=days.start, alerts=alerts
    )
    return replace(weekly("en"), forecast=forecast, notes=())


def told(store: MemoryStore, run: Run, *alerts: BudgetAlert, month: int = 11) -> list[BudgetState]:
    """What DetectAnomalies leaves to be told."""
    left, _ = budgets.untold(store, run, with_alerts(*alerts, month=month))
    assert left.forecast is not None
    return [each.state for each in left.forecast.alerts]


def posted(store: MemoryStore, run: Run, status: DeliveryStatus = DELIVERED) -> None:
    at = None if status == "not_configured" else datetime(2026, 11, 23, 8, tzinfo=UTC)
    budgets.record(store, run, Delivery(status, 1, "teams", posted_at=at))


def test_what_a_delivered_report_told_the_next_one_does_not() -> None:
    store = MemoryStore()
    assert told(store, FIRST, WILL) == ["forecast"]
    posted(store, FIRST)
    assert told(store, NEXT, WILL) == []


def test_a_report_that_was_not_delivered_told_nothing() -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST, "not_configured")
    assert told(store, NEXT, WILL) == ["forecast"]


@pytest.mark.parametrize("again", [FIRST, REVISED], ids=["run again", "revised"])
def test_a_report_that_is_made_again_tells_what_it_told(again: Run) -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST)
    assert told(store, again, WILL) == ["forecast"]
    posted(store, again, "already_delivered")
    assert told(store, NEXT, WILL) == []


def test_it_is_told_again_when_it_is_exceeded_and_not_after_that() -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST)
    assert told(store, NEXT, IS) == ["exceeded"]
    posted(store, NEXT)
    later = make_run(run_id="daily-2026-11-24")
    assert told(store, later, IS) == []
    assert told(store, later, WILL) == [], "a credit brought it back, and it was exceeded already"


def test_that_it_will_be_exceeded_is_no_news_where_it_was() -> None:
    store = MemoryStore()
    told(store, FIRST, IS)
    posted(store, FIRST)
    assert told(store, NEXT, WILL) == []


def test_the_next_month_is_another_story() -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST)
    assert told(store, make_run(run_id="daily-2026-10-31"), WILL, month=10) == ["forecast"]


def test_an_invocation_that_was_cut_off_after_the_post_notes_it_when_it_is_called_again() -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST, "already_delivered")
    assert told(store, NEXT, WILL) == []


def test_nothing_is_written_of_a_report_without_alerts() -> None:
    store = MemoryStore()
    told(store, FIRST)
    posted(store, FIRST)
    assert not [key for key in store.objects if keys.BUDGETS_TOLD.matches(key)]


def test_a_report_that_is_made_again_without_the_alert_leaves_none_to_be_noted() -> None:
    """The budget was raised between the two."""
    store = MemoryStore()
    told(store, FIRST, WILL)
    told(store, FIRST)
    posted(store, FIRST)
    assert told(store, NEXT, WILL) == ["forecast"]


@pytest.mark.parametrize("data", [b"{}", b"garbage"])
def test_a_record_that_cannot_be_read_is_said_and_told_again(data: bytes) -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST)
    key = next(key for key in store.objects if keys.BUDGETS_TOLD.matches(key))
    store.objects[key] = data
    report, unreadable = budgets.untold(store, NEXT, with_alerts(WILL))
    assert unreadable == (key,)
    assert report.notes == ("budgets_unreadable",)
    assert report.forecast is not None
    assert report.forecast.alerts == (WILL,)


def test_mock_reports_and_a_customers_do_not_know_each_other() -> None:
    store = MemoryStore()
    mock = make_run(run_id="weekly-2026-11-16-mock", data_source="mock")
    told(store, mock, WILL)
    posted(store, mock)
    assert told(store, FIRST, WILL) == ["forecast"]


def test_what_is_kept_names_budgets_and_no_amounts() -> None:
    store = MemoryStore()
    told(store, FIRST, WILL)
    posted(store, FIRST)
    key = keys.BUDGETS_TOLD.key(source="aws", month="2026-11", run_id=FIRST.run_id)
    assert documents.read(store, key, BudgetsTold) == BudgetsTold(FIRST.run_id, date(2026, 11, 1), (WILL,))


def test_a_report_without_a_forecast_tells_nothing() -> None:
    store = MemoryStore()
    report = replace(weekly("en"), forecast=None)
    assert budgets.untold(store, FIRST, report) == (report, ())
    assert store.objects == {}
