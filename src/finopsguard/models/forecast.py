"""What a month will have cost at its end, and what of a budget that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from finopsguard.models.budget import ScopeKind
from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Period

ForecastReason = Literal["history", "missing", "nothing", "incident", "wide", "not_found", "tags"]
"""Why there is no forecast: little history; the account could not be read; nothing is above zero; an incident of the
last days may go on or not; past errors were too large; no such unit, account or tag is in the report; the tags of no
account that may have it are known.
"""
BudgetState = Literal["forecast", "exceeded"]
"""The forecast's low end lies above the budget; what is billed does."""


@dataclass(frozen=True, kw_only=True)
class ScopeForecast:
    """A month of one scope: `id` is ORGANIZATION, a unit's or an account's.

    `spent` is billed up to the end of the report's period, all charges; None where that is not known. `month_end` is
    what the month will have cost, 80 of 100 times between `low` and `high`; the three are None where that is not sure,
    and `reason` says why. The month ends of the accounts add up to those of their units and of the Organization, to
    the last digit; the bounds do not. `unread` accounts could not be read and are in no amount.

    `budget` is what is set for a month, `spent_pct` and `forecast_pct` what of it is spent and will be,
    `budget_reached` the day on which it was or will be reached; None: not in this month. A budget of AWS Budgets has a
    `budget_name`, and `budget_metric` where it counts another cost than the report, `budget_partly` where it leaves out
    some charges. Of a tag, `unknown` accounts may have it or not: their tags are not known.
    """

    scope: ScopeKind
    id: str
    spent: Decimal | None
    month_end: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reason: ForecastReason | None = None
    unread: int = 0
    budget: Decimal | None = None
    spent_pct: Decimal | None = None
    forecast_pct: Decimal | None = None
    budget_reached: date | None = None
    budget_name: str | None = None
    budget_metric: MetricName | None = None
    budget_partly: bool = False
    unknown: int = 0


@dataclass(frozen=True)
class BudgetAlert:
    """A budget of which something is told for the first time this month."""

    id: str
    state: BudgetState


@dataclass(frozen=True, kw_only=True)
class Forecast(ScopeForecast):
    """The Organization's month, and those of its units and accounts, and of `groups` of accounts that have a budget.

    `month` is the month of the last day of the report's period; its days from `settled` on are forecast, those before
    are final. `alerts` are told by this report.
    """

    month: Period
    settled: date
    units: tuple[ScopeForecast, ...] = ()
    accounts: tuple[ScopeForecast, ...] = ()
    alerts: tuple[BudgetAlert, ...] = ()
    groups: tuple[ScopeForecast, ...] = ()

    @property
    def scopes(self) -> tuple[ScopeForecast, ...]:
        """The Organization, its units, its groups of accounts, its accounts."""
        return (self, *self.units, *self.groups, *self.accounts)


@dataclass(frozen=True)
class BudgetsTold:
    """The alerts of a report about a month's budgets, as they are kept when it is delivered.

    `run_id` is the id that the report had before it was revised.
    """

    run_id: str
    month: date
    alerts: tuple[BudgetAlert, ...]
