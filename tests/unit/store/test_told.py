"""What delivered reports told: what of it a run is held to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.models.ledger import Told, ToldDay
from finopsguard.models.messages import Delivery
from finopsguard.store import documents, keys, told
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, make_run

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RUN = make_run()
TOLD = Told(
    run_id=RUN.run_id,
    report="weekly",
    end=RUN.period.end,
    cost_metric="UnblendedCost",
    currency="USD",
    basis="usage",
    days=(date(2026, 11, 16),),
    current=Decimal("12.5"),
    previous=None,
    accounts_expected=1,
    accounts_reported=1,
    missing=(),
    scope="all-",
    list_source="listed",
    billed_known=True,
    settled=(ToldDay(date(2026, 11, 16), Decimal("12.5"), Decimal("12.5")),),
)
DONE = Delivery("delivered", 7, "teams", RUN.run_id, NOW)


def delivered(store: MemoryStore, what: Told = TOLD, done: Delivery = DONE) -> None:
    """A report is aggregated and delivered."""
    documents.write(store, keys.TO_TELL.key(run_id=what.run_id), what)
    told.record(store, replace(RUN, run_id=what.run_id), done)


def test_what_was_delivered_is_found_by_the_next_run_with_its_channels() -> None:
    store = MemoryStore()
    for channel in ("teams", "finance"):
        delivered(store, done=replace(DONE, channel=channel))
    (found,) = told.before(store, RUN, NOW).earlier
    assert (found.told, found.at) == (replace(TOLD, at=NOW), NOW)
    assert found.channels == ("finance", "teams")


@pytest.mark.parametrize("status", ["not_configured", "already_delivered"])
def test_what_was_not_delivered_is_not_told(status: str) -> None:
    """Posted by another report of these days, or to no channel: there is no time of delivery."""
    store = MemoryStore()
    delivered(store, done=Delivery(status, 7, "teams", RUN.run_id))  # type: ignore[arg-type]
    assert store.list("told/") == []


def test_what_is_delivered_already_keeps_its_record_and_what_is_posted_anew_does_not() -> None:
    store = MemoryStore()
    delivered(store)
    later = replace(TOLD, current=Decimal(99))
    delivered(store, later, replace(DONE, status="already_delivered"))
    assert [each.told.current for each in told.before(store, RUN, NOW).earlier] == [Decimal("12.5")]
    # Somebody deleted the record of the post, and ran it again.
    delivered(store, later, replace(DONE, posted_at=NOW + HOUR))
    assert [each.told.current for each in told.before(store, RUN, NOW + HOUR).earlier] == [Decimal(99)]


def test_an_invocation_that_was_cut_off_after_the_post_is_made_up_for() -> None:
    store = MemoryStore()
    delivered(store, done=replace(DONE, status="already_delivered"))
    assert len(told.before(store, RUN, NOW).earlier) == 1


def test_a_run_is_held_to_what_was_told_before_its_costs_were_read() -> None:
    store = MemoryStore()
    delivered(store)
    assert told.before(store, RUN, NOW - HOUR).earlier == ()
    assert told.before(store, RUN, None).earlier == ()


def test_a_later_report_of_the_same_days_takes_the_place_of_the_first() -> None:
    store = MemoryStore()
    delivered(store, replace(TOLD, run_id="weekly-2026-11-16-partial"))
    delivered(store, done=replace(DONE, posted_at=NOW + HOUR))
    delivered(store, replace(TOLD, run_id="daily-2026-11-22", report="daily"))
    found = told.before(store, RUN, NOW + HOUR).earlier
    assert [each.told.run_id for each in found] == [RUN.run_id, "daily-2026-11-22"]
    revision = f"{RUN.run_id}-r2"
    delivered(store, replace(TOLD, run_id=revision), replace(DONE, posted_at=NOW + 2 * HOUR))
    assert [each.told.run_id for each in told.before(store, RUN, NOW + DAY).earlier] == [
        revision,
        "daily-2026-11-22",
    ]


def test_old_reports_and_invented_ones_are_not_read() -> None:
    store = MemoryStore()
    old = RUN.window.end - told.REMEMBERED_DAYS * DAY
    for number, end in enumerate((old, old + DAY)):
        delivered(store, replace(TOLD, end=end, run_id=f"weekly-{number}"))
    assert [each.told.end for each in told.before(store, RUN, NOW).earlier] == [old + DAY]
    mock = replace(RUN, run_id="weekly-2026-11-16-mock", data_source="mock")
    documents.write(store, keys.TO_TELL.key(run_id=mock.run_id), replace(TOLD, run_id=mock.run_id))
    told.record(store, mock, DONE)
    assert len(store.list("told/mock/")) == 1
    assert told.before(store, mock, NOW).earlier == (), "each morning's invented costs are another story"
    assert len(told.before(store, RUN, NOW).earlier) == 1


def test_a_record_that_cannot_be_read_is_held_to_nothing_and_named() -> None:
    store = MemoryStore()
    key = keys.TOLD.key(source="aws", end=str(RUN.period.end), run_id=RUN.run_id, channel="teams")
    store.objects[key] = b"{}"
    assert told.before(store, RUN, NOW) == ((), (key,))


def test_a_report_of_an_earlier_version_is_delivered_all_the_same() -> None:
    store = MemoryStore()
    told.record(store, RUN, DONE)
    assert store.objects == {}


def test_a_channel_that_had_a_part_is_told_no_correction_of_the_whole() -> None:
    store = MemoryStore()
    documents.write(store, keys.TO_TELL.key(run_id=RUN.run_id), TOLD)
    told.record(store, RUN, DONE, part=True)
    (found,) = told.before(store, RUN, NOW).earlier
    assert found.channels == ()
    assert found.told.current == TOLD.current, "the days that it told are held to it all the same"
