"""The month behind the mock data: the incidents that earlier reports of the invented company would have told.

Only a table: a store of invented data that never saw a report has no ledger to look back on. The days of a row are of
its month; the incidents that go on are those planted in the company's costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from finopsguard.incidents.cases import Case
from finopsguard.models.anomaly import Ending
from finopsguard.models.report import AccountCost
from finopsguard.models.run import Period
from finopsguard.models.verdict import Verdict, VerdictName

_DAY = timedelta(days=1)
_BAND = Decimal("0.97")  # of what an incident costs a day, this lies above the band


@dataclass(frozen=True)
class _Row:
    """An incident from the `first` day of the month on: `usd` a day more. `said`, and how many hours later."""

    account: str
    service: str
    first: int
    days: int
    usd: int
    ended: Ending | None = "back"
    said: VerdictName | None = None
    hours: int = 0
    reason: str = ""


_TABLE = (
    _Row(
        "payments-prod",
        "AWS Lambda",
        2,
        4,
        310,
        said="mute",
        hours=3,
        reason="el equipo ya lo está arreglando",
    ),
    _Row(
        "booking-staging",
        "Amazon Elastic Compute Cloud - Compute",
        5,
        3,
        180,
        "not_an_anomaly",
        "not_an_anomaly",
        26,
        "prueba de carga habitual",
    ),
    _Row("search-prod", "Amazon Relational Database Service", 8, 1, 240),
    _Row("web-prod", "AmazonCloudWatch", 11, 6, 95),
    _Row("ml-dev", "Amazon SageMaker", 13, 5, 210),
    _Row(
        "data-prod",
        "Amazon Simple Storage Service",
        15,
        2,
        120,
        "accepted",
        "expected",
        5,
        "nuevo lago de datos",
    ),
    _Row("network", "EC2 - Other", 25, 4, 64, None),
    _Row("mobile-prod", "Amazon Elastic Compute Cloud - Compute", 25, 4, 23, None),
)


def cases(period: Period, accounts: Iterable[AccountCost]) -> tuple[Case, ...]:
    """The month's incidents in the accounts that there are, each told on the morning after its first day."""
    ids = {account.name: account.id for account in accounts}
    return tuple(_case(row, period, ids[row.account]) for row in _TABLE if row.account in ids)


def said(period: Period) -> tuple[Verdict, ...]:
    """What people said of them."""
    return tuple(_verdict(row, period) for row in _TABLE if row.said)


def _case(row: _Row, period: Period, account_id: str) -> Case:
    start = period.start + (row.first - 1) * _DAY
    last = start + (row.days - 1) * _DAY
    spent = {day: Decimal(row.usd) for day in Period(start, last + _DAY).dates()}
    return Case(
        id=_id(row),
        ids=frozenset({_id(row)}),
        account_id=account_id,
        services=(row.service,),
        direction=1,
        start=start,
        last_day=last,
        days=spent,
        beyond={day: usd * _BAND for day, usd in spent.items()},
        told_at=_told(start),
        closed_on=last + 4 * _DAY if row.ended else None,
        ended=row.ended,
        held_by=f"mock-{row.account}" if row.said == "mute" else None,
    )


def _verdict(row: _Row, period: Period) -> Verdict:
    start = period.start + (row.first - 1) * _DAY
    return Verdict(
        mark=f"mock-{row.account}",
        verdict=row.said or "mute",
        reason=row.reason,
        at=_told(start) + timedelta(hours=row.hours),
        by="role/finops",
        through="command",
        incident_id=_id(row),
        until=start + 14 * _DAY if row.said == "mute" else None,
    )


def _id(row: _Row) -> str:
    return f"mock-{row.account}-{row.first}"


def _told(start: date) -> datetime:
    return datetime.combine(start + _DAY, time(9), UTC)
