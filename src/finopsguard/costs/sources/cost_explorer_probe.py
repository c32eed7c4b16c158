"""One or two requests of Cost Explorer that say whether it answers, how far its costs go, and how large its pages are.

The first asks what a first report asks, all usage by account and service, and reads one page of it. Only where there
are more pages the newest day is on another one, and a second request asks for the total of the newest days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from finopsguard.costs.sources.answers import Reader
from finopsguard.costs.sources.paged import Access
from finopsguard.models.metrics import AMORTIZED, USAGE_RECORD_TYPES, MetricName
from finopsguard.models.run import Period
from finopsguard.ports import Meter

# Days whose total is asked for, where the first page does not have the newest.
_NEWEST_DAYS = 14


@dataclass(frozen=True)
class Answered:
    """What came. `newest` is the last day with costs, None where there are none; `accounts` those on the page.

    `groups` are those of the first page, of which `of_whole_days` are of the `whole_days` that it has whole; `more`: it
    is not the last page.
    """

    days: Period
    newest: date | None
    accounts: int
    groups: int
    whole_days: int
    of_whole_days: int
    more: bool

    @property
    def pages(self) -> int:
        """Pages of the same question to its end, if all days have as many groups as the whole ones of the first page.

        Where not even one day fits into a page, each takes one at least.
        """
        if not self.more:
            return 1
        if not self.whole_days:
            return self.days.days
        return -(-self.of_whole_days * self.days.days // (self.whole_days * self.groups))

    @property
    def requests_of_a_report(self) -> int:
        """Requests of a first report: usage by service, charges by record type, the total, and who was billed.

        Charges are taken to be one group for each account and day, as a plan takes them (costs/batches).
        """
        charges = self.accounts * self.days.days if self.more else 1
        return self.pages + -(-charges // max(1, self.groups)) + 2


class Probe(Access):
    """Asks through the credentials, the role and the billing view that read all accounts."""

    def ask(self, days: Period, metric: MetricName, paid: Meter) -> Answered:
        """Asks once or twice; raises what ports.CostSource raises of Cost Explorer."""
        asker = self._asker(None, paid)
        query = asker.query(days, metric, AMORTIZED)
        query["Filter"] = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_RECORD_TYPES)}}
        query["GroupBy"] = [
            {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
            {"Type": "DIMENSION", "Key": "SERVICE"},
        ]
        page = asker.page(asker.client.get_cost_and_usage, query, "ResultsByTime")
        results = page["ResultsByTime"]
        reader = Reader("usage by service", days, metric)
        reader.add_groups(iter(results), None, by_service=True)
        rows, more = reader.answer.rows, bool(page.get("NextPageToken"))
        newest = max((row.date for row in rows), default=None)
        if more:
            last = Period(days.end - timedelta(days=_NEWEST_DAYS), days.end)
            total = asker.page(asker.client.get_cost_and_usage, asker.query(last, metric), "ResultsByTime")
            totals = Reader("total of the newest days", last, metric)
            totals.add_totals(iter(total["ResultsByTime"]), "Total")
            newest = max((row.date for row in totals.answer.rows), default=None)
        groups = [len(each["Groups"]) for each in results]
        # A page may end inside a day.
        whole = groups[:-1] if more else groups
        accounts = len({row.account_id for row in rows})
        return Answered(days, newest, accounts, sum(groups), len(whole), sum(whole), more)
