"""How Cost Explorer is asked: through whose credentials, and page by page, each counted as AWS charges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from finopsguard.aws.errors import COST_EXPLORER, Service, complete, texts, translated
from finopsguard.costs.sources.answers import incomplete
from finopsguard.models.costs import UsageQuestion
from finopsguard.models.metrics import USAGE_RECORD_TYPES
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

    def page(self, ask: Callable[..., Any], query: Any, key: str, refusals: Service = COST_EXPLORER) -> Any:
        """The answer, which has `key`. Raises what Cost Explorer's port may raise, and what `paid` raises.

        `refusals` are how the operation fails.
        """
        with translated(refusals, about=self._role_arn or ""):
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


def of_usage(asked: UsageQuestion) -> ExpressionTypeDef:
    """The filter of what the detector judges of an account's services."""
    return {"And": [only([asked.account_id]), *usage_of(asked.services)]}


def usage_of(services: Sequence[str]) -> list[ExpressionTypeDef]:
    """The same of all accounts, as parts of a filter."""
    return [
        {"Dimensions": {"Key": "SERVICE", "Values": list(services)}},
        {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_RECORD_TYPES)}},
    ]


def whole_days(page: Any, days: Period) -> int:
    """Days that a page which is not the last one has whole: it can end inside a day."""
    results = page["ResultsByTime"]
    return min(days.days, max(0, len(results) - 1)) if isinstance(results, list) else 0


def pages_of(days: Period, a_page: int) -> int:
    """Pages of so many days each; more than there can be where a page has not even one."""
    return -(-days.days // a_page) if a_page else days.days + 1
