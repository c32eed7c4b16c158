"""PostToTeams: posts the card once per report and channel."""

from __future__ import annotations

from finopsguard import contracts
from finopsguard.channels import deliveries
from finopsguard.channels.teams import limits
from finopsguard.errors import CardTooLarge, DeliveryUncertain, FinOpsGuardError
from finopsguard.models.messages import Delivery, TeamsMessage
from finopsguard.wiring import Adapters


def run(message: TeamsMessage, adapters: Adapters) -> Delivery:
    """Posts, unless this report is in this channel already or no webhook is configured.

    Raises CardTooLarge, DeliveryInProgress, DeliveryUncertain and what ports.Channel and ports.Store raise.
    """
    body = contracts.encode(message.message)
    if len(body) > limits.MAX_MESSAGE_BYTES:
        raise CardTooLarge(
            f"The card has {len(body)} bytes, more than {limits.MAX_MESSAGE_BYTES}. Run BuildCard again."
        )
    channel = adapters.channel
    if channel is None:
        return Delivery("not_configured", len(body), message.run.run_id)
    name = channel.fingerprint()
    attempt = deliveries.begin(
        adapters.store, message.run.run_id, name, adapters.clock(), message.run.execution
    )
    if isinstance(attempt, deliveries.Posted):
        return Delivery("already_delivered", len(body), message.run.run_id, name, attempt.at)
    try:
        channel.post(body)
    except DeliveryUncertain as error:
        # The attempt stays open, so that no retry and no redrive posts the card a second time.
        raise DeliveryUncertain(f"{error} {deliveries.remedy(attempt.key)}") from error
    except FinOpsGuardError:
        attempt.failed(adapters.clock())
        raise
    posted_at = adapters.clock()
    attempt.posted(posted_at)
    return Delivery("delivered", len(body), message.run.run_id, name, posted_at)
