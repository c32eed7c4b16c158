"""The handler border: what every Lambda function does around its step, written once.

`functions/<step>/app.py` is `handler = step(<step>.run)`. The border checks the input against its contract, gives the
step its adapters, checks the output, and sends logs, metrics and traces. A step itself is a plain function.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from finopsguard import contracts, telemetry
from finopsguard.config import Settings
from finopsguard.wiring import Adapters, adapters_for

In = TypeVar("In")
Out = TypeVar("Out")

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def step(run: Callable[[In, Adapters], Out]) -> Handler:
    """Makes a Lambda handler of a step; its input contract is the type of the step's first parameter.

    The handler raises the step's own errors, so that their names reach the state machine's Retry and Catch.
    """

    def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
        with telemetry.invocation(run.__module__.rpartition(".")[2], event):
            settings = Settings.from_env(os.environ)
            result = run(contracts.from_json(_input_contract(run), event), adapters_for(settings))
            telemetry.record(result)
            return contracts.to_json(result)

    return handler


def _input_contract(run: Callable[..., Any]) -> type[Any]:
    hints: Mapping[str, type[Any]] = get_type_hints(run)
    return next(iter(hints.values()))
