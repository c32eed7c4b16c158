"""Puts the adapters together as the settings ask; nothing is connected before it is used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from finopsguard.config import Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.ports import Channel, CostSource, Executions, Organization, Store

if TYPE_CHECKING:
    from finopsguard.aws.clients import Clients


def utc_now() -> datetime:
    """The clock that production uses."""
    return datetime.now(UTC)


class Adapters:
    """What a step may reach: settings, clock, sleep, store, Organization, costs, channel, executions.

    One instance serves a whole process, many threads at once (the embedded engine runs Map iterations side by side), so
    each adapter is made once, under a lock. Imports are local: a Lambda pays only for what its step uses.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.sleep = sleep
        self._lock = threading.RLock()

    @property
    def store(self) -> Store:
        """The bucket in AWS, the state directory elsewhere."""
        with self._lock:
            return self._store

    @property
    def organization(self) -> Organization:
        """AWS Organizations, or the mock Organization."""
        with self._lock:
            return self._organization

    @property
    def cost_source(self) -> CostSource:
        """Cost Explorer, or mock data."""
        with self._lock:
            return self._cost_source

    @property
    def channel(self) -> Channel | None:
        """The Teams channel, or None when no webhook is configured."""
        with self._lock:
            return self._channel

    @property
    def executions(self) -> Executions:
        """Step Functions."""
        with self._lock:
            return self._executions

    @cached_property
    def _store(self) -> Store:
        if self.settings.bucket:
            from finopsguard.store.bucket import BucketStore

            return BucketStore(self._clients.s3(), self.settings.bucket)
        if self.settings.state_dir:
            from finopsguard.store.directory import DirectoryStore

            return DirectoryStore(self.settings.state_dir)
        raise InvalidConfiguration(
            "FINOPSGUARD_BUCKET is not set. Set it to the bucket that the stack created."
        )

    @cached_property
    def _organization(self) -> Organization:
        if self.settings.use_mock_data:
            from finopsguard.costs.sources.mock import MockOrganization

            return MockOrganization()
        from finopsguard.accounts.organization import AwsOrganization

        return AwsOrganization(
            self._clients.organizations(self.settings.organization_role_arn),
            self._clients.sts(),
            with_units=bool(self.settings.include_ous or self.settings.exclude_ous),
        )

    @cached_property
    def _cost_source(self) -> CostSource:
        if self.settings.use_mock_data:
            from finopsguard.costs.sources.mock import MockCosts

            return MockCosts()
        from finopsguard.costs.sources.cost_explorer import CostExplorer

        return CostExplorer(
            self._clients.cost_explorer,
            default_role_arn=self.settings.organization_role_arn,
            billing_view_arn=self.settings.billing_view_arn,
        )

    @cached_property
    def _channel(self) -> Channel | None:
        from finopsguard.channels.teams.webhook import WebhookChannel, fixed_url

        hosts = self.settings.webhook_allowed_hosts
        if self.settings.webhook_secret_arn:
            from finopsguard.channels.teams.secret import WebhookSecret

            secret = WebhookSecret(self._clients.secrets_manager(), self.settings.webhook_secret_arn)
            return WebhookChannel(secret.url, hosts, sleep=self.sleep)
        if self.settings.webhook_url:
            return WebhookChannel(fixed_url(self.settings.webhook_url), hosts, sleep=self.sleep)
        return None

    @cached_property
    def _executions(self) -> Executions:
        from finopsguard.aws.executions import AwsExecutions

        return AwsExecutions(self._clients.step_functions())

    @cached_property
    def _clients(self) -> Clients:
        from finopsguard.aws.clients import Clients

        return Clients(self.settings.region)


@cache
def adapters_for(settings: Settings) -> Adapters:
    """The process's adapters for these settings: a warm Lambda keeps its connections."""
    return Adapters(settings)
