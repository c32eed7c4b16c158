"""Reports of several accounts with charges, through AggregateCosts and DetectAnomalies, as a run calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from finopsguard import contracts
from finopsguard.config import PlanSettings
from finopsguard.costs import periods
from finopsguard.models.budget import AwsBudgets
from finopsguard.models.costs import CostRow
from finopsguard.models.forecast import Forecast
from finopsguard.models.messages import BatchCosts, FetchedCosts, RunRequest
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, ReportName, Run
from finopsguard.ports import Store
from finopsguard.steps import aggregate_costs, detect_anomalies
from finopsguard.store import documents
from tests.truth.row_table import summed
from tests.unit.fakes import FakePorts, both_kinds, call, make_run

A, B = "111111111111", "222222222222"
UNITS = {A: "r-ab12/ou-ab12-prod0000", B: "r-ab12/ou-ab12-test0000"}
FIRST = date(2026, 8, 1)
Usage = Callable[[date], float]


def steady(level: float) -> Usage:
    """The same on all working days, half of it at weekends, and a little that differs from day to day."""
    return lambda day: (
        level * (0.5 if day.weekday() >= 5 else 1.0) * (1 + 0.02 * ((day.toordinal() * 7) % 5 - 2))
    )


@dataclass(frozen=True)
class World:
    """Usage of each account by day, charges, and what a run cannot see of it."""

    usage: Mapping[str, Usage] = field(default_factory=lambda: {A: steady(100), B: steady(20)})
    charges: Sequence[tuple[str, str, date, str]] = ()
    """(account, record type, day, amount)."""
    begins: date = FIRST
    missing: Sequence[str] = ()
    arrived: Mapping[date, float] = field(default_factory=dict)
    """The part of a day's usage that is billed by now."""
    amortized: Decimal = Decimal(1)
    """Amortized cost, in parts of the unblended one."""
    tags: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    aws: AwsBudgets | None = None


def run_of(report: ReportName, morning: date) -> Run:
    """The run at nine in the morning."""
    scheduled = datetime.combine(morning, time(9, tzinfo=UTC))
    settings = PlanSettings.from_env({"FINOPSGUARD_LANGUAGE": "en"})
    return periods.plan_run(RunRequest(report, scheduled, make_run().execution), settings, scheduled)


def report_of(
    world: World,
    morning: date,
    *,
    report: ReportName = "daily",
    budgets: str = "",
    store: Store | None = None,
) -> Report:
    """The report of that morning."""
    run = run_of(report, morning)
    first = max(world.begins, run.history_start)
    days = [first + timedelta(number) for number in range((run.window.end - first).days)]
    read = [account for account in world.usage if account not in world.missing]
    rows = [
        row._replace(amortized=row.amount * world.amortized)
        for account in read
        for day in days
        for row in both_kinds(
            day, account, "Amazon EC2", f"{world.usage[account](day) * world.arrived.get(day, 1):.4f}"
        )
    ]
    rows += [
        CostRow(day, account, None, name, Decimal(amount), "USD")
        for account, name, day, amount in world.charges
        if account in read and day in days
    ]
    ports = FakePorts({"FINOPSGUARD_BUDGETS": budgets, "FINOPSGUARD_MAX_MISSING_PERCENT": "60"}, store=store)
    accounts = Accounts(
        tuple(
            Account(
                each,
                f"name of {each[0]}",
                world.states.get(each, "ACTIVE"),
                UNITS[each],
                each,
                world.tags.get(each),
                world.owners.get(each),
            )
            for each in world.usage
        ),
        aws_budgets=world.aws,
    )
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    batches = tuple(
        BatchCosts(each, "unavailable", error="CostExplorerThrottled", cause="too many requests")
        if each in world.missing
        else BatchCosts(each, "ok", key="costs")
        for each in world.usage
    )
    fetched = FetchedCosts(run, "accounts", batches)
    with summed() as written:
        ports.store.write("costs", written(rows))
        result = call(detect_anomalies.run, call(aggregate_costs.run, fetched, ports), ports)
    return documents.read(ports.store, result.report_key, Report)


def forecast(report: Report) -> Forecast:
    """The report's forecast, which agrees with its other numbers."""
    found = report.forecast
    assert found is not None
    assert found.spent == report.totals.month_to_date
    assert (report.totals.forecast_month, report.totals.budget_month) == (found.month_end, found.budget)
    for each in found.scopes:
        assert (each.month_end is None) == (each.reason is not None)
        if each.month_end is not None:
            assert each.low is not None
            assert each.high is not None
            assert each.low <= each.month_end <= each.high
    return found


def truth(world: World, month: date) -> float:
    """What the month will have cost."""
    days = [month + timedelta(number) for number in range(31)]
    used = sum(of(day) for of in world.usage.values() for day in days if day.month == month.month)
    return used + sum(
        float(amount) for _, _, day, amount in world.charges if day in days and day.month == month.month
    )
