"""Lambda in this process: finds the real handlers, calls them as Lambda would, and answers as Lambda would."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from finopsguard import resources
from finopsguard.runtime import Handler

_LOADED: dict[str, Handler] = {}
_LOADING = threading.RLock()


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda gives a handler besides its event (AWS: Lambda context object in Python)."""

    function_name: str
    invoked_function_arn: str
    deadline: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "512"
    log_group_name: str = ""
    log_stream_name: str = ""
    identity: None = None
    client_context: None = None
    tenant_id: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the state's timeout."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Answer:
    """A function's response payload as JSON text; `failed` as X-Amz-Function-Error tells it."""

    payload: str
    failed: bool = False


class LocalFunctions:
    """The functions by step name (`fetch_costs`): those given, and the real ones from `functions/<step>/app.py`."""

    def __init__(self, given: Mapping[str, Handler] | None = None) -> None:
        self._given = dict(given or {})

    def invoke(self, arn: str, payload: str, seconds: float) -> Answer:
        """Calls the function whose ARN ends in the step's name; `seconds` is the time it has.

        An exception becomes the error payload that AWS's runtime client sends for it (`awslambdaric`: errorMessage,
        errorType, requestId, stackTrace), so Retry and Catch see the same names as in AWS.
        """
        name = arn.rpartition(":")[2]
        context = LambdaContext(name, arn, deadline=time.monotonic() + seconds)
        try:
            handler = self._given.get(name) or _load(name)
        except (ImportError, SyntaxError, FileNotFoundError) as error:
            return _error("Runtime.ImportModuleError", f"Unable to import module 'app': {error}", context)
        try:
            result = handler(json.loads(payload), context)
        except Exception as error:  # noqa: BLE001 - this is Lambda's own border: every exception becomes an answer
            frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
            return _error(type(error).__name__, str(error), context, frames)
        try:
            return Answer(json.dumps(result, ensure_ascii=False))
        except (TypeError, ValueError) as error:
            return _error("Runtime.MarshalError", f"Unable to marshal response: {error}", context)


def _load(name: str) -> Handler:
    """The handler in `functions/<name>/app.py`; each file is run once in a process."""
    with _LOADING:
        if name not in _LOADED:
            path = resources.folder("functions") / name / "app.py"
            spec = importlib.util.spec_from_file_location(f"finopsguard_functions.{name}", path)
            if spec is None or spec.loader is None:
                raise ImportError(f"{path} is not a Python module")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            _LOADED[name] = module.handler
        return _LOADED[name]


def _error(kind: str, message: str, context: LambdaContext, frames: list[str] | None = None) -> Answer:
    payload: dict[str, Any] = {
        "errorMessage": message,
        "errorType": kind,
        "requestId": context.aws_request_id,
        "stackTrace": frames or [],
    }
    return Answer(json.dumps(payload, ensure_ascii=False), failed=True)
