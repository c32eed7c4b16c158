"""Reports of every kind that people may see; unit and browser tests share them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import get_args

from finopsguard.models.cause import Cause
from finopsguard.models.report import (
    AccountCost,
    ChargeKind,
    CostExplorerUse,
    Coverage,
    MissingAccount,
    Report,
    UntoldReason,
    UntoldRise,
)
from finopsguard.models.run import Language, Period
from finopsguard.report.severity import graded
from tests.unit.channels.teams.failure_cases import FAILURES
from tests.unit.report import months
from tests.unit.report.explained import explained
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.sample import (
    EXECUTION,
    PERIOD,
    account_id,
    before,
    compared,
    days_of,
    money,
    scaled,
    services_of,
    share,
    totals_of,
    weekly,
)

__all__ = ["CASES", "FAILURES", "HOSTILE"]


def daily(language: Language = "en") -> Report:
    """Yesterday, which is still provisional."""
    day = Period(date(2026, 11, 15), date(2026, 11, 16))
    base = weekly(language)
    accounts = tuple(
        replace(account, cost=share(account.cost, 7), previous=share(account.previous, 7))
        for account in base.accounts
    )
    total = sum((account.cost for account in accounts), Decimal(0))
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    return compared(
        replace(
            base,
            run_id="daily-2026-11-16",
            report="daily",
            period=day,
            previous_period=Period(date(2026, 11, 14), date(2026, 11, 15)),
            accounts=accounts,
            services=services_of(total),
            charges={"usage": total},
            charges_previous={"usage": previous},
            totals=totals_of(total, previous, total, previous),
            daily=tuple(
                replace(line, provisional=False) for line in days_of(day, total, previous, bumps={0: 1.0})
            ),
            coverage=Coverage(24, 24, (), ()),
            anomalies=base.anomalies[:2],
        )
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
    return compared(
        replace(
            base,
            accounts=accounts,
            services=tuple(
                replace(item, previous=(item.cost * Decimal("1.006")).quantize(Decimal("0.01")))
                for item in services_of(total)
            ),
            charges={"usage": total},
            charges_previous={"usage": previous},
            totals=totals_of(total, previous, total, previous, expected=total * Decimal("1.004")),
            daily=days_of(PERIOD, total, previous, bumps={}),
            coverage=Coverage(24, 24, (), (date(2026, 11, 15),)),
            anomalies=(),
        )
    )


def first_run(language: Language = "en") -> Report:
    """No previous period, no history to judge by."""
    base = quiet(language)
    totals = replace(
        base.totals, previous=None, change=None, change_pct=None, expected=None, usage_previous=None
    )
    return compared(
        replace(
            base,
            accounts=tuple(replace(account, previous=None) for account in base.accounts),
            services=tuple(replace(service, previous=None) for service in base.services),
            charges_previous=None,
            totals=totals,
            daily=tuple(
                replace(day, expected=None, expected_low=None, expected_high=None)
                for day in base.daily
                if day.date in PERIOD
            ),
            notes=("history_short",),
        )
    )


def one_account(language: Language = "en") -> Report:
    """AWS Organizations is not in use."""
    base = weekly(language)
    account = replace(base.accounts[1], ou=None)
    totals = totals_of(
        account.cost, account.previous or Decimal(0), account.cost, account.previous or Decimal(0)
    )
    return compared(
        replace(
            base,
            accounts=(account,),
            services=services_of(account.cost),
            charges={"usage": account.cost},
            charges_previous={"usage": account.previous or Decimal(0)},
            totals=totals,
            daily=days_of(PERIOD, account.cost, account.previous or Decimal(0), bumps={4: 1.9, 5: 1.95}),
            coverage=Coverage(1, 1, (), (date(2026, 11, 15),)),
            anomalies=base.anomalies[:1],
            notes=("organizations_not_in_use",),
        )
    )


def no_forecast(language: Language = "en") -> Report:
    """The month's end is not sure, and no incident has been explained yet: how reports look before that work."""
    base = weekly(language)
    bare = tuple(
        replace(line, causes=(), region=None, owner=None, status="new") for line in base.anomalies[:3]
    )
    return months.without(replace(base, anomalies=bare), "wide")


