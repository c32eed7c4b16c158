"""What a soak's report is held to where the total of all that is billed was not to be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.models.report import UNKNOWN, AccountCost, Check, DayCost, Report
from tests.faults.soak_numbers import as_read, as_told
from tests.faults.soak_world import FIRST, RESTATED_AFTER, Company
from tests.standins import Charge
from tests.truth.days import DAY
from tests.unit.report.sample import weekly

COMPANY = Company(1, 60)
STATED = Decimal("0.96")
RESTATED = next(
    day
    for number in range(20, 60)
    for day in [FIRST + number * DAY]
    if COMPANY.share(day, RESTATED_AFTER - 1) == STATED
)
MORNING = RESTATED + (RESTATED_AFTER + 1) * DAY
SHOP, DATA = "111111111111", "222222222222"


def of(account: str) -> Callable[[Charge], bool]:
    return lambda charge: charge.account_id == account


def on(morning: date, account: str) -> Decimal:
    """What an account's day cost as it stood on a morning."""
    return COMPANY.costs(morning).total(RESTATED, RESTATED + DAY, of(account))


def report(told: Decimal, detail: str) -> Report:
    """A report that read two accounts."""
    base = weekly("en")
    accounts = tuple(AccountCost(each, each, Decimal(0), None) for each in (SHOP, DATA))
    coverage = replace(base.coverage, checks=(Check("control_total", "warn", detail),))
    day = DayCost(RESTATED, told, told, provisional=False)
    return replace(base, accounts=accounts, daily=(day,), coverage=coverage)


BEFORE = RESTATED + (RESTATED_AFTER - 1) * DAY


@pytest.mark.parametrize(("shop", "data"), [(BEFORE, BEFORE), (MORNING, MORNING), (BEFORE, MORNING)])
def test_each_account_s_day_is_as_it_was_read(shop: date, data: date) -> None:
    """One that could not be read at first was read when AWS had restated the day, the others before."""
    told = on(shop, SHOP) + on(data, DATA)
    bill = as_read(COMPANY, report(told, UNKNOWN), MORNING)
    assert on(BEFORE, SHOP) < on(MORNING, SHOP)
    assert bill.total(RESTATED, RESTATED + DAY, of(SHOP)) == on(shop, SHOP)
    assert bill.total(RESTATED, RESTATED + DAY, of(DATA)) == on(data, DATA)


def test_with_the_total_every_day_is_as_it_stands() -> None:
    told = on(BEFORE, SHOP) + on(MORNING, DATA)
    bill = as_read(COMPANY, report(told, "0.00"), MORNING)
    assert bill.total(RESTATED, RESTATED + DAY, of(SHOP)) == on(MORNING, SHOP)


def test_what_no_morning_brought_is_as_it_stands() -> None:
    told = on(BEFORE, SHOP) + on(MORNING, DATA) + Decimal("0.01")
    bill = as_read(COMPANY, report(told, UNKNOWN), MORNING)
    assert bill.total(RESTATED, RESTATED + DAY, of(SHOP)) == on(MORNING, SHOP)


def test_the_days_of_an_account_may_be_of_two_mornings() -> None:
    """A day that was held when the report was planned, and one that a redrive read on the morning after."""
    later = next(
        day
        for day in (RESTATED + number * DAY for number in range(1, RESTATED_AFTER))
        if COMPANY.share(day, (BEFORE - day).days) != COMPANY.share(day, (MORNING - day).days)
    )
    held, read = COMPANY.costs(BEFORE), COMPANY.costs(MORNING)
    base = report(on(BEFORE, SHOP) + on(BEFORE, DATA), "0.01")
    cost = sum((read.total(later, later + DAY, of(each)) for each in (SHOP, DATA)), Decimal(0))
    told = replace(base, daily=(*base.daily, DayCost(later, cost, cost, provisional=False)))
    bill = as_told(told, [held, read], held)
    for account in (SHOP, DATA):
        assert bill.total(RESTATED, RESTATED + DAY, of(account)) == on(BEFORE, account)
        assert bill.total(later, later + DAY, of(account)) == read.total(later, later + DAY, of(account))
