"""A run in a process of its own, which can be killed: what the drills start."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Barrier
from typing import Any

from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event
from tests.faults.run import WAIT_SCALE, surroundings

_CHANGES = ("os.rename", "os.link", "os.remove", "os.mkdir")


def context() -> ForkServerContext:
    """Starts children from a process that has imported everything, and has no thread of its own."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["tests.faults.warm"])
    # The process that forks looks for modules where this one does.
    os.environ.setdefault("PYTHONPATH", os.pathsep.join(sys.path))
    return made


def start(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """A child that runs."""
    process = context().Process(target=target, args=arguments)
    process.start()
    return process


def run(settings: Mapping[str, str], now: datetime, request: Mapping[str, Any]) -> None:
    """The state machine's run, until the border kills it."""
    with surroundings(settings, now):
        run_embedded(request, wait_scale=WAIT_SCALE)


def run_together(
    settings: Mapping[str, str], now: datetime, request: Mapping[str, Any], barrier: Barrier, told: Any
) -> None:
    """The same when all others are ready; waits long enough between retries for the others to get on."""
    with surroundings(settings, now):
        barrier.wait(60)
        execution = run_embedded(request, wait_scale=0.01)
        told.put((request["report"], execution.status, execution.error, execution.output))


def die_at_state(settings: Mapping[str, str], now: datetime, request: Mapping[str, Any], nth: int) -> None:
    """Ends by SIGKILL when the nth state is entered."""
    entered = 0

    def on_event(event: Event) -> None:
        nonlocal entered
        entered += event.type.endswith("StateEntered")
        if entered == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    with surroundings(settings, now):
        run_embedded(request, wait_scale=WAIT_SCALE, on_event=on_event)


def die_at_write(
    settings: Mapping[str, str], now: datetime, request: Mapping[str, Any], nth: int, counted: Any
) -> None:
    """Ends by SIGKILL before the nth change of a file in the store's directory; 0 counts them."""
    folder = settings["FINOPSGUARD_STATE_DIR"]
    changes = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal changes
        opened = (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if (opened or event in _CHANGES) and str(arguments[0]).startswith(folder):
            changes += 1
            if changes == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    with surroundings(settings, now):
        run_embedded(request, wait_scale=WAIT_SCALE)
    if counted is not None:
        counted.put(changes)
