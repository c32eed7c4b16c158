from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finopsguard.costs.charges import charge_kind
from finopsguard.costs.database import limits
from finopsguard.costs.table import CostTable, Past, to_parquet, total
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.run import Period
from tests.sweeps import examples

A, B = "000000000001", "222222222222"
FIRST = date(2026, 11, 1)
WEEK = Period(FIRST, date(2026, 11, 8))


def usage(day: int, account_id: str, service: str, amount: str) -> CostRow:
    return CostRow(FIRST.replace(day=day), account_id, service, None, Decimal(amount), "USD")


def charge(day: int, account_id: str, record_type: str, amount: str) -> CostRow:
    return CostRow(FIRST.replace(day=day), account_id, None, record_type, Decimal(amount), "USD")


ROWS = [
    usage(1, A, "Amazon S3", "0.0000000001"),
    usage(2, A, "Amazon S3", "3"),
    usage(2, B, "Amazon 'EC2' \"x\"", "-4.5"),
    charge(1, A, "Tax", "9.99"),
    charge(2, A, "Usage", "3"),
    charge(9, A, "Usage", "1000"),
]


def test_the_layout_is_the_one_that_a_history_can_be_queried_by(tmp_path: Path) -> None:
    with CostTable([to_parquet(ROWS)]) as table:
        (tmp_path / "costs.parquet").write_bytes(table.to_parquet())
    stored = duckdb.read_parquet(str(tmp_path / "costs.parquet"))
    assert dict(zip(stored.columns, map(str, stored.types), strict=True)) == {
        "date": "DATE",
        "account_id": "VARCHAR",
        "service": "VARCHAR",
        "record_type": "VARCHAR",
        "amount": "DECIMAL(28,10)",
        "unit": "VARCHAR",
        "seller": "VARCHAR",
        "amortized": "DECIMAL(28,10)",
        "region": "VARCHAR",
    }
    assert stored.aggregate("count(*), count(service), count(record_type)").fetchall() == [(6, 3, 3)]


def test_what_a_charge_is_for_is_kept_and_in_no_sum() -> None:
    part = CostRow(FIRST, A, "Scanner", "Tax", Decimal("9.99"), "USD", "Seller, Inc.")
    with CostTable([to_parquet([*ROWS, part])]) as table, CostTable([to_parquet(ROWS)]) as plain:
        assert table.products() == [(A, "Tax", FIRST, "Scanner", "Seller, Inc.", Decimal("9.9900000000"))]
        for of in (CostTable.by_account, CostTable.by_record_type, CostTable.by_service, CostTable.by_day):
            assert of(table, WEEK) == of(plain, WEEK)
        assert table.total_by_day() == plain.total_by_day()
        assert table.usage_apart(Decimal("0.01")) == plain.usage_apart(Decimal("0.01"))
        assert table.charges_by_day() == [(A, "Tax", FIRST, Decimal("9.99"))]
        with CostTable([table.to_parquet()]) as again:
            assert again.products() == table.products()
    assert total([*ROWS, part], WEEK) == total(ROWS, WEEK)


def test_files_of_an_earlier_version_are_read() -> None:
    with CostTable([to_parquet(ROWS)]) as table, tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "old.parquet")
        path.write_bytes(table.to_parquet())
        old = Path(folder, "without.parquet")
        duckdb.sql(f"COPY (SELECT * EXCLUDE (seller, amortized) FROM read_parquet('{path}')) TO '{old}'")  # noqa: S608
        with CostTable([old.read_bytes()]) as read:
            assert (read.total_by_day(), read.products()) == (table.total_by_day(), [])


def test_sums_are_exact_and_bounded_by_the_period() -> None:
    with CostTable([to_parquet(ROWS[:3]), to_parquet(ROWS[3:]), to_parquet([])]) as table:
        assert table.by_service(WEEK) == {
            "Amazon S3": Decimal("3.0000000001"),
            "Amazon 'EC2' \"x\"": Decimal("-4.5"),
        }
        assert table.by_account(WEEK) == {A: Decimal("12.99")}
        assert table.by_record_type(WEEK) == {"Tax": Decimal("9.99"), "Usage": Decimal(3)}
        assert table.by_day(WEEK) == {
            date(2026, 11, 1): (Decimal("9.99"), Decimal(0)),
            date(2026, 11, 2): (Decimal(3), Decimal(3)),
        }
        assert table.units() == ["USD"]


def test_series_have_a_zero_for_days_without_a_row_and_leave_charges_out() -> None:
    with CostTable([to_parquet(ROWS)]) as table:
        series = table.usage_series(Period(FIRST, date(2026, 11, 4)))
    assert list(zip(series.accounts, series.services, strict=True)) == [
        (A, "Amazon S3"),
        (B, "Amazon 'EC2' \"x\""),
    ]
    np.testing.assert_allclose(series.costs, [[1e-10, 3, 0], [0, -4.5, 0]])


def test_nothing_at_all_is_an_empty_table() -> None:
    for parquet_files in ([], [to_parquet([])]):
        with CostTable(parquet_files) as table:
            assert (table.units(), table.by_day(WEEK), table.by_account(WEEK)) == ([], {}, {})
            assert table.usage_series(WEEK).costs.shape == (0, 7)


AMOUNTS = st.lists(
    st.decimals("-99999999", "99999999", allow_nan=False, allow_infinity=False, places=10),
    min_size=1,
    max_size=30,
)


