"""PostToTeams: posts a report's message to one channel, once per report and channel; the Map calls it for each."""

from __future__ import annotations

from finopsguard import errors
from finopsguard.channels import deliveries
from finopsguard.channels.teams import limits
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.ports import Channel, Clock, Store, raises
from finopsguard.store import covered


@raises(errors.CardTooLarge, errors.DeliveryInProgress, errors.DeliveryUncertain)
def run(given: TeamsMessage, *, channel: Channel | None, store: Store, clock: Clock) -> Delivery:
    """Posts the body that BuildCard left, unless it is in this channel already or no webhook is configured.

    A report whose days a later one told meanwhile (it failed, and was redriven too late) is not posted either.
    """
    name = given.message.channel
    body = store.read(given.message.key)
    if len(body) > limits.MAX_MESSAGE_BYTES:
        raise errors.CardTooLarge(
            f"The card has {len(body)} bytes, more than {limits.MAX_MESSAGE_BYTES}. Run BuildCard again."
        )
    if covered.by_another(store, given.run):
        return Delivery("already_delivered", len(body), name, given.run.run_id)
    if channel is None:
        done = Delivery("not_configured", len(body), name, given.run.run_id)
    else:
        done = deliveries.deliver(body, given.run, name, channel=channel, store=store, clock=clock)
    covered.record(store, given.run, clock())
    return done
