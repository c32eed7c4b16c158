"""Anomalies in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from finopsguard.models.report import AnomalyLine, Cause
from finopsguard.models.run import Period
from finopsguard.report import facts
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, WORD, Tone, Words


@dataclass(frozen=True)
class AnomalyText:
    """One anomaly in words; `link` opens Cost Explorer at its days."""

    impact: str
    title: str
    sentence: str
    details: tuple[str, ...]
    status: str
    tone: Tone
    link: str | None


def describe(words: Words, line: AnomalyLine) -> AnomalyText:
    """One anomaly in words."""
    account = words.account_name(line.account_id, line.account_name)
    details = [words.t("anomaly.since", day=words.n.day(line.start))]
    if line.region:
        details.append(plain(line.region, WORD))
    if line.owner:
        details.append(plain(line.owner, WORD))
    return AnomalyText(
        impact=words.n.money(facts.impact(line), signed=True, compact=True),
        title=words.t("anomaly.title", service=words.service_name(line.service), account=account),
        sentence=_sentence(words, line),
        details=tuple(details),
        status=words.t(f"status.{line.status}"),
        tone="plain" if line.direction < 0 or line.status == "resolved" else "bad",
        link=words.console.cost_explorer(
            _around(words, line),
            metric=words.report.cost_metric,
            account=line.account_id,
            service=line.service,
        ),
    )


def more(words: Words, hidden: Sequence[AnomalyLine]) -> str:
    """`2 more anomalies: +$509 · −$2,038.`; empty when none is hidden."""
    if not hidden:
        return ""
    return words.t(
        "anomalies.more", n=len(hidden), count=words.n.count(len(hidden)), amount=impacts(words, hidden)
    )


def causes(words: Words, line: AnomalyLine, limit: int = 1) -> list[str]:
    """What explains an anomaly, largest part first."""
    ranked = sorted(line.causes, key=lambda cause: -abs(cause.impact))
    return [_cause(words, cause) for cause in ranked[:limit]]


def impacts(words: Words, lines: Sequence[AnomalyLine]) -> str:
    """Impact above and below expectation: `+$509 · −$2,038`."""
    amounts = [amount for amount in facts.above_and_below(lines) if amount]
    return " · ".join(words.n.money(amount, signed=True) for amount in amounts or [Decimal(0)])


def _sentence(words: Words, line: AnomalyLine) -> str:
    key = f"anomaly.{line.kind}"
    if line.kind in ("shift", "drift"):
        key += "_up" if line.direction > 0 else "_down"
    return words.t(
        key,
        day=words.n.day(line.day),
        actual=words.n.money(line.actual),
        expected=words.n.money(line.expected),
    )


def _around(words: Words, line: AnomalyLine) -> Period:
    """Two weeks before an anomaly began, so that the chart shows the difference."""
    return Period(line.start - timedelta(days=14), max(words.report.period.end, line.day + timedelta(days=1)))


def _cause(words: Words, cause: Cause) -> str:
    amount = words.n.money(cause.impact, signed=True)
    if cause.dimension == "service":
        return words.t("anomaly.cause", value=words.service_name(cause.value), amount=amount)
    value = plain(cause.value, NAME)
    if cause.dimension == "usage_type":  # its values speak for themselves: BoxUsage:m5.large
        return words.t("anomaly.cause", value=value, amount=amount)
    dimension = _dimension(words, cause.dimension)
    return words.t("anomaly.cause_dimension", dimension=dimension, value=value, amount=amount)


def _dimension(words: Words, name: str) -> str:
    key = f"dimension.{name}"
    return words.t(key) if words.t.has(key) else plain(name, 24)
