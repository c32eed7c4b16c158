"""The history to Athena: the template's table, the saved query and the documented one, on what is written."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlglot

from finopsguard.costs import kept
from finopsguard.models.run import Period
from finopsguard.store import keys
from finopsguard.store.memory import MemoryStore
from tests.template import stack
from tests.unit.costs.test_archive import QUESTION, RUN, A, B, add, plan, rows
from tests.unit.fakes import NOW

PAGE = (stack.ROOT / "docs" / "history.md").read_text("utf-8")
(DOCUMENTED,) = re.findall(r"```sql trino\n(.*?)```", PAGE, re.DOTALL)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 3))
# What Athena calls a type of Parquet that DuckDB wrote (AWS: data types in Athena).
ATHENA = {"VARCHAR": "string", "TIMESTAMP": "timestamp", "DATE": "date", "DECIMAL(28,10)": "decimal(28,10)"}


@pytest.fixture
def database(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A table `history_states` of what two readings left, below a bucket; `$path` is a column of it."""
    store = MemoryStore()
    add(store, {A: "1", B: "5"}, NOVEMBER)
    again = plan(NOW + timedelta(days=1))
    kept.add(store, RUN, again, {A: (NOVEMBER,)}, rows({A: "2"}, NOVEMBER))
    for key, data in store.objects.items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    made = duckdb.connect()
    made.execute(
        f'CREATE TABLE history_states AS SELECT * EXCLUDE (filename), filename AS "$path"'  # noqa: S608
        f" FROM read_parquet('{tmp_path}/history/aws/**/*.parquet', filename = true)"
    )
    return made


def translated(query: str) -> str:
    return sqlglot.transpile(query, read="trino", write="duckdb")[0]


def table() -> dict[str, str]:
    columns = stack.resources("AWS::Glue::Table")["HistoryStates"]["TableInput"]["StorageDescriptor"][
        "Columns"
    ]
    return {each["Name"]: each["Type"] for each in columns}


def test_the_table_has_the_columns_that_are_written_and_no_other(
    database: duckdb.DuckDBPyConnection,
) -> None:
    written = {
        name: ATHENA[kind]
        for name, kind, *_ in database.execute("DESCRIBE history_states").fetchall()
        if name != "$path"
    }
    assert table() == written


def test_the_table_lies_where_the_history_is_kept() -> None:
    found = stack.resources("AWS::Glue::Table")["HistoryStates"]["TableInput"]["StorageDescriptor"]
    assert found["Location"] == {"Fn::Sub": f"s3://${{Store.Value}}/{keys.HISTORY.below(source='aws')}"}


def test_the_saved_query_makes_a_view_of_what_was_read_last(database: duckdb.DuckDBPyConnection) -> None:
    saved = stack.resources("AWS::Athena::NamedQuery")["HistoryView"]["QueryString"]
    database.execute(translated(saved))
    assert database.execute(translated(DOCUMENTED)).fetchall() == [(B, Decimal(10)), (A, Decimal(4))]
    named = [name for name, *_ in database.execute("DESCRIBE history").fetchall()]
    assert named == [*table(), "question"]
    assert database.execute("SELECT DISTINCT question FROM history").fetchall() == [(QUESTION,)]


def test_nothing_of_it_is_made_unless_it_is_asked_for() -> None:
    made = stack.template()["Resources"]
    assert stack.template()["Parameters"]["AthenaDatabase"]["Default"] == ""
    for name in ("HistoryDatabase", "HistoryStates", "HistoryView"):
        assert made[name]["Condition"] == "HasAthena"
