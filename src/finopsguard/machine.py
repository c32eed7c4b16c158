"""The state machine's file, read: the steps in the order in which a good run takes them. It is written nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from finopsguard import resources

_STEPS = ("Task", "Map")


@dataclass(frozen=True)
class Machine:
    """The order of a definition. `way` are a good run's states, those in a Map left out; `steps` its Tasks and Maps."""

    way: tuple[str, ...]
    steps: tuple[str, ...]

    def after(self, step: str) -> tuple[str, ...]:
        """The steps that a good run takes after `step`; raises ValueError for a name that is no step."""
        if step not in self.steps:
            raise ValueError(
                f"{step} is no step of the state machine. Its steps are {', '.join(self.steps)};"
                " correct the name where it is used."
            )
        return self.steps[self.steps.index(step) + 1 :]


def path() -> Path:
    """Where the state machine's file is."""
    return resources.folder("statemachine") / "finops_guard.asl.json"


def text() -> str:
    """The file as it stands, with its `${...}` substitutions open."""
    return path().read_text("utf-8")


def definition() -> dict[str, Any]:
    """The state machine before substitution; a new copy at every call."""
    loaded: dict[str, Any] = json.loads(text())
    return loaded


def read(machine: Mapping[str, Any]) -> Machine:
    """The order of a definition: from StartAt along Next, and at a Choice along its Default.

    Raises ValueError when that way goes round for ever.
    """
    way: list[str] = []
    following: str | None = machine["StartAt"]
    while following is not None:
        if following in way:
            raise ValueError(f"The state machine comes back to {following}: a good run would never end.")
        way.append(following)
        state = machine["States"][following]
        following = state.get("Next") or state.get("Default")
    steps = tuple(name for name in way if machine["States"][name]["Type"] in _STEPS)
    return Machine(tuple(way), steps)


@cache
def deployed() -> Machine:
    """The order of the state machine that this package comes with, read once."""
    return read(definition())
