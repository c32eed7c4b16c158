"""What a report covers after missed, late, failed and repeated ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from finopsguard.channels import deliveries
from finopsguard.errors import DeliveryInProgress, DeliveryUncertain, InvalidInput, TeamsRejected
from finopsguard.models.ledger import FailedReport
from finopsguard.models.messages import Message, TeamsMessage
from finopsguard.models.run import Period
from finopsguard.store import documents, keys
from tests.truth.days import DAY, MONDAY, WEEK, Stack, morning
from tests.unit.fakes import FakeChannel

# ---- the ledger ------------------------------------------------------------------------------------------------------


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


def test_the_days_of_a_post_that_could_not_be_noted_are_not_told_again() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    unnoted = stack.plan("daily", morning(MONDAY + DAY))
    stack.deliver(unnoted, FakeChannel())
    del stack.store.objects[f"covered/aws/daily/{unnoted.period.end}.json"]
    failed = FailedReport("daily", morning(MONDAY + DAY), "DeliveryUnrecorded", morning(MONDAY + DAY, 10))
    documents.write(
        stack.store, keys.FAILED.key(source="aws", report="daily", due="2026-11-24T0900Z"), failed
    )
    following = stack.report("daily", morning(MONDAY + 2 * DAY))
    assert (following.period.days, stack.notes[-1]) == (1, ()), "nor are they called missing"
    assert stack.deliver(unnoted, FakeChannel()) == "already_delivered"
    assert stack.report("daily", morning(MONDAY + DAY)).run_id == unnoted.run_id


def test_a_post_that_failed_or_is_by_hand_or_of_another_source_covers_nothing() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    with pytest.raises(TeamsRejected):
        stack.deliver(stack.plan("daily", morning(MONDAY + DAY)), FakeChannel(TeamsRejected("no.")))
    by_hand = stack.plan("daily", morning(MONDAY + DAY, 11), continues=False)
    stack.deliver(by_hand, FakeChannel())
    stack.env["FINOPSGUARD_USE_MOCK_DATA"] = "true"
    invented = stack.plan("daily", morning(MONDAY + DAY))
    stack.deliver(invented, FakeChannel())
    del stack.store.objects[f"covered/mock/daily/{invented.period.end}.json"]
    stack.env["FINOPSGUARD_USE_MOCK_DATA"] = "false"
    assert stack.plan("daily", morning(MONDAY + 2 * DAY)).period.days == 2


def test_of_two_failed_reports_that_are_redriven_the_later_one_tells_no_day_again() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    first = stack.plan("daily", morning(MONDAY + DAY))
    both = stack.plan("daily", morning(MONDAY + 2 * DAY))
    assert (both.period.start, both.period.days) == (first.period.start, 2)
    channel = FakeChannel()
    assert stack.deliver(first, channel) == "delivered"
    with pytest.raises(InvalidInput, match=r"2026-11-22.*Run the report again from its first step"):
        stack.deliver(both, channel)
    assert len(channel.posts) == 1
    again = stack.report("daily", morning(MONDAY + 2 * DAY))
    assert (again.run_id, stack.notes[-1]) == ("daily-2026-11-23", ())


def test_reports_that_fail_cover_nothing() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    stack.plan("daily", morning(MONDAY + DAY))
    assert stack.plan("daily", morning(MONDAY + 2 * DAY)).period.days == 2


@pytest.mark.parametrize("posted", [True, False])
def test_a_report_that_may_be_in_the_channel_holds_up_no_other_and_its_answer_moves_no_days(
    posted: bool,
) -> None:
    stack, channel = Stack(), FakeChannel(DeliveryUncertain("no answer."))
    stack.report("daily", morning(MONDAY))
    unclear = stack.plan("daily", morning(MONDAY + DAY))
    with pytest.raises(DeliveryUncertain):
        stack.deliver(unclear, channel)
    # Nobody has said yet whether it is there: its days are told again, which is said, rather than perhaps never.
    following = stack.plan("daily", morning(MONDAY + 2 * DAY))
    assert (following.period.days, stack.notes[-1]) == (2, ("gap_covered", "delivery_open"))
    assert stack.deliver(following, channel) == "delivered"
    stack.resolve(f"{unclear.run_id}/teams/001", posted=posted, at=morning(MONDAY + 3 * DAY))
    assert stack.deliver(unclear, channel) == "already_delivered", "redriven"
    assert stack.plan("daily", morning(MONDAY + 3 * DAY)).period.days == 1
    assert stack.notes[-1] == (), "it was answered"
    assert len(channel.posts) == 1


def test_a_report_that_is_said_to_be_in_the_channel_in_time_is_not_told_again() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    unclear = stack.plan("daily", morning(MONDAY + DAY))
    with pytest.raises(DeliveryUncertain):
        stack.deliver(unclear, FakeChannel(DeliveryUncertain("no answer.")))
    stack.resolve(f"{unclear.run_id}/teams/001", posted=True, at=morning(MONDAY + DAY, 10))
    assert stack.plan("daily", morning(MONDAY + 2 * DAY)).period.days == 1


@pytest.mark.parametrize("posted", [True, False])
@pytest.mark.parametrize("longer_first", [True, False])
def test_of_two_failed_reports_the_second_one_waits_for_what_became_of_the_first_one(
    longer_first: bool, posted: bool
) -> None:
    stack, channel = Stack(), FakeChannel()
    stack.report("daily", morning(MONDAY))
    first = stack.plan("daily", morning(MONDAY + DAY))
    second = stack.plan("daily", morning(MONDAY + 2 * DAY))
    assert (second.period.start, stack.notes[-1]) == (first.period.start, ("gap_covered",))
    if longer_first:
        first, second = second, first
    later = morning(MONDAY + 2 * DAY, 13)
    with pytest.raises(DeliveryUncertain):
        stack.deliver(first, FakeChannel(DeliveryUncertain("no answer.")), later)
    asked = f"It has days of this report.*resolve {first.run_id}/teams/001 OUTCOME"
    with pytest.raises(DeliveryUncertain, match=asked):
        stack.deliver(second, channel, later)
    assert channel.posts == []
    stack.resolve(f"{first.run_id}/teams/001", posted=posted, at=later)
    if posted and not longer_first:
        with pytest.raises(InvalidInput, match="from its first step"):
            stack.deliver(second, channel, later)
    else:
        assert stack.deliver(second, channel, later) == ("already_delivered" if posted else "delivered")
    assert len(channel.posts) == (0 if posted else 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"report": "weekly", "run_id": "weekly-2026-11-23"}, id="another row"),
        pytest.param({"continues": False, "run_id": "daily-2026-11-23-2026-11-24"}, id="by hand"),
        pytest.param(
            {"period": Period(MONDAY - DAY, MONDAY), "run_id": "daily-2026-11-22"}, id="days before"
        ),
        pytest.param(
            {"period": Period(MONDAY + DAY, MONDAY + 2 * DAY), "run_id": "daily-2026-11-24"}, id="after"
        ),
        pytest.param({"revision": 2, "run_id": "daily-2026-11-23-r2"}, id="its revision"),
    ],
)
def test_a_card_that_may_be_in_the_channel_holds_up_none_of_other_days(other: dict[str, Any]) -> None:
    stack, later = Stack(), morning(MONDAY + 8 * DAY)
    run = stack.plan("daily", morning(MONDAY + 2 * DAY))
    assert run.period == Period(MONDAY, MONDAY + DAY)
    with pytest.raises(DeliveryUncertain):
        stack.deliver(replace(run, **other), FakeChannel(DeliveryUncertain("no answer.")), later)
    assert stack.deliver(run, FakeChannel(), later) == "delivered"


def test_while_another_report_of_its_days_is_being_posted_a_report_waits() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    first, second = (stack.plan("daily", morning(MONDAY + number * DAY)) for number in (1, 2))
    deliveries.begin(stack.store, TeamsMessage(first, Message("teams", "body", 2)), second.scheduled_time)
    with pytest.raises(DeliveryInProgress, match=f"{first.run_id}/teams/001 has days of this report"):
        stack.deliver(second, FakeChannel())


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


# ---- records that cannot be read -------------------------------------------------------------------------------------


def damage(stack: Stack, end: date) -> str:
    key = f"covered/aws/daily/{end}.json"
    stack.store.write(key, stack.store.read(key)[:40])
    return key


def test_the_days_of_a_record_that_cannot_be_read_are_made_out_and_it_is_said() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    stack.store.write("covered/aws/daily/notes.json", b"not ours")
    damage(stack, MONDAY - DAY)
    later = stack.report("daily", morning(MONDAY + 3 * DAY))
    assert later.period == Period(date(2026, 11, 22), date(2026, 11, 25)), "its name says where it ended"
    stack.report("daily", morning(MONDAY + 4 * DAY))
    assert stack.notes[-2:] == [("gap_covered", "covered_unreadable"), ()], "and only once"


def test_no_day_is_told_twice_over_a_record_that_cannot_be_read() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    failed = stack.plan("daily", morning(MONDAY + DAY))
    covering = stack.report("daily", morning(MONDAY + 3 * DAY))
    key = damage(stack, date(2026, 11, 25))
    assert stack.deliver(failed) == "already_delivered"
    again = stack.report("daily", morning(MONDAY + DAY))
    assert (again.run_id, again.period) == (covering.run_id, covering.period)
    assert stack.store.read(key).endswith(b"}}"), "the report that is delivered again writes its record anew"
    stack.report("daily", morning(MONDAY + DAY))
    assert stack.notes[-1] == ()


def test_of_a_record_that_cannot_be_read_after_a_long_silence_the_report_s_own_length_is_taken() -> None:
    stack = Stack()
    stack.report("daily", morning(MONDAY))
    late = stack.report("daily", morning(MONDAY + 60 * DAY), continues=True)
    damage(stack, late.period.end)
    stack.plan("daily", morning(MONDAY + 60 * DAY))
    assert stack.notes[-1][-1] == "covered_unreadable"
