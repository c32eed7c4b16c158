"""What reading costs is said before the first page, and refused where it is too much."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.costs import archive, budget, paid
from finopsguard.costs.batches import SERVICES_OF_AN_ACCOUNT, SLICE_GROUPS, plan_batches
from finopsguard.costs.history import Due
from finopsguard.errors import BudgetExceeded
from finopsguard.models.messages import RunRequest
from finopsguard.models.run import AccountChanges, Batch, Period
from finopsguard.ports import ListedAccount
from finopsguard.steps import resolve_accounts
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeCosts, FakeOrganization, FakePorts, call, make_run

SETTINGS = PlanSettings.from_env({})
FIRST = date(2026, 8, 17)


def batch(accounts: int, days: int) -> Batch:
    ids = tuple(f"{number:012}" for number in range(accounts))
    return Batch("b", ids, slices=(Period(FIRST, FIRST + timedelta(days=days)),))


def refuse(planned: list[Batch], taken: int = 0, spent: str = "0", *, anew: bool = False, **env: str) -> None:
    settings = PlanSettings.from_env(env)
    budget.refuse(planned, settings.cost_source, settings, taken, Decimal(spent), anew=anew)


def test_the_estimate_is_of_the_largest_and_the_smallest_page() -> None:
    # 8,000 groups of usage and 400 of charges.
    assert budget.estimate([batch(100, 4)]) == (2 + 1, 16 + 1)
    assert budget.estimate([]) == (0, 0)


def test_a_report_that_would_take_too_much_says_the_price_and_what_to_set() -> None:
    refuse([batch(100, 4)], FINOPSGUARD_MAX_CE_REQUESTS="17")
    with pytest.raises(BudgetExceeded) as caught:
        refuse([batch(100, 4)], FINOPSGUARD_MAX_CE_REQUESTS="16")
    assert str(caught.value).startswith(
        "Reading these costs takes 3 to 17 requests of Cost Explorer ($0.03 to $0.17), and a report may take 16."
    )
    assert "set FINOPSGUARD_MAX_CE_REQUESTS to 17" in str(caught.value)


def test_what_was_read_by_an_earlier_attempt_is_not_counted_twice_unless_all_is_read_anew() -> None:
    refuse([batch(100, 4)], 10, FINOPSGUARD_MAX_CE_REQUESTS="17")
    with pytest.raises(BudgetExceeded, match="10 were made already"):
        refuse([batch(100, 4)], 10, anew=True, FINOPSGUARD_MAX_CE_REQUESTS="26")
    refuse([batch(100, 4)], 10, anew=True, FINOPSGUARD_MAX_CE_REQUESTS="27")


def test_the_month_has_a_limit_of_its_own() -> None:
    refuse([batch(100, 4)], spent="49.83")
    with pytest.raises(BudgetExceeded, match=r"cost \$49\.84 so far, and \$50\.00 is the limit"):
        refuse([batch(100, 4)], spent="49.84")
    refuse([], spent="80")  # what reads nothing costs nothing


@pytest.mark.parametrize("mock", [True, False])
def test_a_plan_says_what_its_source_takes_and_nothing_of_invented_data(mock: bool) -> None:
    ports = FakePorts(
        {"FINOPSGUARD_USE_MOCK_DATA": str(mock).lower()},
        organization=FakeOrganization([ListedAccount("111111111111", "shop", "ACTIVE", ())]),
        costs=FakeCosts([]),
    )
    plan = call(resolve_accounts.run, RunRequest("daily", NOW, ""), ports)
    assert plan.batches
    assert (plan.fewest, plan.most) == ((0, 0) if mock else (4, 25))


def test_invented_data_have_no_limit_of_requests() -> None:
    budget.refuse([batch(1_000, 98)], "mock", SETTINGS, 0, Decimal(49), anew=True)


def test_a_data_export_takes_no_requests_and_has_no_limit_of_them() -> None:
    refuse([batch(100, 98)], FINOPSGUARD_MAX_CE_REQUESTS="1", FINOPSGUARD_COST_SOURCE="data_export")


def test_what_one_source_answered_is_no_answer_of_another() -> None:
    """Neither what a run keeps of its batches nor the history."""
    sources = [
        {},
        {"FINOPSGUARD_COST_SOURCE": "data_export", "FINOPSGUARD_EXPORT_NAME": "one"},
        {"FINOPSGUARD_COST_SOURCE": "data_export", "FINOPSGUARD_EXPORT_NAME": "other"},
    ]
    settings = [PlanSettings.from_env(each) for each in sources]
    assert len({archive.question(each) for each in settings}) == len(sources)
    scope, days = scope_of(2), Period(FIRST, FIRST + timedelta(days=2)).dates()
    ids = [account.id for account in scope.accounts]
    planned = [plan_batches(scope, each, "", [Due(ids, days)]) for each in settings]
    assert len({found[0].id for found in planned}) == len(sources)


def test_a_refused_report_reads_no_costs_and_leaves_no_plan() -> None:
    listed = [ListedAccount(f"{number:012}", "x", "ACTIVE", ("r-ab12",)) for number in range(100)]
    costs = FakeCosts([])
    ports = FakePorts(
        {"FINOPSGUARD_MAX_CE_REQUESTS": "400"}, organization=FakeOrganization(listed), costs=costs
    )
    with pytest.raises(BudgetExceeded, match="46 to 432"):
        call(resolve_accounts.run, RunRequest("weekly", NOW, ""), ports)
    assert costs.fetched == []
    kept = list(ports.store.objects)  # type: ignore[attr-defined]
    assert [key for key in kept if not key.startswith("paid/")] == []


def test_each_page_of_every_attempt_is_counted_once() -> None:
    store, run = MemoryStore(), make_run()
    first, second = paid.PageMeter(store, run), paid.PageMeter(store, run)
    for meter in (first, second, first, second, second):  # side by side
        meter()
    assert (first.count, second.count, paid.pages(store, run)) == (2, 3, 5)
    other = make_run(run_id="daily-2026-11-20", report="daily")
    paid.PageMeter(store, other)()
    assert paid.pages(store, other) == 1
    assert paid.usd_of_month(store, run) == Decimal("0.06")
    assert paid.usd_of_month(store, make_run(data_source="mock")) == 0


def test_a_slice_is_no_more_than_one_attempt_reads() -> None:
    scope = scope_of(100)
    days = Period(FIRST, FIRST + timedelta(days=98)).dates()
    (planned,) = plan_batches(scope, SETTINGS, "", [Due([each.id for each in scope.accounts], days)])
    assert [each.days for each in planned.slices] == [24, 25, 24, 25]
    assert all(each.days * 100 * SERVICES_OF_AN_ACCOUNT <= SLICE_GROUPS for each in planned.slices)
    assert [day for each in planned.slices for day in each.dates()] == days


def scope_of(accounts: int) -> Scope:
    listed = tuple(ListedAccount(f"{number:012}", "x", "ACTIVE", ()) for number in range(accounts))
    return Scope(make_run(), listed, {}, (), True, (), AccountChanges("listed"), None, 0)
