"""Whole runs in all ways that a run can take, for what is recorded of them (tests/template/test_recorded.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from finopsguard import contracts, providers, wiring
from finopsguard.aws import trail
from finopsguard.costs import batches
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.models.route import Route, Routes
from finopsguard.models.verdict import Verdict
from finopsguard.ports import Clock
from finopsguard.store import keys, seal
from tests import planted
from tests.standins import StandIns, trail_table
from tests.standins.athena import WORKGROUP
from tests.standins.cloudtrail import role
from tests.standins.costs import Charge, Costs, sample_accounts
from tests.standins.s3 import BUCKET as OWN_BUCKET

WEEKLY = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
DAILY = {**WEEKLY, "report": "daily"}
VIEW = "arn:aws:billing::111100000000:billingview/primary"
OUTSIDE = "999999999999"
URL = "https://abc123.lambda-url.us-east-1.on.aws/"
BUDGETS = {
    "FINOPSGUARD_BUDGETS": '{"organization": "1", "tag:team=search": "2"}',
    "FINOPSGUARD_AWS_BUDGETS": "true",
    "FINOPSGUARD_SECOND_OPINION": "true",
}
INCIDENT = Charge("111100000001", date(2026, 11, 14), "AWS Lambda", "Usage", Decimal(5000))

PLAN = Verdict(
    "20261116T070000Z-00000001",
    "plan",
    "a load test",
    datetime(2026, 11, 16, 7, tzinfo=UTC),
    "julia",
    "command",
    account_id="111100000001",
    service="Amazon Bedrock",
    since=date(2026, 11, 20),
    until=date(2026, 11, 21),
)


class World:
    """One configuration: stand-ins, variables and a store of its own; an account has a day to explain."""

    def __init__(self, state: Path, **variables: str) -> None:
        self.state = state
        self.standins = StandIns(accounts=sample_accounts(4))
        usual = self.standins.cost_explorer.costs
        self.standins.cost_explorer.costs = Costs(
            lambda day: [*usual.on(day), *([INCIDENT] if day == INCIDENT.day else [])]
        )
        self.events: list[Event] = []
        self._environment = pytest.MonkeyPatch()
        self._variables = {
            "FINOPSGUARD_HISTORY_DAYS": "45",
            **variables,
            "FINOPSGUARD_STATE_DIR": str(state),
            "FINOPSGUARD_LANGUAGE": "en",
        }

    def __enter__(self) -> World:
        self.standins.__enter__()
        given = {**self.standins.environ(topic=True), "FINOPSGUARD_EVENT_BUS": self.standins.bus_arn}
        for name, value in {**given, **self._variables}.items():
            self._environment.setenv(name, value)
        return self

    def __exit__(self, *_: object) -> None:
        self._environment.undo()
        self.standins.__exit__(None, None, None)

    def plan(self) -> None:
        """What `finopsguard plan` left: by no step."""
        path = Path(self._variables["FINOPSGUARD_STATE_DIR"]) / keys.VERDICT.key(source="aws", mark=PLAN.mark)
        path.parent.mkdir(parents=True)
        path.write_bytes(seal.sealed(contracts.encode(contracts.to_json(PLAN)), "verdict"))

    def run(self, request: Mapping[str, Any] = WEEKLY, **options: Any) -> Execution:
        """Runs the real machine with the real steps."""
        return run_embedded(request, wait_scale=0, on_event=self.events.append, **options)


@contextmanager
def _when(now: datetime) -> Iterator[None]:
    """What the steps take for the present."""
    with patch.dict(providers.PROVIDERS, {Clock: lambda: lambda: now}):
        wiring._wiring.cache_clear()
        yield
    wiring._wiring.cache_clear()


def a_good_week(world: World) -> None:
    with world:
        world.plan()
        # The second morning reads again what AWS was still billing on the first.
        for morning in (16, 17):
            at = {"scheduled_time": f"2026-11-{morning}T08:00:00Z"}
            with _when(datetime(2026, 11, morning, 8, tzinfo=UTC)):
                assert world.run({**DAILY, **at}).status == "SUCCEEDED"
        assert world.run().status == "SUCCEEDED"
        assert world.run().status == "SUCCEEDED"
        # By force it is read again, and as AWS bills twice as much now, the day's report is corrected; then it was.
        told = world.standins.cost_explorer.costs
        world.standins.cost_explorer.costs = Costs(
            lambda day: [replace(each, amount=2 * each.amount) for each in told.on(day)]
        )
        for _ in range(2):
            assert world.run({**WEEKLY, "force": True}).status == "SUCCEEDED"
        # A month before, of which a report had forecast the end.
        assert world.run({**DAILY, "scheduled_time": "2026-10-16T08:00:00Z"}).status == "SUCCEEDED"
        assert world.run({**WEEKLY, "report": "monthly"}).status == "SUCCEEDED"


def everybody_by_unit(world: World) -> None:
    with world:
        world.standins.organizations.add_unit("ou-st01-empty001")
        world.standins.organizations.send_paths = False
        assert world.run().status == "SUCCEEDED"


def through_a_role(state: Path) -> None:
    organization = "arn:aws:iam::222200000000:role/finopsguard-organization"
    outside = f"arn:aws:iam::{OUTSIDE}:role/finopsguard-account"
    world = World(
        state,
        **BUDGETS,
        FINOPSGUARD_ORGANIZATION_ROLE_ARN=organization,
        FINOPSGUARD_ACCOUNT_ROLE_ARNS=outside,
        FINOPSGUARD_EXCLUDE_OUS="ou-st01-empty001",
        FINOPSGUARD_MAX_MISSING_PERCENT="100",
    )
    with world:
        world.standins.organizations.management_account = "222200000000"
        world.standins.organizations.add_unit("ou-st01-empty001")
        world.standins.sts.roles = {organization, outside}
        assert world.run().status == "SUCCEEDED"


def everybody_through_a_role(state: Path, **variables: str) -> None:
    """The whole Organization, who was billed beside it, and the resources of its day to explain."""
    organization = "arn:aws:iam::222200000000:role/finopsguard-organization"
    variables |= {"FINOPSGUARD_RESOURCES": "true"}
    with World(state, FINOPSGUARD_ORGANIZATION_ROLE_ARN=organization, **variables) as world:
        world.standins.cost_explorer.billing_views = {VIEW}
        world.standins.organizations.management_account = "222200000000"
        world.standins.sts.roles = {organization}
        assert world.run().status == "SUCCEEDED"


def with_a_trail(state: Path, patch: pytest.MonkeyPatch) -> None:
    """Who acted is looked up in the account with the incident through its role, and in the own one."""
    patch.setattr(trail, "PAUSE", 0)
    for name in (INCIDENT.account_id, "111100000000"):
        role = f"arn:aws:iam::{INCIDENT.account_id}:role/FinOpsGuardTrail"
        world = World(state / name, FINOPSGUARD_TRAIL="true", FINOPSGUARD_TRAIL_ROLE="FinOpsGuardTrail")
        with world:
            usual = world.standins.cost_explorer.costs
            moved = replace(INCIDENT, account_id=name, usage_type="Lambda-GB-Second", region="eu-west-1")
            world.standins.cost_explorer.costs = Costs(
                lambda day, usual=usual, moved=moved: [  # type: ignore[misc]
                    *(each for each in usual.on(day) if each != INCIDENT),
                    *([moved] if day == moved.day else []),
                ]
            )
            world.standins.sts.roles = {role}
            assert world.run().status == "SUCCEEDED"
            assert world.standins.cloudtrail.count("LookupEvents")


def with_routes(world: World) -> None:
    """Two owners' channels by their own secrets, one report after the other."""
    with world:
        secret = world.standins.webhook_secret_arn
        team = Route("team-a", accounts=(INCIDENT.account_id,), webhook_secret_arn=secret)
        rest = Route("team-b", remainder=True, webhook_secret_arn=secret)
        file = world.state / keys.ROUTES.key()
        file.parent.mkdir(parents=True)
        file.write_bytes(contracts.encode(contracts.to_json(Routes((team, rest)))))
        assert world.run(DAILY).status == "SUCCEEDED"
        assert world.run({**DAILY, "scheduled_time": "2026-11-17T08:00:00Z"}).status == "SUCCEEDED"
        assert len(world.standins.workflows.posts) == 6


