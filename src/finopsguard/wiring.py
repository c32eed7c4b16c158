"""Gives a step what its signature asks for.

A step is `def run(given: Contract, *, store: Store, settings: DetectSettings)`: its keyword parameters are its needs,
found by their annotations. A port is made by the function below that returns it, whose own parameters are its needs in
the same way; so what a step reaches, and which variables it reads, can be listed without running it. Nothing is
connected before it is used, and imports are local: a Lambda function pays only for what its step uses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol, get_args, get_type_hints

from finopsguard.config import (
    VARIABLES,
    AwsBudgetSettings,
    AwsSettings,
    ChannelSettings,
    CostSettings,
    EventSettings,
    OpinionSettings,
    OrganizationSettings,
    Part,
    StoreSettings,
    TopicSettings,
    TrailSettings,
    UsageSettings,
)
from finopsguard.errors import InvalidConfiguration
from finopsguard.ports import (
    AlertTopic,
    BudgetSource,
    Channel,
    Clock,
    CostSource,
    EventBus,
    Executions,
    OpinionSource,
    Organization,
    RouteChannels,
    Sleep,
    Store,
    Trail,
    UsageSource,
)

if TYPE_CHECKING:
    from types_boto3_ce import CostExplorerClient

    from finopsguard.aws.clients import Clients
    from finopsguard.aws.export import ExportBucket
    from finopsguard.costs.sources.data_export.athena import AthenaEngine
    from finopsguard.costs.sources.data_export.manifest import Place as ExportPlace


class Connect(Protocol):
    """Gives AWS's clients; boto3 is imported at the first call."""

    def __call__(self) -> Clients: ...


# ---- how each port is made -------------------------------------------------------------------------------------------


def clock() -> Clock:
    """The clock that production uses."""
    return lambda: datetime.now(UTC)


def sleep() -> Sleep:
    """The wait that production uses."""
    return time.sleep


def connect(settings: AwsSettings) -> Connect:
    """Clients for the region, made once."""

    @lru_cache(maxsize=1)
    def made() -> Clients:
        from finopsguard.aws.clients import Clients

        return Clients(settings.region)

    return made


def store(settings: StoreSettings, connect: Connect) -> Store:
    """The bucket in AWS, the state directory elsewhere; raises InvalidConfiguration where neither is set."""
    if settings.bucket:
        from finopsguard.store.bucket import BucketStore

        return BucketStore(connect().s3(), settings.bucket)
    if settings.state_dir:
        from finopsguard.store.directory import DirectoryStore

        return DirectoryStore(settings.state_dir)
    raise InvalidConfiguration("FINOPSGUARD_BUCKET is not set. Set it to the bucket that the stack created.")


def organization(settings: OrganizationSettings, connect: Connect) -> Organization:
    """AWS Organizations, or the mock Organization."""
    if settings.use_mock_data:
        from finopsguard.accounts.mock import MockOrganization

        return MockOrganization()
    from finopsguard.accounts.organization import AwsOrganization

    return AwsOrganization(
        connect().organizations(settings.organization_role_arn, settings.external_id),
        connect().sts(),
        with_units=bool(settings.include_ous or settings.exclude_ous),
    )


def budgets(settings: AwsBudgetSettings, connect: Connect) -> BudgetSource | None:
    """AWS Budgets, the invented company's, or None where nobody asks for them."""
    if not settings.aws_budgets:
        return None
    if settings.use_mock_data:
        from finopsguard.accounts.mock_budgets import MockBudgets

        return MockBudgets()
    from finopsguard.accounts.aws_budgets import AwsBudgetSource

    return AwsBudgetSource(lambda: connect().budgets(settings.organization_role_arn, settings.external_id))


def opinion(settings: OpinionSettings, connect: Connect) -> OpinionSource | None:
    """AWS Cost Anomaly Detection, what it would find of invented data, or None where nobody asks for it."""
    if not settings.second_opinion:
        return None
    if settings.use_mock_data:
        from finopsguard.costs.sources.mock_opinion import MockOpinion

        return MockOpinion()
    from finopsguard.costs.sources.anomaly_detection import AnomalyDetection

    role, external_id = settings.organization_role_arn, settings.external_id
    return AnomalyDetection(lambda role_arn: connect().cost_explorer(role_arn, external_id), role)


def costs(settings: CostSettings, kept: StoreSettings, connect: Connect, sleep: Sleep) -> CostSource:
    """Cost Explorer, a data export, or mock data; raises InvalidConfiguration for an export that is not named."""
    if settings.use_mock_data:
        from finopsguard.costs.sources.mock import MockCosts

        return MockCosts()
    if settings.cost_source == "data_export":
        return _data_export(settings, kept, connect, sleep)
    from finopsguard.costs.sources.cost_explorer import CostExplorer

    return CostExplorer(*_access(settings, connect))


