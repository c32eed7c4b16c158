"""Why an incident's cost is another: what was billed by usage type on its days, against its baseline days.

Each part's difference is split into the effect of quantity and the effect of price: a quantity's change at the mean of
both prices, and a price's change at the mean of both quantities (Bennet's indicator, 1920). The two add up to the
difference exactly; what is lost to rounding, or has no quantity, is the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from finopsguard.models.cause import Cause
from finopsguard.models.money import CENT
from finopsguard.models.run import Period
from finopsguard.ports import Usage, UsageLine

BASELINE_DAYS = 28
"""Four of each weekday before an incident began."""

_ZERO = Decimal(0)


class Part(NamedTuple):
    """Cost and quantity of a usage type in a Region on an incident's days, and on as many days as they were before."""

    cost: Decimal
    cost_before: Decimal
    quantity: Decimal
    quantity_before: Decimal
    unit: str


class Effects(NamedTuple):
    """USD of a part's difference in cents, which they add up to."""

    quantity: Decimal
    price: Decimal
    rest: Decimal


def baseline(start: date) -> Period:
    """The days before an incident that its own are held against."""
    return Period(start - timedelta(days=BASELINE_DAYS), start)


def explain(usage: Usage, start: date, days: Sequence[date]) -> tuple[Cause, ...]:
    """The causes of an incident that began on `start` on its `days`, the largest part first.

    Each day is held against the mean of the same weekdays of the baseline, a day without a line being one without
    usage.
    """
    keys = dict.fromkeys((line.usage_type, line.region or "") for line in usage.by_region)
    found = []
    for usage_type, region in keys:
        mine = [
            line for line in usage.by_region if (line.usage_type, line.region or "") == (usage_type, region)
        ]
        part = _part(mine, start, days)
        impact = (part.cost - part.cost_before).quantize(CENT)
        if impact:
            effects = split(part)
            found.append(
                Cause(
                    "usage_type",
                    usage_type,
                    impact,
                    "changed",
                    region or None,
                    None,
                    *effects,
                    part.quantity,
                    part.quantity_before,
                    part.unit,
                )
            )
    return tuple(sorted(found, key=lambda cause: (-abs(cause.impact), cause.value, cause.region or "")))


def split(part: Part) -> Effects:
    """A part's difference as quantity effect, price effect and rest."""
    difference = (part.cost - part.cost_before).quantize(CENT)
    if not part.quantity and not part.quantity_before:
        return Effects(_ZERO, _ZERO, difference)
    # What was not there before, or is not there now, has no price to compare with.
    price = part.cost / part.quantity if part.quantity else part.cost_before / part.quantity_before
    before = part.cost_before / part.quantity_before if part.quantity_before else price
    quantity = ((part.quantity - part.quantity_before) * (price + before) / 2).quantize(CENT)
    priced = ((price - before) * (part.quantity + part.quantity_before) / 2).quantize(CENT)
    return Effects(quantity, priced, difference - quantity - priced)


def _part(lines: Sequence[UsageLine], start: date, days: Sequence[date]) -> Part:
    now = [line for line in lines if line.date in set(days)]
    unit = max(lines, key=lambda line: line.date).unit
    cost = sum((line.amortized for line in now), _ZERO)
    quantity = sum((line.quantity for line in now), _ZERO)
    cost_before = quantity_before = _ZERO
    for day in days:
        alike = [each for each in baseline(start).dates() if each.weekday() == day.weekday()]
        same = [line for line in lines if line.date in alike]
        cost_before += sum((line.amortized for line in same), _ZERO) / len(alike)
        quantity_before += sum((line.quantity for line in same), _ZERO) / len(alike)
    return Part(cost, cost_before, quantity, quantity_before, unit)