def with_an_organization_trail(state: Path) -> None:
    """Who acted is asked of Athena, for an account that has no role for it."""
    world = World(
        state,
        FINOPSGUARD_TRAIL="true",
        FINOPSGUARD_TRAIL_WORKGROUP=WORKGROUP,
        FINOPSGUARD_TRAIL_DATABASE=trail_table.DATABASE,
        FINOPSGUARD_TRAIL_TABLE=trail_table.TABLE,
        FINOPSGUARD_BUCKET=OWN_BUCKET,
    )
    with world, pytest.MonkeyPatch.context() as other:
        other.setenv("AWS_ENDPOINT_URL_S3", world.standins.endpoint)
        usual, world.standins.athena.looks = world.standins.cost_explorer.costs, 0
        moved = replace(INCIDENT, usage_type="Lambda-GB-Second", region="eu-west-1")
        world.standins.cost_explorer.costs = Costs(
            lambda day: [
                *(each for each in usual.on(day) if each != INCIDENT),
                *([moved] if day == moved.day else []),
            ]
        )
        world.standins.cloudtrail.record(
            "UpdateFunctionCode20150331v2",
            datetime(2026, 11, 14, 9, tzinfo=UTC),
            account_id=INCIDENT.account_id,
            identity=role("ci-deploy"),
            source="lambda.amazonaws.com",
        )
        assert world.run().status == "SUCCEEDED"
        assert world.standins.athena.queries
        assert not world.standins.cloudtrail.count("LookupEvents")


