"""AWS Budgets as ports.BudgetSource: which budgets are of a month's cost of whole accounts, and of which.

Only what is wholly understood is taken. A budget of a service, a tag or a cost category, of use or of commitments, of
another time than a month, in another currency or on another billing view is left: its number says nothing of an
account's month.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from finopsguard.aws.budgets import BUDGETS, Describes, described
from finopsguard.aws.errors import translated
from finopsguard.models.budget import AccountBudget, AccountBudgets
from finopsguard.models.metrics import MetricName
from finopsguard.values import LARGEST_BUDGET

LONGEST_BUDGET_NAME = 100
"""Documented by AWS (Budget)."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_LINKED = {"LinkedAccount", "LINKED_ACCOUNT"}
_OWN_VIEW = ":billingview/primary"
_CHARGES = (
    "IncludeTax",
    "IncludeSubscription",
    "IncludeRefund",
    "IncludeCredit",
    "IncludeUpfront",
    "IncludeRecurring",
    "IncludeOtherSubscription",
    "IncludeSupport",
    "IncludeDiscount",
)
"""Each is included where AWS does not say otherwise (documented by AWS: CostTypes)."""


class AwsBudgetSource:
    """Satisfies ports.BudgetSource; the client is made at the first call."""

    def __init__(self, client: Callable[[], Describes]) -> None:
        self._client = client

    def budgets(self, account_id: str, month: date) -> AccountBudgets:
        """See ports.BudgetSource."""
        with translated(BUDGETS):
            found = [_taken(each, month) for each in described(self._client(), account_id)]
        return AccountBudgets([each for each in found if each], sum(each is None for each in found))


def _taken(budget: Mapping[str, Any], month: date) -> AccountBudget | None:
    """The budget, where all of it is understood."""
    metric, limit, accounts = _metric(budget), _limit(budget, month), _accounts(budget)
    kind = budget.get("BudgetType"), budget.get("TimeUnit")
    view = budget.get("BillingViewArn") or _OWN_VIEW
    if kind != ("COST", "MONTHLY") or not str(view).endswith(_OWN_VIEW) or not _in_force(budget, month):
        return None
    if metric is None or limit is None or accounts is None:
        return None
    partly = any(_types(budget).get(each) is False for each in _CHARGES)
    name = budget["BudgetName"].encode("utf-8", "replace").decode()[:LONGEST_BUDGET_NAME]
    return AccountBudget(name, *limit, accounts, metric, partly)


def _limit(budget: Mapping[str, Any], month: date) -> tuple[Decimal, str] | None:
    """Amount and currency of the month, where months have limits of their own; their keys are seconds since 1970."""
    planned = budget.get("PlannedBudgetLimits")
    limit = budget.get("BudgetLimit")
    if isinstance(planned, Mapping) and planned:
        begins = datetime(month.year, month.month, 1, tzinfo=UTC)
        limit = planned.get(str(int(begins.timestamp())))
    found, unit = (
        (limit.get(each) for each in ("Amount", "Unit")) if isinstance(limit, Mapping) else (None, None)
    )
    if not isinstance(found, str) or not isinstance(unit, str):
        return None
    try:
        amount = Decimal(found)
        fits = found.isascii() and 0 < amount <= LARGEST_BUDGET
    except InvalidOperation:
        return None
    return (amount, unit) if fits else None


def _in_force(budget: Mapping[str, Any], month: date) -> bool:
    """True if the month begins within the budget's time; one that was made in the month begins with it (AWS)."""
    period = budget.get("TimePeriod") or {}
    start, end = period.get("Start"), period.get("End")
    begun = not isinstance(start, datetime) or start.astimezone(UTC).date().replace(day=1) <= month
    return begun and (not isinstance(end, datetime) or end.astimezone(UTC).date() > month)


def _accounts(budget: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The linked accounts that it is filtered by, none for all; None where it is filtered by anything else.

    A filter comes in one of two forms, or in both: then they have to say the same.
    """
    filters, expression = budget.get("CostFilters") or {}, budget.get("FilterExpression") or {}
    said = [_linked(key, values) for key, values in filters.items()]
    if expression:
        only = expression.get("Dimensions") if set(expression) == {"Dimensions"} else None
        exact = only and all(each == "EQUALS" for each in only.get("MatchOptions") or ())
        said.append(_linked(only.get("Key"), only.get("Values")) if only and exact else None)
    if any(each is None for each in said) or len(set(said)) > 1:
        return None
    return said[0] if said else ()


def _linked(key: object, values: object) -> tuple[str, ...] | None:
    if not isinstance(key, str) or key not in _LINKED or not isinstance(values, Sequence) or not values:
        return None
    if not all(isinstance(each, str) and _ACCOUNT.fullmatch(each) for each in values):
        return None
    return tuple(sorted(set(values)))


def _metric(budget: Mapping[str, Any]) -> MetricName | None:
    """The cost that it counts; None for one that this product does not know."""
    named = budget.get("Metrics")
    if named:
        known: tuple[MetricName, ...] = get_args(MetricName)
        return next((each for each in known if list(named) == [each]), None)
    types = _types(budget)
    if types.get("UseBlended"):
        return "BlendedCost"
    return "AmortizedCost" if types.get("UseAmortized") else "UnblendedCost"


def _types(budget: Mapping[str, Any]) -> Mapping[str, Any]:
    found = budget.get("CostTypes")
    return found if isinstance(found, Mapping) else {}
