"""Causes in words: what, where, how much, and whether more was used or its price is another.

`p5.48xlarge on demand in us-east-1 (new Region): +$2,359, 24 hours`. Nothing is said that the numbers of the cause do
not hold: of a mix of units, dollars alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from finopsguard.models.cause import Cause, CauseKind
from finopsguard.report import cause_facts
from finopsguard.report.untrusted import plain
from finopsguard.report.usage_types import UsageType, read
from finopsguard.report.words import WORD, Words

UNITS: Mapping[str, str] = {
    "hrs": "hours", "hr": "hours", "hour": "hours", "hours": "hours", "gb": "gb", "gb-mo": "gb_months",
    "gb-month": "gb_months", "gb-hours": "gb_hours", "gb-hrs": "gb_hours", "request": "requests",
    "requests": "requests", "api requests": "requests", "api calls": "requests", "ios": "requests",
    "readrequestunits": "requests", "writerequestunits": "requests", "iops-mo": "iops_months",
    "vcpu-hours": "vcpu_hours", "acu-hr": "acu_hours", "acu-hrs": "acu_hours", "lcu-hrs": "lcu_hours",
    "lambda-gb-second": "gb_seconds", "gb-second": "gb_seconds", "second": "seconds", "seconds": "seconds",
    "minute": "minutes", "minutes": "minutes", "queries": "queries", "1k tokens": "thousand_tokens",
    "1m tokens": "million_tokens",
}  # fmt: skip
"""Words for the units of AWS's bill, in small letters; see the messages `unit.`."""

# What cannot be counted in words: a sum of several units, or none that is known.
_NO_UNIT = frozenset({"", "n/a", "na", "units", "unit", "count", "counts", "number"})
# Nouns of the messages `use.`; everything else is a quantity.
_NOUNS: Mapping[str, str] = {"hours": "hours", "vcpu_hours": "hours", "requests": "requests"}
# Not the name of a place: what is billed to none.
_NOWHERE = frozenset({"", "global", "noregion", "no region", "unknown", "any"})
_NEW: frozenset[CauseKind | None] = frozenset({"new_usage_type", "new_region", "new_family"})
_COMMITMENT: frozenset[CauseKind | None] = frozenset({"commitment_ended", "moved_to_commitment"})
_RENAMED: frozenset[CauseKind | None] = frozenset({"switched", "now_billed_as"})
_TWICE = Decimal(2)


def sentence(words: Words, cause: Cause, service: str = "") -> str:
    """One cause; `service` is its service where it is known."""
    head = _head(words, cause, service)
    if cause.kind in _NEW:
        head = words.t(f"cause.{cause.kind}", what=head)
    parts = [words.t("cause.amount", what=head, amount=words.n.money(cause.impact, signed=True))]
    if cause.kind in _COMMITMENT or cause.kind == "ended":
        parts.append(words.t(f"cause.{cause.kind}"))
    return ", ".join([*parts, *filter(None, [_measure(words, cause)])])


def named(words: Words, cause: Cause, service: str = "") -> str:
    """What and where, without amounts: `p5.48xlarge on demand in us-east-1`."""
    return _head(words, cause, service)


def check(words: Words, cause: Cause) -> str:
    """The security mark: a sign, and what to do."""
    return words.t(f"cause.check_{cause.kind}")


def name(words: Words, usage_type: str, service: str = "") -> str:
    """A usage type in words."""
    return _read(words, usage_type, service).words


def place(words: Words, cause: Cause, service: str = "") -> str:
    """The Region of a cause, or the one that its usage type begins with; empty where it is in none."""
    region = cause.region
    # Without its service it is not known whether `EU-` is Ireland, or CloudFront's Europe.
    if region is None and service:
        region = _read(words, cause.value, service).region
    return _place(region)


def quantity(words: Words, value: Decimal | None, unit: str | None) -> str:
    """`24 hours`, `1,204 GB`; without a unit that can be said the number alone, and nothing for None."""
    if value is None:
        return ""
    number = words.n.quantity(value)
    key = UNITS.get((unit or "").strip().lower())
    if key:
        return words.t(f"unit.{key}", n=1 if value == 1 else 2, count=number)
    said = "" if unit is None or unit.strip().lower() in _NO_UNIT else plain(unit, WORD)
    return f"{number} {said}" if said else number


