from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from finopsguard.costs.completeness import age_hours, provisional_days
from finopsguard.costs.series import DailySeries

END = date(2026, 11, 23)
FIRST = END - timedelta(days=56)
SUNDAY, SATURDAY, FRIDAY, THURSDAY = (END - timedelta(days=back) for back in (1, 2, 3, 4))
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAYS_LATER = datetime(2026, 11, 27, 8, tzinfo=UTC)
SETTLE = 24


def company(*, accounts: int = 8, services: int = 2) -> DailySeries:
    """Accounts of 100, 200 and so on a day, a third less at weekends."""
    week = [70.0 if (FIRST + timedelta(days=day)).weekday() >= 5 else 100.0 for day in range(56)]
    labels = [
        (f"{account:012d}", f"S{service}") for account in range(accounts) for service in range(services)
    ]
    costs = np.array([np.array(week) * (int(account) + 1) for account, _ in labels])
    return DailySeries([a for a, _ in labels], [s for _, s in labels], FIRST, costs)


def changed(series: DailySeries, shares: Mapping[date, float], rows: slice = slice(None)) -> DailySeries:
    """With a share of what is usual on some days, in some rows."""
    costs = series.costs.copy()
    for day, share in shares.items():
        costs[rows, (day - FIRST).days] *= share
    return DailySeries(series.accounts, series.services, FIRST, costs)


def told(series: DailySeries, at: datetime, settle_hours: int = SETTLE) -> tuple[list[date], list[date]]:
    found = provisional_days(series, at, settle_hours)
    return list(found.provisional), list(found.late)


@pytest.mark.parametrize(
    ("shares", "at", "provisional", "late"),
    [
        ({}, MORNING, [SUNDAY], []),
        ({}, TUESDAY, [], []),
        ({SUNDAY: 0.1}, TUESDAY, [SUNDAY], [SUNDAY]),
        ({SUNDAY: 0.1}, DAYS_LATER, [], []),
        ({SUNDAY: 0.55, SATURDAY: 0.97}, MORNING, [SUNDAY], []),
        ({SUNDAY: 0.1, SATURDAY: 0.1}, MORNING, [SATURDAY, SUNDAY], [SATURDAY]),
        ({SATURDAY: 0.6}, TUESDAY, [SATURDAY, SUNDAY], [SATURDAY]),
        ({FRIDAY: 0.0}, MORNING, [FRIDAY, SATURDAY, SUNDAY], [FRIDAY]),
        ({THURSDAY: 0.0}, MORNING, [SUNDAY], []),
        ({SUNDAY: 0.92}, TUESDAY, [], []),
        ({SUNDAY: 5.0}, TUESDAY, [], []),
    ],
)
def test_a_day_is_provisional_by_its_age_or_because_it_is_late(
    shares: dict[date, float], at: datetime, provisional: list[date], late: list[date]
) -> None:
    assert told(changed(company(), shares), at) == (provisional, late)


@pytest.mark.parametrize("accounts", [1, 2, 3, 8])
@pytest.mark.parametrize("services", [1, 3])
def test_late_data_are_seen_whatever_the_company_is_like(accounts: int, services: int) -> None:
    series = company(accounts=accounts, services=services)
    assert told(changed(series, {SUNDAY: 0.5}), TUESDAY) == ([SUNDAY], [SUNDAY])


@pytest.mark.parametrize(
    "rows",
    [slice(14, 16), slice(0, 1), slice(12, 16)],
    ids=["the largest account", "one service", "the two largest accounts"],
)
def test_what_falls_alone_is_a_fall(rows: slice) -> None:
    assert told(changed(company(), {SUNDAY: 0.0}, rows), TUESDAY) == ([], [])


def test_the_account_with_most_of_the_cost_may_fall_and_may_be_late() -> None:
    series = company()
    costs = series.costs.copy()
    costs[-2:] *= 20
    heavy = DailySeries(series.accounts, series.services, FIRST, costs)
    assert told(changed(heavy, {SUNDAY: 0.0}, slice(-2, None)), TUESDAY) == ([], [])
    assert told(changed(heavy, {SUNDAY: 0.5}), TUESDAY) == ([SUNDAY], [SUNDAY])


def test_with_one_service_of_one_account_a_fall_and_late_data_look_alike() -> None:
    one = company(accounts=1, services=1)
    assert told(changed(one, {SUNDAY: 0.5}), TUESDAY) == ([SUNDAY], [SUNDAY])
    assert told(changed(one, {SUNDAY: 0.95}), TUESDAY) == ([], [])


def test_a_fall_of_everything_that_lasts_is_late_for_three_days_only() -> None:
    for days in range(1, 12):
        fallen = {END - timedelta(days=back): 0.4 for back in range(1, days + 1)}
        provisional, late = told(changed(company(), fallen), TUESDAY)
        assert (bool(late), bool(provisional)) == (days <= 3, days <= 3), days


@pytest.mark.parametrize(
    ("hours", "newest"), [(0, []), (8, []), (9, [SUNDAY]), (33, [SATURDAY, SUNDAY]), (168, None)]
)
def test_settle_hours_say_by_which_age_a_day_is_final(hours: int, newest: list[date] | None) -> None:
    week = [END - timedelta(days=back) for back in range(7, 0, -1)]
    assert told(company(), MORNING, hours) == (week if newest is None else newest, [])


def test_a_day_that_lacks_all_services_is_late_though_it_has_no_row() -> None:
    assert told(changed(company(), {SUNDAY: 0.0}), TUESDAY) == ([SUNDAY], [SUNDAY])


def test_a_company_without_cost_or_without_a_history_is_complete() -> None:
    assert told(DailySeries([], [], FIRST, np.zeros((0, 56))), TUESDAY) == ([], [])
    assert told(company().newest(6), TUESDAY) == ([], [])
    young = company().newest(10)
    assert told(changed(company(), {SUNDAY: 0.3}).newest(10), TUESDAY) == ([SUNDAY], [SUNDAY])
    assert told(young, TUESDAY) == ([], [])


def test_age_counts_from_the_end_of_the_day_in_utc() -> None:
    assert age_hours(SUNDAY, MORNING) == 8
