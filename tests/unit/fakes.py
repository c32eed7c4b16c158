"""In-memory stand-ins for the ports, and builders of what steps take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from finopsguard.errors import FinOpsGuardError
from finopsguard.models.costs import (
    NOTHING_HELD,
    AccountUsage,
    Billed,
    BilledAccount,
    BilledAccounts,
    CostRow,
    Costs,
    HeldRows,
    ResourceLine,
    Resources,
    Usage,
    UsageLine,
    UsageQuestion,
)
from finopsguard.models.event import IncidentEvent
from finopsguard.models.opinion import AwsFinding, AwsFindings
from finopsguard.models.run import Batch, Period, Run
from finopsguard.models.trail import TrailEvent, TrailEvents, TrailQuestion
from finopsguard.ports import (
    AlertTopic,
    Channel,
    Clock,
    CostSource,
    EventBus,
    Executions,
    ListedAccount,
    Meter,
    OpinionSource,
    Organization,
    Store,
    Taken,
    Trail,
    UsageSource,
    VerdictKeys,
    unmetered,
)
from finopsguard.store.memory import MemoryStore
from finopsguard.wiring import Wiring

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class FakeOrganization:
    """Satisfies ports.Organization: lists what it is given, or raises it, and so with the tags of an account."""

    def __init__(
        self,
        listed: Sequence[ListedAccount] | Exception | None,
        own: str = "111111111111",
        units: Sequence[str] = (),
        tagged: Mapping[str, Mapping[str, str] | Exception] | None = None,
    ) -> None:
        self.listed = listed
        self.own = own
        self.units = units
        self.tagged = tagged or {}
        self.asked: list[str] = []

    def accounts(self) -> list[ListedAccount] | None:
        if isinstance(self.listed, Exception):
            raise self.listed
        return None if self.listed is None else list(self.listed)

    def unit_exists(self, ou_id: str) -> bool:
        return ou_id in self.units

    def own_account(self) -> str:
        return self.own

    def tags(self, account_id: str) -> Mapping[str, str]:
        self.asked.append(account_id)
        found = self.tagged.get(account_id, {})
        if isinstance(found, Exception):
            raise found
        return found


class FakeCosts:
    """Satisfies ports.CostSource and counts how often it is asked."""

    def __init__(self, rows: Sequence[CostRow], requests: int = 2) -> None:
        self.rows = rows
        self.requests = requests
        self.who: list[tuple[str, str]] = []
        self.fetched: list[Batch] = []

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        self.fetched.append(batch)
        for _ in range(self.requests):
            paid()
        if batch.by_region:
            return Costs(self._by_region(batch, days), self.requests)
        rows = [
            row for row in self.rows if (batch.whole or row.account_id in batch.accounts) and row.date in days
        ]
        return Costs(rows, self.requests)

    def _by_region(self, batch: Batch, days: Period) -> list[CostRow]:
        """All of it in one Region."""
        sums: dict[CostRow, tuple[Decimal, Decimal]] = {}
        for row in self.rows:
            mine = not batch.regions or row.account_id in batch.regions
            if mine and row.service and row.seller is None and row.date in days:
                (held,) = batch.held_as
                key = CostRow(row.date, held, row.service, None, Decimal(0), row.unit, region="us-east-1")
                amount, amortized = sums.get(key, (Decimal(0), Decimal(0)))
                more = row.amount if row.amortized is None else row.amortized
                sums[key] = amount + row.amount, amortized + more
        return [key._replace(amount=amount, amortized=amortized) for key, (amount, amortized) in sums.items()]

    def billed(self, run: Run, paid: Meter = unmetered) -> Billed:
        paid()
        total: dict[date, Decimal] = {}
        for row in self.rows:
            if row.record_type and row.date in run.window:
                total[row.date] = total.get(row.date, Decimal(0)) + row.amount
        return Billed(total, 1)

    def billed_accounts(self, run: Run, paid: Meter = unmetered) -> BilledAccounts:
        paid()
        return BilledAccounts([BilledAccount(*each) for each in self.who], 1)


class FakeUsage:
    """Satisfies ports.UsageSource: gives what it is given, or raises it, and counts how often it is asked.

    `by_resource` are the resources and the first day that they are told of, or what asking for them raises, after a
    page.
    """

    def __init__(self, *lines: UsageLine, requests: int = 3, error: Exception | None = None) -> None:
        self.lines = lines
        self.requests = requests
        self.error = error
        self.by_resource: tuple[Sequence[ResourceLine], date] | Exception = ([], date.max)
        self.asked: list[tuple[str, tuple[str, ...], Period, str | None, int]] = []
        self.asked_by_resource: list[tuple[str, tuple[str, ...], Period, str | None, int]] = []
        self.used: list[AccountUsage] = []
        self.asked_where: list[tuple[tuple[str, ...], str, Period]] = []

    def usage(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Usage:
        self.asked.append((asked.account_id, tuple(asked.services), asked.days, asked.role_arn, pages))
        for _ in range(min(self.requests, pages)):
            paid()
        if self.error:
            raise self.error
        found = [line for line in self.lines if line.date in asked.days]
        return Usage(
            found, found if pages > 1 else None, found if pages > 2 else None, min(self.requests, pages)
        )

    def resources(self, run: Run, asked: UsageQuestion, paid: Meter = unmetered, *, pages: int) -> Resources:
        whose = (asked.account_id, tuple(asked.services), asked.days, asked.role_arn)
        self.asked_by_resource.append((*whose, pages))
        paid()
        if isinstance(self.by_resource, Exception):
            raise self.by_resource
        lines, first = self.by_resource
        return Resources(lines, 1, Period(first, asked.days.end))

    def by_account(
        self, run: Run, services: Sequence[str], region: str, days: Period, paid: Meter = unmetered
    ) -> list[AccountUsage]:
        self.asked_where.append((tuple(services), region, days))
        paid()
        if self.error:
            raise self.error
        return [each for each in self.used if each.date in days]


class FakeTrail:
    """Satisfies ports.Trail: gives the same events to every question, or raises what it is given."""

    def __init__(self, *events: TrailEvent, error: Exception | None = None) -> None:
        self.given = events
        self.error = error
        self.asked: list[TrailQuestion] = []

    def events(self, run: Run, question: TrailQuestion) -> TrailEvents:
        self.asked.append(question)
        if self.error:
            raise self.error
        return TrailEvents(self.given)


class FakeChannel:
    """Satisfies ports.Channel: keeps bodies, and raises what is lined up first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.posts: list[bytes] = []

    def post(self, body: bytes) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.posts.append(body)