# Opening a DuckDB is what takes the time, so one table holds the amounts of many accounts: more of them than one each.
@settings(max_examples=examples(25))
@given(st.lists(AMOUNTS, min_size=1, max_size=12))
def test_no_amount_is_ever_rounded(amounts_of_accounts: list[list[Decimal]]) -> None:
    accounts = {f"{number:012}": amounts for number, amounts in enumerate(amounts_of_accounts)}
    rows = [
        CostRow(FIRST, account, None, "Usage", amount, "USD")
        for account, amounts in accounts.items()
        for amount in amounts
    ]
    with CostTable([to_parquet(rows)]) as table:
        assert table.by_account(WEEK) == {account: sum(amounts) for account, amounts in accounts.items()}


@pytest.mark.parametrize(
    ("record_type", "kind"),
    [
        *((record_type, "usage") for record_type in USAGE_RECORD_TYPES),
        ("Credit", "credit"),
        ("Refund", "refund"),
        ("Tax", "tax"),
        ("Support", "support"),
        ("Recurring", "fee"),
        ("SavingsPlanRecurringFee", "fee"),
        ("Savings Plan Recurring Fee", "fee"),
        ("Recurring reservation fee", "fee"),
        ("Enterprise Discount Program Discount", "discount"),
        ("EdpDiscount", "discount"),
        ("Other", "other"),
        ("SomethingNewIn2031", "other"),
    ],
)
def test_kinds_of_charges(record_type: str, kind: str) -> None:
    assert charge_kind(record_type) == kind


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ("", {}),
        ("512", {"memory_limit": "156MiB", "threads": 1}),
        ("1769", {"memory_limit": "784MiB", "threads": 1}),
        ("4096", {"memory_limit": "1948MiB", "threads": 2}),
        ("10240", {"memory_limit": "5020MiB", "threads": 4}),
    ],
)
def test_in_lambda_duckdb_has_half_of_what_python_leaves(memory: str, expected: Any) -> None:
    found = limits({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory} if memory else {})
    assert found == expected
    with duckdb.connect(config={**found}) as database:
        database.execute("SELECT 1")


def test_a_series_is_one_however_many_days_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Period(date(2026, 1, 1), date(2026, 4, 9))
    rows = [
        CostRow(day, account, "Amazon S3", None, Decimal(number) / 7, "USD")
        for number, day in enumerate(window.dates(), start=1)
        for account in ("111111111111", "222222222222")
    ]
    with CostTable([to_parquet(rows)]) as table:
        of_few_series = table.usage_series(window)
        monkeypatch.setattr("finopsguard.costs.table._AMOUNTS_AT_ONCE", 0)
        assert np.array_equal(of_few_series.costs, table.usage_series(window).costs)
    assert of_few_series.costs.all()


def test_many_rows_are_asked_where_they_lie_and_answer_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    part = CostRow(FIRST, A, "Scanner", "Tax", Decimal("9.99"), "USD", "Seller, Inc.")
    file = to_parquet([*ROWS, part])

    def answers() -> tuple[str, list[object]]:
        with CostTable([file]) as table:
            ((kind,),) = table._rows(
                "SELECT table_type FROM information_schema.tables WHERE table_name = 'rows_read'"
            )
            series = table.usage_series(WEEK)
            return kind, [
                *(table.units(), table.accounts(), table.first_day(), table.products()),
                *(
                    table.by_account(WEEK),
                    table.by_record_type(WEEK),
                    table.by_service(WEEK),
                    table.by_day(WEEK),
                ),
                *(table.charges_on(WEEK.dates()), table.charges_by_day(), table.usage_on(WEEK.dates())),
                *(table.total_by_day([B]), table.days_with_cost({A: "a", B: "b"})),
                *(table.usage_apart(Decimal(1)), table.usage_by_day(), series.labels, series.costs.tolist()),
                table.to_parquet(),
            ]

    few = answers()
    monkeypatch.setattr("finopsguard.costs.table._FEW_ROWS", len(ROWS))
    many = answers()
    assert (few[0], many[0]) == ("LOCAL TEMPORARY", "VIEW")
    assert few[1] == many[1]


def test_many_rows_are_sorted_some_days_at_a_time_and_are_the_same_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """10,000 accounts and their months did not fit into memory in one sort, whatever went to the disk."""
    window, new = Period(date(2026, 9, 30), date(2026, 11, 5)), Period(date(2026, 11, 2), date(2026, 11, 5))
    rows = [
        CostRow(day, account, "Amazon S3", None, Decimal(day.toordinal() % 97), "USD")
        for account in (A, B)
        for day in window.dates()
    ]
    held, read = ([row for row in rows if (row.date in new) == now] for now in (False, True))
    past = Past([to_parquet(held)], [A, B], window, {A: (new,), B: (new,)})

    def stored() -> list[tuple[object, ...]]:
        # Two files of what was read, as there are for two batches.
        with CostTable([to_parquet(read[::2]), to_parquet(read[1::2])], past) as table:
            assert table.by_day(window) == {}
            assert table.usage_by_day()[window.start] == 2 * (window.start.toordinal() % 97)
            (tmp_path / "costs.parquet").write_bytes(table.to_parquet())
        return duckdb.read_parquet(str(tmp_path / "costs.parquet")).fetchall()

    at_once = stored()
    monkeypatch.setattr("finopsguard.costs.table._SORTED_AT_ONCE", 0)
    assert stored() == at_once
    assert len(at_once) == len(rows)
