"""Settings: a table of environment variables, and for each step and each port the few that it reads.

A class of settings has a field for each variable that its users read, and nothing else: what a function's environment
in template.yaml holds is compared with these types. Handlers read Lambda's environment, the command line reads the
shell's and `.env`. `.env.example` explains each variable; tests keep that file, this module and template.yaml in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Self

from finopsguard import values
from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Basis, CostSourceName, ExportEngine, Language, PageLink
from finopsguard.models.severity import LIMITS, Mention
from finopsguard.values import Variable
from finopsguard.values import amount as _amount
from finopsguard.values import whole as _whole

# Microsoft's hosts for Teams Workflows webhooks; the second is the older form (docs/reference.md).
WORKFLOWS_HOSTS = ("*.environment.api.powerplatform.com", "*.logic.azure.com")
# What a run reads, unless it is set otherwise, and a backtest shows to each day that it replays.
HISTORY_DAYS = 98
# Accounts that one request of Cost Explorer names, at most.
MOST_PER_FETCH = 100
# How long after its end a day is taken for final; AWS refreshes costs at least once a day.
SETTLE_HOURS = 24
# Incidents of a report whose causes are looked for, at up to three requests each.
EXPLAINED_INCIDENTS = 10


@dataclass(frozen=True)
class Part:
    """Base of all settings: reads each of its fields from the variable that VARIABLES names for it."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Reads and checks the variables of this part; raises InvalidConfiguration naming the first wrong one."""
        return cls(**{each.name: VARIABLES[each.name].read(env) for each in fields(cls)})


# ---- what the steps read ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoleSettings(Part):
    """The roles that read accounts outside of the Organization."""

    use_mock_data: bool
    account_role_arns: tuple[str, ...]


@dataclass(frozen=True)
class SelectionSettings(RoleSettings):
    """Which accounts a report covers."""

    include_accounts: tuple[str, ...]
    exclude_accounts: tuple[str, ...]
    include_ous: tuple[str, ...]
    exclude_ous: tuple[str, ...]
    organization_role_arn: str | None
    billing_view_arn: str | None


@dataclass(frozen=True)
class BudgetSettings(Part):
    """What a month may cost, by scope."""

    budgets: Mapping[str, Decimal]


@dataclass(frozen=True)
class TagSettings(BudgetSettings):
    """The tags of accounts that are read: those of budgets, and the key of the one that names an account's owner."""

    owner_tag: str | None


@dataclass(frozen=True)
class PlanSettings(TagSettings, SelectionSettings):
    """What ResolveAccounts freezes for a run, beside its accounts."""

    language: Language
    time_zone: str
    cost_metric: MetricName
    headline: Basis
    settle_hours: int
    history_days: int
    accounts_per_fetch: int
    max_concurrency: int
    max_requests: int
    max_usd_month: Decimal
    cost_source: CostSourceName
    export_bucket: str | None
    export_prefix: str
    export_name: str | None


@dataclass(frozen=True)
class AggregateSettings(Part):
    """How much may be missing from a report, in percent of its accounts; the smallest correction of one, in USD."""

    max_missing_percent: Decimal
    anomaly_min_impact: Decimal


@dataclass(frozen=True)
class DetectSettings(Part):
    """The customer's policy: the smallest anomaly that is told, in USD a day and in percent of what was expected; how
    sensitive the detector is, 1 by default; the days after which a cost that stays is the new level; services that are
    never judged; of how many incidents the causes are looked for, the largest first.
    """

    anomaly_min_impact: Decimal
    anomaly_min_percent: Decimal
    sensitivity: Decimal
    quiet_days: int
    unjudged_services: tuple[str, ...]
    explained_incidents: int


@dataclass(frozen=True)
class ExplainSettings(RoleSettings):
    """Through which role an account is asked for its usage, what all questions of a report may cost, and whether the
    largest resources of an incident are asked for too.
    """

    max_requests: int
    max_usd_month: Decimal
    resources: bool
    trail: bool


