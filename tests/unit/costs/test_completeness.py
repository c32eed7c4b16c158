from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs.completeness import age_hours, provisional_days
from finopsguard.models.run import Period

END = date(2026, 11, 23)
WINDOW = Period(END - timedelta(days=56), END)
USUAL = {day: Decimal(70 if day.weekday() >= 5 else 100) for day in WINDOW.dates()}
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAYS_LATER = datetime(2026, 11, 27, 8, tzinfo=UTC)
SATURDAY, SUNDAY, FRIDAY = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 20)


@pytest.mark.parametrize(
    ("changes", "at", "expected"),
    [
        ({}, MORNING, [SUNDAY]),
        ({}, DAYS_LATER, []),
        ({SUNDAY: "10"}, DAYS_LATER, [SUNDAY]),
        ({SATURDAY: "60"}, DAYS_LATER, [SATURDAY, SUNDAY]),
        ({FRIDAY: "0"}, MORNING, [FRIDAY, SATURDAY, SUNDAY]),
        ({SUNDAY: "64"}, DAYS_LATER, []),
        ({SUNDAY: "500"}, DAYS_LATER, []),
        ({date(2026, 11, 19): "0"}, DAYS_LATER, []),
    ],
)
def test_a_day_is_provisional_by_age_or_by_completeness(
    changes: dict[date, str], at: datetime, expected: list[date]
) -> None:
    usage = {**USUAL, **{day: Decimal(amount) for day, amount in changes.items()}}
    assert list(provisional_days(usage, WINDOW, at)) == expected


def test_a_weekend_is_compared_with_weekends() -> None:
    assert provisional_days(USUAL, Period(WINDOW.start, date(2026, 11, 22)), DAYS_LATER) == ()


def test_a_day_without_any_cost_is_provisional_where_there_usually_is_some() -> None:
    usage = {day: amount for day, amount in USUAL.items() if day != SUNDAY}
    assert provisional_days(usage, WINDOW, DAYS_LATER) == (SUNDAY,)


def test_an_account_that_never_cost_anything_is_complete() -> None:
    assert provisional_days({}, WINDOW, DAYS_LATER) == ()


def test_age_counts_from_the_end_of_the_day_in_utc() -> None:
    assert age_hours(SUNDAY, MORNING) == 8
