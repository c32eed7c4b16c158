"""One morning after another, with days that are restated, attempts that are cut off, accounts that fail and states that
are damaged: what a report is made of is the bill, as if everything had been read anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.costs import batches, paid, unchanged
from finopsguard.costs.table import CostTable
from finopsguard.errors import CostExplorerAccessDenied, CostExplorerThrottled, FinOpsGuardError
from finopsguard.models.costs import NOTHING_HELD, Billed, BilledAccounts, Costs, HeldRows
from finopsguard.models.messages import BatchCosts, CostBatch, FetchedCosts, RunPlan, RunRequest
from finopsguard.models.run import Batch, Period, ReportName, Run
from finopsguard.ports import ListedAccount, Meter, unmetered
from finopsguard.steps import aggregate_costs, fetch_costs, resolve_accounts
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.fuzz.held import tries
from tests.sweeps import exhaustive
from tests.unit.fakes import FakeCosts, FakeOrganization, FakePorts, both_kinds, call

ACCOUNTS = ("111111111111", "222222222222", "333333333333")
FIRST = date(2026, 11, 17)
DAY = timedelta(days=1)
Changes = dict[tuple[str, date], int]


class Bill(FakeCosts):
    """What Cost Explorer says on a morning; usage is bought where charges are others than those that are held.

    `cut` is after how many pages an attempt ends, `denied` an account.
    """

    def __init__(self) -> None:
        super().__init__([])
        self.today = FIRST
        self.changes: Changes = {}
        self.cut: int | None = None
        self.denied = ""
        self.days = 0

    def amount(self, account: str, day: date) -> Decimal:
        """The newest day is billed in part; what was restated is what it was restated to."""
        whole = 100 * (1 + ACCOUNTS.index(account)) + day.day + self.changes.get((account, day), 0)
        return Decimal(whole) / (2 if day >= self.today - DAY else 1)

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        if self.denied in batch.accounts:
            raise CostExplorerAccessDenied(f"{self.denied} is not allowed.")
        if self.cut is not None:
            self.cut -= 1
            if self.cut < 0:
                self.cut = None
                raise CostExplorerThrottled("The attempt was cut off here.")
        paid()
        rows = [
            row
            for day in days.dates()
            for account in batch.accounts
            for row in both_kinds(day, account, "Amazon EC2", str(self.amount(account, day)))
        ]
        charges, usage = [row for row in rows if row.record_type], [row for row in rows if row.service]
        bought = unchanged.to_read(days, charges, held)
        self.days += (bought.days if bought else 0) * len(batch.accounts)
        used = [row for row in usage if bought and row.date in bought]
        for day in days.dates():
            if not bought or day not in bought:
                used += [row for row in held[day] if row.service]
        return Costs([*used, *charges], 1)

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        days = run.window.dates()
        return Billed(
            {day: sum((self.amount(each, day) for each in ACCOUNTS), Decimal(0)) for day in days}, 1
        )

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        return BilledAccounts([], 1)


@dataclass
class Stack:
    """A stack whose account list and store stay."""

    store: MemoryStore = field(default_factory=MemoryStore)
    bill: Bill = field(default_factory=Bill)

    @property
    def ports(self) -> FakePorts:
        listed = [ListedAccount(each, f"account {each[0]}", "ACTIVE", ("r-ab12",)) for each in ACCOUNTS]
        return FakePorts(
            {
                "FINOPSGUARD_HISTORY_DAYS": "45",
                "FINOPSGUARD_ACCOUNTS_PER_FETCH": "2",
                "FINOPSGUARD_MAX_MISSING_PERCENT": "70",
            },
            organization=FakeOrganization(listed),
            costs=self.bill,
            store=self.store,
            clock=lambda: _morning(self.bill.today),
        )

    def plan(self, report: ReportName) -> RunPlan:
        return call(resolve_accounts.run, RunRequest(report, _morning(self.bill.today), "arn"), self.ports)

    def finish(self, plan: RunPlan) -> None:
        """Reads and adds up; what was read whole is the bill, and what was not is named."""
        fetched = FetchedCosts(plan.run, plan.accounts_key, tuple(self._fetched(plan)), plan.notes)
        call(aggregate_costs.run, fetched, self.ports)
        self.hold(plan.run, missing={self.bill.denied} & set(ACCOUNTS))

    def _fetched(self, plan: RunPlan) -> list[BatchCosts]:
        done = []
        for batch in plan.batches:
            try:
                done.append(self._twice(CostBatch(plan.run, Batch(batch.id), plan.accounts_key)))
            except FinOpsGuardError as error:
                done.append(BatchCosts(batch.id, "unavailable", error=type(error).__name__, cause=str(error)))
        return done

    def _twice(self, given: CostBatch) -> BatchCosts:
        """As the state machine does."""
        try:
            return call(fetch_costs.run, given, self.ports)
        except CostExplorerThrottled:
            return call(fetch_costs.run, given, self.ports)

    def hold(self, run: Run, missing: set[str]) -> None:
        found = charged(self.store.read(keys.COSTS.key(run_id=run.run_id)))
        # Accounts of a batch that was denied are missing together.
        gone = {each for each in ACCOUNTS if not any(account == each for account, _ in found)}
        assert missing <= gone
        assert bool(missing) == bool(gone)
        assert found == {
            (account, day): self.bill.amount(account, day)
            for day in run.window.dates()
            for account in ACCOUNTS
            if account not in gone
        }


def charged(costs: bytes) -> dict[tuple[str, date], Decimal]:
    """All charges of a run by account and day: one question, for one a day takes as long as the report."""
    with CostTable([costs]) as table:
        rows = table._rows(
            "SELECT account_id, date, sum(amount) FROM costs WHERE record_type IS NOT NULL GROUP BY ALL"
        )
    return {(account, day): amount for account, day, amount in rows}


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(7), UTC)


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SLICE_GROUPS", 400)


MORNINGS = st.lists(
    st.fixed_dictionaries(
        {
            "gap": st.integers(1, 5),
            "restated": st.lists(
                st.tuples(st.sampled_from(ACCOUNTS), st.integers(2, 50), st.integers(-50, 50)), max_size=3
            ),
            "what": st.sampled_from(["daily", "weekly", "both", "at once", "cut", "denied", "damaged"]),
            "cut": st.integers(0, 3),
            "damaged": st.integers(0, 20),
            "denied": st.sampled_from(ACCOUNTS),
        }
    ),
    min_size=1,
    max_size=5,
)


@tries(5, many=60)
@given(mornings=MORNINGS)
def test_whatever_happens_a_report_is_made_of_the_bill_of_its_morning(
    mornings: list[dict[str, object]],
) -> None:
    stack = Stack()
    stack.finish(stack.plan("daily"))
    for each in mornings:
        _one_more(stack, **each)  # type: ignore[arg-type]


def _one_more(
    stack: Stack,
    gap: int,
    restated: list[tuple[str, int, int]],
    what: str,
    cut: int,
    damaged: int,
    denied: str,
) -> None:
    stack.bill.today += gap * DAY
    for account, back, amount in restated:
        stack.bill.changes[account, stack.bill.today - back * DAY] = amount
    if what == "damaged":
        states = [key for key in stack.store.objects if keys.HISTORY.matches(key)]
        key = states[damaged % len(states)]
        stack.store.objects[key] = stack.store.objects[key][:-9]
    stack.bill.cut = cut if what == "cut" else None
    stack.bill.denied = denied if what == "denied" else ""
    plans = [stack.plan("weekly" if what == "weekly" else "daily")]
    if what == "at once":
        plans.append(stack.plan("weekly"))
    for plan in plans:
        stack.finish(plan)
    if what == "both":
        before = stack.bill.days
        stack.finish(stack.plan("weekly"))
        assert stack.bill.days == before, "the weekly report of the same morning reads nothing"
    stack.bill.cut, stack.bill.denied = None, ""


def test_what_is_restated_between_a_reading_and_its_report_is_read_by_the_next_one() -> None:
    """The report is planned anew a day after its costs were read: they are found again, and the total is today's.

    It was noted as that of the costs, so nothing showed that they had changed since.
    """
    stack = Stack()
    stack.finish(stack.plan("daily"))
    stack.bill.today += DAY
    due = _morning(stack.bill.today)
    stack._fetched(stack.plan("daily"))
    stack.bill.today += DAY
    stack.bill.changes[ACCOUNTS[0], stack.bill.today - 5 * DAY] = 50
    late = call(resolve_accounts.run, RunRequest("daily", due, "arn"), stack.ports)
    fetched = FetchedCosts(late.run, late.accounts_key, tuple(stack._fetched(late)), late.notes)
    call(aggregate_costs.run, fetched, stack.ports)
    assert {batch.cached for batch in fetched.batches} == {True}
    stack.finish(stack.plan("daily"))


@exhaustive(
    beside="tests/unit/store/test_healing.py::test_a_month_of_the_history_that_is_damaged_is_bought_again"
)
def test_three_weeks_of_mornings_cost_a_part_of_reading_everything() -> None:
    stack = Stack()
    whole = 0
    for _ in range(21):
        plan = stack.plan("daily")
        whole += plan.run.window.days * len(ACCOUNTS)
        stack.finish(plan)
        stack.bill.today += DAY
    assert stack.bill.days < 0.3 * whole, "of 45 days, and with the first reading"
    source = plan.run.source
    months = {key.split("/")[2] for key in stack.store.objects if key.startswith(f"paid/{source}/")}
    assert months == {"2026-11", "2026-12"}
    assert paid.usd_of_month(stack.store, replace(plan.run, scheduled_time=_morning(FIRST))) > 0
