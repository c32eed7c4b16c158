"""Days that are held and read again, as AWS was still billing them: which of them are as they were.

Usage of an account by service is the dearest that is read, and what was charged to it by record type costs a twentieth
of that. Where no charge of a day has changed, its usage has not either: it is taken from the history, and not bought
again. What moves between two services of one account and leaves its sum as it was is seen when the newest five weeks
are read again, once a week.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from finopsguard.models.costs import CostRow, HeldRows
from finopsguard.models.run import Period

SAME = Decimal("0.000001")
"""Dollars: more than adding the same amounts in another order makes of them, and less than anything that is billed."""


def to_read(days: Period, charges: Iterable[CostRow], held: HeldRows) -> Period | None:
    """The days from the first to the last whose charges are others than those that are held, or that are not held."""
    now: dict[date, list[CostRow]] = {}
    for row in charges:
        now.setdefault(row.date, []).append(row)
    others = [
        day for day in days.dates() if day not in held or not _are_the_same(now.get(day, []), held[day])
    ]
    return Period(others[0], others[-1] + timedelta(days=1)) if others else None


def _are_the_same(now: Iterable[CostRow], then: Iterable[CostRow]) -> bool:
    apart: dict[tuple[str, str | None, str], list[Decimal]] = {}
    for rows, sign in ((now, 1), (then, -1)):
        for row in rows:
            if row.service is None:
                both = apart.setdefault((row.account_id, row.record_type, row.unit), [Decimal(0), Decimal(0)])
                both[0] += sign * row.amount
                both[1] += sign * (row.amount if row.amortized is None else row.amortized)
    return all(abs(each) < SAME for both in apart.values() for each in both)
