"""The anomalies of an owner's report: those of its accounts, and its own part of those of several owners' accounts.

A story of several incidents is told again with the owner's own incidents alone: with their own numbers, days and
expectations. Of a sum over accounts (a service that rose everywhere, a Region) only the dollars of each account are
known, so they are a line of its own that says no more. What has several services and no account is in the sums alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from finopsguard.costs.series import DailySeries
from finopsguard.incidents.lines import lines
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.incident import Incident, ToldWith
from finopsguard.models.report import Report


def own_lines(
    report: Report,
    accounts: Collection[str],
    told: Sequence[Incident],
    series: DailySeries,
    life: Sequence[Incident],
) -> tuple[AnomalyLine, ...]:
    """The report's lines as the owner of these accounts is told them, the largest first.

    `told` are the incidents that the lines are made of, `life` all that are known.
    """
    groups: dict[str, list[Incident]] = {}
    for incident in told:
        groups.setdefault(incident.line, []).append(incident)
    names = {account.id: account.name for account in report.accounts if account.id in accounts}
    owners = {account.id: account.owner for account in report.accounts}
    found: list[AnomalyLine] = []
    for line in report.anomalies:
        group = groups.get(line.id, [])
        if line.account_id:
            found += [line] if line.account_id in accounts else []
        elif group and all(each.account_id in accounts for each in group):
            found.append(line)
        elif own := _own_story([each for each in group if each.account_id in accounts]):
            made = lines(own, series, names, report.period, life)
            found += [replace(each, owner=owners.get(each.account_id)) for each in made]
    return tuple(sorted(found, key=lambda line: (-abs(line.impact), line.account_id, line.service)))


def _own_story(own: Sequence[Incident]) -> Sequence[Incident]:
    """The incidents as a story of their own: what moved to or from another owner's account rose or fell here."""
    if len({each.direction for each in own}) > 1:
        return own
    return [
        replace(each, told_with=ToldWith(each.told_with.id, "together"))
        if each.told_with and each.told_with.kind == "moved"
        else each
        for each in own
    ]


def own_parts(report: Report, accounts: Collection[str], known: Collection[str]) -> list[AnomalyLine]:
    """A line for each of these accounts that has a named part of an anomaly over several owners' accounts.

    `report` is the Organization's; of the lines that are `known` by their ids something is told already.
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
        if not line.account_id and line.service and line.story != "moved" and line.id not in known
        for cause in line.causes
        if cause.dimension == "account" and cause.kind is None and cause.value in owned and cause.impact
    ]