def a_refused_reading(world: World) -> None:
    """Charges are answered empty beside usage, then healed."""
    with world:
        world.standins.cost_explorer.spoil(without_charges, times=40)
        refused = world.run()
        assert (refused.status, refused.error) == ("FAILED", "CostsIncomplete")
        world.standins.cost_explorer.spoils.clear()
        assert world.run().status == "SUCCEEDED"


def from_an_export(world: World, patch: pytest.MonkeyPatch, *, by_athena: bool = False) -> None:
    """Bills are read to plan a whole Organization; of a part of it FetchCosts reads them.

    One of Athena's statements fails, and is begun again. Of a Region that is new it is asked whose usage it is.
    """
    usual = world.standins.cost_explorer.costs
    world.standins.cost_explorer.costs = Costs(lambda day: [*usual.on(day), *moved_on(day)])
    with world, patch.context() as other:
        exports, athena = world.standins.exports, world.standins.athena
        exports.deliver(date(2026, 10, 1), date(2026, 11, 16))
        variables = {**exports.variables, "AWS_ENDPOINT_URL_S3": world.standins.endpoint}
        if by_athena:
            variables |= {**athena.variables, "FINOPSGUARD_BUCKET": OWN_BUCKET}
            athena.looks, athena.ends = 0, [("FAILED", "a node was lost", True)]
        for name, value in variables.items():
            other.setenv(name, value)
        assert world.run().status == "SUCCEEDED"


def moved_on(day: date) -> list[Charge]:
    """Machines in a new Region, and as many fewer where they were: no account costs more."""
    usd = Decimal(90 if day >= date(2026, 11, 12) else 0)
    places = {"us-east-1": 500 - usd, "me-south-1": usd}
    return [
        Charge("111100000003", day, "Amazon Elastic Compute Cloud - Compute", "Usage", amount, region=region)
        for region, amount in places.items()
    ]


