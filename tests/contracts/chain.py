"""Runs the real machine on mock data: what the golden events in `events/` are made of.

`python -m tests.contracts.chain` writes `events/` anew after a contract has changed.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finopsguard import resources
from finopsguard.engine.embedded import run_embedded
from finopsguard.runtime import Handler

EVENTS = resources.folder("events")
SCHEDULED = "2026-11-23T08:00:00Z"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:finops-guard:3f1c2a5e-weekly"

# What Lambda makes of a link that is opened; nobody signed this one, and its page says that it does nothing.
VISIT = {
    "rawPath": "/",
    "rawQueryString": f"t=W10.{43 * 'A'}",
    "headers": {"accept-language": "en-GB,en;q=0.9", "host": "abc123.lambda-url.eu-west-1.on.aws"},
    "requestContext": {"http": {"method": "GET"}, "domainName": "abc123.lambda-url.eu-west-1.on.aws"},
    "body": None,
    "isBase64Encoded": False,
}

ENVIRONMENT = {
    "FINOPSGUARD_USE_MOCK_DATA": "true",
    "FINOPSGUARD_LANGUAGE": "en",
    "FINOPSGUARD_TIMEZONE": "Europe/Madrid",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


def handler(step: str) -> Any:
    """The step's Lambda handler, as Lambda finds it."""
    return import_module(f"functions.{step}.app").handler


def call(step: str, event: Mapping[str, Any], state_dir: str, **env: str) -> dict[str, Any]:
    """Invokes a step's handler with the mock settings."""
    with patch.dict(os.environ, {**ENVIRONMENT, "FINOPSGUARD_STATE_DIR": state_dir, **env}):
        result: dict[str, Any] = json.loads(json.dumps(handler(step)(dict(event), None)))
    return result


def events(state_dir: str) -> dict[str, dict[str, Any]]:
    """The input of every step: of one weekly report through the real machine, and of its failure branch.

    The report is made once for all that ask for it, and its store is copied.
    """
    made, folder = _made()
    shutil.copytree(folder.name, state_dir, dirs_exist_ok=True)
    return copy.deepcopy(made)


@cache
def _made() -> tuple[dict[str, dict[str, Any]], tempfile.TemporaryDirectory[str]]:
    folder = tempfile.TemporaryDirectory()
    seen: dict[str, dict[str, Any]] = {}
    variables = {**ENVIRONMENT, "FINOPSGUARD_STATE_DIR": folder.name}
    with patch.dict(os.environ, variables):
        run_embedded(
            {"report": "weekly", "scheduled_time": SCHEDULED},
            wait_scale=0,
            functions={step: _recording(step, seen) for step in steps()},
        )
    failure = {
        "input": seen["aggregate_costs"],
        "failure": {
            "state": "AggregateCosts",
            "error": "StoreUnavailable",
            "cause": json.dumps(
                {"errorMessage": "The bucket did not answer. Redrive later.", "errorType": "StoreUnavailable"}
            ),
            "redriveCount": 0,
            "corrects": None,
            "channels": [],
            "reached": 0,
        },
        "execution": EXECUTION,
    }
    made: dict[str, dict[str, Any]] = {
        **seen,
        "notify_failure": failure,
        "hold_for_redrive": {**failure, "redrive_count": 1},
        "check_heartbeat": {"at": SCHEDULED},
        "take_verdict": VISIT,
    }
    return made, folder


def steps() -> list[str]:
    """Every step that has a function."""
    return sorted(path.parent.name for path in resources.folder("functions").glob("*/app.py"))


def _recording(step: str, seen: dict[str, dict[str, Any]]) -> Handler:
    """The step's handler; of its inputs the alphabetically first is kept: the iterations of a Map run side by side.

    An execution has another name each time; events have one.
    """

    def record(event: dict[str, Any], context: object) -> dict[str, Any]:
        given = {**event, "execution": EXECUTION} if "execution" in event else event
        seen[step] = min(json.loads(json.dumps(given)), seen.get(step, given), key=json.dumps)
        result: dict[str, Any] = handler(step)(given, context)
        return result

    return record


def write() -> None:
    """Writes `events/`."""
    with tempfile.TemporaryDirectory() as state_dir:
        for step, event in events(state_dir).items():
            Path(EVENTS, f"{step}.json").write_text(
                json.dumps(event, indent=2, ensure_ascii=False) + "\n", "utf-8"
            )


if __name__ == "__main__":
    write()
