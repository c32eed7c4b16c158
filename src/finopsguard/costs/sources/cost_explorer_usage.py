"""An account's usage by type from AWS Cost Explorer: one query for each grouping, three pages at most.

The first query, by Region, is needed; by record type and by operation follow where it took a single page and more are
allowed. AWS documents no size of a page. Where the first page says that the days are too many for the pages, the oldest
weeks before the incident are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from finopsguard import errors
from finopsguard.costs.sources import by_resource
from finopsguard.costs.sources.paged import Access, Asker, of_usage, pages_of, usage_of, whole_days
from finopsguard.costs.sources.usage_answers import AccountReader, UsageReader
from finopsguard.models.costs import AccountUsage, Resources, Second, Usage, UsageLine, UsageQuestion
from finopsguard.models.metrics import AMORTIZED, USAGE_QUANTITY
from finopsguard.models.money import CENT
from finopsguard.models.run import Period, Run
from finopsguard.ports import Meter, unmetered

if TYPE_CHECKING:
    from types_boto3_ce.type_defs import GetCostAndUsageRequestTypeDef

_KEYS: dict[Second, Literal["REGION", "RECORD_TYPE", "OPERATION"]] = {
    "region": "REGION",
    "record_type": "RECORD_TYPE",
    "operation": "OPERATION",
}
# Weeks before an incident that are asked for instead, where all are too many.
_FEWER_WEEKS = (2, 1)
_BROKEN = (errors.CostExplorerIncomplete, errors.CostExplorerPagesChanged)
# What a grouping that is not needed may fail by; what the store says of a page that is paid is no such thing.
_DONE_WITHOUT = (
    *_BROKEN,
    errors.CostExplorerThrottled,
    errors.CostExplorerUnavailable,
    errors.CostExplorerAccessDenied,
    errors.CostExplorerRejected,
    errors.AnswerTooLong,
)


class CostExplorerUsage(Access):
    """Satisfies ports.UsageSource."""

    def usage(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Usage:
        """See ports.UsageSource."""
        asking = _Asking(self._asker(asked.role_arn, paid), run, asked, pages)
        try:
            found = asking.needed()
        except _BROKEN as error:
            raise errors.UsageIncomplete(
                f"{error} It was asked for within {pages} requests, each of which is charged, and is not again."
            ) from error
        return Usage(
            found.lines,
            asking.beside("record_type", found),
            asking.beside("operation", found),
            asking.requests,
            found.days.start if found.days != asked.days else None,
        )

    def resources(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Resources:
        """See ports.UsageSource, and by_resource."""
        return by_resource.read(self._asker(asked.role_arn, paid), run, asked, pages)

    def by_account(
        self, run: Run, services: Sequence[str], region: str, days: Period, paid: Meter = unmetered
    ) -> list[AccountUsage]:
        """See ports.UsageSource."""
        asker = self._asker(None, paid)
        query = asker.query(days, run.cost_metric, AMORTIZED)
        query["GroupBy"] = [{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
        query["Filter"] = {
            "And": [*usage_of(services), {"Dimensions": {"Key": "REGION", "Values": [region]}}]
        }
        page = asker.page(asker.client.get_cost_and_usage, query, "ResultsByTime")
        reader = AccountReader("usage by account", days, run.cost_metric)
        try:
            reader.add(page["ResultsByTime"])
            reader.refuse_gaps()
        except _BROKEN as error:
            raise errors.UsageIncomplete(
                f"{error} It was asked for in one request, and is not again."
            ) from error
        if page.get("NextPageToken"):
            raise errors.UsageIncomplete(
                "More accounts use these services there than one request of Cost Explorer names. Look at the Region"
                " in Cost Explorer's console."
            )
        return reader.lines


class _Found(NamedTuple):
    """The lines of the first grouping, the days that they are of, and the pages that they took."""

    lines: list[UsageLine]
    days: Period
    pages: int


class _Asking:
    """One question: its queries differ by their second key and their days."""

    def __init__(self, asker: Asker, run: Run, asked: UsageQuestion, pages: int) -> None:
        self._asker = asker
        self._metric = run.cost_metric
        self._asked = asked
        self._pages = pages

    @property
    def requests(self) -> int:
        """The pages that were answered."""
        return self._asker.requests

    @property
    def _left(self) -> int:
        return self._pages - self._asker.requests

    def needed(self) -> _Found:
        """By Region; a second time where the first answer was broken and pages are left."""
        try:
            return self._by_region()
        except _BROKEN:
            if not self._left:
                raise
        return self._by_region()

    def beside(self, second: Second, found: _Found) -> list[UsageLine] | None:
        """Another grouping of the same money; None where it cannot be had for a page, or is not the same."""
        if found.pages > 1 or self._left < 1:
            return None
        try:
            page = self._page(self._query(second, self._asked.days))
            lines = self._read(second, self._asked.days, [page])
        except _DONE_WITHOUT:
            return None
        whole = not page.get("NextPageToken") and abs(_amount(lines) - _amount(found.lines)) < CENT
        return lines if whole else None

    def _by_region(self) -> _Found:
        days, start = self._asked.days, self._asked.start
        query = self._query("region", days)
        before = self.requests
        page = self._page(query)
        if page.get("NextPageToken"):
            a_page = whole_days(page, days)
            if pages_of(days, a_page) - 1 > self._left:
                fewer = (Period(start - timedelta(weeks=weeks), days.end) for weeks in _FEWER_WEEKS)
                shorter = next((each for each in fewer if pages_of(each, a_page) <= self._left), None)
                if shorter is None or shorter.start <= days.start:
                    raise self._too_long()
                days, query = shorter, self._query("region", shorter)
                page = self._page(query)
        pages = [page]
        while token := page.get("NextPageToken"):
            if not self._left:
                raise self._too_long()
            page = self._page({**query, "NextPageToken": token})
            pages.append(page)
        return _Found(self._read("region", days, pages), days, self.requests - before)

    def _read(self, second: Second, days: Period, pages: Sequence[Any]) -> list[UsageLine]:
        reader = UsageReader(f"usage by type and {second.replace('_', ' ')}", days, self._metric, second)
        for page in pages:
            reader.add(page["ResultsByTime"])
        return reader.lines()

    def _page(self, query: GetCostAndUsageRequestTypeDef) -> Any:
        return self._asker.page(self._asker.client.get_cost_and_usage, query, "ResultsByTime")

    def _query(self, second: Second, days: Period) -> GetCostAndUsageRequestTypeDef:
        query = self._asker.query(days, self._metric, AMORTIZED, USAGE_QUANTITY)
        query["GroupBy"] = [
            {"Type": "DIMENSION", "Key": "USAGE_TYPE"},
            {"Type": "DIMENSION", "Key": _KEYS[second]},
        ]
        query["Filter"] = of_usage(self._asked)
        return query

    def _too_long(self) -> errors.AnswerTooLong:
        return errors.AnswerTooLong(
            f"The account uses so many types that its days are more than {self._pages} pages of Cost Explorer, each of"
            " which is charged. Look at its usage types in Cost Explorer's console."
        )


def _amount(lines: Sequence[UsageLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