def _head(words: Words, cause: Cause, service: str) -> str:
    """What and where; of something that took the place of another, both."""
    usage, region = _read(words, cause.value, service), place(words, cause, service)
    old = cause.from_value
    if cause.kind not in _RENAMED or (old is None and cause.from_region is None):
        return _in(words, usage, region)
    before = _place(cause.from_region) or region
    if cause.kind == "switched" and old in (None, cause.value):
        moved = words.t("cause.moved", what=usage.words, before=before, region=region)
        return moved if before != region else _in(words, usage, region)
    source = _read(words, old or cause.value, service)
    if before == region:  # said once, at the end
        return words.t(f"cause.{cause.kind}", before=source.words, what=_in(words, usage, region))
    return words.t(f"cause.{cause.kind}", before=_in(words, source, before), what=_in(words, usage, region))


def _in(words: Words, usage: UsageType, region: str) -> str:
    if not region or usage.across:
        return usage.words
    return words.t("cause.in", what=usage.words, region=region)


def _place(region: str | None) -> str:
    shown = plain(region or "", WORD)
    return "" if shown.lower() in _NOWHERE else shown


def _read(words: Words, usage_type: str, service: str) -> UsageType:
    return read(usage_type, words.report.language, service)


def _measure(words: Words, cause: Cause) -> str:
    """How much of it, against the usual, and its price; empty where nothing is sure."""
    if cause.kind in _RENAMED or cause.kind == "ended" or cause.quantity is None:
        return ""
    if cause.kind in _COMMITMENT:  # the price is what it is about
        return words.t("use.same") if cause_facts.same_use(cause) else _use(words, cause)
    if cause.quantity > 0 and cause.quantity_before == 0:
        return _of_new(words, cause)
    if cause.quantity == 0 and (cause.quantity_before or 0) > 0:
        return words.t("cause.ended")
    effect = cause_facts.effect(cause)
    if effect == "price":
        return _price(words, cause)
    if effect == "both":
        return _both(words, cause)
    use = _use(words, cause) if effect else ""
    return words.t("use.same_price", use=use) if use and cause_facts.same_price(cause) else use


def _of_new(words: Words, cause: Cause) -> str:
    """`24 hours`; of what is not named as new, that it was not used before."""
    if (cause.unit or "").strip().lower() in UNITS:
        used = quantity(words, cause.quantity, cause.unit)
        return used if cause.kind in _NEW else words.t("use.none_before", used=used)
    return "" if cause.kind in _NEW else words.t("use.not_before")


def _use(words: Words, cause: Cause) -> str:
    """`3.1x the usual hours`, `40% more requests than usual`; empty for the same use."""
    times = cause_facts.times(cause)
    if times is None or cause_facts.same_use(cause):
        return ""
    noun = _NOUNS.get(UNITS.get((cause.unit or "").strip().lower(), ""), "quantity")
    if times >= _TWICE:
        return words.t(f"use.times_{noun}", times=words.n.times(times))
    key = f"use.more_{noun}" if times > 1 else f"use.less_{noun}"
    return words.t(key, percent=words.n.share(abs(times - 1) * 100))


def _price(words: Words, cause: Cause) -> str:
    """`price up 12%`, and that as much was used."""
    price = _price_alone(words, cause)
    return words.t("use.price_same_use", price=price) if cause_facts.same_use(cause) else price


def _price_alone(words: Words, cause: Cause) -> str:
    change = cause_facts.price_change(cause)
    way = "up" if (cause.price_effect or 0) > 0 else "down"
    if change is None:
        return words.t(f"use.price_{way}")
    return words.t(f"use.price_{way}_by", percent=words.n.share(abs(change)))


def _both(words: Words, cause: Cause) -> str:
    """Both effects with their dollars, so that a price that hides a use, or the other way round, is seen."""
    use = _use(words, cause)
    if not use:
        return ""
    parts = ((use, cause.quantity_effect), (_price_alone(words, cause), cause.price_effect))
    return ", ".join(
        words.t("use.part", part=part, amount=words.n.money(amount or Decimal(0), signed=True))
        for part, amount in parts
    )
