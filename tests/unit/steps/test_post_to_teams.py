from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from finopsguard import contracts
from finopsguard.channels.teams import limits
from finopsguard.channels.teams.webhook import WebhookChannel, fixed_url
from finopsguard.errors import (
    CardTooLarge,
    DeliveryInProgress,
    DeliveryUncertain,
    DeliveryUnrecorded,
    FinOpsGuardError,
    ObjectMissing,
    StoreAccessDenied,
    StoreUnavailable,
    TeamsRejected,
    TeamsThrottled,
)
from finopsguard.failures import attempt_in
from finopsguard.models.ledger import CoveredDays, DeliveryAttempt
from finopsguard.models.messages import Delivery, Message, TeamsMessage
from finopsguard.models.run import Period
from finopsguard.steps import post_to_teams
from finopsguard.store.memory import MemoryStore
from tests.standins import StandIns
from tests.unit.fakes import NOW, FakeChannel, FakePorts, call, make_run

BODY = contracts.encode({"type": "message", "attachments": [{"content": {"text": "año"}}]})
WEEK = "weekly-2026-11-16"
ATTEMPT = f"{WEEK}/teams/001"
LEDGER = f"deliveries/{ATTEMPT}.json"


def message(channel: str = "teams", run_id: str = WEEK) -> TeamsMessage:
    """What the Map gives PostToTeams."""
    return TeamsMessage(make_run(run_id=run_id), Message(channel, f"runs/messages/{channel}.json", len(BODY)))


MESSAGE = message()


