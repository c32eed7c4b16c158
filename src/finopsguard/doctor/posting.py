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
from finopsguard.config import AlertSettings, ChannelSettings, EventSettings, RouteSettings, TagSettings
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, from_error, passed, skipped, warned
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import Finding
from finopsguard.ports import Channel
from finopsguard.store import routes as route_file


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


def routes(around: Around) -> Sequence[Finding]:
    """The route file can be used, and each of its channels has a webhook that can be read; no URL is shown."""
    if not around.wiring.get(RouteSettings).routes:
        return skipped("routes_off")
    file = route_file.read(around.store)
    settings: ChannelSettings = around.wiring.get(ChannelSettings)
    found: list[Finding] = []
    for route in file.routes:
        url = settings.webhook_urls.get(route.name)
        if url is None and route.webhook_secret_arn is None:
            found += warned("routes_no_webhook", channel=route.name)
            continue
        try:
            url = url or WebhookSecret(around.clients.secrets_manager(), route.webhook_secret_arn or "").url()
            check_url(whole(url), settings.webhook_allowed_hosts)
        except FinOpsGuardError as error:
            found.append(from_error(type(error)(f"Channel {route.name}: {error}"), around))
    if any(route.owners for route in file.routes) and not around.wiring.get(TagSettings).owner_tag:
        found += warned("routes_no_owner_tag")
    return found or passed("routes", n=len(file.routes))


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
