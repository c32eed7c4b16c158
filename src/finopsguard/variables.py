"""The environment variables that there are: the name of each, how its text is read, and its default.

`.env.example` explains each; what a function's environment in template.yaml holds follows from `config.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from finopsguard import values
from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Basis, CostSourceName, ExportEngine, Language, PageLink
from finopsguard.models.severity import LIMITS
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
    "max_athena_usd_month": Variable("FINOPSGUARD_MAX_ATHENA_USD_MONTH", _amount(0, 100_000), Decimal(50)),
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
    "trail_workgroup": Variable("FINOPSGUARD_TRAIL_WORKGROUP", values.workgroup, None),
    "trail_database": Variable("FINOPSGUARD_TRAIL_DATABASE", values.name_in_glue, None),
    "trail_table": Variable("FINOPSGUARD_TRAIL_TABLE", values.name_in_glue, None),
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
    "verdict_url": Variable("FINOPSGUARD_VERDICT_URL", values.page_address, None),
    "verdict_key_arn": Variable("FINOPSGUARD_VERDICT_KEY_ARN", values.secret_arn, None),
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
