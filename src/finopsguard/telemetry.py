"""Logs, metrics and traces through Powertools: the frame configures them once, steps know nothing of them.

Every log line carries the execution and the run id. Payloads are never logged at INFO: they hold account names. On a
laptop the command line turns metrics and traces off (POWERTOOLS_METRICS_DISABLED, POWERTOOLS_TRACE_DISABLED).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, TextIO

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from finopsguard.errors import FinOpsGuardError
from finopsguard.models.messages import (
    Alerted,
    AnomalyReport,
    BatchCosts,
    CostReport,
    Delivery,
    EventsSent,
    Explanation,
    Heartbeat,
    RunPlan,
)

_SENDING = threading.Lock()
_TRUE = ("1", "true", "t", "yes", "y", "on")  # as Powertools reads a variable

# Whatever level the root logger has: urllib3 names the whole URL of a request (the webhook's, with its signature) where
# an answer's headers are odd; botocore shows bodies and headers at DEBUG, and who asked where a role cannot be assumed.
# Our own errors say what there is to know.
_LIBRARIES = {"urllib3": logging.CRITICAL, "botocore": logging.INFO, "botocore.credentials": logging.ERROR}
for _name, _level in _LIBRARIES.items():
    logging.getLogger(_name).setLevel(_level)


def service() -> str:
    """The stack's name in AWS, so that two stacks in one account keep their metrics apart."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME") or "finopsguard"


@cache
def logger() -> Logger:
    """The JSON logger; its level is POWERTOOLS_LOG_LEVEL."""
    return Logger(service=service())


@contextmanager
def log_to(stream: TextIO) -> Iterator[None]:
    """Writes the log there meanwhile; in Lambda it goes to standard output."""
    handlers = [each for each in logger().handlers if isinstance(each, logging.StreamHandler)]
    before = [handler.stream for handler in handlers]
    for handler in handlers:
        handler.stream = stream
    try:
        yield
    finally:
        for handler, usual in zip(handlers, before, strict=True):
            handler.stream = usual


def log_unreadable(keys: Iterable[str]) -> None:
    """Logs the keys of stored objects that cannot be read, and that the run does without."""
    for key in keys:
        logger().warning("a stored object cannot be read and is passed over", key=key)


def log_without(part: str, error: FinOpsGuardError) -> str:
    """Logs what a step does without, and what the operator can do; returns the error's name."""
    name = type(error).__name__
    logger().warning(f"done without {part}", error=name, message_to_operator=str(error))
    return name


def log_estimate(plan: RunPlan) -> None:
    """Logs the requests that reading costs takes, before any is made."""
    logger().info("the price of reading is estimated", fewest_requests=plan.fewest, most_requests=plan.most)


@cache
def metrics() -> Metrics:
    """Embedded metric format in the log, so that no call is made."""
    return Metrics(namespace="FinOpsGuard", service=service())


@cache
def _tracer() -> Tracer:
    return Tracer(service=service())


def _traced(step: str) -> AbstractContextManager[object]:
    """The step's part of the trace in X-Ray. Where nothing is traced its SDK, 0.2 s of start, is not loaded."""
    # Powertools: tracing is off outside Lambda, and where this variable says so.
    off = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in _TRUE
    if off or not os.environ.get("LAMBDA_TASK_ROOT"):
        return nullcontext()
    segment: AbstractContextManager[object] = _tracer().provider.in_subsegment(name=f"## {step}")
    return segment


@contextmanager
def invocation(step: str, event: object) -> Iterator[None]:
    """Surrounds one invocation: sets the log's keys, logs how it ended and traces it.

    Keys belong to the thread, for the embedded engine runs the iterations of a Map side by side.
    """
    log = logger()
    log.thread_safe_append_keys(step=step, **_identity(event))
    try:
        with _traced(step):
            yield
        log.info("done")
    except FinOpsGuardError as error:
        log.warning("failed", error=type(error).__name__, message_to_operator=str(error))
        raise
    except Exception:
        # The handler border: an unforeseen error is logged with its traceback and still fails the step.
        log.exception("failed unexpectedly")
        raise
    finally:
        log.thread_safe_clear_keys()


def record(result: object) -> None:
    """Sends the metrics that a step's output tells."""
    measured = [measure(result) for measure in _MEASURES.get(type(result), ())]
    known = [(name, unit, value) for name, unit, value in measured if value is not None]
    if not known:
        return
    # The collector is shared by threads: one that sends would take along what another is about to.
    with _SENDING:
        for name, unit, value in known:
            metrics().add_metric(name=name, unit=unit, value=value)
        metrics().flush_metrics()
        metrics().clear_metrics()


Measure = Callable[[Any], tuple[str, MetricUnit, float | None]]
"""A metric's name, unit and value; without a value, which an alarm notices, it is not sent."""

_MEASURES: Mapping[type, tuple[Measure, ...]] = {
    BatchCosts: (lambda it: ("CostExplorerRequests", MetricUnit.Count, 0 if it.cached else it.requests),),
    CostReport: (
        lambda it: ("AccountsMissing", MetricUnit.Count, it.accounts_expected - it.accounts_reported),
        lambda it: ("DataAgeHours", MetricUnit.Count, it.data_age_hours),
        lambda it: ("ExportBytes", MetricUnit.Bytes, it.bytes_scanned or None),
    ),
    Explanation: (lambda it: ("CostExplorerRequests", MetricUnit.Count, 0 if it.cached else it.requests),),
    AnomalyReport: (lambda it: ("Anomalies", MetricUnit.Count, it.anomalies),),
    Delivery: (lambda it: ("CardsPosted", MetricUnit.Count, int(it.status == "delivered")),),
    EventsSent: (lambda it: ("EventsSent", MetricUnit.Count, it.sent if it.status == "sent" else None),),
    Heartbeat: (
        lambda it: ("DailyReportAgeHours", MetricUnit.Count, it.daily_hours),
        lambda it: ("WeeklyReportAgeHours", MetricUnit.Count, it.weekly_hours),
        lambda it: ("MonthlyReportAgeHours", MetricUnit.Count, it.monthly_hours),
        lambda it: ("CostExplorerMonthUsd", MetricUnit.Count, float(it.month_usd)),
    ),
    Alerted: (
        lambda it: ("CardsPosted", MetricUnit.Count, int((it.place, it.status) == ("teams", "delivered"))),
    ),
}


def _identity(event: object) -> dict[str, str]:
    """Run id and execution wherever the contract keeps them: in `run`, on top, or in a failed input."""
    if not isinstance(event, dict):
        return {"run_id": "", "execution": ""}
    run = event.get("run")
    if not isinstance(run, dict):
        failed_input = event.get("input")
        run = failed_input.get("run") if isinstance(failed_input, dict) else None
    run = run if isinstance(run, dict) else {}
    return {
        "run_id": str(run.get("run_id", "")),
        "execution": str(event.get("execution") or run.get("execution", "")),
    }
