"""Which incidents of a report are explained, what is asked for each, and how the report takes the causes.

What an incident's causes are is said in `causes` alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from finopsguard.config import ExplainSettings
from finopsguard.costs import paid, scanned
from finopsguard.costs.asking import Question, Where, role_of
from finopsguard.errors import InvalidInput, UsageIncomplete
from finopsguard.incidents import causes
from finopsguard.incidents.where import days_asked, parts_by_account
from finopsguard.models import notes
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause, Explained, Unread
from finopsguard.models.costs import AccountUsage, ResourceLine, Resources, Usage, UsageLine
from finopsguard.models.messages import ExplainedReport, Explanation, IncidentToExplain, PlannedExplanation
from finopsguard.models.report import CostExplorerUse, Report, TrailUse
from finopsguard.models.run import LONGEST_RUN, Period
from finopsguard.ports import Store
from finopsguard.store import documents

_DAY = timedelta(days=1)
# AWS restates days while a report is made; what differs by more is the usage of something else.
_SHARE_APART, _USD_APART = Decimal("0.05"), Decimal(1)
_LOST = "ObjectMissing"
_ACCOUNTS = 20  # of a Region's incident that are named
_UNKNOWN = "Unknown"
# Why resources are missing where no error is: none of the days before the incident could be read, or the attempt ended.
_BEGAN_BEFORE, _UNFINISHED = "began_before", "unfinished"


class Explanations(NamedTuple):
    """What a report is explained with, read once for all of its channels: what was asked for, and what was `found`.

    `found` is by incident, without what is gone or cannot be read. `requests` are those of Cost Explorer for the report
    so far, `trail` is what Athena scanned for it.
    """

    given: ExplainedReport
    found: Mapping[str, Explained]
    requests: int
    trail: TrailUse | None


def planned(report: Report, limit: int) -> tuple[PlannedExplanation, ...]:
    """The incidents that go on, the largest first, up to the limit."""
    return tuple(PlannedExplanation(line.id) for line in _open(report)[:limit])


def line_of(report: Report, asked: IncidentToExplain) -> AnomalyLine:
    """The incident in the report; raises InvalidInput where it has none of that id, or one of days far away."""
    for line in report.anomalies:
        if line.id == asked.incident.id and not line.quiet and _is_near(line, report.period):
            return line
    raise documents.damaged(asked.report_key, InvalidInput(f"it has no incident {asked.incident.id}"))


def question(line: AnomalyLine, report: Report, settings: ExplainSettings) -> Question:
    """The usage of the incident's services from its baseline to its newest day that deviates."""
    services = [cause.value for cause in line.causes if cause.dimension == "service"] or [line.service]
    days = Period(causes.baseline(line.start).start, _last(line) + _DAY)
    role_arn = role_of(line.account_id, settings)
    asked = (line.id, line.account_id, services, str(days), str(line.start), str(line.impact))
    beside_it = beside(settings)
    mark = hashlib.sha256(repr((*asked, report.cost_metric, role_arn, *beside_it)).encode()).hexdigest()[:16]
    return Question(line.account_id, services, days, line.start, role_arn, mark=mark)


def where(line: AnomalyLine, report: Report) -> Where:
    """Who used the services of a Region's incident there, from the weeks before it to its newest day."""
    services = [cause.value for cause in line.causes if cause.dimension == "service"] or [line.service]
    days = days_asked(line.start, _last(line))
    asked = (line.id, services, line.region, str(days), str(line.impact), report.cost_metric)
    return Where(services, line.region or "", days, hashlib.sha256(repr(asked).encode()).hexdigest()[:16])


def explained_where(line: AnomalyLine, report: Report, used: Sequence[AccountUsage]) -> Explained:
    """The accounts of a Region's incident, the largest first; of Cost Explorer it took one page."""
    known = {account.id for account in report.accounts}
    days = Period(line.start, _last(line) + _DAY)
    found = parts_by_account(used, days, known, line.direction)[:_ACCOUNTS]
    accounts = tuple(Cause("account", each.account_id, each.amount) for each in found)
    return Explained(line.id, accounts, int(report.data_source == "cost_explorer"))


def explained(line: AnomalyLine, usage: Usage, ahead: Collection[Unread] = ()) -> Explained:
    """The incident's causes; raises UsageIncomplete where the usage is not that of the costs in the report.

    `ahead` is what is to be read beside them, and is unread so far.
    """
    days = Period(line.start, _last(line) + _DAY).dates()
    _prove("type", line, days, usage.by_region)
    found = causes.explain(usage, line.start, days, direction=line.direction)
    return Explained(line.id, found, usage.requests, (*_unread(usage), *ahead))


def beside(settings: ExplainSettings) -> list[Unread]:
    """What is asked for beside the causes: unread, until it is read."""
    asked: list[tuple[Unread, bool]] = [("resources", settings.resources), ("trail", settings.trail)]
    return [part for part, on in asked if on]


def with_resources(found: Explained, line: AnomalyLine, read: Resources) -> Explained:
    """The explanation with the incident's largest resources; raises UsageIncomplete where these have other costs.

    Of an incident whose first day was read and none before, they are left unread: all would look new.
    """
    requests = found.requests + read.requests
    if read.days.start >= line.start:
        return without(replace(found, requests=requests), "resources", _BEGAN_BEFORE)
    days = Period(line.start, _last(line) + _DAY).dates()
    _prove("resource", line, days, read.lines)
    unread = tuple(each for each in found.unread if each != "resources")
    largest = causes.largest(read.lines, line.start, days, line.direction)
    return replace(found, resources=largest, requests=requests, unread=unread)


