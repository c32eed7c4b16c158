from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.costs.table import CostTable
from finopsguard.errors import CostExplorerThrottled
from finopsguard.models.messages import CostBatch
from finopsguard.models.run import Batch
from finopsguard.ports import CostSource, unmetered
from finopsguard.steps import fetch_costs
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakeCosts, FakePorts, both_kinds, call, make_run

ACCOUNT = "111111111111"
REQUEST = CostBatch(make_run(), Batch("0001-aaaa", (ACCOUNT,)))
ROWS = [
    *both_kinds(date(2026, 11, 20), ACCOUNT, "Amazon S3", "1.0000000001"),
    *both_kinds(date(2026, 11, 1), ACCOUNT, "Amazon S3", "5"),
]


def test_costs_go_to_the_store_and_only_key_counts_and_total_come_back() -> None:
    ports = FakePorts(costs=FakeCosts(ROWS))
    done = call(fetch_costs.run, REQUEST, ports)
    assert (done.status, done.rows, done.requests, done.cached) == ("ok", 4, 2, False)
    assert done.total == Decimal("1.0000000001"), "charges of the period, not of the history, and not twice"
    assert done.key is not None
    with CostTable([ports.store.read(done.key)]) as table:
        assert table.by_account(REQUEST.run.window) == {ACCOUNT: Decimal("6.0000000001")}


def test_the_same_batch_of_the_same_run_is_read_once() -> None:
    source = FakeCosts(ROWS)
    ports = FakePorts(costs=source)
    first = call(fetch_costs.run, REQUEST, ports)
    assert call(fetch_costs.run, REQUEST, ports) == replace(first, cached=True)
    assert len(source.fetched) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, batch=Batch("0001-bbbb", (ACCOUNT,))),
        replace(REQUEST, run=make_run(run_id="weekly-2026-11-09")),
    ],
)
def test_another_batch_or_run_is_read_anew(other: CostBatch) -> None:
    source = FakeCosts(ROWS)
    ports = FakePorts(costs=source)
    call(fetch_costs.run, REQUEST, ports)
    call(fetch_costs.run, other, ports)
    assert len(source.fetched) == 2


def test_a_failed_read_leaves_nothing_that_could_pass_for_costs() -> None:
    class Throttled(FakeCosts):
        def fetch(self, run, batch, days, paid=unmetered):  # type: ignore[no-untyped-def]
            raise CostExplorerThrottled("slow down")

    source: CostSource = Throttled([])
    ports = FakePorts(costs=source)
    with pytest.raises(CostExplorerThrottled):
        call(fetch_costs.run, REQUEST, ports)
    assert ports.store.objects == {}  # type: ignore[attr-defined]


def test_an_account_without_any_cost_is_a_batch_that_was_read() -> None:
    done = call(fetch_costs.run, REQUEST, FakePorts(costs=FakeCosts([])))
    assert (done.status, done.rows, done.total) == ("ok", 0, Decimal(0))


@pytest.mark.parametrize("damage", ["no costs", "a broken receipt", "a receipt that names no costs"])
def test_what_is_left_of_a_damaged_batch_is_read_again(damage: str) -> None:
    source = FakeCosts(ROWS)
    store = MemoryStore()
    ports = FakePorts(costs=source, store=store)
    first = call(fetch_costs.run, REQUEST, ports)
    (receipt,) = (key for key in store.objects if key.endswith(".json"))
    if damage == "no costs":
        assert first.key is not None
        del store.objects[first.key]
    elif damage == "a receipt that names no costs":
        documents.write(store, receipt, replace(first, key=None))
    else:
        store.objects[receipt] = store.objects[receipt][:20]
    assert call(fetch_costs.run, REQUEST, ports) == first
    assert len(source.fetched) == 2
