"""Sixty mornings of four accounts with twelve incidents, mutes, plans and verdicts: what happened, written down.

The product's own replay tells them, and the figures of a month are held to this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from finopsguard.detection import DetectionConfig
from finopsguard.incidents.cases import Cases
from finopsguard.incidents.replay import mornings, replay
from finopsguard.models.incident import IncidentLife
from finopsguard.models.run import Period
from finopsguard.models.verdict import Verdict, VerdictName
from finopsguard.variables import HISTORY_DAYS
from tests.unit.incidents.estates import account_id, estate
from tests.unit.incidents.reports import END

SERVICES = ("Amazon EC2", "Amazon S3", "Amazon RDS")
DAY = timedelta(days=1)
SIXTY = Period(END - 60 * DAY, END)


@dataclass(frozen=True)
class Happened:
    """An incident as it was: so many USD a day more, on so many days from `start` on. `said`, and hours after it was
    told (before its first day, where it was planned).
    """

    account: int
    service: int
    start: date
    days: int
    usd: int
    said: VerdictName | None = None
    hours: int = 0
    until: date | None = None

    @property
    def told(self) -> datetime | None:
        """The morning after its first day, unless it was planned."""
        return None if self.said == "plan" else datetime.combine(self.start + DAY, time(9), UTC)

    @property
    def back(self) -> date:
        """The first day that is as before."""
        return self.start + self.days * DAY

    @property
    def place(self) -> tuple[str, str]:
        """Account and service."""
        return account_id(self.account), SERVICES[self.service]


def _day(month: int, day: int) -> date:
    return date(2026, month, day)


TABLE = (
    Happened(0, 0, _day(9, 29), 4, 400),
    Happened(1, 1, _day(10, 4), 50, 300, "expected", 5),
    Happened(2, 2, _day(10, 8), 1, 600),
    Happened(3, 0, _day(10, 11), 5, 240, "mute", 3, _day(10, 20)),
    Happened(0, 1, _day(10, 16), 3, 500),
    Happened(1, 2, _day(10, 19), 8, 200, "plan", 48, _day(10, 28)),
    Happened(2, 0, _day(10, 24), 2, 360, "not_an_anomaly", 26),
    Happened(3, 1, _day(10, 27), 6, 280),
    Happened(0, 2, _day(11, 1), 4, 320, "not_an_anomaly", 1),
    Happened(1, 0, _day(11, 5), 5, 440),
    Happened(2, 1, _day(11, 11), 3, 380, "mute", 50, _day(11, 30)),
    Happened(3, 2, _day(11, 15), 8, 260),
)


@cache
def lived() -> tuple[Cases, tuple[Verdict, ...]]:
    """What is known after the sixty mornings, and what was said; a verdict names the incident as a report had it."""
    made = estate(3, accounts=4, services=SERVICES, noise=0.01)
    first = END - made.costs.shape[2] * DAY
    for each in TABLE:
        column = (each.start - first).days
        made.costs[each.account, each.service, column : column + each.days] += each.usd
    due = mornings(made.series, 60, history_days=HISTORY_DAYS)
    said = [_verdict(each, None) for each in TABLE if each.said == "plan"]
    known = Cases()
    for run in replay(due, DetectionConfig(), said):
        known.read(IncidentLife(4, f"daily-{run.day}", None, run.day, run.life), run.scheduled)
        for incident in run.told:
            found = next((each for each in TABLE if _is(each, incident.account_id, incident.start)), None)
            if found and found.said not in (None, "plan") and incident.status == "new":
                said.append(_verdict(found, incident.id))
    return known, tuple(said)


def _is(each: Happened, account: str, start: date) -> bool:
    return (each.place[0], each.start) == (account, start)


def _verdict(each: Happened, incident: str | None) -> Verdict:
    at = each.told or datetime.combine(each.start, time(), UTC) - 2 * timedelta(hours=each.hours)
    account, service = each.place
    return Verdict(
        mark=f"mark-{account}-{each.start}",
        verdict=each.said or "mute",
        reason="a load test" if each.said == "plan" else "seen",
        at=at + timedelta(hours=each.hours),
        by="role/ops",
        through="command",
        incident_id=incident,
        account_id="" if incident else account,
        service="" if incident else service,
        since=None if incident else each.start,
        until=each.until,
    )


def usd(each: Happened, period: Period) -> Decimal:
    """What it cost on the days of a period; what somebody called expected, or none, counts until that day."""
    until = each.back
    if each.told and each.said in ("expected", "not_an_anomaly"):
        until = min(until, (each.told + timedelta(hours=each.hours)).date())
    return Decimal(each.usd * sum(day in period for day in Period(each.start, until).dates()))
