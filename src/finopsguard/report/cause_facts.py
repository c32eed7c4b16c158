"""What the causes of an anomaly say, worked out for card, page and terminal; `cause_text.py` finds the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from finopsguard.models.cause import Cause
from finopsguard.models.money import CENT
from finopsguard.models.report import AnomalyLine, Report
from finopsguard.report.usage_types import read

MISSING = "causes_missing"
"""The note of a report some of whose anomalies could not be explained."""

Effect = Literal["quantity", "price", "both"]

_ZERO = Decimal(0)
# A cause is told as quantity or price from this part of its dollars on; both, where each has more than the rest of it.
_MOSTLY = Decimal("0.8")
# What is neither quantity nor price may be this part of a cause of which one of the two is told.
_UNEXPLAINED = Decimal("0.05")
# Use within this part of the usual is the same use, and a price within it the same price.
_SAME_USE, _SAME_PRICE = Decimal("0.02"), Decimal("0.01")
# The price is worked out from dollars in cents: of fewer dollars it would not be sure to a hundredth.
_SURE = Decimal(1)


@dataclass(frozen=True)
class Sums:
    """The dollars of several causes; None where one of them was not split."""

    impact: Decimal
    quantity: Decimal | None
    price: Decimal | None
    rest: Decimal | None


def of_usage(line: AnomalyLine) -> list[Cause]:
    """What was billed otherwise than before, by usage type, the largest part first."""
    return sorted(
        (cause for cause in line.causes if cause.dimension == "usage_type"),
        key=lambda cause: (-abs(cause.impact), cause.value, cause.region or ""),
    )


def top(line: AnomalyLine) -> Cause | None:
    """The largest of the causes that go the anomaly's way; None where none does."""
    return next((cause for cause in of_usage(line) if cause.impact * line.direction > 0), None)


def service(line: AnomalyLine) -> str:
    """The service that the causes are of; empty where it is not known which of several."""
    several = [cause for cause in line.causes if cause.dimension == "service"]
    return "" if len(several) > 1 else line.service


def needs_check(cause: Cause, of: str = "") -> bool:
    """True where somebody's code runs in a Region or on an instance family that was not used before: a security mark.

    Stolen keys are used to run instances where their owner does not look (MITRE ATT&CK T1535). `of`: the service.
    """
    if cause.dimension != "usage_type" or cause.kind not in ("new_region", "new_family") or cause.impact <= 0:
        return False
    return read(cause.value, "en", of).compute


def to_check(line: AnomalyLine) -> Cause | None:
    """The largest cause of an anomaly that needs a check; None where none does."""
    return next((cause for cause in of_usage(line) if needs_check(cause, service(line))), None)


def told(line: AnomalyLine) -> list[Cause]:
    """What there is room for under an anomaly: its top cause, and one that needs a check wherever it ranks."""
    first, check = top(line), to_check(line)
    return list(dict.fromkeys(cause for cause in (first, check) if cause))


def are_missing(line: AnomalyLine, report: Report) -> bool:
    """True where the report lacks causes, and this anomaly has none that go beyond its services."""
    noted = any(note.partition(":")[0] == MISSING for note in report.notes)
    return noted and line.status != "resolved" and not of_usage(line)


def effect(cause: Cause) -> Effect | None:
    """Whether more was used, at another price, or both; None where it is not known, or is neither."""
    parts = (cause.quantity_effect, cause.price_effect)
    if parts[0] is None or parts[1] is None or cause.quantity is None or cause.quantity_before is None:
        return None
    quantity, price, rest = abs(parts[0]), abs(parts[1]), abs(cause.rest or _ZERO)
    whole = quantity + price + rest
    if whole < CENT or rest > whole * _UNEXPLAINED:
        return None
    if price >= whole * _MOSTLY:
        return "price"
    return "both" if price > whole * (1 - _MOSTLY) else "quantity"


def times(cause: Cause) -> Decimal | None:
    """How many times the usual quantity was used; None where there was none before, or there is none now."""
    now, before = cause.quantity, cause.quantity_before
    return now / before if now and before and now > 0 and before > 0 else None


def same_use(cause: Cause) -> bool:
    """True where as much was used as usually."""
    found = times(cause)
    return found is not None and abs(found - 1) <= _SAME_USE


def price_change(cause: Cause) -> Decimal | None:
    """The change of the mean price of a unit in percent; None where both effects cannot tell it.

    The effects are those of incidents/causes.py: the change of quantity at the mean price, and the change of price at
    the mean quantity.
    """
    now, before = cause.quantity, cause.quantity_before
    if times(cause) is None or now is None or before is None or now == before:
        return None
    if cause.quantity_effect is None or cause.price_effect is None or abs(cause.quantity_effect) < _SURE:
        return None
    mean, change = cause.quantity_effect / (now - before), 2 * cause.price_effect / (now + before)
    old = mean - change / 2
    return 100 * change / old if old > 0 else None


def same_price(cause: Cause) -> bool:
    """True where a unit cost as much as before."""
    found = price_change(cause)
    return found is not None and abs(found) <= 100 * _SAME_PRICE


def sums(causes: Sequence[Cause]) -> Sums:
    """The causes together, to the cent."""
    return Sums(
        sum((cause.impact for cause in causes), _ZERO),
        _sum(cause.quantity_effect for cause in causes),
        _sum(cause.price_effect for cause in causes),
        _sum(cause.rest for cause in causes),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = list(amounts)
    return None if None in known else sum((each for each in known if each is not None), _ZERO)
