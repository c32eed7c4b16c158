"""A small Organization whose costs are known to the last digit, and reports of it held to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from finopsguard.models.ledger import FailedReport
from finopsguard.models.report import Report
from finopsguard.models.run import Period
from finopsguard.store import keys
from tests.standins import AccountRecord, Charge, Costs

UNIT = "ou-st01-prod0001"
ACCOUNTS = [
    AccountRecord("111111111111", "shop", units=(UNIT,)),
    AccountRecord("222222222222", "data", units=(UNIT,)),
    AccountRecord("333333333333", "web", units=(UNIT,)),
    AccountRecord("444444444444", "labs"),
]
LEFT = "555555555555"
"""An account that left the Organization and still costs."""
NAMES = {**{each.id: each.name for each in ACCOUNTS}, LEFT: "gone"}
MONDAY = date(2026, 11, 23)
FEE_DAY = date(2026, 11, 18)
FAILED = FailedReport(
    "weekly", datetime(2026, 11, 2, 8, tzinfo=UTC), "StepBroke", datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)
)
"""A report of old days that was made again and failed, after the last one was delivered."""
FAILED_KEY = keys.FAILED.key(source="aws", report="weekly", due="2026-11-02T0800Z")
SERVICES = ("Amazon EC2", "Amazon RDS", "Amazon S3")
_FIRST = MONDAY - timedelta(days=70)
_USAGE = "Usage"
_CENT = Decimal("0.01")


def _charges() -> list[Charge]:
    """Usage with a weekday shape and ten decimals, and one fee that is worth a question."""
    found = [
        Charge("222222222222", FEE_DAY, "AWS Marketplace", "Fee", Decimal("812.34"), seller="Example Ltd")
    ]
    for number, account in enumerate(NAMES, start=1):
        for rank, service in enumerate(SERVICES, start=1):
            for back in range((MONDAY - _FIRST).days):
                day = MONDAY - timedelta(days=back + 1)
                shape = Decimal("0.8") if day.weekday() >= 5 else Decimal(1)
                noise = 1 + Decimal(day.toordinal() * 7 % 5 - 2) / 100
                amount = Decimal(number * 40) / rank * shape * noise
                found.append(Charge(account, day, service, _USAGE, amount.quantize(Decimal("1e-10"))))
    return found


_INCIDENT_DAY = date(2026, 11, 21)
INCIDENTS = [
    Charge(
        account,
        _INCIDENT_DAY,
        "Amazon EC2",
        _USAGE,
        Decimal(900),
        "BoxUsage:p5.48xlarge",
        "eu-south-2",
        resource="i-0f2b93d7c5a61e804",
    )
    for account in ("222222222222", "333333333333")
]
"""A day of each of two accounts that has to be explained."""

COSTS = Costs.charges(_charges())
WITH_INCIDENTS = Costs.charges([*_charges(), *INCIDENTS])


def differences(
    report: Report,
    without: Collection[str],
    costs: Costs = COSTS,
    accounts: Collection[str] = frozenset(NAMES),
) -> list[str]:
    """Where a report is not what these accounts' bill says, to the cent; `without` are the accounts that it lacks."""
    compared = report.comparison
    assert compared is not None
    # A long period is compared with days before those that are drawn.
    days = [*(day.date for day in report.daily), *compared.previous_days]
    bill = [
        each
        for each in costs.between(min(days), max(days) + timedelta(days=1))
        if each.account_id not in without
    ]
    period = [each for each in bill if each.day in report.period]
    expected: list[tuple[str, Decimal | None, Decimal]] = [
        ("period", report.totals.period, _sum(period)),
        ("usage", report.totals.usage, _sum(period, _USAGE)),
        ("month", report.totals.month_to_date, _sum(_of_month(bill, report.period))),
    ]
    for account in sorted(accounts):
        told = [each.cost for each in report.accounts if each.id == account]
        if account not in without:
            own = _sum([each for each in period if each.account_id == account])
            expected.append((f"account {account}", sum(told, Decimal(0)), own))
        elif told:
            expected.append((f"account {account}", told[0], Decimal(-1)))
    for service in report.services:
        used = [each for each in period if each.service == service.name]
        expected.append((service.name, service.cost, _sum(used, _USAGE)))
    charged = [each for each in bill if each.day in (compared.days or report.period)]
    expected += [(line.name, line.amount, _sum(charged, line.name)) for line in report.charge_lines]
    expected += [
        (str(day.date), day.cost, _sum([each for each in bill if each.day == day.date]))
        for day in report.daily
    ]
    if compared.current is not None:
        now = [each for each in bill if each.day in compared.days]
        expected.append(("current", compared.current, _sum(now, _USAGE)))
    if compared.previous is not None:
        then = [each for each in bill if each.day in compared.previous_days]
        # A day is compared with the mean of the same weekdays before.
        usual = _sum(then, _USAGE) * len(compared.days) / len(compared.previous_days)
        expected.append(("previous", compared.previous, usual))
    return [f"{what} {told} is {right}" for what, told, right in expected if _apart(told, right)]


def _of_month(bill: Collection[Charge], period: Period) -> list[Charge]:
    """From the first of the month of the period's last day to that day."""
    last = period.end - timedelta(days=1)
    return [each for each in bill if each.day in Period(last.replace(day=1), period.end)]


def _sum(charges: Collection[Charge], record_type: str = "") -> Decimal:
    found = (each.amount for each in charges if not record_type or each.record_type == record_type)
    return sum(found, Decimal(0))


def _apart(told: Decimal | None, right: Decimal) -> bool:
    return told is None or abs(told - right) >= _CENT
