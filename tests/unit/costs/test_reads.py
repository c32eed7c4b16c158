"""The total of all that is billed: done without where Cost Explorer does not say it, and not where the store fails."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from finopsguard.costs import archive, reads
from finopsguard.costs.paid import PageMeter
from finopsguard.errors import (
    AthenaUnfinished,
    BudgetExceeded,
    CostExplorerAccessDenied,
    CostExplorerThrottled,
    FinOpsGuardError,
    StoreAccessDenied,
    StoreUnavailable,
)
from finopsguard.models.costs import Billed
from finopsguard.models.run import Accounts, Run
from finopsguard.ports import Meter, unmetered
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.unit.costs.test_budget import SETTINGS, scope_of
from tests.unit.fakes import NOW, FakeCosts

TODAY = NOW.date()
THEN_BILLED, NOW_BILLED = Decimal("65782.31"), Decimal("65953.62")


class Refusing(MemoryStore):
    """Takes no note of a page."""

    def __init__(self, error: FinOpsGuardError) -> None:
        super().__init__()
        self._error = error

    def create(self, key: str, data: bytes) -> bool:
        if keys.PAID.matches(key):
            raise self._error
        return super().create(key, data)


class Failing(FakeCosts):
    """Does not say the total."""

    def __init__(self, error: FinOpsGuardError) -> None:
        super().__init__([])
        self._error = error
        self.asked = 0

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        self.asked += 1
        paid()
        raise self._error


class Saying(FakeCosts):
    """Says the total as it is by now."""

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        paid()
        return Billed({TODAY: NOW_BILLED}, 1)


def total(costs: FakeCosts, store: MemoryStore, earlier: Accounts | None = None) -> reads.Total:
    scope = scope_of(3)
    paid = PageMeter(store, scope.run)
    return reads.total_billed(scope, SETTINGS, earlier, costs=costs, store=store, paid=paid, now=NOW)


@pytest.mark.parametrize("error", [StoreAccessDenied("no"), StoreUnavailable("not now")])
def test_a_page_that_cannot_be_noted_is_the_store_s_failure(error: FinOpsGuardError) -> None:
    with pytest.raises(type(error)):
        total(FakeCosts([]), Refusing(error))


@pytest.mark.parametrize(
    ("error", "asked"), [(CostExplorerThrottled("slow"), 2), (CostExplorerAccessDenied("no"), 1)]
)
def test_a_total_that_is_not_said_is_done_without(error: FinOpsGuardError, asked: int) -> None:
    costs = Failing(error)
    assert total(costs, MemoryStore()) == reads.Total(None, 0)
    assert costs.asked == asked


@pytest.mark.parametrize("error", [BudgetExceeded("dear"), AthenaUnfinished("not yet")])
def test_a_price_nobody_agreed_to_and_an_answer_on_its_way_end_the_attempt(error: FinOpsGuardError) -> None:
    costs = Failing(error)
    with pytest.raises(type(error)):
        total(costs, MemoryStore())
    assert costs.asked == 1


@pytest.mark.parametrize(("hours", "asked"), [(1, 0), (11, 0), (12, 1), (24, 1), (None, 1)])
def test_a_total_that_was_asked_for_long_ago_is_asked_for_again(hours: int | None, asked: int) -> None:
    """AWS restates days: with yesterday's total, a report that is run again today would have yesterday's month."""
    at = None if hours is None else NOW - timedelta(hours=hours)
    earlier = Accounts((), asked=at, billed={TODAY: THEN_BILLED}, question=archive.question(SETTINGS))
    billed = NOW_BILLED if asked else THEN_BILLED
    assert total(Saying([]), MemoryStore(), earlier) == reads.Total({TODAY: billed}, asked)
