"""Budgets of accounts with a tag, and of AWS Budgets: the same numbers, verdicts and alerts as of any other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest

from finopsguard.models.budget import AwsBudget, AwsBudgets
from finopsguard.models.forecast import BudgetAlert, Forecast, ScopeForecast
from finopsguard.models.messages import Delivery
from finopsguard.models.run import LEFT
from finopsguard.store import budgets as ledger
from finopsguard.store.memory import MemoryStore
from tests.unit.forecast.worlds import A, B, World, forecast, report_of, run_of

MID = date(2026, 11, 12)
EVEN = World(
    {A: lambda _: 100.0, B: lambda _: 20.0},
    tags={A: {"team": "payments"}, B: {"team": "search"}},
)
"""Of 3,600 in November 3,000 are A's, 1,000 of which are billed by the 11th."""


@cache
def of_even(budgets: str) -> Forecast:
    """Made once for all that ask for the same."""
    return forecast(report_of(EVEN, MID, budgets=budgets))


def budgeted(world: World = EVEN, **budgets: object) -> Forecast:
    asked = json.dumps(budgets)
    return of_even(asked) if world is EVEN else forecast(report_of(world, MID, budgets=asked))


def tag(world: World = EVEN, value: str = "payments", amount: object = 2500) -> ScopeForecast:
    (found,) = budgeted(world, **{f"tag:team={value}": amount}).groups
    return found


def test_a_tag_is_all_accounts_that_have_it() -> None:
    found = tag()
    assert (found.scope, found.id, found.budget) == ("tag", "tag:team=payments", Decimal(2500))
    assert (found.spent, found.spent_pct) == (Decimal(1000), Decimal("40.00"))
    assert found.month_end == pytest.approx(Decimal(3000), rel=Decimal("0.01"))
    assert found.budget_reached == date(2026, 11, 25)
    both = replace(EVEN, tags={A: {"team": "payments"}, B: {"team": "payments"}})
    asked = budgeted(both, **{"tag:team=payments": 2500})
    (all_of_both,) = asked.groups
    assert (all_of_both.spent, all_of_both.month_end) == (Decimal(1200), asked.month_end)


def test_a_tag_is_told_as_any_other_budget() -> None:
    assert budgeted(EVEN, **{"tag:team=payments": 2500}).alerts == (
        BudgetAlert("tag:team=payments", "forecast"),
    )
    assert budgeted(EVEN, **{"tag:team=payments": 900}).alerts == (
        BudgetAlert("tag:team=payments", "exceeded"),
    )
    assert budgeted(EVEN, **{"tag:team=payments": 3000}).alerts == ()


def test_a_tags_name_and_value_are_compared_as_they_are_written() -> None:
    assert tag(value="Payments").reason == "not_found"
    assert (tag(value="nobody").spent, tag(value="nobody").budget) == (None, Decimal(2500))


def test_accounts_whose_tags_are_not_known_are_counted_and_in_no_amount() -> None:
    found = tag(replace(EVEN, tags={A: {"team": "payments"}, B: None}))
    assert (found.spent, found.unknown, found.unread) == (Decimal(1000), 1, 0)
    assert tag().unknown == 0
    nobody = tag(replace(EVEN, tags={}))
    assert (nobody.reason, nobody.spent, nobody.unknown) == ("tags", None, 2)


def test_an_account_with_the_tag_that_could_not_be_read_is_counted() -> None:
    both: Mapping[str, Mapping[str, str]] = {A: {"team": "payments"}, B: {"team": "payments"}}
    found = tag(replace(EVEN, tags=both, missing=(B,)))
    assert (found.spent, found.unread) == (Decimal(1000), 1)
    assert tag(replace(EVEN, missing=(A,))).reason == "missing"


def test_an_account_that_nobody_listed_has_no_tag_that_could_be_read() -> None:
    world = replace(EVEN, tags={A: {"team": "payments"}, B: None}, states={B: LEFT})
    assert tag(world).unknown == 0


def with_aws(*taken: AwsBudget, **budgets: object) -> Forecast:
    return budgeted(replace(EVEN, aws=AwsBudgets("read", taken)), **budgets)


