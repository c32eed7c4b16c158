"""What is in the ledger of incidents was delivered, once for a report and channel, and as it was told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from finopsguard.models.anomaly import Said
from finopsguard.models.messages import Delivery, DeliveryStatus
from finopsguard.models.report import Report
from finopsguard.store import keys, ledger
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import make_run
from tests.unit.report.sample import weekly

RUN = make_run()
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY = keys.LEDGER.key(source="aws", month="2026-11", run_id=RUN.run_id, channel="teams")


def left(report: Report | None = None) -> MemoryStore:
    store = MemoryStore()
    ledger.leave(store, RUN, report or weekly(), "teams")
    return store


def posted(store: MemoryStore, status: DeliveryStatus = "delivered") -> None:
    at = None if status == "not_configured" else AT
    ledger.record(store, RUN, Delivery(status, 1, "teams", posted_at=at))


def test_what_was_delivered_is_kept_as_it_was_told() -> None:
    report = weekly()
    store = left(report)
    posted(store)
    ((told,), unreadable) = ledger.told(store, "aws")
    assert (unreadable, told.at, told.channel, told.end) == ((), AT, "teams", RUN.period.end)
    assert [row.id for row in told.incidents] == [line.id for line in report.anomalies]
    assert [row.impact for row in told.incidents] == [line.impact for line in report.anomalies]
    first, line = told.incidents[0], report.anomalies[0]
    assert (first.first_day, first.last_day) == (line.start, line.last_day or line.day)
    assert len(first.causes) <= ledger.CAUSES_KEPT
    assert list(store.objects)[-1] == KEY


def test_what_was_not_delivered_was_not_told() -> None:
    store = left()
    posted(store, "not_configured")
    assert ledger.told(store, "aws") == ((), ())


def test_a_second_note_changes_nothing_and_one_that_was_cut_off_is_made_up_for() -> None:
    store = left()
    posted(store)
    before = store.objects[KEY]
    ledger.leave(store, RUN, replace(weekly(), anomalies=weekly().anomalies[:1]), "teams")
    posted(store)
    assert store.objects[KEY] == before
    del store.objects[KEY]
    posted(store, "already_delivered")
    assert KEY in store.objects


def test_a_report_without_incidents_leaves_no_row() -> None:
    store = left(replace(weekly(), anomalies=()))
    posted(store)
    assert ledger.told(store, "aws") == ((), ())


@pytest.mark.parametrize("data", [None, b"garbage"])
def test_what_build_card_left_and_is_gone_holds_up_no_post(data: bytes | None) -> None:
    store = left()
    key = keys.INCIDENTS_TO_TELL.key(run_id=RUN.run_id, channel="teams")
    if data is None:
        del store.objects[key]
    else:
        store.objects[key] = data
    posted(store)
    assert ledger.told(store, "aws") == ((), ())


def test_a_row_that_cannot_be_read_is_named() -> None:
    store = left()
    posted(store)
    store.objects[KEY] = b"{}"
    assert ledger.told(store, "aws") == ((), (KEY,))


def test_a_muted_one_says_by_which_verdict_and_nobodys_name() -> None:
    said = Said("a-mark-0001", "mute", AT, "a migration", AT.date())
    report = replace(weekly(), anomalies=(replace(weekly().anomalies[0], said=said),))
    store = left(report)
    posted(store)
    (told,) = ledger.told(store, "aws").told
    assert [(row.quiet, row.mark, row.verdict) for row in told.incidents] == [(True, "a-mark-0001", "mute")]


def test_it_is_one_line_of_json() -> None:
    store = left()
    posted(store)
    (line,) = store.objects[KEY].splitlines()
    assert json.loads(line)["incidents"]
