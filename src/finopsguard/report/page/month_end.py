"""The page's section on the month's end: a table of forecasts, and the budgets with bars and words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from finopsguard.models.forecast import ScopeForecast
from finopsguard.report import month
from finopsguard.report.month import BudgetLine
from finopsguard.report.page import html
from finopsguard.report.page.html import Html
from finopsguard.report.story import Story

_ASSETS = Path(__file__).parent / "assets"
_ACCOUNTS = 12
"""The largest; report.json has all."""


@dataclass(frozen=True)
class Row:
    """A scope's forecast; `why_not` stands in the place of numbers that are not sure."""

    name: str
    scope: ScopeForecast
    why_not: str


@dataclass(frozen=True)
class Bar:
    """A budget's bar: all in hundredths of its width, `end` None without a forecast."""

    line: BudgetLine
    spent: Decimal
    budget: Decimal
    end: Decimal | None


def section(story: Story) -> Html:
    """The section; empty where the month is over and no budget is set, or the report has no forecast."""
    going_on, bars = month.of_report(story), [_bar(line) for line in month.budgets(story)]
    rows = []
    if going_on is not None:
        accounts = sorted(going_on.accounts, key=lambda each: (-(each.spent or Decimal(0)), each.id))
        scopes = [going_on, *going_on.units, *going_on.groups, *accounts[:_ACCOUNTS]]
        rows = [Row(month.name_of(story, each), each, month.no_forecast(story, each)) for each in scopes]
    if not rows and not bars:
        return Html()
    return html.part(_ASSETS, "month_end", rows=rows, bars=bars, t=story.t, n=story.n)


def _bar(line: BudgetLine) -> Bar:
    spent, end = max(line.scope.spent_pct or Decimal(0), Decimal(0)), line.scope.forecast_pct
    widest = max(spent, Decimal(100), end or Decimal(0))
    return Bar(
        line,
        spent / widest * 100,
        10_000 / widest,
        None if end is None else max(end, Decimal(0)) / widest * 100,
    )
