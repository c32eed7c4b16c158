"""The queries of docs/history.md, run on a history that two readings made."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from benchmarks.scale import row, scale
from finopsguard.costs import budget, kept
from finopsguard.costs.batches import plan_batches
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
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
        few, many = budget.estimate(
            plan_batches(scope, SETTINGS, "", [([each.id for each in scope.accounts], dates)])
        )
        # The total of all that is billed, and who was: the four days of a day show that themselves.
        proof = 1 if days == 4 else 2
        assert [int(each) for each in told] == [few + proof, many + proof]


@pytest.mark.parametrize("accounts", [10, 100, 1_000, 10_000])
def test_what_a_month_costs_is_what_the_plans_would_take(accounts: int) -> None:
    assert f"| {' | '.join(row(scale(accounts)))} |\n" in PAGE


@pytest.mark.parametrize("accounts", [100, 1_000, 10_000])
def test_the_next_day_is_at_most_a_tenth_of_the_first(accounts: int) -> None:
    found = scale(accounts)
    assert found.next_day.few <= 0.1 * found.first.few
    assert found.next_day.many <= 0.1 * found.first.many


def test_a_hundred_accounts_stay_below_three_dollars_a_month_where_pages_are_large() -> None:
    found = scale(100)
    assert found.month.few * PRICE_OF_A_REQUEST <= 3
    assert found.month.many < 0.2 * found.anew.many
    assert found.weekly_again == (1, 1), "a weekly report after a daily one reads no costs"
