"""One report with everything in it, and the means to vary it. Nothing here differs between runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from finopsguard.models.anomaly import AnomalyKind, AnomalyLine, BandDay
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    ChargeLine,
    Comparison,
    CostExplorerUse,
    Coverage,
    DayCost,
    MissingAccount,
    Report,
    ServiceCost,
    Totals,
)
from finopsguard.models.run import Basis, Language, Period
from tests.unit.report.cause_sample import CAUSES
from tests.unit.report.months import forecast_of

EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:finops-guard-prod:weekly-2026-11-16"
PERIOD = Period(date(2026, 11, 9), date(2026, 11, 16))
PREVIOUS = Period(date(2026, 11, 2), date(2026, 11, 9))
SCHEDULED = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)

# name, organizational unit, weekly cost, change in percent
ACCOUNTS = (
    ("prod-payments", "Workloads/Prod", "30512.40", "1.7"),
    ("ml-training", "Workloads/Data", "21894.12", "68.2"),
    ("prod-data-lake", "Workloads/Data", "18403.77", "20.8"),
    ("prod-identity", "Workloads/Prod", "13102.55", "-1.1"),
    ("analytics-bi", "Workloads/Data", "6120.38", "105.4"),
    ("prod-web", "Workloads/Prod", "4306.90", "13.3"),
    ("staging-shared", "Workloads/Staging", "4013.08", "-37.2"),
    ("sandbox-alpha", "Sandbox", "2223.41", "2.7"),
    ("prod-mobile-api", "Workloads/Prod", "1425.20", "-8.6"),
    ("sandbox-gamma", "Sandbox", "1162.00", "6.0"),
    ("billing-mgmt", "Core", "981.17", "7.9"),
    ("prod-search", "Workloads/Prod", "981.02", "4.0"),
    ("network-hub", "Core", "659.33", "-5.3"),
    ("sandbox-beta", "Sandbox", "528.10", "7.0"),
    ("dev-shared", "Workloads/Dev", "404.61", "5.3"),
    ("shared-services", "Core", "363.20", "0.1"),
    ("dev-payments", "Workloads/Dev", "341.06", "-0.9"),
    ("staging-payments", "Workloads/Staging", "338.00", "-2.3"),
    ("dev-data", "Workloads/Dev", "266.45", "6.9"),
    ("ml-inference", "Workloads/Data", "218.94", "-8.7"),
    ("dev-mobile", "Workloads/Dev", "207.30", "10.7"),
    ("backup-dr", "Core", "189.12", "4.6"),
    ("security-audit", "Core", "188.80", "6.1"),
    ("partner-edge", "Workloads/Prod", "181.59", "8.8"),
    ("log-archive", "Core", "0.00", "0"),
)
_SERVICES = (
    ("Amazon Elastic Compute Cloud - Compute", "38120.55", "31.2"),
    ("Amazon Relational Database Service", "24890.10", "1.9"),
    ("Amazon Redshift", "11404.00", "38.4"),
    ("AWS Data Transfer", "9205.43", "44.0"),
    ("Amazon Simple Storage Service", "8110.07", "-0.7"),
    ("Amazon Elastic Container Service for Kubernetes", "5016.88", "-32.1"),
    ("AmazonCloudWatch", "3920.12", "15.1"),
    ("Amazon Bedrock", "2990.40", "3.3"),
    ("AWS Lambda", "1402.36", "-4.4"),
    ("Amazon DynamoDB", "1204.90", "2.1"),
    ("AWS Key Management Service", "310.75", "0.6"),
)


def weekly(language: Language = "en") -> Report:
    """A rise that one account explains, one account missing, anomalies of every status, forecast: nothing is absent."""
    accounts = tuple(
        AccountCost(account_id(index), name, money(cost), before(cost, change), "ACTIVE", f"Root/{ou}")
        for index, (name, ou, cost, change) in enumerate(ACCOUNTS[:-1])
    )
    charges: dict[ChargeKind, Decimal] = {
        "usage": money("106575.56"),
        "tax": money("3120.00"),
        "support": money("850.00"),
        "credit": money("-1533.06"),
    }
    total = sum((account.cost for account in accounts), Decimal(0))
    charges["usage"] = total - charges["tax"] - charges["support"] - charges["credit"]
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    charges_previous: dict[ChargeKind, Decimal] = {
        "tax": money("2940.00"),
        "support": money("850.00"),
        "credit": money("-1400.00"),
    }
    charges_previous["usage"] = previous - sum(charges_previous.values())
    return compared(
        Report(
            run_id="weekly-2026-11-16",
            report="weekly",
            period=PERIOD,
            previous_period=PREVIOUS,
            scheduled_time=SCHEDULED,
            time_zone="Europe/Madrid",
            language=language,
            data_source="cost_explorer",
            execution=EXECUTION,
            currency="USD",
            cost_metric="AmortizedCost",
            totals=totals_of(
                total, previous, charges["usage"], charges_previous["usage"], forecast="469812.40"
            ),
            daily=days_of(PERIOD, charges["usage"], charges_previous["usage"], bumps={4: 1.36, 5: 1.38}),
            accounts=accounts,
            services=services_of(charges["usage"]),
            charges=charges,
            charges_previous=charges_previous,
            coverage=Coverage(
                25,
                24,
                (
                    MissingAccount(
                        account_id(24),
                        "log-archive",
                        "RoleNotAssumable: the role FinOpsGuardRead does not exist there.",
                    ),
                ),
                (date(2026, 11, 15),),
            ),
            cost_explorer=CostExplorerUse(3, money("0.03")),
            anomalies=anomalies(),
            forecast=forecast_of(total * Decimal("2.1"), money("469812.40")),
        )
    )


RECORD_TYPES: Mapping[ChargeKind, str] = {
    "usage": "Usage", "tax": "Tax", "support": "Support", "credit": "Credit", "refund": "Refund",
    "fee": "Savings Plan recurring fee", "discount": "Enterprise Discount Program Discount", "other": "Something new",
}  # fmt: skip


def compared(report: Report, basis: Basis = "usage") -> Report:
    """The report with a comparison of its settled days that fits: parts add up, expected is the days' own sum."""
    unsettled = {*report.coverage.provisional_days, *report.coverage.late_days}
    days = tuple(day for day in report.period.dates() if day not in unsettled)
    by_day = {day.date: day for day in report.daily}
    earlier, used_before = report.charges_previous, report.totals.usage_previous
    lines = [
        ChargeLine(kind, RECORD_TYPES[kind], amount, None if earlier is None else earlier.get(kind, Decimal(0)))
        for kind, amount in report.charges.items()
        if kind != "usage"
    ]  # fmt: skip
    others = sum((line.amount for line in lines), Decimal(0))
    others_before = sum((line.previous or Decimal(0) for line in lines), Decimal(0))
    if not days:
        nothing = Comparison(basis, (), (), None, None, None, None, None)
        totals = replace(report.totals, previous=None, change=None, change_pct=None, expected=None)
        usage_line = ChargeLine("usage", "Usage", report.charges["usage"], None)
        return replace(
            report,
            comparison=nothing,
            totals=totals,
            charge_lines=(usage_line, *(replace(line, previous=None) for line in lines)),
            accounts=tuple(replace(each, compared=None, compared_previous=None) for each in report.accounts),
            services=tuple(replace(each, compared=None, compared_previous=None) for each in report.services),
        )
    usage = sum((by_day[day].usage for day in days), Decimal(0)) if by_day else report.totals.usage
    usage_before = None if used_before is None else share(used_before * len(days), report.period.days)
    weeks = range(0) if used_before is None else range(1, 5 if report.report == "daily" else 2)
    whole = usage + (others if basis == "billed" else 0)
    before = None if usage_before is None else usage_before + (others_before if basis == "billed" else 0)
    expectations = [
        line.expected for day, line in by_day.items() if day in days and line.expected is not None
    ]
    expected = sum(expectations, whole - usage) if len(expectations) == len(days) else None
    change = None if before is None else whole - before
    percent = None
    if change is not None and before is not None and before > 0:
        percent = (100 * change / before).quantize(Decimal("0.01"))
    return replace(
        report,
        comparison=Comparison(
            basis, days, tuple(day - timedelta(weeks=week) for week in reversed(weeks) for day in days),
            whole, before, expected, change, percent,
        ),
        totals=replace(report.totals, previous=before, change=change, change_pct=percent, expected=expected),
        accounts=_split(report.accounts, whole, before),
        services=_split(report.services, usage, usage_before),
        charge_lines=(ChargeLine("usage", "Usage", usage, usage_before), *lines),
    )  # fmt: skip


