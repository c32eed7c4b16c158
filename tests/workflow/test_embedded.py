"""The embedded engine itself: what it touches, what it leaves alone, what it tells."""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.httpsession import URLLib3Session

from finopsguard.engine.embedded import load_definition, run_embedded
from finopsguard.engine.execution import PAYLOAD_LIMIT, Event, payload_bytes
from finopsguard.engine.functions import LocalFunctions
from finopsguard.models.run import is_embedded
from finopsguard.report.links import Console
from tests import planted
from tests.sweeps import sampled
from tests.workflow.fakes import HAPPY_PATH, REQUEST, Fakes, batch, failure

NO_RETRY = Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=2)


class Endpoint(ThreadingHTTPServer):
    """Answers every request with an empty JSON object and remembers its headers and body."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Endpoint)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers.get("X-Amz-Target", self.path)
        self.server.seen.append((target, self.headers["Authorization"], body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOWNKEYOFTHEUSER0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", planted.secret("key"))
    monkeypatch.setenv("AWS_REGION", "eu-south-2")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def run_in_a_handler(work: Any) -> Any:
    """Does the work inside a step, while the engine runs; returns its result or raises its error."""
    found: list[Any] = []
    problem: list[BaseException] = []

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        try:
            found.append(work(context))
        except BaseException as error:
            problem.append(error)
            raise
        return event

    fakes = Fakes()
    handlers = {**fakes.handlers(), "build_card": handler}
    run_embedded(REQUEST, wait_scale=0, functions=handlers)
    if problem:
        raise problem[0]
    return found[0]


def test_a_handler_reaches_the_endpoint_of_the_user_with_the_user_s_credentials(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", endpoint.url)

    def work(context: object) -> Any:
        client = boto3.session.Session().client("ce", region_name="us-east-1", config=NO_RETRY)
        return client.get_cost_and_usage(
            TimePeriod={"Start": "2026-01-01", "End": "2026-01-02"},
            Granularity="DAILY",
            Metrics=["UnblendedCost"],
        )

    run_in_a_handler(work)
    ((target, authorization, body),) = endpoint.seen
    assert target == "AWSInsightsIndexService.GetCostAndUsage"
    assert "Credential=AKIAOWNKEYOFTHEUSER0/" in authorization
    assert json.loads(body)["Granularity"] == "DAILY"


@sampled(every=3)
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("sts", "get_caller_identity"),
        ("organizations", "list_accounts"),
        ("secretsmanager", "list_secrets"),
        ("stepfunctions", "list_state_machines"),
        ("lambda", "list_functions"),
        ("s3", "list_buckets"),
    ],
)
def test_no_call_of_a_handler_is_answered_by_moto(
    service: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send(self: object, request: Any) -> Any:
        """Stands where a request leaves the process: there is no internet here."""
        sent.append(request.url)
        raise EndpointConnectionError(endpoint_url=request.url)

    monkeypatch.setattr(URLLib3Session, "send", send)

    def work(context: object) -> Any:
        session: Any = boto3.session.Session()
        return getattr(session.client(service, region_name="us-east-1", config=NO_RETRY), operation)()

    with pytest.raises(EndpointConnectionError):
        run_in_a_handler(work)
    assert len(sent) == 1
    assert ".amazonaws.com/" in sent[0]


def test_environment_and_credentials_are_as_they_were() -> None:
    before = dict(os.environ)
    seen = run_in_a_handler(lambda context: dict(os.environ))
    assert seen == before
    assert dict(os.environ) == before


def test_moto_is_imported_by_a_run_and_by_nothing_else() -> None:
    code = (
        "import sys, finopsguard.engine.embedded, finopsguard.engine.aws, finopsguard.engine.progress\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('moto', 'jsonata', 'boto3')]\n"
        "finopsguard.engine.embedded.run_embedded({}, wait_scale=0, start_at='ResumeFailedStep')\n"
        "assert 'moto.stepfunctions' in sys.modules\n"
        "assert 'moto.ec2' not in sys.modules, 'nobody needs it, and it takes seconds'\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_it_prints_nothing_whatever_happens(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    fakes.failures["resolve_accounts"] = [failure("StoreUnavailable")]
    with caplog.at_level(logging.DEBUG):
        fakes.run()
    assert capfd.readouterr() == ("", "")
    assert [it.name for it in caplog.records if it.name.startswith(("moto", "jsonata"))] == []


def broken_listener(event: Event) -> None:
    raise KeyError(event.id)


@pytest.mark.parametrize("broken", [False, True])
def test_everything_that_was_corrected_in_moto_is_put_back(broken: bool) -> None:
    hooks: Any = importlib.import_module("finopsguard.engine.moto_hooks")

    watched = (
        (hooks.StringJSONata, "_eval_body"),
        (hooks.lambda_eval_utils, "execute_lambda_function_integration"),
        (hooks.JitterStrategyDecl, "_eval_body"),
        (hooks.ErrorEqualsDecl, "_eval_body"),
        (hooks.state, "is_within_size_quota"),
        (hooks.state_task_service, "is_within_size_quota"),
    )
    moto = logging.getLogger("moto")
    before = [getattr(owner, name) for owner, name in watched]
    settings = (sys.getrecursionlimit(), moto.propagate, list(moto.handlers))
    inside = run_in_a_handler(lambda context: [getattr(owner, name) for owner, name in watched])
    assert all(a is not b for a, b in zip(before, inside, strict=True))
    if broken:
        with pytest.raises(KeyError):
            run_embedded(REQUEST, wait_scale=0, functions=Fakes().handlers(), on_event=broken_listener)
    assert [getattr(owner, name) for owner, name in watched] == before
    assert (sys.getrecursionlimit(), moto.propagate, list(moto.handlers)) == settings


def test_a_map_of_a_thousand_items_does_not_overrun_the_stack() -> None:
    """moto's worker calls itself once for every item."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(900)
    try:
        assert run_in_a_handler(lambda context: sys.getrecursionlimit()) >= 10_000
        assert sys.getrecursionlimit() == 900
    finally:
        sys.setrecursionlimit(before)


