"""Covered hours that turn on demand, and the reverse; and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from finopsguard.incidents import causes
from finopsguard.models.cause import Cause
from finopsguard.models.costs import Usage, UsageLine
from tests.unit.incidents.causes.usage import ALL, INCIDENT, START, lines, usage

BOX, OTHER = "BoxUsage:m5.large", "BoxUsage:c5.large"
LIST, PLAN = 0.1, 0.06
Hours = Callable[[int], float]


def used(
    usage_type: str,
    covered: Hours,
    on_demand: Hours,
    *,
    record: str = "SavingsPlanCoveredUsage",
    negation: bool = False,
    plan: float = PLAN,
) -> tuple[list[UsageLine], list[list[UsageLine]]]:
    """Hours under a plan and on demand: by Region, and by record type. A negation has the covered hours again."""
    kinds = [(record, covered, plan), ("Usage", on_demand, LIST)]
    if negation:
        kinds.append(("SavingsPlanNegation", covered, 0))
    records = [lines(usage_type, ALL, hours, price, record_type=kind) for kind, hours, price in kinds]
    by_region = [line for _, hours, price in kinds for line in lines(usage_type, ALL, hours, price)]
    return by_region, records


def explain(*types: tuple[list[UsageLine], list[list[UsageLine]]]) -> tuple[Cause, ...]:
    given: Usage = usage(
        *(by_region for by_region, _ in types), records=[each for _, records in types for each in records]
    )
    return causes.explain(given, START, INCIDENT)


def until(day: int, before: float, now: float) -> Hours:
    return lambda each: before if each < day else now


@pytest.mark.parametrize(
    "record", ["SavingsPlanCoveredUsage", "DiscountedUsage", "Savings Plan Covered Usage"]
)
@pytest.mark.parametrize("negation", [False, True])
def test_a_commitment_that_ended_is_a_price(record: str, negation: bool) -> None:
    (cause,) = explain(used(BOX, until(0, 240, 0), until(0, 24, 264), record=record, negation=negation))
    assert (cause.kind, cause.impact, cause.price_effect) == (
        "commitment_ended",
        Decimal("28.80"),
        Decimal("28.80"),
    )
    assert cause.from_value == record.replace(" ", "")
    assert (cause.quantity, cause.quantity_before, cause.quantity_effect) == (
        Decimal(792),
        Decimal(792),
        Decimal(0),
    )


def test_a_commitment_that_was_bought() -> None:
    (cause,) = explain(used(BOX, until(0, 0, 240), until(0, 264, 24)))
    assert (cause.kind, cause.price_effect) == ("moved_to_commitment", Decimal("-28.80"))
    assert cause.from_value is None, "it was on demand"


def test_one_of_two_commitments_ended_while_hours_grew() -> None:
    (cause,) = explain(used(BOX, until(0, 240, 140), until(0, 24, 144)))
    assert cause.kind == "commitment_ended"
    assert (cause.price_effect, cause.quantity_effect) == (Decimal("12.00"), Decimal("6.00"))


def test_a_commitment_that_ended_on_the_second_day() -> None:
    (cause,) = explain(used(BOX, until(1, 240, 0), until(1, 24, 264)))
    assert (cause.kind, cause.impact) == ("commitment_ended", Decimal("19.20"))


@pytest.mark.parametrize(
    ("covered", "on_demand"),
    [
        (until(0, 240, 240), until(0, 24, 264)),  # more of it
        (until(0, 240, 20), until(0, 24, 24)),  # less of it
        (until(0, 240, 240), until(0, 240, 24)),
        (until(0, 240, 200), until(0, 24, 64)),  # coverage strays
        (until(0, 240, 140), until(0, 24, 400)),  # mostly more of it
        (until(0, 0, 0), until(0, 24, 264)),
        (until(0, 20, 0), until(0, 254, 274)),  # what was covered hardly counts
        (until(0, 240, 160), until(0, 24, 204)),  # most dollars are of more hours
    ],
)
def test_what_is_no_commitment(covered: Hours, on_demand: Hours) -> None:
    found = explain(used(BOX, covered, on_demand))
    assert {cause.kind for cause in found} <= {"changed", "ended"}


@pytest.mark.parametrize(
    ("covered", "on_demand", "plan"),
    [
        (until(0, 240, 140), until(0, 24, 64), 0.025),  # most of what was covered is not used at all
        (until(0, 240, 0), until(0, 24, 424), 0.01),  # more than half as many hours more
    ],
)
def test_hours_are_about_the_same(covered: Hours, on_demand: Hours, plan: float) -> None:
    (cause,) = explain(used(BOX, covered, on_demand, plan=plan))
    assert (cause.kind, cause.price_effect is not None and cause.price_effect > 5) == ("changed", True)


def test_a_plan_that_covers_something_else_instead_did_not_end() -> None:
    taken = used(BOX, until(0, 240, 0), until(0, 24, 264))
    by_other = used(OTHER, until(0, 0, 240), until(0, 0, 24))
    assert {cause.kind for cause in explain(taken, by_other)} == {"changed", "new_family"}


def test_without_record_types_it_is_a_price() -> None:
    by_region, _ = used(BOX, until(0, 240, 0), until(0, 24, 264))
    (cause,) = causes.explain(usage(by_region), START, INCIDENT)
    assert (cause.kind, cause.price_effect) == ("changed", Decimal("28.80"))


def test_a_plan_for_many_types_that_ended_is_named_although_each_is_small() -> None:
    types = [used(f"BoxUsage:f{number}.large", until(0, 24, 0), until(0, 0, 24)) for number in range(30)]
    types = [
        ([line._replace(region=f"eu-west-{number % 2 + 1}") for line in by_region], records)
        for number, (by_region, records) in enumerate(types)
    ]
    found = explain(*types)
    assert {cause.kind for cause in found} == {"commitment_ended"}
    assert (found[0].dimension, found[0].value, found[0].unit) == (causes.OTHERS, "29", "Hrs")
    assert sum(cause.impact for cause in found) == Decimal("86.40")


def test_servers_that_no_plan_covers_are_quantity_where_record_types_are_known() -> None:
    (cause,) = explain(used(BOX, until(0, 240, 240), until(0, 24, 264), negation=True))
    assert (cause.impact, cause.quantity_effect, cause.price_effect) == (Decimal(72), Decimal(72), Decimal(0))


def test_a_usage_type_in_two_regions_is_named_in_both() -> None:
    """Its record types are of both together; the price of each Region is its own."""
    by_region, records = used(BOX, until(0, 240, 0), until(0, 24, 264))
    half = [line._replace(amortized=line.amortized / 2, quantity=line.quantity / 2) for line in by_region]
    other = [line._replace(region="eu-west-2") for line in half]
    found = causes.explain(usage(half, other, records=records), START, INCIDENT)
    assert [(cause.kind, cause.region, cause.price_effect) for cause in found] == [
        ("commitment_ended", "eu-west-1", Decimal("14.40")),
        ("commitment_ended", "eu-west-2", Decimal("14.40")),
    ]


def test_record_types_of_other_money_are_not_believed() -> None:
    by_region, records = used(BOX, until(0, 240, 240), until(0, 24, 264))
    more = [[line._replace(amortized=line.amortized * 2) for line in each] for each in records]
    for other in (records[1:], more):
        (cause,) = causes.explain(usage(by_region, records=other), START, INCIDENT)
        assert (cause.impact, cause.rest) == (Decimal(72), Decimal(0))
        assert cause.price_effect, "of all hours together the mean price rose"


def test_record_types_of_other_hours_are_not_believed() -> None:
    by_region, records = used(BOX, until(0, 240, 240), until(0, 24, 264))
    more = [[line._replace(quantity=line.quantity * 2) for line in each] for each in records]
    (cause,) = causes.explain(usage(by_region, records=more), START, INCIDENT)
    assert cause.quantity == Decimal(1512)
    assert cause.price_effect, "of all hours together the mean price rose"