def _split(items: tuple[Any, ...], now: Decimal, before: Decimal | None) -> tuple[Any, ...]:
    """Both sums in parts like the items' own costs, to the cent; the first takes what rounding leaves."""
    if not items:
        return ()
    parts = [_parts([item.cost for item in items], now)]
    parts.append(
        [None] * len(items)
        if before is None
        else _parts([item.previous or Decimal(0) for item in items], before)
    )
    return tuple(
        replace(item, compared=part, compared_previous=past)
        for item, part, past in zip(items, *parts, strict=True)
    )


def _parts(amounts: list[Decimal], total: Decimal) -> list[Any]:
    whole = sum(amounts, Decimal(0))
    made = [share(amount * total, whole) if whole else Decimal(0) for amount in amounts]
    return [made[0] + total - sum(made, Decimal(0)), *made[1:]]


def anomalies() -> tuple[AnomalyLine, ...]:
    """One of every status and most kinds, with and without a known cause."""
    end = PERIOD.end - timedelta(1)
    return (
        _anomaly(
            1, "Amazon Elastic Compute Cloud - Compute", "spike", days=3, level="1403.10",
            jumps=("4102.00", "4312.66", "4118.70"), day=end - timedelta(1), region="us-east-1", owner="team-training",
            causes=CAUSES["p5"],
        ),
        _anomaly(
            4, "Amazon Redshift", "shift", days=4, level="658.30", jumps=("1400.10", "1402.30", "1405.00", "1411.20"),
            status="growing", region="eu-west-1", owner="team-bi",
            causes=CAUSES["redshift"],
        ),
        _anomaly(
            2, "AWS Data Transfer", "new", days=2, level="0", jumps=("1388.68", "1390.44"), region="us-east-1",
            causes=CAUSES["transfer"],
        ),
        _anomaly(
            6, "Amazon Elastic Container Service for Kubernetes", "drop", days=5, level="420.00",
            jumps=("12.40", "12.10", "12.30", "12.20", "12.00"), day=end - timedelta(4), direction=-1,
            causes=CAUSES["eks"],
        ),
        _anomaly(
            5, "AmazonCloudWatch", "drift", days=11, level="94.60", status="continuing",
            jumps=tuple(f"{94.6 + 10.6 * step:.2f}" for step in range(1, 12)), causes=CAUSES["logs"],
        ),
        replace(
            _anomaly(7, "Amazon SageMaker", "spike", days=10, level="88.00", jumps=("640.00", *["88.00"] * 9)),
            status="resolved", ended="back", day=end - timedelta(9), actual=money("640.00"), impact=money("552.00"),
        ),
    )  # fmt: skip


