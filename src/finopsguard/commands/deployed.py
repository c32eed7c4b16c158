"""Which deployed stack a command is about: an environment of samconfig.toml, where it was deployed, what it gave."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from finopsguard.aws.stacks import Stack
from finopsguard.config import AwsSettings
from finopsguard.errors import InvalidConfiguration

FILE = "samconfig.toml"
# A stack in one of these runs (AWS: CloudFormation stack status codes); of a rolled back update the release before.
_STANDING = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
)


class Place(NamedTuple):
    """An environment, its stack and the region of it."""

    env: str
    stack: str
    region: str


def place(env: str, usage: str, environ: Mapping[str, str], folder: Path) -> Place:
    """The stack of an environment of `folder`'s samconfig.toml; raises InvalidConfiguration, with the `usage`.

    A region that was saved there is where SAM deploys to, whatever AWS_REGION says.
    """
    path = folder / FILE
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidConfiguration(
            f"{path} cannot be read ({type(error).__name__}). Run this in the folder of the repository."
        ) from None
    known = [name for name, value in told.items() if isinstance(value, dict) and name != "default"]
    if env not in known:
        said = f"{env!r} is no environment of {FILE}" if env else "It is not said which stack"
        raise InvalidConfiguration(f"{said}: ENV is {' or '.join(known)}. {usage}")
    stack, region = saved(told[env], "stack_name"), saved(told[env], "region")
    if not stack:
        raise InvalidConfiguration(
            f"{FILE} names no stack_name for {env}. Write it below [{env}.global.parameters]."
        )
    return Place(env, stack, region or AwsSettings.from_env(environ).region)


def saved(environment: Mapping[str, Any], name: str) -> str:
    """What SAM would take: its deploy command's own value, or that of all commands."""
    for command in ("deploy", "global"):
        value = environment.get(command, {}).get("parameters", {}).get(name)
        if value:
            return str(value)
    return ""


def standing(stack: Stack, env: str) -> Stack:
    """The stack, which runs; raises InvalidConfiguration with what to do about any other."""
    if stack.status.endswith("_IN_PROGRESS") and stack.status not in _STANDING:
        raise InvalidConfiguration(f"The stack {stack.name} is in {stack.status}. Wait until that has ended.")
    if stack.status not in _STANDING:
        raise InvalidConfiguration(
            f"The stack {stack.name} is in {stack.status}. Delete it (make destroy ENV={env} CONFIRM={stack.name})"
            f" and deploy it again (make deploy ENV={env})."
        )
    return stack


def output(stack: Stack, name: str) -> str:
    """One of its outputs; raises InvalidConfiguration where it has none of this name."""
    if name not in stack.outputs:
        raise InvalidConfiguration(
            f"The stack {stack.name} has no output {name}: it is none of FinOps Guard's, or of an older release."
            " Correct stack_name in samconfig.toml, or deploy it."
        )
    return stack.outputs[name]
