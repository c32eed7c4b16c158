"""Whole runs, recorded: the template grants what the steps use, no less (tests/conftest.py) and no more (here)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

import pytest

from finopsguard.store import keys
from tests.recorder import STORE_ACTIONS, WRITING, Called, Recorder, Seen
from tests.standins.athena import LOOKS, WRITES
from tests.standins.exports import BUCKET, NAME, PREFIX
from tests.sweeps import exhaustive
from tests.template import attempts, boundary, granted, iam, reader, stack
from tests.template.runs import (
    BUDGETS,
    VIEW,
    World,
    a_failure_and_a_redrive,
    a_good_week,
    a_heartbeat,
    a_refused_reading,
    everybody_by_unit,
    everybody_through_a_role,
    from_an_export,
    through_a_role,
    through_a_view,
    too_many_missing,
    with_a_trail,
    with_routes,
)

STEPS = sorted(stack.functions())
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
    **dict.fromkeys(
        (
            *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
            *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets"),
        ),
        "Lambda puts the function into the subnets",
    ),
}


@contextmanager
def recorded(patch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Yields what is seen from now on."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, "/dev/null")
    for name in ("POWERTOOLS_METRICS_DISABLED", "POWERTOOLS_TRACE_DISABLED"):
        patch.setenv(name, "true")
    patch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    recorder = Recorder(apart=True)
    recorder.install(patch)
    yield recorder.seen


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What was seen over a report that Teams refused, and its redrive."""
    with pytest.MonkeyPatch.context() as patch, recorded(patch) as seen:
        a_failure_and_a_redrive(World(tmp_path_factory.mktemp("state")))
        yield seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What was seen over all ways that a run can take."""
    with pytest.MonkeyPatch.context() as patch, recorded(patch) as seen:
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
        with_routes(World(state / "routes", FINOPSGUARD_ROUTES="true", FINOPSGUARD_PAGE_LINK="presigned"))
        a_refused_reading(World(state / "refused"))
        a_failure_and_a_redrive(World(state / "failure"))
        a_heartbeat(World(state / "good"))
        one_out = {"FINOPSGUARD_EXCLUDE_ACCOUNTS": "111100000001"}
        from_an_export(World(state / "export"), patch)
        from_an_export(World(state / "part", **one_out), patch)
        from_an_export(World(state / "athena"), patch, by_athena=True)
        from_an_export(World(state / "athena_part", **one_out), patch, by_athena=True)
        too_many_missing(World(state / "missing", FINOPSGUARD_ACCOUNTS_PER_FETCH="1"), patch)
        yield seen


def objects_of(step: str, seen: Seen) -> set[tuple[str, str]]:
    """What it did with objects of the store: actions, and keys as the template has them."""
    used = set[tuple[str, str]]()
    for touched in seen.touched:
        if touched.step == step and STORE_ACTIONS[touched.operation]:
            kind = granted.kind_at(touched.operation, touched.key)
            assert kind, f"{step} does {touched.operation} {touched.key}, which is in no row of store/keys.py"
            for action in STORE_ACTIONS[touched.operation]:
                used.add((action, "*" if action == "s3:ListBucket" else granted.keys_of(kind)))
    return used


def calls_of(step: str, seen: Seen) -> set[str]:
    used = {called.action for called in seen.called if called.step == step and not called.as_role}
    return {action for action in used if not action.startswith("s3:")}


def calls_allowed(step: str) -> set[str]:
    return {action for action in granted.actions(step) if not action.startswith("s3:")} - BY_AWS.keys()


@pytest.mark.parametrize("step", ["HoldForRedrive", "NotifyFailure"])
def test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more(step: str, failed: Seen) -> None:
    assert granted.s3_actions(step) == objects_of(step, failed)
    assert calls_allowed(step) == calls_of(step, failed) - granted.FREE


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
@pytest.mark.parametrize("step", STEPS)
def test_a_role_reaches_the_objects_that_its_step_was_seen_to_touch_and_no_other(
    step: str, seen: Seen
) -> None:
    used = objects_of(step, seen)
    assert granted.s3_actions(step) - used == set(), f"{step}Role may do more than {step} does"
    assert used - granted.s3_actions(step) == set(), f"{step}Role lacks what {step} does"


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
@pytest.mark.parametrize("step", STEPS)
def test_a_role_allows_the_calls_that_its_step_was_seen_to_make_and_no_other(step: str, seen: Seen) -> None:
    used, allowed = calls_of(step, seen), calls_allowed(step)
    assert allowed - used == set(), f"{step}Role allows what {step} does not call"
    assert used - allowed - granted.FREE == set(), f"{step}Role does not allow what {step} calls"


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
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


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
def test_the_boundary_holds_what_was_seen_and_what_services_of_aws_call(seen: Seen) -> None:
    of_steps = {called.action for called in seen.called if called.step and not called.as_role} - granted.FREE
    of_objects = {action for touched in seen.touched for action in STORE_ACTIONS[touched.operation]}
    of_services = granted.actions("StateMachine") | granted.actions("Schedule")
    assert set(boundary.used()) == of_steps | of_objects | of_services | BY_AWS.keys() | WRITES | LOOKS


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
def test_the_roles_of_other_accounts_allow_what_was_called_through_them(seen: Seen) -> None:
    used = {called.action for called in seen.called if called.as_role}
    assert used - reader.all_actions() == set(), (
        "deploy/organization-role.yaml lacks what is called through it"
    )
    walked = {"organizations:ListOrganizationalUnitsForParent", "organizations:ListAccountsForParent"}
    assert reader.all_actions() - used <= walked | {"organizations:ListRoots"}


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
def test_everything_was_seen_in_a_step_whose_name_is_known(seen: Seen) -> None:
    assert {touched.step for touched in seen.touched} == {step for step in STEPS if granted.s3_actions(step)}
    assert Called("HoldForRedrive", "states:DescribeExecution") in seen.called


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
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


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
@pytest.mark.parametrize("step", STEPS)
def test_a_role_has_for_athena_what_it_does_with_the_rights_of_who_asks_it(step: str, seen: Seen) -> None:
    """In our bucket below `athena/` alone, as AWS documents it: no test here sees Athena itself write."""
    asks = Called(step, "athena:StartQueryExecution") in seen.called
    expected = {"AthenaWrites": (WRITES, "athena/*"), "AthenaLooks": (LOOKS, "*")} if asks else {}
    assert granted.athena_actions(step) == expected


# ---- the table of keys says who writes and reads ---------------------------------------------------------------------


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
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


@exhaustive(beside="test_a_step_that_does_all_it_can_do_in_one_run_is_allowed_no_more")
def test_what_was_raised_was_declared(seen: Seen) -> None:
    assert seen.raised
    undeclared = {
        (step, name)
        for step, name in seen.raised
        if step and name not in stack.errors_declared_by(step) | granted.OF_THE_BORDER
    }
    assert undeclared == set()
