"""What an operator sees of the delivery ledger and decides about it: `finopsguard deliveries`.

An attempt whose outcome nobody knows is ended by who has looked into the channel, and a message is posted again only by
a decision. Each decision is kept beside the ledger, `decisions/<run>/<channel>/<attempt>/`, before it has an effect.
Nothing here may show a card twice by accident: a decision names its attempt, counts once, and only about the newest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from finopsguard import contracts
from finopsguard.channels import deliveries
from finopsguard.channels.teams import limits
from finopsguard.errors import (
    CardTooLarge,
    DeliveryInProgress,
    DeliveryUncertain,
    FinOpsGuardError,
    InvalidConfiguration,
    InvalidInput,
)
from finopsguard.models.ledger import AttemptStatus, DecisionName, DeliveryAttempt, DeliveryDecision, Standing
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.ports import Channel, Clock, Store
from finopsguard.store import covered, documents, keys

BY_HAND = "finopsguard deliveries resend"
"""In place of the execution, in an attempt that an operator made."""

_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*/\d{3,}", re.ASCII)
_LONGEST_REASON = 300
# A webhook's signature or an e-mail address would stay in the store for as long as the ledger.
_NOT_TO_BE_KEPT = re.compile(r"sig=|://|\S@\S", re.IGNORECASE)


@dataclass(frozen=True)
class Resolved:
    """How an attempt ended, as it was decided. `noted`: its days are noted as told; `before`: it was decided before."""

    attempt: str
    posted: bool
    noted: bool
    before: bool


# ---- how deliveries stand --------------------------------------------------------------------------------------------


def standings(store: Store, now: datetime) -> list[Standing]:
    """How each post stands in its channel, the newest first; raises what ports.Store raises."""
    attempts = _attempts(store, keys.DELIVERY.below())
    newest = [_newest(each) for each in attempts.values()]
    found = [
        _standing(key, _decoded(record), channel, len(attempts[post, channel]), now)
        for (post, channel), key, record in zip(
            attempts, newest, documents.read_all(store, newest), strict=True
        )
    ]
    return sorted(found, key=lambda each: (each.at is None, each.at or now, each.id), reverse=True)


def _standing(
    key: str, record: DeliveryAttempt | None, channel: str, attempts: int, now: datetime
) -> Standing:
    name = keys.attempt_id(key)
    run_id, correction = deliveries.about(name.partition("/")[0])
    if record is None:
        return Standing(name, run_id, correction, channel, "uncertain", None, attempts)
    if deliveries.in_progress(record, now):
        return Standing(name, run_id, correction, channel, "in_progress", record.at, attempts)
    state = "uncertain" if record.status == "posting" else record.status
    return Standing(name, run_id, correction, channel, state, record.at, attempts)


# ---- the end of an uncertain attempt ---------------------------------------------------------------------------------


def resolve(store: Store, attempt: str, posted: bool, *, reason: str, clock: Clock, version: str) -> Resolved:
    """Ends an uncertain attempt as what an operator saw in the channel; the same decision again changes nothing.

    Raises InvalidInput (no such attempt, not uncertain, decided otherwise before), DeliveryInProgress and what
    ports.Store raises. A call that was cut off is completed by the same call.
    """
    now, decision = clock(), _decision("posted" if posted else "not-posted", reason, clock(), version)
    found = _found(store, attempt)
    attempt = found.id
    if found.record and deliveries.in_progress(found.record, now):
        raise _in_progress(attempt)
    decided = keys.DECISION.key(**found.parts, command="resolve")
    before = documents.find(store, decided, DeliveryDecision)
    if before is None and found.status != "uncertain":
        raise InvalidInput(f"{attempt} is not uncertain: it is known as {found.status}. Nothing was changed.")
    if before is None and not documents.create(store, decided, decision):
        before = documents.find(store, decided, DeliveryDecision)
    if before and before.decision != decision.decision:
        raise InvalidInput(
            f"{attempt} was decided as {before.decision} on {before.at.isoformat(timespec='seconds')}. Nothing was"
            " changed; `finopsguard deliveries list` shows how it stands."
        )
    return _carried_out(store, found, before or decision, before=before is not None)


def _carried_out(store: Store, found: _Found, decision: DeliveryDecision, *, before: bool) -> Resolved:
    """Writes what follows from a decision, the ledger last: until then the attempt stays uncertain."""
    posted = decision.decision == "posted"
    record = found.record or DeliveryAttempt("uncertain", decision.at, BY_HAND)
    noted = posted and record.given is not None
    if posted and record.given:
        done = deliveries.delivery(record.given, "already_delivered", b"", record.at)
        deliveries.note_told(store, record.given, done, record.at)
    status: AttemptStatus = "posted" if posted else "failed"
    if found.status != status:
        documents.write(store, found.key, replace(record, status=status))
    return Resolved(found.id, posted, noted, before)


# ---- once more -------------------------------------------------------------------------------------------------------


def resend(
    store: Store,
    attempt: str,
    *,
    again: bool,
    reason: str,
    channel: Channel | None,
    channel_name: str,
    clock: Clock,
    version: str,
) -> Delivery:
    """Posts the stored message of the newest attempt once more, as an attempt of its own.

    `again`: the card that was posted is gone from the channel. Raises InvalidInput (no such attempt, a newer one,
    posted and not `again`, told by another report since), InvalidConfiguration (no webhook, or another channel's),
    DeliveryInProgress, DeliveryUncertain, and what `deliveries.deliver` raises.
    """
    decision = _decision("resend", reason, clock(), version)
    found = _found(store, attempt)
    given = _may_be_sent(store, found, clock(), again=again)
    if channel is None or channel_name != given.message.channel:
        raise InvalidConfiguration(
            f"This post is for the channel {given.message.channel}, and the settings have"
            f" {'no webhook' if channel is None else f'the webhook of {channel_name}'}. Set FINOPSGUARD_CHANNEL_NAME to"
            " its name, and TEAMS_WEBHOOK_SECRET_ARN or TEAMS_WEBHOOK_URL to its webhook."
        )
    body = store.read(given.message.key)
    if len(body) > limits.MAX_MESSAGE_BYTES:
        raise CardTooLarge(f"The card has {len(body)} bytes, more than {limits.MAX_MESSAGE_BYTES}.")
    begun = deliveries.begin_at(store, given, int(found.parts["number"]) + 1, clock(), BY_HAND)
    if isinstance(begun, str):
        raise _in_progress(keys.attempt_id(begun))
    _write_down(store, begun, decision, clock)
    done = deliveries.post(body, given, begun, channel=channel, clock=clock)
    deliveries.remember(store, given, done, clock())
    return done


def _may_be_sent(store: Store, found: _Found, now: datetime, *, again: bool) -> TeamsMessage:
    attempt = found.id
    run_id, channel = found.parts["run_id"], found.parts["channel"]
    below = keys.DELIVERY.below(run_id=run_id, channel=channel)
    newest = _newest(_attempts(store, below)[run_id, channel])
    if newest != found.key:
        raise InvalidInput(
            f"{keys.attempt_id(newest)} came after {attempt}. `deliveries list` shows how it stands."
        )
    if found.record and deliveries.in_progress(found.record, now):
        raise _in_progress(attempt)
    if found.status == "uncertain" or found.record is None:
        raise DeliveryUncertain(f"The card of {attempt} may be in the channel. {deliveries.remedy(attempt)}")
    if found.status == "posted" and not again:
        raise InvalidInput(
            f"{attempt} is in the channel since {found.record.at.isoformat(timespec='seconds')}; posted again it would"
            " be there twice. If it was deleted in Teams, say --again."
        )
    given = found.record.given
    if given is None:
        raise InvalidInput(f"{attempt} does not say what was to be posted. Run its report again.")
    if given.message.corrects is None and covered.by_another(store, given.run):
        raise InvalidInput(f"Another report told the days of {given.run.run_id} since. Nothing was posted.")
    return given


def _write_down(store: Store, begun: deliveries.Attempt, decision: DeliveryDecision, clock: Clock) -> None:
    """Keeps the decision; if that fails nothing is posted, and the attempt says so as far as the store lets it."""
    try:
        documents.write(store, keys.DECISION.key(**_parts(begun.id), command="resend"), decision)
    except FinOpsGuardError:
        begun.end("failed", clock())
        raise


# ---- what both need --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """An attempt that is in the ledger; `record` is None where it cannot be read, which is uncertain too."""

    key: str
    parts: Mapping[str, str]
    record: DeliveryAttempt | None

    @property
    def id(self) -> str:
        return keys.attempt_id(self.key)

    @property
    def status(self) -> str:
        return "uncertain" if self.record is None or self.record.status == "posting" else self.record.status


def _found(store: Store, attempt: str) -> _Found:
    parts = _parts(attempt)
    key = keys.DELIVERY.key(**parts)
    if not store.exists(key):
        raise InvalidInput(
            f"There is no attempt {attempt}. `finopsguard deliveries list` shows which there are."
        )
    return _Found(key, parts, _decoded(store.read(key)))


def _parts(copied: str) -> dict[str, str]:
    # A card lets a long name wrap, and what lets it is copied with it.
    attempt = copied.replace("\u200b", "")
    if not _ID.fullmatch(attempt):
        raise InvalidInput(
            f"{attempt[:80]!r} is no attempt. Give its id as `finopsguard deliveries list` shows it, such as"
            " weekly-2026-11-16/teams/001."
        )
    run_id, channel, number = attempt.split("/")
    return {"run_id": run_id, "channel": channel, "number": number}


def _decoded(data: bytes) -> DeliveryAttempt | None:
    try:
        return contracts.decode(DeliveryAttempt, data)
    except InvalidInput:
        return None


def _attempts(store: Store, prefix: str) -> dict[tuple[str, str], list[str]]:
    """The keys of attempts below a prefix, by run id and channel."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in store.list(prefix):
        if _ID.fullmatch(keys.attempt_id(key)):
            parts = _parts(keys.attempt_id(key))
            found[parts["run_id"], parts["channel"]].append(key)
    return found


def _newest(attempts: Sequence[str]) -> str:
    return max(attempts, key=lambda key: int(_parts(keys.attempt_id(key))["number"]))


def _decision(name: DecisionName, reason: str, at: datetime, version: str) -> DeliveryDecision:
    line = " ".join(reason.split())
    if not line.isprintable() or not 1 <= len(line) <= _LONGEST_REASON:
        raise InvalidInput(
            f"--reason is empty or longer than {_LONGEST_REASON} characters. Say it in one line."
        )
    if _NOT_TO_BE_KEPT.search(line):
        raise InvalidInput("--reason holds a URL or an e-mail address, which is not kept. Say it without.")
    return DeliveryDecision(name, line, at, version)


def _in_progress(attempt: str) -> DeliveryInProgress:
    minutes = deliveries.LONGEST_ATTEMPT.seconds // 60
    return DeliveryInProgress(f"{attempt} is being posted right now. Wait {minutes} minutes and look again.")
