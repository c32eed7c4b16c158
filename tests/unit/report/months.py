"""Forecasts and budgets of the sample reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from finopsguard.models.forecast import BudgetAlert, Forecast, ForecastReason, ScopeForecast
from finopsguard.models.report import Report
from finopsguard.models.run import Period

MONTH, SETTLED = Period(date(2026, 11, 1), date(2026, 12, 1)), date(2026, 11, 15)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def forecast_of(spent: Decimal, month_end: Decimal) -> Forecast:
    """An Organization's forecast, two percent to either side."""
    low, high = cents(month_end * Decimal("0.98")), cents(month_end * Decimal("1.02"))
    return Forecast(
        scope="organization",
        id="organization",
        spent=cents(spent),
        month_end=cents(month_end),
        low=low,
        high=high,
        month=MONTH,
        settled=SETTLED,
    )


def without(report: Report, reason: ForecastReason) -> Report:
    """The report of which no forecast is given, and why."""
    none = Forecast(
        scope="organization",
        id="organization",
        spent=report.totals.month_to_date,
        reason=reason,
        month=MONTH,
        settled=SETTLED,
    )
    return replace(report, forecast=none, totals=replace(report.totals, forecast_month=None))


def budgeted(report: Report) -> Report:
    """With a budget in each state, two of them told for the first time; the report's forecast is 469,812.40."""
    assert report.forecast is not None
    accounts = [account.id for account in report.accounts]
    whole = replace(
        report.forecast,
        budget=Decimal(480_000),
        spent_pct=Decimal("47.69"),
        forecast_pct=Decimal("97.88"),
        units=(
            _scope("ou-ab12-will0000", "unit", "60000", "90000", "0.01", "80000", date(2026, 11, 27)),
            ScopeForecast(
                scope="unit", id="ou-ab12-gone0000", spent=None, reason="not_found", budget=Decimal(5)
            ),
        ),
        accounts=(
            _scope(accounts[0], "account", "21000", "40000", "0.03", "20000", date(2026, 11, 13)),
            _scope(accounts[1], "account", "9000", "20500", "0.05", "20000", date(2026, 11, 30)),
            _scope(accounts[2], "account", "700", "1500", "0.05", "9000", None),
            replace(
                _scope(accounts[3], "account", "700", "1500", "0.05", "900", None),
                month_end=None,
                low=None,
                high=None,
                reason="incident",
                forecast_pct=None,
            ),
        ),
        alerts=(BudgetAlert("ou-ab12-will0000", "forecast"), BudgetAlert(accounts[0], "exceeded")),
    )
    return replace(report, forecast=whole, totals=replace(report.totals, budget_month=whole.budget))


def _scope(
    name: str, kind: str, spent: str, end: str, width: str, budget: str, reached: date | None
) -> ScopeForecast:
    amount, half = Decimal(end), Decimal(end) * Decimal(width)
    return ScopeForecast(
        scope="unit" if kind == "unit" else "account",
        id=name,
        spent=Decimal(spent),
        month_end=amount,
        low=cents(amount - half),
        high=cents(amount + half),
        budget=Decimal(budget),
        spent_pct=cents(100 * Decimal(spent) / Decimal(budget)),
        forecast_pct=cents(100 * amount / Decimal(budget)),
        budget_reached=reached,
    )
