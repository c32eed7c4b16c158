"""What an operator decides about deliveries: an uncertain one is ended, a message is posted once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finopsguard import contracts
from finopsguard.channels import decisions, standings
from finopsguard.errors import (
    DeliveryInProgress,
    DeliveryUncertain,
    FinOpsGuardError,
    InvalidConfiguration,
    InvalidInput,
    StoreUnavailable,
    TeamsRejected,
)
from finopsguard.models.ledger import DeliveryAttempt, DeliveryDecision
from finopsguard.models.messages import Delivery, Message, TeamsMessage
from finopsguard.models.run import Period
from finopsguard.report.untrusted import breakable
from finopsguard.steps import post_to_teams
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeChannel, FakePorts, FakeRoutes, call, make_run
from tests.unit.store.test_told import TOLD

WEEK = "weekly-2026-11-16"
ATTEMPT = f"{WEEK}/teams/001"
LEDGER = f"deliveries/{ATTEMPT}.json"
GIVEN = TeamsMessage(make_run(), Message("teams", "body", 2))
LATER = NOW + timedelta(minutes=10)


class Kept(MemoryStore):
    """What earlier steps left: a body, and what the report tells."""

    def __init__(self) -> None:
        super().__init__()
        self.objects["body"] = b"{}"
        documents.write(self, keys.TO_TELL.key(run_id=WEEK), TOLD)

    def decided(self) -> dict[str, DeliveryDecision]:
        """The decisions that were kept."""
        return {key: documents.read(self, key, DeliveryDecision) for key in self.list("decisions/")}


def post(
    store: MemoryStore, channel: FakeChannel, given: TeamsMessage = GIVEN, at: datetime = NOW
) -> Delivery:
    """PostToTeams, at that time."""
    return call(post_to_teams.run, given, FakePorts(channel=channel, store=store, clock=lambda: at))


def uncertain(store: MemoryStore) -> None:
    """A post that Teams did not answer."""
    with pytest.raises(DeliveryUncertain):
        post(store, FakeChannel(DeliveryUncertain("no answer.")))


def failed(store: MemoryStore) -> None:
    """A post that Teams refused."""
    with pytest.raises(TeamsRejected):
        post(store, FakeChannel(TeamsRejected("no")))


def resolve(
    store: MemoryStore, posted: bool, attempt: str = ATTEMPT, reason: str = "seen"
) -> decisions.Resolved:
    return decisions.resolve(store, attempt, posted, reason=reason, clock=lambda: LATER, version="0.1.0")


def resend(
    store: MemoryStore,
    channel: FakeChannel | None,
    attempt: str = ATTEMPT,
    *,
    again: bool = False,
    name: str = "teams",
) -> Delivery:
    return decisions.resend(
        store,
        attempt,
        again=again,
        reason="deleted",
        channels=decisions.Channels(name, channel, FakeRoutes()),
        clock=lambda: LATER,
        version="0.1.0",
    )


# ---- resolve ---------------------------------------------------------------------------------------------------------


def test_posted_leaves_what_a_post_would_have_left() -> None:
    told, decided = Kept(), Kept()
    post(told, FakeChannel())
    uncertain(decided)
    assert resolve(decided, True) == decisions.Resolved(ATTEMPT, posted=True, noted=True, before=False)
    kept = {key: data for key, data in decided.objects.items() if not key.startswith("decisions/")}
    assert kept == told.objects
    channel = FakeChannel()
    assert post(decided, channel, at=LATER).status == "already_delivered"
    assert channel.posts == []


def test_not_posted_lets_the_next_attempt_begin() -> None:
    store, channel = Kept(), FakeChannel()
    uncertain(store)
    assert not resolve(store, False).posted
    assert store.list("covered/") == store.list("told/") == []
    assert post(store, channel, at=LATER).status == "delivered"
    assert len(channel.posts) == 1


def test_a_correction_covers_and_tells_nothing() -> None:
    store = Kept()
    correction = replace(GIVEN, message=replace(GIVEN.message, corrects="daily-2026-11-15"))
    with pytest.raises(DeliveryUncertain):
        post(store, FakeChannel(DeliveryUncertain("?")), correction)
    resolve(store, True, "daily-2026-11-15-correction/teams/001")
    assert store.list("covered/") == store.list("told/") == []


def test_the_decision_is_kept_and_names_nobody() -> None:
    store = Kept()
    uncertain(store)
    resolve(store, True, reason="  It is in\n the channel. ")
    key = f"decisions/{ATTEMPT}/resolve.json"
    assert store.decided() == {key: DeliveryDecision("posted", "It is in the channel.", LATER, "0.1.0")}
    assert b"one" not in store.objects[key]


@pytest.mark.parametrize(
    "reason",
    ["", " \n", "x" * 301, "a\x1b[2Jb", "see https://host/x?a=b", "&sig=abc", "ana@example.com said so"],
)
def test_a_reason_is_one_line_without_what_must_not_be_kept(reason: str) -> None:
    store = Kept()
    uncertain(store)
    before = dict(store.objects)
    with pytest.raises(InvalidInput, match="--reason"):
        resolve(store, True, reason=reason)
    assert store.objects == before


@pytest.mark.parametrize("posted", [True, False])
def test_the_same_decision_again_changes_nothing(posted: bool) -> None:
    store = Kept()
    uncertain(store)
    resolve(store, posted)
    before = dict(store.objects)
    assert resolve(store, posted, reason="another").before
    assert store.objects == before
    with pytest.raises(InvalidInput, match="was decided as"):
        resolve(store, not posted)
    assert store.objects == before


@pytest.mark.parametrize(("made", "known"), [(post, "posted"), (failed, "failed")])
@pytest.mark.parametrize("posted", [True, False])
def test_what_is_not_uncertain_is_refused(made: Callable[..., object], known: str, posted: bool) -> None:
    store = Kept()
    made(store, FakeChannel()) if made is post else made(store)
    before = dict(store.objects)
    with pytest.raises(InvalidInput, match=f"^{ATTEMPT} is not uncertain: it is known as {known}"):
        resolve(store, posted)
    assert store.objects == before


def test_an_attempt_that_may_still_end_is_waited_for() -> None:
    store = Kept()
    documents.write(store, LEDGER, DeliveryAttempt("posting", LATER - timedelta(minutes=2), "", GIVEN))
    for decide in (lambda: resolve(store, True), lambda: resend(store, FakeChannel(), again=True)):
        with pytest.raises(DeliveryInProgress, match="Wait 3 minutes"):
            decide()
    documents.write(store, LEDGER, DeliveryAttempt("posting", LATER - timedelta(minutes=3), "", GIVEN))
    assert resolve(store, False).posted is False


@pytest.mark.parametrize(
    "attempt",
    ["", WEEK, LEDGER, f"{WEEK}/teams/1", "../x/001", "…/teams/001", f"{WEEK}/teams/001\n", "a/b/001"],
)
def test_an_id_that_is_none_is_refused(attempt: str) -> None:
    store = Kept()
    for decide in (lambda: resolve(store, True, attempt), lambda: resend(store, FakeChannel(), attempt)):
        with pytest.raises(InvalidInput, match="deliveries list"):
            decide()


def test_an_id_as_a_card_lets_it_wrap_is_taken() -> None:
    store = Kept()
    uncertain(store)
    wrapped = breakable(ATTEMPT, 20)
    assert wrapped != ATTEMPT
    assert resolve(store, True, wrapped).attempt == ATTEMPT


def test_a_record_that_cannot_be_read_is_ended_and_says_what_it_could_not_note() -> None:
    store = Kept()
    store.objects[LEDGER] = b"?"
    with pytest.raises(DeliveryUncertain, match=ATTEMPT):
        resend(store, FakeChannel())
    assert resolve(store, True) == decisions.Resolved(ATTEMPT, posted=True, noted=False, before=False)
    assert store.list("covered/") == []
    assert post(store, FakeChannel(), at=LATER).status == "already_delivered"


def test_a_decision_that_cannot_be_read_holds_nobody_up() -> None:
    store = Kept()
    uncertain(store)
    store.objects[f"decisions/{ATTEMPT}/resolve.json"] = b"?"
    assert not resolve(store, True).before
    assert [each.decision for each in store.decided().values()] == ["posted"]


def test_of_two_who_decide_at_once_one_does() -> None:
    class Second(Kept):
        """Before the first decision is kept, somebody else decides."""

        def create(self, key: str, data: bytes) -> bool:
            if key.startswith("decisions/") and not self.exists(key):
                super().create(key, contracts.encode(contracts.to_json(other)))
            return super().create(key, data)

    other = DeliveryDecision("not-posted", "not seen", NOW, "0.1.0")
    store = Second()
    uncertain(store)
    with pytest.raises(InvalidInput, match="was decided as not-posted"):
        resolve(store, True)
    assert store.list("covered/") == []


@pytest.mark.parametrize("lost", range(1, 4))
def test_a_decision_that_was_cut_off_is_completed_by_the_same_again(lost: int) -> None:
    """Whichever of its writes is the first that fails, the ledger says posted only when the days are noted."""

    class Failing(Kept):
        left = 1_000

        def counted(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise StoreUnavailable("down")

        def write(self, key: str, data: bytes) -> None:
            self.counted()
            super().write(key, data)

        def create(self, key: str, data: bytes) -> bool:
            self.counted()
            return super().create(key, data)

    store = Failing()
    uncertain(store)
    store.left = lost
    with pytest.raises(StoreUnavailable):
        resolve(store, True)
    assert contracts.decode(DeliveryAttempt, store.objects[LEDGER]).status == "uncertain"
    store.left = 1_000
    with pytest.raises(DeliveryUncertain):
        post(store, FakeChannel(), at=LATER)
    assert resolve(store, True).noted
    assert (len(store.list("covered/")), len(store.list("told/"))) == (1, 1)


# ---- resend ----------------------------------------------------------------------------------------------------------


def test_a_failed_message_is_posted_from_the_store_and_counts_as_the_report() -> None:
    store, channel = Kept(), FakeChannel()
    failed(store)
    assert resend(store, channel) == Delivery("delivered", 2, "teams", WEEK, LATER)
    assert channel.posts == [b"{}"]
    assert (len(store.list("covered/")), len(store.list("told/"))) == (1, 1)
    record = documents.read(store, f"deliveries/{WEEK}/teams/002.json", DeliveryAttempt)
    assert record == DeliveryAttempt("posted", LATER, decisions.BY_HAND, GIVEN)
    assert store.decided() == {
        f"decisions/{WEEK}/teams/002/resend.json": DeliveryDecision("resend", "deleted", LATER, "0.1.0")
    }
    assert post(store, channel, at=LATER).status == "already_delivered"
    # The same command once more is about an attempt that is not the newest any more.
    with pytest.raises(InvalidInput, match=f"{WEEK}/teams/002 came after"):
        resend(store, channel, again=True)
    assert len(channel.posts) == 1


def test_a_posted_message_is_posted_again_only_if_its_card_is_said_to_be_gone() -> None:
    store, channel = Kept(), FakeChannel()
    post(store, channel)
    with pytest.raises(InvalidInput, match="--again"):
        resend(store, channel)
    assert len(channel.posts) == 1
    assert resend(store, channel, again=True).status == "delivered"
    assert len(channel.posts) == 2


def test_a_card_sent_again_that_is_refused_stays_delivered_for_every_run() -> None:
    store, channel = Kept(), FakeChannel()
    post(store, channel)
    with pytest.raises(TeamsRejected):
        resend(store, FakeChannel(TeamsRejected("no")), again=True)
    assert post(store, channel, at=LATER).status == "already_delivered"
    assert resend(store, channel, f"{WEEK}/teams/002").status == "delivered"


@pytest.mark.parametrize("again", [True, False])
def test_an_uncertain_message_is_resolved_first(again: bool) -> None:
    store, channel = Kept(), FakeChannel()
    uncertain(store)
    with pytest.raises(DeliveryUncertain, match=f"resolve {ATTEMPT}"):
        resend(store, channel, again=again)
    resolve(store, False)
    assert resend(store, channel).status == "delivered"
    assert len(channel.posts) == 1


def test_a_report_whose_days_another_one_told_is_not_posted() -> None:
    store, channel = Kept(), FakeChannel()
    failed(store)
    longer = make_run(run_id="weekly-longer", period=Period(date(2026, 11, 16), date(2026, 11, 30)))
    post(store, channel, replace(GIVEN, run=longer))
    with pytest.raises(InvalidInput, match="Another report told the days"):
        resend(store, channel)
    assert len(channel.posts) == 1


@pytest.mark.parametrize(("channel", "name"), [(None, "teams"), (FakeChannel(), "finance")])
def test_without_the_channel_s_own_webhook_nothing_is_posted(channel: FakeChannel | None, name: str) -> None:
    store = Kept()
    failed(store)
    with pytest.raises(InvalidConfiguration, match="TEAMS_WEBHOOK_URL"):
        resend(store, channel, name=name)
    assert store.list("deliveries/") == [LEDGER]


def test_a_record_of_an_earlier_version_does_not_say_what_to_post() -> None:
    store = Kept()
    documents.write(store, LEDGER, DeliveryAttempt("failed", NOW, ""))
    with pytest.raises(InvalidInput, match="Run its report again"):
        resend(store, FakeChannel())


def test_of_a_redrive_and_a_resend_at_once_one_posts() -> None:
    store = Kept()
    failed(store)

    class Second(FakeChannel):
        def post(self, body: bytes) -> None:
            with pytest.raises(InvalidInput, match="came after"):
                resend(store, FakeChannel())
            super().post(body)

    channel = Second()
    assert post(store, channel, at=LATER).status == "delivered"
    assert len(channel.posts) == 1


def test_without_its_decision_nothing_is_posted_and_the_attempt_is_over() -> None:
    class Failing(Kept):
        def write(self, key: str, data: bytes) -> None:
            if key.startswith("decisions/"):
                raise StoreUnavailable("down")
            super().write(key, data)

    store, channel = Failing(), FakeChannel()
    failed(store)
    with pytest.raises(StoreUnavailable):
        resend(store, channel)
    assert channel.posts == []
    assert [each.state for each in standings.standings(store, datetime(2027, 1, 1, tzinfo=UTC))] == ["failed"]


@pytest.mark.parametrize("error", [DeliveryUncertain("?"), TeamsRejected("no")])
def test_how_a_resend_ended_is_recorded_as_any_attempt_is(error: FinOpsGuardError) -> None:
    store = Kept()
    failed(store)
    with pytest.raises(type(error)):
        resend(store, FakeChannel(error))
    (standing,) = standings.standings(store, LATER)
    expected = "uncertain" if isinstance(error, DeliveryUncertain) else "failed"
    assert (standing.id, standing.state, standing.attempts) == (f"{WEEK}/teams/002", expected, 2)
