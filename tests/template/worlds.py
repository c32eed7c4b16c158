"""The worlds in which the roles of the stack are tried: what is deployed, by its parameters."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import iam

HERE = f"{iam.REGION}:{iam.ACCOUNT}"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:finopsguard/teams_webhook_url-AbCdEf"
ROUTE_SECRET = f"arn:aws:secretsmanager:{HERE}:secret:finopsguard/payments-AbCdEf"
SECRET_KEY, KEY = (f"arn:aws:kms:{HERE}:key/{name}" for name in ("secret", "customer"))
ORGANIZATION_ROLE = "arn:aws:iam::222233334444:role/finopsguard-organization"
ACCOUNT_ROLE = "arn:aws:iam::999988887777:role/finopsguard-account"

BUS = f"arn:aws:events:{HERE}:event-bus/incidents"

# In the management account; in a tooling account, by a role and by a billing view; and what a fresh deployment has.
MANAGEMENT: Mapping[str, str] = {
    "TeamsWebhookSecretArn": SECRET,
    "RouteSecretArns": f"{ROUTE_SECRET},{ROUTE_SECRET}2",
    "WebhookSecretKeyArn": SECRET_KEY,
    "KmsKeyArn": KEY,
    "PageLink": "presigned",
}
TOOLING = {**MANAGEMENT, "OrganizationRoleArn": ORGANIZATION_ROLE, "AccountRoleArns": ACCOUNT_ROLE}
VIEW = "arn:aws:billing::222233334444:billingview/custom-1"
EXPORT = {
    **MANAGEMENT,
    "CostSource": "data_export",
    "ExportBucket": "exports",
    "ExportPrefix": "billing",
    "ExportName": "all",
}
RESOURCES = {"Resources": "true"}
WORLDS: Mapping[str, Mapping[str, str]] = {
    "management": MANAGEMENT,
    "resources": {**MANAGEMENT, **RESOURCES},
    "budgets": {**MANAGEMENT, "AwsBudgets": "true"},
    "opinion": {**MANAGEMENT, "SecondOpinion": "true"},
    "events": {**MANAGEMENT, "EventBus": BUS},
    "tooling": TOOLING,
    "view": {**MANAGEMENT, **RESOURCES, "BillingViewArn": VIEW},
    "export": EXPORT,
    "athena": {
        **EXPORT,
        "ExportEngine": "athena",
        "ExportDatabase": "billing",
        "ExportTable": "all_costs",
    },
    "trail": {**MANAGEMENT, "Trail": "true", "TrailRole": "FinOpsGuardTrail"},
    "links": {**MANAGEMENT, "VerdictLinks": "true"},
    "organization trail": {
        **MANAGEMENT,
        "Trail": "true",
        "TrailRole": "FinOpsGuardTrail",
        "TrailDatabase": "audit",
        "TrailTable": "organization_trail",
        "TrailBucket": "trail",
    },
    "fresh": {},
}
