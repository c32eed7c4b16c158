"""Asking for an incident's usage, and for its resources, within their pages and what the budget has left.

Three pages at most for the usage, two for the resources, over all attempts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from finopsguard.accounts.selection import roles_by_account
from finopsguard.config import ExplainSettings, RoleSettings
from finopsguard.costs import budget
from finopsguard.costs.paid import PRICE_OF_A_REQUEST, PageMeter, pages, pages_of, usd_of_month
from finopsguard.errors import BudgetExceeded, FinOpsGuardError, UsageIncomplete
from finopsguard.models.costs import AccountUsage, Resources, Usage, UsageQuestion
from finopsguard.models.run import Period, Run
from finopsguard.ports import Store, UsageSource, raised_by

PAGES_OF_A_QUESTION = 3
"""A page for each grouping: $0.03 an incident at most."""
PAGES_OF_RESOURCES = 2
"""On top of these, where resources are asked for: $0.02."""
DONE_WITHOUT: tuple[type[FinOpsGuardError], ...] = (*raised_by(UsageSource), BudgetExceeded)
"""What an explanation does without the resources for; what the store says of a page that is paid is no such thing."""


@dataclass(frozen=True)
class Question(UsageQuestion):
    """`mark` names it in the store: another question has another one."""

    mark: str = field(kw_only=True)


def role_of(account_id: str, settings: RoleSettings) -> str | None:
    """The role that reads the account, where it has one of its own."""
    return roles_by_account(settings).get(account_id)


def ask(
    question: Question, run: Run, *, usage: UsageSource, store: Store, settings: ExplainSettings
) -> Usage:
    """The usage; raises BudgetExceeded, UsageIncomplete where attempts before took its pages, and what its ports raise.

    Invented data take no page, and are asked for without a limit.
    """
    return usage.usage(
        run,
        question,
        PageMeter(store, run, question.mark),
        pages=_limit(PAGES_OF_A_QUESTION, question.mark, run, store, settings),
    )


def ask_resources(
    question: Question, run: Run, *, usage: UsageSource, store: Store, settings: ExplainSettings
) -> Resources:
    """The costs of the same by resource; raises as `ask` does."""
    mark = f"{question.mark}r"
    return usage.resources(
        run,
        question,
        PageMeter(store, run, mark),
        pages=_limit(PAGES_OF_RESOURCES, mark, run, store, settings),
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
    _limit(1, where.mark, run, store, settings)
    return usage.by_account(run, where.services, where.region, where.days, PageMeter(store, run, where.mark))


def _limit(most: int, mark: str, run: Run, store: Store, settings: ExplainSettings) -> int:
    """The pages that may be asked for under the mark."""
    if run.data_source != "cost_explorer":
        return most
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
            f" is allowed. If that of an incident is worth up to ${most * PRICE_OF_A_REQUEST}, raise"
            " FINOPSGUARD_MAX_CE_REQUESTS or FINOPSGUARD_MAX_CE_USD_MONTH."
        )
    return min(own, rest)
