"""The anomalies of an owner's report: those of its accounts, and its own part of those of several owners' accounts.

A story of several incidents is told again with the owner's own incidents alone: with their own numbers, days and
expectations. Of a sum over accounts (a service that rose everywhere) nothing is told here: `told.py` has its dollars.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

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
    """The incidents as a story of their own, under an id of their own: the story's may name another's account.

    What moved to or from another owner's account rose or fell here.
    """
    several = {each.direction for each in own} == {1, -1}
    first = min(own, key=lambda each: (each.told_on, each.id), default=None)
    return [
        replace(
            each,
            told_with=ToldWith(
                first.id,
                "together" if each.told_with.kind == "moved" and not several else each.told_with.kind,
            ),
        )
        if each.told_with and first
        else each
        for each in own
    ]
