"""Fake handlers for the state machine: they record their inputs and fail as told."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from finopsguard import machine
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.runtime import Handler
from tests.workflow.machine import MACHINE, TASKS, function_of

REQUEST = {"report": "weekly", "scheduled_time": "2026-11-23T08:00:00Z"}
# A good run's states in their order, each Map followed by the first state inside it.
HAPPY_PATH = [
    name
    for state in machine.deployed().way
    for name in (state, MACHINE["States"][state].get("ItemProcessor", {}).get("StartAt"))
    if name
]
# Steps whose failures become data: the run goes on without what they bring.
BEST_EFFORT = ("FetchCosts", "ExplainAnomalies")
# States inside a Map: one for each batch, incident and channel.
INNER = tuple(
    inner
    for state in MACHINE["States"].values()
    for inner in state.get("ItemProcessor", {}).get("States", ())
)


def failure(name: str, message: str = "It failed. Do this.") -> Exception:
    """An error whose class has this name, whatever its form: what awslambdaric would report."""
    kind: type[Exception] = type(name, (Exception,), {})
    return kind(message)


def batch(number: int, **more: Any) -> dict[str, Any]:
    """One batch of one account."""
    return {"id": f"b{number:04}", "accounts": [f"{number:012}"], **more}


class Fakes:
    """The machine's functions. `outputs[step]` replaces an output; `failures[step]` are raised first, one per call.

    A failure of None means: succeed this time. `always[step]` is raised at every call. A step without a method below
    returns what it was given.
    """

    def __init__(self, batches: Iterable[Mapping[str, Any]] = ()) -> None:
        self.batches = [dict(it) for it in batches] or [batch(1)]
        self.max_concurrency = 3
        self.plan: dict[str, Any] = {"notes": ["organizations_not_in_use"]}
        self.outputs: dict[str, Any] = {}
        self.failures: dict[str, list[Exception | None]] = defaultdict(list)
        self.always: dict[str, Exception] = {}
        self.failing_batches: dict[str, Exception] = {}
        self.incidents = [{"id": "i1"}]
        self.failing_incidents: dict[str, Exception] = {}
        self.channels = ["teams"]
        self.failing_channels: dict[str, Exception] = {}
        self.posted: list[str] = []
        self.corrects: str | None = None
        self.before_posting: Callable[[], object] = lambda: None
        self.inputs: dict[str, list[Any]] = defaultdict(list)
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def run(self, request: Mapping[str, Any] = REQUEST, **options: Any) -> Execution:
        """Runs the machine on these functions."""
        return run_embedded(
            request, wait_scale=0, on_event=self.events.append, functions=self.handlers(), **options
        )

    def redrive(self, **options: Any) -> Execution:
        """Runs the machine as a redrive of the failed execution would: from HoldForRedrive, with what it held there."""
        held = self.entered("HoldForRedrive")[-1]
        return self.run(held, start_at="HoldForRedrive", redrive_count=1, **options)

    def entered(self, state: str) -> list[Any]:
        """The inputs with which a state was entered."""
        found = [it for it in self.events if it.type.endswith("StateEntered") and it.state == state]
        return [json.loads(it.payload or "null") for it in found]

    def handlers(self) -> dict[str, Handler]:
        """All functions by step name."""
        return {name: self._handler(name) for name in sorted({function_of(state) for state in TASKS})}

    def _handler(self, name: str) -> Handler:
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            with self._lock:
                self.inputs[name].append(event)
                planned = self.failures[name].pop(0) if self.failures[name] else self.always.get(name)
            if planned:
                raise planned
            output: dict[str, Any] = (
                self.outputs[name] if name in self.outputs else getattr(self, f"_{name}", dict)(event)
            )
            return output

        return handler

    def _resolve_accounts(self, event: dict[str, Any]) -> dict[str, Any]:
        run = {"run_id": "weekly-2026-11-16", **event}
        plan = {
            "run": run,
            "accounts_key": "runs/a.json",
            "accounts": len(self.batches),
            "batches": self.batches,
        }
        return {**plan, "max_concurrency": self.max_concurrency, **self.plan}

    def _fetch_costs(self, event: dict[str, Any]) -> dict[str, Any]:
        name = event["batch"]["id"]
        if name in self.failing_batches:
            raise self.failing_batches[name]
        return {"batch_id": name, "status": "ok", "key": f"runs/{name}.parquet"}

    def _aggregate_costs(self, event: dict[str, Any]) -> dict[str, Any]:
        return {"run": event["run"], "report_key": "runs/report.aggregated.json"}

    def _detect_anomalies(self, event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "report_key": "runs/report.detected.json", "explain": self.incidents}

    def _explain_anomalies(self, event: dict[str, Any]) -> dict[str, Any]:
        name = event["incident"]["id"]
        if name in self.failing_incidents:
            raise self.failing_incidents[name]
        return {"incident_id": name, "status": "ok", "key": f"runs/causes/{name}.json"}

    def _build_card(self, event: dict[str, Any]) -> dict[str, Any]:
        messages = [
            {"channel": name, "key": f"runs/messages/{name}.json", "bytes": 7, "corrects": about}
            for about in (None, *((self.corrects,) if self.corrects else ()))
            for name in self.channels
        ]
        return {**event, "messages": messages}

    def _post_to_teams(self, event: dict[str, Any]) -> dict[str, Any]:
        """As the real step: a channel that has the report does not get it again."""
        name = event["message"]["channel"]
        if name in self.failing_channels:
            raise self.failing_channels[name]
        self.before_posting()
        post = f"correction to {name}" if event["message"].get("corrects") else name
        with self._lock:
            status = "already_delivered" if post in self.posted else "delivered"
            if status == "delivered":
                self.posted.append(post)
        return {"status": status, "bytes": event["message"]["bytes"], "channel": name}

    def _notify_failure(self, event: dict[str, Any]) -> dict[str, Any]:
        return {"place": "teams", "status": "delivered", "channel": "teams"}

    def _hold_for_redrive(self, event: dict[str, Any]) -> dict[str, Any]:
        """As the real step: raises the original error unless there was a redrive since it was recorded."""
        failed = event["failure"]
        if (event["redrive_count"] or 0) > failed["redriveCount"]:
            return event
        raise failure(failed["error"].replace(".", ""), "held")
