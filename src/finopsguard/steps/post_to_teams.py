"""PostToTeams: posts one message to its channel, once per report (or correction) and channel; the Map calls it."""

from __future__ import annotations

from finopsguard import errors
from finopsguard.channels import deliveries, standings
from finopsguard.channels.teams import limits
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.ports import Channel, Clock, RouteChannels, Store, raises
from finopsguard.store import files


@raises(
    errors.CardTooLarge,
    errors.DeliveryInProgress,
    errors.DeliveryUncertain,
    errors.DeliveryUnrecorded,
    errors.InvalidInput,
)
def run(
    given: TeamsMessage, *, channel: Channel | None, routed: RouteChannels, store: Store, clock: Clock
) -> Delivery:
    """Posts the body that BuildCard left, unless it is in this channel already or no webhook is configured.

    A report whose days another one told meanwhile (it failed, and was redriven too late) is not posted either, and one
    whose days another one may have told waits for the operator's answer. What a report told is kept; its correction
    tells nothing of its own.
    """
    body = files.read_message(store, given.message)
    if len(body) > limits.MAX_MESSAGE_BYTES:
        raise errors.CardTooLarge(
            f"The card has {len(body)} bytes, more than {limits.MAX_MESSAGE_BYTES}. Run BuildCard again."
        )
    if given.message.corrects is None and standings.told_by_another(store, given.run, clock()):
        return deliveries.delivery(given, "already_delivered", body, None)
    to = routed.of(given.message.channel) if given.message.routed else channel
    if to is None:
        done = deliveries.delivery(given, "not_configured", body, None)
    else:
        done = deliveries.deliver(body, given, channel=to, store=store, clock=clock)
    deliveries.remember(store, given, done, clock())
    return done