def _anomaly(
    account: int,
    service: str,
    kind: AnomalyKind,
    *,
    days: int,
    level: str,
    jumps: tuple[str, ...],
    **more: Any,
) -> AnomalyLine:
    """The last `days` days cost `jumps`, the 28 - `days` before about `level`."""
    rng = random.Random(account)
    start = PERIOD.end - timedelta(days)
    day = more.pop("day", PERIOD.end - timedelta(1))
    usual = [money(f"{float(level) * rng.uniform(0.97, 1.03):.2f}") for _ in range(28 - days)]
    unusual = [money(jump) for jump in jumps]
    direction = more.pop("direction", 1)
    usd = money(level)
    low, high = (usd * Decimal("0.9")).quantize(usd), (usd * Decimal("1.1")).quantize(usd)
    band = tuple(
        BandDay(start + timedelta(offset), cost, usd, low, high) for offset, cost in enumerate(unusual)
    )
    last = max(each.date for each in band if not low <= each.cost <= high)
    return AnomalyLine(
        id=f"{account_id(account)}/{start}/{'up' if direction > 0 else 'down'}",
        account_id=account_id(account),
        account_name=ACCOUNTS[account][0],
        service=service,
        kind=kind,
        day=day,
        start=start,
        actual=unusual[(day - start).days],
        expected=money(level),
        impact=sum(unusual, Decimal(0)) - days * money(level),
        direction=direction,
        daily=tuple(usual + unusual),
        last_day=last,
        band=band,
        run_rate_month=30 * (band[(last - start).days].cost - usd),
        **more,
    )


