"""What an operator decides about the delivery ledger: `finopsguard deliveries resolve` and `resend`.

An attempt whose outcome nobody knows is ended by who has looked into the channel, and a message is posted again only by
a decision. Each decision is kept beside the ledger, `decisions/<run>/<channel>/<attempt>/`, before it has an effect.
Nothing here may show a card twice by accident: a decision names its attempt, counts once, and only about the newest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from finopsguard import values
from finopsguard.channels import deliveries, standings
from finopsguard.channels.standings import Known
from finopsguard.channels.teams import limits
from finopsguard.errors import (
    CardTooLarge,
    DeliveryInProgress,
    DeliveryUncertain,
    FinOpsGuardError,
    InvalidConfiguration,
    InvalidInput,
)
from finopsguard.models.ledger import AttemptStatus, DecisionName, DeliveryAttempt, DeliveryDecision
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.ports import Channel, Clock, RouteChannels, Store
from finopsguard.store import documents, keys

BY_HAND = "finopsguard deliveries resend"
"""In place of the execution, in an attempt that an operator made."""


@dataclass(frozen=True)
class Resolved:
    """How an attempt ended, as it was decided. `noted`: its days are noted as told; `before`: it was decided before."""

    attempt: str
    posted: bool
    noted: bool
    before: bool


class Channels(NamedTuple):
    """The settings' channel under its name, None without a webhook, and those of the route file."""

    name: str
    channel: Channel | None
    routed: RouteChannels


# ---- the end of an uncertain attempt ---------------------------------------------------------------------------------


def resolve(store: Store, attempt: str, posted: bool, *, reason: str, clock: Clock, version: str) -> Resolved:
    """Ends an uncertain attempt as what an operator saw in the channel; the same decision again changes nothing.

    Raises InvalidInput (no such attempt, not uncertain, decided otherwise before), DeliveryInProgress and what
    ports.Store raises. A call that was cut off is completed by the same call.
    """
    now, decision = clock(), _decision("posted" if posted else "not-posted", reason, clock(), version)
    found = standings.find(store, attempt)
    state = found.state(now)
    if state == "in_progress":
        raise _in_progress(found.id)
    decided = keys.DECISION.key(**found.parts, command="resolve")
    before = documents.find_whole(store, decided, DeliveryDecision)
    if before is None and state != "uncertain":
        raise InvalidInput(f"{found.id} is not uncertain: it is known as {state}. Nothing was changed.")
    if before is None and not documents.create(store, decided, decision):
        # Another one decided meanwhile, or what is there cannot be read and holds nobody up.
        before = documents.find_whole(store, decided, DeliveryDecision)
        if before is None:
            documents.write(store, decided, decision)
    if before and before.decision != decision.decision:
        raise InvalidInput(
            f"{found.id} was decided as {before.decision} on {deliveries.when(before.at)}. Nothing was changed;"
            " `finopsguard deliveries list` shows how it stands."
        )
    return _carried_out(store, found, before or decision, before=before is not None)


def _carried_out(store: Store, found: Known, decision: DeliveryDecision, *, before: bool) -> Resolved:
    """Writes what follows from a decision, the ledger last: until then the attempt stays uncertain."""
    posted = decision.decision == "posted"
    record = found.record or DeliveryAttempt("uncertain", decision.at, BY_HAND)
    noted = posted and record.given is not None
    if posted and record.given:
        done = deliveries.delivery(record.given, "already_delivered", b"", record.at)
        deliveries.note_told(store, record.given, done, record.at)
    status: AttemptStatus = "posted" if posted else "failed"
    if record.status != status:
        documents.write(store, found.key, replace(record, status=status))
    return Resolved(found.id, posted, noted, before)


# ---- once more -------------------------------------------------------------------------------------------------------


def resend(
    store: Store,
    attempt: str,
    *,
    again: bool,
    reason: str,
    channels: Channels,
    clock: Clock,
    version: str,
) -> Delivery:
    """Posts the stored message of the newest attempt once more, as an attempt of its own.

    A route's message goes to the channel that the route file has of its name, any other to that of the settings.
    `again`: the card that was posted is gone from the channel. Raises InvalidInput (no such attempt, a newer one,
    posted and not `again`, told by another report since), InvalidConfiguration (no webhook, or another channel's),
    DeliveryInProgress, DeliveryUncertain, and what `deliveries.deliver` raises.
    """
    decision = _decision("resend", reason, clock(), version)
    found = standings.find(store, attempt)
    given = _may_be_sent(store, found, clock(), again=again)
    channel_name, channel, routed = channels
    if given.message.routed:
        channel_name, channel = given.message.channel, routed.of(given.message.channel)
    if channel is None or channel_name != given.message.channel:
        raise InvalidConfiguration(
            f"This post is for the channel {given.message.channel}, and the settings have"
            f" {'no webhook' if channel is None else f'the webhook of {channel_name}'}."
            + (
                " Give its route a secret, or TEAMS_WEBHOOK_URLS its webhook."
                if given.message.routed
                else " Set FINOPSGUARD_CHANNEL_NAME to its name, and TEAMS_WEBHOOK_SECRET_ARN or TEAMS_WEBHOOK_URL to"
                " its webhook."
            )
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


def _may_be_sent(store: Store, found: Known, now: datetime, *, again: bool) -> TeamsMessage:
    run_id, channel = found.parts["run_id"], found.parts["channel"]
    below = keys.DELIVERY.below(run_id=run_id, channel=channel)
    newest = standings.newest(standings.attempts_of_posts(store, below)[run_id, channel])
    if newest != found.id:
        raise InvalidInput(f"{newest} came after {found.id}. `deliveries list` shows how it stands.")
    state = found.state(now)
    if state == "in_progress":
        raise _in_progress(found.id)
    if state == "uncertain" or found.record is None:
        raise DeliveryUncertain(
            f"The card of {found.id} may be in the channel. {deliveries.remedy(found.id)}"
        )
    if state == "posted" and not again:
        raise InvalidInput(
            f"{found.id} is in the channel since {deliveries.when(found.record.at)}; posted again it would be there"
            " twice. If it was deleted in Teams, say --again."
        )
    given = found.record.given
    if given is None:
        raise InvalidInput(f"{found.id} does not say what was to be posted. Run its report again.")
    if given.message.corrects is None and standings.told_by_another(store, given.run, now):
        raise InvalidInput(f"Another report told the days of {given.run.run_id} since. Nothing was posted.")
    return given


def _write_down(store: Store, begun: deliveries.Attempt, decision: DeliveryDecision, clock: Clock) -> None:
    """Keeps the decision; if that fails nothing is posted, and the attempt says so as far as the store lets it."""
    try:
        documents.write(store, keys.DECISION.key(**standings.parts(begun.id), command="resend"), decision)
    except FinOpsGuardError:
        begun.end("failed", clock())
        raise


# ---- what both need --------------------------------------------------------------------------------------------------


def _decision(name: DecisionName, reason: str, at: datetime, version: str) -> DeliveryDecision:
    try:
        line = values.reason(reason)
    except ValueError as error:
        raise InvalidInput(f"--reason {error}") from None
    return DeliveryDecision(name, line, at, version)


def _in_progress(attempt: str) -> DeliveryInProgress:
    minutes = deliveries.LONGEST_ATTEMPT.seconds // 60
    return DeliveryInProgress(f"{attempt} is being posted right now. Wait {minutes} minutes and look again.")
