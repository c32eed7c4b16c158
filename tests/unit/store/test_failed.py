"""Reports that failed, and what the next good one says of their days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from finopsguard.errors import StoreUnavailable
from finopsguard.models.ledger import FailedReport
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.models.run import Language
from finopsguard.report.story import Story
from finopsguard.steps import notify_failure
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.truth.days import DAY, MONDAY, WEEK, Stack, morning
from tests.unit.fakes import FakeChannel, FakePorts, call
from tests.unit.report import cases


def fail(stack: Stack, scheduled: datetime, report: str = "daily", **changes: Any) -> None:
    """The report that is due then fails in its first step, and is told an hour later."""
    given = {"report": report, "scheduled_time": scheduled.isoformat(), **changes.pop("input", {})}
    detail = replace(FailureDetail("ResolveAccounts", "OrganizationsUnavailable", "x"), **changes)
    ports = FakePorts(
        stack.env, channel=FakeChannel(), store=stack.store, clock=lambda: scheduled + timedelta(hours=1)
    )
    call(notify_failure.run, Failure(given, detail, f"arn:{scheduled}"), ports)


def test_a_failure_before_the_first_report_is_named_on_it_once() -> None:
    stack = Stack()
    fail(stack, morning(MONDAY))
    fail(stack, morning(MONDAY + DAY))
    fail(stack, morning(MONDAY + 3 * DAY))
    stack.report("daily", morning(MONDAY + 4 * DAY))
    assert stack.notes[-1] == (
        "report_missing:2026-11-21/2026-11-23",
        "report_missing:2026-11-24/2026-11-25",
    )
    stack.report("daily", morning(MONDAY + 5 * DAY))
    assert len(stack.notes.pop()) == 0


def test_a_failure_that_the_next_report_covers_is_said_as_the_gap_that_it_is() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    fail(stack, morning(MONDAY + DAY))
    stack.report("daily", morning(MONDAY + 2 * DAY))
    assert stack.notes[-1] == ("gap_covered",)
    fail(stack, morning(MONDAY + 3 * DAY))
    stack.report("daily", morning(MONDAY + 20 * DAY))
    assert stack.notes[-1] == ("gap_left",), "the note says it for all of the gap"


def test_a_report_that_was_delivered_after_all_is_not_missing() -> None:
    stack = Stack()
    fail(stack, morning(MONDAY))
    stack.report("daily", morning(MONDAY))
    assert not stack.notes[-1], "by itself"
    fail(stack, morning(MONDAY, 10))
    stack.report("daily", morning(MONDAY + DAY))
    assert not stack.notes[-1], "by an earlier one"


def test_an_old_report_that_fails_again_is_missing_where_no_report_has_its_days() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    stack.report("daily", morning(MONDAY + 30 * DAY))
    fail(stack, morning(MONDAY + 10 * DAY))
    record = next(iter(stack.store.list("failed/")))
    assert record == "failed/aws/daily/2026-12-03T0900Z.json"
    told = documents.read(stack.store, record, FailedReport)
    documents.write(stack.store, record, replace(told, at=told.at + 20 * DAY))
    stack.report("daily", morning(MONDAY + 31 * DAY))
    assert stack.notes[-1] == ("report_missing:2026-12-01/2026-12-02",)


@pytest.mark.parametrize(
    "changes",
    [
        {"corrects": "daily-2026-11-20"},
        {"input": {"continues": False}},
        {"input": {"report": "yearly"}},
        {"input": {"scheduled_time": "soon"}},
        {"input": {"run": 7}},
        {"input": {"run": {}}},
    ],
)
def test_what_is_no_report_of_the_row_leaves_no_record(changes: dict[str, Any]) -> None:
    stack = Stack()
    fail(stack, morning(MONDAY), **changes)
    assert stack.store.list("failed/") == []


def test_each_kind_and_source_is_for_itself() -> None:
    stack = Stack()
    fail(stack, morning(MONDAY), "weekly")
    stack.report("daily", morning(MONDAY + DAY))
    assert not stack.notes[-1]
    stack.env["FINOPSGUARD_USE_MOCK_DATA"] = "true"
    stack.report("weekly", morning(MONDAY + WEEK))
    assert not stack.notes[-1]
    stack.env["FINOPSGUARD_USE_MOCK_DATA"] = ""
    stack.report("weekly", morning(MONDAY + WEEK))
    assert stack.notes[-1] == ("report_missing:2026-11-16/2026-11-23",)


def test_a_report_by_hand_speaks_of_no_other() -> None:
    stack = Stack()
    fail(stack, morning(MONDAY))
    stack.report("daily", morning(MONDAY + 2 * DAY), continues=False)
    assert not stack.notes[-1]


def test_a_record_that_cannot_be_read_fails_no_report() -> None:
    stack = Stack()
    stack.store.write(keys.FAILED.key(source="aws", report="daily", due="2026-11-23T0900Z"), b"{")
    stack.report("daily", morning(MONDAY + DAY))
    assert not stack.notes[-1]


class Full(MemoryStore):
    def write(self, key: str, data: bytes) -> None:
        raise StoreUnavailable("The disk is full.")


def test_a_record_that_cannot_be_written_stops_no_alert() -> None:
    stack, channel = Stack(), FakeChannel()
    detail = FailureDetail("ResolveAccounts", "OrganizationsUnavailable", "x")
    given = {"report": "daily", "scheduled_time": morning(MONDAY).isoformat()}
    ports = FakePorts(stack.env, channel=channel, store=Full())
    assert call(notify_failure.run, Failure(given, detail), ports).place == "teams"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The report for Thu 12 Nov 2026 is missing: it failed, and no other covers its days."),
        ("es", "Falta el informe de jue 12 nov 2026: falló y ningún otro cubre sus días."),
    ],
)
def test_the_reader_is_told_in_one_line(language: Language, said: str) -> None:
    report = replace(cases.daily(), language=language, notes=("report_missing:2026-11-12/2026-11-13",))
    assert Story(report).notes == [said]


@pytest.mark.parametrize("note", ["report_missing:", "report_missing:2026-11-13/2026-11-12", "other:1/2"])
def test_a_note_that_is_none_of_ours_is_shown_as_it_is(note: str) -> None:
    assert Story(replace(cases.daily(), notes=(note,))).notes == [note]


def test_a_failure_of_invented_data_is_not_named_on_the_customer_s_report() -> None:
    trial, stack = Stack(FINOPSGUARD_USE_MOCK_DATA="true"), Stack()
    trial.store = stack.store
    fail(trial, morning(MONDAY))
    assert stack.store.list("failed/") == ["failed/mock/daily/2026-11-23T0900Z.json"]
    stack.report("daily", morning(MONDAY + 2 * DAY))
    assert stack.notes[-1] == ()