def test_an_oversized_output_needs_a_catcher_of_its_own() -> None:
    """States.ALL matches neither States.DataLimitExceeded nor States.Runtime (AWS: Handling errors)."""
    large = {"work": lambda event, context: {"text": "x" * 300_000}}
    for names, status in ((["States.ALL"], "FAILED"), (["States.DataLimitExceeded"], "SUCCEEDED")):
        outcome = interpret_one({"Catch": [{"ErrorEquals": names, "Next": "Caught"}]}, large)
        assert outcome.status == status


def test_the_limit_of_a_payload_is_aws_s_to_the_byte() -> None:
    """262,144 bytes of UTF-8, without the spaces and escapes of Python's own JSON."""
    for size, status in ((PAYLOAD_LIMIT, "SUCCEEDED"), (PAYLOAD_LIMIT + 1, "FAILED")):
        frame = payload_bytes({"a": "", "b": [1, 2]})
        data = {"a": "ñ" * 1000 + "x" * (size - frame - 2000), "b": [1, 2]}
        assert payload_bytes(data) == size
        outcome = interpret_one({"Output": "{% $states.input %}"}, {"work": lambda event, context: {}}, data)
        assert outcome.status == status


def test_null_is_a_value_and_undefined_is_an_error() -> None:
    echo = {"work": lambda event, context: event}
    found = interpret_one({"Output": "{% $states.input.there %}"}, echo, {"there": None})
    assert (found.status, found.output) == ("SUCCEEDED", None)
    missing = interpret_one({"Output": "{% $states.input.missing %}"}, echo, {"there": None})
    assert (missing.status, missing.error) == ("FAILED", "States.QueryEvaluationError")
    assert "$states.input.missing" in str(missing.cause)
    broken = interpret_one({"Output": "{% $states.input.there + 'x' %}"}, echo, {"there": 1})
    assert (broken.status, broken.error) == ("FAILED", "States.QueryEvaluationError")


def interpret_one(more: dict[str, Any], functions: dict[str, Any], request: Any = None) -> Any:
    """Interprets a machine of one task, which calls the function `work`, and a state for what it catches."""
    interpret = importlib.import_module("finopsguard.engine.moto_hooks").interpret
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:work", "Payload": {}},
        "Next": "Caught",
    }
    states = {"Work": {**task, **more}, "Caught": {"Type": "Pass", "End": True}}
    local = LocalFunctions(functions)
    execution = {
        "Id": "arn:aws:states:us-east-1:123456789012:execution:m:n",
        "Input": request,
        "RoleArn": "r",
    }
    return interpret(
        json.dumps({"QueryLanguage": "JSONata", "StartAt": "Work", "States": states}),
        context={"Execution": execution, "StateMachine": {"Id": "m", "Name": "m"}},
        region="us-east-1",
        invoke=lambda arn, payload: local.invoke(arn, payload, 10),
        wait_scale=0,
        on_history=lambda event: None,
    )


