"""Which resources an incident is of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard.incidents import causes
from finopsguard.models.cause import ResourceCost
from finopsguard.models.costs import ResourceLine
from tests.sweeps import examples

START = date(2026, 11, 24)  # a Tuesday; of the eight days before six are working days
DAYS = [START, START + timedelta(days=1)]
BEFORE = range(-8, 0)


def lines(name: str, days: Iterable[int], usd: str, unblended: str = "") -> list[ResourceLine]:
    return [
        ResourceLine(START + timedelta(days=day), name, Decimal(unblended or usd), Decimal(usd))
        for day in days
    ]


def largest(*found: list[ResourceLine], direction: int = 1) -> tuple[ResourceCost, ...]:
    return causes.largest([line for each in found for line in each], START, DAYS, direction)


def test_a_resource_is_held_against_its_mean_day_before_and_a_new_one_is_news_as_a_whole() -> None:
    found = largest(
        lines("old", BEFORE, "10"),
        lines("old", [0, 1], "35"),
        lines("new", [0, 1], "100"),
        lines("same", range(-8, 2), "70"),
    )
    assert found == (
        ResourceCost("new", Decimal(200), Decimal(200)),
        ResourceCost("old", Decimal(70), Decimal(50)),
    )


def test_one_that_was_there_on_some_days_is_held_against_all_of_them() -> None:
    steady = lines("steady", range(-8, 2), "5")
    found = largest(steady, lines("now and then", [-1, -4], "30"), lines("now and then", [0, 1], "40"))
    assert found == (ResourceCost("now and then", Decimal(80), Decimal(60)),)


def test_a_working_day_is_held_against_working_days_and_a_weekend_against_weekends() -> None:
    """What rests at weekends is no news on a Tuesday, nor what works then alone."""
    office, batch = lines("office", [-8, -7, -6, -5, -4, -1, 0, 1], "90"), lines("batch", [-3, -2], "70")
    assert largest(office, batch, lines("new", [0, 1], "10")) == (
        ResourceCost("new", Decimal(20), Decimal(20)),
    )
    saturday = START + timedelta(days=4)
    found = causes.largest([*office, *batch, *lines("batch", [4], "75")], saturday, [saturday], 1)
    assert found == (ResourceCost("batch", Decimal(75), Decimal(5)),)


def test_where_no_day_of_its_kind_was_read_all_days_before_count() -> None:
    saturday = START + timedelta(days=4)
    read = [*lines("i-1", [1, 2, 3], "10"), *lines("i-1", [4], "25")]
    assert causes.largest(read, saturday, [saturday], 1) == (ResourceCost("i-1", Decimal(25), Decimal(15)),)


def test_days_before_anything_was_billed_are_no_days_without_usage() -> None:
    found = largest(lines("young", [-1], "10"), lines("young", [0, 1], "15"))
    assert found == (ResourceCost("young", Decimal(30), Decimal(10)),)


def test_a_fall_has_the_resources_that_cost_less() -> None:
    fell = (lines("stopped", BEFORE, "50"), lines("smaller", BEFORE, "20"), lines("smaller", [0, 1], "10"))
    grown = lines("grown", [0, 1], "30")
    assert largest(*fell, grown, direction=-1) == (
        ResourceCost("stopped", Decimal(0), Decimal(-100)),
        ResourceCost("smaller", Decimal(20), Decimal(-20)),
    )


def test_three_are_named_at_most_and_of_equals_always_the_same() -> None:
    each = [lines(name, [0, 1], "10") for name in "dbca"]
    assert [found.id for found in largest(*each)] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["", " ", "NoResourceId", "noresourceid"])
def test_what_has_no_id_is_not_named(name: str) -> None:
    found = largest(lines(name, [0, 1], "100"), lines("i-1", [0, 1], "20"), lines("i-2", [0, 1], "5"))
    assert [each.id for each in found] == ["i-1", "i-2"]


def test_beside_a_large_one_small_ones_are_not_named_and_of_many_alike_three_are() -> None:
    fleet = [lines(f"i-{number:02}", [0, 1], "7") for number in range(40)]
    assert [each.id for each in largest(*fleet)] == ["i-00", "i-01", "i-02"]
    assert [each.id for each in largest(*fleet, lines("i-99", [0, 1], "141"))] == ["i-99"]


def test_what_is_below_half_a_dollar_is_not_named() -> None:
    assert largest(lines("i-1", [0], "0.49")) == ()
    assert [each.id for each in largest(lines("i-1", [0], "0.50"))] == ["i-1"]


def test_dollars_are_amortized_and_to_the_cent() -> None:
    (found,) = largest(lines("covered", [0, 1], "3.333", unblended="9"))
    assert found == ResourceCost("covered", Decimal("6.67"), Decimal("6.67"))


def test_days_after_the_incident_are_neither_before_nor_of_it() -> None:
    assert largest(lines("i-1", range(-8, 2), "10"), lines("i-1", [5], "900")) == ()


def test_nothing_at_all_has_no_resource() -> None:
    assert largest() == ()


_LINES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "e", ""]),
        st.integers(-8, 1),
        st.decimals(min_value=-500, max_value=500, places=3, allow_nan=False),
    ),
    max_size=40,
)


@settings(max_examples=examples(60), deadline=None)
@given(_LINES, st.sampled_from([1, -1]))
def test_the_order_of_lines_does_not_matter_and_none_goes_the_other_way(
    found: list[tuple[str, int, Decimal]], direction: int
) -> None:
    each = [ResourceLine(START + timedelta(days=day), name, usd, usd) for name, day, usd in found]
    told = causes.largest(each, START, DAYS, direction)
    assert told == causes.largest(each[::-1], START, DAYS, direction)
    assert len(told) <= 3
    impacts = [one.impact * direction for one in told]
    assert impacts == sorted(impacts, reverse=True)
    for one in told:
        on_days = sum((usd for name, day, usd in found if name == one.id and day >= 0), Decimal(0))
        assert one.impact * direction > 0
        assert one.cost == on_days.quantize(Decimal("0.01"))
