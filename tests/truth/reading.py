"""A world read as in production: ResolveAccounts and FetchCosts through the real Cost Explorer source, in process.

The source's client is the tests' stand-in without HTTP and without botocore, whose own part tests/truth/test_proof.py
has. A refusal is returned as the error that ends the execution.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeVar, cast

from botocore.exceptions import ClientError

from finopsguard import errors
from finopsguard.channels.teams import picture
from finopsguard.costs import fetching, kept
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.messages import BatchCosts, CostBatch, FetchedCosts, PlannedBatch, RunPlan, RunRequest
from finopsguard.models.run import AccountList, Basis, Batch, KnownAccount, Language, ReportName
from finopsguard.ports import ListedAccount
from finopsguard.report.page import render
from finopsguard.steps import aggregate_costs, detect_anomalies, fetch_costs, resolve_accounts
from finopsguard.store import documents, keys
from tests.standins.cost_explorer import CostExplorerStandIn, Spoil
from tests.standins.costs import Costs
from tests.standins.organizations import AccountRecord, OrganizationsStandIn
from tests.standins.service import Request
from tests.standins.sts import OWN_ACCESS_KEY, StsStandIn
from tests.truth import faults
from tests.truth.row_table import RowTable, pickled
from tests.truth.words_world import Told, World, told_of
from tests.unit.fakes import FakeOrganization, FakePorts, call

T = TypeVar("T")

FaultKind = Literal[
    "no results", "empty days", "lost pages", "newest absent", "empty charges", "empty usage", "lost account",
    "throttled", "unreadable amounts", "twice", "denied account", "no total", "list denied", "short list",
    "billed unknown",
]  # fmt: skip
BAD_AMOUNTS = ("NaN", "Infinity", "many", None, "1E30", "", "--1")
# Each attempt of the state machine reads a gap twice; two attempts stand for all.
_ATTEMPTS = 2
_EXECUTION = "arn:aws:states:eu-west-1:111111111111:execution:finops-guard:fuzz"


@dataclass(frozen=True)
class Fault:
    """Something that Cost Explorer or Organizations does wrongly; `times` None: whenever it is asked."""

    kind: FaultKind
    account: str
    first: date
    last: date
    times: int | None = None
    text: object = "NaN"

    def applied_to(self, stand_in: CostExplorerStandIn, organization: FakeOrganization) -> None:
        """Makes it happen."""

        def days(day: date) -> bool:
            return self.first <= day <= self.last

        spoils: dict[str, Spoil] = {
            "no results": faults.without_days,
            "empty days": faults.on(days, faults.emptied),
            "lost pages": faults.without_next_page,
            "newest absent": faults.without_last_day,
            "empty charges": faults.on(lambda day: True, faults.emptied, key="RECORD_TYPE"),
            "empty usage": faults.on(days, faults.emptied, key="SERVICE"),
            "lost account": faults.on(days, faults.without_account(self.account)),
            "unreadable amounts": faults.on(days, faults.of_account(self.account, faults.amount(self.text))),
            "twice": faults.on(days, faults.twice),
            "no total": _without_total,
        }
        if self.kind in spoils:
            stand_in.spoil(spoils[self.kind], self.times)
        elif self.kind == "throttled":
            stand_in.throttle(self.times)
        elif self.kind == "denied account":
            stand_in.denied_accounts.add(self.account)
        elif self.kind == "billed unknown":
            stand_in.fail(
                "AccessDeniedException", times=None, when=lambda name, _: name == "GetDimensionValues"
            )
        elif self.kind == "list denied":
            organization.listed = errors.OrganizationsAccessDenied("no")
        elif isinstance(organization.listed, list):  # short list
            organization.listed = [each for each in organization.listed if each.id != self.account]


def _without_total(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
    if "GroupBy" not in parameters:
        answer["ResultsByTime"] = []


@dataclass(frozen=True)
class Asked:
    """How a report is asked for, and how Cost Explorer answers. `known`: the accounts' list was read before."""

    report: ReportName
    at: datetime
    basis: Basis = "usage"
    language: Language = "en"
    history_days: int = 45
    settle_hours: int = 24
    accounts_per_fetch: int = 50
    max_missing_percent: int = 10
    page_size: int = 5000
    known: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def environment(self) -> Mapping[str, str]:
        """The same as settings."""
        return {
            "FINOPSGUARD_HEADLINE": self.basis,
            "FINOPSGUARD_LANGUAGE": self.language,
            "FINOPSGUARD_HISTORY_DAYS": str(self.history_days),
            "FINOPSGUARD_SETTLE_HOURS": str(self.settle_hours),
            "FINOPSGUARD_ACCOUNTS_PER_FETCH": str(self.accounts_per_fetch),
            "FINOPSGUARD_MAX_MISSING_PERCENT": str(self.max_missing_percent),
        }


