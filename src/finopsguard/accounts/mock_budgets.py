"""What the invented company has in AWS Budgets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from finopsguard.accounts.mock_company import BY_NAME
from finopsguard.models.budget import AccountBudget, AccountBudgets

_OF: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Marea, all accounts", "95000", ()),
    ("Search", "14000", ("search-prod", "search-staging", "search-dev")),
    ("data-prod", "12000", ("data-prod",)),
)
_OTHERS = 1
"""One of a service."""


class MockBudgets:
    """Satisfies ports.BudgetSource."""

    def budgets(self, account_id: str, month: date) -> AccountBudgets:  # noqa: ARG002 - it has one of each
        """Three that are taken and one that is not; see ports.BudgetSource."""
        found = [
            AccountBudget(
                name,
                Decimal(amount),
                "USD",
                tuple(sorted(BY_NAME[each].id for each in of)),
                "UnblendedCost",
                partly=False,
            )
            for name, amount, of in _OF
        ]
        return AccountBudgets(found, _OTHERS)
