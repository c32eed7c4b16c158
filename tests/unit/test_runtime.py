"""The handler border, seen from its log: what a Lambda function writes and raises."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import telemetry
from finopsguard.errors import InvalidInput, TeamsThrottled
from finopsguard.models.messages import Alerted, BatchCosts, CostReport, Delivery, Heartbeat, RunRequest
from finopsguard.runtime import step
from tests.contracts import chain
from tests.unit.fakes import make_run

REQUEST = {"report": "weekly", "scheduled_time": "2026-11-23T08:00:00Z", "execution": "arn:execution"}

Log = Callable[[], list[dict[str, Any]]]


class Stdout:
    """Standard output as it is when something is written: pytest puts another one there for each phase of a test."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        """Nothing is kept here."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """What was logged and measured since it was last asked, line by line, as CloudWatch would get it."""
    logger = telemetry.logger()
    level = logger.log_level
    logger.setLevel("INFO")
    telemetry.metrics().clear_metrics()
    monkeypatch.setattr(logger.registered_handler, "stream", Stdout())
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logger.setLevel(level)


def test_every_line_carries_step_run_and_execution_and_no_payload(log: Log, tmp_path: Path) -> None:
    event = json.loads((chain.EVENTS / "fetch_costs.json").read_text("utf-8"))
    event |= {"accounts_key": None, "batch": {"id": "0001-aaaa", "accounts": ["999900001000"]}}
    chain.call("fetch_costs", event, str(tmp_path))
    lines = [line for line in log() if "message" in line]
    assert lines
    for line in lines:
        assert (line["step"], line["run_id"]) == ("fetch_costs", event["run"]["run_id"])
        assert line["execution"] == chain.EXECUTION
        assert "999900001000" not in json.dumps(line)


def test_keys_of_one_invocation_do_not_stay_for_the_next(log: Log) -> None:
    def run(request: RunRequest) -> Delivery:
        return Delivery("not_configured", 1, "teams")

    step(run)(REQUEST, None)
    telemetry.logger().info("outside")
    assert "execution" not in log()[-1]


def test_an_operator_reads_the_error_and_its_remedy(log: Log) -> None:
    def run(request: RunRequest) -> Delivery:
        raise TeamsThrottled("Teams asks to slow down.")

    with pytest.raises(TeamsThrottled):
        step(run)(REQUEST, None)
    line = log()[-1]
    assert (line["level"], line["error"], line["message_to_operator"]) == (
        "WARNING",
        "TeamsThrottled",
        "Teams asks to slow down.",
    )


def test_an_unforeseen_error_keeps_its_name_and_leaves_its_traceback_in_the_log(log: Log) -> None:
    def run(request: RunRequest) -> Delivery:
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        step(run)(REQUEST, None)
    assert "Traceback" in log()[-1]["exception"]


@pytest.mark.parametrize("event", [{}, {"report": "weekly"}, {"report": 7, "scheduled_time": []}, [], None])
def test_input_of_any_form_is_refused_by_the_contract(log: Log, event: Any) -> None:
    def run(request: RunRequest) -> Delivery:
        raise AssertionError("the step must not see it")

    with pytest.raises(InvalidInput, match="run_request"):
        step(run)(event, None)


@pytest.mark.parametrize(
    ("result", "metric", "value"),
    [
        (BatchCosts("b", "ok", requests=4), "CostExplorerRequests", 4),
        (BatchCosts("b", "ok", requests=4, cached=True), "CostExplorerRequests", 0),
        (Delivery("delivered", 10, "teams"), "CardsPosted", 1),
        (Delivery("already_delivered", 10, "teams"), "CardsPosted", 0),
        (Alerted("teams", "delivered", "teams"), "CardsPosted", 1),
        (Alerted("topic", "delivered", "teams"), "CardsPosted", 0),
        (Heartbeat(25, None), "DailyReportAgeHours", 25),
        (Heartbeat(None, 168), "WeeklyReportAgeHours", 168),
        (Heartbeat(None, 168, Decimal("41.5")), "CostExplorerMonthUsd", 41.5),
    ],
)
def test_metrics_are_what_the_output_tells(log: Log, result: Any, metric: str, value: float) -> None:
    telemetry.record(result)
    (line,) = log()
    assert line[metric] == [value]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("FinOpsGuard", [["service"]])


def test_the_bytes_of_an_export_are_sent_where_there_are_some(log: Log) -> None:
    report = CostReport(make_run(), "r", "c", "USD", Decimal(1), 1, 1, 0, 8)
    telemetry.record(replace(report, bytes_scanned=6_000_000_000))
    assert log()[0]["ExportBytes"] == [6_000_000_000]
    telemetry.record(report)
    assert "ExportBytes" not in log()[-1]


def test_an_age_that_is_not_known_is_not_sent(log: Log) -> None:
    telemetry.record(Heartbeat(None, 168))
    (line,) = log()
    assert "DailyReportAgeHours" not in line
    telemetry.record(Heartbeat(None, None))
    assert log() == []


def test_a_whole_report_sends_each_metric_that_operators_watch(log: Log, tmp_path: Path) -> None:
    chain.events(str(tmp_path))
    telemetry.metrics().clear_metrics()
    with_metrics = {"POWERTOOLS_METRICS_DISABLED": "false"}
    for name in ("aggregate_costs", "detect_anomalies", "post_to_teams"):
        event = json.loads((chain.EVENTS / f"{name}.json").read_text("utf-8"))
        chain.call(name, event, str(tmp_path), **with_metrics)
    sent = {key: line[key] for line in log() if "_aws" in line for key in line if key[0].isupper()}
    assert sent.keys() == {"AccountsMissing", "DataAgeHours", "Anomalies", "CardsPosted"}
    assert sent["AccountsMissing"] == [1]
    assert sent["DataAgeHours"] == [8]


def test_a_type_without_measures_sends_nothing(log: Log) -> None:
    telemetry.record(RunRequest("daily", datetime(2026, 11, 23, tzinfo=UTC)))
    assert log() == []


def test_threads_send_each_metric_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The iterations of a Map run side by side in the embedded engine."""
    start = threading.Barrier(8)
    flush = telemetry.metrics().flush_metrics

    def slowly() -> None:
        """Lets the other threads in between what one adds and what it sends."""
        time.sleep(0.001)
        flush()

    monkeypatch.setattr(telemetry.metrics(), "flush_metrics", slowly)

    def send() -> None:
        start.wait()
        for _ in range(20):
            telemetry.record(BatchCosts("b", "ok", requests=1))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(send) for _ in range(8)]:
            done.result()
    assert [line["CostExplorerRequests"] for line in log()] == [[1.0]] * 160


class Traces:
    """A tracer: the names of the parts that were opened."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.provider = self

    def in_subsegment(self, name: str) -> AbstractContextManager[None]:
        self.names.append(name)
        return nullcontext()


@pytest.mark.parametrize(
    ("in_lambda", "off", "names"),
    [("/var/task", "", ["## detect_anomalies"]), ("/var/task", "false", ["## detect_anomalies"])]
    + [("/var/task", off, []) for off in ("1", "true", "True", "yes", "on")]
    + [("", "", [])],
)
def test_a_step_is_traced_in_lambda_unless_that_is_off(
    monkeypatch: pytest.MonkeyPatch, in_lambda: str, off: str, names: list[str]
) -> None:
    traces = Traces()
    monkeypatch.setattr(telemetry, "_tracer", lambda: traces)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", in_lambda)
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", off)
    with telemetry.invocation("detect_anomalies", {}):
        pass
    assert traces.names == names
