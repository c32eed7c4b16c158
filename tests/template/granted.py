"""What each step may do, as template.yaml, store/keys.py and the steps' declarations say; tests/recorder.py asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from finopsguard.store import keys
from tests.recorder import STORE_ACTIONS, WRITING, Called, Exported, Touched
from tests.standins.exports import BUCKET, NAME, PREFIX
from tests.template import reader, stack

# Granted by AWS to every caller (AWS: GetCallerIdentity, "no permissions are required").
FREE = {"sts:GetCallerIdentity"}

# What the border itself raises, before and after any step.
OF_THE_BORDER = {"InvalidInput", "InvalidConfiguration"}

# What a step's settings name and a deployed function must not get.
ON_A_LAPTOP_ONLY = {
    "TEAMS_WEBHOOK_URL": "a secret is no plain variable in Lambda",
    "TEAMS_WEBHOOK_URLS": "secrets are no plain variables in Lambda",
    "FINOPSGUARD_STATE_DIR": "the store on a laptop",
    "AWS_REGION": "Lambda itself sets it",
}


def is_step(name: str) -> bool:
    """True for the name of a deployed function's step."""
    return name in _steps()


@cache
def _steps() -> frozenset[str]:
    return frozenset(stack.functions())


def objection(what: object) -> str:
    """Why the step may not do it, naming the step, the action and the key; empty if it may."""
    match what:
        case Touched(step, operation, key):
            return _about_key(step, operation, key)
        case Called(step, action, as_role):
            return _about_call(step, action, as_role=as_role)
        case Exported(step, action, key):
            return _about_export(step, action, key)
        case (str(step), str(name)) if name.isupper():
            return _about_variable(step, name)
        case (str(step), str(name)):
            return _about_error(step, name)
        case _:
            raise TypeError(what)


@cache
def s3_actions(step: str) -> frozenset[tuple[str, str]]:
    """What a step's role may do in the bucket: (action, pattern of keys); the bucket itself is the pattern `*`."""
    return frozenset(
        (action, _pattern(resource))
        for statement in stack.statements(f"{step}Role")
        if not _of_export(statement) and not _of_athena(statement) and not _of_trail(statement)
        for action in stack.as_list(statement["Action"])
        if action.startswith("s3:")
        for resource in stack.as_list(statement["Resource"])
    )


@cache
def export_actions(step: str) -> frozenset[tuple[str, str]]:
    """What a step's role may do in the bucket of a data export: (action, resource in the stand-in's names)."""
    named = {
        "${AWS::Partition}": "aws",
        "${ExportBucket}": BUCKET,
        "${ExportPrefix}": PREFIX,
        "${ExportName}": NAME,
    }
    found = set[tuple[str, str]]()
    for statement in stack.statements(f"{step}Role"):
        if _of_export(statement):
            resource = statement["Resource"]
            text = (resource["Fn::If"][1] if "Fn::If" in resource else resource)["Fn::Sub"]
            for variable, value in named.items():
                text = text.replace(variable, value)
            found |= {(action, text) for action in stack.as_list(statement["Action"])}
    return frozenset(found)


@cache
def athena_actions(step: str) -> Mapping[str, tuple[frozenset[str], str]]:
    """What a role has for Athena to do in our bucket: by the statement's name, actions and the pattern of keys."""
    return {
        statement["Sid"]: (frozenset(stack.as_list(statement["Action"])), _pattern(statement["Resource"]))
        for statement in stack.statements(f"{step}Role")
        if _of_athena(statement)
    }


def _of_athena(statement: Mapping[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith("Athena")


def _of_trail(statement: Mapping[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith("Trail")


def _of_export(statement: Mapping[str, Any]) -> bool:
    return statement.get("If") == "HasDataExport"


@cache
def actions(step: str) -> frozenset[str]:
    """All actions of a step's role."""
    return frozenset(
        action
        for statement in stack.statements(f"{step}Role")
        for action in stack.as_list(statement["Action"])
    )


def _pattern(resource: object) -> str:
    if resource == {"Fn::Sub": stack.STORE}:
        return "*"
    if isinstance(resource, dict) and str(resource.get("Fn::Sub", "")).startswith(f"{stack.STORE}/"):
        return str(resource["Fn::Sub"]).removeprefix(f"{stack.STORE}/")
    raise AssertionError(f"{resource} is not in the stack's bucket")


def kind_at(operation: str, key: str) -> keys.Kind | None:
    """The row of the table that an operation is about; a list names the beginning of keys."""
    if operation != "list":
        return keys.kind_of(key)
    return next((kind for kind in keys.TABLE if key.startswith(kind.below()) and key.endswith("/")), None)


def keys_of(kind: keys.Kind) -> str:
    """All keys of a kind, as a role names them: `runs/*/accounts.json`."""
    return re.sub(r"\{\w+\}", "*", kind.pattern)


def _about_key(step: str, operation: str, key: str) -> str:
    if not STORE_ACTIONS[operation]:
        return ""
    kind = kind_at(operation, key)
    if kind is None:
        return f"{step} does {operation} {key}, which is in no row of store/keys.py"
    if step not in (kind.writers if operation in WRITING else kind.readers):
        role = "writers" if operation in WRITING else "readers"
        return f"{step} does {operation} {key}: it is not among the {role} of {kind.pattern} in store/keys.py"
    for action in sorted(STORE_ACTIONS[operation]):
        if not any(action == may and fnmatchcase(key, pattern) for may, pattern in s3_actions(step)):
            return (
                f"{step} does {operation} {key}: template.yaml's {step}Role lacks {action} on {keys_of(kind)}"
            )
    return ""


def _about_call(step: str, action: str, *, as_role: bool) -> str:
    if as_role:
        if action in reader.all_actions():
            return ""
        return f"{step} calls {action} through a role, which deploy/organization-role.yaml does not allow"
    if action in actions(step) | FREE:
        return ""
    return f"{step} calls {action}: template.yaml's {step}Role does not allow it"


def _about_export(step: str, action: str, key: str) -> str:
    arn = f"arn:aws:s3:::{BUCKET}" if action == "s3:ListBucket" else f"arn:aws:s3:::{BUCKET}/{key}"
    if any(action == may and fnmatchcase(arn, pattern) for may, pattern in export_actions(step)):
        return ""
    return f"{step} does {action} on {key} of a data export: template.yaml's {step}Role lacks it"


def _about_variable(step: str, name: str) -> str:
    if name in stack.variables(step) or name in ON_A_LAPTOP_ONLY:
        return ""
    return f"{step} reads {name}: template.yaml does not give it to {step}Function"


def _about_error(step: str, name: str) -> str:
    if name in stack.errors_declared_by(step) | OF_THE_BORDER:
        return ""
    return f"{step} raises {name}, which neither it nor a port of its signature declares (@raises)"
