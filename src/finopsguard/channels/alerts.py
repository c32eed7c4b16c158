"""Alerts of failed executions: one for each failure and channel, whoever reports it.

An alert is the last resort, and the store may be what failed: it is asked whether the alert was sent, and told that it
was, as far as it answers. Unlike a report, an alert sent twice is better than none. But for a card whose outcome nobody
knows the operator is asked once, however often its report is run again: `finopsguard deliveries list` goes on asking.
"""

from __future__ import annotations

from dataclasses import dataclass

from finopsguard.errors import FinOpsGuardError
from finopsguard.failures import EXECUTION, attempt_in
from finopsguard.models.ledger import Alert
from finopsguard.models.messages import Delivery, Failure
from finopsguard.ports import Channel, Clock, Store
from finopsguard.store import documents, keys


@dataclass(frozen=True)
class Alerted:
    """An alert's delivery, and the errors of the store that did not stop it."""

    delivery: Delivery
    troubles: tuple[FinOpsGuardError, ...] = ()


def deliver(
    body: bytes,
    failure: Failure,
    name: str,
    *,
    channel: Channel,
    store: Store,
    clock: Clock,
) -> Alerted:
    """Posts a failure card to the channel of this name, unless this failure is known to be told there already.

    Raises what ports.Channel raises.
    """
    troubles: list[FinOpsGuardError] = []
    told: set[str] = set()
    wanted = alert_keys(failure, name)
    try:
        told = {key for key in wanted if store.exists(key)}
    except FinOpsGuardError as error:
        troubles.append(error)
    if not told:
        channel.post(body)
    done = Delivery("already_delivered", len(body), name) if told else None
    posted_at = clock()
    try:
        for key in wanted:
            if key not in told:
                documents.write(store, key, Alert(failure.failure.error, posted_at))
    except FinOpsGuardError as error:
        # Raised, it would have the state machine send the alert again.
        troubles.append(error)
    return Alerted(done or Delivery("delivered", len(body), name, posted_at=posted_at), tuple(troubles))


def alert_keys(failure: Failure, channel: str) -> tuple[str, ...]:
    """The records of an alert: its own, and that of the delivery attempt whose outcome it asks for, if it does."""
    attempt = attempt_in(failure.failure.cause)
    own = alert_key(failure, channel)
    if attempt is None:
        return (own,)
    return own, keys.ALERT.key(execution=keys.execution_name(attempt), channel=channel, story="attempt")


def alert_key(failure: Failure, channel: str) -> str:
    """One alert per execution and redrive, whoever reports it; a time-out or an abort is a story of its own."""
    detail = failure.failure
    own_story = detail.state == EXECUTION and detail.error != "FAILED"
    return keys.ALERT.key(
        execution=keys.execution_name(failure.execution or repr(failure)),
        channel=channel,
        story=detail.error if own_story else str(detail.redriveCount),
    )
