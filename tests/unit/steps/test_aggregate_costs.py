from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard import contracts
from finopsguard.costs.paid import PageMeter
from finopsguard.costs.table import to_parquet
from finopsguard.errors import MixedCurrencies, ObjectMissing, TooManyAccountsMissing
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, CostReport, FetchedCosts
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts
from finopsguard.steps import aggregate_costs
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakePorts, both_kinds, call, make_run

A, B, C = "111111111111", "222222222222", "333333333333"
RUN = make_run()
MONDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 22)


def charge(day: date, account_id: str, record_type: str, amount: str) -> CostRow:
    return CostRow(day, account_id, None, record_type, Decimal(amount), "USD")


ROWS_A = [
    *both_kinds(MONDAY, A, "Amazon S3", "10.1"),
    *both_kinds(SUNDAY, A, "Amazon EC2", "0.0000000001"),
    *both_kinds(MONDAY - timedelta(days=7), A, "Amazon S3", "8"),
    charge(MONDAY, A, "Tax", "2.5"),
    charge(MONDAY, A, "Credit", "-1"),
    charge(date(2026, 11, 1), A, "Support", "100"),
    charge(date(2026, 10, 31), A, "Tax", "7"),
]


def aggregate(
    batches: dict[str, Sequence[CostRow] | None],
    env: dict[str, str] | None = None,
    cause: str = "denied",
    store: MemoryStore | None = None,
) -> tuple[CostReport, Report]:
    """Aggregates one batch per account; None is a batch that could not be read."""
    ports = FakePorts(env or {}, store=store)
    accounts, done = [], []
    for account_id, rows in batches.items():
        batch_id = f"batch-{account_id}"
        accounts.append(Account(account_id, f"name-{account_id}", "ACTIVE", None, batch_id))
        if rows is None:
            done.append(BatchCosts(batch_id, "unavailable", error="CostExplorerAccessDenied", cause=cause))
        else:
            key = keys.BATCH_COSTS.key(run_id=RUN.run_id, batch_id=batch_id)
            ports.store.write(key, to_parquet(rows))
            done.append(BatchCosts(batch_id, "ok", key=key, rows=len(rows), requests=2))
    ports.store.write("accounts", contracts.encode(contracts.to_json(Accounts(tuple(accounts)))))
    result = call(
        aggregate_costs.run, FetchedCosts(RUN, "accounts", tuple(done), ("organizations_not_in_use",)), ports
    )
    return result, documents.read(ports.store, result.report_key, Report)


def test_every_sum_is_exact_and_they_agree() -> None:
    result, report = aggregate({A: ROWS_A, B: both_kinds(MONDAY, B, "Amazon S3", "5")})
    assert result.total == report.totals.period == Decimal("16.6000000001")
    assert report.charges == {"usage": Decimal("15.1000000001"), "tax": Decimal("2.5"), "credit": Decimal(-1)}
    assert sum(report.charges.values()) == report.totals.period
    assert sum(account.cost for account in report.accounts) == report.totals.period
    assert sum(service.cost for service in report.services) == report.totals.usage == report.charges["usage"]
    assert sum(day.cost for day in report.daily if day.date in RUN.period) == report.totals.period
    assert report.comparison is not None
    assert report.comparison.days[-1] == SUNDAY - timedelta(days=1), "Sunday is not settled"
    assert (report.comparison.current, report.comparison.previous) == (Decimal("15.1"), Decimal(8))
    assert (report.totals.previous, report.totals.change) == (Decimal(8), Decimal("7.1"))
    assert report.totals.change_pct == Decimal("88.75")


def test_month_to_date_begins_on_the_first_and_ends_with_the_period() -> None:
    _, report = aggregate({A: ROWS_A})
    assert (
        report.totals.month_to_date
        == Decimal("10.1") + Decimal("0.0000000001") + 8 + Decimal("2.5") - 1 + 100
    )


def test_an_account_that_was_read_and_has_no_row_costs_nothing() -> None:
    _, report = aggregate({A: ROWS_A, B: []})
    assert {account.id: account.cost for account in report.accounts}[B] == 0
    assert report.coverage.missing == ()


