"""The queries of docs/history.md, run on a history that two readings made."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from finopsguard.costs import kept
from finopsguard.models.run import Period
from finopsguard.store.memory import MemoryStore
from tests.unit.costs.test_archive import RUN, A, B, add, plan, rows
from tests.unit.fakes import NOW

PAGE = (Path(__file__).parents[2] / "docs" / "history.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_the_queries_say_what_was_read_last(tmp_path: Path) -> None:
    store = MemoryStore()
    november = Period(date(2026, 11, 1), date(2026, 11, 3))
    add(store, {A: "1", B: "5"}, november)
    later = NOW + timedelta(days=1)
    kept.add(store, RUN, plan(later), {A: (november,)}, rows({A: "2"}, november))
    for key, data in store.objects.items():
        path = tmp_path / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    view, by_account = (query.replace("'history/", f"'{tmp_path}/history/") for query in QUERIES)
    with duckdb.connect() as database:
        database.execute(view)
        assert database.execute(by_account).fetchall() == [(B, Decimal(10)), (A, Decimal(4))]
