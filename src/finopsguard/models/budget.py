"""What a budget is of, and what AWS Budgets has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from finopsguard.models.metrics import MetricName

ScopeKind = Literal["organization", "unit", "account", "tag", "accounts"]
ORGANIZATION = "organization"
"""The id of all accounts of a report together, as a budget names them."""
_TAG = "tag:"


def tag_of(scope: str) -> tuple[str, str] | None:
    """Key and value of the tag that a budget's scope is of (`tag:team=payments`); None for any other scope."""
    key, _, value = scope.removeprefix(_TAG).partition("=")
    return (key, value) if scope.startswith(_TAG) else None


@dataclass(frozen=True)
class AccountBudget:
    """A monthly cost budget of AWS Budgets, in `unit` (USD). `accounts` are those that it is filtered by, none for all.

    `metric` is the cost that it counts; `partly`: it leaves out some charges.
    """

    name: str
    amount: Decimal
    unit: str
    accounts: tuple[str, ...]
    metric: MetricName
    partly: bool


class AccountBudgets(NamedTuple):
    """The budgets of an account that are of a month's cost of whole accounts, and how many others it has."""

    budgets: Sequence[AccountBudget]
    others: int


@dataclass(frozen=True)
class AwsBudget:
    """A monthly cost budget of AWS Budgets, of the scope that it names.

    It is the Organization's (`id` is ORGANIZATION), an account's, or that of `accounts` (all of the report where there
    are none), whose `id` is `aws:` and its name. `metric` and `partly` are as in ScopeForecast.
    """

    name: str
    scope: ScopeKind
    id: str
    amount: Decimal
    accounts: tuple[str, ...] = ()
    metric: MetricName | None = None
    partly: bool = False


AwsBudgetsState = Literal["read", "denied", "unavailable"]


@dataclass(frozen=True)
class AwsBudgets:
    """What AWS Budgets has for the accounts of a report; `not_taken` are of something else, or not of a month."""

    state: AwsBudgetsState
    taken: tuple[AwsBudget, ...] = ()
    not_taken: int = 0