def test_executions_of_one_process_take_turns() -> None:
    fakes = [Fakes(batch(number) for number in range(3)) for _ in range(4)]
    ended: list[str] = []
    threads = [threading.Thread(target=lambda it=it: ended.append(it.run().status)) for it in fakes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["SUCCEEDED"] * 4
    assert [len(it.inputs["fetch_costs"]) for it in fakes] == [3] * 4


def test_only_the_wait_scale_shortens_the_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl

    waits: list[float] = []
    clock = type("Clock", (), {"sleep": staticmethod(waits.append)})
    monkeypatch.setattr(retrier_decl, "time", clock)
    monkeypatch.setattr(
        "random.uniform", lambda low, high: high
    )  # the longest wait that full jitter can draw
    fakes = Fakes()
    fakes.failures["post_to_teams"] = [failure("TeamsThrottled")] * 6
    run_embedded(REQUEST, wait_scale=1, functions=fakes.handlers())
    assert waits == [15, 30, 60, 120, 240, 300]
    waits.clear()
    fakes.failures["post_to_teams"] = [failure("TeamsThrottled")] * 2
    run_embedded(REQUEST, wait_scale=0.02, functions=fakes.handlers())
    assert waits == [pytest.approx(0.3), pytest.approx(0.6)]


def test_the_handler_gets_what_lambda_gives_it() -> None:
    context = run_in_a_handler(lambda it: it)
    assert context.function_name == "build_card"
    assert context.function_version == "$LATEST"
    assert context.invoked_function_arn == "arn:aws:lambda:eu-south-2:123456789012:function:build_card"
    assert len(context.aws_request_id) == 36
    assert 0 < context.get_remaining_time_in_millis() <= 130_000
    assert context.memory_limit_in_mb == "512"


def test_an_error_is_told_as_aws_s_runtime_client_tells_it() -> None:
    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise failure("CardTooLarge", 'Ñ "quoted"\nsecond line')

    answer = LocalFunctions({"build_card": handler}).invoke("arn:aws:lambda:x:0:function:build_card", "{}", 1)
    said = json.loads(answer.payload)
    assert answer.failed
    assert list(said) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (said["errorMessage"], said["errorType"]) == ('Ñ "quoted"\nsecond line', "CardTooLarge")
    assert "in handler" in said["stackTrace"][0]


def test_an_answer_that_is_not_json_fails_as_in_lambda() -> None:
    answer = LocalFunctions({"x": lambda event, context: {"a": datetime.now(UTC)}}).invoke("a:x", "{}", 1)
    assert answer.failed
    assert json.loads(answer.payload)["errorType"] == "Runtime.MarshalError"


def test_an_unknown_function_fails_as_in_lambda() -> None:
    answer = LocalFunctions().invoke("arn:aws:lambda:x:0:function:no_such_step", "{}", 1)
    assert answer.failed
    assert json.loads(answer.payload)["errorType"] == "Runtime.ImportModuleError"


def test_the_summary_is_what_execution_json_holds() -> None:
    fakes = Fakes()
    fakes.failures["detect_anomalies"] = [failure("StoreUnavailable")] * 2
    before = time.time()
    execution = fakes.run()
    told = json.loads(json.dumps(execution.to_json()))
    assert told["status"] == "SUCCEEDED"
    assert (told["error"], told["cause"]) == (None, None)
    delivered = {"status": "delivered", "bytes": 7, "channel": "teams"}
    assert told["output"] == {"run_id": "weekly-2026-11-16", "deliveries": [delivered]}
    assert told["name"].startswith("weekly-")
    assert told["arn"].endswith(f":123456789012:execution:finops-guard-embedded:{told['name']}")
    assert [it["name"] for it in told["states_entered"]] == HAPPY_PATH
    assert all(datetime.fromisoformat(it["at"]).timestamp() >= before - 1 for it in told["states_entered"])
    assert told["retries"] == {"DetectAnomalies": 2}
    assert told["events"] == len(fakes.events) == fakes.events[-1].id
    assert 0 < told["seconds"] < 60
    largest = max(len(it.payload or "") for it in fakes.events)
    assert largest * 0.8 < told["largest_payload_bytes"] <= largest


def test_events_name_the_state_in_which_they_happen() -> None:
    fakes = Fakes([batch(1), batch(2)])
    fakes.failures["fetch_costs"] = [failure("CostExplorerThrottled", "Slow down.")]
    fakes.run()
    failed = [it for it in fakes.events if it.type == "TaskFailed"]
    assert [(it.state, it.error) for it in failed] == [("FetchBatchCosts", "CostExplorerThrottled")]
    assert [it.state for it in fakes.events if it.retry] == ["FetchBatchCosts"]
    assert [it.items for it in fakes.events if it.type == "MapStateStarted"] == [2, 1, 1]
    assert [it.id for it in fakes.events] == list(range(1, len(fakes.events) + 1))


@sampled(every=2)
@pytest.mark.parametrize(
    ("region", "costs"),
    [("cn-north-1", "https://cn-northwest-1.console.amazonaws.cn/"), ("us-gov-west-1", "None")],
)
def test_links_of_a_run_are_of_the_console_of_its_region_s_partition(
    region: str, costs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    console = Console(run_embedded(REQUEST, wait_scale=0, functions=Fakes().handlers()).arn)
    assert (is_embedded(console.execution), console.execution_page()) == (True, None)
    assert str(console.anomalies()).startswith(costs)


def test_every_substitution_of_the_file_is_filled() -> None:
    text = json.dumps(load_definition("eu-south-2"))
    assert "${" not in text
    assert "arn:aws:lambda:eu-south-2:123456789012:function:hold_for_redrive" in text
