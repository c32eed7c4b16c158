"""Who asks AWS, from where and at what time; which accounts there are, and whether their roles can be assumed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from finopsguard.accounts.selection import needs_organization, roles_by_account
from finopsguard.aws.caller import assume, caller, management_account, region, time_of_aws
from finopsguard.config import (
    AwsSettings,
    BudgetSettings,
    ChannelSettings,
    OrganizationSettings,
    SelectionSettings,
    TopicSettings,
)
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, from_error, passed, skipped, warned
from finopsguard.errors import CredentialsMissing, OrganizationsAccessDenied, RoleNotAssumable
from finopsguard.models.checkup import Finding
from finopsguard.ports import Organization

# AWS takes no request that was signed with a clock that is 15 minutes wrong (Signature Version 4).
_CLOCK_FAILS = 15 * 60
_CLOCK_WARNS = 60
_NO_COST_EXPLORER = "aws-us-gov"
_REGION_OF = re.compile(r"arn:[^:]*:[^:]*:([^:]+):")


def identity(around: Around) -> Sequence[Finding]:
    """The account and the role; the root user can do what no report needs."""
    if not around.asks_aws:
        return skipped("invented")
    found = caller(around.clients)
    said = warned if found.who == "root" else passed
    return said("identity_root" if found.who == "root" else "identity", account=found.account, who=found.who)


def where(around: Around) -> Sequence[Finding]:
    """The region, and that all settings that name one name the same."""
    if not around.asks_aws:
        return skipped("invented")
    settings: AwsSettings = around.wiring.get(AwsSettings)
    name, known = settings.region, region(settings.region)
    if known is None:
        return failing("region_unknown", region=name)
    if known.partition == _NO_COST_EXPLORER:
        return failing("region_without_costs", region=name)
    channel: ChannelSettings = around.wiring.get(ChannelSettings)
    topic: TopicSettings = around.wiring.get(TopicSettings)
    named = {
        "TEAMS_WEBHOOK_SECRET_ARN": channel.webhook_secret_arn,
        "FINOPSGUARD_ALERT_TOPIC_ARN": topic.alert_topic_arn,
    }
    for variable, arn in named.items():
        found = _REGION_OF.match(arn or "")
        if found and found[1] != name:
            return failing("region_differs", region=name, variable=variable, other=found[1])
    if not known.listed:
        return warned("region_new", region=name)
    return passed("region", region=name, partition=known.partition)


def clock(around: Around) -> Sequence[Finding]:
    """How far this machine's clock is from AWS's."""
    if not around.asks_aws:
        return skipped("invented")
    try:
        aws = time_of_aws(around.clients)
    except CredentialsMissing:
        # Nothing was asked; a request that AWS refused has its time.
        return skipped("after", check="identity")
    if aws is None:
        return warned("clock_unknown")
    seconds = round(abs((around.clock() - aws).total_seconds()))
    if seconds >= _CLOCK_FAILS:
        return failing("clock_wrong", n=seconds)
    return (warned if seconds >= _CLOCK_WARNS else passed)(
        "clock_off" if seconds >= _CLOCK_WARNS else "clock", n=seconds
    )


def organizations(around: Around) -> Sequence[Finding]:
    """Whether the accounts can be listed, how many there are, and as whom."""
    if around.invented:
        return skipped("invented")
    settings: SelectionSettings = around.wiring.get(SelectionSettings)
    settings_of_role: OrganizationSettings = around.wiring.get(OrganizationSettings)
    needed = needs_organization(settings)
    organization: Organization = around.wiring.get(Organization)
    try:
        listed = organization.accounts()
    except OrganizationsAccessDenied as error:
        if needed:
            raise
        return [Finding("warn", "organizations_denied", {}, str(error))]
    if listed is None:
        return (failing if needed else warned)(
            "organizations_none_needed" if needed else "organizations_none"
        )
    closed = sum(account.state != "ACTIVE" for account in listed)
    role = settings.organization_role_arn
    asking = role.split(":")[4] if role else organization.own_account()
    manages = management_account(around.clients, role, settings_of_role.external_id) == asking
    return passed(
        "organizations_managed" if manages else "organizations_delegated",
        count=len(listed),
        closed=closed,
        account=asking,
    )


def units(around: Around) -> Sequence[Finding]:
    """Accounts and units that the settings name are in the Organization."""
    if around.invented:
        return skipped("invented")
    settings: SelectionSettings = around.wiring.get(SelectionSettings)
    budgets: BudgetSettings = around.wiring.get(BudgetSettings)
    scopes = [each for each in budgets.budgets if each.startswith(("ou-", "r-"))]
    of_units = dict.fromkeys((*settings.include_ous, *settings.exclude_ous, *scopes))
    if not of_units and not settings.include_accounts:
        return skipped("units_none")
    organization: Organization = around.wiring.get(Organization)
    missing = [each for each in of_units if not organization.unit_exists(each)]
    if settings.include_accounts:
        known = {account.id for account in organization.accounts() or ()} | roles_by_account(settings).keys()
        missing += [each for each in settings.include_accounts if each not in known]
    if missing:
        return failing("units_missing", names=", ".join(missing))
    return passed("units", count=len(of_units) + len(settings.include_accounts))


def roles(around: Around) -> Sequence[Finding]:
    """Each role that the settings name can be assumed, with the external ID that is set."""
    if around.invented:
        return skipped("invented")
    settings: SelectionSettings = around.wiring.get(SelectionSettings)
    organization: OrganizationSettings = around.wiring.get(OrganizationSettings)
    named = [*filter(None, [settings.organization_role_arn]), *settings.account_role_arns]
    if not named:
        return skipped("roles_none")
    refused = []
    for arn in dict.fromkeys(named):
        try:
            assume(around.clients, arn, organization.external_id)
        except RoleNotAssumable as error:
            refused.append(from_error(error, around))
    if refused:
        return refused
    return passed("roles_with_id" if organization.external_id else "roles", count=len(set(named)))
