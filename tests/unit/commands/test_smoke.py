"""The smoke test: which commands it runs with which variables, and what it says after each end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from finopsguard import cli
from finopsguard.aws.stacks import Stack
from finopsguard.commands import smoke
from finopsguard.commands.deployed import Place
from finopsguard.version import VERSION
from tests.sweeps import exhaustive
from tests.unit.commands.executions import ended

PLACE = Place("staging", "finops-guard-staging", "eu-west-1")
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:finops-guard-staging:weekly-1"
STACK = Stack(
    "arn:one",
    PLACE.stack,
    "CREATE_COMPLETE",
    {
        "StateMachineArn": "arn:machine",
        "BucketName": "the-bucket",
        "StateMachineConsole": "console",
        "Version": VERSION,
    },
    {"UseMockData": "true"},
)

Ran = list[tuple[Sequence[str], Mapping[str, str]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """Lets the runs end with these codes; `entered` are the states of a failed one."""

    def ending(*codes: int, entered: Sequence[str] = ()) -> Ran:
        ran: Ran = []

        def fake(command: Sequence[str], *, env: Mapping[str, str], check: bool) -> Any:
            ran.append((command, env))
            out = Path(command[command.index("--out") + 1])
            if entered and "aws" in command:
                out.mkdir(parents=True, exist_ok=True)
                execution = ended("FAILED", EXECUTION, *entered).to_json()
                (out / "execution.json").write_text(json.dumps(execution), "utf-8")
            return SimpleNamespace(returncode=codes[len(ran) - 1])

        monkeypatch.setattr(subprocess, "run", fake)
        return ran

    return ending


def tried(out: Path, stack: Stack = STACK) -> tuple[int, str]:
    told: list[str] = []
    return smoke.run(stack, PLACE, out, told.append), "\n".join(told)


def test_first_mock_data_here_which_posts_nothing_then_the_stack(
    runs: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FINOPSGUARD_BUCKET", "production")
    monkeypatch.setenv("TEAMS_WEBHOOK_URL", "https://example.com")
    ran = runs(0, 0)
    code, said = tried(tmp_path)
    assert code == 0
    (first, here), (second, there) = ran
    assert (here["FINOPSGUARD_USE_MOCK_DATA"], here["FINOPSGUARD_BUCKET"], here["TEAMS_WEBHOOK_URL"]) == (
        "true",
        "",
        "",
    )
    assert "aws" not in first
    assert list(second[-2:]) == ["--engine", "aws"]
    assert (there["AWS_REGION"], there["FINOPSGUARD_STATE_MACHINE_ARN"]) == ("eu-west-1", "arn:machine")
    assert there["FINOPSGUARD_BUCKET"] == "the-bucket"
    for part in (
        "Exit code 0",
        "The card: in Teams",
        "console",
        "make logs STEP=PostToTeams ENV=staging",
        "no cost is read",
    ):
        assert part in said
    assert "!" not in said


def test_a_run_that_fails_here_ends_it(runs: Callable[..., Ran], tmp_path: Path) -> None:
    ran = runs(2)
    code, said = tried(tmp_path)
    assert (code, len(ran)) == (2, 1)
    assert "Next: make run" in said


@pytest.mark.parametrize(
    ("entered", "step"),
    [
        (
            ["ResolveAccounts", "FetchCosts", "FetchBatchCosts", "NotifyFailure", "HoldForRedrive"],
            "FetchCosts",
        ),
        (
            ["PostToTeams", "PostToChannel", "CheckDeliveries", "NotifyFailure", "HoldForRedrive"],
            "PostToTeams",
        ),
    ],
)
def test_an_execution_that_failed_has_logs_and_can_be_resumed(
    runs: Callable[..., Ran], tmp_path: Path, entered: list[str], step: str
) -> None:
    runs(0, 1, entered=entered)
    code, said = tried(tmp_path)
    assert code == 1
    assert f"make logs STEP={step} ENV=staging" in said
    assert f"make redrive EXECUTION={EXECUTION}" in said


def test_an_execution_of_an_earlier_smoke_test_is_not_taken_for_this_ones(
    runs: Callable[..., Ran], tmp_path: Path
) -> None:
    runs(0, 1, entered=["PostToTeams"])
    tried(tmp_path)
    runs(0, 2)
    code, said = tried(tmp_path)
    assert code == 2
    assert "No execution began" in said
    assert "make smoke ENV=staging" in said


def test_another_release_and_real_costs_are_said(runs: Callable[..., Ran], tmp_path: Path) -> None:
    runs(0, 0)
    other = replace(STACK, outputs={**STACK.outputs, "Version": "0.0.9"}, parameters={})
    _, said = tried(tmp_path, other)
    assert f"is release 0.0.9, and this is {VERSION}" in said
    assert "make deploy ENV=staging" in said
    assert "reads real costs" in said


def test_the_runs_are_commands_with_arguments_that_it_takes(runs: Callable[..., Ran], tmp_path: Path) -> None:
    ran = runs(0, 0)
    tried(tmp_path)
    for command, _ in ran:
        assert command[:3] == [sys.executable, "-m", "finopsguard.cli"]
        assert cli.parser().parse_args(command[3:]).report == "weekly"


@exhaustive(beside="test_the_runs_are_commands_with_arguments_that_it_takes")
def test_the_run_on_mock_data_is_the_real_command(tmp_path: Path) -> None:
    code = smoke._report(smoke._MOCK, tmp_path / "mock", "--state", str(tmp_path / "state"))
    assert code == 0
    assert json.loads((tmp_path / "mock" / "card.json").read_text("utf-8"))["type"] == "message"
