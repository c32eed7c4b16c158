"""A report's incidents beside what AWS Cost Anomaly Detection found: by account, service and days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.ledger import OpinionScore
from finopsguard.models.opinion import Agreement, AwsFinding, AwsPlace
from finopsguard.models.report import Report
from finopsguard.models.retrospective import Scoreboard
from finopsguard.models.run import Period, Run, Source
from finopsguard.ports import Store
from finopsguard.store import documents, keys

_DAY = timedelta(days=1)
# AWS takes a day for a part of another one where its own data come late.
_APART = _DAY


def compared(report: Report, least: Decimal) -> Report:
    """The report with what AWS says of each incident, and what AWS alone found; as it is where it was not read.

    `least` is the report's gate, in USD a day. That AWS did not find a rise is said only where all of its findings are
    known; of a fall it is not: it is not told for which of them AWS looks.
    """
    opinion = report.second_opinion
    if opinion is None or opinion.state != "read":
        return report
    matched: set[str] = set()
    lines = []
    for line in report.anomalies:
        same = {each.id for each in opinion.found if _is_same(line, each)}
        matched |= same
        alone: Agreement | None = "only_us" if line.direction > 0 and not opinion.more else None
        lines.append(replace(line, second_opinion="both" if same else alone))
    known = {account.id for account in report.accounts}
    only = [each for each in opinion.found if each.id not in matched and _counts(each, report, known, least)]
    told = replace(opinion, only_aws=tuple(each.id for each in sorted(only, key=lambda each: -each.impact)))
    return replace(report, anomalies=tuple(lines), second_opinion=told)


def keep(store: Store, run: Run, report: Report) -> None:
    """Keeps how the report and AWS agreed, for the month's score; nothing where AWS was not read."""
    opinion = report.second_opinion
    if opinion is None or opinion.state != "read":
        return
    ids = {
        agreed: tuple(line.id for line in report.anomalies if line.second_opinion == agreed)
        for agreed in ("both", "only_us")
    }
    score = OpinionScore(
        run.first_id, report.report, report.period.end, ids["both"], ids["only_us"], opinion.only_aws
    )
    key = keys.OPINION.key(source=run.source, end=str(report.period.end), run_id=run.run_id)
    documents.write(store, key, score)


def scores(store: Store, source: Source, period: Period) -> tuple[list[OpinionScore], tuple[str, ...]]:
    """(the scores of reports whose period ends within this one, keys of those that cannot be read).

    Raises what ports.Store raises.
    """
    ends = [str(day + _DAY) for day in period.dates()]
    kept = store.list(keys.OPINION.below(source=source))
    found = [key for key in kept if (parts := keys.OPINION.parts(key)) and parts["end"] in ends]
    return documents.find_known(store, found, OpinionScore)


def scoreboard(found: Collection[OpinionScore]) -> Scoreboard | None:
    """The scores of a month together; None of none: no report asked AWS."""
    if not found:
        return None
    both = {name for each in found for name in each.both}
    only_us = {name for each in found for name in each.only_us} - both
    return Scoreboard(len(both), len(only_us), len({name for each in found for name in each.only_aws}))


def _is_same(line: AnomalyLine, finding: AwsFinding) -> bool:
    last = line.last_day or line.day
    if (
        finding.start > last + _APART
        or finding.end < line.start - _APART
        or line.direction * finding.impact <= 0
    ):
        return False
    accounts = {line.account_id} if line.account_id else _values(line, "account")
    services = _values(line, "service") or ({line.service} if line.service else set())
    return any(_fits(place, accounts, services) for place in finding.places)


def _values(line: AnomalyLine, dimension: str) -> set[str]:
    return {each.value for each in line.causes if each.dimension == dimension and each.kind is None}


def _fits(place: AwsPlace, accounts: Collection[str], services: Collection[str]) -> bool:
    """A place that names neither fits nothing; what the line does not name fits all."""
    if place.account_id is None and place.service is None:
        return False
    account = place.account_id is None or not accounts or place.account_id in accounts
    service = place.service is None or not services or place.service in services
    return account and service


def _counts(finding: AwsFinding, report: Report, known: Collection[str], least: Decimal) -> bool:
    """Whether it is of the report's days and accounts, and above its gate."""
    days = (finding.end - finding.start).days + 1
    mine = any(place.account_id is None or place.account_id in known for place in finding.places)
    of_period = finding.start < report.period.end and finding.end >= report.period.start
    return mine and of_period and finding.impact >= least * days
