# ruff: noqa: E402, SLF001 - private members are what this file is about, and one import must come before others
"""moto's interpreter of the Amazon States Language, and every private part of it that is used or corrected here.

moto answers no boto3 client in this process: `mock_aws` is never started. The interpreter is called directly, as a
library, so whatever a handler calls leaves for the real world with the caller's own credentials and endpoints. Nothing
outside this file knows moto. pyproject.toml pins it; docs/adr/0004-the-engine.md says what an update must check.

Used: `AmazonStateLanguageParser.parse` (the definition), `Environment` (one execution's state), `EventManager` (its
history), `Program.eval` (runs it). Every frame of an execution shares one event manager, so a subclass of it,
`_Recorder`, carries what the corrections below need. It also ends an execution at AWS's limit of 25,000 events, which
moto does not know: a definition that goes round for ever ends here too.

Corrected while an execution runs (`_corrected` restores all of it):

1. `StringJSONata._eval_body`: moto pastes the state's data into the text of the expression and calls an evaluator that
   it does not have. Here jsonata-python gets the data as the variable `$states`. So data can never become code (a `{%`
   or a quote in an account's name), an absent value is told from null, and 256 KiB take milliseconds.
2. `lambda_eval_utils.execute_lambda_function_integration`: moto calls Lambda through boto3; here our function is
   called. The error's cause stays the text that the function sent.
3. `JitterStrategyDecl._eval_body`: the last step of computing a retry's wait; `wait_scale` multiplies its result.
4. `ErrorEqualsDecl._eval_body`: AWS documents that States.ALL matches neither States.DataLimitExceeded nor
   States.Runtime; in moto it matches both.
5. `is_within_size_quota`: moto counts the spaces and the escapes of its own JSON text; AWS counts UTF-8 (a payload of
   262,144 bytes is allowed). `_fits` counts as AWS documents it.
6. `IterationWorker._eval_pool` calls itself for every item, so a Map of a thousand items at concurrency 1 would overrun
   Python's recursion limit and hang; the limit is raised (`sys.setrecursionlimit`; jsonata-python raises it for good).
7. Loggers below `moto`: it logs every failure of a state as an error; the history already tells it.

And while it is imported: of AWS Batch the interpreter needs the names of a job's states, and with `moto.batch.models`
come moto's models of EC2, which read the instance types of all regions. That is more than half of the time that all of
moto takes to be imported, so an empty module stands there meanwhile.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

_NO_BATCH = ModuleType("moto.batch.models")
_NO_BATCH.batch_backends = None  # type: ignore[attr-defined]
sys.modules.setdefault(_NO_BATCH.__name__, _NO_BATCH)

from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import HistoryEventType, StateMachineType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError, ProgramTimedOut
from moto.stepfunctions.parser.asl.eval.states import ContextObjectData
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from finopsguard.engine.execution import PAYLOAD_LIMIT, Status, payload_bytes
from finopsguard.engine.functions import Answer

if sys.modules.get(_NO_BATCH.__name__) is _NO_BATCH:
    del sys.modules[_NO_BATCH.__name__]  # whoever wants moto's finds it

Invoke = Callable[[str, str], Answer]

_RECURSION_LIMIT = 10_000
# AWS: Step Functions service quotas, "Maximum execution history size".
_EVENT_LIMIT = 25_000
_TOO_MANY_EVENTS = {
    "error": "States.Runtime",
    "cause": f"The execution reached the limit of {_EVENT_LIMIT} history events.",
}
_NEVER_BY_ALL = ("States.DataLimitExceeded", "States.Runtime")
_ONE_AT_A_TIME = threading.Lock()
_EVALUATING = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """How an execution ended."""

    status: Status
    output: Any = None
    error: str | None = None
    cause: str | None = None


def interpret(
    definition: str,
    *,
    context: Mapping[str, Any],
    region: str,
    invoke: Invoke,
    wait_scale: float,
    on_history: Callable[[Mapping[str, Any]], None],
) -> Outcome:
    """Runs a definition (ASL, all substitutions done) to its end in this process.

    `context` is the context object's `Execution` and `StateMachine` (AWS: The Context object).
    `on_history` gets every history event, in order, one at a time. Executions of one process take turns.
    """
    execution = context["Execution"]
    environment = Environment(
        aws_execution_details=AWSExecutionDetails(
            account=execution["Id"].split(":")[4], region=region, role_arn=execution["RoleArn"]
        ),
        execution_type=StateMachineType.STANDARD,
        context=ContextObjectData(**context),  # type: ignore[typeddict-item]
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store={},
    )
    recorder = environment.event_manager = _Recorder(environment, invoke, wait_scale, on_history)
    with _ONE_AT_A_TIME, _corrected():
        program = _program(definition)
        recorder.add_event(
            environment.event_history_context,
            HistoryEventType.ExecutionStarted,
            _details("executionStarted", input=json.dumps(execution["Input"]), roleArn=execution["RoleArn"]),
            update_source_event_id=False,
        )
        program.eval(environment)
    return Outcome("FAILED", **_TOO_MANY_EVENTS) if recorder.full else _outcome(environment)


@lru_cache(maxsize=16)
def _program(definition: str) -> Program:
    """The parsed definition; all that changes while it runs is in the environment."""
    return AmazonStateLanguageParser.parse(definition)[0]  # type: ignore[return-value]


def _outcome(environment: Environment) -> Outcome:
    ended = environment.program_state()
    if isinstance(ended, ProgramEnded):
        return Outcome("SUCCEEDED", output=environment.states.get_input())
    if isinstance(ended, ProgramError):
        details: Mapping[str, Any] = ended.error or {}
        return Outcome("FAILED", error=details.get("error"), cause=details.get("cause"))
    if isinstance(ended, ProgramTimedOut):
        return Outcome("TIMED_OUT", error="States.Timeout")
    return Outcome("ABORTED")


class _Recorder(EventManager):
    """An execution's history, with what its frames need: how to call functions, how to scale waits."""

    def __init__(
        self,
        environment: Environment,
        invoke: Invoke,
        wait_scale: float,
        on_history: Callable[[Mapping[str, Any]], None],
    ) -> None:
        super().__init__()
        self.full = False
        self._environment = environment
        self.invoke = invoke
        self.wait_scale = wait_scale
        self._on_history = on_history

    def _publish_history_event(self, *args: Any, **details: Any) -> None:
        """Called by `add_event` under its mutex: events are published in order, one at a time."""
        super()._publish_history_event(*args, **details)
        self._on_history(self._history_event_list[-1])
        if len(self._history_event_list) == _EVENT_LIMIT:
            self.full = True
            self._environment.set_error(_TOO_MANY_EVENTS)  # type: ignore[arg-type]


