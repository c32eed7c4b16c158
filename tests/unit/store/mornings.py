"""A stack without AWS, one morning after another: its steps one by one, and what they leave in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from finopsguard.channels import decisions
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.costs import NOTHING_HELD, CostRow, Costs, HeldRows, UsageLine
from finopsguard.models.messages import (
    AnomalyReport,
    BuiltReport,
    CostBatch,
    DeliveredReport,
    ExplainedReport,
    Explanation,
    Failure,
    FailureDetail,
    FetchedCosts,
    IncidentToExplain,
    RunPlan,
    RunRequest,
    TeamsMessage,
)
from finopsguard.models.report import Report
from finopsguard.models.route import Route, Routes
from finopsguard.models.run import Batch, Period, ReportName, Run
from finopsguard.models.verdict import Verdict
from finopsguard.ports import Clock, ListedAccount, Meter, RouteChannels, unmetered
from finopsguard.steps import (
    aggregate_costs,
    build_card,
    detect_anomalies,
    explain_anomalies,
    fetch_costs,
    hold_for_redrive,
    notify_failure,
    post_to_teams,
    resolve_accounts,
    send_events,
)
from finopsguard.store import documents, keys, routes, verdicts
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import (
    FakeBus,
    FakeChannel,
    FakeCosts,
    FakeExecutions,
    FakeOrganization,
    FakePorts,
    FakeUsage,
    both_kinds,
    call,
)

ACCOUNTS = ("111111111111", "222222222222")
TUESDAY, WEDNESDAY = date(2026, 11, 17), date(2026, 11, 18)
RESTATED = TUESDAY - timedelta(days=2)
"""The day of Tuesday's report, which AWS bills otherwise on Wednesday: there is something to correct."""

Step = Callable[[], object]


class Restating(FakeCosts):
    """Steady costs, and a day that is restated."""

    def __init__(self) -> None:
        super().__init__([])
        self.today = TUESDAY

    def fetch(
        self, run: Run, batch: Batch, days: Period, paid: Meter = unmetered, held: HeldRows = NOTHING_HELD
    ) -> Costs:
        paid()
        paid()
        self.fetched.append(batch)
        if batch.by_region:
            return Costs([self._of_region(batch, day) for day in days.dates()], 2)
        rows = [
            row
            for day in days.dates()
            for account in batch.accounts
            for row in both_kinds(day, account, "Amazon EC2", self.cost(day))
        ]
        return Costs(rows, 2)

    def _of_region(self, batch: Batch, day: date) -> CostRow:
        (held,) = batch.held_as
        usd = len(batch.regions or ()) * Decimal(self.cost(day))
        return CostRow(day, held, "Amazon EC2", None, usd, "USD", region="eu-west-1")

    def cost(self, day: date) -> str:
        """What each account costs."""
        return "700" if day == RESTATED < self.today - timedelta(days=2) else "500"

    def usage(self) -> FakeUsage:
        """What these costs are made of."""
        days = [self.today - timedelta(days=back) for back in range(60)]
        costs = [(day, Decimal(self.cost(day))) for day in days]
        return FakeUsage(
            *(
                UsageLine(day, "BoxUsage:m5.large", usd, usd, usd * 10, "Hrs", region="eu-west-1")
                for day, usd in costs
            )
        )


