"""What the Cost Explorer tests ask for, and answers written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from finopsguard.models.metrics import MetricName
from finopsguard.models.run import Batch, Period, Run
from tests.standins import StandIns
from tests.standins.service import Answer, Condition

FIRST = date(2026, 8, 10)
END = date(2026, 11, 16)
WEEK = Period(END - timedelta(days=7), END)
ROLE = "arn:aws:iam::222200000000:role/finopsguard-read"
VIEW = "arn:aws:billing::111100000000:billingview/primary"
OWN = "111100000000"
BOTH = ("UnblendedCost", "AmortizedCost")
"""What is asked for at the price of one."""


def run(first: date = FIRST, metric: MetricName = "UnblendedCost") -> Run:
    return Run(
        run_id="weekly-2026-11-16",
        report="weekly",
        scheduled_time=datetime(2026, 11, 16, 8, tzinfo=UTC),
        period=WEEK,
        previous_period=Period(WEEK.start - timedelta(days=7), WEEK.start),
        history_start=first,
        time_zone="UTC",
        language="en",
        cost_metric=metric,
        data_source="cost_explorer",
        execution="",
    )


SHORT = run(first=END - timedelta(days=10))


def batch(standins: StandIns, count: int | None = None) -> Batch:
    return Batch("b-001", tuple(account.id for account in standins.organizations.accounts[:count]))


def answer_both(standins: StandIns, groups: list[tuple[str, str, str]]) -> None:
    """Both queries for SHORT answered by hand: (account, service, amount), and as much usage."""
    used: dict[str, Decimal] = {}
    for account, _, amount in groups:
        used[account] = used.get(account, Decimal(0)) + Decimal(amount)
    charged = [(account, "Usage", str(amount)) for account, amount in used.items()]
    for key, rows in (("SERVICE", groups), ("RECORD_TYPE", charged)):
        standins.cost_explorer.answer(answered(rows, days=SHORT.window.dates()), when=_grouped_by(key))


def _grouped_by(key: str) -> Condition:
    return lambda operation, parameters: parameters["GroupBy"][1]["Key"] == key


def answered(
    groups: list[tuple[str, str, str]],
    *,
    day: date = WEEK.start,
    days: Sequence[date] = (),
    token: str | None = None,
) -> Answer:
    """A page with one day, or all `days`, written by hand: (account, second key, amount) of the day."""
    page: dict[str, Any] = {
        "GroupDefinitions": [
            {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"},
            {"Type": "DIMENSION", "Key": "SERVICE"},
        ],
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": str(each), "End": str(each + timedelta(days=1))},
                "Total": {},
                "Groups": [_group(*group) for group in groups] if each == day else [],
                "Estimated": True,
            }
            for each in days or [day]
        ],
        "DimensionValueAttributes": [],
    }
    if token:
        page["NextPageToken"] = token
    return Answer(200, json.dumps(page).encode())


def _group(account: str, name: str, amount: str) -> Mapping[str, Any]:
    return {"Keys": [account, name], "Metrics": {each: {"Amount": amount, "Unit": "USD"} for each in BOTH}}