@contextmanager
def _corrected() -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, replacement in (
            (StringJSONata, "_eval_body", _evaluate),
            (lambda_eval_utils, "execute_lambda_function_integration", _invoke),
            (JitterStrategyDecl, "_eval_body", _scaled(JitterStrategyDecl._eval_body)),
            (ErrorEqualsDecl, "_eval_body", _documented(ErrorEqualsDecl._eval_body)),
            (state, "is_within_size_quota", _fits),
            (state_task_service, "is_within_size_quota", _fits),
        ):
            stack.enter_context(patch.object(owner, name, replacement))
        limit = sys.getrecursionlimit()
        stack.callback(sys.setrecursionlimit, limit)
        sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
        stack.enter_context(_silenced(logging.getLogger("moto")))
        yield


@contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    handler, propagate = logging.NullHandler(), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = propagate
        logger.removeHandler(handler)


def _evaluate(self: Any, env: Any) -> None:
    """Replaces StringJSONata._eval_body; the result is plain JSON data of its own."""
    try:
        with _EVALUATING:  # a parsed expression keeps state while it is evaluated
            result = _parsed(self.expression).evaluate(None, {"states": env.states._states_data})
        if result is None:
            raise _query_failed(
                env, f"The JSONata expression '{self.expression}' returned nothing (undefined)."
            )
        env.stack.append(json.loads(json.dumps(Utils.convert_nulls(result))))
    except (JException, TypeError) as error:
        raise _query_failed(env, f"The JSONata expression '{self.expression}' failed: {error}") from error


@cache
def _parsed(expression: str) -> Jsonata:
    parsed = Jsonata(expression)
    parsed.set_output_convert_nulls(False)  # so that null and undefined differ
    return parsed


def _query_failed(env: Any, cause: str) -> FailureEventException:
    kind = StatesErrorNameType.StatesQueryEvaluationError
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.EvaluationFailed,
            event_details=_details("evaluationFailed", error=kind.to_name(), cause=cause),
        )
    )


def _invoke(env: Any, parameters: Mapping[str, Any], region: str, state_credentials: Any) -> None:  # noqa: ARG001
    """Replaces execute_lambda_function_integration; `parameters` are those of Lambda's Invoke."""
    answer = env.event_manager.invoke(parameters["FunctionName"], parameters["Payload"].decode())
    if answer.failed:
        error = json.loads(answer.payload)["errorType"]
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=_error_name(error),
                event_type=HistoryEventType.TaskFailed,
                event_details=_details(
                    "taskFailed", error=error, cause=answer.payload, resource="invoke", resourceType="lambda"
                ),
            )
        )
    env.stack.append({"ExecutedVersion": "$LATEST", "Payload": json.loads(answer.payload), "StatusCode": 200})


def _fits(value: Any) -> bool:
    """Replaces is_within_size_quota."""
    return payload_bytes(value) <= PAYLOAD_LIMIT


def _details(kind: str, **fields: str) -> Any:
    """Details of a history event, as GetExecutionHistory names them."""
    return {f"{kind}EventDetails": fields}


def _error_name(name: str) -> ErrorName:
    """HoldForRedrive raises whatever failed, so a function can fail under one of Step Functions' own names too."""
    return StatesErrorName.from_name(name) if name.startswith("States.") else CustomErrorName(name)


def _scaled(compute: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Wraps the step that leaves a retry's wait, in seconds, on the stack."""

    def wait(self: Any, env: Any) -> None:
        compute(self, env)
        env.stack.append(env.stack.pop() * env.event_manager.wait_scale)

    return wait


def _documented(match: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Wraps the step that replaces an error on the stack by whether `ErrorEquals` matches it."""

    def matches(self: Any, env: Any) -> None:
        error = env.stack[-1]
        match(self, env)
        if error.error_name in _NEVER_BY_ALL and error not in self.error_names:
            env.stack[-1] = False

    return matches
