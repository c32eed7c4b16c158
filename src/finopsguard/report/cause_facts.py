"""What the causes of an anomaly say, worked out for card, page and terminal; `cause_text.py` finds the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from finopsguard.models import notes
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.cause import Cause
from finopsguard.models.money import CENT
from finopsguard.models.report import Report
from finopsguard.report import facts
from finopsguard.report.usage_types import read

OTHERS = "others"
"""`dimension` of several causes that are told together; `value` is their number (incidents/causes)."""

Effect = Literal["quantity", "price", "both"]

_ZERO = Decimal(0)
# A cause is told as quantity or price from this part of its dollars on; both, where each has more than the rest of it.
_MOSTLY = Decimal("0.8")
# What is neither quantity nor price may be this part of a cause of which one of the two is told.
_UNEXPLAINED = Decimal("0.05")
# Use within this part of the usual is the same use; prices have not changed where they are this part of the quantity's.
_SAME_USE, _SAME_PRICE = Decimal("0.02"), Decimal("0.01")


@dataclass(frozen=True)
class Sums:
    """The dollars of several causes; None where one of them was not split."""

    impact: Decimal
    quantity: Decimal | None
    price: Decimal | None
    rest: Decimal | None


def explaining(line: AnomalyLine) -> list[Cause]:
    """What explains an anomaly beyond the services that it is of, in the order in which it was ranked."""
    return [cause for cause in line.causes if cause.dimension in ("usage_type", OTHERS) or is_renamed(cause)]


def is_renamed(cause: Cause) -> bool:
    """True for a service that AWS bills under another name."""
    return cause.dimension == "service" and cause.kind == "now_billed_as"


def top(line: AnomalyLine) -> Cause | None:
    """The first cause that goes the anomaly's way, or another name, which goes none; None where there is none."""
    return next(
        (
            cause
            for cause in explaining(line)
            if is_renamed(cause)
            or (cause.impact * line.direction > 0 and (cause.dimension != OTHERS or cause.kind is not None))
        ),
        None,
    )


def service(line: AnomalyLine) -> str:
    """The service that the causes are of; empty where it is not known which of several."""
    several = facts.services(line)
    return "" if len(several) > 1 else line.service


def needs_check(cause: Cause, of: str = "") -> bool:
    """True where somebody's code runs in a Region or on an instance family that was not used before: a security mark.

    Stolen keys are used to run instances where their owner does not look (MITRE ATT&CK T1535). `of`: the service.
    """
    if cause.dimension != "usage_type" or cause.kind not in ("new_region", "new_family") or cause.impact <= 0:
        return False
    return read(cause.value, "en", of).compute


def to_check(line: AnomalyLine) -> Cause | None:
    """The first cause of an anomaly that needs a check; None where none does."""
    return next((cause for cause in explaining(line) if needs_check(cause, service(line))), None)


def told(line: AnomalyLine) -> list[Cause]:
    """What there is room for under an anomaly: its top cause, and one that needs a check wherever it ranks."""
    first, check = top(line), to_check(line)
    return list(dict.fromkeys(cause for cause in (first, check) if cause))


def are_missing(line: AnomalyLine, report: Report) -> bool:
    """True where an anomaly has no causes and the report says that those of it are missing."""
    if line.status == "resolved" or explaining(line):
        return False
    return any(line.id in found.incidents for each in report.notes if (found := notes.unexplained(each)))


def effect(cause: Cause) -> Effect | None:
    """Whether more was used, at another price, or both; None where it is not known, or is neither."""
    parts = (cause.quantity_effect, cause.price_effect)
    if parts[0] is None or parts[1] is None or cause.quantity is None or cause.quantity_before is None:
        return None
    quantity, price, rest = abs(parts[0]), abs(parts[1]), abs(cause.rest or _ZERO)
    whole, more = quantity + price + rest, cause.quantity - cause.quantity_before
    if whole < CENT or rest > whole * _UNEXPLAINED or parts[0] * more < 0:
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


def same_prices(cause: Cause) -> bool:
    """True where no price changed. A percent cannot be told: of hours in part under a plan, each has a price."""
    if cause.quantity_effect is None or cause.price_effect is None:
        return False
    return abs(cause.price_effect) <= abs(cause.quantity_effect) * _SAME_PRICE


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
