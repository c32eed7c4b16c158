"""Files given to `detect` and `backtest`, of any content: what they hold, to the cent, or one line of why not."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import cli
from finopsguard.costs.sources.files.reader import Export
from finopsguard.errors import FinOpsGuardError
from tests.fuzz.held import outcome, soon, tries
from tests.fuzz.shapes import damaged
from tests.unit.costs.sources.files.written import read as read_file

FIRST = date(2026, 10, 1)
Rows = list[tuple[date, str, str, Decimal]]

accounts = st.sampled_from(["111111111111", "222222222222"])
names = st.sampled_from(
    ["Amazon EC2", "Amazon RDS", 'a "quoted" one', "with, comma", "é\u202e", "'; DROP TABLE costs", "a\nb"]
)


@st.composite
def costs(draw: st.DrawFn) -> Rows:
    """Daily costs without a gap; a place and day may come twice, as in an export by hour."""
    made: Rows = []
    amounts = st.decimals("-1000", "100000", places=4)
    for number in range(draw(st.integers(1, 20))):
        for _ in range(draw(st.integers(1, 2))):
            made.append((FIRST + timedelta(days=number), draw(accounts), draw(names), draw(amounts)))
    return made


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, Rows]:
    """A CSV of some dialect, and what it says."""
    rows = draw(costs())
    comma = draw(st.sampled_from([",", ",", ";", "\t", "|"]))
    header = draw(st.sampled_from(["date,account_id,service,cost", "Date,Account,Service_Name,Amount"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [header.replace(",", comma)]
    lines += [
        comma.join(
            ['"' + each.replace('"', '""') + '"' for each in (str(day), account, service, f"{amount:f}")]
        )
        for day, account, service, amount in rows
    ]
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + end.join(lines).encode() + end.encode(), rows


def parquet(rows: Rows, folder: str) -> bytes:
    """The same as a Parquet file."""
    path = Path(folder, "made.parquet")
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE t (date DATE, account_id VARCHAR, service VARCHAR, cost DECIMAL(18, 4))"
        )
        database.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
        database.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def read(data: bytes, name: str) -> Export | FinOpsGuardError:
    """What the reader makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        return outcome(lambda: read_file(path))


def adds_up(found: Export, rows: Rows) -> None:
    """Every place and day has the sum of its rows, but for what was named as left out."""
    sums: dict[tuple[str, str, date], Decimal] = {}
    for day, account, service, amount in rows:
        key = (account, service.strip(), day)
        sums[key] = sums.get(key, Decimal(0)) + amount
    if found.rejected.count:
        return
    series = found.series
    seen = {
        (account, service, series.first_day + timedelta(days=number)): amount
        for account, service, amounts in zip(series.accounts, series.services, series.costs, strict=True)
        for number, amount in enumerate(amounts)
        if amount
    }
    assert seen == pytest.approx({key: float(amount) for key, amount in sums.items() if amount}, abs=1e-6)


@tries(2, many=250)
@given(made=csv_files())
def test_a_csv_of_any_dialect_is_what_it_says_or_refused(made: tuple[bytes, Rows]) -> None:
    data, rows = made
    found = read(data, "costs.csv")
    if isinstance(found, Export):
        adds_up(found, rows)


@tries(1, many=150)
@given(rows=costs())
def test_a_parquet_file_is_what_it_says(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = parquet(rows, folder)
    found = read(data, "costs.parquet")
    assert isinstance(found, Export)
    assert not found.rejected.count
    adds_up(found, rows)


@tries(2, many=250)
@given(
    made=csv_files(), pick=st.data(), name=st.sampled_from(["c.csv", "c.parquet", "c", "c.csv.gz", "c.json"])
)
def test_a_damaged_file_is_read_or_refused_in_one_line(
    made: tuple[bytes, Rows], pick: st.DataObject, name: str
) -> None:
    found = read(pick.draw(damaged(made[0])), name)
    assert isinstance(found, Export | FinOpsGuardError)


@tries(1, many=150)
@given(rows=costs(), pick=st.data())
def test_a_damaged_parquet_file_is_read_or_refused_in_one_line(rows: Rows, pick: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = pick.draw(damaged(parquet(rows, folder)))
    assert isinstance(read(data, "costs.parquet"), Export | FinOpsGuardError)


@tries(1, many=100)
@given(made=csv_files(), command=st.sampled_from(["detect", "backtest"]), pick=st.data())
def test_the_commands_print_json_or_one_line(
    made: tuple[bytes, Rows], command: str, pick: st.DataObject
) -> None:
    data = pick.draw(st.one_of(st.just(made[0]), damaged(made[0])))
    told, complained = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, soon():
        path = Path(folder, "costs.csv")
        path.write_bytes(data)
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(complained):
            code = cli.main([command, str(path), "--format", "json", "--days", "3"])
    if code == 0:
        assert isinstance(json.loads(told.getvalue()), dict)
    else:
        assert code == 2
        assert told.getvalue() == ""
        assert complained.getvalue().startswith("finopsguard: ")
        assert "Traceback" not in complained.getvalue()
