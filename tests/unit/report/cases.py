"""Reports of every kind that people may see; unit and browser tests share them. Nothing here is random between runs."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from finopsguard.models import (
    AccountCost,
    AnomalyLine,
    Cause,
    ChargeKind,
    CostExplorerUse,
    Coverage,
    DayCost,
    Failure,
    FailureDetail,
    Language,
    MissingAccount,
    Period,
    Report,
    ReportName,
    ServiceCost,
    Totals,
)

EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:finops-guard-prod:weekly-2026-11-16"
PERIOD = Period(date(2026, 11, 9), date(2026, 11, 16))
PREVIOUS = Period(date(2026, 11, 2), date(2026, 11, 9))
SCHEDULED = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)

# name, organizational unit, weekly cost, change in percent
_ACCOUNTS = (
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
        AccountCost(account_id(index), name, _money(cost), _before(cost, change), "ACTIVE", f"Root/{ou}")
        for index, (name, ou, cost, change) in enumerate(_ACCOUNTS[:-1])
    )
    charges: dict[ChargeKind, Decimal] = {
        "usage": _money("106575.56"),
        "tax": _money("3120.00"),
        "support": _money("850.00"),
        "credit": _money("-1533.06"),
    }
    total = sum((account.cost for account in accounts), Decimal(0))
    charges["usage"] = total - charges["tax"] - charges["support"] - charges["credit"]
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    charges_previous: dict[ChargeKind, Decimal] = {
        "tax": _money("2940.00"),
        "support": _money("850.00"),
        "credit": _money("-1400.00"),
    }
    charges_previous["usage"] = previous - sum(charges_previous.values())
    return Report(
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
        totals=_totals(total, previous, charges["usage"], charges_previous["usage"], forecast="469812.40"),
        daily=_daily(PERIOD, charges["usage"], charges_previous["usage"], bumps={4: 1.36, 5: 1.38}),
        accounts=accounts,
        services=_services(charges["usage"]),
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
        cost_explorer=CostExplorerUse(3, _money("0.03")),
        anomalies=anomalies(),
    )


def anomalies() -> tuple[AnomalyLine, ...]:
    """One of every status, with and without a known cause."""

    def line(index: int, service: str, **more: Any) -> AnomalyLine:
        start = more.pop("start")
        day = more.pop("day", start)
        return AnomalyLine(
            account_id=account_id(index),
            account_name=_ACCOUNTS[index][0],
            service=service,
            start=start,
            day=day,
            direction=more.pop("direction", 1),
            actual=_money(more.pop("actual")),
            expected=_money(more.pop("expected")),
            impact=_money(more.pop("impact")),
            daily=tuple(_money(value) for value in more.pop("daily")),
            **more,
        )

    day = date(2026, 11, 13)
    return (
        line(1, "Amazon Elastic Compute Cloud - Compute", kind="spike", start=day, day=day + timedelta(1), actual="4312.66",
             expected="1403.10", impact="8730.25", status="new", region="us-east-1", owner="team-training",
             causes=(Cause("usage_type", "BoxUsage:p5.48xlarge", _money("7912.00")),),
             daily=["1391.2", "1402", "1399.9", "1410", "1404", "1398", "1401", "1403", "1409", "1400", "1405", "4102", "4312.66", "4210"]),
        line(4, "Amazon Redshift", kind="shift", start=day - timedelta(1), actual="1411.20", expected="658.30", impact="3010.40",
             status="growing", region="eu-west-1", owner="team-bi", causes=(Cause("usage_type", "Node:ra3.4xlarge", _money("2960.00")),),
             daily=["650", "655", "661", "657", "660", "654", "655", "658", "660", "651", "1400", "1402", "1405", "1411.2"]),
        line(2, "AWS Data Transfer", kind="new", start=day + timedelta(1), actual="1390.44", expected="0", impact="2779.12",
             status="new", region="us-east-1", causes=(Cause("usage_type", "USE1-EUW1-AWS-Out-Bytes", _money("2779.12")),),
             daily=["0"] * 12 + ["1388.68", "1390.44"]),
        line(5, "AmazonCloudWatch", kind="drift", start=date(2026, 11, 5), day=date(2026, 11, 15), actual="211.08",
             expected="94.60", impact="508.90", status="continuing",
             daily=["93", "95", "94", "101", "112", "120", "131", "139", "150", "160", "171", "183", "199", "211.08"]),
        line(6, "Amazon Elastic Container Service for Kubernetes", kind="drop", start=date(2026, 11, 11), direction=-1,
             actual="12.40", expected="420.00", impact="-2038.00", status="new",
             daily=["418", "421", "420", "419", "423", "420", "418", "421", "420", "12.4", "12.1", "12.3", "12.2", "12"]),
        line(7, "Amazon SageMaker", kind="spike", start=date(2026, 11, 6), actual="640.00", expected="88.00", impact="552.00",
             status="resolved", daily=["88"] * 4 + ["640"] + ["88"] * 9),
    )  # fmt: skip


def daily(language: Language = "en") -> Report:
    """Yesterday, which is still provisional."""
    day = Period(date(2026, 11, 15), date(2026, 11, 16))
    base = weekly(language)
    accounts = tuple(
        replace(account, cost=_share(account.cost, 7), previous=_share(account.previous, 7))
        for account in base.accounts
    )
    total = sum((account.cost for account in accounts), Decimal(0))
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    return replace(
        base,
        run_id="daily-2026-11-16",
        report="daily",
        period=day,
        previous_period=Period(date(2026, 11, 14), date(2026, 11, 15)),
        accounts=accounts,
        services=tuple(
            replace(item, cost=_share(item.cost, 7), previous=_share(item.previous, 7))
            for item in _services(total)
        ),
        charges={"usage": total},
        charges_previous={"usage": previous},
        totals=_totals(total, previous, total, previous),
        daily=tuple(
            replace(line, provisional=False) for line in _daily(day, total, previous, bumps={0: 1.0})
        ),
        coverage=Coverage(24, 24, (), ()),
        anomalies=base.anomalies[:2],
    )


def quiet(language: Language = "en") -> Report:
    """Nothing happened: every part that has nothing to say is short."""
    base = weekly(language)
    accounts = tuple(
        replace(account, previous=(account.cost * Decimal("1.006")).quantize(Decimal("0.01"), ROUND_HALF_UP))
        for account in base.accounts
    )
    total = sum((account.cost for account in accounts), Decimal(0))
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    return replace(
        base,
        accounts=accounts,
        services=tuple(
            replace(item, previous=(item.cost * Decimal("1.006")).quantize(Decimal("0.01")))
            for item in _services(total)
        ),
        charges={"usage": total},
        charges_previous={"usage": previous},
        totals=_totals(total, previous, total, previous, expected=total * Decimal("1.004")),
        daily=_daily(PERIOD, total, previous, bumps={}),
        coverage=Coverage(24, 24, (), (date(2026, 11, 15),)),
        anomalies=(),
    )


def first_run(language: Language = "en") -> Report:
    """No previous period, no history to judge by."""
    base = quiet(language)
    totals = replace(
        base.totals, previous=None, change=None, change_pct=None, expected=None, usage_previous=None
    )
    return replace(
        base,
        accounts=tuple(replace(account, previous=None) for account in base.accounts),
        services=tuple(replace(service, previous=None) for service in base.services),
        charges_previous={"usage": Decimal(0)},
        totals=totals,
        daily=tuple(
            replace(day, expected=None, expected_low=None, expected_high=None)
            for day in base.daily
            if day.date in PERIOD
        ),
        notes=("history_short",),
    )


def one_account(language: Language = "en") -> Report:
    """AWS Organizations is not in use."""
    base = weekly(language)
    account = replace(base.accounts[1], ou=None)
    totals = _totals(
        account.cost, account.previous or Decimal(0), account.cost, account.previous or Decimal(0)
    )
    return replace(
        base,
        accounts=(account,),
        services=_services(account.cost),
        charges={"usage": account.cost},
        charges_previous={"usage": account.previous or Decimal(0)},
        totals=totals,
        daily=_daily(PERIOD, account.cost, account.previous or Decimal(0), bumps={4: 1.9, 5: 1.95}),
        coverage=Coverage(1, 1, (), (date(2026, 11, 15),)),
        anomalies=base.anomalies[:1],
        notes=("organizations_not_in_use",),
    )


def no_forecast(language: Language = "en") -> Report:
    """AWS gave no forecast, and no incident has been explained yet: how reports look before that work."""
    base = weekly(language)
    bare = tuple(
        replace(line, causes=(), region=None, owner=None, status="new") for line in base.anomalies[:3]
    )
    return replace(base, totals=replace(base.totals, forecast_month=None), anomalies=bare)


def all_provisional(language: Language = "en") -> Report:
    """AWS is still adding costs to every day."""
    base = daily(language)
    days = tuple(replace(day, provisional=day.provisional or day.date in base.period) for day in base.daily)
    return replace(base, coverage=Coverage(24, 24, (), tuple(base.period.dates())), daily=days, anomalies=())


def mock(language: Language = "en") -> Report:
    """Made-up data must say so."""
    base = weekly(language)
    return replace(
        base,
        data_source="mock",
        cost_explorer=CostExplorerUse(0, Decimal(0)),
        execution="",
        coverage=Coverage(24, 24, (), (date(2026, 11, 15),)),
    )


def thousand(language: Language = "en") -> Report:
    """A thousand accounts, forty anomalies, some accounts missing."""
    rng = random.Random(1)
    base = weekly(language)
    accounts = tuple(
        AccountCost(account_id(index), f"team-{index:04d}-{rng.choice(('prod', 'dev', 'staging'))}",
                    (cost := _money(f"{rng.lognormvariate(5.5, 1.6):.2f}")), _before(str(cost), f"{rng.gauss(2, 12):.1f}"),
                    "ACTIVE", f"Root/Division {index % 9}/Product {index % 37}")
        for index in range(991)
    )  # fmt: skip
    total = sum((account.cost for account in accounts), Decimal(0))
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    lines = tuple(
        replace(base.anomalies[index % 4], account_id=account_id(index * 7), account_name=f"team-{index * 7:04d}-prod",
                impact=_money(f"{9000 / (index + 1):.2f}"))
        for index in range(40)
    )  # fmt: skip
    missing = tuple(
        MissingAccount(
            account_id(index), f"team-{index:04d}-dev", "CostExplorerThrottled: too many requests."
        )
        for index in range(991, 1000)
    )
    return replace(
        base,
        accounts=accounts,
        services=_services(total),
        charges={"usage": total},
        charges_previous={"usage": previous},
        totals=_totals(total, previous, total, previous, forecast=str(total * 4)),
        daily=_daily(PERIOD, total, previous, bumps={4: 1.3, 5: 1.32}),
        coverage=Coverage(1000, 991, missing, (date(2026, 11, 15),)),
        cost_explorer=CostExplorerUse(64, _money("0.64")),
        anomalies=lines,
    )


HOSTILE = (
    "**[click](https://evil.example)** <at>everyone</at>",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {{{x}}}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u202egnp.exe\u202c \u200b\u200bzero",
    "Z\u0361\u0489a\u0321\u0353\u0321\u0353\u0321\u0353lgo " * 3,
    "averyveryveryveryveryveryveryveryveryverylongnamewithoutanyspace" * 3,
    "\"quotes\" 'and' \\backslashes\\ & ampersands;",
    "# heading\n- list\n1. one\n> quote `code` ~~x~~",
    '=HYPERLINK("https://evil.example")',
    "日本語のアカウント名 🚀🚀🚀 العربية",
)


def hostile(language: Language = "en") -> Report:
    """Names from an attacker; they must be shown as text, and the card must not break."""
    base = weekly(language)

    def name(index: int) -> str:
        return HOSTILE[index % len(HOSTILE)]

    return replace(
        base,
        accounts=tuple(replace(account, name=name(index), ou=f"Root/{name(index).replace('/', '')}") for index, account in enumerate(base.accounts)),
        services=tuple(replace(service, name=name(index + 3)) for index, service in enumerate(base.services)),
        anomalies=tuple(
            replace(line, account_name=name(index), service=name(index + 1), owner=name(index + 2), region=name(index + 3),
                    causes=(Cause(name(index + 4), name(index + 5), _money("10")),))
            for index, line in enumerate(base.anomalies)
        ),
        coverage=replace(base.coverage, missing=(MissingAccount(account_id(24), HOSTILE[0], HOSTILE[2]),)),
        notes=(HOSTILE[0],),
    )  # fmt: skip


def missing(language: Language = "en") -> Report:
    """Many accounts could not be read."""
    base = weekly(language)
    lost = tuple(
        MissingAccount(account.id, account.name, "CostExplorerThrottled: too many requests.")
        for account in base.accounts[-6:]
    )
    return replace(
        base, coverage=Coverage(25, 18, (*lost, *base.coverage.missing), base.coverage.provisional_days)
    )


def big(language: Language = "en") -> Report:
    """Amounts of billions must not break the layout."""
    return _scaled(weekly(language), Decimal(12_345))


def cny(language: Language = "en") -> Report:
    """AWS in China bills in yuan and has its own console."""
    execution = EXECUTION.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1")
    return replace(_scaled(weekly(language), Decimal(7)), currency="CNY", execution=execution)


CASES: Mapping[str, Callable[[Language], Report]] = {
    "weekly": weekly,
    "daily": daily,
    "quiet": quiet,
    "first_run": first_run,
    "one_account": one_account,
    "no_forecast": no_forecast,
    "all_provisional": all_provisional,
    "mock": mock,
    "thousand": thousand,
    "hostile": hostile,
    "missing": missing,
    "big": big,
    "cny": cny,
}


def _run(language: Language, report: ReportName = "weekly") -> dict[str, Any]:
    return {
        "run_id": f"{report}-2026-11-16",
        "report": report,
        "scheduled_time": "2026-11-16T07:00:00Z",
        "period": {"start": "2026-11-09", "end": "2026-11-16"},
        "previous_period": {"start": "2026-11-02", "end": "2026-11-09"},
        "time_zone": "Europe/Madrid",
        "language": language,
        "execution": EXECUTION,
    }


def failed_teams(language: Language = "en") -> Failure:
    """Teams refused the webhook: everything was read, only the post failed."""
    return Failure(
        input={"run": _run(language), "report_key": "runs/weekly-2026-11-16/report.json", "bytes": 14_200},
        failure=FailureDetail(
            "PostToTeams",
            "TeamsRejected",
            '{"errorMessage":"Teams refused the webhook (HTTP 401). Create the webhook anew and store its URL in the secret.",'
            '"errorType":"TeamsRejected","stackTrace":["  File \\"/var/task/app.py\\", line 1"]}',
        ),
        execution=EXECUTION,
        redrive_count=0,
    )


def failed_aggregate(language: Language = "en") -> Failure:
    """Too many accounts were missing: 23 of 25 had been read."""
    read = [{"batch_id": f"{n:04d}", "status": "ok", "accounts": 1} for n in range(23)]
    lost = [
        {"batch_id": f"{n:04d}", "status": "unavailable", "error": "RoleNotAssumable", "cause": "no role"}
        for n in range(23, 25)
    ]
    return Failure(
        input={
            "run": _run(language),
            "accounts_key": "runs/weekly-2026-11-16/accounts.json",
            "batches": read + lost,
        },
        failure=FailureDetail(
            "AggregateCosts",
            "TooManyAccountsMissing",
            '{"errorMessage":"2 of 25 accounts could not be read (8%, allowed are 5%): log-archive, dev-data. Give their roles '
            'back, or raise FINOPSGUARD_MAX_MISSING_PERCENT.","errorType":"TooManyAccountsMissing"}',
        ),
        execution=EXECUTION,
        redrive_count=1,
    )


def failed_fetch(language: Language = "en") -> Failure:
    """Cost Explorer was throttled until the retries were used up."""
    return Failure(
        input={
            "run": _run(language),
            "accounts": 25,
            "batches": [{"id": "0001", "accounts": [account_id(0)]}],
        },
        failure=FailureDetail(
            "FetchCosts",
            "CostExplorerThrottled",
            '{"errorMessage":"Cost Explorer refused for too many requests. Wait some minutes, then redrive."}',
        ),
        execution=EXECUTION,
    )


def timed_out(language: Language = "en") -> Failure:
    """The alert of an execution that Step Functions ended itself: no step, no run, no cause."""
    return Failure(input={}, failure=FailureDetail("the execution", "TIMED_OUT", ""), execution=EXECUTION)


def aborted(language: Language = "en") -> Failure:
    """Somebody stopped the execution."""
    return Failure(input={}, failure=FailureDetail("the execution", "ABORTED", ""), execution=EXECUTION)


def failed_hostile(language: Language = "en") -> Failure:
    """Everything in it is nonsense or hostile."""
    return Failure(
        input={
            "run": {"period": {"start": "soon"}, "report": ["x"], "run_id": HOSTILE[0]},
            "batches": "none",
        },
        failure=FailureDetail(HOSTILE[1] * 5, HOSTILE[2] * 5, HOSTILE[5] * 40),
        execution="not an arn",
    )


FAILURES: Mapping[str, Callable[[Language], Failure]] = {
    "failed_teams": failed_teams,
    "failed_aggregate": failed_aggregate,
    "failed_fetch": failed_fetch,
    "timed_out": timed_out,
    "aborted": aborted,
    "failed_hostile": failed_hostile,
}


def account_id(index: int) -> str:
    """A 12-digit id that looks like one."""
    return f"{(index + 1) * 7_919 * 104_729 % 900_000_000_000 + 100_000_000_000:012d}"


def _totals(
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
        forecast_month=_money(forecast) if forecast else None,
        usage=usage,
        usage_previous=usage_previous,
    )


def _services(usage: Decimal) -> tuple[ServiceCost, ...]:
    """The services, scaled so that they add up to the usage."""
    whole = sum((_money(cost) for _, cost, _ in _SERVICES), Decimal(0))
    made = [
        ServiceCost(name, _share(_money(cost) * usage, whole), _share(_before(cost, change) * usage, whole))
        for name, cost, change in _SERVICES
    ]
    rest = usage - sum((service.cost for service in made), Decimal(0))
    return (replace(made[0], cost=made[0].cost + rest), *made[1:])


def _daily(
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
        cost = _money(f"{level:.2f}")
        days.append(
            DayCost(
                day,
                cost,
                cost,
                day == date(2026, 11, 15),
                _money(f"{expected:.2f}"),
                _money(f"{expected * 0.9:.2f}"),
                _money(f"{expected * 1.1:.2f}"),
            )
        )
    rest = usage - sum((day.usage for day in days if day.date in period), Decimal(0))
    days[-1] = replace(days[-1], cost=days[-1].cost + rest, usage=days[-1].usage + rest)
    return tuple(days)


def _scaled(report: Report, factor: Decimal) -> Report:
    def up(value: Decimal | None) -> Decimal | None:
        return None if value is None else (value * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def known(value: Decimal) -> Decimal:
        return (value * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)

    totals = replace(
        report.totals,
        **{
            name: up(getattr(report.totals, name))
            for name in (
                "period",
                "previous",
                "change",
                "expected",
                "month_to_date",
                "forecast_month",
                "usage",
                "usage_previous",
            )
        },
    )
    return replace(
        report,
        totals=totals,
        daily=tuple(replace(day, cost=known(day.cost), usage=known(day.usage), expected=up(day.expected), expected_low=up(day.expected_low), expected_high=up(day.expected_high)) for day in report.daily),
        accounts=tuple(replace(item, cost=known(item.cost), previous=up(item.previous)) for item in report.accounts),
        services=tuple(replace(item, cost=known(item.cost), previous=up(item.previous)) for item in report.services),
        charges={kind: known(value) for kind, value in report.charges.items()},
        charges_previous={kind: known(value) for kind, value in report.charges_previous.items()},
        anomalies=tuple(
            replace(line, actual=known(line.actual), expected=known(line.expected), impact=known(line.impact),
                    causes=tuple(replace(cause, impact=known(cause.impact)) for cause in line.causes),
                    daily=tuple(known(value) for value in line.daily))
            for line in report.anomalies
        ),
    )  # fmt: skip


def _money(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _before(cost: str, change: str) -> Decimal:
    return _money(str(Decimal(cost) / (1 + Decimal(change) / 100)))


def _share(amount: Decimal | None, parts: Decimal | int) -> Any:
    return None if amount is None else (amount / parts).quantize(Decimal("0.01"), ROUND_HALF_UP)