class Mornings:
    """The stack; `objects` are those of an earlier one that goes on."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.store = MemoryStore()
        self.store.objects = dict(objects or {})
        # Of one account, and without a webhook: its card is made and not posted.
        routes.put(self.store, Routes((Route("owner", accounts=ACCOUNTS[:1]),)))
        self.channel = FakeChannel()
        self.source = Restating()
        self.made: RunPlan | None = None

    def ports(self, day: date) -> FakePorts:
        listed = [ListedAccount(each, f"account {each[0]}", "ACTIVE", ("r-ab12",)) for each in ACCOUNTS]
        return FakePorts(
            {
                "FINOPSGUARD_LANGUAGE": "en",
                "FINOPSGUARD_HISTORY_DAYS": "45",
                "FINOPSGUARD_ACCOUNTS_PER_FETCH": "1",
                "FINOPSGUARD_INCLUDE_ACCOUNTS": ",".join(ACCOUNTS),
                "FINOPSGUARD_BUDGETS": '{"organization": "1"}',
                "FINOPSGUARD_ROUTES": "true",
            },
            organization=FakeOrganization(listed),
            costs=self.source,
            usage=self.source.usage(),
            channel=self.channel,
            bus=FakeBus(),
            store=self.store,
            executions=FakeExecutions(1),
            clock=lambda: _morning(day),
        )

    def steps(self, day: date, report: ReportName = "daily") -> Iterator[Step]:
        """The steps of a report of that day, each to be called before the next is asked for."""
        self.source.today = day
        ports = self.ports(day)
        done: list[Any] = []

        def step(run: Callable[..., Any], given: object) -> Step:
            return lambda: done.append(call(run, given, ports))

        yield step(resolve_accounts.run, RunRequest(report, _morning(day), f"arn:{day}"))
        self.made = plan = done.pop()
        for batch in plan.batches:
            yield step(fetch_costs.run, CostBatch(plan.run, Batch(batch.id), plan.accounts_key))
        fetched = FetchedCosts(plan.run, plan.accounts_key, tuple(done), plan.notes)
        yield step(aggregate_costs.run, fetched)
        yield step(detect_anomalies.run, done[-1])
        judged: AnomalyReport = done.pop()
        first = len(done)
        for each in judged.explain:
            asked = IncidentToExplain(plan.run, judged.report_key, each)
            yield lambda asked=asked: done.append(_explained(asked, ports))  # type: ignore[misc]
        explained = ExplainedReport(plan.run, judged.report_key, judged.explain, tuple(done[first:]))
        yield step(build_card.run, explained)
        built: BuiltReport = done[-1]
        for message in built.messages:
            yield step(post_to_teams.run, TeamsMessage(plan.run, message))
        yield step(send_events.run, DeliveredReport(plan.run, built.report_key))

    def report(
        self, day: date, after_step: Callable[[], None] = lambda: None, report: ReportName = "daily"
    ) -> FinOpsGuardError | None:
        """Makes a day's report; gives the error that ended it, if any."""
        for step in self.steps(day, report):
            try:
                step()
            except FinOpsGuardError as error:
                return error
            after_step()
        return None

    def alert(self, day: date) -> FinOpsGuardError | None:
        """Tells that a day's report failed, and holds it for its one redrive."""
        asked = {"report": "daily", "scheduled_time": _morning(day).isoformat()}
        failure = Failure(asked, FailureDetail("BuildCard", "ObjectMissing", "gone"), f"arn:{day}")
        call(notify_failure.run, failure, self.ports(day))
        try:
            call(hold_for_redrive.run, failure, self.ports(day))
        except FinOpsGuardError as error:
            return error
        return None

    def decide(self, run_id: str) -> None:
        """Posts a delivered report's message again, by a decision."""
        ports = self.ports(TUESDAY)
        decisions.resend(
            self.store,
            f"{run_id}/teams/001",
            again=True,
            reason="the card was deleted",
            channels=decisions.Channels("teams", self.channel, ports.wiring.get(RouteChannels)),
            clock=ports.wiring.get(Clock),
            version="0",
        )

    def plan(self) -> None:
        """Says beforehand that something is to happen in a service that nobody uses yet."""
        at = _morning(TUESDAY)
        mark = verdicts.new_mark(at)
        planned = Verdict(
            mark,
            "plan",
            "a load test",
            at,
            "julia",
            "command",
            None,
            ACCOUNTS[0],
            "Amazon Bedrock",
            TUESDAY,
            TUESDAY,
        )
        verdicts.give(self.store, "aws", planned)

    def resolve(self, attempt: str) -> None:
        """Says that the card of an uncertain attempt is in the channel."""
        clock = self.ports(TUESDAY).wiring.get(Clock)
        decisions.resolve(self.store, attempt, posted=True, reason="it is there", clock=clock, version="0")

    def told(self, run_id: str) -> Report:
        return documents.read(self.store, keys.REPORT.key(run_id=run_id), Report)


def _explained(asked: IncidentToExplain, ports: FakePorts) -> Explanation:
    """As the Map's Catch has it: what cannot be explained is data."""
    try:
        return call(explain_anomalies.run, asked, ports)
    except FinOpsGuardError as error:
        return Explanation(
            asked.incident.id, "unavailable", error=type(error).__name__, cause=str(error)[:120]
        )


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), UTC)
