"""How grave each anomaly is, in three levels by what it costs in a month: one grade for card, page and report.json.

What goes on is graded by its run rate: what a month of it costs, if it goes on as on the newest day that deviates. What
is over is graded by what it cost. Less spent is never grave. A security mark raises it by one level: stolen keys cost
little on the day on which they are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.report import Report
from finopsguard.models.severity import SEVERITIES, GradedWith, Severity
from finopsguard.report import cause_facts, facts
from finopsguard.report.words import Words

_NOTHING = Decimal(0)


def graded(report: Report, limits: Sequence[Decimal], words: Sequence[str]) -> Report:
    """The report with the severity of each anomaly; `limits` are where medium and high begin.

    It is called once the causes are known, for a cause may have a security mark.
    """
    medium, high = limits
    by = GradedWith(medium, high, tuple(words))
    lines = tuple(replace(line, severity=_severity(line, report, by)) for line in report.anomalies)
    return replace(report, anomalies=lines, graded_with=by)


def in_words(words: Words, line: AnomalyLine) -> str:
    """`severity high: +$12,300 a month`; what is over has no rate. Empty where a report has no severities."""
    if line.severity is None:
        return ""
    named = word(words, line.severity)
    rate = line.run_rate_month
    if rate is None or facts.calm_since(line, words.report):
        return words.t("severity.is", severity=named)
    return words.t("severity.rate", severity=named, amount=words.n.money(rate, signed=True, compact=True))


def word(words: Words, level: Severity) -> str:
    """The customer's word for a level, or the language's own."""
    own = words.report.graded_with.words if words.report.graded_with else ()
    return own[SEVERITIES.index(level)] if len(own) == len(SEVERITIES) else words.t(f"severity.{level}")


def gravest(report: Report) -> list[AnomalyLine]:
    """Anomalies of the highest level that are told for the first time, or have grown: what somebody is called for."""
    lines = facts.open_anomalies(report)
    return [line for line in lines if line.severity == SEVERITIES[-1] and line.status in ("new", "growing")]


def _severity(line: AnomalyLine, report: Report, by: GradedWith) -> Severity:
    amount = _a_month(line, report)
    level = sum(amount >= limit for limit in (by.medium, by.high))
    if amount > 0 and (line.security or cause_facts.to_check(line)):
        level = min(level + 1, len(SEVERITIES) - 1)
    return SEVERITIES[level]


def _a_month(line: AnomalyLine, report: Report) -> Decimal:
    """What it costs in a month, or what it cost until it was over; below zero where less is spent."""
    if line.run_rate_month is None or facts.calm_since(line, report):
        return facts.impact(line)
    return line.run_rate_month
