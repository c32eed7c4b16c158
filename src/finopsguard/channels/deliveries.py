"""The delivery ledger: a report is posted to a channel once, whatever is retried, redriven or started twice.

Posting is not idempotent and posted twice is worse than late. Every attempt is an object,
`deliveries/<run>/<channel>/<attempt>.json`, that is created only if it is not there, and then says how it ended:

    posting     begun; the outcome is not known yet
    failed      ended, and nothing was posted: the next attempt may begin
    posted      ended, and the card is in the channel: there is no next attempt
    uncertain   ended, and nobody knows: an operator looks into the channel and says it (`decisions`)

One that still says `posting` after LONGEST_ATTEMPT was cut off, and is uncertain too. A channel has the name that the
settings give it, so a webhook that is made anew is the same channel. Two executions that post the same report at the
same time create the same attempt; the store lets one of them win. A revision of a report, and the one correction of it,
are posts of their own: `<run>-r2`, `<run>-correction`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from finopsguard.errors import (
    DeliveryInProgress,
    DeliveryUncertain,
    DeliveryUnrecorded,
    FinOpsGuardError,
    InvalidInput,
    Permanent,
    TeamsAnswerUnknown,
)
from finopsguard.models.ledger import AttemptStatus, DeliveryAttempt
from finopsguard.models.messages import Delivery, DeliveryStatus, TeamsMessage
from finopsguard.models.report import Correction
from finopsguard.models.run import Run
from finopsguard.ports import Channel, Clock, Store
from finopsguard.store import budgets, covered, documents, keys, ledger, told

# Longer than PostToTeams may run (its timeout is 120 s): an older attempt without an outcome was cut off.
LONGEST_ATTEMPT = timedelta(minutes=3)
MOST_CORRECTIONS = 3
"""Cards in one run; the next run has the others."""
# How the run id of a correction ends in the ledger, after that of the report that it corrects.
_CORRECTION = "-correction"


@dataclass(frozen=True)
class Attempt:
    """A delivery begun by this invocation. Left without an end it counts as uncertain."""

    store: Store
    key: str
    record: DeliveryAttempt

    @property
    def id(self) -> str:
        """The attempt as people type it."""
        return keys.attempt_id(self.key)

    def end(self, status: AttemptStatus, at: datetime) -> None:
        """Records how it ended."""
        documents.write(self.store, self.key, replace(self.record, status=status, at=at))


@dataclass(frozen=True)
class Posted:
    """The report was delivered before, at that time."""

    at: datetime


def deliver(body: bytes, given: TeamsMessage, *, channel: Channel, store: Store, clock: Clock) -> Delivery:
    """Posts the body of a message to its channel, unless that has it already.

    Raises DeliveryInProgress, DeliveryUncertain, DeliveryUnrecorded and what ports.Channel and ports.Store raise.
    """
    attempt = begin(store, given, clock())
    if isinstance(attempt, Posted):
        return delivery(given, "already_delivered", body, attempt.at)
    return post(body, given, attempt, channel=channel, clock=clock)


def post(body: bytes, given: TeamsMessage, attempt: Attempt, *, channel: Channel, clock: Clock) -> Delivery:
    """Posts for an attempt that was begun, and records how it ended; raises as `deliver` does.

    What is known of the outcome and cannot be recorded is said: the next invocation would have to ask for it.
    """
    try:
        channel.post(body)
    except (DeliveryUncertain, TeamsAnswerUnknown) as error:
        # It does not end as failed, so that no retry and no redrive posts the card a second time.
        with suppress(FinOpsGuardError):
            attempt.end("uncertain", clock())
        raise type(error)(f"{error} {remedy(attempt.id)}") from error
    except FinOpsGuardError as error:
        _end_as_failed(attempt, error, clock())
        raise
    posted_at = clock()
    try:
        attempt.end("posted", posted_at)
    except FinOpsGuardError as trouble:
        raise DeliveryUnrecorded(
            f"The card is in the channel since {when(posted_at)}, but that could not be"
            f" recorded. Say it when the store works again: {_command(attempt.id, 'posted')}. ({trouble})"
        ) from trouble
    return delivery(given, "delivered", body, posted_at)


def delivery(given: TeamsMessage, status: DeliveryStatus, body: bytes, at: datetime | None) -> Delivery:
    """What became of a message."""
    about = given.message.corrects or given.run.run_id
    return Delivery(status, len(body), given.message.channel, about, at)


def note_told(store: Store, given: TeamsMessage, done: Delivery, at: datetime) -> None:
    """Notes the days that a report covers and what it told; its correction covers and tells nothing of its own.

    The days of a report are told when any of its channels has it: what a route's channel has is a part of the same.
    """
    if given.message.corrects is None:
        covered.record(store, given.run, at)
        told.record(store, given.run, done, part=given.message.routed)
        budgets.record(store, given.run, done)
        ledger.record(store, given.run, done)


def remember(store: Store, given: TeamsMessage, done: Delivery, at: datetime) -> None:
    """As `note_told`; what a retry does not mend becomes DeliveryUnrecorded where the card is in the channel."""
    try:
        note_told(store, given, done, at)
    except Permanent as trouble:
        if done.posted_at is None:
            raise
        raise DeliveryUnrecorded(
            f"The card is in the channel since {when(done.posted_at)}, but that its days are told could not be"
            f" recorded. Redrive the execution when the store works again. ({trouble})"
        ) from trouble


def _end_as_failed(attempt: Attempt, refused: FinOpsGuardError, at: datetime) -> None:
    try:
        attempt.end("failed", at)
    except FinOpsGuardError as trouble:
        # A retry would find an attempt without an end, and not know that nothing was posted.
        kind = type(refused) if isinstance(refused, Permanent) else DeliveryUncertain
        raise kind(
            f"{refused} Nothing was posted, but that could not be recorded. Say it when the store works again, then"
            f" redrive: {_command(attempt.id, 'not-posted')}. ({trouble})"
        ) from trouble


def revise(store: Store, run: Run) -> Run:
    """The run under the next id that was posted nowhere: as it is, then `weekly-2026-11-16-r2`, and so on."""
    for number in count(1):
        run_id = run.run_id if number == 1 else f"{run.run_id}-r{number}"
        if not _may_be_posted(store, keys.DELIVERY.below(run_id=run_id)):
            return replace(run, run_id=run_id, revision=number)
    raise AssertionError("unreachable: count() does not end")


def not_posted(store: Store, corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """The first corrections that are still to be posted, each with the channels that do not have it."""
    found: list[Correction] = []
    for each in corrections:
        about = _correction_of(each.run_id)
        channels = tuple(
            name
            for name in each.channels
            if not _may_be_posted(store, keys.DELIVERY.below(run_id=about, channel=name))
        )
        if channels:
            found.append(replace(each, channels=channels))
        if len(found) == MOST_CORRECTIONS:
            break
    return tuple(found)


def _correction_of(run_id: str) -> str:
    return f"{run_id}{_CORRECTION}"


def about(post: str) -> tuple[str, bool]:
    """The report that a post of the ledger is about, and whether it is the report's correction."""
    return post.removesuffix(_CORRECTION), post.endswith(_CORRECTION)


