"""Which young days the history has, of all accounts of a batch, and what is done without them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs import unchanged, young
from finopsguard.costs.archive import States
from finopsguard.costs.history import Reading
from finopsguard.costs.month import month_rows
from finopsguard.costs.table import to_parquet
from finopsguard.models.costs import CostRow
from finopsguard.models.run import REGIONS, Batch, Period
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import both_kinds

A, B, C = "111111111111", "222222222222", "333333333333"
DAY = timedelta(days=1)
OCTOBER = Period(date(2026, 10, 30), date(2026, 11, 1))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 3))
BOTH = (*OCTOBER.dates(), *NOVEMBER.dates())
YOUNG = (Period(OCTOBER.start + DAY, NOVEMBER.end),)


def kept(days: Mapping[str, list[Period]]) -> MemoryStore:
    """A store whose history has these days of each account."""
    store = MemoryStore()
    rows = [
        row
        for account, periods in days.items()
        for period in periods
        for day in period.dates()
        for row in both_kinds(day, account, "Amazon EC2", f"{day.day}.5")
    ]
    rows.append(CostRow(NOVEMBER.start, REGIONS, "Amazon EC2", None, Decimal(9), "USD", region="eu-west-1"))
    reading = Reading(days, datetime.combine(NOVEMBER.end, time(7), UTC), None)
    for month in (Period(date(2026, 10, 1), NOVEMBER.start), Period(NOVEMBER.start, date(2026, 12, 1))):
        States(store, "aws", "UnblendedCost-12345678").append(
            month,
            reading,
            lambda before, found: month_rows(before, [to_parquet(rows)], found, reading.at, "cost_explorer"),
        )
    return store


def objects(store: MemoryStore) -> list[str]:
    return [key for key in store.objects if keys.HISTORY.matches(key)]


def test_the_young_days_of_both_months_with_usage_and_charges() -> None:
    store = kept({A: [OCTOBER, NOVEMBER], B: [OCTOBER, NOVEMBER], C: [OCTOBER, NOVEMBER]})
    found = young.held(store, objects(store), Batch("", (A, B), young=YOUNG))
    assert list(found) == list(BOTH[1:])
    expected = [row for account in (A, B) for row in both_kinds(BOTH[1], account, "Amazon EC2", "31.5")]
    assert set(found[BOTH[1]]) == set(expected)
    assert len(found[BOTH[1]]) == 4


def test_a_batch_that_is_not_filtered_has_whoever_was_billed_and_no_regions() -> None:
    store = kept({A: [OCTOBER, NOVEMBER], B: [OCTOBER, NOVEMBER], C: [NOVEMBER]})
    found = young.held(store, objects(store), Batch("", (A, B), young=YOUNG, whole=True))
    assert {row.account_id for row in found[NOVEMBER.start]} == {A, B, C}


def test_a_day_that_is_not_held_of_each_account_is_not_there() -> None:
    store = kept({A: [OCTOBER, NOVEMBER], B: [NOVEMBER]})
    assert list(young.held(store, objects(store), Batch("", (A, B), young=YOUNG))) == list(BOTH[2:])


def test_an_account_that_cost_nothing_is_held_all_the_same() -> None:
    store = kept({A: [NOVEMBER]})
    assert young.held(store, objects(store), Batch("", (A,), young=(NOVEMBER,))).keys() == set(BOTH[2:])
    assert unchanged.to_read(NOVEMBER, [], {day: [] for day in BOTH[2:]}) is None


def test_a_month_that_cannot_be_read_holds_nothing_and_its_days_are_bought() -> None:
    store = kept({A: [OCTOBER, NOVEMBER]})
    first, second = objects(store)
    store.objects[second] = store.objects[second][:-9]
    found = young.held(store, [first, second, "history/aws/other"], Batch("", (A,), young=YOUNG))
    assert list(found) == [BOTH[1]]
    charges = [row for row in found[BOTH[1]] if row.record_type]
    assert unchanged.to_read(Period(BOTH[1], NOVEMBER.end), charges, found) == NOVEMBER


@pytest.mark.parametrize("days", [(), (Period(date(2026, 9, 1), date(2026, 9, 2)),)])
def test_no_object_is_read_for_a_batch_without_such_days(days: tuple[Period, ...]) -> None:
    store = kept({A: [OCTOBER, NOVEMBER]})
    names = objects(store)
    store.objects.clear()
    assert young.held(store, names, Batch("", (A,), young=days)) == {}


def test_what_lies_between_two_days_that_changed_is_bought_with_them() -> None:
    held = {day: [both_kinds(day, A, "Amazon EC2", "1")[1]] for day in BOTH}
    charges = [both_kinds(day, A, "Amazon EC2", "1")[1] for day in (BOTH[1], BOTH[3])]
    assert [row.record_type for row in charges] == ["Usage", "Usage"]
    assert unchanged.to_read(Period(BOTH[0], NOVEMBER.end), charges, held) == Period(BOTH[0], BOTH[3])
