"""PostToTeams: posts the card once per report and channel."""

from __future__ import annotations

from finopsguard import contracts, errors
from finopsguard.channels import deliveries
from finopsguard.channels.teams.limits import MAX_MESSAGE_BYTES
from finopsguard.errors import CardTooLarge, DeliveryUncertain, FinOpsGuardError
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.ports import Channel, Clock, Store, raises


@raises(errors.CardTooLarge, errors.DeliveryInProgress, errors.DeliveryUncertain)
def run(message: TeamsMessage, *, channel: Channel | None, store: Store, clock: Clock) -> Delivery:
    """Posts, unless this report is in this channel already or no webhook is configured."""
    body = contracts.encode(message.message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise CardTooLarge(
            f"The card has {len(body)} bytes, more than {MAX_MESSAGE_BYTES}. Run BuildCard again."
        )
    if channel is None:
        return Delivery("not_configured", len(body), message.run.run_id)
    name = channel.fingerprint()
    attempt = deliveries.begin(store, message.run.run_id, name, clock(), message.run.execution)
    if isinstance(attempt, deliveries.Posted):
        return Delivery("already_delivered", len(body), message.run.run_id, name, attempt.at)
    try:
        channel.post(body)
    except DeliveryUncertain as error:
        # The attempt stays open, so that no retry and no redrive posts the card a second time.
        raise DeliveryUncertain(f"{error} {deliveries.remedy(attempt.key)}") from error
    except FinOpsGuardError:
        attempt.failed(clock())
        raise
    posted_at = clock()
    attempt.posted(posted_at)
    return Delivery("delivered", len(body), message.run.run_id, name, posted_at)