def _may_be_posted(store: Store, prefix: str) -> bool:
    """True if a post was made, or an attempt is open: nobody knows then, and posted twice is worse than late."""
    return any(_is_open(store, key) for key in store.list(prefix))


def _is_open(store: Store, key: str) -> bool:
    try:
        return documents.read(store, key, DeliveryAttempt).status != "failed"
    except InvalidInput:
        return True


def begin(store: Store, given: TeamsMessage, at: datetime) -> Attempt | Posted:
    """Begins a delivery, or tells that it was made already.

    Raises DeliveryInProgress (another execution is at it) and DeliveryUncertain (an attempt was cut off, or what it
    left cannot be read).
    """
    for number in count(1):
        attempt = begin_at(store, given, number, at, given.run.execution)
        if isinstance(attempt, Attempt):
            return attempt
        record = _read(store, attempt)
        if record.status == "posted":
            return Posted(record.at)
        if in_progress(record, at):
            raise DeliveryInProgress(
                "The same report is being posted by another invocation; waiting for its outcome."
            )
        if record.status != "failed":
            raise DeliveryUncertain(
                f"A post of this report ended at {when(record.at)} without a known outcome; it"
                f" may be in the channel. {remedy(keys.attempt_id(attempt))}"
            )
    raise AssertionError("unreachable: count() does not end")


def begin_at(store: Store, given: TeamsMessage, number: int, at: datetime, execution: str) -> Attempt | str:
    """The attempt of this number, begun; its key, where there is one already. Of two that begin it, one wins."""
    corrects = given.message.corrects
    post_id = _correction_of(corrects) if corrects else given.run.run_id
    key = keys.DELIVERY.key(run_id=post_id, channel=given.message.channel, number=f"{number:03d}")
    record = DeliveryAttempt("posting", at, execution, given)
    return Attempt(store, key, record) if documents.create(store, key, record) else key


def in_progress(record: DeliveryAttempt, now: datetime) -> bool:
    """True while an attempt may still end by itself."""
    return record.status == "posting" and now - record.at < LONGEST_ATTEMPT


def remedy(attempt: str) -> str:
    """What to do about an attempt whose outcome is unknown; `failures.attempt_in` finds its id there."""
    command = _command(attempt, "OUTCOME")
    return (
        f"Look there, then say what you saw: {command}, where OUTCOME is posted or not-posted. After not-posted,"
        " redrive the execution."
    )


def when(moment: datetime) -> str:
    """A moment as messages to the operator have it."""
    return moment.isoformat(timespec="seconds")


def _command(attempt: str, outcome: str) -> str:
    return f"finopsguard deliveries resolve {attempt} {outcome} --reason TEXT"


def _read(store: Store, key: str) -> DeliveryAttempt:
    try:
        return documents.read(store, key, DeliveryAttempt)
    except InvalidInput as error:
        raise DeliveryUncertain(
            f"{error}, so the card may be in the channel. {remedy(keys.attempt_id(key))}"
        ) from error
