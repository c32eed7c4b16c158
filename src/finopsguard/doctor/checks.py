"""All checks, in the order in which they are told: first what the others need.

A stack that was named and cannot be read leaves out what its settings lead to: those of this machine are others.
"""

from __future__ import annotations

from finopsguard.doctor import account, costs, deployed, here, kept, posting
from finopsguard.doctor.check import Check

CHECKS = (
    Check("versions", here.versions),
    Check("network", here.network),
    Check("region", account.where),
    Check("identity", account.identity, after=("region",)),
    Check("clock", account.clock, after=("region",)),
    Check("stack", deployed.stack),
    Check("settings", here.settings, after=("stack",)),
    Check("organizations", account.organizations, after=("identity", "stack")),
    Check("units", account.units, after=("organizations",)),
    Check("roles", account.roles, after=("identity", "stack")),
    Check("cost_explorer", costs.cost_explorer, after=("identity", "stack")),
    Check("freshness", costs.freshness, after=("cost_explorer",)),
    Check("page_size", costs.page_size, after=("cost_explorer",)),
    Check("billing_view", costs.billing_view, after=("cost_explorer",)),
    Check("export", costs.export, after=("identity", "stack")),
    Check("store", kept.store, after=("stack",)),
    Check("bucket", kept.bucket, after=("store",)),
    Check("webhook", posting.webhook, after=("stack",)),
    Check("card", posting.card, after=("webhook",)),
    Check("event_bus", posting.event_bus, after=("identity", "stack")),
    Check("routes", posting.routes, after=("store",)),
    Check("schedules", deployed.schedules, after=("stack",)),
    Check("executions", deployed.executions, after=("identity", "stack")),
    Check("alarms", deployed.alarms, after=("stack",)),
    Check("mail", deployed.mail, after=("identity", "stack")),
)