def test_an_account_that_could_not_be_read_is_missing_and_never_zero() -> None:
    _, report = aggregate({A: ROWS_A, B: None}, {"FINOPSGUARD_MAX_MISSING_PERCENT": "50"})
    assert [account.id for account in report.accounts] == [A]
    assert [(each.id, each.reason) for each in report.coverage.missing] == [
        (B, "CostExplorerAccessDenied: denied")
    ]
    assert (report.coverage.accounts_expected, report.coverage.accounts_reported) == (2, 1)


def test_the_reason_is_plain_words_though_the_cause_is_json_cut_short() -> None:
    cause = json.dumps(
        {"errorMessage": 'The role "x" may not.\nAllow ce:GetCostAndUsage.', "errorType": "X"}
    )[:70]
    _, report = aggregate({A: ROWS_A, B: None}, {"FINOPSGUARD_MAX_MISSING_PERCENT": "50"}, cause)
    assert report.coverage.missing[0].reason.startswith(
        'CostExplorerAccessDenied: The role "x" may not. Allow'
    )


def test_a_batch_that_returned_nothing_is_missing_too() -> None:
    ports = FakePorts({"FINOPSGUARD_MAX_MISSING_PERCENT": "100"})
    accounts = Accounts((Account(A, "a", "ACTIVE", None, "lost"),))
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    result = call(
        aggregate_costs.run, FetchedCosts(RUN, "accounts", (BatchCosts("other", "unavailable"),)), ports
    )
    assert result.accounts_reported == 0


@pytest.mark.parametrize(("missing", "refused"), [(1, False), (2, True)])
def test_a_report_with_too_many_missing_accounts_is_refused(missing: int, refused: bool) -> None:
    batches: dict[str, Sequence[CostRow] | None] = {
        f"{n:012d}": None if n < missing else [] for n in range(10)
    }
    if not refused:
        assert aggregate(batches)[0].accounts_reported == 9
        return
    with pytest.raises(
        TooManyAccountsMissing, match=r"2 of 10 accounts.*2 of them: CostExplorerAccessDenied: denied"
    ):
        aggregate(batches)


def test_costs_in_two_currencies_are_not_added() -> None:
    with pytest.raises(MixedCurrencies, match="CNY, USD"):
        aggregate({A: ROWS_A, B: both_kinds(MONDAY, B, "Amazon S3", "1", unit="CNY")})


def test_the_currency_is_the_one_that_cost_explorer_names() -> None:
    assert aggregate({A: both_kinds(MONDAY, A, "Amazon S3", "1", unit="CNY")})[1].currency == "CNY"


def test_requests_are_counted_and_priced() -> None:
    store = MemoryStore()
    meter = PageMeter(store, RUN)
    for _ in range(4):
        meter()
    result, report = aggregate({A: ROWS_A, B: []}, store=store)
    assert (result.requests, report.cost_explorer.usd) == (4, Decimal("0.04"))


def test_where_the_history_does_not_reach_the_period_before_nothing_is_compared() -> None:
    _, report = aggregate({A: both_kinds(MONDAY, A, "Amazon S3", "1")})
    totals = report.totals
    assert (totals.previous, totals.change, totals.change_pct, totals.usage_previous) == (None,) * 4
    assert report.charges_previous is None
    assert [account.previous for account in report.accounts] == [None]
    assert [service.previous for service in report.services] == [None]


def test_where_nothing_was_spent_before_there_is_a_change_and_no_percentage() -> None:
    rows = [*both_kinds(date(2026, 10, 1), A, "Amazon S3", "1"), *both_kinds(MONDAY, A, "Amazon S3", "1")]
    totals = aggregate({A: rows})[1].totals
    assert (totals.previous, totals.change, totals.change_pct) == (Decimal(0), Decimal(1), None)


def test_notes_reach_the_report() -> None:
    assert aggregate({A: ROWS_A})[1].notes == ("organizations_not_in_use",)


def test_costs_that_are_gone_from_the_store_are_an_error_not_zero() -> None:
    ports = FakePorts()
    accounts = Accounts((Account(A, "a", "ACTIVE", None, "b"),))
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    with pytest.raises(ObjectMissing):
        call(aggregate_costs.run, FetchedCosts(RUN, "accounts", (BatchCosts("b", "ok", key="gone"),)), ports)


def test_services_and_accounts_come_with_the_most_expensive_first() -> None:
    _, report = aggregate({A: ROWS_A, B: both_kinds(MONDAY, B, "Amazon RDS", "500")})
    assert report.accounts[0].id == B
    assert report.services[0].name == "Amazon RDS"
