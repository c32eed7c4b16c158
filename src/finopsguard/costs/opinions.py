"""Asking AWS Cost Anomaly Detection for its findings: one page for a report, within the budget of Cost Explorer.

A report goes out without them, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from finopsguard.config import PlanSettings
from finopsguard.costs import budget
from finopsguard.costs.paid import PRICE_OF_A_REQUEST, PageMeter, pages, pages_of, usd_of_month
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CredentialsMissing,
    FinOpsGuardError,
    InvalidConfiguration,
    RoleNotAssumable,
)
from finopsguard.models.opinion import SecondOpinion
from finopsguard.models.run import Accounts, Period, Run
from finopsguard.ports import OpinionSource, Store, raised_by
from finopsguard.store import documents, keys

_QUESTION = "anomalies"
# AWS tells a finding some days after its first one, and a daily report has incidents that go on.
_DAYS_BEFORE = timedelta(days=3)
_DENIED = (CostExplorerAccessDenied, RoleNotAssumable)
_DONE_WITHOUT: tuple[type[FinOpsGuardError], ...] = tuple(
    raised_by(OpinionSource) - {CredentialsMissing, InvalidConfiguration}
)


def beside(
    accounts: Accounts, source: OpinionSource | None, run: Run, store: Store, settings: PlanSettings
) -> Accounts:
    """The plan as it is stored, with what AWS found; as it is where nobody asked, and for a report that looks back.

    What an earlier attempt read is kept: a page is paid once. Raises CredentialsMissing and InvalidConfiguration, as
    the account list does, and what ports.Store raises.
    """
    if source is None or run.looks_back:
        return accounts
    earlier = documents.find_whole(store, keys.ACCOUNTS.key(run_id=run.run_id), Accounts)
    if earlier and earlier.second_opinion and earlier.second_opinion.state == "read":
        return replace(accounts, second_opinion=earlier.second_opinion)
    return replace(accounts, second_opinion=_ask(accounts, source, run, store, settings))


def _ask(
    accounts: Accounts, source: OpinionSource, run: Run, store: Store, settings: PlanSettings
) -> SecondOpinion:
    ahead = budget.estimate(accounts.batches, run.data_source)[1]
    taken, spent = pages(store, run) + ahead, usd_of_month(store, run) + ahead * PRICE_OF_A_REQUEST
    asked = pages_of(store, run, _QUESTION)
    if run.data_source != "mock" and (asked or not budget.left(settings, taken, spent)):
        return SecondOpinion("unavailable" if asked else "limit")
    days = Period(run.period.start - _DAYS_BEFORE, run.window.end)
    try:
        read = source.findings(days, PageMeter(store, run, _QUESTION))
    except _DENIED:
        return SecondOpinion("denied")
    except _DONE_WITHOUT:
        return SecondOpinion("unavailable")
    return SecondOpinion("read", read.found, read.more)
