"""PostToTeams: posts a report's message to one channel, once per report and channel; the Map calls it for each."""

from __future__ import annotations

from finopsguard.channels import deliveries
from finopsguard.channels.teams import limits
from finopsguard.errors import CardTooLarge
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.wiring import Adapters


def run(given: TeamsMessage, adapters: Adapters) -> Delivery:
    """Posts the body that BuildCard left, unless it is in this channel already or no webhook is configured.

    Raises ObjectMissing, CardTooLarge, DeliveryInProgress, DeliveryUncertain and what ports.Channel and ports.Store
    raise.
    """
    store, name = adapters.store, given.message.channel
    body = store.read(given.message.key)
    if len(body) > limits.MAX_MESSAGE_BYTES:
        raise CardTooLarge(
            f"The card has {len(body)} bytes, more than {limits.MAX_MESSAGE_BYTES}. Run BuildCard again."
        )
    channel = adapters.channel
    if channel is None:
        return Delivery("not_configured", len(body), name, given.run.run_id)
    return deliveries.deliver(body, given.run, name, channel=channel, store=store, clock=adapters.clock)
