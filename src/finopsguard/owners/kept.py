"""The parts of a report that routes' channels get, as DetectAnomalies keeps them until their cards are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from finopsguard.costs.by_part import rows_of
from finopsguard.costs.series import DailySeries
from finopsguard.detection import Expected
from finopsguard.forecast.report import Billed, of_parts
from finopsguard.incidents.expectation import with_expected
from finopsguard.incidents.judgement import Costs, Judgement
from finopsguard.models.costs import PartRow
from finopsguard.models.forecast import ScopeForecast
from finopsguard.models.messages import CostReport
from finopsguard.models.report import Report
from finopsguard.models.route import Routed, RoutedPart
from finopsguard.models.run import Run
from finopsguard.owners import narrow, routing
from finopsguard.owners.stories import own_lines
from finopsguard.ports import Store
from finopsguard.store import documents, files, keys
from finopsguard.store import routes as route_file


class Whole(NamedTuple):
    """The Organization's report and what it was made of."""

    report: Report
    costs: Costs
    judged: Judgement
    billed: Billed


def keep(store: Store, given: CostReport, whole: Whole) -> None:
    """Writes a part for each route whose channel has this report; then whose each account is.

    Raises RoutesInvalid, InvalidInput for costs that cannot be read, and what ports.Store raises.
    """
    run, report = given.run, whole.report
    routes = route_file.read(store)
    routed = routing.routed(report, routes)
    before = _before(store, run)
    posted = [part for part in routed.parts if part.posted and part.accounts]
    part_of = {account: part.channel for part in posted for account in part.accounts}
    rows: dict[str, list[PartRow]] = {part.channel: [] for part in posted}
    for row in rows_of(files.read_costs(store, given.costs_key), part_of):
        rows[row.part].append(row)
    months = _months(run, whole, posted)
    by_name = {route.name: route for route in routes.routes}
    for part in posted:
        own = narrow.narrowed(report, by_name[part.channel], part.accounts, rows[part.channel])
        own = _judged(own, whole, part.accounts)
        own = narrow.with_month(own, report, months.get(part.channel))
        joined, left = routing.joined(routed, before, part.channel)
        if own.part:
            own = replace(own, part=replace(own.part, joined=joined, left=left))
        documents.write(store, keys.PART.key(run_id=run.run_id, channel=part.channel), own)
    documents.write(store, route_file.routed_key(run), routed)


def _before(store: Store, run: Run) -> Routed | None:
    """Whose the accounts were in the last report of the kind; None where there is none that can be read."""
    below = keys.ROUTED.below(source=run.source, report=run.report)
    ends = [(parts["end"], key) for key in store.list(below) if (parts := keys.ROUTED.parts(key))]
    earlier = [key for end, key in ends if end < str(run.period.end)]
    return documents.find_whole(store, max(earlier), Routed) if earlier else None


def _judged(own: Report, whole: Whole, accounts: Sequence[str]) -> Report:
    """The owner's report with what was expected of its accounts, and with its anomalies."""
    used, expected = _of(whole.costs.used, whole.judged.expected, accounts)
    own = with_expected(replace(own, notes=()), used, expected)
    judged = whole.judged.recorded.judged
    lines = own_lines(whole.report, accounts, judged.told, whole.costs.series, judged.life.incidents)
    return replace(own, notes=whole.report.notes, anomalies=lines)


def _of(
    series: DailySeries, expected: Expected | None, accounts: Sequence[str]
) -> tuple[DailySeries, Expected | None]:
    """The rows of these accounts."""
    wanted = set(accounts)
    rows = np.array([row for row, each in enumerate(series.accounts) if each in wanted], np.int64)
    own = replace(
        series,
        accounts=[series.accounts[row] for row in rows],
        services=[series.services[row] for row in rows],
        costs=series.costs[rows],
        unknown=None if series.unknown is None else series.unknown[rows],
    )
    if expected is None or not len(rows):
        return own, None
    return own, Expected(expected.level[rows], expected.low[rows], expected.high[rows])


def _months(run: Run, whole: Whole, parts: Sequence[RoutedPart]) -> Mapping[str, ScopeForecast]:
    """What is known of the month of each part's accounts that could be read."""
    if whole.report.forecast is None:
        return {}
    read = {each.id for each in whole.report.accounts}
    of = {part.channel: [each for each in part.accounts if each in read] for part in parts}
    return of_parts(whole.report, run, whole.costs.used, whole.costs.charges, whole.billed, of)
