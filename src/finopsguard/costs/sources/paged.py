"""How Cost Explorer is asked: through whose credentials, and page by page, each counted as AWS charges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from finopsguard.aws.errors import COST_EXPLORER, complete, texts, translated
from finopsguard.costs.sources.answers import incomplete
from finopsguard.models.run import Period
from finopsguard.ports import Meter

if TYPE_CHECKING:
    from types_boto3_ce import CostExplorerClient
    from types_boto3_ce.type_defs import ExpressionTypeDef, GetCostAndUsageRequestTypeDef


class Asker:
    """Asks through one role, None for the own credentials. `requests` are the pages that were answered."""

    def __init__(
        self, client: CostExplorerClient, role_arn: str | None, view_arn: str | None, paid: Meter
    ) -> None:
        self.client = client
        self.view_arn = view_arn
        self._role_arn = role_arn
        self._paid = paid
        self.requests = 0

    def query(self, days: Period, *metrics: str) -> GetCostAndUsageRequestTypeDef:
        """Of every day: several metrics have the price of one (documented by AWS)."""
        query: GetCostAndUsageRequestTypeDef = {
            "TimePeriod": {"Start": str(days.start), "End": str(days.end)},
            "Granularity": "DAILY",
            "Metrics": list(dict.fromkeys(metrics)),
        }
        if self.view_arn:
            query["BillingViewArn"] = self.view_arn
        return query

    def page(self, ask: Callable[..., Any], query: Any, key: str) -> Any:
        """The answer, which has `key`. Raises what Cost Explorer's port may raise, and what `paid` raises."""
        with translated(COST_EXPLORER, about=self._role_arn or ""):
            try:
                page = texts(complete(ask(**query), key), "NextPageToken")
            except (AttributeError, TypeError) as error:
                # botocore's parser, given a list or a text where the service's model has an object.
                self._count()
                raise incomplete("answer", f"it is not of the documented form ({error})") from error
        self._count()
        return page

    def _count(self) -> None:
        self.requests += 1
        self._paid()


class Access:
    """Through whose credentials Cost Explorer is asked.

    `client_for_role` returns the client for a role, or for the own credentials when it is given None. What has no role
    of its own is asked through `default_role_arn` and `billing_view_arn`, where these are set.
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

    def _asker(self, own_role: str | None, paid: Meter) -> Asker:
        role_arn = own_role or self._default_role_arn
        view_arn = None if own_role else self._billing_view_arn
        return Asker(self._client_for_role(role_arn), role_arn, view_arn, paid)


def only(accounts: Sequence[str]) -> ExpressionTypeDef:
    """The filter of these accounts."""
    return {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": list(accounts)}}
