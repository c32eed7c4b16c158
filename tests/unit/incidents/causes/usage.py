"""Usage for tests: what was billed by day, in short."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.models.costs import Usage, UsageLine

START = date(2026, 11, 10)  # a Tuesday
BEFORE, DAYS = range(-28, 0), range(3)
ALL = range(-28, 3)
INCIDENT = tuple(START + timedelta(days=day) for day in DAYS)


def lines(
    usage_type: str,
    days: Iterable[int],
    quantity: float | Callable[[int], float],
    price: float,
    *,
    region: str | None = "eu-west-1",
    record_type: str | None = None,
    operation: str | None = None,
    unit: str = "Hrs",
) -> list[UsageLine]:
    """A line for each day, counted from the incident's start; of a finer grouping where its key is given."""
    made = []
    for day in days:
        used = Decimal(str(quantity(day) if callable(quantity) else quantity))
        cost = used * Decimal(str(price))
        made.append(
            UsageLine(
                START + timedelta(days=day),
                usage_type,
                cost,
                cost,
                used,
                unit,
                None if record_type or operation else region,
                record_type,
                operation,
            )
        )
    return made


def usage(
    *by_region: list[UsageLine],
    records: Iterable[list[UsageLine]] = (),
    operations: Iterable[list[UsageLine]] = (),
) -> Usage:
    """The groupings of one incident; those without lines were not read."""
    return Usage(
        [line for each in by_region for line in each],
        [line for each in records for line in each] or None,
        [line for each in operations for line in each] or None,
        1,
    )
