"""Costs from AWS Cost Explorer: two queries for a batch of accounts.

GetCostAndUsage groups by two keys at most, so usage is grouped by account and service, and all charges (usage,
credits, refunds, tax, fees) by account and record type. Every page costs $0.01 (documented by AWS), failed calls
nothing. Amounts of zero are left out: an account that was read and has no row cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from finopsguard.aws.errors import COST_EXPLORER, complete, translated
from finopsguard.costs.charges import USAGE_RECORD_TYPES
from finopsguard.errors import CostExplorerPagesChanged, CostExplorerRejected
from finopsguard.models.run import Batch, Run
from finopsguard.ports import CostRow, Costs

if TYPE_CHECKING:
    from types_boto3_ce import CostExplorerClient
    from types_boto3_ce.type_defs import (
        ExpressionTypeDef,
        GetCostAndUsageRequestTypeDef,
        GetCostAndUsageResponseTypeDef,
        ResultByTimeTypeDef,
    )

# How often one query is begun before its pages are given up for now: each beginning pays for its pages again.
_STARTS = 3


class CostExplorer:
    """Satisfies ports.CostSource.

    `client_for_role` returns the client for a role, or for the own credentials when it is given None. A batch without
    a role of its own is read through `default_role_arn` and `billing_view_arn`, where these are set.
    """

    def __init__(
        self,
        client_for_role: Callable[[str | None], CostExplorerClient],
        default_role_arn: str | None = None,
        billing_view_arn: str | None = None,
    ) -> None:
        self._client_for_role = client_for_role
        self._default_role_arn = default_role_arn
        self._billing_view_arn = billing_view_arn

    def fetch(self, run: Run, batch: Batch) -> Costs:
        """See ports.CostSource."""
        role_arn = batch.role_arn or self._default_role_arn
        view_arn = None if batch.role_arn else self._billing_view_arn
        reading = _Reading(self._client_for_role(role_arn), run, batch, role_arn, view_arn)
        accounts: ExpressionTypeDef = {
            "Dimensions": {"Key": "LINKED_ACCOUNT", "Values": list(batch.accounts)}
        }
        usage: ExpressionTypeDef = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_RECORD_TYPES)}}
        rows = [
            *reading.rows("SERVICE", {"And": [accounts, usage]}),
            *reading.rows("RECORD_TYPE", accounts),
        ]
        return Costs(rows, reading.requests)


class _Reading:
    """Reads whole queries for one batch and counts the pages that AWS charges."""

    def __init__(
        self, client: CostExplorerClient, run: Run, batch: Batch, role_arn: str | None, view_arn: str | None
    ) -> None:
        self._client = client
        self._run = run
        self._accounts = frozenset(batch.accounts)
        self._role_arn = role_arn
        self._view_arn = view_arn
        self.requests = 0

    def rows(self, key: Literal["SERVICE", "RECORD_TYPE"], charges: ExpressionTypeDef) -> list[CostRow]:
        """What was charged, by day, account and `key`, without zeros; begins again when the pages change meanwhile."""
        query: GetCostAndUsageRequestTypeDef = {
            "TimePeriod": {"Start": str(self._run.window.start), "End": str(self._run.window.end)},
            "Granularity": "DAILY",
            "Metrics": [self._run.cost_metric],
            "GroupBy": [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}, {"Type": "DIMENSION", "Key": key}],
            "Filter": charges,
        }
        if self._view_arn:
            query["BillingViewArn"] = self._view_arn
        for _ in range(_STARTS - 1):
            with suppress(CostExplorerPagesChanged):
                return self._rows_once(query, by_service=key == "SERVICE")
        return self._rows_once(query, by_service=key == "SERVICE")

    def _rows_once(self, query: GetCostAndUsageRequestTypeDef, *, by_service: bool) -> list[CostRow]:
        seen: set[tuple[date, str, str]] = set()
        rows: list[CostRow] = []
        for result in self._results(query):
            day = date.fromisoformat(result["TimePeriod"]["Start"])
            if day not in self._run.window:
                raise _not_asked_for(str(day))
            for group in result["Groups"]:
                account_id, name = group["Keys"]
                if account_id not in self._accounts:
                    raise _not_asked_for(f"account {account_id}")
                # A page may end inside a day, never inside a group: one that comes twice was counted twice.
                if (day, account_id, name) in seen:
                    raise CostExplorerPagesChanged(
                        "Cost Explorer's pages overlap. Run again in some minutes."
                    )
                seen.add((day, account_id, name))
                metric = group["Metrics"][self._run.cost_metric]
                if amount := Decimal(metric["Amount"]):
                    service, record_type = (name, None) if by_service else (None, name)
                    rows.append(CostRow(day, account_id, service, record_type, amount, metric["Unit"]))
        return rows

    def _results(self, query: GetCostAndUsageRequestTypeDef) -> Iterator[ResultByTimeTypeDef]:
        """The days of all pages. botocore has no paginator for this; every page is asked for with the same query."""
        page = self._page(query)
        yield from page["ResultsByTime"]
        tokens: set[str] = set()
        while token := page.get("NextPageToken"):
            # A token that comes back would be followed, and paid, for ever.
            if token in tokens:
                raise CostExplorerPagesChanged(
                    "Cost Explorer's pages run in a circle. Run again in some minutes."
                )
            tokens.add(token)
            page = self._page({**query, "NextPageToken": token})
            yield from page["ResultsByTime"]

    def _page(self, query: GetCostAndUsageRequestTypeDef) -> GetCostAndUsageResponseTypeDef:
        with translated(COST_EXPLORER, about=self._role_arn or ""):
            page = complete(self._client.get_cost_and_usage(**query), "ResultsByTime")
        self.requests += 1
        return page


def _not_asked_for(what: str) -> CostExplorerRejected:
    return CostExplorerRejected(
        f"Cost Explorer answered for {what}, which was not asked for: the numbers cannot be trusted. "
        "Check AWS_ENDPOINT_URL and FINOPSGUARD_BILLING_VIEW_ARN."
    )
