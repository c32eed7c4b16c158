"""The mock Organization, for `make run` and a customer's smoke test."""

from __future__ import annotations

from collections.abc import Mapping

from finopsguard.accounts.mock_company import BY_ID, MANAGEMENT, MOCK_ACCOUNTS, UNIT_IDS, unit_path
from finopsguard.ports import ListedAccount

OUTSIDE_ACCOUNT_ROLE_ARN = "arn:aws:iam::999900001111:role/FinOpsGuardReader"
"""The account outside the Organization, read through its own role; it can never be read."""


class MockOrganization:
    """Satisfies ports.Organization."""

    def accounts(self) -> list[ListedAccount] | None:
        """The company's accounts; see ports.Organization."""
        return [
            ListedAccount(each.id, each.name, each.state, unit_path(each), manages=each is MANAGEMENT)
            for each in MOCK_ACCOUNTS
        ]

    def unit_exists(self, ou_id: str) -> bool:
        """See ports.Organization."""
        return ou_id in UNIT_IDS

    def tags(self, account_id: str) -> Mapping[str, str]:
        """A team and a stage, as the account's name has them: `payments-prod`; a shared account has neither."""
        team, _, stage = BY_ID[account_id].name.rpartition("-")
        return {"team": team, "stage": stage} if stage in ("prod", "staging", "dev") else {}

    def own_account(self) -> str:
        """FinOps Guard runs in the management account."""
        return MANAGEMENT.id
