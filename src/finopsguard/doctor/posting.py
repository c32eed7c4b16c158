"""Whether cards can be posted: the webhook's URL can be read and is one, and with --post, a card goes through.

The bus of events is looked at too: nothing is put on it, for the customer's rules would act on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard import contracts
from finopsguard.aws.events import bus_name
from finopsguard.channels.teams import trial_card
from finopsguard.channels.teams.address import check_url, whole
from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.config import AlertSettings, ChannelSettings, EventSettings
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, passed, skipped, warned
from finopsguard.models.checkup import Finding
from finopsguard.ports import Channel


def webhook(around: Around) -> Sequence[Finding]:
    """The secret can be read, and its URL is whole and of a host that may receive a report; the URL is never shown."""
    settings: ChannelSettings = around.wiring.get(ChannelSettings)
    if settings.webhook_secret_arn:
        url, said = (
            WebhookSecret(around.clients.secrets_manager(), settings.webhook_secret_arn).url(),
            "webhook_secret",
        )
    elif settings.webhook_url:
        url, said = settings.webhook_url, "webhook_url"
    else:
        return warned("webhook_none")
    return passed(said, host=check_url(whole(url), settings.webhook_allowed_hosts).host or "")


def card(around: Around) -> Sequence[Finding]:
    """Posts a card that says it is a test, if that was asked for."""
    settings: ChannelSettings = around.wiring.get(ChannelSettings)
    if not settings.webhook_secret_arn and not settings.webhook_url:
        return (failing if around.options.post else skipped)("card_no_webhook")
    if not around.options.post:
        return skipped("card_not_asked")
    reader: AlertSettings = around.wiring.get(AlertSettings)
    channel: Channel = around.wiring.get(Channel)
    channel.post(contracts.encode(trial_card.message(reader.language, around.options.version)))
    return passed("card", channel=reader.channel_name)


def event_bus(around: Around) -> Sequence[Finding]:
    """The bus that is told of incidents is there, if one is set."""
    settings: EventSettings = around.wiring.get(EventSettings)
    if not settings.event_bus:
        return skipped("event_bus_none")
    if settings.use_mock_data:
        return skipped("invented")
    return passed("event_bus", bus=bus_name(around.clients.events(), settings.event_bus))
