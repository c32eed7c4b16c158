"""Anomalies of several accounts or services in words: what rose or fell together, what moved, what began everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.report import facts
from finopsguard.report.untrusted import plain
from finopsguard.report.words import WORD, Words

_NAMED = 2
# From so much on a percent says less than the dollars beside it.
_MOST_PERCENT = Decimal(300)


def title(words: Words, line: AnomalyLine) -> str:
    """`Amazon S3 rose by 12% in 14 accounts together`, `Amazon EC2 moved from shop-dev to shop-prod`."""
    if line.story == "moved":
        source, goal = (_accounts(words, line, way) for way in (-1, 1))
        return words.t("rollup.moved", what=_what(words, line), source=source, goal=goal)
    if line.scope == "service_region":
        return _of_region(words, line)
    accounts = words.t("count.accounts", n=line.accounts, count=words.n.count(line.accounts))
    if line.scope in ("service", "organization") and (line.story == "rollout" or line.kind == "new"):
        return words.t("rollup.began", what=_what(words, line), accounts=accounts)
    if line.scope == "account":
        parts = [each for each in facts.parts(line) if each.dimension == "service"]
        what = words.t("count.services", n=len(parts), count=words.n.count(len(parts)))
        account = words.account_name(line.account_id, line.account_name)
        what = words.t("rollup.of_account", what=what, account=account)
        key = "rollup.rose_together" if line.direction > 0 else "rollup.fell_together"
    elif line.accounts < 2 or (line.scope == "organization" and line.story is None):
        what = _what(words, line) if line.service or line.story else words.t("rollup.organization")
        key = "rollup.rose_alone" if line.direction > 0 else "rollup.fell_alone"
    else:
        what = _what(words, line)
        key = "rollup.rose_in_accounts" if line.direction > 0 else "rollup.fell_in_accounts"
    return words.t(key, what=what, accounts=accounts, much=_much(words, line))


def _of_region(words: Words, line: AnomalyLine) -> str:
    """`Amazon EC2 in ap-south-1: a Region never used before`, `Amazon EC2 moved from eu-west-1 to us-east-1`."""
    services = [each for each in facts.parts(line) if each.dimension == "service"]
    what = words.service_name(line.service)
    if services:
        what = words.t("count.services", n=len(services), count=words.n.count(len(services)))
    region = _regions(words, line.region)
    if line.from_region:
        return words.t("rollup.moved", what=what, source=_regions(words, line.from_region), goal=region)
    where = words.t("rollup.in_region", what=what, region=region)
    if line.new:
        return words.t("rollup.new_region" if line.new == "region" else "rollup.new_compute", what=where)
    key = "rollup.rose_region" if line.direction > 0 else "rollup.fell_region"
    return words.t(key, what=where, much=_much(words, line))


def elsewhere(words: Words, line: AnomalyLine, sentence: str) -> str:
    """The sentence, and where as much is less."""
    if not line.from_region:
        return sentence
    return words.t("rollup.as_in", sentence=sentence, region=_regions(words, line.from_region))


def check(words: Words, line: AnomalyLine) -> str:
    """The security mark of compute that runs where none was; empty for all else."""
    keys = {
        "region": "rollup.check_region",
        "compute": "rollup.check_compute",
        "account": "rollup.check_account",
    }
    return words.t(keys[line.new]) if line.security and line.new else ""


def _regions(words: Words, regions: str | None) -> str:
    return words.first_of([plain(each, WORD) for each in (regions or "").split(", ")])


def moved(words: Words, line: AnomalyLine) -> str:
    """`$846 more in shop-prod, $846 less in shop-dev`."""
    more, less = (
        words.n.money(
            abs(sum((each.impact for each in facts.parts(line) if each.impact * way > 0), Decimal(0)))
        )
        for way in (1, -1)
    )
    source, goal = (_accounts(words, line, way) for way in (-1, 1))
    return words.t("rollup.moved_amounts", more=more, less=less, source=source, goal=goal)


def named(words: Words, cause: Cause) -> str:
    """An account or a Region with its dollars."""
    amount = words.n.money(cause.impact, signed=True)
    value = words.account_of(cause.value) if cause.dimension == "account" else plain(cause.value, WORD)
    return words.t("anomaly.cause", value=value, amount=amount)


def _accounts(words: Words, line: AnomalyLine, way: int) -> str:
    """The accounts that something moved from, or to: two by name, more by their number."""
    ids = [each.value for each in _sides(line, way)]
    if len(ids) > _NAMED or not ids:
        return words.t("count.accounts", n=len(ids), count=words.n.count(len(ids)))
    return words.t("rollup.and").join(words.account_of(each) for each in ids)


def _sides(line: AnomalyLine, way: int) -> Sequence[Cause]:
    return [each for each in facts.parts(line) if each.dimension == "account" and each.impact * way > 0]


def _what(words: Words, line: AnomalyLine) -> str:
    return words.service_name(line.service) if line.service else words.t("rollup.several_services")


def _much(words: Words, line: AnomalyLine) -> str:
    """` by 12%`; nothing where there was hardly anything before."""
    percent = facts.percent_of(abs(line.actual - line.expected), line.expected)
    if percent is None or percent >= _MOST_PERCENT:
        return ""
    return words.t("rollup.by", percent=words.n.share(percent))
