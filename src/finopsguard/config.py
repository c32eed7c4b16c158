"""Settings: for each step and each port the few variables that it reads.

A class of settings has a field for each variable that its users read, and nothing else: what a function's environment
in template.yaml holds is compared with these types. Handlers read Lambda's environment, the command line reads the
shell's and `.env`. `.env.example` explains each variable; tests keep that file, this module and template.yaml in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Self

from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Basis, CostSourceName, ExportEngine, Language, PageLink
from finopsguard.models.severity import Mention
from finopsguard.variables import VARIABLES


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
    """The channel of every report, how its card leads to the report page, and where its anomalies are answered."""

    channel_name: str
    page_link: PageLink
    page_link_hours: int
    verdict_url: str | None


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
    max_athena_usd_month: Decimal
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
    """Whether and how it is looked up who acted: `trail_role` is a role's name in each account but the own one.

    With `trail_table` an Organization trail is asked through Athena instead.
    """

    use_mock_data: bool
    trail: bool
    trail_role: str | None
    trail_workgroup: str | None
    trail_database: str | None
    trail_table: str | None
    max_athena_gb: int
    max_athena_usd_month: Decimal
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
class VerdictKeySettings(Part):
    """The secret with the key of the verdict links; None: there are none."""

    verdict_key_arn: str | None


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
    VerdictKeySettings,
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
