"""Alerts of failed executions: one for each failure and channel, whoever reports it.

An alert is the last resort, and the store may be what failed: it is asked whether the alert was sent, and told that it
was, as far as it answers. Unlike a report, an alert sent twice is better than none.
"""

from __future__ import annotations

from dataclasses import dataclass

from finopsguard.errors import FinOpsGuardError
from finopsguard.failures import EXECUTION
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
    key = alert_key(failure, name)
    troubles: list[FinOpsGuardError] = []
    try:
        if store.exists(key):
            return Alerted(Delivery("already_delivered", len(body), name))
    except FinOpsGuardError as error:
        troubles.append(error)
    channel.post(body)
    posted_at = clock()
    try:
        documents.write(store, key, Alert(failure.failure.error, posted_at))
    except FinOpsGuardError as error:
        # Raised, it would have the state machine send the alert again.
        troubles.append(error)
    return Alerted(Delivery("delivered", len(body), name, posted_at=posted_at), tuple(troubles))


def alert_key(failure: Failure, channel: str) -> str:
    """One alert per execution and redrive, whoever reports it; a time-out or an abort is a story of its own."""
    detail = failure.failure
    own_story = detail.state == EXECUTION and detail.error != "FAILED"
    return keys.ALERT.key(
        execution=keys.execution_name(failure.execution or repr(failure)),
        channel=channel,
        story=detail.error if own_story else str(detail.redriveCount),
    )
