"""The channels of the route file: each has a webhook of its own, which is looked up when something is posted there.

Neither a payload nor the ledger names a secret: a message has its channel's name, and the file says which webhook that
is now. A channel that fails says its name, so that whoever reads the error knows which one it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.channels.teams.webhook import UrlSource, WebhookChannel, fixed_url
from finopsguard.config import ChannelSettings
from finopsguard.errors import FinOpsGuardError, RouteNotFound
from finopsguard.ports import Channel, Sleep, Store
from finopsguard.store import routes

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class RouteWebhooks:
    """Satisfies ports.RouteChannels."""

    def __init__(
        self,
        store: Store,
        settings: ChannelSettings,
        secrets_manager: Callable[[], SecretsManagerClient],
        sleep: Sleep,
    ) -> None:
        self._store = store
        self._settings = settings
        self._secrets_manager = secrets_manager
        self._sleep = sleep
        self._secrets: dict[str, WebhookSecret] = {}

    def of(self, name: str) -> Channel | None:
        """See ports.RouteChannels. A webhook that is set here comes before the file's secret."""
        url = self._url(name)
        if url is None:
            return None
        return _Named(name, WebhookChannel(url, self._settings.webhook_allowed_hosts, sleep=self._sleep))

    def _url(self, name: str) -> UrlSource | None:
        set_here = self._settings.webhook_urls.get(name)
        if set_here:
            return fixed_url(set_here)
        route = routes.find(self._store, name)
        if route is None:
            raise RouteNotFound(
                f"The route file has no channel {name} any more. Put it back with `finopsguard routes put`, then"
                " redrive; or make the report anew with --force."
            )
        arn = route.webhook_secret_arn
        if arn is None:
            return None
        if arn not in self._secrets:
            self._secrets[arn] = WebhookSecret(self._secrets_manager(), arn)
        return self._secrets[arn].url


class _Named:
    """A channel whose errors say which one it is."""

    def __init__(self, name: str, channel: Channel) -> None:
        self._name = name
        self._channel = channel

    def post(self, body: bytes) -> None:
        """See ports.Channel."""
        try:
            self._channel.post(body)
        except FinOpsGuardError as error:
            raise type(error)(f"Channel {self._name}: {error}") from error