class FakeRoutes:
    """Satisfies ports.RouteChannels: the channels that it is given, or what asking for one raises."""

    def __init__(self, **channels: Channel | Exception | None) -> None:
        self.channels = channels

    def of(self, name: str) -> Channel | None:
        found = self.channels[name]
        if isinstance(found, Exception):
            raise found
        return found


class FakeTopic:
    """Satisfies ports.AlertTopic: keeps subjects and texts, and raises what is lined up first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.published: list[tuple[str, str]] = []

    def publish(self, subject: str, text: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.published.append((subject, text))


class FakeBus:
    """Satisfies ports.EventBus: keeps events, and raises or does not take what is lined up first.

    `refused` are numbers of events of the next call that are not taken, with their trouble.
    """

    def __init__(self, *errors: FinOpsGuardError) -> None:
        self.errors = list(errors)
        self.refused: tuple[int, FinOpsGuardError] | None = None
        self.calls: list[int] = []
        self.events: list[IncidentEvent] = []

    def put(self, events: Sequence[IncidentEvent]) -> Taken:
        self.calls.append(len(events))
        if self.errors:
            raise self.errors.pop(0)
        number, trouble = self.refused or (-1, None)
        self.refused = None
        taken = [each != number for each in range(len(events))]
        self.events += [event for event, took in zip(events, taken, strict=True) if took]
        return Taken(taken, trouble)


class FakeOpinion:
    """Satisfies ports.OpinionSource: gives findings for a page that is paid, or raises."""

    def __init__(self, *found: AwsFinding, more: bool = False, error: Exception | None = None) -> None:
        self.found = AwsFindings(found, more)
        self.error = error
        self.asked: list[Period] = []

    def findings(self, days: Period, paid: Meter = unmetered) -> AwsFindings:
        self.asked.append(days)
        if self.error:
            raise self.error
        paid()
        return self.found


class FakeExecutions:
    """Satisfies ports.Executions."""

    def __init__(self, count: int | Exception) -> None:
        self.count = count

    def redrive_count(self, execution: str) -> int:
        if isinstance(self.count, Exception):
            raise self.count
        return self.count


class FakeKeys:
    """Satisfies ports.VerdictKeys: gives what it is given, or raises it, and counts how often it is asked."""

    def __init__(self, *keys: str, error: Exception | None = None) -> None:
        self.keys = keys
        self.error = error
        self.asked = 0

    def read(self) -> Sequence[bytes]:
        self.asked += 1
        if self.error:
            raise self.error
        return [key.encode() for key in self.keys]


class FakePorts:
    """What surrounds a step: the ports that a test gives, a store, a clock; a step that asks for another port fails."""

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        organization: Organization | None = None,
        costs: CostSource | None = None,
        usage: UsageSource | None = None,
        trail: Trail | None = None,
        channel: Channel | None = None,
        topic: AlertTopic | None = None,
        opinion: OpinionSource | None = None,
        bus: EventBus | None = None,
        executions: Executions | None = None,
        keys: VerdictKeys | None = None,
        store: Store | None = None,
        clock: Clock = lambda: NOW,
    ) -> None:
        self.store = store or MemoryStore()
        given = {
            Organization: organization,
            CostSource: costs or FakeCosts([]),
            UsageSource: usage,
            Trail: trail,
            Channel: channel,
            AlertTopic: topic,
            OpinionSource: opinion,
            EventBus: bus,
            Executions: executions,
            VerdictKeys: keys,
            Store: self.store,
            Clock: clock,
        }
        self.wiring = Wiring(env or {}, given)


def call(step: Callable[..., T], given: object, ports: FakePorts) -> T:
    """Runs a step as the handler border does: with what its signature asks for."""
    return step(given, **ports.wiring.arguments(step))


def make_run(**changes: Any) -> Run:
    """A weekly run of 16 to 22 November 2026."""
    end = date(2026, 11, 23)
    run = Run(
        run_id="weekly-2026-11-16",
        report="weekly",
        scheduled_time=NOW,
        period=Period(end - timedelta(days=7), end),
        previous_period=Period(end - timedelta(days=14), end - timedelta(days=7)),
        history_start=end - timedelta(days=98),
        time_zone="UTC",
        language="en",
        cost_metric="UnblendedCost",
        data_source="cost_explorer",
        execution="arn:aws:states:eu-west-1:111111111111:execution:finops-guard:one",
    )
    return replace(run, **changes)


def both_kinds(day: date, account_id: str, service: str, amount: str, unit: str = "USD") -> list[CostRow]:
    """Usage as Cost Explorer tells it: once by service, once by record type."""
    return [
        CostRow(day, account_id, service, None, Decimal(amount), unit),
        CostRow(day, account_id, None, "Usage", Decimal(amount), unit),
    ]
