"""Budgets against what is billed and the month's end."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.forecast.report import alerts
from finopsguard.models.forecast import BudgetAlert, Forecast, ScopeForecast
from finopsguard.models.run import Period
from tests.unit.forecast.worlds import A, B, World, forecast, report_of

MID = date(2026, 11, 12)
NOV = date(2026, 11, 1)
EVEN = World({A: lambda _: 100.0, B: lambda _: 20.0})
"""120 a day: 1,320 are billed by the 11th, 1,200 of them for good, and November will have cost 3,600."""


def budgeted(budgets: dict[str, object], morning: date = MID, world: World = EVEN) -> Forecast:
    return forecast(report_of(world, morning, budgets=json.dumps(budgets)))


def by_id(found: Forecast) -> dict[str, ScopeForecast]:
    return {each.id: each for each in (found, *found.units, *found.accounts)}


def test_a_budget_has_its_shares_and_the_day_on_which_it_is_reached() -> None:
    found = budgeted({"organization": 2400})
    assert (found.spent, found.budget) == (Decimal(1200), Decimal(2400))
    assert found.spent_pct == Decimal("50.00")
    assert found.forecast_pct == pytest.approx(Decimal(150), abs=Decimal("0.5"))
    assert found.budget_reached == date(2026, 11, 20)
    assert found.alerts == (BudgetAlert("organization", "forecast"),)


def test_units_and_accounts_have_budgets_of_their_own() -> None:
    found = by_id(budgeted({"ou-ab12-prod0000": "2900", "222222222222": "1000", "r-ab12": "9000"}))
    assert found["ou-ab12-prod0000"].budget_reached == date(2026, 11, 29)
    assert (found[B].spent_pct, found[B].budget_reached) == (Decimal("20.00"), None)
    assert found["r-ab12"].budget == 9000
    assert found[A].budget is found["organization"].budget is None


def test_a_budget_that_is_spent_says_since_when_and_is_told_as_exceeded() -> None:
    found = budgeted({A: 500})
    account = by_id(found)[A]
    assert account.budget_reached == date(2026, 11, 5)
    assert found.alerts == (BudgetAlert(A, "exceeded"),)


def test_a_budget_that_will_be_kept_is_told_of_nothing() -> None:
    found = budgeted({"organization": 4000})
    assert (found.budget_reached, found.alerts) == (None, ())


def test_a_budget_within_the_band_is_no_alert_for_it_is_not_sure() -> None:
    sure = budgeted({"organization": 3600})
    assert sure.month_end is not None
    within = budgeted({"organization": str(sure.month_end)})
    assert within.alerts == ()


def test_a_budget_of_what_the_report_does_not_have_is_named() -> None:
    found = by_id(budgeted({"ou-ab12-gone0000": 5, "333333333333": 5}))
    for name in ("ou-ab12-gone0000", "333333333333"):
        assert (found[name].reason, found[name].spent) == ("not_found", None)
        assert found[name].budget == 5


def test_without_a_forecast_a_budget_is_still_held_against_what_is_billed() -> None:
    young = World(EVEN.usage, begins=date(2026, 10, 20))
    found = budgeted({"organization": 1000}, world=young)
    assert (found.reason, found.budget_reached) == ("history", date(2026, 11, 9))
    assert found.alerts == (BudgetAlert("organization", "exceeded"),)


def test_credits_that_bring_it_back_below_its_budget_make_it_kept() -> None:
    """It is above it for some days; in the end it is not."""
    given = World(EVEN.usage, charges=[(A, "Credit", date(2026, 11, day), "-200") for day in (8, 9)])
    found = budgeted({"organization": 900}, world=given)
    assert found.spent == 800
    assert found.alerts == (BudgetAlert("organization", "forecast"),)


def test_what_costs_nothing_and_has_a_budget_is_shown() -> None:
    idle = World({A: lambda _: 100.0, B: lambda _: 0.0})
    found = by_id(budgeted({B: 10}, world=idle))[B]
    assert found.spent == found.spent_pct == 0
    assert found.reason == "nothing"
    assert B not in by_id(budgeted({}, world=idle))


def scope(spent: str, budget: str | None = None, ends: tuple[str, str, str] | None = None) -> Forecast:
    low, month_end, high = (Decimal(each) for each in ends) if ends else (None, None, None)
    return Forecast(
        scope="organization",
        id="organization",
        spent=Decimal(spent),
        month_end=month_end,
        low=low,
        high=high,
        budget=Decimal(budget) if budget else None,
        month=Period(NOV, date(2026, 12, 1)),
        settled=NOV + timedelta(9),
    )


@pytest.mark.parametrize(
    ("spent", "ends", "told"),
    [
        ("50", ("101", "110", "120"), ["forecast"]),
        ("50", ("100", "110", "120"), []),
        ("100", None, []),
        ("100.01", ("101", "110", "120"), ["exceeded"]),
    ],
)
def test_an_alert_needs_the_low_end_above_the_budget(
    spent: str, ends: tuple[str, str, str] | None, told: list[str]
) -> None:
    assert [each.state for each in alerts(scope(spent, "100", ends))] == told
    assert alerts(scope(spent, None, ends)) == ()
