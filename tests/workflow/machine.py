"""The state machine's file, taken apart for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from finopsguard import machine

PATH = machine.path()
MACHINE: dict[str, Any] = machine.definition()


def all_states(machine: dict[str, Any] = MACHINE) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those inside a Map too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from all_states(state["ItemProcessor"])


TASKS: dict[str, dict[str, Any]] = {name: state for name, state in all_states() if state["Type"] == "Task"}


def function_of(state: str) -> str:
    """The step that a Task calls: `FetchBatchCosts` -> `fetch_costs`."""
    found = re.fullmatch(r"\$\{(\w+)FunctionArn\}", TASKS[state]["Arguments"]["FunctionName"])
    assert found, f"{state} does not call a function by a substitution"
    return snake(found[1])


def snake(name: str) -> str:
    """`FetchCosts` -> `fetch_costs`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def retried(state: str) -> list[str]:
    """The error names in a Task's retriers, in order."""
    return [name for retrier in TASKS[state]["Retry"] for name in retrier["ErrorEquals"]]
