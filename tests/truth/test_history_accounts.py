"""Accounts join, leave, and are billed without ever being listed: each morning's report is the whole bill all the same,
whether it asked who was billed or its reading, without a filter by account, shows it.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from finopsguard.models.costs import (
    NOTHING_HELD,
    Billed,
    BilledAccount,
    BilledAccounts,
    CostRow,
    Costs,
    HeldRows,
)
from finopsguard.models.messages import CostBatch, FetchedCosts, RunRequest
from finopsguard.models.run import LEFT, Account, Accounts, Batch, Period, Run
from finopsguard.ports import ListedAccount, Meter, unmetered
from finopsguard.steps import aggregate_costs, fetch_costs, resolve_accounts
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.fuzz.held import tries
from tests.truth.test_history_mornings import DAY, FIRST, Bill, _morning, charged
from tests.unit.fakes import FakeOrganization, FakePorts, both_kinds, call

ACCOUNTS = tuple(str(number) * 12 for number in range(1, 7))


class Company(Bill):
    """A bill of accounts that cost something from a day on to another; `asked` counts who was billed."""

    def __init__(self) -> None:
        super().__init__()
        self.life: dict[str, tuple[date, date]] = {}
        self.asked = 0
        self.totals = 0
        self.whole = 0

    def amount(self, account: str, day: date) -> Decimal:
        first, last = self.life.get(account, (date.max, date.min))
        if not first <= day <= last:
            return Decimal(0)
        return Decimal(100 * int(account[0]) + day.day + self.changes.get((account, day), 0)) / (
            2 if day >= self.today - DAY else 1
        )

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        paid()
        self.whole += batch.whole
        accounts = ACCOUNTS if batch.whole else batch.accounts
        if batch.by_region:
            return Costs(self.by_region(batch, days), 1)
        return Costs(
            [
                row
                for day in days.dates()
                for account in accounts
                if (amount := self.amount(account, day))
                for row in both_kinds(day, account, "Amazon EC2", str(amount))
            ],
            1,
        )

    def by_region(self, batch: Batch, days: Period) -> list[CostRow]:
        """All of it in one Region."""
        (held,) = batch.held_as
        whose = batch.regions or ACCOUNTS
        sums = {day: sum((self.amount(each, day) for each in whose), Decimal(0)) for day in days.dates()}
        return [
            CostRow(day, held, "Amazon EC2", None, usd, "USD", region="eu-west-1")
            for day, usd in sums.items()
            if usd
        ]

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        self.totals += 1
        return Billed(
            {
                day: sum((self.amount(each, day) for each in ACCOUNTS), Decimal(0))
                for day in run.window.dates()
            },
            1,
        )

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        self.asked += 1
        found = [each for each in ACCOUNTS if any(self.amount(each, day) for day in run.window.dates())]
        return BilledAccounts([BilledAccount(each, f"name {each[0]}") for each in found], 1)


class Mornings:
    """A stack, whose accounts are listed and excluded as a morning says."""

    def __init__(self) -> None:
        self.bill = Company()
        self.store = MemoryStore()
        self.listed: set[str] = set()
        self.excluded: set[str] = set()
        self.env: dict[str, str] = {}

    def report(self) -> Accounts:
        """A morning's report, held to the bill; returns its plan as it is stored."""
        listed = [ListedAccount(each, f"name {each[0]}", "ACTIVE", ()) for each in sorted(self.listed)]
        ports = FakePorts(
            {
                "FINOPSGUARD_HISTORY_DAYS": "45",
                "FINOPSGUARD_EXCLUDE_ACCOUNTS": ",".join(sorted(self.excluded)),
                **self.env,
            },
            organization=FakeOrganization(listed),
            costs=self.bill,
            store=self.store,
            clock=lambda: _morning(self.bill.today),
        )
        plan = call(resolve_accounts.run, RunRequest("daily", _morning(self.bill.today), "arn"), ports)
        planned = documents.read(self.store, plan.accounts_key, Accounts)
        done = tuple(
            call(fetch_costs.run, CostBatch(plan.run, Batch(each.id), plan.accounts_key), ports)
            for each in plan.batches
        )
        made = call(aggregate_costs.run, FetchedCosts(plan.run, plan.accounts_key, done, plan.notes), ports)
        found = charged(self.store.read(made.costs_key))
        # Where a part is read, who is not listed is not asked for.
        of = ACCOUNTS if not self.excluded else sorted(self.listed - self.excluded)
        assert found == {
            (account, day): amount
            for day in plan.run.window.dates()
            for account in of
            if (amount := self.bill.amount(account, day))
        }
        return planned