def too_many_missing(world: World, patch: pytest.MonkeyPatch) -> None:
    """One account of four is denied, then not; the others' costs, which were read in slices, are found again."""
    with world, patch.context() as smaller:
        smaller.setattr(batches, "SLICE_GROUPS", 400)
        denied = world.standins.organizations.accounts[1].id
        world.standins.cost_explorer.denied_accounts.add(denied)
        assert world.run().error == "TooManyAccountsMissing"
        world.standins.cost_explorer.denied_accounts.clear()
        assert world.run().status == "SUCCEEDED"


def without_charges(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
    """Days without groups in the query by record type."""
    if parameters.get("GroupBy", [{}])[-1].get("Key") == "RECORD_TYPE":
        for result in answer["ResultsByTime"]:
            result["Groups"] = []


def through_a_view(world: World) -> None:
    with world:
        world.standins.cost_explorer.billing_views = {VIEW}
        assert world.run().status == "SUCCEEDED"


def a_failure_and_a_redrive(world: World) -> None:
    """Teams refuses the card and takes the alert; the context of a redrive tells no count, so it is asked for."""
    with world:
        world.standins.workflows.answer(400, times=1)
        failed = world.run()
        assert (failed.status, failed.error) == ("FAILED", "TeamsRejected")
        held = [
            it for it in world.events if it.type.endswith("StateEntered") and it.state == "HoldForRedrive"
        ]
        world.standins.step_functions.redrives = Redriven()
        resumed = world.run(
            json.loads(held[-1].payload or "null"), start_at="HoldForRedrive", redrive_count=None
        )
        assert resumed.status == "SUCCEEDED"
        world.standins.workflows.answer(503, times=50)
        assert world.run({**WEEKLY, "scheduled_time": "2026-11-09T08:00:00Z"}).status == "FAILED"
        assert world.standins.sns.published


def a_heartbeat(world: World) -> None:
    """After the good week's reports."""
    with world:
        measured = import_module("functions.check_heartbeat.app").handler(
            {"at": WEEKLY["scheduled_time"]}, None
        )
        ages = {"daily_hours": 0, "weekly_hours": 0, "monthly_hours": 0}
        assert measured == {**ages, "month_usd": measured["month_usd"]}
        assert Decimal(measured["month_usd"]) > 0


def a_verdict(world: World) -> None:
    """A card's link is opened, a button of its page pressed, and pressed again; then a report reads the verdict."""
    key = "arn:aws:secretsmanager:us-east-1:111100000000:secret:links-AbCdEf"
    with world, pytest.MonkeyPatch.context() as other:
        world.standins.secrets_manager.secrets[key] = planted.secret("key-of-verdict-links")
        other.setenv("FINOPSGUARD_VERDICT_URL", URL)
        other.setenv("FINOPSGUARD_VERDICT_KEY_ARN", key)
        assert world.run().status == "SUCCEEDED"
        (card,) = (json.loads(body) for body in world.standins.workflows.posts)
        link = re.findall(rf"{re.escape(URL)}\?t=([\w.-]+)", json.dumps(card))[0]
        choice = re.findall(r'name="t" value="([^"]+)"', visited("GET", query=f"t={link}"))[0]
        for title in ("Done", "Done before"):
            assert f"<h1>{title}</h1>" in visited("POST", body=f"reason=a+load+test&t={choice}")
        assert world.run(DAILY).status == "SUCCEEDED"


def visited(method: str, *, query: str = "", body: str | None = None) -> str:
    """The page that TakeVerdict shows."""
    event = {
        "rawPath": "/",
        "rawQueryString": query,
        "headers": {"content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": method}, "domainName": URL[8:-1]},
        "body": body,
    }
    answer = import_module("functions.take_verdict.app").handler(event, None)
    assert answer["statusCode"] == 200, answer["body"]
    return str(answer["body"])


class Redriven(dict[str, int]):
    """Every execution was redriven once."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> int:
        return 1


# ---- the template grants what is used --------------------------------------------------------------------------------
