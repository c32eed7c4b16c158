"""The queries of docs/incidents.md, run on a ledger that two reports left, and its bounds as the code has them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import sqlglot

from finopsguard import contracts
from finopsguard.incidents import giving, known, verdicts
from finopsguard.incidents.rules import MEMORY_DAYS
from finopsguard.models.messages import Delivery
from finopsguard.store import keys, ledger
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import make_run
from tests.unit.report.sample import weekly

PAGE = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
(TABLE,) = re.findall(r"```sql athena\n(.*?)```", PAGE, re.DOTALL)
(TRINO,) = re.findall(r"```sql trino\n(.*?)```", PAGE, re.DOTALL)


def kept(folder: Path) -> dict[str, Decimal]:
    """A ledger of two weeks, in files; what each incident costs in the end."""
    store = MemoryStore()
    for number, factor in ((16, 1), (23, 2)):
        run = make_run(run_id=f"weekly-2026-11-{number}")
        report = weekly()
        lines = tuple(replace(line, impact=factor * line.impact) for line in report.anomalies)
        ledger.leave(store, run, replace(report, anomalies=lines), "teams")
        at = datetime(2026, 11, number, 8, tzinfo=UTC)
        ledger.record(store, run, Delivery("delivered", 1, "teams", posted_at=at))
    for key, data in store.objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return {line.id: 2 * line.impact for line in weekly().anomalies}


def test_the_queries_say_what_was_told(tmp_path: Path) -> None:
    impacts = kept(tmp_path)
    view, by_id = (query.replace("'ledger/", f"'{tmp_path}/ledger/") for query in QUERIES)
    with duckdb.connect() as database:
        database.execute(view)
        found = database.execute(by_id).fetchall()
        database.execute(
            f"CREATE TABLE finopsguard_ledger AS SELECT * FROM read_json('{tmp_path}/ledger/aws/*/*/*.json')"  # noqa: S608
        )
        other = database.execute(sqlglot.transpile(TRINO, read="trino", write="duckdb")[0]).fetchall()
    assert {row[0]: row[3] for row in found} == {name: round(usd, 2) for name, usd in impacts.items()}
    assert {row[1] for row in found} == {datetime(2026, 11, 16, 8)}  # noqa: DTZ001 - DuckDB's, in UTC
    assert {row[0]: row[2] for row in other} == {row[0]: row[3] for row in found}


def test_the_table_of_athena_has_the_fields_of_the_schema() -> None:
    schema = contracts.load_schema("incidents_told")
    row = schema["properties"]["incidents"]["items"]["properties"]
    cause = row["causes"]["items"]["properties"]
    assert set(re.findall(r"(\w+)`? (?:string|array)", TABLE)) == set(schema["properties"])
    inner = TABLE[TABLE.index("struct<") :]
    assert set(re.findall(r"(\w+):", inner)) == {*row, *cause} | set(re.findall(r"s3(?=:)", inner))
    assert keys.LEDGER.below(source="aws") in TABLE


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"at most {giving.LONGEST_MUTE_DAYS} days" in PAGE
    assert giving.LONGEST_MUTE_DAYS == giving.LONGEST_PLAN_DAYS
    assert verdicts.MUTED_TIMES == 3
    assert PAGE.count("hree times what was muted") == 2
    assert f"after {MEMORY_DAYS} days" in PAGE
    assert known.TOLERANCE == (1.5, 2.0)
    assert known.ALIKE_DAYS == verdicts.TAKEN_OUT.days == 14
