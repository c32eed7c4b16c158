"""Which of AWS Budgets' budgets a report takes: those of accounts that it has, whole.

A budget without a filter is of all accounts of the Organization where the management account has it, and of its own
account elsewhere. Two of the same accounts are shown under their names; what FINOPSGUARD_BUDGETS has wins over both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.errors import (
    AnswerTooLong,
    AwsBudgetsAccessDenied,
    AwsBudgetsUnavailable,
    OrganizationsAccessDenied,
    OrganizationsUnavailable,
)
from finopsguard.models.budget import ORGANIZATION, AccountBudget, AwsBudget, AwsBudgets, ScopeKind
from finopsguard.ports import BudgetSource, Organization

_CURRENCY = "USD"


def read(
    source: BudgetSource | None, organization: Organization, scope: Scope, settings: PlanSettings
) -> AwsBudgets | None:
    """The budgets of the account that is billed; None where nobody wants to know.

    A report goes out without them, and says so. Raises RoleNotAssumable, CredentialsMissing and InvalidConfiguration,
    as the account list does.
    """
    if source is None:
        return None
    role, month = settings.organization_role_arn, scope.run.period.end - timedelta(days=1)
    try:
        payer = role.split(":")[4] if role else organization.own_account()
        found = source.budgets(payer, month.replace(day=1))
    except AwsBudgetsAccessDenied:
        return AwsBudgets("denied")
    except (AwsBudgetsUnavailable, AnswerTooLong, OrganizationsUnavailable, OrganizationsAccessDenied):
        return AwsBudgets("unavailable")
    dollars = [each for each in found.budgets if each.unit == _CURRENCY]
    named = [(each, of) for each in dollars if (of := _accounts(each, payer, scope)) is not None]
    taken = _taken(named, scope, settings)
    return AwsBudgets("read", taken, found.others + len(found.budgets) - len(taken))


def _accounts(budget: AccountBudget, payer: str, scope: Scope) -> frozenset[str] | None:
    """The accounts of a budget; None where the report does not have all of them, or it is not known which they are."""
    ids = {account.id for account in scope.accounts}
    manages = any(account.manages for account in scope.accounts if account.id == payer)
    if budget.accounts:
        of = frozenset(budget.accounts)
    elif manages:
        of = frozenset(ids.difference(scope.outside)) if scope.whole else frozenset()
    else:
        # Where the list was refused, it may be the one that manages the Organization.
        alone = scope.changes.source == "no_organization"
        listed = any(account.manages for account in scope.accounts)
        of = frozenset({payer} if alone or listed else ())
    return of if of and of <= ids else None


def _taken(
    named: Sequence[tuple[AccountBudget, frozenset[str]]], scope: Scope, settings: PlanSettings
) -> tuple[AwsBudget, ...]:
    everybody = frozenset(account.id for account in scope.accounts)
    many = Counter(of for _, of in named)
    taken = []
    for budget, of in named:
        scopes: list[tuple[ScopeKind, str]] = [("organization", ORGANIZATION)] if of == everybody else []
        scopes += [("account", min(of))] if len(of) == 1 else []
        if any(known_as in settings.budgets for _, known_as in scopes):
            continue
        alone = many[of] == 1 and bool(scopes)
        kind, known_as = scopes[0] if alone else ("accounts", f"aws:{budget.name}")
        made = AwsBudget(
            name=budget.name,
            scope=kind,
            id=known_as,
            amount=budget.amount,
            accounts=() if alone or of == everybody else tuple(sorted(of)),
            metric=None if budget.metric == scope.run.cost_metric else budget.metric,
            partly=budget.partly,
        )
        taken.append(made)
    return tuple(sorted(taken, key=lambda each: each.id))
