"""What routes' channels are told of a report, once it is explained: their parts as they were kept, with causes.

Of a sum over several owners' accounts (a service that rose everywhere, a Region) the dollars of each account are known
and nothing else, so they are a line that says no more. What has several services and no account is in the sums alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from finopsguard.config import SeveritySettings
from finopsguard.incidents.explaining import Explanations, with_causes
from finopsguard.models import notes
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import Report
from finopsguard.models.route import ReportPart, Routed
from finopsguard.ports import Store
from finopsguard.report import cause_facts, facts, severity
from finopsguard.store import documents, keys
from finopsguard.store.routes import routed_key

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


class Parts(NamedTuple):
    """The parts of a report that routes' channels have, in the file's order; whether the Organization's has it too."""

    reports: Sequence[Report]
    organization: bool


NO_PARTS = Parts((), True)


def parts(store: Store, explained: Explanations, whole: Report, grades: SeveritySettings) -> Parts:
    """What is told apart, each part with its causes and grades.

    `whole` is the Organization's with its causes. One that was judged before there were routes goes to its channel
    alone. Raises InvalidInput for what cannot be read, and what ports.Store raises.
    """
    run = explained.given.run
    key = routed_key(run)
    if not store.exists(key):
        return NO_PARTS
    routed = documents.read(store, key, Routed)
    found = []
    for part in routed.parts:
        if part.posted and part.accounts:
            key = keys.PART.key(run_id=run.run_id, channel=part.channel)
            own = _explained(documents.read(store, key, Report), whole, part.accounts, explained)
            found.append(severity.graded(own, grades.severity_limits, grades.severity_words))
    return Parts(found, routed.organization)


def _explained(part: Report, whole: Report, accounts: Sequence[str], explained: Explanations) -> Report:
    own = with_causes(part, explained)
    lines = [without_others(line, accounts) for line in own.anomalies]
    lines += own_parts(whole, accounts, {each for line in lines for each in _incidents(line)})
    # How many were not asked for is counted over all accounts.
    said = tuple(note for note in own.notes if not notes.not_asked(note))
    lines.sort(key=lambda line: (-abs(line.impact), line.account_id, line.service))
    return gated(replace(own, anomalies=tuple(lines), notes=said, cost_explorer=whole.cost_explorer))


def own_parts(report: Report, accounts: Collection[str], known: Set[str]) -> list[AnomalyLine]:
    """A line for each of these accounts that has a named part of an anomaly over several owners' accounts.

    `report` is the Organization's; of the lines that have some of the `known` incidents something is told already.
    """
    owned: Mapping[str, tuple[str, str | None]] = {
        each.id: (each.name, each.owner) for each in report.accounts if each.id in accounts
    }
    return [
        replace(
            line,
            account_id=cause.value,
            account_name=owned[cause.value][0],
            owner=owned[cause.value][1],
            scope="account_service",
            part=True,
            actual=abs(cause.impact),
            expected=Decimal(0),
            impact=cause.impact,
            direction=1 if cause.impact > 0 else -1,
            story=None,
            accounts=1,
            causes=(),
            daily=(),
            band=(),
            resources=(),
            who=(),
        )
        for line in report.anomalies
        if not line.account_id
        and line.service
        and line.story != "moved"
        and known.isdisjoint(_incidents(line))
        for cause in line.causes
        if cause.dimension == "account" and cause.kind is None and cause.value in owned and cause.impact
    ]


def _incidents(line: AnomalyLine) -> tuple[str, ...]:
    """The incidents that a line tells."""
    return line.incidents or (line.id,)


def gated(report: Report) -> Report:
    """The owner's report with the lines that its channel is told: small ones are counted, unless one needs a check."""
    part = report.part or ReportPart("")
    told = [
        line
        for line in report.anomalies
        if facts.weight(line) >= part.least_usd or line.security or cause_facts.to_check(line)
    ]
    return replace(report, anomalies=tuple(told), part=replace(part, below=len(report.anomalies) - len(told)))


def without_others(line: AnomalyLine, accounts: Collection[str]) -> AnomalyLine:
    """The line without acts and resources that name an account of somebody else."""

    def own(text: str) -> bool:
        return all(each in accounts for each in _ACCOUNT.findall(text))

    return replace(
        line,
        resources=tuple(each for each in line.resources if own(each.id)),
        who=tuple(each for each in line.who if own(f"{each.principal} {each.resource or ''}")),
    )
