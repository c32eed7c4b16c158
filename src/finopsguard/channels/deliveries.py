"""The delivery ledger: a report is posted to a channel once, whatever is retried, redriven or started twice.

Posting is not idempotent and posted twice is worse than late. Every attempt is an object,
`deliveries/<run>/<channel>/<attempt>.json`, that is created only if it is not there, and then says how it ended:

    posting   begun; the outcome is not known yet
    failed    ended, and nothing was posted: the next attempt may begin
    posted    ended, and the card is in the channel: there is no next attempt

A channel has the name that the settings give it, so a webhook that is made anew is the same channel. Two executions
that post the same report at the same time create the same attempt; the store lets one of them win. A revision of a
report, and the one correction of it, are posts of their own: `<run>-r2`, `<run>-correction`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from finopsguard.errors import (
    DeliveryInProgress,
    DeliveryUncertain,
    FinOpsGuardError,
    InvalidInput,
    TeamsAnswerUnknown,
)
from finopsguard.models.ledger import DeliveryAttempt
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.models.report import Correction
from finopsguard.models.run import Run
from finopsguard.ports import Channel, Clock, Store
from finopsguard.store import documents, keys

# Longer than PostToTeams may run (its timeout is 120 s): an older attempt without an outcome was cut off.
LONGEST_ATTEMPT = timedelta(minutes=3)
MOST_CORRECTIONS = 3
"""Cards in one run; the next run has the others."""


@dataclass(frozen=True)
class Attempt:
    """A delivery begun by this invocation. End it with `failed` or `posted`; left open it counts as uncertain."""

    store: Store
    key: str
    execution: str

    def failed(self, at: datetime) -> None:
        """Nothing was posted."""
        documents.write(self.store, self.key, DeliveryAttempt("failed", at, self.execution))

    def posted(self, at: datetime) -> None:
        """The card is in the channel."""
        documents.write(self.store, self.key, DeliveryAttempt("posted", at, self.execution))


@dataclass(frozen=True)
class Posted:
    """The report was delivered before, at that time."""

    at: datetime


def deliver(body: bytes, given: TeamsMessage, *, channel: Channel, store: Store, clock: Clock) -> Delivery:
    """Posts the body of a message to its channel, unless that has it already.

    Raises DeliveryInProgress, DeliveryUncertain and what ports.Channel and ports.Store raise.
    """
    name, run_id, corrects = given.message.channel, given.run.run_id, given.message.corrects
    post = _correction_of(corrects) if corrects else run_id
    attempt = begin(store, post, name, clock(), given.run.execution)
    if isinstance(attempt, Posted):
        return Delivery("already_delivered", len(body), name, corrects or run_id, attempt.at)
    try:
        channel.post(body)
    except (DeliveryUncertain, TeamsAnswerUnknown) as error:
        # The attempt stays open, so that no retry and no redrive posts the card a second time.
        raise type(error)(f"{error} {remedy(attempt.key)}") from error
    except FinOpsGuardError:
        attempt.failed(clock())
        raise
    posted_at = clock()
    attempt.posted(posted_at)
    return Delivery("delivered", len(body), name, corrects or run_id, posted_at)


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
    return f"{run_id}-correction"


def _may_be_posted(store: Store, prefix: str) -> bool:
    """True if a post was made, or an attempt is open: nobody knows then, and posted twice is worse than late."""
    return any(_is_open(store, key) for key in store.list(prefix))


def _is_open(store: Store, key: str) -> bool:
    try:
        return documents.read(store, key, DeliveryAttempt).status != "failed"
    except InvalidInput:
        return True


def begin(store: Store, run_id: str, channel: str, at: datetime, execution: str) -> Attempt | Posted:
    """Begins a delivery, or tells that it was made already.

    Raises DeliveryInProgress (another execution is at it) and DeliveryUncertain (an attempt was cut off, or what it
    left cannot be read).
    """
    for number in count(1):
        key = keys.DELIVERY.key(run_id=run_id, channel=channel, number=f"{number:03d}")
        if documents.create(store, key, DeliveryAttempt("posting", at, execution)):
            return Attempt(store, key, execution)
        record = _read(store, key)
        if record.status == "posted":
            return Posted(record.at)
        if record.status == "posting":
            if at - record.at < LONGEST_ATTEMPT:
                raise DeliveryInProgress(
                    "The same report is being posted by another invocation; waiting for its outcome."
                )
            raise DeliveryUncertain(
                f"A post of this report was cut off at {record.at.isoformat()}; it may be in the channel."
                f" {remedy(key)}"
            )
    raise AssertionError("unreachable: count() does not end")


def remedy(key: str) -> str:
    """What to do about an attempt whose outcome is unknown."""
    return f"Look there. If the card is not there, delete {key} from the store and redrive the execution."


def _read(store: Store, key: str) -> DeliveryAttempt:
    try:
        return documents.read(store, key, DeliveryAttempt)
    except InvalidInput as error:
        raise DeliveryUncertain(f"{error}, so the card may be in the channel. {remedy(key)}") from error
