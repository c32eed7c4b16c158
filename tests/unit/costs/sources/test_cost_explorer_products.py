"""What large charges are for: asked once, for little, and never at the cost of the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.models.costs import CostRow
from finopsguard.models.costs import Costs as Read
from tests.standins import Charge, Costs, StandIns
from tests.unit.costs.sources.cost_queries import SHORT, WEEK, batch

A, B = "111100000000", "111100000001"
TUESDAY, FRIDAY = WEEK.start + timedelta(days=1), WEEK.start + timedelta(days=4)
USED = [
    Charge(account, day, "AWS Lambda", "Usage", Decimal(100))
    for account in (A, B)
    for day in SHORT.window.dates()
]
OFFER = Charge(A, TUESDAY, "Snowcat", "Fee", Decimal(60000), seller="Snowcat Inc.")


def read(standins: StandIns, reader: CostExplorer, *charges: Charge) -> Read:
    standins.cost_explorer.costs = Costs.charges([*USED, *charges])
    return reader.fetch(SHORT, batch(standins, 2), SHORT.window)


def products(costs: Read) -> list[tuple[str, str | None, str | None, Decimal, str | None]]:
    return [
        (row.account_id, row.record_type, row.service, row.amount, row.seller)
        for row in costs.rows
        if row.seller is not None
    ]


def test_a_large_charge_is_named_by_product_and_seller_for_one_page(
    standins: StandIns, reader: CostExplorer
) -> None:
    before = read(standins, reader)
    costs = read(standins, reader, OFFER)
    assert products(costs) == [(A, "Fee", "Snowcat", Decimal(60000), "Snowcat Inc.")]
    assert (costs.requests, costs.unnamed) == (before.requests + 1, False)
    asked = standins.cost_explorer.calls[-1].parameters
    assert asked["TimePeriod"] == {"Start": str(TUESDAY), "End": str(TUESDAY + timedelta(days=1))}
    assert [each["Key"] for each in asked["GroupBy"]] == ["SERVICE", "LEGAL_ENTITY_NAME"]
    assert [each["Dimensions"]["Values"] for each in asked["Filter"]["And"]] == [[A], ["Fee"]]


@pytest.mark.parametrize(
    "charges",
    [
        [Charge(A, TUESDAY, "x", "Fee", Decimal("199.99"))],
        [Charge(A, WEEK.start - timedelta(days=1), "x", "Fee", Decimal(60000))],
        [Charge(A, TUESDAY, "x", "Tax", Decimal(60000))],
        [Charge(A, day, "x", "SavingsPlanRecurringFee", Decimal(900)) for day in SHORT.window.dates()],
    ],
    ids=["small", "before the period", "tax", "every day alike"],
)
def test_nothing_is_asked_for_what_is_not_large(
    standins: StandIns, reader: CostExplorer, charges: list[Charge]
) -> None:
    costs = read(standins, reader, *charges)
    assert (products(costs), costs.unnamed, costs.requests) == ([], False, 2)


def test_one_percent_of_usage_is_the_measure_of_a_large_bill(
    standins: StandIns, reader: CostExplorer
) -> None:
    # The week's usage is 280,000 more: 1 % of it is 2,814.
    usage = [Charge(A, day, "EC2 - Other", "Usage", Decimal(40000)) for day in WEEK.dates()]
    assert read(standins, reader, *usage, Charge(A, TUESDAY, "x", "Fee", Decimal(2813))).requests == 2
    assert read(standins, reader, *usage, Charge(A, TUESDAY, "x", "Fee", Decimal(2814))).requests == 3


def test_several_charges_are_told_apart_by_day_or_amount(standins: StandIns, reader: CostExplorer) -> None:
    other = Charge(B, TUESDAY, "Dogma", "Fee", Decimal(700), seller="Dogma Ltd")
    later = Charge(B, FRIDAY, "AWS Support (Business)", "Support", Decimal(900))
    costs = read(standins, reader, OFFER, other, later)
    assert costs.requests == 3
    assert sorted(products(costs)) == [
        (A, "Fee", "Snowcat", Decimal(60000), "Snowcat Inc."),
        (B, "Fee", "Dogma", Decimal(700), "Dogma Ltd"),
        (B, "Support", "AWS Support (Business)", Decimal(900), "Amazon Web Services, Inc."),
    ]


def test_two_of_one_amount_are_of_nobody_and_that_is_said(standins: StandIns, reader: CostExplorer) -> None:
    twin = Charge(B, TUESDAY, "Dogma", "Fee", Decimal(60000), seller="Dogma Ltd")
    costs = read(standins, reader, OFFER, twin)
    assert (products(costs), costs.unnamed) == ([], True)


def test_two_products_of_one_charge_are_both_named(standins: StandIns, reader: CostExplorer) -> None:
    second = Charge(A, TUESDAY, "Dogma", "Fee", Decimal(500), seller="")
    costs = read(standins, reader, OFFER, second)
    assert {each[2] for each in products(costs)} == {"Snowcat", "Dogma"}


def spoiled(change: Any) -> Any:
    """Only the answer by product."""

    def spoil(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if parameters.get("GroupBy", [{}])[0].get("Key") == "SERVICE":
            change(answer)

    return spoil


def garbled(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"][0]["Metrics"]["UnblendedCost"]["Amount"] = "NaN"


def nameless(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"][0]["Keys"] = None


def elsewhere(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["TimePeriod"] = {"Start": "2020-01-01", "End": "2020-01-02"}


def less(answer: dict[str, Any]) -> None:
    answer["ResultsByTime"][0]["Groups"][0]["Metrics"]["UnblendedCost"]["Amount"] = "1"


@pytest.mark.parametrize("change", [garbled, nameless, elsewhere, less])
def test_an_answer_that_cannot_be_read_costs_names_and_nothing_else(
    standins: StandIns, reader: CostExplorer, change: Any
) -> None:
    standins.cost_explorer.spoil(spoiled(change))
    costs = read(standins, reader, OFFER)
    assert (products(costs), costs.unnamed, costs.requests) == ([], True, 3)
    fees = [row for row in costs.rows if row.record_type == "Fee"]
    assert fees == [CostRow(TUESDAY, A, None, "Fee", Decimal(60000), "USD", amortized=Decimal(60000))]


def test_a_refused_question_is_free_and_further_pages_are_not_asked_for(
    standins: StandIns, reader: CostExplorer
) -> None:
    standins.cost_explorer.fail(
        "AccessDeniedException",
        "no",
        times=None,
        when=lambda operation, asked: asked.get("GroupBy", [{}])[0].get("Key") == "SERVICE",
    )
    costs = read(standins, reader, OFFER)
    assert (products(costs), costs.unnamed, costs.requests) == ([], True, 2)


def test_what_is_on_a_second_page_has_no_name(standins: StandIns, reader: CostExplorer) -> None:
    whole = read(standins, reader, OFFER, Charge(B, FRIDAY, "Dogma", "Fee", Decimal(900)))
    standins.cost_explorer.page_size = 1
    costs = read(standins, reader, OFFER, Charge(B, FRIDAY, "Dogma", "Fee", Decimal(900)))
    assert len(products(whole)) == 2
    assert (len(products(costs)), costs.unnamed) == (1, True)
