"""An account's services by resource from AWS Cost Explorer: GetCostAndUsageWithResources by RESOURCE_ID, a few pages.

AWS documents that it has to be switched on in Cost Explorer's preferences, that it tells the last 14 days, and no size
of a page. Where the first page says that the days are too many for the pages, the newest of them are asked for alone:
as many as fit, with one before the incident at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from finopsguard import errors
from finopsguard.aws.errors import COST_EXPLORER, Rule
from finopsguard.costs.sources.answers import Reader, is_text, pages_overlap
from finopsguard.costs.sources.paged import Asker, of_usage, pages_of, whole_days
from finopsguard.models.costs import ResourceLine, Resources, UsageQuestion
from finopsguard.models.metrics import AMORTIZED, MetricName
from finopsguard.models.run import Period, Run

if TYPE_CHECKING:
    from types_boto3_ce.type_defs import GetCostAndUsageRequestTypeDef

TOLD_DAYS = 14
"""The last days that Cost Explorer tells resources of, counted with the day of the report: the documented bound is a
moment, and a report is not made at midnight.
"""
# Of the days that would fit as many are asked for: on those of an incident there may be more resources than before.
_ROOM = 2 / 3
_RESOURCES_OFF = (
    "Cost Explorer does not keep costs by resource. Switch on resource-level data at daily granularity in the"
    " management account (Cost Management preferences, Cost Explorer), or set FINOPSGUARD_RESOURCES to false."
)
_REFUSALS = replace(
    COST_EXPLORER,
    rejected=Rule(
        errors.CostExplorerRejected,
        "Cost Explorer does not tell the resources of these services or days: it knows the last 14 days.",
    ),
    rules={
        **COST_EXPLORER.rules,
        "DataUnavailableException": (Rule(errors.ResourcesNotEnabled, _RESOURCES_OFF),),
        # Where it is not switched on AWS answers with the code of a missing permission (seen in published answers).
        "AccessDeniedException": (
            Rule(errors.ResourcesNotEnabled, _RESOURCES_OFF, says="opt-in only feature"),
            *COST_EXPLORER.rules["AccessDeniedException"],
        ),
        "BillExpirationException": (),
        "ValidationException": (),
    },
)
_BROKEN = (errors.CostExplorerIncomplete, errors.CostExplorerPagesChanged)


def read(asker: Asker, run: Run, asked: UsageQuestion, pages: int) -> Resources:
    """The costs by resource of the days that can be told; no line, and nothing asked, where all are the incident's.

    Raises what ports.UsageSource may raise: UsageIncomplete for an answer with gaps, which is paid.
    """
    first = run.scheduled_time.date() - timedelta(days=TOLD_DAYS - 1)
    if first >= asked.start:
        return Resources((), 0, Period(asked.start, asked.start))
    told = Period(max(asked.days.start, first), asked.days.end)
    try:
        return _read(asker, run.cost_metric, replace(asked, days=told), pages)
    except _BROKEN as error:
        raise errors.UsageIncomplete(
            f"{error} It was asked for within {pages} requests, each of which is charged, and is not again."
        ) from error


def _read(asker: Asker, metric: MetricName, asked: UsageQuestion, pages: int) -> Resources:
    days = asked.days
    query = _query(asker, metric, asked)
    page = _page(asker, query)
    if page.get("NextPageToken"):
        a_page = whole_days(page, days)
        left = pages - asker.requests
        if pages_of(days, a_page) - 1 > left:
            needed, fitting = (days.end - asked.start).days + 1, a_page * left
            if fitting < needed:
                raise _too_long(pages)
            newest = max(needed, int(fitting * _ROOM))
            days = Period(days.end - timedelta(days=newest), days.end)
            query = _query(asker, metric, replace(asked, days=days))
            page = _page(asker, query)
    reader = ResourceReader("usage by resource", days, metric)
    reader.add(page["ResultsByTime"])
    while token := page.get("NextPageToken"):
        if asker.requests >= pages:
            raise _too_long(pages)
        page = _page(asker, {**query, "NextPageToken": token})
        reader.add(page["ResultsByTime"])
    return Resources(reader.lines(), asker.requests, days)


class ResourceReader(Reader):
    """Adds the pages of one query up. Raises CostExplorerIncomplete and CostExplorerPagesChanged.

    Nothing is left out: what a resource costs has to be proven by the sum of all. What is of no resource has an empty
    id.
    """

    def __init__(self, what: str, window: Period, metric: MetricName) -> None:
        super().__init__(what, window, metric)
        self._lines: list[ResourceLine] = []

    def add(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Reads days of groups."""
        for day, result in self._by_day(iter(results)):
            for group in self._list(result, "Groups", day):
                name = self._resource(group, day)
                if (day, name, "") in self._seen:
                    raise pages_overlap(name, "", day)
                self._seen.add((day, name, ""))
                amount, wrong = self._money(group.get("Metrics"), self._metric)
                amortized, other = self._money(group.get("Metrics"), AMORTIZED)
                if amount is None or amortized is None:
                    raise self._incomplete(f"{wrong if amount is None else other} on {day}")
                if amount or amortized:
                    self._lines.append(ResourceLine(day, name, amount, amortized))

    def lines(self) -> list[ResourceLine]:
        """All lines; raises CostExplorerIncomplete where a day is missing."""
        self.refuse_gaps()
        return self._lines

    def _resource(self, group: Mapping[str, Any], day: date) -> str:
        match group.get("Keys"):
            case [str(name)] if not name or is_text(name):
                return name
            case _:
                raise self._incomplete(f"a row without its resource on {day}")


def _page(asker: Asker, query: GetCostAndUsageRequestTypeDef) -> Any:
    ask = asker.client.get_cost_and_usage_with_resources
    return asker.page(ask, query, "ResultsByTime", _REFUSALS)


def _query(asker: Asker, metric: MetricName, asked: UsageQuestion) -> GetCostAndUsageRequestTypeDef:
    query = asker.query(asked.days, metric, AMORTIZED)
    query["GroupBy"] = [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}]
    query["Filter"] = of_usage(asked)
    return query


def _too_long(pages: int) -> errors.AnswerTooLong:
    return errors.AnswerTooLong(
        f"The services have so many resources that the anomaly's days are more than {pages} pages of Cost Explorer,"
        " each of which is charged. Group by resource in Cost Explorer's console."
    )