@dataclass(frozen=True)
class RouteSettings(Part):
    """Whether the route file is used."""

    routes: bool


@dataclass(frozen=True)
class SeveritySettings(Part):
    """Where the two higher levels begin, a month, the words for all three, and whom Teams tells of the gravest."""

    severity_limits: tuple[Decimal, Decimal]
    severity_words: tuple[str, ...]
    mention: Mention | None


@dataclass(frozen=True)
class CardSettings(Part):
    """The channel of every report, how its card leads to the report page, and how many hours a presigned link works."""

    channel_name: str
    page_link: PageLink
    page_link_hours: int


@dataclass(frozen=True)
class HeartbeatSettings(Part):
    """Whose reports are waited for: those of invented data, or the customer's."""

    use_mock_data: bool


@dataclass(frozen=True)
class AlertSettings(Part):
    """The reader of a failure card, the channel where it is read, and whose report failed."""

    use_mock_data: bool
    language: Language
    time_zone: str
    channel_name: str


# ---- what the ports are made of --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AwsSettings(Part):
    """Where AWS is called."""

    region: str


@dataclass(frozen=True)
class StoreSettings(Part):
    """The bucket in AWS, or a directory on a laptop."""

    bucket: str | None
    state_dir: str | None


@dataclass(frozen=True)
class OrganizationSettings(Part):
    """How the account list is read."""

    use_mock_data: bool
    include_ous: tuple[str, ...]
    exclude_ous: tuple[str, ...]
    organization_role_arn: str | None
    external_id: str | None


@dataclass(frozen=True)
class AwsBudgetSettings(Part):
    """Whether AWS Budgets is read, and through which role."""

    use_mock_data: bool
    aws_budgets: bool
    organization_role_arn: str | None
    external_id: str | None


@dataclass(frozen=True)
class OpinionSettings(Part):
    """Whether AWS Cost Anomaly Detection is asked, and through which role."""

    use_mock_data: bool
    second_opinion: bool
    organization_role_arn: str | None
    external_id: str | None


@dataclass(frozen=True)
class CostSettings(Part):
    """How costs are read."""

    use_mock_data: bool
    cost_source: CostSourceName
    export_bucket: str | None
    export_prefix: str
    export_name: str | None
    export_engine: ExportEngine
    export_workgroup: str | None
    export_database: str | None
    export_table: str | None
    max_athena_gb: int
    organization_role_arn: str | None
    billing_view_arn: str | None
    external_id: str | None

    @property
    def reads_by_athena(self) -> bool:
        """True if reading takes statements of Athena, which are charged."""
        return (self.cost_source, self.export_engine) == ("data_export", "athena") and not self.use_mock_data


@dataclass(frozen=True)
class UsageSettings(Part):
    """How an account's usage is read."""

    use_mock_data: bool
    cost_source: CostSourceName
    export_bucket: str | None
    export_prefix: str
    export_name: str | None
    organization_role_arn: str | None
    billing_view_arn: str | None
    external_id: str | None


@dataclass(frozen=True)
class TrailSettings(Part):
    """Whether and how it is looked up who acted: `trail_role` is a role's name in each account but the own one."""

    use_mock_data: bool
    trail: bool
    trail_role: str | None
    shorten_names: bool
    external_id: str | None


@dataclass(frozen=True)
class ChannelSettings(Part):
    """Where messages go, and routes' by the channel's name; never shows a webhook's URL, whatever logs print."""

    webhook_secret_arn: str | None
    webhook_url: str | None = field(repr=False)
    webhook_urls: Mapping[str, str] = field(repr=False)
    webhook_allowed_hosts: tuple[str, ...]


@dataclass(frozen=True)
class TopicSettings(Part):
    """The SNS topic of the alerts that Teams does not take; None: there is none."""

    alert_topic_arn: str | None


@dataclass(frozen=True)
class EventSettings(Part):
    """The bus of EventBridge that is told of incidents, by its ARN; None: nobody is."""

    use_mock_data: bool
    event_bus: str | None