@dataclass
class Reading:
    """What came of a report: `told`, or the error that refused it; `plan` and `requests` as far as they are known."""

    world: World
    asked: Asked
    told: Told | None = None
    refused: FinOpsGuardError | None = None
    plan: RunPlan | None = None
    requests: int = 0
    batches: list[BatchCosts] = field(default_factory=list)


def read(world: World, asked: Asked) -> Reading:
    """The report of the world, or its refusal."""
    sts = StsStandIn(world.accounts[0])
    records = [
        AccountRecord(each, world.names[each]) for each in world.accounts if each not in world.unlisted
    ]
    stand_in = CostExplorerStandIn(
        sts, OrganizationsStandIn(sts, world.accounts[0], records), Costs.charges(world.bill)
    )
    stand_in.names = dict(world.names)
    stand_in.page_size = asked.page_size
    listed = [ListedAccount(each.id, each.name, each.state, ()) for each in records]
    organization = FakeOrganization(listed, own=world.accounts[0])
    ports = FakePorts(
        asked.environment,
        organization=organization,
        costs=CostExplorer(lambda _: cast(Any, _InProcess(stand_in))),
        clock=lambda: asked.at,
    )
    if asked.known:
        last = AccountList(
            "before", tuple(KnownAccount(each.id, each.name, each.state, None) for each in records)
        )
        documents.write(ports.store, keys.LAST_ACCOUNTS.key(source="cost_explorer"), last)
    for fault in asked.faults:
        fault.applied_to(stand_in, organization)
    found = Reading(world, asked)
    try:
        request = RunRequest(asked.report, asked.at, _EXECUTION)
        found.plan = plan = _retried(lambda: call(resolve_accounts.run, request, ports))
        found.batches = [_fetched(plan, batch, ports) for batch in plan.batches]
        fetched = FetchedCosts(plan.run, plan.accounts_key, tuple(found.batches), plan.notes)
        found.told = told_of(fetched, ports)
    except FinOpsGuardError as error:
        found.refused = error
    found.requests = stand_in.requests
    return found


def lean(patch: Any) -> None:
    """Without what no sentence depends on and other tests hold (the page, pictures), and without DuckDB."""
    patch.setattr(render, "page", lambda _: "")
    patch.setattr(picture, "data_uri", lambda *_: "data:image/png;base64,")
    patch.setattr(fetching, "to_parquet", pickled)
    patch.setattr(kept, "add", lambda *_: None)  # each world is read once
    for step in (aggregate_costs, detect_anomalies):
        patch.setattr(step, "CostTable", RowTable)


class _InProcess:
    """Cost Explorer's client as far as the source uses it."""

    def __init__(self, stand_in: CostExplorerStandIn) -> None:
        self._stand_in = stand_in

    def get_cost_and_usage(self, **parameters: Any) -> Any:
        return self._ask("GetCostAndUsage", parameters)

    def get_dimension_values(self, **parameters: Any) -> Any:
        return self._ask("GetDimensionValues", parameters)

    def _ask(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        headers = {"X-Amz-Target": f"AWSInsightsIndexService.{operation}"}
        answer = self._stand_in.handle(
            Request("/", {}, headers, json.dumps(parameters).encode(), OWN_ACCESS_KEY)
        )
        body = json.loads(answer.body)
        if answer.status == 200:
            return body
        said = {"Code": body["__type"], "Message": body["message"]}
        raise ClientError(
            cast(Any, {"Error": said, "ResponseMetadata": {"HTTPStatusCode": answer.status}}), operation
        )


def _fetched(plan: RunPlan, batch: PlannedBatch, ports: FakePorts) -> BatchCosts:
    """An iteration of the Map with its Retry and its Catch."""
    try:
        given = CostBatch(plan.run, Batch(batch.id), plan.accounts_key)
        return _retried(lambda: call(fetch_costs.run, given, ports))
    except FinOpsGuardError as error:
        return BatchCosts(batch.id, "unavailable", error=type(error).__name__, cause=str(error))


def _retried(step: Callable[[], T]) -> T:
    for _ in range(_ATTEMPTS - 1):
        try:
            return step()
        except errors.Transient:
            continue
    return step()
