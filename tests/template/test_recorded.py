"""Whole runs, recorded: the template grants what the steps use, no less (tests/conftest.py) and no more (here)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from finopsguard.aws import trail
from finopsguard.costs import batches
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.store import keys
from tests.recorder import STORE_ACTIONS, WRITING, Called, Recorder, Seen
from tests.standins import StandIns
from tests.standins.athena import LOOKS, WRITES
from tests.standins.costs import Charge, Costs, sample_accounts
from tests.standins.exports import BUCKET, NAME, PREFIX
from tests.standins.s3 import BUCKET as OWN_BUCKET
from tests.template import attempts, boundary, granted, iam, reader, stack

STEPS = sorted(stack.functions())
WEEKLY = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
DAILY = {**WEEKLY, "report": "daily"}
VIEW = "arn:aws:billing::111100000000:billingview/primary"
OUTSIDE = "999999999999"
BUDGETS = {
    "FINOPSGUARD_BUDGETS": '{"organization": "1", "tag:team=search": "2"}',
    "FINOPSGUARD_AWS_BUDGETS": "true",
}
_EXPORT = f"arn:aws:s3:::{BUCKET}"

# Granted and not called by a step itself.
BY_AWS = {
    "logs:CreateLogStream": "Lambda writes the log",
    "logs:PutLogEvents": "Lambda writes the log",
    "xray:PutTraceSegments": "Lambda's daemon sends traces",
    "xray:PutTelemetryRecords": "Lambda's daemon sends traces",
    "kms:Decrypt": "S3, Secrets Manager, SNS and SQS decrypt with the caller's rights",
    "kms:GenerateDataKey": "S3, SNS and SQS encrypt with the caller's rights",
    "sqs:SendMessage": "Lambda delivers what failed asynchronously",
}


INCIDENT = Charge("111100000001", date(2026, 11, 14), "AWS Lambda", "Usage", Decimal(5000))


class World:
    """One configuration: stand-ins, variables and a store of its own; an account has a day to explain."""

    def __init__(self, state: Path, **variables: str) -> None:
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
        for name, value in {**self.standins.environ(topic=True), **self._variables}.items():
            self._environment.setenv(name, value)
        return self

    def __exit__(self, *_: object) -> None:
        self._environment.undo()
        self.standins.__exit__(None, None, None)

    def run(self, request: Mapping[str, Any] = WEEKLY, **options: Any) -> Execution:
        """Runs the real machine with the real steps."""
        return run_embedded(request, wait_scale=0, on_event=self.events.append, **options)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What was seen over all ways that a run can take."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/dev/null")
        for name in ("POWERTOOLS_METRICS_DISABLED", "POWERTOOLS_TRACE_DISABLED"):
            patch.setenv(name, "true")
        patch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
        recorder = Recorder(apart=True)
        recorder.install(patch)
        state = tmp_path_factory.mktemp("state")
        a_good_week(World(state / "good", FINOPSGUARD_RESOURCES="true", **BUDGETS))
        everybody_by_unit(World(state / "units", FINOPSGUARD_EXCLUDE_OUS="ou-st01-empty001"))
        through_a_role(state / "role")
        through_a_view(
            World(state / "view", FINOPSGUARD_BILLING_VIEW_ARN=VIEW, FINOPSGUARD_PAGE_LINK="presigned")
        )
        everybody_through_a_role(state / "everybody")
        everybody_through_a_role(state / "viewed", FINOPSGUARD_BILLING_VIEW_ARN=VIEW)
        with_a_trail(state / "trail", patch)
        a_refused_reading(World(state / "refused"))
        a_failure_and_a_redrive(World(state / "failure"))
        a_heartbeat(World(state / "good"))
        one_out = {"FINOPSGUARD_EXCLUDE_ACCOUNTS": "111100000001"}
        from_an_export(World(state / "export"), patch)
        from_an_export(World(state / "part", **one_out), patch)
        from_an_export(World(state / "athena"), patch, by_athena=True)
        from_an_export(World(state / "athena_part", **one_out), patch, by_athena=True)
        too_many_missing(World(state / "missing", FINOPSGUARD_ACCOUNTS_PER_FETCH="1"), patch)
        yield recorder.seen


def a_good_week(world: World) -> None:
    with world:
        assert world.run(DAILY).status == "SUCCEEDED"
        assert world.run().status == "SUCCEEDED"
        assert world.run().status == "SUCCEEDED"
        # By force it is read again, and as AWS bills twice as much now, the day's report is corrected; then it was.
        told = world.standins.cost_explorer.costs
        world.standins.cost_explorer.costs = Costs(
            lambda day: [replace(each, amount=2 * each.amount) for each in told.on(day)]
        )
        for _ in range(2):
            assert world.run({**WEEKLY, "force": True}).status == "SUCCEEDED"


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

    One of Athena's statements fails, and is begun again.
    """
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
        assert measured == {"daily_hours": 0, "weekly_hours": 0}


