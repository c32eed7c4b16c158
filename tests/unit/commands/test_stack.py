"""`finopsguard stack`: which stack is meant, what is refused and with which next command; AWS is botocore's stubs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from finopsguard import cli
from finopsguard.aws.clients import Clients
from finopsguard.commands import deployed, stack
from finopsguard.engine import aws as engine
from tests.template import stack as template
from tests.unit.commands.executions import ended

ARN = "arn:aws:cloudformation:eu-west-1:111122223333:stack/finops-guard-staging/1"
EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:finops-guard:weekly-1"
BUCKET = "finops-guard-staging-bucket-1x2y"
SAVED = """
version = 0.1
[default.global.parameters]
stack_name = "finops-guard"
[staging.global.parameters]
stack_name = "finops-guard-staging"
[staging.deploy.parameters]
region = "eu-west-1"
[production.global.parameters]
stack_name = "finops-guard"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the settings of SAM, in which no wait takes time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    (tmp_path / "samconfig.toml").write_text(SAVED, "utf-8")
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Stubber]]:
    """Stubs of the clients that the command makes, by service."""
    made = Clients("eu-west-1")
    stubs: dict[str, Stubber] = {}

    def of(service: str) -> Stubber:
        if service not in stubs:
            stubs[service] = Stubber(getattr(made, service)())
            stubs[service].activate()
            monkeypatch.setattr(Clients, service, lambda _: stubs[service].client)
        return stubs[service]

    yield of
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def describe(
    stub: Stubber, status: str = "UPDATE_COMPLETE", name: str = "finops-guard-staging", **more: Any
) -> None:
    told = {
        "StackId": ARN,
        "StackName": "finops-guard-staging",
        "StackStatus": status,
        "CreationTime": datetime.now(UTC),
    }
    told |= {"Outputs": [{"OutputKey": "BucketName", "OutputValue": BUCKET}], **more}
    stub.add_response("describe_stacks", {"Stacks": [told]}, {"StackName": name})


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that was not begun."""
    assert cli.main(["stack", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


# ---- which stack -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["smoke"], "make smoke ENV=staging"),
        (["logs", "PostToTeams"], "make logs STEP=PostToTeams ENV=staging"),
        (["delete"], "make destroy ENV=staging CONFIRM=finops-guard-staging"),
    ],
)
def test_a_missing_env_is_named_with_the_command(
    arguments: list[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, *arguments, "--env", "")
    assert "not said which stack: ENV is staging or production" in said
    assert command in said
    assert "'test' is no environment of samconfig.toml" in refused(capsys, *arguments, "--env", "test")


def test_a_saved_region_wins_as_it_does_for_sam(here: Path) -> None:
    environ = {"AWS_REGION": "us-west-2"}
    assert deployed.place("staging", "", environ, here) == ("staging", "finops-guard-staging", "eu-west-1")
    assert deployed.place("production", "", environ, here) == ("production", "finops-guard", "us-west-2")


def test_the_repository_has_the_two_environments_of_the_guide() -> None:
    for env, name in (("staging", "finops-guard-staging"), ("production", "finops-guard")):
        assert deployed.place(env, "", {}, template.ROOT).stack == name


@pytest.mark.parametrize("text", ["= nothing", "[staging.deploy.parameters]\nregion = 'x'\n"])
def test_a_file_that_names_no_stack_is_refused(
    text: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "samconfig.toml").write_text(text, "utf-8")
    assert "samconfig.toml" in refused(capsys, "smoke", "--env", "staging")


@pytest.mark.parametrize(
    ("status", "says"),
    [("ROLLBACK_COMPLETE", "make destroy ENV=staging"), ("UPDATE_IN_PROGRESS", "Wait until that has ended")],
)
def test_a_stack_that_does_not_stand_is_not_tried(
    status: str, says: str, aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"), status)
    assert says in refused(capsys, "smoke", "--env", "staging")


def test_a_stack_of_others_is_named(
    aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"))
    assert "no output StateMachineArn" in refused(capsys, "smoke", "--env", "staging")


# ---- logs ------------------------------------------------------------------------------------------------------------


def test_each_log_of_the_template_can_be_read_by_its_step() -> None:
    named = {
        group["LogGroupName"]["Fn::Sub"].replace("${AWS::StackName}", "s")
        for group in template.resources("AWS::Logs::LogGroup").values()
    }
    assert {stack.log_group("s", step) for step in (*stack.steps_with_logs(), stack.MACHINE_LOG)} == named


def test_lines_are_printed_without_what_a_terminal_obeys(
    aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"))
    page = {"events": [{"timestamp": 1795824000000, "message": "done\x1b[31m ñ\n"}]}
    group = "/aws/lambda/finops-guard-staging/PostToTeams"
    aws("logs").add_response("filter_log_events", page, {"logGroupName": group, "startTime": ANY})
    assert cli.main(["stack", "logs", "PostToTeams", "--env", "staging"]) == 0
    assert capsys.readouterr().out == "2026-11-28T00:00:00Z done [31m ñ\n"


def test_an_empty_log_says_how_to_ask_for_more(
    aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"))
    aws("logs").add_response("filter_log_events", {"events": []})
    assert cli.main(["stack", "logs", "StateMachine", "--env", "staging", "--hours", "2"]) == 0
    assert "make logs STEP=StateMachine ENV=staging HOURS=14" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["", "Nothing"])
def test_a_step_that_is_none_is_refused_with_those_that_are(
    step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "logs", step, "--env", "staging")
    assert "STEP is one of AggregateCosts, BuildCard, CheckHeartbeat" in said


# ---- redrive ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", ["", "weekly-1", "arn:aws:states:eu-west-1:1:execution:a:b", f"{EXECUTION} x"]
)
def test_what_is_no_execution_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "make redrive EXECUTION=arn:aws:states:..." in refused(capsys, "redrive", given)


@pytest.mark.parametrize(("status", "code"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_an_execution_is_resumed_in_its_own_region(
    status: Any, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = list[tuple[str, str]]()

    def resumed(execution: str, client: Any, **_: Any) -> Any:
        asked.append((execution, client.meta.region_name))
        return ended(status, execution)

    monkeypatch.setattr(engine, "redrive", resumed)
    of_alias = EXECUTION.replace("finops-guard:", "finops-guard:live:")
    assert cli.main(["stack", "redrive", EXECUTION]) == code
    assert cli.main(["stack", "redrive", of_alias]) == code
    assert asked == [(EXECUTION, "eu-central-1"), (of_alias, "eu-central-1")]
    told = capsys.readouterr()
    assert ("has succeeded" in told.out) == (code == 0)
    assert ("TeamsUnavailable" in told.err) == (code == 1)


# ---- delete ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", ["", "yes", "finops-guard"])
def test_nothing_is_deleted_without_the_stacks_own_name(
    confirm: str, aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    aws("cloudformation")  # without an answer: each call fails
    said = refused(capsys, "delete", "--env", "staging", "--confirm", confirm)
    assert "make destroy ENV=staging CONFIRM=finops-guard-staging" in said


def test_the_bucket_is_named_and_how_a_new_stack_gets_its_content(
    aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"))
    aws("cloudformation").add_response("delete_stack", {}, {"StackName": ARN})
    describe(aws("cloudformation"), "DELETE_COMPLETE", ARN)
    assert cli.main(["stack", "delete", "--env", "staging", "--confirm", "finops-guard-staging"]) == 0
    said = capsys.readouterr().out
    assert f"the record of what was posted: {BUCKET}" in said
    assert f"make deploy ENV=staging PARAMETERS=BucketName={BUCKET}" in said
    assert template.template()["Resources"]["Bucket"]["DeletionPolicy"] == "Retain", "what is said is so"


def test_what_could_not_be_deleted_says_why_and_what_next(
    aws: Callable[[str], Stubber], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws("cloudformation"))
    aws("cloudformation").add_response("delete_stack", {})
    describe(aws("cloudformation"), "DELETE_FAILED", ARN, StackStatusReason="The role is in use.")
    assert cli.main(["stack", "delete", "--env", "staging", "--confirm", "finops-guard-staging"]) == 1
    said = capsys.readouterr().out
    assert "The role is in use." in said
    assert "make destroy ENV=staging CONFIRM=finops-guard-staging" in said
    assert "is kept" not in said