def account_id(index: int) -> str:
    """A 12-digit id that looks like one."""
    return f"{(index + 1) * 7_919 * 104_729 % 900_000_000_000 + 100_000_000_000:012d}"


def totals_of(
    total: Decimal,
    previous: Decimal,
    usage: Decimal,
    usage_previous: Decimal,
    *,
    expected: Decimal | None = None,
    forecast: str | None = None,
) -> Totals:
    return Totals(
        period=total,
        previous=previous,
        change=total - previous,
        change_pct=((total - previous) / previous * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if previous
        else None,
        expected=(expected if expected is not None else total * Decimal("0.883")).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        ),
        month_to_date=(total * Decimal("2.1")).quantize(Decimal("0.01"), ROUND_HALF_UP),
        forecast_month=money(forecast) if forecast else None,
        usage=usage,
        usage_previous=usage_previous,
    )


def services_of(usage: Decimal) -> tuple[ServiceCost, ...]:
    """The services, scaled so that they add up to the usage."""
    whole = sum((money(cost) for _, cost, _ in _SERVICES), Decimal(0))
    made = [
        ServiceCost(name, share(money(cost) * usage, whole), share(before(cost, change) * usage, whole))
        for name, cost, change in _SERVICES
    ]
    rest = usage - sum((service.cost for service in made), Decimal(0))
    return (replace(made[0], cost=made[0].cost + rest), *made[1:])


def days_of(
    period: Period, usage: Decimal, previous: Decimal, bumps: Mapping[int, float]
) -> tuple[DayCost, ...]:
    """Five weeks up to the period's end with a weekly rhythm; the days of the period add up to its usage."""
    rng = random.Random(7)
    weights = {
        day: (0.86 if day.weekday() > 4 else 1.0) * rng.uniform(0.94, 1.03)
        for day in Period(period.end - timedelta(35), period.end).dates()
    }
    expected_level = float(previous) / period.days
    for offset, factor in bumps.items():
        weights[period.start + timedelta(offset)] = 1.0 * factor
    in_period = sum(weights[day] for day in period.dates())
    days = []
    for day, weight in weights.items():
        level = float(usage) * weight / in_period if day in period else expected_level * weight * 1.03
        expected = expected_level * (0.86 if day.weekday() > 4 else 1.0) * 1.03
        cost = money(f"{level:.2f}")
        days.append(
            DayCost(
                day,
                cost,
                cost,
                day == date(2026, 11, 15),
                money(f"{expected:.2f}"),
                money(f"{expected * 0.9:.2f}"),
                money(f"{expected * 1.1:.2f}"),
            )
        )
    rest = usage - sum((day.usage for day in days if day.date in period), Decimal(0))
    days[-1] = replace(days[-1], cost=days[-1].cost + rest, usage=days[-1].usage + rest)
    return tuple(days)


def scaled(report: Report, factor: Decimal) -> Report:
    """The same report with every amount times `factor`."""

    def up(value: Any) -> Any:
        if isinstance(value, Decimal):
            return (value * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if isinstance(value, tuple):
            return tuple(up(item) for item in value)
        if isinstance(value, Mapping):
            return {key: up(item) for key, item in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            names = {field.name for field in fields(value)} - {"change_pct", "usd"}
            return replace(value, **{name: up(getattr(value, name)) for name in names})
        return value

    result: Report = up(report)
    return result


def money(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)


def before(cost: str, change: str) -> Decimal:
    return money(str(Decimal(cost) / (1 + Decimal(change) / 100)))


def share(amount: Decimal | None, parts: Decimal | int) -> Any:
    return None if amount is None else (amount / parts).quantize(Decimal("0.01"), ROUND_HALF_UP)
