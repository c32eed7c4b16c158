"""Days of an account that could not be read when they were new: the first report that reads it judges them too."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard import contracts
from finopsguard.incidents.unread import MOST_OWED_DAYS, owed, still_unread
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts
from finopsguard.steps import aggregate_costs, detect_anomalies
from finopsguard.store import documents
from finopsguard.store.memory import MemoryStore
from tests.truth.row_table import summed
from tests.unit.fakes import FakePorts, both_kinds, call
from tests.unit.incidents.reports import ACCOUNT, END, run_of, steady

OTHER = "222222222222"
DAY = timedelta(days=1)
SPIKE = END - 9 * DAY
FEE = SPIKE - DAY


def morning(store: MemoryStore, end: date, *, missing: bool) -> Report:
    """The daily report of a morning, in which the other account is missing or not."""
    run = run_of("daily", end)
    back = (END - end).days
    amounts = steady(200)[: -back or None]
    days = list(
        zip((end - number * DAY for number in range(1, len(amounts) + 1)), amounts[::-1], strict=True)
    )
    other = [
        *(row for day, usd in days for row in both_kinds(day, OTHER, "S3", f"{usd * (9 if day == SPIKE else 1):.4f}")),
        *([CostRow(FEE, OTHER, None, "Fee", Decimal(4500), "USD")] if end > FEE else []),
    ]  # fmt: skip
    own = [row for day, usd in days for row in both_kinds(day, ACCOUNT, "EC2", f"{usd:.4f}")]
    ports = FakePorts({"FINOPSGUARD_MAX_MISSING_PERCENT": "70"}, store=store)
    accounts = Accounts(
        (Account(ACCOUNT, "shop", "ACTIVE", None, "b"), Account(OTHER, "data", "ACTIVE", None, "c"))
    )
    store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    read = BatchCosts("c", "unavailable", error="Denied") if missing else BatchCosts("c", "ok", key="c")
    fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="b"), read))
    with summed() as written:
        store.write("b", written(own))
        store.write("c", written(other))
        done = call(detect_anomalies.run, call(aggregate_costs.run, fetched, ports), ports)
    return documents.read(store, done.report_key, Report)


def test_a_spike_of_days_on_which_its_account_was_missing_is_told_when_it_is_read_again() -> None:
    store = MemoryStore()
    morning(store, SPIKE - DAY, missing=False)
    for number in range(6):
        report = morning(store, SPIKE + number * DAY, missing=True)
        assert (report.anomalies, report.charge_findings) == ((), ())
    report = morning(store, SPIKE + 6 * DAY, missing=False)
    (line,) = report.anomalies
    assert (line.account_id, line.service, line.day, line.status) == (OTHER, "S3", SPIKE, "new")
    assert report.charge_findings is not None
    assert [(each.state, each.account_id, each.day) for each in report.charge_findings] == [
        ("new", OTHER, FEE)
    ]
    after = morning(store, SPIKE + 7 * DAY, missing=False)
    assert [each.status for each in after.anomalies if each.status in ("new", "growing")] == []
    assert after.charge_findings == ()


def test_days_that_were_judged_are_judged_by_no_later_report() -> None:
    report = morning(MemoryStore(), SPIKE + 6 * DAY, missing=False)
    assert (report.anomalies, report.charge_findings) == ((), ()), "it was not missing before"


UNREAD = {ACCOUNT: END - 9 * DAY, OTHER: END - 3 * DAY}


def test_what_is_owed_is_of_the_accounts_that_are_read_again_and_not_of_long_ago() -> None:
    assert owed(UNREAD, {OTHER}, END) == {ACCOUNT: END - 9 * DAY}
    assert owed(UNREAD, {ACCOUNT, OTHER}, END) == {}
    long_ago = {ACCOUNT: END - 90 * DAY}
    assert owed(long_ago, (), END) == {ACCOUNT: END - MOST_OWED_DAYS * DAY}


@pytest.mark.parametrize(
    ("missing", "after"),
    [
        ({OTHER}, {OTHER: END - 3 * DAY}),
        ({ACCOUNT}, {ACCOUNT: END - 9 * DAY}),
        ({"333333333333"}, {"333333333333": END - DAY}),
        (set(), {}),
    ],
)
def test_what_stays_unread_is_what_is_missing_since_it_was(missing: set[str], after: dict[str, date]) -> None:
    assert still_unread(UNREAD, missing, END - DAY) == after
