"""The report's forecast: of the Organization, its units and accounts, and of all that has a budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from finopsguard.costs.comparison import percent
from finopsguard.costs.series import DailySeries
from finopsguard.forecast.charges import ChargeRow
from finopsguard.forecast.month import Known, MonthAhead, month_of
from finopsguard.models.budget import ORGANIZATION, AwsBudget, AwsBudgets, ScopeKind, tag_of
from finopsguard.models.forecast import BudgetAlert, Forecast, ForecastReason, ScopeForecast
from finopsguard.models.report import Report
from finopsguard.models.run import LEFT, Period, Run

_NOTHING = Decimal(0)


class Billed(NamedTuple):
    """All charges by account, exact: of the month's final days, and of the month to the end of the report's period."""

    final: Mapping[str, Decimal]
    so_far: Mapping[str, Decimal]


def final_days(report: Report, run: Run) -> Period:
    """The days of the month that are final; none may be."""
    month = month_of(report.period)
    settled = min(report.coverage.provisional_days, default=run.window.end)
    return Period(month.start, min(max(settled, month.start), month.end))


def billed_of(report: Report, run: Run, ask: Callable[[Period], Mapping[str, Decimal]]) -> Billed:
    """What is billed of the month; `ask` tells all charges of a period by account."""
    final = final_days(report, run)
    return Billed(ask(final), ask(Period(final.start, report.period.end)))


def with_forecast(
    report: Report,
    run: Run,
    series: DailySeries,
    charges: Sequence[ChargeRow],
    billed: Billed,
    budgets: Mapping[str, Decimal],
) -> Report:
    """The report with its forecast, and the Organization's in its totals.

    `series` and `charges` are those that were judged, `budgets` those that are set here, by scope, for a month; the
    report's of AWS Budgets come beside them. Raises InvalidInput for costs that are none.
    """
    made = _Scopes(report, run, series, charges, billed, budgets)
    whole = made.scope("organization", ORGANIZATION, made.accounts)
    units = [made.scope("unit", unit, made.units[unit]) for unit in sorted(made.units)]
    accounts = [made.scope("account", each, [each]) for each in made.accounts]
    groups = [made.group(each) for each in made.groups]
    unknown = [made.unknown(each) for each in sorted(made.budgeted) if each not in made.ids]
    forecast = Forecast(
        **vars(whole),
        month=made.month,
        settled=made.final.end,
        units=tuple(each for each in (*units, *unknown) if each.scope == "unit" and _says_something(each)),
        accounts=tuple(
            each for each in (*accounts, *unknown) if each.scope == "account" and _says_something(each)
        ),
        groups=tuple(sorted((*groups, *made.of_tags()), key=lambda each: each.id)),
    )
    forecast = replace(forecast, alerts=alerts(forecast))
    totals = replace(report.totals, forecast_month=whole.month_end, budget_month=whole.budget)
    return replace(report, forecast=forecast, totals=totals)


def of_parts(
    report: Report,
    run: Run,
    series: DailySeries,
    charges: Sequence[ChargeRow],
    billed: Billed,
    parts: Mapping[str, Sequence[str]],
) -> Mapping[str, ScopeForecast]:
    """The month of each part of the report's accounts, by its name; the other parameters are those of `with_forecast`.

    Its month ends are sums of the accounts' own, as the Organization's is.
    """
    made = _Scopes(report, run, series, charges, billed, {})
    return {name: made.scope("accounts", name, accounts) for name, accounts in parts.items()}


def alerts(forecast: Forecast) -> tuple[BudgetAlert, ...]:
    """The budgets that are exceeded, and those that will be, nine times in ten: the low end lies above them."""
    found: list[BudgetAlert] = []
    for each in forecast.scopes:
        if each.budget is None:
            continue
        if each.spent is not None and each.spent > each.budget:
            found.append(BudgetAlert(each.id, "exceeded"))
        elif each.low is not None and each.low > each.budget:
            found.append(BudgetAlert(each.id, "forecast"))
    return tuple(found)


class _Scopes:
    """The scopes of a report, by the ids that budgets name them by."""

    def __init__(
        self,
        report: Report,
        run: Run,
        series: DailySeries,
        charges: Sequence[ChargeRow],
        billed: Billed,
        budgets: Mapping[str, Decimal],
    ) -> None:
        self.month, self.final = month_of(report.period), final_days(report, run)
        self.accounts = [account.id for account in report.accounts]
        self.units: dict[str, list[str]] = {}
        for account in report.accounts:
            for unit in _units(account.ou):
                self.units.setdefault(unit, []).append(account.id)
        self._report = report
        self._missing = {each.id for each in report.coverage.missing}
        # Accounts that could not be read, by what they are in.
        self._unread = Counter({ORGANIZATION: len(self._missing)})
        for each in report.coverage.missing:
            self._unread.update(set(_units(each.ou)))
        taken = (report.aws_budgets or AwsBudgets("read")).taken
        self.groups = [each for each in taken if each.scope == "accounts"]
        self._aws = {each.id: each for each in taken if each.id not in budgets}
        self._budgets = {**{each.id: each.amount for each in taken}, **budgets}
        self._tags = {name: tag for name in budgets if (tag := tag_of(name))}
        self.ids = {
            ORGANIZATION,
            *self.accounts,
            *self.units,
            *self._tags,
            *(each.id for each in self.groups),
        }
        self.budgeted = frozenset(self._budgets)
        self._spent = billed.so_far
        known = Known(
            month=self.month,
            settled=self.final.end,
            series=series,
            charges=charges,
            billed=billed.final,
            accounts=self.accounts,
            open_changes=_open_changes(report, self.final.end),
        )
        self._ahead = MonthAhead(known)

    def scope(self, kind: ScopeKind, name: str, accounts: Sequence[str]) -> ScopeForecast:
        """What is known of some accounts together."""
        spent = sum((self._spent.get(each, _NOTHING) for each in accounts), _NOTHING)
        end, budget, aws = self._ahead.of(accounts), self._budgets.get(name), self._aws.get(name)
        made = ScopeForecast(
            scope=kind,
            id=name,
            spent=spent,
            month_end=end.month_end,
            low=end.low,
            high=end.high,
            reason=end.reason,
            unread=self._unread[name],
            budget=budget,
        )
        if aws:
            made = _of_aws(made, aws)
        if budget is None:
            return made
        return replace(
            made,
            spent_pct=percent(made.spent, budget),
            forecast_pct=percent(end.month_end, budget),
            budget_reached=self._ahead.reached(accounts, budget, forecast=end.month_end is not None),
        )

    def group(self, budget: AwsBudget) -> ScopeForecast:
        """The accounts together that a budget of AWS Budgets is of."""
        members = set(budget.accounts or (*self.accounts, *self._missing))
        unread = self._unread[budget.id] = len(members & self._missing)
        read = [each for each in self.accounts if each in members]
        if read:
            return self.scope("accounts", budget.id, read)
        none = ScopeForecast(
            scope="accounts", id=budget.id, spent=None, reason="missing", unread=unread, budget=budget.amount
        )
        return _of_aws(none, budget)

    def of_tags(self) -> list[ScopeForecast]:
        """What is known of the accounts with each tag that has a budget."""
        return [self._of_tag(name, *tag) for name, tag in self._tags.items()]

    def _of_tag(self, name: str, key: str, value: str) -> ScopeForecast:
        report = self._report
        members = [each.id for each in report.accounts if (each.tags or {}).get(key) == value]
        self._unread[name] = sum((each.tags or {}).get(key) == value for each in report.coverage.missing)
        states = [(each.state, each.tags) for each in report.accounts]
        states += [("", each.tags) for each in report.coverage.missing]
        # One that was billed and that nobody listed has no tags that anybody could read.
        unknown = sum(tags is None and state != LEFT for state, tags in states)
        if members:
            return replace(self.scope("tag", name, members), unknown=unknown)
        reason: ForecastReason = "missing" if self._unread[name] else "tags" if unknown else "not_found"
        budget = self._budgets[name]
        return ScopeForecast(scope="tag", id=name, spent=None, reason=reason, budget=budget, unknown=unknown)

    def unknown(self, name: str) -> ScopeForecast:
        """A budget of what is not in the report, or could not be read."""
        reason: ForecastReason = "missing" if name in self._missing else "not_found"
        kind: ScopeKind = "unit" if name.startswith(("ou-", "r-")) else "account"
        found = ScopeForecast(scope=kind, id=name, spent=None, reason=reason, budget=self._budgets[name])
        return _of_aws(found, self._aws[name]) if name in self._aws else found


def _of_aws(scope: ScopeForecast, budget: AwsBudget) -> ScopeForecast:
    """The scope whose budget is AWS Budgets', with what that counts."""
    return replace(scope, budget_name=budget.name, budget_metric=budget.metric, budget_partly=budget.partly)


def _units(path: str | None) -> list[str]:
    """The root and the units that an account is in."""
    return [unit for unit in (path or "").split("/") if unit]


def _says_something(scope: ScopeForecast) -> bool:
    """False for what costs nothing and has no budget."""
    return bool(scope.spent or scope.month_end or scope.budget is not None)


def _open_changes(report: Report, settled: date) -> list[tuple[str, date, float]]:
    """The incidents that go on: (account, first day, USD a day away from what was expected)."""
    found = []
    for line in report.anomalies:
        days = [day for day in line.band if day.date < settled]
        if line.ended or line.status == "resolved" or not days or days[-1].date > (line.last_day or line.day):
            continue
        found.append((line.account_id, line.start, float(days[-1].cost - days[-1].expected)))
    return found
