"""A report's sums: exact decimals of everything that was read, and nothing of what was not.

An account without a row costs nothing, for it was read; an account whose batch could not be read is missing, and its
cost is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from finopsguard.costs import regions
from finopsguard.costs.charges import charge_kind
from finopsguard.costs.comparison import Compared, compare
from finopsguard.costs.completeness import age_hours, newest_days, provisional_days
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.costs.table import CostTable
from finopsguard.errors import MixedCurrencies
from finopsguard.models import notes
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    Comparison,
    CostExplorerUse,
    Coverage,
    DayCost,
    ExportUse,
    MissingAccount,
    Report,
    ServiceCost,
    Totals,
)
from finopsguard.models.run import Account, Accounts, Period, Run

# Days of the organization's cost that the report shows.
SHOWN_DAYS = 35


def build_report(
    fetched: FetchedCosts,
    plan: Accounts,
    missing: tuple[MissingAccount, ...],
    table: CostTable,
    requests: int,
    export: ExportUse | None = None,
) -> Report:
    """The report of a plan as far as costs go; anomalies and expected costs come later. Raises MixedCurrencies.

    `requests` are all that Cost Explorer answered for it, `export` what it took of a data export.
    """
    run, accounts = fetched.run, plan.accounts
    no_regions = regions.missing(fetched, plan, missing, table)
    days = table.by_day(run.window)
    zero = (Decimal(0), Decimal(0))
    unsettled = provisional_days(
        table.judged_series(newest_days(run.window), run.cost_metric), run.scheduled_time, run.settle_hours
    )
    compared = compare(run, table, unsettled.provisional)
    charges = _charges(table, run.period)
    # Before the first cost of all there is not "nothing spent" but no data to compare with.
    first_day = table.first_day()
    known_before = first_day is not None and first_day <= run.previous_period.start
    charges_previous = _charges(table, run.previous_period) if known_before else None
    shown = run.window.dates()[-SHOWN_DAYS:]
    return Report(
        run_id=run.run_id,
        report=run.report,
        period=run.period,
        previous_period=run.previous_period,
        scheduled_time=run.scheduled_time,
        time_zone=run.time_zone,
        language=run.language,
        data_source=run.data_source,
        execution=run.execution,
        currency=_currency(table),
        cost_metric=run.cost_metric,
        totals=_totals(run, table, charges, charges_previous, compared.comparison),
        daily=tuple(
            DayCost(day, *days.get(day, zero), provisional=day in unsettled.provisional) for day in shown
        ),
        accounts=_account_costs(
            run, accounts, {account.id for account in missing}, table, compared, known_before=known_before
        ),
        services=_service_costs(run, table, compared, known_before=known_before),
        charges=charges,
        charges_previous=charges_previous,
        coverage=Coverage(len(accounts), len(accounts) - len(missing), missing, *unsettled),
        cost_explorer=CostExplorerUse(requests, requests * PRICE_OF_A_REQUEST),
        notes=(
            *fetched.notes,
            *_unnamed(fetched.batches),
            *([notes.regions_missing(no_regions)] if no_regions else ()),
        ),
        comparison=compared.comparison,
        charge_lines=compared.charges,
        revision=run.revision,
        export=export,
        aws_budgets=plan.aws_budgets,
        second_opinion=plan.second_opinion,
    )


def data_age_hours(report: Report) -> int:
    """Hours from the end of the newest day with any cost to the scheduled time; of all shown days if none has any."""
    newest = next((day.date for day in reversed(report.daily) if day.cost), report.daily[0].date)
    return max(0, round(age_hours(newest, report.scheduled_time)))


def _currency(table: CostTable) -> str:
    units = table.units()
    if len(units) > 1:
        raise MixedCurrencies(
            f"Costs came in {', '.join(units)} and cannot be added."
            " Deploy one stack per currency with FINOPSGUARD_INCLUDE_ACCOUNTS."
        )
    return units[0] if units else "USD"


def _charges(table: CostTable, period: Period) -> Mapping[ChargeKind, Decimal]:
    """Sums by kind of charge; usage is always there, the others when they occurred."""
    sums: dict[ChargeKind, Decimal] = {"usage": Decimal(0)}
    for record_type, amount in table.by_record_type(period).items():
        kind = charge_kind(record_type)
        sums[kind] = sums.get(kind, Decimal(0)) + amount
    return sums


def _totals(
    run: Run,
    table: CostTable,
    charges: Mapping[ChargeKind, Decimal],
    charges_previous: Mapping[ChargeKind, Decimal] | None,
    comparison: Comparison,
) -> Totals:
    month_start = (run.period.end - timedelta(days=1)).replace(day=1)
    month_to_date = sum(table.by_account(Period(month_start, run.period.end)).values(), Decimal(0))
    return Totals(
        period=sum(charges.values(), Decimal(0)),
        previous=comparison.previous,
        change=comparison.change,
        change_pct=comparison.change_pct,
        expected=None,
        month_to_date=month_to_date,
        forecast_month=None,
        usage=charges["usage"],
        usage_previous=None if charges_previous is None else charges_previous["usage"],
    )


def _account_costs(
    run: Run,
    accounts: Sequence[Account],
    missing: set[str],
    table: CostTable,
    compared: Compared,
    *,
    known_before: bool,
) -> tuple[AccountCost, ...]:
    """Every account that was read, with or without cost, the most expensive first."""
    cost, previous = table.by_account(run.period), table.by_account(run.previous_period)
    lines = [
        AccountCost(
            id=account.id,
            name=account.name,
            cost=cost.get(account.id, Decimal(0)),
            previous=previous.get(account.id, Decimal(0)) if known_before else None,
            state=account.state,
            ou=account.ou,
            compared=compared.account(account.id).current,
            compared_previous=compared.account(account.id).previous,
            tags=account.tags,
            owner=account.owner,
        )
        for account in accounts
        if account.id not in missing
    ]
    return tuple(sorted(lines, key=lambda line: (-line.cost, line.id)))


def _service_costs(
    run: Run, table: CostTable, compared: Compared, *, known_before: bool
) -> tuple[ServiceCost, ...]:
    cost, previous = table.by_service(run.period), table.by_service(run.previous_period)
    lines = [
        ServiceCost(
            name,
            cost.get(name, Decimal(0)),
            previous.get(name, Decimal(0)) if known_before else None,
            compared=compared.service(name).current,
            compared_previous=compared.service(name).previous,
        )
        for name in cost.keys() | previous.keys() | compared.services.keys()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.cost, line.name)))


def _unnamed(batches: Sequence[BatchCosts]) -> tuple[str, ...]:
    """The note that says that large charges have no product."""
    return ("charges_unnamed",) if any(batch.unnamed for batch in batches) else ()
