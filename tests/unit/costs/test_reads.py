"""The total of all that is billed: done without where Cost Explorer does not say it, and not where the store fails."""

from __future__ import annotations

import pytest

from finopsguard.costs import reads
from finopsguard.costs.paid import PageMeter
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CostExplorerThrottled,
    FinOpsGuardError,
    StoreAccessDenied,
    StoreUnavailable,
)
from finopsguard.models.run import Run
from finopsguard.ports import Billed, Meter, unmetered
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.unit.costs.test_budget import SETTINGS, scope_of
from tests.unit.fakes import FakeCosts


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


def total(costs: FakeCosts, store: MemoryStore) -> reads.Total:
    scope = scope_of(3)
    return reads.total_billed(
        scope, SETTINGS, None, costs=costs, store=store, paid=PageMeter(store, scope.run)
    )


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