def _access(
    settings: CostSettings | UsageSettings, connect: Connect
) -> tuple[Callable[[str | None], CostExplorerClient], str | None, str | None]:
    """What Cost Explorer is asked through: a client for each role, the role and the billing view that read all."""
    return (
        lambda role_arn: connect().cost_explorer(role_arn, settings.external_id),
        settings.organization_role_arn,
        settings.billing_view_arn,
    )


def _data_export(settings: CostSettings, kept: StoreSettings, connect: Connect, sleep: Sleep) -> CostSource:
    from finopsguard.aws.export import ExportBucket
    from finopsguard.costs.sources.data_export.local import LocalEngine
    from finopsguard.costs.sources.data_export.source import DataExport
    from finopsguard.store.memory import MemoryStore

    # A trial has no store, and keeps nothing.
    where = store(kept, connect) if kept.bucket or kept.state_dir else MemoryStore()
    place = _place(settings)

    def exported() -> ExportBucket:
        return ExportBucket(connect().s3(), place.bucket)

    if settings.reads_by_athena:
        engine = _athena(settings, connect, exported, place, where, sleep)
        return DataExport(exported, place, where, engine)
    return DataExport(exported, place, where, LocalEngine(exported, where))


def _place(settings: CostSettings | UsageSettings) -> ExportPlace:
    from finopsguard.costs.sources.data_export.manifest import Place

    bucket, name = settings.export_bucket, settings.export_name
    if not bucket or not name:
        raise InvalidConfiguration(
            "FINOPSGUARD_COST_SOURCE is data_export: set FINOPSGUARD_EXPORT_BUCKET and FINOPSGUARD_EXPORT_NAME to the"
            " bucket and the name of the export (Billing console, Data Exports)."
        )
    return Place(bucket, settings.export_prefix, name)


def _athena(
    settings: CostSettings,
    connect: Connect,
    exported: Callable[[], ExportBucket],
    place: ExportPlace,
    where: Store,
    sleep: Sleep,
) -> AthenaEngine:
    from finopsguard.aws.athena import Athena
    from finopsguard.costs.sources.data_export.athena import AthenaEngine

    workgroup, database, table = settings.export_workgroup, settings.export_database, settings.export_table
    if not workgroup or not database or not table:
        raise InvalidConfiguration(
            "FINOPSGUARD_EXPORT_ENGINE is athena: set FINOPSGUARD_EXPORT_WORKGROUP, FINOPSGUARD_EXPORT_DATABASE and"
            " FINOPSGUARD_EXPORT_TABLE to Athena's workgroup, and to the table over the export (docs/sources.md)."
        )

    def athena() -> Athena:
        made = connect()
        return Athena(made.athena, made.glue, workgroup=workgroup, database=database, table=table)

    return AthenaEngine(athena, exported, place, where, most_gb=settings.max_athena_gb, sleep=sleep)


def usage(settings: UsageSettings, kept: StoreSettings, connect: Connect) -> UsageSource:
    """The usage behind the costs, from the same source."""
    if settings.use_mock_data:
        from finopsguard.costs.sources.mock_usage import MockUsage

        return MockUsage()
    if settings.cost_source == "data_export":
        return _export_usage(settings, kept, connect)
    from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage

    return CostExplorerUsage(*_access(settings, connect))


def _export_usage(settings: UsageSettings, kept: StoreSettings, connect: Connect) -> UsageSource:
    from finopsguard.costs.sources.data_export.usage import ExportUsage

    return ExportUsage(_place(settings), store(kept, connect))


def trail(settings: TrailSettings, connect: Connect, sleep: Sleep) -> Trail | None:
    """CloudTrail, or None where nobody asked to look there."""
    if not settings.trail:
        return None
    if settings.use_mock_data:
        from finopsguard.accounts.mock_trail import MockTrail

        return MockTrail(shorten=settings.shorten_names)
    from finopsguard.accounts.trail import AwsTrail
    from finopsguard.aws.trail import own_account

    return AwsTrail(
        lambda region, role_arn: connect().cloud_trail(region, role_arn, settings.external_id),
        cache(lambda: own_account(connect().sts())),
        lambda: connect().partition(),
        role=settings.trail_role,
        shorten=settings.shorten_names,
        sleep=sleep,
    )


def channel(settings: ChannelSettings, connect: Connect, sleep: Sleep) -> Channel | None:
    """The Teams channel, or None where no webhook is configured."""
    from finopsguard.channels.teams.webhook import WebhookChannel, fixed_url

    hosts = settings.webhook_allowed_hosts
    if settings.webhook_secret_arn:
        from finopsguard.channels.teams.secret import WebhookSecret

        secret = WebhookSecret(connect().secrets_manager(), settings.webhook_secret_arn)
        return WebhookChannel(secret.url, hosts, sleep=sleep)
    if settings.webhook_url:
        return WebhookChannel(fixed_url(settings.webhook_url), hosts, sleep=sleep)
    return None


