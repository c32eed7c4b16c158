"""A deployed stack as far as days go, and the moments at which its reports are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from finopsguard.channels import decisions
from finopsguard.models.messages import Message, RunRequest, TeamsMessage
from finopsguard.models.run import Period, ReportName, Run
from finopsguard.ports import ListedAccount
from finopsguard.steps import post_to_teams, resolve_accounts
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import FakeChannel, FakeOrganization, FakePorts, call

MONDAY = date(2026, 11, 23)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FIRST, LAST = date(2025, 1, 1), date(2027, 1, 1)


# ---- the row of reports ----------------------------------------------------------------------------------------------


def due(days: Iterable[date], at: time, zone: str, *, skip_what_is_not: bool = False) -> Iterator[datetime]:
    """When EventBridge Scheduler starts: at a local time, which is moved (or left out) where clocks skip it."""
    clock = ZoneInfo(zone)
    for day in days:
        wall = datetime.combine(day, at, clock)
        moment = wall.astimezone(UTC)
        if not skip_what_is_not or moment.astimezone(clock).replace(tzinfo=None) == wall.replace(tzinfo=None):
            yield moment


def dates(first: date, last: date, step: timedelta = DAY) -> list[date]:
    return [first + number * step for number in range((last - first) // step)]


class Stack:
    """A deployed stack as far as days go: plans, delivers, and keeps its store."""

    def __init__(self, zone: str = "UTC", **env: str) -> None:
        self.store = MemoryStore()
        self.env = {"FINOPSGUARD_TIMEZONE": zone, "FINOPSGUARD_LANGUAGE": "en", **env}
        self.notes: list[tuple[str, ...]] = []

    def plan(self, report: ReportName, scheduled: datetime, *, continues: bool = True) -> Run:
        organization = FakeOrganization([ListedAccount("111111111111", "shop", "ACTIVE", ("r-ab12",))])
        ports = FakePorts(self.env, organization=organization, store=self.store, clock=lambda: scheduled)
        plan = call(resolve_accounts.run, RunRequest(report, scheduled, "", continues), ports)
        self.notes.append(plan.notes)
        return plan.run

    def deliver(self, run: Run, channel: FakeChannel | None = None, at: datetime | None = None) -> str:
        """Posts the run's card, at its scheduled time or `at` a later one: it is redriven then."""
        self.store.write("body", b"{}")
        ports = FakePorts(self.env, store=self.store, channel=channel, clock=lambda: at or run.scheduled_time)
        return call(post_to_teams.run, TeamsMessage(run, Message("teams", "body", 2)), ports).status

    def resolve(self, attempt: str, *, posted: bool, at: datetime) -> None:
        """`finopsguard deliveries resolve`: an operator has looked into the channel."""
        decisions.resolve(
            self.store, attempt, posted, reason="Looked into the channel.", clock=lambda: at, version="0"
        )

    def report(self, report: ReportName, scheduled: datetime, *, continues: bool = True) -> Run:
        run = self.plan(report, scheduled, continues=continues)
        self.deliver(run)
        return run


def told(runs: Iterable[Run]) -> Counter[date]:
    """How many different reports have each day: a report that is made again is not posted again."""
    by_id = {run.run_id: run.period for run in runs}
    return Counter(day for period in by_id.values() for day in period.dates())


def assert_each_once(runs: Sequence[Run]) -> None:
    counted = told(runs)
    whole = Period(min(counted), max(counted) + DAY)
    assert {day: counted[day] for day in whole.dates() if counted[day] != 1} == {}


def morning(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)
