"""The worlds of docs/trust.md: ordinary situations in which a report must not mislead, told by the real steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from finopsguard.models.run import Language
from tests.truth.random_worlds import credited, month_start
from tests.truth.reading import Asked, Fault, read
from tests.truth.words_world import SUNDAY, A, B, C, D, E, F, Told, World
from tests.unit.incidents.reports import steady

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEKLY = Asked("weekly", MONDAY, history_days=98)
SECOND = date(2026, 12, 2)
_SERVICES = ("Amazon EC2", "Amazon RDS", "Amazon S3")
_LEVELS = {A: 1450.0, B: 930.0, C: 610.0, D: 88.0, E: 340.0, F: 705.0}


def company(last_day: date = SUNDAY, factor: float = 1.0, days: int = 7) -> World:
    """Six accounts with three services each; in the newest `days` they cost `factor` times as much."""
    usage = {}
    for account, level in _LEVELS.items():
        for number, service in enumerate(_SERVICES):
            series = steady(level / (number + 1), end=last_day + timedelta(days=1))
            usage[account, service] = [*series[:-days], *(amount * factor for amount in series[-days:])]
    return World(usage, last_day=last_day)


def late_monday() -> tuple[World, Asked]:
    """Sunday and Saturday are not all billed on Monday morning; nothing else happened."""
    late = {(SUNDAY, ""): Decimal("0.2"), (SUNDAY - timedelta(days=1), ""): Decimal("0.55")}
    return replace(company(), late=late), WEEKLY


def late_daily() -> tuple[World, Asked]:
    """The daily report of that morning: Saturday, and Sunday so far."""
    return replace(company(), late={(SUNDAY, ""): Decimal("0.2")}), replace(WEEKLY, report="daily")


def fully_credited() -> tuple[World, Asked]:
    """Credits cover all usage to the cent."""
    world = company()
    return replace(world, charges=credited(world)), WEEKLY


def fall_of_everything() -> tuple[World, Asked]:
    """Every account costs 60 % less for a week: no late data."""
    return company(factor=0.4), WEEKLY


def one_account() -> tuple[World, Asked]:
    """One account, whose database doubled on Thursday."""
    series = steady(420.0)
    doubled = [*series[:-4], *(amount * 2 for amount in series[-4:])]
    return World({(A, "Amazon EC2"): steady(610.0), (A, "Amazon RDS"): doubled}), WEEKLY


def start_of_month() -> tuple[World, Asked]:
    """Tax, support and a reservation's fee come on the first."""
    world = company(SECOND)
    asked = replace(WEEKLY, report="daily", basis="billed", at=datetime(2026, 12, 3, 9, tzinfo=UTC))
    return replace(world, charges=month_start(world)), asked


def outage() -> tuple[World, Asked]:
    """One account could not be read."""
    denied = Fault("denied account", F, SUNDAY, SUNDAY)
    return company(), replace(WEEKLY, accounts_per_fetch=1, max_missing_percent=20, faults=(denied,))


PICTURES: Mapping[str, Callable[[], tuple[World, Asked]]] = {
    "late_monday": late_monday,
    "late_daily": late_daily,
    "fully_credited": fully_credited,
    "fall_of_everything": fall_of_everything,
    "one_account": one_account,
    "start_of_month": start_of_month,
    "outage": outage,
}


@cache
def told(name: str, language: Language = "en") -> Told:
    """What is told of one of them."""
    world, asked = PICTURES[name]()
    found = read(world, replace(asked, language=language))
    assert found.told is not None, found.refused
    return found.told