def budgets(language: Language = "en") -> Report:
    """A budget in each state, two of them told for the first time."""
    return months.budgeted(weekly(language))


def all_provisional(language: Language = "en") -> Report:
    """AWS is still adding costs to every day."""
    base = daily(language)
    days = tuple(replace(day, provisional=day.provisional or day.date in base.period) for day in base.daily)
    return compared(
        replace(base, coverage=Coverage(24, 24, (), tuple(base.period.dates())), daily=days, anomalies=())
    )


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


def _team(index: int, rng: random.Random) -> AccountCost:
    name = f"team-{index:04d}-{rng.choice(('prod', 'dev', 'staging'))}"
    cost = money(f"{rng.lognormvariate(5.5, 1.6):.2f}")
    previous = before(str(cost), f"{rng.gauss(2, 12):.1f}")
    return AccountCost(
        account_id(index), name, cost, previous, "ACTIVE", f"Root/Division {index % 9}/Product {index % 37}"
    )


def thousand(language: Language = "en") -> Report:
    """A thousand accounts, forty anomalies, some accounts missing."""
    rng = random.Random(1)
    base = weekly(language)
    accounts = tuple(_team(index, rng) for index in range(991))
    total = sum((account.cost for account in accounts), Decimal(0))
    previous = sum((account.previous or Decimal(0) for account in accounts), Decimal(0))
    lines = tuple(
        replace(base.anomalies[index % 4], account_id=account_id(index * 7), account_name=f"team-{index * 7:04d}-prod",
                impact=money(f"{9000 / (index + 1):.2f}"))
        for index in range(40)
    )  # fmt: skip
    missing = tuple(
        MissingAccount(
            account_id(index), f"team-{index:04d}-dev", "CostExplorerThrottled: too many requests."
        )
        for index in range(991, 1000)
    )
    return compared(
        replace(
            base,
            accounts=accounts,
            services=services_of(total),
            charges={"usage": total},
            charges_previous={"usage": previous},
            totals=totals_of(total, previous, total, previous, forecast=str(total * 4)),
            daily=days_of(PERIOD, total, previous, bumps={4: 1.3, 5: 1.32}),
            coverage=Coverage(1000, 991, missing, (date(2026, 11, 15),)),
            cost_explorer=CostExplorerUse(64, money("0.64")),
            anomalies=lines,
            forecast=months.forecast_of(total * Decimal("2.1"), total * 4),
        )
    )


def hostile(language: Language = "en") -> Report:
    """Names from an attacker; they must be shown as text, and the card must not break."""
    base = weekly(language)

    def name(index: int) -> str:
        return HOSTILE[index % len(HOSTILE)]

    accounts = tuple(
        replace(account, name=name(index), ou=f"Root/{name(index).replace('/', '')}")
        for index, account in enumerate(base.accounts)
    )
    anomalies = tuple(
        replace(
            line,
            account_name=name(index),
            service=name(index + 1),
            owner=name(index + 2),
            region=name(index + 3),
            causes=(
                Cause(name(index + 4), name(index + 5), money("10")),
                Cause(
                    "usage_type",
                    name(index + 5),
                    money("9") * line.direction,
                    "switched",
                    name(index + 6),
                    name(index),
                    money("9"),
                    money("0"),
                    money("0"),
                    money("3"),
                    money("1"),
                    name(index + 7),
                    name(index + 8),
                    name(index + 9),
                ),
                Cause("usage_type", name(index + 6), money("8"), "new_region", name(index + 7)),
            ),
        )
        for index, line in enumerate(base.anomalies)
    )
    return compared(
        replace(
            base,
            accounts=accounts,
            services=tuple(replace(item, name=name(index + 3)) for index, item in enumerate(base.services)),
            anomalies=anomalies,
            coverage=replace(
                base.coverage, missing=(MissingAccount(account_id(24), HOSTILE[0], HOSTILE[2]),)
            ),
            notes=(HOSTILE[0],),
            untold=tuple(
                UntoldRise(
                    account_id(index),
                    name(index),
                    name(index + 6),
                    (PERIOD.start,),
                    money("90000"),
                    money("9"),
                    reason,
                )
                for index, reason in enumerate(get_args(UntoldReason))
            ),
        )
    )


