"""The embedded engine: runs the real state machine file in this process, with the real handlers.

`make run`, `scripts/run_weekly.py` and the tests use it. moto interprets the file and nothing else: what a handler
calls (Cost Explorer, Organizations, STS, Secrets Manager, S3, the webhook) leaves this process with the user's own
credentials, and `AWS_ENDPOINT_URL_*` is honoured. docs/adr/0004-the-engine.md says why.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from finopsguard import machine
from finopsguard.engine.execution import Execution, History, OnEvent
from finopsguard.engine.functions import Answer, LocalFunctions
from finopsguard.models.run import EMBEDDED_ACCOUNT
from finopsguard.runtime import Handler

STATE_MACHINE = "finops-guard-embedded"
# What moto's interpreter is given. The execution's own ARN has the region's, for links lead to that console.
_PARTITION = "aws"
_OTHER_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
_FUNCTION = re.compile(r"(\w+)FunctionArn")


def run_embedded(
    request: Mapping[str, Any],
    *,
    wait_scale: float,
    on_event: OnEvent | None = None,
    functions: Mapping[str, Handler] | None = None,
    start_at: str | None = None,
    redrive_count: int | None = 0,
) -> Execution:
    """Runs the state machine on `request` and returns when it has ended, whatever its status.

    `wait_scale` multiplies the waits before retries (FINOPSGUARD_WAIT_SCALE). `functions` replaces handlers by step
    name (`fetch_costs`). `start_at` and `redrive_count` begin at another state, as a redrive of a failed execution
    would; a `redrive_count` of None leaves it out of the context. `on_event` is called once per event, never twice at
    a time. Executions in one process take turns.
    """
    # Importing moto takes a second, which no Lambda and no other engine should pay.
    from finopsguard.engine.moto_hooks import interpret

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    definition = load_definition(region)
    if start_at is not None:
        definition["StartAt"] = start_at
    name = f"{request.get('report', 'run')}-{uuid.uuid4()}"
    started = datetime.now(UTC)
    context = _context(name, request, region, started, redrive_count)
    seconds_of = dict(_function_seconds(definition))
    local = LocalFunctions(functions)
    history = History(on_event)

    def invoke(arn: str, payload: str) -> Answer:
        return local.invoke(arn, payload, seconds_of[arn])

    outcome = interpret(
        json.dumps(definition),
        context=context,
        region=region,
        invoke=invoke,
        wait_scale=wait_scale,
        on_history=history.add,
    )
    return history.summary(
        status=outcome.status,
        name=name,
        arn=context["Execution"]["Id"],
        started=started,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        error=outcome.error,
        cause=outcome.cause,
        output=outcome.output,
    )


def load_definition(region: str) -> dict[str, Any]:
    """The state machine file with its substitutions filled: a function's ARN ends in its step's name."""
    definition: dict[str, Any] = json.loads(
        _SUBSTITUTION.sub(lambda found: _substitute(found[1], region), machine.text())
    )
    return definition


def _substitute(name: str, region: str) -> str:
    if name == "Partition":
        return _PARTITION
    function = _FUNCTION.fullmatch(name)
    if function is None:
        raise ValueError(f"The state machine asks for ${{{name}}}, which the embedded engine does not know.")
    step = re.sub(r"(?<!^)(?=[A-Z])", "_", function[1]).lower()
    return f"arn:{_PARTITION}:lambda:{region}:{EMBEDDED_ACCOUNT}:function:{step}"


def _context(
    name: str, request: Mapping[str, Any], region: str, started: datetime, redrive_count: int | None
) -> dict[str, Any]:
    """The context object (AWS: The Context object); the task adds the rest."""
    others = (each for start, each in _OTHER_PARTITIONS.items() if region.startswith(start))
    partition = next(others, _PARTITION)
    prefix = f"arn:{partition}:states:{region}:{EMBEDDED_ACCOUNT}"
    execution: dict[str, Any] = {
        "Id": f"{prefix}:execution:{STATE_MACHINE}:{name}",
        "Input": dict(request),
        "Name": name,
        "RoleArn": f"arn:{partition}:iam::{EMBEDDED_ACCOUNT}:role/{STATE_MACHINE}",
        "StartTime": started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if redrive_count is not None:
        execution["RedriveCount"] = redrive_count
    return {
        "Execution": execution,
        "StateMachine": {"Id": f"{prefix}:stateMachine:{STATE_MACHINE}", "Name": STATE_MACHINE},
    }


def _function_seconds(definition: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Each function's ARN and its state's TimeoutSeconds, at any depth."""
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from _function_seconds(state["ItemProcessor"])
        if "FunctionName" in state.get("Arguments", {}):
            yield state["Arguments"]["FunctionName"], state["TimeoutSeconds"]
