"""Alerts of failed executions: one for each failure and channel, whoever reports it."""

from __future__ import annotations

from finopsguard.failures import EXECUTION
from finopsguard.models.ledger import Alert
from finopsguard.models.messages import Delivery, Failure
from finopsguard.ports import Channel, Clock, Store
from finopsguard.store import documents, keys


def deliver(
    body: bytes,
    failure: Failure,
    name: str,
    *,
    channel: Channel,
    store: Store,
    clock: Clock,
) -> Delivery:
    """Posts a failure card to the channel of this name, unless this failure was told there already.

    Raises what ports.Channel and ports.Store raise.
    """
    key = alert_key(failure, name)
    if store.exists(key):
        return Delivery("already_delivered", len(body), name)
    channel.post(body)
    # Recorded after the post: unlike a report, an alert sent twice is better than none.
    posted_at = clock()
    documents.write(store, key, Alert(failure.failure.error, posted_at))
    return Delivery("delivered", len(body), name, posted_at=posted_at)


def alert_key(failure: Failure, channel: str) -> str:
    """One alert per execution and redrive, whoever reports it; a time-out or an abort is a story of its own."""
    detail = failure.failure
    own_story = detail.state == EXECUTION and detail.error != "FAILED"
    return keys.ALERT.key(
        execution=keys.execution_name(failure.execution or repr(failure)),
        channel=channel,
        story=detail.error if own_story else str(detail.redriveCount),
    )