@dataclass(frozen=True)
class Settings(
    EventSettings,
    TopicSettings,
    RouteSettings,
    ChannelSettings,
    TrailSettings,
    CostSettings,
    OpinionSettings,
    AwsBudgetSettings,
    OrganizationSettings,
    StoreSettings,
    AwsSettings,
    AlertSettings,
    SeveritySettings,
    CardSettings,
    DetectSettings,
    AggregateSettings,
    PlanSettings,
    ExplainSettings,
):
    """Everything that can be set: what the command line checks before a run begins."""

    state_machine_arn: str | None


# ---- the variables ---------------------------------------------------------------------------------------------------


VARIABLES: Mapping[str, Variable] = {
    "region": Variable("AWS_REGION", values.text, "us-east-1", also="AWS_DEFAULT_REGION"),
    "use_mock_data": Variable("FINOPSGUARD_USE_MOCK_DATA", values.boolean, False),
    "cost_source": Variable("FINOPSGUARD_COST_SOURCE", values.one_of(CostSourceName), "cost_explorer"),
    "export_bucket": Variable("FINOPSGUARD_EXPORT_BUCKET", values.bucket_name, None),
    "export_prefix": Variable("FINOPSGUARD_EXPORT_PREFIX", values.prefix, ""),
    "export_name": Variable("FINOPSGUARD_EXPORT_NAME", values.export_name, None),
    "export_engine": Variable("FINOPSGUARD_EXPORT_ENGINE", values.one_of(ExportEngine), "duckdb"),
    "export_workgroup": Variable("FINOPSGUARD_EXPORT_WORKGROUP", values.workgroup, None),
    "export_database": Variable("FINOPSGUARD_EXPORT_DATABASE", values.name_in_glue, None),
    "export_table": Variable("FINOPSGUARD_EXPORT_TABLE", values.name_in_glue, None),
    "max_athena_gb": Variable("FINOPSGUARD_MAX_ATHENA_GB", _whole(1, 1_000_000), 500),
    "language": Variable("FINOPSGUARD_LANGUAGE", values.one_of(Language), "es"),
    "time_zone": Variable("FINOPSGUARD_TIMEZONE", values.time_zone, "UTC"),
    "cost_metric": Variable("FINOPSGUARD_COST_METRIC", values.one_of(MetricName), "UnblendedCost"),
    "headline": Variable("FINOPSGUARD_HEADLINE", values.one_of(Basis), "usage"),
    "settle_hours": Variable("FINOPSGUARD_SETTLE_HOURS", _whole(0, 168), SETTLE_HOURS),
    "history_days": Variable("FINOPSGUARD_HISTORY_DAYS", _whole(45, 365), HISTORY_DAYS),
    "accounts_per_fetch": Variable(
        "FINOPSGUARD_ACCOUNTS_PER_FETCH", _whole(1, MOST_PER_FETCH), MOST_PER_FETCH
    ),
    "max_concurrency": Variable("FINOPSGUARD_MAX_CONCURRENCY", _whole(1, 5), 3),
    "max_requests": Variable("FINOPSGUARD_MAX_CE_REQUESTS", _whole(1, 1_000_000), 500),
    "max_usd_month": Variable("FINOPSGUARD_MAX_CE_USD_MONTH", _amount(0, 100_000), Decimal(50)),
    "max_missing_percent": Variable("FINOPSGUARD_MAX_MISSING_PERCENT", _amount(0, 100), Decimal(10)),
    "include_accounts": Variable("FINOPSGUARD_INCLUDE_ACCOUNTS", values.account_ids, ()),
    "exclude_accounts": Variable("FINOPSGUARD_EXCLUDE_ACCOUNTS", values.account_ids, ()),
    "include_ous": Variable("FINOPSGUARD_INCLUDE_OUS", values.unit_ids, ()),
    "exclude_ous": Variable("FINOPSGUARD_EXCLUDE_OUS", values.unit_ids, ()),
    "account_role_arns": Variable("FINOPSGUARD_ACCOUNT_ROLE_ARNS", values.role_arns, ()),
    "organization_role_arn": Variable("FINOPSGUARD_ORGANIZATION_ROLE_ARN", values.role_arn, None),
    "trail": Variable("FINOPSGUARD_TRAIL", values.boolean, False),
    "trail_role": Variable("FINOPSGUARD_TRAIL_ROLE", values.role_name, None),
    "shorten_names": Variable("FINOPSGUARD_SHORTEN_NAMES", values.boolean, True),
    "external_id": Variable("FINOPSGUARD_EXTERNAL_ID", values.external_id, None),
    "billing_view_arn": Variable("FINOPSGUARD_BILLING_VIEW_ARN", values.text, None),
    "anomaly_min_impact": Variable("FINOPSGUARD_ANOMALY_MIN_IMPACT", _amount(0, 1_000_000), Decimal(10)),
    "anomaly_min_percent": Variable("FINOPSGUARD_ANOMALY_MIN_PERCENT", _amount(0, 1_000), Decimal(20)),
    "sensitivity": Variable("FINOPSGUARD_SENSITIVITY", _amount(Decimal("0.7"), 2), Decimal(1)),
    "quiet_days": Variable("FINOPSGUARD_QUIET_DAYS", _whole(1, 60), 14),
    "explained_incidents": Variable("FINOPSGUARD_EXPLAINED_INCIDENTS", _whole(0, 20), EXPLAINED_INCIDENTS),
    "resources": Variable("FINOPSGUARD_RESOURCES", values.boolean, False),
    "unjudged_services": Variable("FINOPSGUARD_UNJUDGED_SERVICES", values.services, ()),
    "budgets": Variable("FINOPSGUARD_BUDGETS", values.budgets, {}),
    "aws_budgets": Variable("FINOPSGUARD_AWS_BUDGETS", values.boolean, False),
    "second_opinion": Variable("FINOPSGUARD_SECOND_OPINION", values.boolean, False),
    "owner_tag": Variable("FINOPSGUARD_OWNER_TAG", values.tag_key, None),
    "severity_limits": Variable("FINOPSGUARD_SEVERITY_LIMITS", values.severity_limits, LIMITS),
    "severity_words": Variable("FINOPSGUARD_SEVERITY_WORDS", values.severity_words, ()),
    "mention": Variable("FINOPSGUARD_MENTION", values.mention, None),
    "page_link": Variable("FINOPSGUARD_PAGE_LINK", values.one_of(PageLink), "console"),
    "page_link_hours": Variable("FINOPSGUARD_PAGE_LINK_HOURS", _whole(1, 12), 8),
    "channel_name": Variable("FINOPSGUARD_CHANNEL_NAME", values.channel_name, "teams"),
    "webhook_secret_arn": Variable("TEAMS_WEBHOOK_SECRET_ARN", values.secret, None),
    "webhook_url": Variable("TEAMS_WEBHOOK_URL", values.text, None),
    "routes": Variable("FINOPSGUARD_ROUTES", values.boolean, False),
    "webhook_urls": Variable("TEAMS_WEBHOOK_URLS", values.webhooks, {}),
    "webhook_allowed_hosts": Variable("FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS", values.listed, WORKFLOWS_HOSTS),
    "alert_topic_arn": Variable("FINOPSGUARD_ALERT_TOPIC_ARN", values.topic_arn, None),
    "event_bus": Variable("FINOPSGUARD_EVENT_BUS", values.event_bus, None),
    "bucket": Variable("FINOPSGUARD_BUCKET", values.text, None),
    "state_dir": Variable("FINOPSGUARD_STATE_DIR", values.text, None),
    "state_machine_arn": Variable("FINOPSGUARD_STATE_MACHINE_ARN", values.text, None),
}
"""By the name of the field that it fills, the same in every class of settings."""
