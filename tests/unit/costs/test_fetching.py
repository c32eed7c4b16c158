"""A batch is read slice by slice: what a slice took is not paid again when a later one fails."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard import contracts
from finopsguard.costs import fetching, paid
from finopsguard.costs.table import CostTable
from finopsguard.errors import CostExplorerIncomplete, CostExplorerThrottled
from finopsguard.models.costs import NOTHING_HELD, Costs, HeldRows
from finopsguard.models.messages import BatchCosts, CostBatch
from finopsguard.models.run import Batch, Period, Run
from finopsguard.ports import Meter, unmetered
from finopsguard.steps import fetch_costs
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakeCosts, FakePorts, both_kinds, call, make_run

A, B = "111111111111", "222222222222"
RUN = make_run()
FIRST = date(2026, 11, 1)
SLICES = tuple(Period(FIRST + timedelta(days=n), FIRST + timedelta(days=n + 7)) for n in (0, 7, 14))
BATCH = Batch("0001-abc", (A, B), slices=SLICES)
ROWS = [
    row
    for n in range(21)
    for account in (A, B)
    for row in both_kinds(FIRST + timedelta(days=n), account, "Amazon EC2", "1.5")
]


class Breaking(FakeCosts):
    """Fails at one slice as often as it is told to, or reads an account of it badly."""

    def __init__(self, at: Period, times: int = 0, bad: bool = False) -> None:
        super().__init__(ROWS)
        self.at, self.times, self.bad = at, times, bad
        self.days: list[Period] = []

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        self.days.append(days)
        if days == self.at and self.times:
            self.times -= 1
            paid()
            raise CostExplorerThrottled("slow down")
        found = super().fetch(run, batch, days, paid, held)
        if days == self.at and self.bad:
            kept = [row for row in found.rows if row.account_id != B]
            return Costs(kept, found.requests, {B: "a row without a date"})
        return found


def test_an_attempt_goes_on_after_the_last_slice_that_was_read() -> None:
    store, costs = MemoryStore(), Breaking(SLICES[2], times=1)
    with pytest.raises(CostExplorerThrottled):
        fetching.fetch(RUN, BATCH, costs=costs, store=store)
    done = fetching.fetch(RUN, BATCH, costs=costs, store=store)
    assert costs.days == [*SLICES, SLICES[2]]
    assert paid.pages(store, RUN) == 2 + 2 + 1 + 2, "what failed after a page is paid too"
    assert done.batch.requests == 2
    with CostTable([done.parquet]) as table:
        assert set(table.total_by_day().values()) == {Decimal(3)}
        assert len(table.total_by_day()) == 21
    assert (done.batch.rows, done.batch.total) == (84, Decimal(18)), "of the period alone"


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"{}"])
def test_a_slice_that_is_damaged_is_read_again(damage: bytes) -> None:
    store, costs = MemoryStore(), Breaking(SLICES[0])
    whole = fetching.fetch(RUN, BATCH, costs=costs, store=store)
    store.objects[keys.SLICE.key(run_id=RUN.run_id, batch_id=BATCH.id, first=str(SLICES[1].start))] = damage
    again = fetching.fetch(RUN, BATCH, costs=costs, store=store)
    assert costs.days == [*SLICES, SLICES[1]]
    assert again.parquet == whole.parquet


def test_an_account_that_is_bad_in_one_slice_has_no_rows_of_the_others_and_is_read_again() -> None:
    store, costs = MemoryStore(), Breaking(SLICES[1], bad=True)
    done = fetching.fetch(RUN, BATCH, costs=costs, store=store)
    assert (done.batch.incomplete, done.batch.cause) == ((B,), "a row without a date")
    with CostTable([done.parquet]) as table:
        assert table.by_account(RUN.window).keys() == {A}
    costs.bad = False
    assert fetching.fetch(RUN, BATCH, costs=costs, store=store).batch.incomplete == ()
    assert costs.days == [*SLICES, SLICES[1]]


class Worse(FakeCosts):
    """Three accounts of each slice cannot be read, others each time."""

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        paid()
        first = 3 * batch.slices.index(days)
        return Costs([], 1, dict.fromkeys(batch.accounts[first : first + 3], "a row without a date"))


@pytest.mark.parametrize("slices", [2, 3])
def test_more_accounts_that_cannot_be_read_than_a_payload_names_are_no_reading(slices: int) -> None:
    batch = Batch("0001-abc", tuple(f"{number:012}" for number in range(1, 10)), slices=SLICES[:slices])
    ports = FakePorts(costs=Worse([]))
    if slices == 2:
        done = call(fetch_costs.run, CostBatch(RUN, batch), ports)
        assert len(done.incomplete) == fetching.MOST_INCOMPLETE
        assert contracts.decode(BatchCosts, contracts.encode(contracts.to_json(done))) == done
    else:
        with pytest.raises(CostExplorerIncomplete, match="Rows of 9 of 9 accounts cannot be read"):
            call(fetch_costs.run, CostBatch(RUN, batch), ports)
