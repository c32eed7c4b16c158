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

NOUNS: Mapping[str, str] = {"hours": "hours", "vcpu_hours": "hours", "requests": "requests"}
"""What is counted by itself, by the words of its unit (the messages `use.`); everything else is a quantity."""

# Units that say no more than the number alone.
_NO_UNIT = frozenset({"", "n/a", "na", "units", "unit", "count", "counts", "number"})
# Not the name of a place: what is billed to none.
_NOWHERE = frozenset({"", "global", "noregion", "no region", "unknown", "any"})
_NEW: frozenset[CauseKind | None] = frozenset({"new_usage_type", "new_region", "new_family"})
_COMMITMENT: frozenset[CauseKind | None] = frozenset({"commitment_ended", "moved_to_commitment"})
_RENAMED: frozenset[CauseKind | None] = frozenset({"switched", "now_billed_as"})
_TWICE = Decimal(2)


def sentence(words: Words, cause: Cause, service: str = "", beside: str | None = None) -> str:
    """One cause; `service` is its service where it is known, `beside` a Region that stands beside it anyway."""
    amount = words.n.money(cause.impact, signed=True)
    region = place(words, cause, service)
    if region == _place(beside) and cause.kind != "new_region":
        region = ""
    what = _new(words, cause, _head(words, cause, service, region))
    first = words.t("cause.amount", what=what, amount=amount)
    return ", ".join(filter(None, (first, _event(words, cause), _measure(words, cause))))


def named(words: Words, cause: Cause, service: str = "") -> str:
    """What and where, without amounts: `p5.48xlarge on demand in us-east-1 (new Region)`."""
    return _new(words, cause, _head(words, cause, service, place(words, cause, service)))


def title(words: Words, cause: Cause, service: str = "") -> str:
    """What, and what became of it, where a Region stands beside it."""
    head = _new(words, cause, _head(words, cause, service, ""))
    return ", ".join(filter(None, (head, _event(words, cause))))


def check(words: Words, cause: Cause) -> str:
    """The security mark: a sign, and what to do."""
    return words.t(f"cause.check_{cause.kind}")


def place(words: Words, cause: Cause, service: str = "") -> str:
    """The Region of a cause, or the one that its usage type begins with; empty where it is in none."""
    # Without its service it is not known whether `EU-` is Ireland, or CloudFront's Europe.
    known = cause.region is not None or not service
    return _place(cause.region if known else _usage(words, cause, cause.value, service).region)


def quantity(words: Words, value: Decimal | None, unit: str | None) -> str:
    """`24 hours`, `1,204 GB`; without a unit that can be said the number alone, and nothing for None."""
    if value is None:
        return ""
    number = words.n.quantity(value)
    key = _unit(unit)
    if key in UNITS.values():
        return words.t(f"unit.{key}", n=1 if value == 1 else 2, count=number)
    said = "" if key in _NO_UNIT else plain(unit or "", WORD)
    return f"{number} {said}" if said else number


def _new(words: Words, cause: Cause, head: str) -> str:
    return words.t(f"cause.{cause.kind}", what=head) if cause.kind in _NEW else head


def _event(words: Words, cause: Cause) -> str:
    return words.t(f"cause.{cause.kind}") if cause.kind in _COMMITMENT or cause.kind == "ended" else ""


def _head(words: Words, cause: Cause, service: str, region: str) -> str:
    """What it is, in `region` if that is to be said; of what took the place of something else, both."""
    usage = _usage(words, cause, cause.value, service)
    if cause.kind not in _RENAMED or (cause.from_value is None and cause.from_region is None):
        return _in(words, usage, region)
    old = _usage(words, cause, cause.from_value or cause.value, service)
    here, before = place(words, cause, service), _place(cause.from_region)
    moved = before not in ("", here)
    if old.words == usage.words:  # in bills `EU-` and `USE2-` are usage types of their own
        if moved and here:
            return words.t("cause.moved", what=usage.words, before=before, region=here)
        return _in(words, usage, region)
    source = _in(words, old, before if moved else "")
    return words.t(f"cause.{cause.kind}", before=source, what=_in(words, usage, here if moved else region))


def _in(words: Words, usage: UsageType, region: str) -> str:
    if not region or usage.across:
        return usage.words
    return words.t("cause.in", what=usage.words, region=region)


def _place(region: str | None) -> str:
    shown = plain(region or "", WORD)
    return "" if shown.lower() in _NOWHERE else shown


def _unit(unit: str | None) -> str:
    """Its words (`hours` for `Hrs`); a unit without words in small letters."""
    key = (unit or "").strip().lower()
    return UNITS.get(key, key)


def _usage(words: Words, cause: Cause, value: str, service: str) -> UsageType:
    """What is billed: a usage type, a service, or several usage types together."""
    if cause.dimension == "service":
        return UsageType(words.service_name(value))
    if cause.dimension == cause_facts.OTHERS:
        several = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 2
        return UsageType(words.t("cause.others", n=several, count=plain(value, WORD)))
    return read(value, words.report.language, service)


def _measure(words: Words, cause: Cause) -> str:
    """How much of it, against the usual, and whether prices changed; empty where nothing is sure."""
    if cause.kind in _RENAMED or cause.kind == "ended" or cause.quantity is None:
        return ""
    if cause.kind in _COMMITMENT:  # the price is what it is about
        return words.t("use.same") if cause_facts.same_use(cause) else _use(words, cause)
    if cause.quantity > 0 and (cause.kind in _NEW or cause.quantity_before == 0):
        return _of_new(words, cause)
    if cause.quantity == 0 and (cause.quantity_before or 0) > 0:
        return words.t("cause.ended")
    return _change(words, cause)


def _change(words: Words, cause: Cause) -> str:
    """The effect of quantity or of price, or both; of different things together neither is one."""
    effect = None if cause.dimension == cause_facts.OTHERS else cause_facts.effect(cause)
    if effect == "price":
        price = _price(words, cause)
        return words.t("use.price_same_use", price=price) if cause_facts.same_use(cause) else price
    use = _use(words, cause) if effect else ""
    if use and effect == "both":
        parts = ((use, cause.quantity_effect), (_price(words, cause), cause.price_effect))
        return ", ".join(_part(words, part, amount) for part, amount in parts)
    return words.t("use.same_prices", use=use) if use and cause_facts.same_prices(cause) else use


def _part(words: Words, part: str, amount: Decimal | None) -> str:
    """With its dollars, so that a price that hides a use, or the other way round, is seen."""
    return words.t("use.part", part=part, amount=words.n.money(amount or Decimal(0), signed=True))


def _price(words: Words, cause: Cause) -> str:
    return words.t("use.price_up" if (cause.price_effect or 0) > 0 else "use.price_down")


def _of_new(words: Words, cause: Cause) -> str:
    """`24 hours`; of what is not named as new, that it was not used before."""
    if _unit(cause.unit) in UNITS.values():
        used = quantity(words, cause.quantity, cause.unit)
        return used if cause.kind in _NEW else words.t("use.none_before", used=used)
    return "" if cause.kind in _NEW else words.t("use.not_before")


def _use(words: Words, cause: Cause) -> str:
    """`3.1x the usual hours`, `40% more requests than usual`; empty for the same use."""
    times = cause_facts.times(cause)
    if times is None or cause_facts.same_use(cause):
        return ""
    noun = NOUNS.get(_unit(cause.unit), "quantity")
    if times >= _TWICE:
        return words.t(f"use.times_{noun}", times=words.n.times(times))
    key = f"use.more_{noun}" if times > 1 else f"use.less_{noun}"
    return words.t(key, percent=words.n.share(abs(times - 1) * 100))
