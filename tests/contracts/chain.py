"""Runs the steps one after another on mock data: what the golden events in `events/` are made of.

`python -m tests.contracts.chain` writes `events/` anew after a contract has changed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finopsguard import resources

EVENTS = resources.folder("events")
SCHEDULED = "2026-11-23T08:00:00Z"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:finops-guard:3f1c2a5e-weekly"

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
    """The input of every step of one weekly report, by step, in the order in which the state machine reaches them."""
    request = {"report": "weekly", "scheduled_time": SCHEDULED, "execution": EXECUTION}
    plan = call("resolve_accounts", request, state_dir)
    batches = [{"run": plan["run"], "batch": batch} for batch in plan["batches"]]
    done = [_fetched(batch, state_dir) for batch in batches]
    fetched = {key: plan[key] for key in ("run", "accounts_key", "notes")} | {"batches": done}
    costs = call("aggregate_costs", fetched, state_dir)
    anomalies = call("detect_anomalies", costs, state_dir)
    built = call("build_card", anomalies, state_dir)
    failure = {
        "input": fetched,
        "failure": {
            "state": "AggregateCosts",
            "error": "StoreUnavailable",
            "cause": json.dumps(
                {"errorMessage": "The bucket did not answer. Redrive later.", "errorType": "StoreUnavailable"}
            ),
            "redriveCount": 0,
        },
        "execution": EXECUTION,
    }
    return {
        "resolve_accounts": request,
        "fetch_costs": batches[0],
        "aggregate_costs": fetched,
        "detect_anomalies": costs,
        "build_card": anomalies,
        "post_to_teams": {"run": built["run"], "message": built["messages"][0]},
        "notify_failure": failure,
        "hold_for_redrive": {**failure, "redrive_count": 1},
    }


def _fetched(batch: dict[str, Any], state_dir: str) -> dict[str, Any]:
    """One iteration of the Map: its outcome, or what the Catch makes of its error."""
    try:
        return call("fetch_costs", batch, state_dir)
    except Exception as error:  # noqa: BLE001 - States.ALL
        cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})[:120]
        return {
            "batch_id": batch["batch"]["id"],
            "status": "unavailable",
            "error": type(error).__name__,
            "cause": cause,
        }


def write() -> None:
    """Writes `events/`."""
    with tempfile.TemporaryDirectory() as state_dir:
        for step, event in events(state_dir).items():
            Path(EVENTS, f"{step}.json").write_text(
                json.dumps(event, indent=2, ensure_ascii=False) + "\n", "utf-8"
            )


if __name__ == "__main__":
    write()
