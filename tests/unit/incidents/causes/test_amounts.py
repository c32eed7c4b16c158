"""A change as quantity, price and rest."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finopsguard.incidents.causes.amounts import Change, split


def change(*amounts: str) -> Change:
    """Cost, cost before, quantity, quantity before."""
    return Change(*(Decimal(each) for each in amounts))


@pytest.mark.parametrize(
    ("amounts", "effects"),
    [
        (("20", "10", "200", "100"), ("10", "0", "0")),  # twice as much
        (("20", "10", "100", "100"), ("0", "10", "0")),  # twice as dear
        (("40", "10", "200", "100"), ("15", "15", "0")),  # both
        (("20", "0", "200", "0"), ("20", "0", "0")),  # new: no price to compare with
        (("0", "20", "0", "200"), ("-20", "0", "0")),
        (("20", "10", "0", "0"), ("0", "0", "10")),  # a fee without a quantity
        (("20", "10", "0", "100"), ("-10", "0", "20")),  # the same thing, and a fee in its place
        (("0", "0", "0", "0"), ("0", "0", "0")),
    ],
)
def test_quantity_price_and_rest_of_one_record_type(
    amounts: tuple[str, ...], effects: tuple[str, ...]
) -> None:
    assert split([change(*amounts)]) == tuple(Decimal(each) for each in effects)


def test_servers_that_no_plan_covers_are_quantity_although_the_mean_price_rises() -> None:
    covered, on_demand = change("6", "6", "100", "100"), change("15", "5", "150", "50")
    assert split([covered, on_demand]) == (Decimal(10), Decimal(0), Decimal(0))
    alone = split([change("21", "11", "250", "150")])
    assert alone.price > 1, "what the mean price alone would say"


def test_hours_that_a_plan_covers_no_more_are_price_alone() -> None:
    covered, on_demand = change("0", "6", "0", "100"), change("15", "5", "150", "50")
    assert split([covered, on_demand]) == (Decimal(0), Decimal(4), Decimal(0))


def test_hours_that_lost_their_plan_beside_new_ones_are_both() -> None:
    covered, on_demand = change("0", "6", "0", "100"), change("17", "5", "170", "50")
    assert split([covered, on_demand]) == (Decimal(2), Decimal(4), Decimal(0))
