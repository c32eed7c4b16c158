"""The report of one owner, made of the Organization's: nothing in it names or sums another's account.

What accounts have is kept as it is, so that the parts add up to the whole; what is of all accounts is made anew of
these, or left out. An explanation comes later, to the lines that are left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from finopsguard.models.budget import ORGANIZATION, tag_of
from finopsguard.models.costs import PartRow
from finopsguard.models.forecast import Forecast, ScopeForecast
from finopsguard.models.opinion import SecondOpinion
from finopsguard.models.report import (
    Check,
    CheckStatus,
    CostExplorerUse,
    Coverage,
    MissingAccount,
    Report,
)
from finopsguard.models.route import ReportPart, Route
from finopsguard.owners.routing import everybody
from finopsguard.owners.sums import with_own_sums

WHOLE = "organization"
"""The check of an owner's report that stands for those of the whole reading."""
_OWN_CHECKS = ("days_present",)
_WORST: tuple[CheckStatus, ...] = ("failed", "warn")


def narrowed(report: Report, route: Route, accounts: Collection[str], rows: Sequence[PartRow]) -> Report:
    """The report of these accounts with their own sums; `rows` are what they cost.

    Expectations, anomalies and the forecast are of the whole still: `kept.py` puts the owner's in their place.
    """
    own = with_own_sums(report, [each for each in report.accounts if each.id in accounts], rows)
    return replace(
        own,
        part=ReportPart(route.name, route.least_usd, only_when_something=route.only_when_something),
        language=route.language or report.language,
        # The execution's page has what all accounts cost; its partition is that of the links.
        execution=":".join(report.execution.split(":")[:2]),
        coverage=_coverage(report.coverage, accounts, own),
        anomalies=(),
        charge_findings=None
        if report.charge_findings is None
        else tuple(each for each in report.charge_findings if each.account_id in accounts),
        verdicts=tuple(each for each in report.verdicts if each.account_id in accounts),
        untold=tuple(each for each in report.untold if each.account_id in accounts),
        forecast=None,
        aws_budgets=None,
        second_opinion=_opinion(report.second_opinion, accounts),
        corrections=(),
        replaces=None,
        retrospective=None,
        # What reading took is known when the card is made.
        cost_explorer=CostExplorerUse(0, Decimal(0)),
    )


def with_month(report: Report, whole: Report, own: ScopeForecast | None) -> Report:
    """The owner's report with the month of its accounts, and the budgets that are of these alone.

    `whole` is the Organization's, `own` what is known of these accounts together.
    """
    found = whole.forecast
    if found is None or own is None:
        return report
    missing = report.coverage.missing
    mine = {each.id for each in everybody(report)}

    def owned(scopes: Sequence[ScopeForecast]) -> tuple[ScopeForecast, ...]:
        return tuple(each for each in scopes if (of := _accounts_of(each, whole)) and of <= mine)

    scopes = owned(found.units), owned(found.groups), owned(found.accounts)
    ids = {each.id for group in scopes for each in group}
    forecast = Forecast(
        **{**vars(own), "scope": "organization", "id": ORGANIZATION, "unread": len(missing)},
        month=found.month,
        settled=found.settled,
        units=scopes[0],
        groups=scopes[1],
        accounts=scopes[2],
        alerts=tuple(alert for alert in found.alerts if alert.id in ids),
    )
    totals = replace(report.totals, forecast_month=own.month_end)
    return replace(report, forecast=forecast, totals=totals)


def _accounts_of(scope: ScopeForecast, whole: Report) -> set[str]:
    """The accounts that a month is of, those that could not be read too."""
    if scope.scope == "account":
        return {scope.id}
    if scope.scope == "unit":
        return {each.id for each in everybody(whole) if scope.id in (each.ou or "").split("/")}
    if tag := tag_of(scope.id):
        return {each.id for each in everybody(whole) if (each.tags or {}).get(tag[0]) == tag[1]}
    taken = whole.aws_budgets.taken if whole.aws_budgets else ()
    return {account for each in taken if each.id == scope.id for account in each.accounts}


def _coverage(found: Coverage, accounts: Collection[str], own: Report) -> Coverage:
    missing = tuple(_without_reason(each) for each in found.missing if each.id in accounts)
    return replace(
        found,
        accounts_expected=len(own.accounts) + len(missing),
        accounts_reported=len(own.accounts),
        missing=missing,
        checks=_checks(found.checks),
    )


def _opinion(found: SecondOpinion | None, accounts: Collection[str]) -> SecondOpinion | None:
    """What AWS found in these accounts; of what names none, or several owners', nothing is said."""
    if found is None:
        return None
    own = tuple(each for each in found.found if all(place.account_id in accounts for place in each.places))
    ids = {each.id for each in own}
    return replace(found, found=own, only_aws=tuple(each for each in found.only_aws if each in ids))


def _without_reason(account: MissingAccount) -> MissingAccount:
    """The name of the error alone: its words may name the others of a batch."""
    return replace(account, reason=account.reason.partition(":")[0])


def _checks(found: Sequence[Check]) -> tuple[Check, ...]:
    """What is said of days; of sums and lists of all accounts that they are not proven, and nothing more."""
    own = [each for each in found if each.name in _OWN_CHECKS]
    others = {each.status for each in found if each.name not in _OWN_CHECKS}
    worst = next((status for status in _WORST if status in others), None)
    return (*own, *([Check(WHOLE, worst, "")] if worst else []))
