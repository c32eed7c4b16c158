"""The mock Organization, for `make run` and a customer's smoke test."""

from __future__ import annotations

from finopsguard.accounts.mock_company import MANAGEMENT, MOCK_ACCOUNTS, UNIT_IDS, unit_path
from finopsguard.ports import ListedAccount

OUTSIDE_ACCOUNT_ROLE_ARN = "arn:aws:iam::999900001111:role/FinOpsGuardReader"
"""The account outside the Organization, read through its own role; it can never be read."""


class MockOrganization:
    """Satisfies ports.Organization."""

    def accounts(self) -> list[ListedAccount] | None:
        """The company's accounts; see ports.Organization."""
        return [ListedAccount(each.id, each.name, each.state, unit_path(each)) for each in MOCK_ACCOUNTS]

    def unit_exists(self, ou_id: str) -> bool:
        """See ports.Organization."""
        return ou_id in UNIT_IDS

    def own_account(self) -> str:
        """FinOps Guard runs in the management account."""
        return MANAGEMENT.id
