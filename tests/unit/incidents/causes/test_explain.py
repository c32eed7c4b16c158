"""Kinds of causes, operations, and the list that is told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from finopsguard.incidents import causes
from finopsguard.models.cause import Cause
from finopsguard.models.costs import Usage, UsageLine
from tests.unit.incidents.causes.usage import ALL, BEFORE, DAYS, INCIDENT, START, lines, usage

USUAL = lines("BoxUsage:m5.large", ALL, 24, 0.1)


def explain(given: Usage, *, direction: int = 0) -> tuple[Cause, ...]:
    return causes.explain(given, START, INCIDENT, direction=direction)


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (lines("BoxUsage:m5.xlarge", DAYS, 24, 0.2), "new_usage_type"),
        (lines("BoxUsage:p5.48xlarge", DAYS, 24, 98), "new_family"),
        (lines("EU-InstanceUsage:db.r6g.large", DAYS, 24, 0.2), "new_family"),
        (lines("NodeUsage:cache.m5.large", DAYS, 24, 0.2), "new_usage_type"),
        (lines("BoxUsage:m5.large", DAYS, 24, 0.2, region="ap-south-1"), "new_region"),
        (lines("BoxUsage:p5.48xlarge", DAYS, 24, 98, region="ap-south-1"), "new_region"),
        (lines("BoxUsage:p5.48xlarge", DAYS, 24, 98, region="global"), "new_family"),
        (lines("NatGateway-Bytes", DAYS, 240, 0.05, region=None, unit="GB"), "new_usage_type"),
        (lines("BoxUsage:p5.48xlarge", range(-1, 3), lambda day: 4 if day < 0 else 24, 98), "new_family"),
        (lines("BoxUsage:p5.48xlarge", [-20, *DAYS], lambda day: 1 if day < 0 else 24, 98), "changed"),
    ],
    ids=range(10),
)
def test_what_is_new(new: list[UsageLine], kind: str) -> None:
    (cause,) = explain(usage(USUAL, new))
    assert (cause.value, cause.kind) == (new[0].usage_type, kind)


def test_what_takes_money_away_is_not_new() -> None:
    (cause,) = explain(usage(USUAL, lines("Rebate", DAYS, 1, -5)))
    assert (cause.kind, cause.impact) == ("changed", Decimal(-15))


def test_of_a_service_that_is_new_itself_neither_region_nor_family_is_news() -> None:
    (cause,) = explain(usage(lines("BoxUsage:p5.48xlarge", DAYS, 24, 98)))
    assert cause.kind == "new_usage_type"


@pytest.mark.parametrize("last", [[], [0]])
def test_what_is_gone(last: list[int]) -> None:
    gone = lines("BoxUsage:c5.large", [*BEFORE, *last], lambda day: 24 if day < 0 else 6, 0.1)
    (cause,) = explain(usage(USUAL, gone))
    assert (cause.value, cause.kind, cause.impact < 0) == ("BoxUsage:c5.large", "ended", True)


def test_what_comes_now_and_then_has_not_ended() -> None:
    assert explain(usage(USUAL, lines("BoxUsage:c5.large", [-20, -9], 24, 0.1))) == ()


def test_the_operation_that_has_most_of_the_dollars() -> None:
    """The same usage type on Linux and Windows: hours as before, and dearer."""
    boxes = [
        *lines("BoxUsage:m5.large", BEFORE, 48, 0.1),
        *lines("BoxUsage:m5.large", DAYS, 24, 0.1),
        *lines("BoxUsage:m5.large", DAYS, 24, 0.2),
    ]
    linux = lines("BoxUsage:m5.large", ALL, lambda day: 48 if day < 0 else 24, 0.1, operation="RunInstances")
    windows = lines("BoxUsage:m5.large", DAYS, 24, 0.2, operation="RunInstances:0002")
    (cause,) = explain(usage(boxes, operations=[linux, windows]))
    assert (cause.operation, cause.kind) == ("RunInstances:0002", "changed")
    assert (cause.quantity_effect, cause.price_effect) == (Decimal(0), Decimal("7.20"))


def test_no_operation_where_none_has_most_of_the_dollars() -> None:
    tiers = [
        lines("Requests-Tier1", DAYS, 1000, 0.01, unit="Requests", operation=name) for name in ("A", "B")
    ]
    (cause,) = explain(
        usage(USUAL, lines("Requests-Tier1", DAYS, 2000, 0.01, unit="Requests"), operations=tiers)
    )
    assert cause.operation is None


def test_no_operation_where_it_may_be_another_region_s() -> None:
    both = [
        lines("Requests-Tier1", DAYS, 1000, 0.01, unit="Requests", region=region)
        for region in ("eu-west-1", "eu-west-2")
    ]
    one = lines("Requests-Tier1", DAYS, 2000, 0.01, unit="Requests", operation="PutObject")
    assert {each.operation for each in explain(usage(USUAL, *both, operations=[one]))} == {None}


def test_units_that_differ_are_not_added() -> None:
    mixed = [*lines("Odd", DAYS, 5, 1), *lines("Odd", DAYS, 5, 1, unit="GB")]
    (cause,) = explain(usage(USUAL, mixed))
    assert (cause.impact, cause.quantity, cause.unit) == (Decimal(30), None, None)
    assert (cause.quantity_effect, cause.price_effect, cause.rest) == (Decimal(0), Decimal(0), Decimal(30))


def test_small_parts_are_told_together_and_the_sum_stays() -> None:
    small = [lines(f"Small{number}", DAYS, 1, 0.11) for number in range(9)]
    large = lines("NatGateway-Bytes", DAYS, 100, 1, unit="GB")
    first, others = explain(usage(USUAL, large, *small))
    assert (first.value, others.dimension, others.value) == ("NatGateway-Bytes", causes.OTHERS, "9")
    assert (first.impact, others.impact) == (Decimal(300), Decimal("2.97"))
    assert (others.quantity, others.unit, others.region) == (Decimal(27), "Hrs", "eu-west-1")


def test_no_more_than_eight_have_their_names() -> None:
    found = explain(usage(USUAL, *(lines(f"Equal{number:02}", DAYS, 10, 1) for number in range(12))))
    assert [(each.value, each.impact) for each in found[7:]] == [
        ("Equal07", Decimal(30)),
        ("4", Decimal(120)),
    ]


def test_what_comes_now_and_then_counts_less() -> None:
    """It came on some other weekdays, and cost as much; the other one was never so large."""
    bursts = lines("Bursts", [-26, -25, -18, -10, -4, 1], 300, 1)
    rise = lines("Rise", ALL, lambda day: 10 if day < 0 else 70, 1)
    assert [each.value for each in explain(usage(USUAL, bursts, rise))] == ["Rise", "Bursts"]


def test_what_had_an_odd_day_counts_in_full() -> None:
    daily = lines("Daily", ALL, lambda day: 900 if day == -10 else 100 if day < 0 else 200, 1)
    rise = lines("Rise", ALL, lambda day: 10 if day < 0 else 60, 1)
    assert [each.value for each in explain(usage(USUAL, daily, rise))] == ["Daily", "Rise"]


def test_a_small_part_alone_has_its_name() -> None:
    first, other = explain(usage(USUAL, lines("A", DAYS, 1, 100), lines("B", DAYS, 1, 0.1)))
    assert (first.value, other.value, other.impact) == ("A", "B", Decimal("0.30"))


def test_small_parts_of_a_new_region_are_one_new_region() -> None:
    there = [lines(f"New{number}", DAYS, 1, 1.5, region="ap-south-1") for number in range(40)]
    (cause,) = explain(usage(USUAL, *there))[:1]
    assert (cause.kind, cause.region, cause.dimension) == ("new_region", "ap-south-1", causes.OTHERS)
    assert cause.impact == Decimal("175.50"), "39 of 40: the largest has its name"


def test_an_instance_where_none_was_has_its_name_however_small() -> None:
    large = lines("NatGateway-Bytes", DAYS, 10_000, 1, unit="GB")
    small = [lines(f"BoxUsage:p{number}.large", DAYS, 24, 0.5 + number / 10) for number in range(4)]
    found = explain(usage(USUAL, large, *small))
    assert [cause.value for cause in found] == [
        "NatGateway-Bytes",
        "BoxUsage:p3.large",
        "BoxUsage:p2.large",
        "2",
    ]
    assert [cause.kind for cause in found[1:]] == ["new_family"] * 3


def signs(found: Sequence[Cause]) -> list[int]:
    return [1 if cause.impact > 0 else -1 for cause in found]


def test_what_goes_the_incident_s_way_comes_first() -> None:
    fall = lines("BoxUsage:c5.large", ALL, lambda day: 90 if day < 0 else 10, 1)
    rises = [lines(name, DAYS, 50, 1, unit="GB") for name in ("A-Bytes", "B-Bytes")]
    found = explain(usage(USUAL, fall, *rises))
    assert [cause.impact for cause in found] == [150, 150, -240]
    assert signs(explain(usage(USUAL, fall, *rises), direction=-1)) == [-1, 1, 1]


def test_cents_that_rounding_loses_are_the_largest_s_rest() -> None:
    parts = [lines(f"P{number}", DAYS, 1, 0.3348, unit=f"U{number}") for number in range(3)]
    found = explain(usage(USUAL, *parts))
    assert [each.impact for each in found] == [Decimal("1.01"), Decimal("1.00"), Decimal("1.00")]
    assert found[0].rest == Decimal("0.01")
