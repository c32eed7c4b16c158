"""What the state machine's expressions were given and what came out, over the ways that an execution can take.

tests/browser evaluates the same in JSONata's reference implementation (npm's jsonata), which is what AWS names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from finopsguard.engine import moto_hooks
from tests.workflow.fakes import INNER, REQUEST, Fakes, batch, failure
from tests.workflow.machine import TASKS, function_of

Evaluated = Mapping[str, Any]
"""`expression`, the data under `states`, and its `result`; without one it is undefined, or failed."""


def recorded() -> list[Evaluated]:
    """Each expression with each data that it met, once."""
    found: dict[str, Evaluated] = {}

    def record(expression: str, states: Any, result: Any, *, defined: bool) -> None:
        case = {"expression": expression, "states": states, **({"result": result} if defined else {})}
        found[json.dumps(case, sort_keys=True)] = json.loads(json.dumps(case))

    evaluate = moto_hooks._evaluate

    def recording(self: Any, env: Any) -> None:
        states = json.loads(json.dumps(env.states._states_data))
        try:
            evaluate(self, env)
        except Exception:
            record(self.expression, states, None, defined=False)
            raise
        record(self.expression, states, env.stack[-1], defined=True)

    moto_hooks._evaluate = recording
    try:
        for way in ways():
            way()
    finally:
        moto_hooks._evaluate = evaluate
    return list(found.values())


def ways() -> Iterator[Callable[[], object]]:
    """Executions that end well, fail at each step, lose data, and are redriven."""
    yield Fakes([batch(1), batch(2, role_arn="arn:aws:iam::000000000002:role/x")]).run
    for state in TASKS:
        yield lambda state=state: _failing(state, redrive=state not in INNER)  # type: ignore[misc]
    yield _quoted
    yield _read_again
    yield _one_channel_of_two
    yield _corrected
    yield lambda: Fakes().run(redrive_count=None)
    for state in ("AggregateCosts", "DetectAnomalies"):
        yield lambda state=state: _emptied(state)  # type: ignore[misc]


def _failing(state: str, *, redrive: bool) -> None:
    fakes = Fakes()
    if state in ("NotifyFailure", "HoldForRedrive"):
        fakes.always["build_card"] = failure("CardTooLarge")
    fakes.always[function_of(state)] = failure("KeyError" if redrive else "CostExplorerAccessDenied")
    fakes.run()
    fakes.always.clear()
    if redrive and fakes.entered("HoldForRedrive"):
        fakes.redrive()


def _quoted() -> None:
    """Text that is markup or code elsewhere is text."""
    fakes = Fakes()
    fakes.plan = {"notes": ["{% $states %}", 'a"b\\', "ñ", "\U0001f600"]}
    fakes.always["detect_anomalies"] = failure("CostsIncomplete", '"} %}' + "x" * 5_000)
    fakes.run()


def _corrected() -> None:
    fakes = Fakes()
    fakes.corrects = "weekly-2026-11-09"
    fakes.run()


def _read_again() -> None:
    """Too many accounts are missing: a redrive begins with the request, that of a report made again by force too."""
    for revision in ({}, {"revision": 2}):
        fakes = Fakes()
        fakes.plan = {"run": {"run_id": "weekly-2026-11-16", **REQUEST, **revision}}
        fakes.always["aggregate_costs"] = failure("TooManyAccountsMissing")
        fakes.run()
        fakes.always.clear()
        fakes.redrive()


def _one_channel_of_two() -> None:
    fakes = Fakes()
    fakes.channels = ["teams", "other"]
    fakes.failing_channels = {"other": failure("TeamsRejected")}
    fakes.run()
    fakes.failing_channels = {}
    fakes.redrive()


def _emptied(state: str) -> None:
    """A step that answers with nothing of what the next one is given."""
    fakes = Fakes()
    fakes.outputs[function_of(state)] = {}
    fakes.run()
