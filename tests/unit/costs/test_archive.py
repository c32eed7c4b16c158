"""The history in the store: whole days, whoever writes at the same time, and whatever is damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finopsguard.config import PlanSettings
from finopsguard.costs import archive, kept
from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.errors import InvalidInput, StoreUnavailable
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import MissingAccount
from finopsguard.models.run import Account, Accounts, Period, Run
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, both_kinds, make_run

A, B = "111111111111", "222222222222"
RUN = make_run()
OCTOBER, NOVEMBER = date(2026, 10, 30), date(2026, 11, 2)
DAYS = Period(OCTOBER, NOVEMBER)
ACCOUNTS_KEY = keys.ACCOUNTS.key(run_id=RUN.run_id)
QUESTION = archive.question(PlanSettings.from_env({}))


def plan(at: datetime = NOW, **changes: Any) -> Accounts:
    accounts = tuple(Account(each, each, "ACTIVE", None, "b") for each in (A, B))
    return replace(Accounts(accounts, asked=at, question=QUESTION), **changes)


def rows(amounts: Mapping[str, str], days: Period = DAYS) -> Sequence[bytes]:
    return [
        to_parquet(
            [
                row
                for day in days.dates()
                for each, usd in amounts.items()
                for row in both_kinds(day, each, "EC2", usd)
            ]
        )
    ]


def add(store: MemoryStore, amounts: Mapping[str, str], days: Period = DAYS, at: datetime = NOW) -> None:
    kept.add(store, RUN, plan(at), dict.fromkeys(amounts, (days,)), rows(amounts, days))


def totals(store: MemoryStore, run: Run = RUN, **changes: Any) -> Mapping[date, Decimal]:
    """What a run takes that reads nothing itself."""
    found = archive.held(store, run, QUESTION)
    made = plan(held=tuple(each.key for each in found.months), **changes)
    with CostTable([], kept.past(store, FetchedCosts(run, ACCOUNTS_KEY, ()), made, ())) as table:
        return table.total_by_day()


def test_what_was_read_is_found_again_month_by_month_to_the_last_digit() -> None:
    store = MemoryStore()
    add(store, {A: "1.0000000001", B: "2"})
    assert totals(store) == dict.fromkeys(DAYS.dates(), Decimal("3.0000000001"))
    assert sorted(store.objects) == [
        f"history/aws/{QUESTION}/2026-10/00001.parquet",
        f"history/aws/{QUESTION}/2026-11/00001.parquet",
    ]


def test_a_later_reading_replaces_whole_days_of_its_accounts_and_keeps_the_older_state() -> None:
    store = MemoryStore()
    add(store, {A: "1", B: "2"})
    add(store, {A: "5"}, Period(OCTOBER, OCTOBER + timedelta(days=1)), NOW + timedelta(days=1))
    assert totals(store) == {**dict.fromkeys(DAYS.dates(), Decimal(3)), OCTOBER: Decimal(7)}
    assert f"history/aws/{QUESTION}/2026-10/00001.parquet" in store.objects, "what a restated day cost before"
    assert len(store.objects) == 3, "November was not read again"


def test_an_older_reading_that_comes_late_changes_nothing_and_the_same_writes_nothing() -> None:
    store = MemoryStore()
    add(store, {A: "1"})
    before = dict(store.objects)
    add(store, {A: "9"}, at=NOW - timedelta(hours=1))
    add(store, {A: "1"})
    assert store.objects == before


def test_two_reports_at_once_lose_neither() -> None:
    class Slow(MemoryStore):
        """Somebody else appends between the look and the write."""

        others = 1

        def create(self, key: str, data: bytes) -> bool:
            if self.others and keys.HISTORY.matches(key):
                self.others -= 1
                add(self, {B: "2"})
            return super().create(key, data)

    store = Slow()
    add(store, {A: "1"})
    assert totals(store) == dict.fromkeys(DAYS.dates(), Decimal(3))
    always = Slow()
    always.others = 0

    def never(key: str, data: bytes) -> bool:
        return False

    always.create = never  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable, match="2026-10"):
        add(always, {A: "1"})


def test_a_state_that_cannot_be_read_is_passed_over_for_the_one_before_it() -> None:
    store = MemoryStore()
    add(store, {A: "1"})
    add(store, {A: "5"}, at=NOW + timedelta(days=1))
    newest = f"history/aws/{QUESTION}/2026-10/00002.parquet"
    store.objects[newest] = store.objects[newest][:-40]
    found = archive.held(store, RUN, QUESTION)
    assert found.unreadable == (newest,)
    assert [month.key[-13:-8] for month in found.months] == ["00001", "00002"]
    add(store, {A: "6"}, at=NOW + timedelta(days=2))
    assert totals(store)[OCTOBER] == Decimal(6)


def test_an_account_that_left_the_selection_is_not_taken() -> None:
    store = MemoryStore()
    add(store, {A: "1", B: "2"})
    alone = tuple(Account(each, each, "ACTIVE", None, None) for each in (A,))
    assert totals(store, accounts=alone)[OCTOBER] == Decimal(1)


def test_of_an_account_that_could_not_be_read_now_nothing_that_is_held_is_taken() -> None:
    """Its cost is unknown: what it was on some of the days would pass for what it is."""
    store = MemoryStore()
    add(store, {A: "1", B: "2"})
    held = tuple(each.key for each in archive.held(store, RUN, QUESTION).months)
    gone = [MissingAccount(B, "data", "denied")]
    past = kept.past(store, FetchedCosts(RUN, ACCOUNTS_KEY, ()), plan(held=held), gone)
    with CostTable([], past) as table:
        assert table.total_by_day() == dict.fromkeys(DAYS.dates(), Decimal(1))


def test_days_that_are_read_now_come_from_the_batches() -> None:
    store = MemoryStore()
    add(store, {A: "1"})
    found = archive.held(store, RUN, QUESTION)
    one = Period(OCTOBER, OCTOBER + timedelta(days=1))
    now = plan(held=tuple(each.key for each in found.months), read_now={A: (one,)})
    with CostTable(
        rows({A: "9"}, one), kept.past(store, FetchedCosts(RUN, ACCOUNTS_KEY, ()), now, ())
    ) as table:
        assert list(table.total_by_day().values()) == [Decimal(9), Decimal(1), Decimal(1)]


def test_a_plan_of_an_earlier_release_does_not_pass_for_one_whose_days_are_all_read() -> None:
    old = plan(question=None)
    four = FetchedCosts(RUN, ACCOUNTS_KEY, (BatchCosts("b", "ok", key="k", days=4),))
    with pytest.raises(
        InvalidInput, match=r"accounts\.json cannot be read.*Run the report again from its first step"
    ):
        kept.past(MemoryStore(), four, old, ())
    whole = FetchedCosts(RUN, ACCOUNTS_KEY, (BatchCosts("b", "ok", key="k"),))
    assert not kept.past(MemoryStore(), whole, old, ()).months


def test_invented_costs_are_not_kept() -> None:
    store = MemoryStore()
    kept.add(store, make_run(data_source="mock"), plan(), {A: (DAYS,)}, rows({A: "1"}))
    assert store.objects == {}
    assert archive.held(store, make_run(data_source="mock"), QUESTION) == ((), ())


@pytest.mark.parametrize(
    "env",
    [
        {"FINOPSGUARD_COST_METRIC": "NetUnblendedCost"},
        {"FINOPSGUARD_BILLING_VIEW_ARN": "arn:aws:billing::1:billingview/x"},
        {"FINOPSGUARD_ORGANIZATION_ROLE_ARN": "arn:aws:iam::222222222222:role/x"},
    ],
)
def test_another_question_has_another_history(env: Mapping[str, str]) -> None:
    store = MemoryStore()
    add(store, {A: "1"})
    assert archive.held(store, RUN, archive.question(PlanSettings.from_env(env))).months == ()


def test_any_reader_of_parquet_reads_a_month(tmp_path: Path) -> None:
    store = MemoryStore()
    row = CostRow(OCTOBER, A, "EC2", None, Decimal("1.5"), "USD", amortized=Decimal("1.25"))
    kept.add(store, RUN, plan(), {A: (Period(OCTOBER, NOVEMBER),)}, [to_parquet([row])])
    path = tmp_path / "month.parquet"
    path.write_bytes(store.objects[f"history/aws/{QUESTION}/2026-10/00001.parquet"])
    found = duckdb.read_parquet(str(path))
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        "date": "DATE",
        "account_id": "VARCHAR",
        "service": "VARCHAR",
        "region": "VARCHAR",
        "record_type": "VARCHAR",
        "amount": "DECIMAL(28,10)",
        "amortized": "DECIMAL(28,10)",
        "quantity": "DECIMAL(28,10)",
        "unit": "VARCHAR",
        "seller": "VARCHAR",
        "source": "VARCHAR",
        "read_at": "TIMESTAMP",
    }
    assert found.fetchall() == [
        (OCTOBER, A, "EC2", None, None, Decimal("1.5"), Decimal("1.25"), None, "USD", None, "cost_explorer",
         NOW.replace(tzinfo=None))
    ]  # fmt: skip
