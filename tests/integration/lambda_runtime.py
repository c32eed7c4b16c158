"""Lambda without Docker: a function is a queue, a Runtime API on the loopback, and children under AWS's runtime client.

The children are `python -m awslambdaric app.handler`, as in Lambda's own image, forked from a process that has imported
the libraries (forks.py). They take invocations from the Runtime API (AWS: Using the Lambda runtime API for custom
runtimes) and answer there.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

# What a child keeps of the environment; Lambda gives it the rest.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_PREFIX = "/2018-06-01/runtime/"


class Answer(NamedTuple):
    """A function's payload, and whether it is an error (X-Amz-Function-Error)."""

    payload: bytes
    failed: bool


class _Invocation(NamedTuple):
    id: str
    payload: bytes
    deadline: float


class Function:
    """A deployed function. `children` serve as many invocations at once."""

    def __init__(
        self, arn: str, code: Path, environment: Mapping[str, str], *, seconds: float, children: int = 1
    ) -> None:
        self.arn = arn
        self.waiting: queue.Queue[_Invocation] = queue.Queue()
        self.answers: dict[str, Future[Answer]] = {}
        self._seconds = seconds
        self._server = _RuntimeApi(self)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._children = [self._start(code, environment) for _ in range(children)]

    def invoke(self, payload: bytes) -> Answer:
        """Waits for the answer, at most the function's timeout."""
        invocation = _Invocation(str(uuid.uuid4()), payload, time.time() + self._seconds)
        answer = self.answers[invocation.id] = Future()
        self.waiting.put(invocation)
        try:
            return answer.result(self._seconds)
        except TimeoutError:
            said = f"RequestId: {invocation.id} Error: Task timed out after {self._seconds:.2f} seconds"
            return Answer(json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": said}).encode(), True)
        finally:
            del self.answers[invocation.id]

    def close(self) -> None:
        """Ends the children and the Runtime API."""
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._server.server_close()

    def _start(self, code: Path, environment: Mapping[str, str]) -> int:
        given = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.arn.rpartition(":")[2],
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": "app.handler",
        }
        return _FORKS.fork(code, {**_kept(), **given, **environment})


class _Forks:
    """forks.py, from the first child on to the end of this process, whose pipe it reads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = Lock()

    def fork(self, code: Path, environment: Mapping[str, str]) -> int:
        """A child's process id."""
        with self._one_at_a_time:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, str(Path(__file__).with_name("forks.py"))],
                    env=_kept(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=sys.stderr,
                    text=True,
                )
            assert self._process.stdin
            assert self._process.stdout
            print(
                json.dumps({"code": str(code), "environ": environment}), file=self._process.stdin, flush=True
            )
            return int(self._process.stdout.readline())


def _kept() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


_FORKS = _Forks()


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, function: Function) -> None:
        self.function = function
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RuntimeApi

    def do_GET(self) -> None:
        """`invocation/next`: waits for the next invocation."""
        function = self.server.function
        invocation = function.waiting.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": function.arn,
        }
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """`invocation/<id>/response`, `invocation/<id>/error` or `init/error`, which fails all that wait."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        parts = self.path.removeprefix(_PREFIX).split("/")
        answers = self.server.function.answers
        found = (
            list(answers.values())
            if parts[0] == "init"
            else [answers[parts[1]]]
            if parts[1] in answers
            else []
        )
        for answer in found:
            answer.set_result(Answer(body, parts[-1] == "error"))
        self._answer(202, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""