def without(found: Explained, part: Unread, why: str) -> Explained:
    """The explanation without a part, and the name of the error, or the reason, that kept it from being read."""
    unread = tuple(dict.fromkeys((*found.unread, part)))
    return replace(found, unread=unread, kept_from={**found.kept_from, part: why})


def told(found: Explained, key: str, *, cached: bool = False) -> Explanation:
    """What the step says of causes that are stored under the key."""
    return Explanation(found.incident_id, "ok", key, found.requests, cached)


def read(given: ExplainedReport, store: Store) -> Explanations:
    """What was found of the incidents that were asked for, and its price; raises what ports.Store raises."""
    kept = {each.incident_id: each.key for each in given.explanations if each.status == "ok" and each.key}
    read = documents.find_all(store, tuple(kept.values()), Explained)
    return Explanations(
        given,
        {incident: each for incident, each in zip(kept, read, strict=True) if each},
        paid.pages(store, given.run),
        scanned.trail_use(store, given.run),
    )


def with_causes(report: Report, explained: Explanations) -> Report:
    """The report with its incidents' causes, notes on those that have none, and the price of all of it."""
    asked = {each.id for each in explained.given.explain}
    lines: list[AnomalyLine] = []
    missing: dict[str, list[str]] = {}
    nameless: dict[str, list[str]] = {}
    shortened = untracked = False
    for line in report.anomalies:
        if found := explained.found.get(line.id):
            shortened = shortened or bool({"weeks", "commitments", "operations"} & {*found.unread})
            untracked = untracked or "trail" in found.unread
            lines.append(_with(line, found))
            if "resources" in found.unread:
                nameless.setdefault(found.kept_from.get("resources", _UNFINISHED), []).append(line.id)
            continue
        lines.append(line)
        if line.id in asked:
            missing.setdefault(_why(line.id, explained.given), []).append(line.id)
    said = [notes.causes_missing(error, ids) for error, ids in missing.items()]
    said += ["causes_shortened"] if shortened else []
    said += [notes.resources_missing(why, ids) for why, ids in nameless.items()]
    said += ["trail_unread"] if untracked else []
    beyond = len([line for line in _open(report) if line.id not in asked])
    said += [notes.causes_not_asked(beyond)] if asked and beyond else []
    requests = max(report.cost_explorer.requests, explained.requests)
    return replace(
        report,
        anomalies=tuple(lines),
        notes=(*report.notes, *said),
        cost_explorer=CostExplorerUse(requests, requests * paid.PRICE_OF_A_REQUEST),
        trail=explained.trail,
    )


def _with(line: AnomalyLine, found: Explained) -> AnomalyLine:
    return replace(line, causes=(*line.causes, *found.causes), resources=found.resources, who=found.who)


def _open(report: Report) -> list[AnomalyLine]:
    """What goes on and is of one account, or of one Region, whose accounts are asked for.

    A service under another name is explained as that, for all of its usage would look new; of a roll-up or a move the
    parts by account are known.
    """
    lines = [
        line
        for line in report.anomalies
        if line.status != "resolved"
        and not line.quiet
        and (line.scope == "account_service" or _is_of_one_region(line))
        and not any(cause.kind == "now_billed_as" for cause in line.causes)
    ]
    return sorted(lines, key=lambda line: -abs(line.impact))


def _is_of_one_region(line: AnomalyLine) -> bool:
    return line.scope == "service_region" and ", " not in (line.region or "")


def _is_near(line: AnomalyLine, period: Period) -> bool:
    """Whether the incident's days and its baseline can be those of a report of the period."""
    first, last, end = (each.toordinal() for each in (line.start, _last(line), period.end))
    return (
        first > causes.BASELINE_DAYS and max(last, end) - first <= LONGEST_RUN and last < date.max.toordinal()
    )


def _last(line: AnomalyLine) -> date:
    return max(line.last_day or line.day, line.start)


def _why(incident_id: str, given: ExplainedReport) -> str:
    """The name of the error that left an incident without causes."""
    explanation = next((each for each in given.explanations if each.incident_id == incident_id), None)
    if explanation is None:
        return given.error or _UNKNOWN
    return _LOST if explanation.status == "ok" else explanation.error or _UNKNOWN


def _unread(usage: Usage) -> list[Unread]:
    absent: list[tuple[Unread, bool]] = [
        ("weeks", usage.since is not None),
        ("commitments", usage.by_record_type is None),
        ("operations", usage.by_operation is None),
    ]
    return [name for name, lacking in absent if lacking]


def _prove(
    by: str, line: AnomalyLine, days: Sequence[date], lines: Sequence[UsageLine] | Sequence[ResourceLine]
) -> None:
    """A page that was cut would be told as a fall: the days' usage is what the report has, by one of both metrics."""
    costs = {each.date: each.cost for each in line.band if each.date in days}
    of_days = [each for each in lines if each.date in costs]
    billed = sum(costs.values(), Decimal(0))
    sums = [
        sum((each.amount for each in of_days), Decimal(0)),
        sum((each.amortized for each in of_days), Decimal(0)),
    ]
    if min(abs(each - billed) for each in sums) > max(_USD_APART, _SHARE_APART * abs(billed)):
        raise UsageIncomplete(
            f"Usage by {by} is ${sums[0]:.2f} on {len(costs)} days of which the report has ${billed:.2f}: the causes of"
            " one would not be those of the other. See the days in Cost Explorer's console."
        )