class Redriven(dict[str, int]):
    """Every execution was redriven once."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> int:
        return 1


# ---- the template grants what is used --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_role_reaches_the_objects_that_its_step_was_seen_to_touch_and_no_other(
    step: str, seen: Seen
) -> None:
    used = set[tuple[str, str]]()
    for touched in seen.touched:
        if touched.step == step and STORE_ACTIONS[touched.operation]:
            kind = granted.kind_at(touched.operation, touched.key)
            assert kind, f"{step} does {touched.operation} {touched.key}, which is in no row of store/keys.py"
            for action in STORE_ACTIONS[touched.operation]:
                used.add((action, "*" if action == "s3:ListBucket" else granted.keys_of(kind)))
    assert granted.s3_actions(step) - used == set(), f"{step}Role may do more than {step} does"
    assert used - granted.s3_actions(step) == set(), f"{step}Role lacks what {step} does"


@pytest.mark.parametrize("step", STEPS)
def test_a_role_allows_the_calls_that_its_step_was_seen_to_make_and_no_other(step: str, seen: Seen) -> None:
    used = {called.action for called in seen.called if called.step == step and not called.as_role}
    used = {action for action in used if not action.startswith("s3:")}
    allowed = {action for action in granted.actions(step) if not action.startswith("s3:")} - BY_AWS.keys()
    assert allowed - used == set(), f"{step}Role allows what {step} does not call"
    assert used - allowed - granted.FREE == set(), f"{step}Role does not allow what {step} calls"


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_was_seen_to_call_is_tried_under_its_role_and_lets_it_through(
    step: str, seen: Seen
) -> None:
    """tests/template/attempts.py has a call for each action; S3's are those of the table of keys."""
    role = f"{step}Role"
    used = {called.action for called in seen.called if called.step == step and not called.as_role}
    tried = {
        attempt.call.action
        for attempt in attempts.all_attempts()
        if role in attempt.must
        and iam.allows(role, attempt.call, attempts.WORLDS[attempt.world], bounded=True)
    }
    own = {action for action in used if not action.startswith("s3:")} - granted.FREE
    assert own - tried == set(), "attempts.py does not try these"
    assert {each for each in tried if not each.startswith("s3:")} - BY_AWS.keys() - used == set()


def test_the_boundary_holds_what_was_seen_and_what_services_of_aws_call(seen: Seen) -> None:
    of_steps = {called.action for called in seen.called if called.step and not called.as_role} - granted.FREE
    of_objects = {action for touched in seen.touched for action in STORE_ACTIONS[touched.operation]}
    of_services = granted.actions("StateMachine") | granted.actions("Schedule")
    assert set(boundary.used()) == of_steps | of_objects | of_services | BY_AWS.keys() | WRITES | LOOKS


def test_the_roles_of_other_accounts_allow_what_was_called_through_them(seen: Seen) -> None:
    used = {called.action for called in seen.called if called.as_role}
    assert used - reader.all_actions() == set(), (
        "deploy/organization-role.yaml lacks what is called through it"
    )
    walked = {"organizations:ListOrganizationalUnitsForParent", "organizations:ListAccountsForParent"}
    assert reader.all_actions() - used <= walked | {"organizations:ListRoots"}


def test_everything_was_seen_in_a_step_whose_name_is_known(seen: Seen) -> None:
    assert {touched.step for touched in seen.touched} == {step for step in STEPS if granted.s3_actions(step)}
    assert Called("HoldForRedrive", "states:DescribeExecution") in seen.called


@pytest.mark.parametrize("step", STEPS)
def test_a_role_reaches_of_a_data_export_what_its_step_was_seen_to_read_and_no_more(
    step: str, seen: Seen
) -> None:
    used = {
        (each.action, f"{_EXPORT}/{each.key}")
        for each in seen.exported
        if each.step == step and each.action == "s3:GetObject"
    }
    granting = granted.export_actions(step)
    assert bool(used) == bool(granting)
    # A month that is not there is "not found" to who may list the bucket alone.
    assert {action for action, _ in granting} == ({"s3:GetObject", "s3:ListBucket"} if used else set())
    below = {resource for action, resource in granting if action == "s3:GetObject"}
    assert all(any(fnmatchcase(arn, pattern) for pattern in below) for _, arn in used)
    assert {resource.removesuffix("/*") for resource in below} == (
        {f"{_EXPORT}/{PREFIX}/{NAME}"} if used else set()
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_role_has_for_athena_what_it_does_with_the_rights_of_who_asks_it(step: str, seen: Seen) -> None:
    """In our bucket below `athena/` alone, as AWS documents it: no test here sees Athena itself write."""
    asks = Called(step, "athena:StartQueryExecution") in seen.called
    expected = {"AthenaWrites": (WRITES, "athena/*"), "AthenaLooks": (LOOKS, "*")} if asks else {}
    assert granted.athena_actions(step) == expected


# ---- the table of keys says who writes and reads ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", keys.TABLE, ids=lambda kind: kind.pattern)
def test_a_row_of_the_table_names_who_was_seen_to_write_and_read(kind: keys.Kind, seen: Seen) -> None:
    touched = [each for each in seen.touched if granted.kind_at(each.operation, each.key) == kind]
    # What has no writers is written by the command line, in no step.
    assert touched or not kind.writers, (
        f"no run touches {kind.pattern}: a row without use, or a way of running that is missing above"
    )
    assert {each.step for each in touched if each.operation in WRITING} == set(kind.writers)
    reading = {operation for operation, actions in STORE_ACTIONS.items() if actions} - WRITING
    assert {each.step for each in touched if each.operation in reading} == set(kind.readers)


def test_an_object_is_of_one_kind() -> None:
    for kind in keys.TABLE:
        names = dict.fromkeys(re.findall(r"\{(\w+)\}", kind.pattern), "x-1")
        assert [each for each in keys.TABLE if each.matches(kind.key(**names))] == [kind]


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_what_was_raised_was_declared(seen: Seen) -> None:
    assert seen.raised
    undeclared = {
        (step, name)
        for step, name in seen.raised
        if step and name not in stack.errors_declared_by(step) | granted.OF_THE_BORDER
    }
    assert undeclared == set()