def test_aws_budgets_are_shown_where_those_of_the_settings_are() -> None:
    found = with_aws(
        AwsBudget("Whole", "organization", "organization", Decimal(2400)),
        AwsBudget("A's", "account", A, Decimal(900), metric="AmortizedCost", partly=True),
    )
    assert (found.budget, found.budget_name, found.spent_pct) == (Decimal(2400), "Whole", Decimal("50.00"))
    assert found.budget_reached == date(2026, 11, 20)
    (one,) = [each for each in found.accounts if each.id == A]
    assert (one.budget, one.budget_name) == (Decimal(900), "A's")
    assert (one.budget_metric, one.budget_partly) == ("AmortizedCost", True)
    assert found.alerts == (BudgetAlert("organization", "forecast"), BudgetAlert(A, "exceeded"))


def test_a_set_of_accounts_has_a_line_of_its_own() -> None:
    found = with_aws(
        AwsBudget("Some", "accounts", "aws:Some", Decimal(2500), (A,)),
        AwsBudget("Whole too", "accounts", "aws:Whole too", Decimal(9000)),
    )
    some, whole = found.groups
    assert (some.spent, some.budget, some.budget_name) == (Decimal(1000), Decimal(2500), "Some")
    assert (whole.spent, whole.month_end) == (found.spent, found.month_end)
    assert found.budget is None
    assert found.alerts == (BudgetAlert("aws:Some", "forecast"),)


def test_one_of_an_account_that_could_not_be_read_is_named_all_the_same() -> None:
    aws = AwsBudgets("read", (AwsBudget("B's", "account", B, Decimal(900), metric="AmortizedCost"),))
    (found,) = [each for each in budgeted(replace(EVEN, aws=aws, missing=(B,))).accounts if each.id == B]
    assert (found.reason, found.spent, found.budget) == ("missing", None, Decimal(900))
    assert (found.budget_name, found.budget_metric) == ("B's", "AmortizedCost")


def test_a_set_counts_its_accounts_that_could_not_be_read() -> None:
    aws = AwsBudgets("read", (AwsBudget("Some", "accounts", "aws:Some", Decimal(2500), (A, B)),))
    (found,) = budgeted(replace(EVEN, aws=aws, missing=(B,))).groups
    assert (found.spent, found.unread) == (Decimal(1000), 1)


def test_a_set_of_which_nothing_could_be_read_has_no_amount() -> None:
    two = [AwsBudget(name, "accounts", f"aws:{name}", Decimal(5), (B,)) for name in ("one", "two")]
    found = budgeted(replace(EVEN, aws=AwsBudgets("read", tuple(two)), missing=(B,))).groups
    assert [(each.reason, each.spent, each.unread, each.budget_name) for each in found] == [
        ("missing", None, 1, "one"),
        ("missing", None, 1, "two"),
    ]


def test_what_is_set_here_wins_whatever_was_planned_before() -> None:
    """The settings may have changed between the two steps that read them."""
    found = with_aws(AwsBudget("Whole", "organization", "organization", Decimal(2400)), organization=5000)
    assert (found.budget, found.budget_name) == (Decimal(5000), None)


def test_each_is_told_once_a_month() -> None:
    store = MemoryStore()
    aws = AwsBudgets("read", (AwsBudget("Some", "accounts", "aws:Some", Decimal(2500), (A,)),))
    world = replace(EVEN, aws=aws)
    told = []
    for morning in (MID, MID + timedelta(days=1)):
        report = report_of(world, morning, budgets='{"tag:team=payments": 2500}', store=store)
        told.append({each.id for each in forecast(report).alerts})
        delivered = Delivery("delivered", 1, "teams", posted_at=report.scheduled_time)
        ledger.record(store, run_of("daily", morning), delivered)
    assert told == [{"aws:Some", "tag:team=payments"}, set()]


def test_an_anomaly_has_the_owner_of_its_account() -> None:
    usage = {A: lambda day: 900.0 if day == date(2026, 11, 10) else 100.0, B: EVEN.usage[B]}
    report = report_of(replace(EVEN, usage=usage, owners={A: "payments"}), MID)
    assert [line.owner for line in report.anomalies] == ["payments"]
    assert [account.owner for account in report.accounts] == ["payments", None]
    nobody = report_of(replace(EVEN, usage=usage), MID)
    assert [line.owner for line in nobody.anomalies] == [None]
