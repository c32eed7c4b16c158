"""Why an incident's cost is another: parts by usage type, each split into quantity, price and rest to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.incidents import causes
from finopsguard.incidents.causes import Part
from finopsguard.ports import Usage, UsageLine

START = date(2026, 11, 10)
DAYS = (START, START + timedelta(days=1))


def lines(
    usage_type: str, cost: str, quantity: str, days: range, region: str = "eu-west-1"
) -> list[UsageLine]:
    amount = Decimal(cost)
    return [
        UsageLine(
            START + timedelta(days=day), usage_type, amount, amount, Decimal(quantity), "Hrs", region=region
        )
        for day in days
    ]


@pytest.mark.parametrize(
    ("part", "effects"),
    [
        (("20", "10", "200", "100"), ("10", "0", "0")),  # twice as much
        (("20", "10", "100", "100"), ("0", "10", "0")),  # twice as dear
        (("40", "10", "200", "100"), ("15", "15", "0")),  # both
        (("20", "0", "200", "0"), ("20", "0", "0")),  # new: no price to compare with
        (("0", "20", "0", "200"), ("-20", "0", "0")),
        (("20", "10", "0", "0"), ("0", "0", "10")),  # a fee without a quantity
        (("10", "1", "3", "1"), ("4.33", "4.67", "0")),  # rounding
    ],
)
def test_quantity_price_and_rest_add_up(part: tuple[str, ...], effects: tuple[str, ...]) -> None:
    cost, before, quantity, quantity_before = (Decimal(each) for each in part)
    made = Part(cost, before, quantity, quantity_before, "Hrs")
    assert causes.split(made) == tuple(Decimal(each) for each in effects)


def test_each_day_is_held_against_its_own_weekday() -> None:
    before = [
        line
        for day in range(-28, 0)
        for line in lines("BoxUsage:m5.large", str(10 + (day % 7)), "5", range(day, day + 1))
    ]
    now = [
        line
        for day in range(2)
        for line in lines("BoxUsage:m5.large", str(10 + day), "5", range(day, day + 1))
    ]
    new = lines("BoxUsage:p5.48xlarge", "98.32", "1", range(2), "us-east-1")
    (only,) = causes.explain(Usage([*before, *now, *new], None, None, 1), START, DAYS)
    assert (only.value, only.region, only.impact) == ("BoxUsage:p5.48xlarge", "us-east-1", Decimal("196.64"))
    assert (only.quantity, only.quantity_before, only.unit) == (Decimal(2), Decimal(0), "Hrs")
