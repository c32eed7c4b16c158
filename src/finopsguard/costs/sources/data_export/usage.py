"""Usage by type from a data export: its lines have it, and it is not read from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from finopsguard.errors import UsageNotRead
from finopsguard.models.run import Period, Run
from finopsguard.ports import AccountUsage, Meter, Usage, unmetered


class ExportUsage:
    """Satisfies ports.UsageSource: says that causes are not read from an export."""

    def usage(
        self,
        run: Run,  # noqa: ARG002 - the port's
        account_id: str,  # noqa: ARG002 - the port's
        services: Sequence[str],  # noqa: ARG002 - the port's
        days: Period,  # noqa: ARG002 - the port's
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
        role_arn: str | None = None,  # noqa: ARG002 - the port's
        *,
        start: date,  # noqa: ARG002 - the port's
        pages: int,  # noqa: ARG002 - the port's
    ) -> Usage:
        """Raises UsageNotRead."""
        raise UsageNotRead(
            "Causes are not read from a data export: the report tells what moved, and not why. With"
            " FINOPSGUARD_COST_SOURCE cost_explorer they are; or set FINOPSGUARD_EXPLAINED_INCIDENTS to 0."
        )

    def by_account(
        self,
        run: Run,  # noqa: ARG002 - the port's
        services: Sequence[str],  # noqa: ARG002 - the port's
        region: str,
        days: Period,  # noqa: ARG002 - the port's
        paid: Meter = unmetered,  # noqa: ARG002 - the port's
    ) -> list[AccountUsage]:
        """Raises UsageNotRead: nothing is told of Regions where an export is read."""
        raise UsageNotRead(
            f"Who uses {region!a} is not read from a data export. Look at the Region in Cost Explorer's console, or set"
            " FINOPSGUARD_COST_SOURCE to cost_explorer."
        )