MORNING = st.fixed_dictionaries(
    {
        "gap": st.sampled_from([1, 1, 1, 2, 7]),
        "joins": st.sets(st.sampled_from(ACCOUNTS[1:]), max_size=1),
        "leaves": st.sets(st.sampled_from(ACCOUNTS[1:]), max_size=1),
        "unlisted": st.sets(st.sampled_from(ACCOUNTS[1:]), max_size=1),
        "ends": st.sets(st.sampled_from(ACCOUNTS[1:]), max_size=1),
        "excluded": st.sampled_from([set(), set(), set(), {ACCOUNTS[0]}]),
        "restated": st.sets(st.tuples(st.sampled_from(ACCOUNTS), st.integers(1, 40)), max_size=1),
    }
)


@tries(3, many=80)
@given(mornings=st.lists(MORNING, min_size=1, max_size=4))
def test_each_morning_is_the_whole_bill(mornings: list[dict[str, object]]) -> None:
    world = start()
    for each in mornings:
        _live(world, **each)  # type: ignore[arg-type]
        world.report()


def _live(
    world: Mornings,
    gap: int,
    joins: set[str],
    leaves: set[str],
    unlisted: set[str],
    ends: set[str],
    excluded: set[str],
    restated: set[tuple[str, int]],
) -> None:
    bill = world.bill
    bill.today += gap * DAY
    world.listed = world.listed - leaves | joins | {ACCOUNTS[0], ACCOUNTS[1]}
    world.excluded = set(excluded)
    for account in joins | unlisted:
        bill.life.setdefault(account, (bill.today - DAY, date.max))
    for account in ends & bill.life.keys():
        bill.life[account] = (bill.life[account][0], bill.today - 2 * DAY)
    # Of a part there is no total that would show it before the weekly reading.
    for account, back in () if excluded else restated:
        bill.changes[account, bill.today - back * DAY] = back


def start() -> Mornings:
    world = Mornings()
    world.listed = set(ACCOUNTS[:3])
    world.bill.life = {each: (FIRST - timedelta(days=200), date.max) for each in ACCOUNTS[:3]}
    world.report()
    return world


def test_who_was_billed_is_not_asked_where_the_reading_shows_it_and_a_stranger_is_found_the_same_morning() -> (
    None
):
    world = start()
    assert (world.bill.asked, world.bill.whole) == (1, 0)
    world.bill.today += DAY
    planned = world.report()
    assert world.bill.asked == 1
    assert [batch.whole for batch in planned.batches if not batch.by_region] == [True]
    world.bill.today += DAY
    world.bill.life[ACCOUNTS[4]] = (world.bill.today - DAY, date.max)
    planned = world.report()
    assert world.bill.asked == 1
    assert ACCOUNTS[4] not in planned.batches[0].accounts
    world.bill.today += DAY
    planned = world.report()
    assert world.bill.asked == 2, "its name, and the days that are not held of it"
    accounts = planned.accounts
    assert [(each.name, each.state) for each in accounts if each.id == ACCOUNTS[4]] == [("name 5", LEFT)]
    world.bill.today += DAY
    assert LEFT in {each.state for each in _accounts(world)}
    assert world.bill.asked == 2, "and then it is known"


def test_who_was_billed_is_asked_where_an_account_is_gone_and_once_a_week() -> None:
    world = start()
    world.bill.today += DAY
    world.listed -= {ACCOUNTS[2]}
    assert {each.id for each in _accounts(world)} == set(ACCOUNTS[:3])
    assert world.bill.asked == 2
    days = 0
    while world.bill.asked == 2 and days < 8:
        world.bill.today += DAY
        world.report()
        days += 1
    assert world.bill.today.weekday() == 0
    assert days > 1


def test_a_run_that_is_planned_again_reads_the_same_batch() -> None:
    world = start()
    world.bill.today += DAY
    first = world.report()
    world.store.objects = {
        key: data for key, data in world.store.objects.items() if not keys.HISTORY.matches(key)
    }
    again = world.report()
    assert first.batches != again.batches, "nothing is held any more"
    assert world.bill.asked == 2


def test_a_run_that_is_planned_again_for_another_metric_asks_for_its_total() -> None:
    world = start()
    before = world.bill.totals
    world.bill.today += DAY
    world.report()
    world.env = {"FINOPSGUARD_COST_METRIC": "AmortizedCost"}
    world.report()
    assert world.bill.totals == before + 2


def _accounts(world: Mornings) -> tuple[Account, ...]:
    return world.report().accounts