class Bodies(MemoryStore):
    """A store with what BuildCard left for two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = {f"runs/messages/{name}.json": BODY for name in ("teams", "finance")}

    @property
    def ledger(self) -> dict[str, bytes]:
        """What was recorded of posts."""
        return {key: data for key, data in self.objects.items() if key.startswith("deliveries/")}

    @property
    def covered(self) -> list[CoveredDays]:
        """The days that count as told."""
        return [contracts.decode(CoveredDays, self.objects[key]) for key in sorted(self.list("covered/"))]


def test_the_body_is_what_build_card_left_byte_by_byte() -> None:
    channel = FakeChannel()
    done = call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=Bodies()))
    assert channel.posts == [BODY]
    assert "año".encode() in channel.posts[0]
    assert done == Delivery("delivered", len(channel.posts[0]), "teams", "weekly-2026-11-16", NOW)


def test_a_body_that_is_not_there_is_an_error_and_nothing_is_recorded() -> None:
    store = MemoryStore()
    with pytest.raises(ObjectMissing, match=r"runs/messages/teams\.json"):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store))
    assert store.objects == {}


def test_a_webhook_that_is_made_anew_does_not_get_the_card_again() -> None:
    """The ledger knows the channel by its name in the settings, not by its URL."""
    store = Bodies()
    with StandIns() as first, StandIns() as second:
        for standins in (first, second):
            channel = WebhookChannel(
                fixed_url(standins.webhook_url), ["127.0.0.1"], sleep=lambda seconds: None
            )
            call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
        assert first.webhook_url != second.webhook_url
        assert (len(first.workflows.posts), len(second.workflows.posts)) == (1, 0)
    assert list(store.ledger) == [LEDGER]


def test_each_channel_has_a_ledger_of_its_own() -> None:
    channel, store = FakeChannel(), Bodies()
    ports = FakePorts(channel=channel, store=store)
    for name in ("teams", "finance", "teams"):
        call(post_to_teams.run, message(name), ports)
    assert len(channel.posts) == 2
    assert list(store.ledger) == [f"deliveries/{WEEK}/{name}/001.json" for name in ("teams", "finance")]


@pytest.mark.parametrize("spoilt", [b"", b"{}", b"posted", b'{"status": "gone", "at": "x"}', b"\xff"])
def test_a_record_that_cannot_be_read_is_named_and_nothing_is_posted(spoilt: bytes) -> None:
    channel, store = FakeChannel(), Bodies()
    store.objects[LEDGER] = spoilt
    with pytest.raises(DeliveryUncertain, match=f"^{LEDGER} cannot be read: .*resolve {ATTEMPT} OUTCOME"):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert channel.posts == []
    assert store.ledger == {LEDGER: spoilt}


def test_the_same_report_is_posted_once_and_a_second_delivery_says_when() -> None:
    channel, store = FakeChannel(), Bodies()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    later = FakePorts(channel=channel, store=store, clock=lambda: NOW + timedelta(days=13))
    again = call(post_to_teams.run, MESSAGE, later)
    assert (again.status, again.posted_at) == ("already_delivered", NOW)
    assert len(channel.posts) == 1


def test_another_report_is_posted_to_the_same_channel() -> None:
    channel, store = FakeChannel(), Bodies()
    week_before = replace(
        MESSAGE, run=make_run(run_id="weekly-2026-11-09", period=make_run().previous_period)
    )
    for given in (MESSAGE, week_before):
        call(post_to_teams.run, given, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 2
    assert [str(days.end) for days in store.covered] == ["2026-11-16", "2026-11-23"]


@pytest.mark.parametrize("error", [TeamsThrottled("later"), TeamsRejected("no")])
def test_after_a_refusal_the_card_can_be_posted(error: Exception) -> None:
    channel, store = FakeChannel(error), Bodies()
    ports = FakePorts(channel=channel, store=store)
    with pytest.raises(type(error)):
        call(post_to_teams.run, MESSAGE, ports)
    assert call(post_to_teams.run, MESSAGE, ports).status == "delivered"
    assert len(channel.posts) == 1


def test_an_unclear_outcome_is_not_tried_again_and_says_what_to_do() -> None:
    channel, store = FakeChannel(DeliveryUncertain("no answer.")), Bodies()
    with pytest.raises(DeliveryUncertain) as raised:
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert attempt_in(str(raised.value)) == ATTEMPT
    # It is known at once: nobody waits for an outcome that will not come.
    with pytest.raises(DeliveryUncertain, match="without a known outcome") as raised:
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert attempt_in(str(raised.value)) == ATTEMPT
    assert channel.posts == []


def test_an_attempt_that_was_cut_off_is_waited_for_and_then_asked_about() -> None:
    store = Bodies()

    class Gone(BaseException):
        """The function was ended."""

    with pytest.raises(Gone):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(Gone()), store=store))  # type: ignore[arg-type]
    for minutes, expected in ((2, DeliveryInProgress), (3, DeliveryUncertain)):
        later = FakePorts(
            channel=FakeChannel(), store=store, clock=lambda after=minutes: NOW + timedelta(minutes=after)
        )
        with pytest.raises(expected):
            call(post_to_teams.run, MESSAGE, later)


def test_two_executions_at_once_post_one_card() -> None:
    store = Bodies()

    class Second(FakeChannel):
        """While the first execution posts, a second one arrives."""

        def post(self, body: bytes) -> None:
            with pytest.raises(DeliveryInProgress):
                call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store))
            super().post(body)

    channel = Second()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 1


class Failing(Bodies):
    """A store that takes new objects and no changes below a prefix."""

    def __init__(self, prefix: str, error: FinOpsGuardError) -> None:
        super().__init__()
        self.prefix, self.error = prefix, error

    def write(self, key: str, data: bytes) -> None:
        if key.startswith(self.prefix):
            raise self.error
        super().write(key, data)

    def create(self, key: str, data: bytes) -> bool:
        if self.prefix != "deliveries/" and key.startswith(self.prefix):
            raise self.error
        return super().create(key, data)


def test_a_post_whose_record_could_not_be_written_says_that_the_card_is_there_and_is_never_repeated() -> None:
    channel, store = FakeChannel(), Failing("deliveries/", StoreUnavailable("The disk is full."))
    with pytest.raises(DeliveryUnrecorded, match=r"is in the channel since .*The disk is full\.") as raised:
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert attempt_in(str(raised.value)) == ATTEMPT
    with pytest.raises(DeliveryInProgress):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert len(channel.posts) == 1


@pytest.mark.parametrize(
    ("refused", "told"),
    [(TeamsRejected("It refused."), TeamsRejected), (TeamsThrottled("It refused."), DeliveryUncertain)],
)
def test_a_refusal_that_could_not_be_recorded_says_both(
    refused: FinOpsGuardError, told: type[FinOpsGuardError]
) -> None:
    """A retry could not know it: so a refusal for a time is not retried then, and asked about once."""
    store = Failing("deliveries/", StoreUnavailable("The disk is full."))
    with pytest.raises(told, match=r"^It refused\. Nothing was posted, .*not-posted.*disk is full") as raised:
        call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(refused), store=store))
    assert attempt_in(str(raised.value)) == ATTEMPT


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(StoreUnavailable("later"), StoreUnavailable), (StoreAccessDenied("never"), DeliveryUnrecorded)],
)
def test_days_that_could_not_be_noted_are_noted_by_the_retry_or_said(
    trouble: FinOpsGuardError, told: type[FinOpsGuardError]
) -> None:
    channel, store = FakeChannel(), Failing("covered/", trouble)
    with pytest.raises(told):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    store.prefix = "nothing"
    assert (
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store)).status
        == "already_delivered"
    )
    assert (len(channel.posts), len(store.covered)) == (1, 1)


def test_without_a_webhook_nothing_is_posted_and_the_days_are_covered_by_the_files() -> None:
    store = Bodies()
    done = call(post_to_teams.run, MESSAGE, FakePorts(store=store))
    assert done == Delivery("not_configured", len(BODY), "teams", WEEK)
    assert store.ledger == {}
    assert store.covered == [CoveredDays(WEEK, date(2026, 11, 16), date(2026, 11, 23), NOW)]


def test_days_are_covered_once_by_the_first_report_in_any_channel_and_only_if_it_arrived() -> None:
    refused, store = FakeChannel(TeamsRejected("no")), Bodies()
    with pytest.raises(TeamsRejected):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=refused, store=store))
    assert store.covered == []
    later = FakePorts(channel=refused, store=store, clock=lambda: NOW + timedelta(days=1))
    for given in (MESSAGE, message("finance"), MESSAGE):
        call(post_to_teams.run, given, later)
    assert [(days.run_id, days.at) for days in store.covered] == [(WEEK, NOW + timedelta(days=1))]


def test_a_report_by_hand_covers_nothing_and_is_posted_though_its_days_are_told() -> None:
    channel, store = FakeChannel(), Bodies()
    by_hand = replace(MESSAGE, run=make_run(continues=False))
    call(post_to_teams.run, by_hand, FakePorts(channel=channel, store=store))
    assert store.covered == []
    call(
        post_to_teams.run,
        message(run_id="weekly-2026-11-14-2026-11-22"),
        FakePorts(channel=channel, store=store),
    )
    other = replace(by_hand, run=make_run(run_id="weekly-other", continues=False))
    assert call(post_to_teams.run, other, FakePorts(channel=channel, store=store)).status == "delivered"


def test_a_report_that_is_redriven_after_a_later_one_told_its_days_is_not_posted() -> None:
    channel, store = FakeChannel(), Bodies()
    longer = Period(date(2026, 11, 16), date(2026, 11, 30))
    covering = make_run(run_id="weekly-2026-11-16-2026-11-29", period=longer)
    call(post_to_teams.run, replace(MESSAGE, run=covering), FakePorts(channel=channel, store=store))
    late = call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert (late.status, late.run_id, len(channel.posts)) == ("already_delivered", WEEK, 1)


def test_a_card_over_the_limit_never_reaches_teams() -> None:
    channel, store = FakeChannel(), Bodies()
    store.objects[MESSAGE.message.key] = b"x" * (limits.MAX_MESSAGE_BYTES + 1)
    with pytest.raises(CardTooLarge):
        call(post_to_teams.run, MESSAGE, FakePorts(channel=channel, store=store))
    assert channel.posts == []
    assert store.ledger == {}


def test_the_ledger_holds_no_secret() -> None:
    store = Bodies()
    call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store))
    (record,) = store.ledger.values()
    assert json.loads(record).keys() == {"status", "at", "execution", "given", "_seal"}
    assert contracts.decode(DeliveryAttempt, record) == DeliveryAttempt(
        "posted", NOW, MESSAGE.run.execution, MESSAGE
    )


def test_a_record_of_an_earlier_version_is_read() -> None:
    store = Bodies()
    store.objects[LEDGER] = b'{"status":"posted","at":"2026-11-23T08:00:00Z","execution":""}'
    assert call(post_to_teams.run, MESSAGE, FakePorts(channel=FakeChannel(), store=store)).posted_at == NOW
