"""Reports of daily costs through a store: AggregateCosts and DetectAnomalies, as a run calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from finopsguard import contracts
from finopsguard.config import HISTORY_DAYS, PlanSettings
from finopsguard.costs import periods
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, FetchedCosts, RunRequest
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, ReportName, Run
from finopsguard.ports import Store
from finopsguard.steps import aggregate_costs, detect_anomalies
from finopsguard.store import documents
from tests.truth.row_table import summed
from tests.unit.fakes import FakePorts, both_kinds, call, make_run

ACCOUNT = "111111111111"
END = date(2026, 11, 23)  # a Monday

Costs = Mapping[str, Sequence[float]]
"""Daily costs by service; the last amount is of the last day."""


def judged(
    costs: Costs,
    run: Run,
    *,
    charges: Sequence[CostRow] = (),
    env: Mapping[str, str] | None = None,
    store: Store | None = None,
) -> Report:
    """The report on these costs, whose last day is the last that the run reads."""
    rows = [
        row
        for service, amounts in costs.items()
        for back, amount in enumerate(reversed(amounts), start=1)
        for row in both_kinds(run.window.end - timedelta(days=back), ACCOUNT, service, f"{amount:.4f}")
    ]
    ports = FakePorts(env or {}, store=store)
    accounts = Accounts((Account(ACCOUNT, "shop-prod", "ACTIVE", None, "b"),))
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),))
    with summed() as written:
        ports.store.write("costs", written([*rows, *charges]))
        result = call(detect_anomalies.run, call(aggregate_costs.run, fetched, ports), ports)
    report = documents.read(ports.store, result.report_key, Report)
    assert result.anomalies == len(report.anomalies)
    assert result.impact == sum(abs(line.impact) for line in report.anomalies)
    return report


def run_of(report: ReportName, end: date = END) -> Run:
    """The run at nine in the morning of `end`, as the schedules start it: it reads the days before."""
    scheduled = datetime.combine(end, time(9, tzinfo=UTC))
    settings = PlanSettings.from_env({"FINOPSGUARD_LANGUAGE": "en"})
    run = periods.plan_run(RunRequest(report, scheduled, make_run().execution), settings, scheduled)
    assert run.window.end == end
    return run


def report_of(
    report: ReportName,
    costs: Costs,
    store: Store,
    *,
    end: date = END,
    last_day: date = END - timedelta(days=1),
) -> Report:
    """The report of that morning, of costs that reach until `last_day`: it sees those before."""
    later = (last_day - end).days + 1
    read = run_of(report, end).window.days
    seen = {
        service: amounts[max(0, len(amounts) - later - read) : len(amounts) - later]
        for service, amounts in costs.items()
    }
    return judged(seen, run_of(report, end), store=store)


def steady(level: float = 100.0, days: int = HISTORY_DAYS, end: date = END) -> list[float]:
    """A weekday shape with a little unrest, so that nothing is exactly constant."""
    return [
        level
        * (0.7 if (end - timedelta(days=days - day)).weekday() >= 5 else 1.0)
        * (1 + 0.01 * (day * 7 % 5 - 2))
        for day in range(days)
    ]