def route_channels(settings: ChannelSettings, kept: Store, connect: Connect, sleep: Sleep) -> RouteChannels:
    """The Teams channels of the route file."""
    from finopsguard.channels.teams.routed import RouteWebhooks

    return RouteWebhooks(kept, settings, lambda: connect().secrets_manager(), sleep)


def alert_topic(settings: TopicSettings, connect: Connect) -> AlertTopic | None:
    """The SNS topic of alerts, or None where none is configured."""
    if not settings.alert_topic_arn:
        return None
    from finopsguard.aws.topic import AwsTopic

    return AwsTopic(lambda: connect().sns(), settings.alert_topic_arn)


def event_bus(settings: EventSettings, connect: Connect) -> EventBus | None:
    """EventBridge, one that takes all of invented data, or None where nobody is told."""
    if not settings.event_bus:
        return None
    from finopsguard.channels.event_bus import DetailBus, MockBus

    if settings.use_mock_data:
        return MockBus()
    from finopsguard.aws.events import AwsEventBus

    return DetailBus(AwsEventBus(lambda: connect().events(), settings.event_bus))


def executions(connect: Connect) -> Executions:
    """Step Functions."""
    from finopsguard.aws.executions import AwsExecutions

    return AwsExecutions(connect().step_functions())


PROVIDERS: Mapping[object, Callable[..., object]] = {
    Clock: clock,
    Sleep: sleep,
    Connect: connect,
    Store: store,
    Organization: organization,
    BudgetSource: budgets,
    OpinionSource: opinion,
    CostSource: costs,
    UsageSource: usage,
    Trail: trail,
    Channel: channel,
    RouteChannels: route_channels,
    AlertTopic: alert_topic,
    EventBus: event_bus,
    Executions: executions,
}


# ---- who needs what --------------------------------------------------------------------------------------------------


@cache
def needs(function: Callable[..., object], *, of_step: bool = False) -> Mapping[str, Any]:
    """The annotated needs of a step (after its input) or of a provider, by parameter; `X | None` counts as `X`."""
    hints = get_type_hints(function)
    hints.pop("return", None)
    wanted = list(hints.items())[1 if of_step else 0 :]
    return {name: _without_none(hint) for name, hint in wanted}


def reached(step: Callable[..., object]) -> Iterator[Any]:
    """Every port and class of settings that a step reaches, those behind its ports too."""
    waiting = list(needs(step, of_step=True).values())
    seen: list[Any] = []
    while waiting:
        wanted = waiting.pop(0)
        if wanted not in seen:
            seen.append(wanted)
            waiting += needs(PROVIDERS[wanted]).values() if wanted in PROVIDERS else ()
    yield from seen


class Wiring:
    """Makes what steps ask for, each once: one instance serves a whole process, many threads at once.

    `env` holds the variables. `given` replaces what is made, by type: a test's clock, store or channel.
    """

    def __init__(self, env: Mapping[str, str], given: Mapping[Any, object] | None = None) -> None:
        self._env = env
        self._made: dict[Any, object] = dict(given or {})
        self._lock = threading.RLock()

    def arguments(self, step: Callable[..., object]) -> dict[str, Any]:
        """The keyword arguments of a step; raises InvalidConfiguration for a setting that cannot work."""
        return {name: self.get(wanted) for name, wanted in needs(step, of_step=True).items()}

    def get(self, wanted: Any) -> Any:
        """The port or the settings of that type."""
        with self._lock:
            if wanted not in self._made:
                self._made[wanted] = self._make(wanted)
            return self._made[wanted]

    def _make(self, wanted: Any) -> object:
        if wanted in PROVIDERS:
            provider = PROVIDERS[wanted]
            return provider(**{name: self.get(each) for name, each in needs(provider).items()})
        if isinstance(wanted, type) and issubclass(wanted, Part):
            return wanted.from_env(self._env)
        raise TypeError(
            f"{wanted!r} is neither a port nor a class of settings: wiring.py has no provider for it"
        )


def wiring_for(env: Mapping[str, str]) -> Wiring:
    """The process's wiring for these variables: a warm Lambda function keeps its connections."""
    names = {each.name for each in VARIABLES.values()}
    return _wiring(
        tuple(sorted((name, env[name]) for name in env if name in names or name.startswith("AWS_")))
    )


@lru_cache(maxsize=8)
def _wiring(variables: tuple[tuple[str, str], ...]) -> Wiring:
    return Wiring(dict(variables))


def _without_none(hint: Any) -> Any:
    some = [each for each in get_args(hint) if each is not NoneType]
    return some[0] if NoneType in get_args(hint) and len(some) == 1 else hint
