"""The ledger beyond reports: revisions, and corrections that are posted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.channels import deliveries
from finopsguard.errors import (
    DeliveryInProgress,
    DeliveryUncertain,
    DeliveryUnrecorded,
    StoreUnavailable,
    TeamsRejected,
)
from finopsguard.models.messages import Message, TeamsMessage
from finopsguard.models.report import Correction
from finopsguard.steps import post_to_teams
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeChannel, FakePorts, call, make_run
from tests.unit.store.test_told import TOLD

DAILY = "daily-2026-11-15"
WRONG = Correction(
    run_id=DAILY,
    report="daily",
    told_at=NOW,
    days=(date(2026, 11, 15),),
    basis="usage",
    then=Decimal(100),
    now=Decimal(110),
    change_pct=Decimal(10),
    accounts_then=1,
    accounts_now=1,
    list_unread=False,
    restated=(),
    read_since=(),
    channels=("teams",),
)
CORRECTION = TeamsMessage(make_run(), Message("teams", "correction", 2, DAILY))
REPORT = TeamsMessage(make_run(), Message("teams", "report", 2))
LEDGER = f"deliveries/{DAILY}-correction/teams/001.json"


class Bodies(MemoryStore):
    """What AggregateCosts and BuildCard left."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = {"report": b"{}", "correction": b"{}"}
        documents.write(self, keys.TO_TELL.key(run_id=TOLD.run_id), TOLD)


def test_a_correction_is_posted_once_and_says_what_it_corrects() -> None:
    channel, store = FakeChannel(), Bodies()
    ports = FakePorts(channel=channel, store=store)
    done = [call(post_to_teams.run, CORRECTION, ports) for _ in range(2)]
    assert [(each.status, each.run_id) for each in done] == [
        ("delivered", DAILY),
        ("already_delivered", DAILY),
    ]
    assert len(channel.posts) == 1
    # Its own days are not covered by it, and it tells no numbers of its own.
    assert [key for key in store.objects if key.startswith(("deliveries/", "covered/", "told/"))] == [LEDGER]


def test_a_report_leaves_what_it_told_and_its_correction_does_not_stand_in_its_way() -> None:
    store = Bodies()
    ports = FakePorts(channel=FakeChannel(), store=store)
    call(
        post_to_teams.run,
        replace(CORRECTION, message=replace(CORRECTION.message, corrects=REPORT.run.run_id)),
        ports,
    )
    assert call(post_to_teams.run, REPORT, ports).status == "delivered"
    assert store.list("told/") == ["told/aws/2026-11-23/weekly-2026-11-16/teams.json"]


def test_without_a_webhook_nothing_was_told() -> None:
    store = Bodies()
    call(post_to_teams.run, REPORT, FakePorts(store=store))
    assert store.list("told/") == []


def test_a_correction_goes_out_though_a_later_report_told_the_run_s_days() -> None:
    channel, store = FakeChannel(), Bodies()
    ports = FakePorts(channel=channel, store=store)
    other = replace(REPORT, run=make_run(run_id="weekly-other"))
    call(post_to_teams.run, other, ports)
    assert call(post_to_teams.run, REPORT, ports).status == "already_delivered"
    assert call(post_to_teams.run, CORRECTION, ports).status == "delivered"


def test_two_runs_at_once_post_one_correction() -> None:
    """A daily and a weekly report of the same morning find the same error."""
    store = Bodies()
    weekly = replace(CORRECTION, run=make_run(execution="another"))

    class Second(FakeChannel):
        def post(self, body: bytes) -> None:
            with pytest.raises(DeliveryInProgress):
                call(post_to_teams.run, weekly, FakePorts(channel=FakeChannel(), store=store))
            super().post(body)

    channel = Second()
    call(post_to_teams.run, CORRECTION, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 1


def test_a_correction_whose_record_could_not_be_written_is_never_posted_again() -> None:
    class Failing(Bodies):
        def write(self, key: str, data: bytes) -> None:
            if key.startswith("deliveries/"):
                raise StoreUnavailable("disk")
            super().write(key, data)

    channel, store = FakeChannel(), Failing()
    with pytest.raises(DeliveryUnrecorded):
        call(post_to_teams.run, CORRECTION, FakePorts(channel=channel, store=store))
    later = FakePorts(channel=channel, store=store, clock=lambda: NOW + timedelta(hours=1))
    with pytest.raises(DeliveryUncertain, match=keys.attempt_id(LEDGER)):
        call(post_to_teams.run, CORRECTION, later)
    assert len(channel.posts) == 1
    # The next run does not make it again either.
    assert deliveries.not_posted(store, [WRONG]) == ()


def test_a_correction_that_was_refused_is_made_again_by_the_next_run() -> None:
    store = Bodies()
    ports = FakePorts(channel=FakeChannel(TeamsRejected("no")), store=store)
    with pytest.raises(TeamsRejected):
        call(post_to_teams.run, CORRECTION, ports)
    assert deliveries.not_posted(store, [WRONG]) == (WRONG,)
    call(post_to_teams.run, CORRECTION, ports)
    assert deliveries.not_posted(store, [WRONG]) == ()


def test_a_channel_that_lacks_the_correction_gets_it_and_the_other_does_not() -> None:
    store = Bodies()
    call(post_to_teams.run, CORRECTION, FakePorts(channel=FakeChannel(), store=store))
    both = replace(WRONG, channels=("finance", "teams"))
    assert [each.channels for each in deliveries.not_posted(store, [both])] == [("finance",)]


def test_a_record_that_cannot_be_read_counts_as_posted() -> None:
    store = Bodies()
    store.objects[LEDGER] = b"?"
    assert deliveries.not_posted(store, [WRONG]) == ()


def test_the_first_three_go_out_and_those_posted_make_room() -> None:
    store = Bodies()
    several = [replace(WRONG, run_id=f"daily-{number}") for number in range(5)]
    assert [each.run_id for each in deliveries.not_posted(store, several)] == [
        "daily-0",
        "daily-1",
        "daily-2",
    ]
    posted = replace(CORRECTION, message=replace(CORRECTION.message, corrects="daily-1"))
    call(post_to_teams.run, posted, FakePorts(channel=FakeChannel(), store=store))
    assert [each.run_id for each in deliveries.not_posted(store, several)] == [
        "daily-0",
        "daily-2",
        "daily-3",
    ]


def test_a_revision_has_the_next_id_that_was_posted_nowhere() -> None:
    store, run = Bodies(), make_run()
    ids = []
    for _ in range(3):
        revised = deliveries.revise(store, run)
        ids.append((revised.run_id, revised.revision, revised.first_id))
        given = replace(REPORT, run=revised)
        assert (
            call(post_to_teams.run, given, FakePorts(channel=FakeChannel(), store=store)).status
            == "delivered"
        )
    first = "weekly-2026-11-16"
    assert ids == [(first, 1, first), (f"{first}-r2", 2, first), (f"{first}-r3", 3, first)]
    assert [key.split("/")[3] for key in store.list("covered/")] == ["2026-11-23.json"]


def test_a_post_that_was_refused_needs_no_revision_and_one_that_is_unclear_does() -> None:
    store, run = Bodies(), make_run()
    with pytest.raises(TeamsRejected):
        call(post_to_teams.run, REPORT, FakePorts(channel=FakeChannel(TeamsRejected("no")), store=store))
    assert deliveries.revise(store, run).revision == 1
    with pytest.raises(DeliveryUncertain):
        call(post_to_teams.run, REPORT, FakePorts(channel=FakeChannel(DeliveryUncertain("?")), store=store))
    assert deliveries.revise(store, run).revision == 2
