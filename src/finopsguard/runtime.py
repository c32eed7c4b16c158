"""The handler border: what every Lambda function does around its step, written once.

`functions/<step>/app.py` is `handler = step(<step>.run)`. The border checks the input against its contract, gives the
step what its signature asks for, checks the output, and sends logs, metrics and traces. A step is a plain function.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, get_type_hints

from finopsguard import contracts, telemetry, wiring

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def step(run: Callable[..., Any]) -> Handler:
    """Makes a Lambda handler of a step: its first parameter's type is its input contract, the others are its needs.

    The handler raises the step's own errors, so that their names reach the state machine's Retry and Catch.
    """

    def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
        with telemetry.invocation(run.__module__.rpartition(".")[2], event):
            arguments = wiring.wiring_for(os.environ).arguments(run)
            result = run(contracts.from_json(input_contract(run), event), **arguments)
            telemetry.record(result)
            return contracts.to_json(result)

    return handler


def input_contract(run: Callable[..., Any]) -> type[Any]:
    """The type of a step's first parameter."""
    contract: type[Any] = next(iter(get_type_hints(run).values()))
    return contract
