"""Usage by service and Region, of all accounts together: whether it was read, and as it is judged.

It is the usage of the accounts once more, in one query more. So it is held to them: what is another sum is not used,
and where it was not read the report says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from finopsguard.costs import coverage
from finopsguard.costs.table import CostTable
from finopsguard.errors import CostExplorerIncomplete, ExportIncomplete
from finopsguard.models import notes
from finopsguard.models.messages import FetchedCosts
from finopsguard.models.report import MissingAccount, Report
from finopsguard.models.run import Accounts, Run

# AWS goes on billing the newest days between the two queries; what differs by more is the usage of something else.
_SHARE_APART, _USD_APART = Decimal("0.1"), Decimal(1)


@dataclass(frozen=True)
class RegionSeries:
    """Usage by (service, Region) and day of all accounts together, as `costs.series.DailySeries` has that of accounts.

    `costs` is float64 (series, days), newest day last; row i is of `places[i]`, (service, Region); column 0 is
    `first_day`.
    """

    places: Sequence[tuple[str, str]]
    first_day: date
    costs: NDArray[np.float64]

    def since(self, day: date) -> RegionSeries:
        """From the day on, as the accounts' series begins on their first cost."""
        before = max(0, (day - self.first_day).days)
        return replace(self, first_day=self.first_day + timedelta(days=before), costs=self.costs[:, before:])


def missing(
    fetched: FetchedCosts, plan: Accounts, absent: Sequence[MissingAccount], table: CostTable
) -> str | None:
    """The error that leaves a report without usage by Region, by its name; None where it has it, or none is planned.

    An earlier release read a data export without Regions, and its plan may still be carried out.
    """
    of_an_export = fetched.run.data_source == "data_export"
    if of_an_export and not plan.regions:
        return notes.OF_AN_EXPORT
    error = coverage.regions_missing(plan, fetched.batches)
    if error is None and _are_apart(plan, absent, table):
        return (ExportIncomplete if of_an_export else CostExplorerIncomplete).__name__
    return error


def series(report: Report, run: Run, table: CostTable) -> RegionSeries | None:
    """Usage by Region as it is judged, at amortized cost; None where the report has none."""
    if notes.regions_unread(report.notes):
        return None
    places, costs = table.regions_judged(run.window, run.cost_metric)
    return RegionSeries(places, run.window.start, costs) if places else None


def _are_apart(plan: Accounts, absent: Sequence[MissingAccount], table: CostTable) -> bool:
    """True if a day's usage by Region is less than that of the accounts.

    What a missing account used, or one that nobody knows, is in it all the same.
    """
    found = table.regions_by_day()
    for batch in plan.batches:
        held = batch.held_as[0] if batch.by_region else ""
        if plan.regions.get(held) != batch.id:
            continue
        without = {*plan.outside, *(account.id for account in absent)}
        whose = batch.regions or [each.id for each in plan.accounts]
        usage = table.usage_of([each for each in whose if each not in without])
        for day in (day for days in batch.slices for day in days.dates()):
            amount, of_accounts = found.get((held, day), Decimal(0)), usage.get(day, Decimal(0))
            if of_accounts - amount > max(_USD_APART, _SHARE_APART * abs(of_accounts)):
                return True
    return False
