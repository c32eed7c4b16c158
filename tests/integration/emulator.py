"""AWS over HTTP on the loopback: moto's server, whose Lambda runs our functions.

`python -m tests.integration.emulator` prints its port and ends when its standard input does. A function that is created
with the description `functions/<step>` runs that folder's `app.py`. Stock moto, but for JSONata (it has no evaluator),
for what a Lambda invocation does (without Docker it only echoes), for the waits between retries, and for how often a
definition is parsed.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from finopsguard import resources
from finopsguard.engine import moto_hooks
from tests.integration.lambda_runtime import Function

_FUNCTIONS: dict[str, Function] = {}


def deploy(created: Any) -> None:
    """Starts the children of a function that moto has created, so that they are ready when they are called."""
    step = created.description.removeprefix("functions/")
    _FUNCTIONS[created.function_name] = Function(
        created.function_arn,
        resources.folder("functions") / step,
        created.environment_vars,
        seconds=created.timeout,
    )


def create_function(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Replaces LambdaSimpleBackend's: creates and deploys."""
    created = _create(self, *args, **kwargs)
    deploy(created)
    return created


def invoke(
    self: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
) -> bytes:
    """Replaces LambdaSimpleBackend's; raises what moto raises for a function that does not exist."""
    function = _FUNCTIONS[self.get_function(function_name, qualifier).function_name]
    answer = function.invoke(body.encode() if isinstance(body, str) else body)
    if answer.failed:
        response_headers["x-amz-function-error"] = "Unhandled"
    return answer.payload


_create = LambdaSimpleBackend.create_function


def main() -> None:
    """Serves until standard input is closed."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    LambdaSimpleBackend.create_function = create_function  # type: ignore[method-assign]
    LambdaSimpleBackend.invoke = invoke  # type: ignore[method-assign]
    StringJSONata._eval_body = moto_hooks._evaluate  # type: ignore[method-assign]
    EventManager.wait_scale = float(os.environ["FINOPSGUARD_WAIT_SCALE"])  # type: ignore[attr-defined]
    JitterStrategyDecl._eval_body = moto_hooks._scaled(JitterStrategyDecl._eval_body)  # type: ignore[assignment,method-assign]
    # moto parses a definition when it is created and for each execution; what changes meanwhile is not in it.
    AmazonStateLanguageParser.parse = staticmethod(cache(AmazonStateLanguageParser.parse))  # type: ignore[method-assign]
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    os.environ["MOTO_PORT"] = str(port)  # where moto's Step Functions finds Lambda
    print(port, flush=True)
    sys.stdin.read()
    for function in _FUNCTIONS.values():
        function.close()
    os._exit(0)  # there is nothing to save, and an orderly end takes seconds


if __name__ == "__main__":
    main()
