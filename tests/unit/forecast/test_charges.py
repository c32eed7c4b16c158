"""What charges still bring: August and September are over, of October the days to the 10th are final."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from finopsguard.forecast.charges import Ahead, ChargeRow, Days, charges_ahead, charges_of

FIRST = date(2026, 8, 1)
TODAY, END = date(2026, 10, 11), date(2026, 11, 1)
USED = 10.0


def on(name: str, *days: tuple[date, float]) -> list[ChargeRow]:
    return [("a", name, day, Decimal(str(amount))) for day, amount in days]


def ahead_of(rows: list[ChargeRow], *, today: date = TODAY, read: int = 0) -> Ahead:
    """Of an account that uses $10 a day; `read` days are known beyond the final ones."""
    index = {day: (day - FIRST).days for day in (date(2026, 9, 1), date(2026, 10, 1), today, END)}
    settled = index[today]
    days = Days(0, index[date(2026, 9, 1)], index[date(2026, 10, 1)], settled, settled + read, index[END])
    usage = np.full((1, settled + read), USED)
    usage_ahead = np.full((1, days.ahead), USED)
    return charges_ahead(charges_of(rows, {"a": 0}, FIRST, settled + read), usage, usage_ahead, days)


def to_come(rows: list[ChargeRow], *, today: date = TODAY, read: int = 0) -> tuple[float, float]:
    """(what is still to come, how far that may be off)."""
    found = ahead_of(rows, today=today, read=read)
    return round(float(found.by_day.sum()), 2), round(float(found.doubt.sum()) ** 0.5, 2)


def firsts(*amounts: float) -> list[tuple[date, float]]:
    months = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    return list(zip(months, amounts, strict=False))


def test_tax_that_grows_with_the_month_comes_to_last_months_share() -> None:
    """August 62 of 310, September 60 of 300: a fifth. October will have 310, and 20 are billed."""
    assert to_come(on("Tax", *firsts(62, 60, 20))) == (42, 0)
    assert to_come(on("Tax", *firsts(62, 60))) == (62, 0), "none of it is billed yet"


def test_tax_that_came_whole_comes_once() -> None:
    assert to_come(on("Tax", *firsts(62, 60, 62)))[0] == 0
    assert to_come(on("Tax", *firsts(62, 60, 90)))[0] == 0, "more than expected is a fact"


def test_a_share_that_changed_is_in_doubt_by_its_change() -> None:
    assert to_come(on("Support", *firsts(31, 60))) == (62, 31)


def test_a_fee_of_both_months_before_comes_once_more() -> None:
    fee = on("Fee", (date(2026, 8, 20), 99), (date(2026, 9, 20), 100))
    found = ahead_of(fee)
    assert to_come(fee) == (100, 1)
    assert np.flatnonzero(found.by_day[0]).tolist() == [9], "on the 20th"
    assert to_come([*fee, *on("Fee", (date(2026, 10, 9), 100))])[0] == 0, "it came early"


def test_a_fee_that_is_overdue_is_waited_for_a_week() -> None:
    fee = on("Fee", (date(2026, 8, 5), 100), (date(2026, 9, 5), 100))
    assert to_come(fee)[0] == 100
    assert to_come(fee, today=date(2026, 10, 14))[0] == 0


def test_what_came_last_month_only_makes_the_forecast_less_sure() -> None:
    fee = on("Fee", (date(2026, 9, 20), 400))
    assert to_come(fee) == (0, 400)
    assert to_come(fee, today=date(2026, 10, 29)) == (0, 0), "its day has passed"


def test_what_came_this_month_only_does_not_come_again() -> None:
    assert to_come(on("Refund", (date(2026, 10, 3), -500))) == (0, 0)
    assert to_come(on("Credit", (date(2026, 10, 3), -500))) == (0, 0)


def test_a_credit_of_every_month_comes_again() -> None:
    assert to_come(on("Credit", (date(2026, 8, 20), -30), (date(2026, 9, 20), -30))) == (-30, 0)


def test_what_comes_every_day_goes_on_as_in_the_last_week() -> None:
    every = [FIRST + timedelta(day) for day in range(71)]
    plan = on("SavingsPlanRecurringFee", *((day, 2) for day in every))
    discount = on("EdpDiscount", *((day, -1) for day in every))
    assert to_come(plan) == (42, 0)
    assert to_come(discount) == (-21, 0)
    assert ahead_of(discount).follows.tolist() == [pytest.approx(-21)], "a tenth of the usage ahead"
    assert ahead_of(plan).follows.tolist() == [0]


def test_a_daily_charge_that_stopped_a_week_ago_does_not_go_on() -> None:
    stopped = [FIRST + timedelta(day) for day in range(64)]
    assert to_come(on("SavingsPlanRecurringFee", *((day, 2) for day in stopped)))[0] == 0


def test_amounts_of_either_sign_are_held_apart() -> None:
    given = on("Credit", (date(2026, 8, 20), -30), (date(2026, 9, 20), -30))
    taken = on("Credit", (date(2026, 8, 21), 10), (date(2026, 9, 21), 10), (date(2026, 10, 9), 10))
    assert to_come([*given, *taken])[0] == -30


def test_what_came_on_days_that_are_not_final_is_counted_once() -> None:
    fee = on("Fee", (date(2026, 8, 11), 100), (date(2026, 9, 11), 100), (TODAY, 100))
    found = ahead_of(fee, read=1)
    assert found.by_day[0].tolist() == [100.0] + [0.0] * 20


def test_a_month_that_is_over_brings_nothing() -> None:
    assert ahead_of(on("Tax", *firsts(62, 60, 20)), today=END).by_day.shape == (1, 0)


def test_without_the_month_before_nothing_is_expected() -> None:
    days = Days(-61, -30, 0, 9, 9, 31)
    rows = charges_of(on("Fee", (FIRST, 100)), {"a": 0}, FIRST, 9)
    found = charges_ahead(rows, np.full((1, 9), USED), np.full((1, 22), USED), days)
    assert float(found.by_day.sum()) == 0