def missing(language: Language = "en") -> Report:
    """Many accounts could not be read."""
    base = weekly(language)
    lost = tuple(
        MissingAccount(account.id, account.name, "CostExplorerThrottled: too many requests.")
        for account in base.accounts[-6:]
    )
    return compared(
        replace(
            base, coverage=Coverage(25, 18, (*lost, *base.coverage.missing), base.coverage.provisional_days)
        )
    )


def big(language: Language = "en") -> Report:
    """Amounts of billions must not break the layout."""
    return scaled(weekly(language), Decimal(12_345))


def cny(language: Language = "en") -> Report:
    """AWS in China bills in yuan and has its own console."""
    execution = EXECUTION.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1")
    return replace(scaled(weekly(language), Decimal(7)), currency="CNY", execution=execution)


def millions(language: Language = "en") -> Report:
    """Seven digits in every narrow place."""
    return scaled(weekly(language), Decimal(45))


def late(language: Language = "en") -> Report:
    """A weekend that AWS has not billed completely though it is old enough: it is not compared."""
    base = weekly(language)
    days = (date(2026, 11, 14), date(2026, 11, 15))
    daily = tuple(replace(day, provisional=day.date in days) for day in base.daily)
    return compared(replace(base, daily=daily, coverage=Coverage(24, 24, (), days, days)))


def credited(language: Language = "en") -> Report:
    """Usage that credits cover to the cent, and a discount: nothing is billed, and still something was used."""
    base = quiet(language)
    usage = base.charges["usage"]
    before = (base.charges_previous or {})["usage"]
    credit, credit_before = share(usage * -9, 10), share(before * -9, 10)
    charges: dict[ChargeKind, Decimal] = {"usage": usage, "discount": -usage - credit, "credit": credit}
    earlier: dict[ChargeKind, Decimal] = {
        "usage": before,
        "discount": -before - credit_before,
        "credit": credit_before,
    }
    totals = replace(base.totals, period=Decimal(0))
    coverage = replace(base.coverage, provisional_days=())
    accounts = tuple(replace(account, cost=Decimal(0), previous=Decimal(0)) for account in base.accounts)
    given = replace(base, totals=totals, charges=charges, charges_previous=earlier, coverage=coverage)
    return replace(compared(given), accounts=tuple(
        replace(none, compared=each.compared, compared_previous=each.compared_previous)
        for none, each in zip(accounts, compared(given).accounts, strict=True)
    ))  # fmt: skip


def billed(language: Language = "en") -> Report:
    """The headline is what is billed, by setting: a tax is most of its rise."""
    base = quiet(language)
    charges: dict[ChargeKind, Decimal] = {
        "usage": base.charges["usage"],
        "tax": money("31200.00"),
        "credit": money("-1200.00"),
    }
    total = sum(charges.values(), Decimal(0))
    earlier: dict[ChargeKind, Decimal] = {
        "usage": (base.charges_previous or {})["usage"],
        "tax": money("2100.00"),
    }
    totals = replace(base.totals, period=total)
    given = replace(base, totals=totals, charges=charges, charges_previous=earlier)
    first = replace(base.accounts[0], cost=base.accounts[0].cost + charges["tax"] + charges["credit"])
    return compared(replace(given, accounts=(first, *base.accounts[1:])), "billed")


CASES: Mapping[str, Callable[[Language], Report]] = {
    "weekly": weekly,
    "daily": daily,
    "quiet": quiet,
    "first_run": first_run,
    "one_account": one_account,
    "no_forecast": no_forecast,
    "budgets": budgets,
    "all_provisional": all_provisional,
    "mock": mock,
    "thousand": thousand,
    "hostile": hostile,
    "missing": missing,
    "big": big,
    "cny": cny,
    "millions": millions,
    "late": late,
    "credited": credited,
    "billed": billed,
    "explained": explained,
    "graded": lambda language: graded(weekly(language), (Decimal(30_000), Decimal(60_000)), ()),
}
