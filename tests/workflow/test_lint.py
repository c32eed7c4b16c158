"""The linter of the state machine finds what it is there for."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.lint_asl import problems
from tests.workflow.machine import MACHINE


def test_the_state_machine_is_clean() -> None:
    assert problems(MACHINE) == []


def test_the_command_says_nothing_about_a_clean_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.lint_asl"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def dangling(states: dict[str, Any]) -> None:
    states["BuildCard"]["Next"] = "PostToSlack"


def misspelt(states: dict[str, Any]) -> None:
    states["BuildCard"]["TimeoutSecond"] = states["BuildCard"].pop("TimeoutSeconds")


def unreachable(states: dict[str, Any]) -> None:
    states["LeftBehind"] = {"Type": "Pass", "End": True}


def other_concurrency(states: dict[str, Any]) -> None:
    states["FetchCosts"]["MaxConcurrency"] = "{% 40 %}"


def broken_jsonata(states: dict[str, Any]) -> None:
    states["BuildCard"]["Output"] = "{% $states.result.( %}"


def json_path(states: dict[str, Any]) -> None:
    states["BuildCard"]["ResultPath"] = "$.card"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (dangling, "PostToSlack"),
        (misspelt, "TimeoutSecond"),
        (unreachable, "LeftBehind"),
        (other_concurrency, "MaxConcurrency"),
        (broken_jsonata, "BuildCard.Output is not JSONata"),
        (json_path, "ResultPath"),
    ],
)
def test_a_fault_is_found(spoil: Callable[[dict[str, Any]], None], said: str) -> None:
    machine = copy.deepcopy(MACHINE)
    spoil(machine["States"])
    assert said in "\n".join(problems(machine))
