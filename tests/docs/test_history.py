"""The queries of docs/history.md, run on a history that two readings made."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finopsguard.costs import budget, kept
from finopsguard.costs.batches import plan_batches, regions_of
from finopsguard.costs.history import Due
from finopsguard.models.run import Period
from finopsguard.store.memory import MemoryStore
from tests.unit.costs.test_archive import RUN, A, B, add, plan, rows
from tests.unit.costs.test_budget import SETTINGS, scope_of
from tests.unit.fakes import NOW

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "history.md").read_text("utf-8")
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


@pytest.mark.parametrize(
    ("page", "head"), [("history.md", "| 100 accounts, 98 days"), ("guia.md", "| Informe |")]
)
def test_the_prices_of_a_hundred_accounts_are_the_estimate(page: str, head: str) -> None:
    """The first report has a day more: the newest one, which is not settled."""
    text = (DOCS / page).read_text("utf-8")
    rows = [line.split("|")[2:4] for line in text[text.index(head) :].splitlines()[2:5]]
    scope = scope_of(100)
    for days, told in zip((99, 4, 35), rows, strict=True):
        dates = Period(NOW.date() - timedelta(days=days), NOW.date()).dates()
        young = dates[:-1] if days == 4 else ()
        few, many = budget.estimate(
            plan_batches(
                scope,
                SETTINGS,
                "",
                [Due([each.id for each in scope.accounts], dates, young)],
                by_region=[(each, dates) for each in regions_of(scope)],
            )
        )
        # The total of all that is billed, and who was: the four days of a day show that themselves.
        proof = 1 if days == 4 else 2
        assert [int(each) for each in told] == [few + proof, many + proof]
