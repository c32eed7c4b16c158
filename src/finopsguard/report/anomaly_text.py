"""Anomalies in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.models.run import Period
from finopsguard.report import (
    cause_facts,
    cause_text,
    facts,
    opinion_text,
    resource_text,
    rollup_text,
    severity,
)
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, WORD, Tone, Words

_NAMED_SERVICES = 3
_BOTH = 2


@dataclass(frozen=True)
class AnomalyText:
    """One anomaly in words; `severity` says how grave it is and what it costs a month, empty where that is not known.

    `link` opens Cost Explorer at its days.
    """

    impact: str
    title: str
    sentence: str
    details: tuple[str, ...]
    severity: str
    status: str
    tone: Tone
    link: str | None


@dataclass(frozen=True)
class CauseText:
    """A cause in words; `check` is its security mark, empty where it needs none. A mark of the line has no sentence."""

    sentence: str
    check: str = ""


def state(text: AnomalyText) -> list[str]:
    """Whether it is known, and how grave it is: `growing`, `severity high: +$12,300 a month`."""
    return [text.status, *filter(None, [text.severity])]


def describe(words: Words, line: AnomalyLine) -> AnomalyText:
    """One anomaly in words."""
    account = words.account_name(line.account_id, line.account_name)
    several = facts.services(line)
    details = [_span(words, line)]
    if line.region and line.scope != "service_region":
        details.append(plain(line.region, WORD))
    if told := opinion_text.beside(words, line):
        details.append(told)
    if line.owner:
        details.append(words.t("anomaly.owner", owner=plain(line.owner, WORD)))
    if held := _held_before(words, line):
        details.append(held)
    if line.scope != "account_service":
        title = rollup_text.title(words, line)
    elif several:
        title = words.t("anomaly.title_services", count=words.n.count(len(several)), account=account)
    else:
        title = words.t("anomaly.title", service=words.service_name(line.service), account=account)
    return AnomalyText(
        impact=words.n.money(facts.impact(line), signed=True, compact=True),
        title=title,
        sentence=_sentence(words, line),
        details=tuple(details),
        severity=severity.in_words(words, line),
        status=_status(words, line),
        tone="plain" if line.direction < 0 or line.status == "resolved" or _is_move(line) else "bad",
        link=_link(words, line),
    )


def _is_move(line: AnomalyLine) -> bool:
    return line.story == "moved" or line.from_region is not None


def kind(words: Words, line: AnomalyLine) -> str:
    """What happened, in a word or two."""
    return words.t("kind.moved" if _is_move(line) else f"kind.{line.kind}")


def _link(words: Words, line: AnomalyLine) -> str | None:
    """Cost Explorer by what the line is of: its account, its services, or the accounts that it names."""
    accounts = [line.account_id] if line.account_id else []
    if line.story is not None and not accounts:
        accounts = [each.value for each in facts.parts(line) if each.dimension == "account"]
    services = [cause.value for cause in facts.services(line)] or [line.service]
    roll_up = line.scope in ("account", "organization")
    link = words.console.cost_explorer(
        _around(words, line),
        metric=facts.judged_metric(words.report),
        accounts=accounts,
        services=[] if roll_up else services,
        region=line.region if line.scope == "service_region" and ", " not in (line.region or "") else None,
        group=None if line.scope in ("account_service", "account") else "LinkedAccount",
        usage_only=True,
    )
    return words.own(link)


def more(words: Words, hidden: Sequence[AnomalyLine]) -> str:
    """`2 more anomalies: +$509 · −$2,038.`; empty when none is hidden."""
    if not hidden:
        return ""
    return words.t(
        "anomalies.more", n=len(hidden), count=words.n.count(len(hidden)), amount=impacts(words, hidden)
    )


def more_to_check(words: Words, hidden: Sequence[AnomalyLine]) -> str:
    """The security mark of anomalies that are not shown; empty where none needs it."""
    found = sum(cause_facts.to_check(line) is not None or line.security for line in hidden)
    return words.t("anomalies.check", n=found, count=words.n.count(found)) if found else ""


def causes(words: Words, line: AnomalyLine, *, resources: bool = True) -> list[CauseText]:
    """What there is room for: the services of one story in one line, and what is told of causes."""
    told = told_causes(words, line, resources=resources)
    if line.scope != "account_service":
        shown = _rollup_parts(words, line, _NAMED_SERVICES)
        return [*(CauseText(each) for each in [" · ".join(shown)] if each), *told]
    several = facts.services(line)
    lines = [" · ".join(_parts(words, several, _NAMED_SERVICES))] if several else parts(words, line, 1)
    return [*(CauseText(text) for text in lines), *told]


def told_causes(words: Words, line: AnomalyLine, *, resources: bool = True) -> list[CauseText]:
    """The top cause, and one that needs a check wherever it ranks; the largest resources."""
    service, found = cause_facts.service(line), []
    for cause in cause_facts.told(line):
        check = cause_text.check(words, cause) if cause_facts.needs_check(cause, service) else ""
        found.append(CauseText(cause_text.sentence(words, cause, service, line.region), check))
    if resources and (largest := resource_text.sentence(words, line)):
        found.append(CauseText(largest))
    mark = "" if any(each.check for each in found) else rollup_text.check(words, line)
    return [*found, CauseText("", mark)] if mark else found


def parts(words: Words, line: AnomalyLine, limit: int) -> list[str]:
    """What an anomaly consists of, the largest part first, without what was billed by usage type."""
    if line.scope != "account_service":
        return _rollup_parts(words, line, limit)
    several = facts.services(line)
    if several:
        return _parts(words, several, limit)
    told = cause_facts.explaining(line)
    others = [cause for cause in line.causes if cause not in told]
    return [_cause(words, cause) for cause in sorted(others, key=lambda cause: -abs(cause.impact))[:limit]]


def _rollup_parts(words: Words, line: AnomalyLine, limit: int) -> list[str]:
    """The largest parts with their dollars, and all others together; not those of two that the sentence has."""
    found = facts.parts(line)
    if line.scope == "service_region":  # whose it is says more than what it is
        found = [each for each in found if each.dimension == "account"] or found
    if line.story == "moved" and len(found) <= _BOTH:
        return []
    named = [each for each in found if not each.dimension.startswith("other_")]
    others = [*named[limit:], *(each for each in found if each not in named)]
    shown = [
        _cause(words, each) if each.dimension == "service" else rollup_text.named(words, each)
        for each in named[:limit]
    ]
    if others:
        count = sum(int(each.value) if each not in named and each.value.isdecimal() else 1 for each in others)
        amount = words.n.money(sum((each.impact for each in others), Decimal(0)), signed=True)
        shown.append(words.t("anomaly.more_services", count=words.n.count(count), amount=amount))
    return shown


def _parts(words: Words, services: Sequence[Cause], limit: int) -> list[str]:
    """The largest services with their dollars, and what all others have together."""
    named = [_cause(words, cause) for cause in services[:limit]]
    rest = services[limit:]
    if rest:
        amount = words.n.money(sum((cause.impact for cause in rest), Decimal(0)), signed=True)
        named.append(words.t("anomaly.more_services", count=words.n.count(len(rest)), amount=amount))
    return named


def impacts(words: Words, lines: Sequence[AnomalyLine]) -> str:
    """Impact above and below expectation: `+$509 · −$2,038`."""
    amounts = [amount for amount in facts.above_and_below(lines) if amount]
    return " · ".join(words.n.money(amount, signed=True) for amount in amounts or [Decimal(0)])


def _sentence(words: Words, line: AnomalyLine) -> str:
    """What all services of the story cost on one day, against what was to be expected of them on that day."""
    if line.part:
        return words.t("anomaly.part", amount=words.n.money(facts.impact(line), signed=True))
    if line.story == "moved":
        return rollup_text.moved(words, line)
    key = f"anomaly.{line.kind}"
    if line.kind in ("shift", "drift"):
        key += "_up" if line.direction > 0 else "_down"
    sentence = words.t(
        key,
        day=words.n.weekday(line.day),
        actual=words.n.money(line.actual),
        expected=words.n.money(line.expected),
    )
    if line.start != facts.last_day(line):
        part = words.n.money(line.actual - line.expected, signed=True)
        sentence = words.t("anomaly.with_part", sentence=sentence, part=part)
    return rollup_text.elsewhere(words, line, sentence)


def _span(words: Words, line: AnomalyLine) -> str:
    """The story's sum since its first day, apart from the day's part; of what is over the sum and its days."""
    last = facts.last_day(line)
    total = words.n.money(facts.impact(line), signed=True)
    if line.ended == "back" or line.status == "resolved":
        days = words.n.period(Period(line.start, last + timedelta(days=1)), year=False)
        return words.t("anomaly.total", amount=total, days=days)
    if line.start == last:
        return words.t("anomaly.since", day=words.n.day(line.start))
    return words.t("anomaly.sum", amount=total, day=words.n.day(line.start))


def _held_before(words: Words, line: AnomalyLine) -> str:
    """Why a line that was held back is told; empty where it was not."""
    said = line.said
    if said is None or said.released is None or said.until is None or line.status == "resolved":
        return ""
    key = "said.beyond" if said.released == "beyond" else f"said.{said.verdict}_over"
    return words.t(key, until=words.n.day(said.until))


def _status(words: Words, line: AnomalyLine) -> str:
    """New or known, and whether it goes on, is back in its range, is over, or has become the new level."""
    calm = facts.calm_since(line, words.report)
    if line.ended in ("new_level", "accepted", "not_an_anomaly"):
        then = words.t(f"status.{line.ended}")
    elif calm:
        over = line.ended == "back" or line.status == "resolved"
        then = words.t("status.resolved" if over else "status.calm", day=words.n.weekday(calm))
    else:
        return words.t(f"status.{line.status}")
    if line.status in ("continuing", "resolved"):
        return then
    return words.t("status.both", status=words.t(f"status.{line.status}"), then=then)


def _around(words: Words, line: AnomalyLine) -> Period:
    """Two weeks before an anomaly began, so that the chart shows the difference."""
    newest = max(line.day, facts.last_day(line))
    return Period(line.start - timedelta(days=14), max(words.report.period.end, newest + timedelta(days=1)))


def _cause(words: Words, cause: Cause) -> str:
    amount = words.n.money(cause.impact, signed=True)
    if cause.dimension == "service":
        return words.t("anomaly.cause", value=words.service_name(cause.value), amount=amount)
    value, dimension = plain(cause.value, NAME), _dimension(words, cause.dimension)
    return words.t("anomaly.cause_dimension", dimension=dimension, value=value, amount=amount)


def _dimension(words: Words, name: str) -> str:
    key = f"dimension.{name}"
    return words.t(key) if words.t.has(key) else plain(name, 24)
