from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.costs.table import CostTable
from finopsguard.errors import CostExplorerThrottled, FinOpsGuardError
from finopsguard.models.messages import CostBatch
from finopsguard.models.run import Account, Accounts, Batch, Period
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
        def fetch(self, run, batch, days, paid=unmetered, held=None):  # type: ignore[no-untyped-def]
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


# ---- the plan in the store -------------------------------------------------------------------------------------------

PLAN = "runs/weekly-2026-11-16/accounts.json"
NAMED = CostBatch(make_run(), Batch("0001-aaaa"), PLAN)


def with_plan(*batches: Batch) -> MemoryStore:
    store = MemoryStore()
    accounts = (Account(ACCOUNT, "one", "ACTIVE", None, "0001-aaaa"),)
    documents.write(store, PLAN, Accounts(accounts, batches=batches))
    return store


def test_a_batch_s_accounts_and_days_are_those_of_the_plan_in_the_store() -> None:
    source = FakeCosts(ROWS)
    days = (Period(date(2026, 11, 1), date(2026, 11, 20)), Period(date(2026, 11, 20), date(2026, 11, 23)))
    store = with_plan(Batch("0002-bbbb", ("222222222222",)), Batch("0001-aaaa", (ACCOUNT,), slices=days))
    done = call(fetch_costs.run, NAMED, FakePorts(costs=source, store=store))
    assert (done.rows, done.days) == (4, 22)
    assert [batch.accounts for batch in source.fetched] == [(ACCOUNT,)] * 2


@pytest.mark.parametrize("plan", ["without it", "damaged", "gone"])
def test_without_its_plan_a_batch_is_refused_by_the_plan_s_key(plan: str) -> None:
    store = with_plan(Batch("0002-bbbb", ("222222222222",)))
    if plan == "damaged":
        store.objects[PLAN] = store.objects[PLAN][:30]
    elif plan == "gone":
        del store.objects[PLAN]
    source = FakeCosts(ROWS)
    with pytest.raises(FinOpsGuardError, match=PLAN):
        call(fetch_costs.run, NAMED, FakePorts(costs=source, store=store))
    assert source.fetched == []


def test_what_was_read_is_found_without_the_plan() -> None:
    store = with_plan(Batch("0001-aaaa", (ACCOUNT,)))
    ports = FakePorts(costs=FakeCosts(ROWS), store=store)
    first = call(fetch_costs.run, NAMED, ports)
    del store.objects[PLAN]
    assert call(fetch_costs.run, NAMED, ports) == replace(first, cached=True)
