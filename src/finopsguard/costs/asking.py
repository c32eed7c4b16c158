"""Asking for an incident's usage within its pages: three at most over all attempts, and what the budget has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from finopsguard.accounts.selection import roles_by_account
from finopsguard.config import ExplainSettings, RoleSettings
from finopsguard.costs import budget
from finopsguard.costs.paid import PageMeter, pages, pages_of, usd_of_month
from finopsguard.errors import BudgetExceeded, UsageIncomplete
from finopsguard.models.run import Period, Run
from finopsguard.ports import AccountUsage, Store, Usage, UsageSource

PAGES_OF_A_QUESTION = 3
"""A page for each grouping: $0.03 an incident at most."""


@dataclass(frozen=True)
class Question:
    """Whose usage is asked for; `days` are those of the incident, which began on `start`, and its baseline.

    `mark` names it in the store: another question has another one.
    """

    account_id: str
    services: Sequence[str]
    days: Period
    start: date
    role_arn: str | None
    mark: str


def role_of(account_id: str, settings: RoleSettings) -> str | None:
    """The role that reads the account, where it has one of its own."""
    return roles_by_account(settings).get(account_id)


def ask(
    question: Question, run: Run, *, usage: UsageSource, store: Store, settings: ExplainSettings
) -> Usage:
    """The usage; raises BudgetExceeded, UsageIncomplete where attempts before took its pages, and what its ports raise.

    Invented data take no page, and are asked for without a limit.
    """
    limit = PAGES_OF_A_QUESTION
    if run.data_source == "cost_explorer":
        limit = _limit(question.mark, run, store, settings, PAGES_OF_A_QUESTION)
    return usage.usage(
        run,
        question.account_id,
        question.services,
        question.days,
        PageMeter(store, run, question.mark),
        question.role_arn,
        start=question.start,
        pages=limit,
    )


@dataclass(frozen=True)
class Where:
    """Who used services in a Region is asked for, on these days; `mark` names the question in the store."""

    services: Sequence[str]
    region: str
    days: Period
    mark: str


def ask_accounts(
    where: Where, run: Run, *, usage: UsageSource, store: Store, settings: ExplainSettings
) -> Sequence[AccountUsage]:
    """The usage by account in one page; raises what `ask` raises."""
    if run.data_source == "cost_explorer":
        _limit(where.mark, run, store, settings, 1)
    return usage.by_account(run, where.services, where.region, where.days, PageMeter(store, run, where.mark))


def _limit(mark: str, run: Run, store: Store, settings: ExplainSettings, most: int) -> int:
    own = most - pages_of(store, run, mark)
    if own <= 0:
        raise UsageIncomplete(
            f"The requests ({most}) that an incident may take were answered, and what came is lost."
        )
    taken, spent = pages(store, run), usd_of_month(store, run)
    rest = budget.left(settings, taken, spent)
    if not rest:
        raise BudgetExceeded(
            f"This report took {taken} requests of Cost Explorer, this month's reports cost ${spent:.2f}, and no more"
            " is allowed. If causes are worth up to $0.03 each, raise FINOPSGUARD_MAX_CE_REQUESTS or"
            " FINOPSGUARD_MAX_CE_USD_MONTH."
        )
    return min(own, rest)
