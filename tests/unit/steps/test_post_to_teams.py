from __future__ import annotations

import json
from datetime import timedelta

import pytest

from finopsguard import contracts
from finopsguard.errors import (
    CardTooLarge,
    DeliveryInProgress,
    DeliveryUncertain,
    StoreUnavailable,
    TeamsRejected,
    TeamsThrottled,
)
from finopsguard.models.messages import TeamsMessage
from finopsguard.steps import post_to_teams
from tests.unit.fakes import NOW, FakeChannel, FakePorts, MemoryStore, call, make_run

CARD = {"type": "message", "attachments": [{"content": {"text": "año"}}]}
MESSAGE = TeamsMessage(make_run(), "runs/x/report.json", CARD, 50)


def test_the_body_is_exactly_the_message_in_utf_8() -> None:
    channel = FakeChannel()
    done = call(post_to_teams.run, MESSAGE, FakePorts(channel=channel))
    assert channel.posts == [contracts.encode(CARD)]
    assert "año".encode() in channel.posts[0]
    assert (done.status, done.bytes, done.run_id, done.posted_at) == (
        "delivered",
        len(channel.posts[0]),
        "weekly-2026-11-16",
        NOW,
    )


def test_the_same_report_is_posted_once_and_a_second_delivery_says_when() -> None:
    channel, store = FakeChannel(), MemoryStore()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    later = FakePorts(channel=channel, store=store, clock=lambda: NOW + timedelta(days=13))
    again = call(post_to_teams.run, MESSAGE, later)
    assert (again.status, again.posted_at) == ("already_delivered", NOW)
    assert len(channel.posts) == 1


def test_another_report_is_posted_to_the_same_channel() -> None:
    channel, store = FakeChannel(), MemoryStore()
    for run_id in ("weekly-2026-11-16", "weekly-2026-11-09"):
        message = TeamsMessage(make_run(run_id=run_id), "r", CARD, 50)
        call(post_to_teams.run, message, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 2


@pytest.mark.parametrize("error", [TeamsThrottled("later"), TeamsRejected("no")])
def test_after_a_refusal_the_card_can_be_posted(error: Exception) -> None:
    channel, store = FakeChannel(error), MemoryStore()
    ports = FakePorts(channel=channel, store=store)
    with pytest.raises(type(error)):
        call(post_to_teams.run, MESSAGE, ports)
    assert call(post_to_teams.run, MESSAGE, ports).status == "delivered"
    assert len(channel.posts) == 1


def test_an_unclear_outcome_is_not_tried_again_and_says_what_to_do() -> None:
    channel, store = FakeChannel(DeliveryUncertain("no answer.")), MemoryStore()
    with pytest.raises(DeliveryUncertain, match=r"delete deliveries/weekly-2026-11-16/channel/001\.json"):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    later = FakePorts(channel=channel, store=store, clock=lambda: NOW + timedelta(minutes=4))
    with pytest.raises(DeliveryUncertain, match="cut off"):
        call(post_to_teams.run, MESSAGE, later)
    assert channel.posts == []
    del store.objects["deliveries/weekly-2026-11-16/channel/001.json"]
    assert call(post_to_teams.run, MESSAGE, later).status == "delivered"


def test_two_executions_at_once_post_one_card() -> None:
    store = MemoryStore()

    class Second(FakeChannel):
        """While the first execution posts, a second one arrives."""

        def post(self, body: bytes) -> None:
            with pytest.raises(DeliveryInProgress):
                call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store))
            super().post(body)

    channel = Second()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 1


def test_a_post_whose_record_could_not_be_written_is_never_repeated_in_silence() -> None:
    class Failing(MemoryStore):
        def write(self, key: str, data: bytes) -> None:
            raise StoreUnavailable("disk")

    channel, store = FakeChannel(), Failing()
    with pytest.raises(StoreUnavailable):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    with pytest.raises(DeliveryInProgress):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 1


def test_without_a_webhook_nothing_is_posted_and_nothing_is_recorded() -> None:
    store = MemoryStore()
    assert call(post_to_teams.run, MESSAGE, FakePorts(store=store)).status == "not_configured"
    assert store.objects == {}


def test_a_card_over_the_limit_never_reaches_teams() -> None:
    channel = FakeChannel()
    card = {"type": "message", "attachments": [{"text": "x" * 20_001}]}
    with pytest.raises(CardTooLarge):
        call(post_to_teams.run, TeamsMessage(make_run(), "r", card, 20_000), FakePorts(channel=channel))
    assert channel.posts == []


def test_the_ledger_holds_no_secret() -> None:
    store = MemoryStore()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store))
    (record,) = store.objects.values()
    assert json.loads(record).keys() == {"status", "at", "execution"}
