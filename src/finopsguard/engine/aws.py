"""The deployed engine: starts the state machine in AWS, or resumes an execution, and follows it to its end."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from finopsguard import contracts
from finopsguard.aws.bounds import MOST_HISTORY_PAGES, Pages
from finopsguard.aws.errors import Rule, complete, incomplete, texts, translated
from finopsguard.aws.executions import STEP_FUNCTIONS
from finopsguard.engine.execution import Event, Execution, History, OnEvent, Status
from finopsguard.errors import ExecutionUnavailable, InvalidConfiguration, InvalidInput
from finopsguard.models.messages import RunRequest

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_POLL_SECONDS = 2.0
# The history is eventually consistent (AWS: GetExecutionHistory), so its last event may come after the status.
_READS_FOR_THE_LAST_EVENT = 10
# Polls that may fail in a row, after botocore's own retries, while the execution goes on.
_LOST_POLLS = 5
_LOOK_THERE = "The execution goes on: look at it in the Step Functions console."

_NO_MACHINE = Rule(
    InvalidConfiguration,
    "{about} is not a state machine in this account and region."
    " Set FINOPSGUARD_STATE_MACHINE_ARN to the stack's output and AWS_REGION to its region.",
)
_START = replace(
    STEP_FUNCTIONS,
    denied_hint=" or the user that runs this command, on {about}",
    rejected=Rule(
        InvalidConfiguration,
        "Step Functions refused to start the execution. Check FINOPSGUARD_STATE_MACHINE_ARN.",
    ),
    rules={
        **STEP_FUNCTIONS.rules,
        "StateMachineDoesNotExist": (_NO_MACHINE,),
        "StateMachineDeleting": (_NO_MACHINE,),
        "InvalidArn": (_NO_MACHINE,),
        "ExecutionLimitExceeded": (
            Rule(
                ExecutionUnavailable,
                "Too many executions are open. Wait until some have ended and run again.",
            ),
        ),
    },
)
_REDRIVE = replace(
    STEP_FUNCTIONS,
    denied_hint=" or the user that runs this command, on {about}",
    rules={
        **STEP_FUNCTIONS.rules,
        "ExecutionNotRedrivable": (
            Rule(InvalidInput, "Step Functions does not resume {about}. Start one of the same report."),
        ),
        "ExecutionLimitExceeded": _START.rules["ExecutionLimitExceeded"],
    },
)


def run_deployed(
    request: Mapping[str, Any],
    state_machine_arn: str,
    client: SFNClient,
    *,
    sleep: Callable[[float], None] = time.sleep,
    on_event: OnEvent | None = None,
) -> Execution:
    """Starts the state machine on `request` and returns when the execution has ended, whatever its status.

    Raises InvalidConfiguration (no such state machine), ExecutionAccessDenied, ExecutionUnavailable and
    CredentialsMissing. An execution that was started goes on in AWS whatever happens to this call.
    """
    with translated(_START, about=state_machine_arn):
        started_as = client.start_execution(
            stateMachineArn=state_machine_arn,
            name=f"{request.get('report', 'run')}-{uuid.uuid4()}",
            input=json.dumps(request),
        )
        arn = complete(started_as, "executionArn")["executionArn"]
    return _followed(arn, _Follower(client, arn, History(on_event), sleep))


def redrive(
    execution: str,
    client: SFNClient,
    *,
    sleep: Callable[[float], None] = time.sleep,
    on_event: OnEvent | None = None,
) -> Execution:
    """Resumes a failed execution at the step that failed, and returns when it has ended again, whatever its status.

    `on_event` gets what happens from then on. Raises InvalidInput for an execution that cannot be resumed, with what to
    do instead, and what `run_deployed` raises.
    """
    with translated(_REDRIVE, about=execution), _documented():
        described = complete(client.describe_execution(executionArn=execution), "status")
        texts(described, "status", "redriveStatus", "redriveStatusReason", "input")
        _refuse_to_resume(described)
        count = int(described.get("redriveCount", 0))
        resumed = complete(client.redrive_execution(executionArn=execution), "redriveDate")
        since: datetime = resumed["redriveDate"]

    def from_then_on(event: Event) -> None:
        if on_event and event.at >= since:
            on_event(event)

    return _followed(
        execution, _Follower(client, execution, History(from_then_on), sleep, redrives=count + 1)
    )


def _refuse_to_resume(described: DescribeExecutionOutputTypeDef) -> None:
    """Raises InvalidInput where Step Functions would not resume it (AWS: DescribeExecution, redriveStatus)."""
    if described.get("redriveStatus") == "REDRIVABLE":
        return
    if described["status"] in ("RUNNING", "PENDING_REDRIVE"):
        raise InvalidInput("The execution runs already. Look at it in the Step Functions console.")
    if described["status"] == "SUCCEEDED":
        raise InvalidInput("The execution has succeeded: there is nothing to resume.")
    asked = contracts.from_json(RunRequest, json.loads(described.get("input") or "{}"))
    again = f"finopsguard run --engine aws --report {asked.report} --scheduled-time {asked.scheduled_time.isoformat()}"
    raise InvalidInput(
        f"Step Functions does not resume this execution ({described.get('redriveStatusReason') or 'no reason given'})."
        f" Start one of the same report: {again}"
    )


def _followed(arn: str, follower: _Follower) -> Execution:
    """The execution at its end."""
    described = follower.until_the_end()
    with translated(STEP_FUNCTIONS, about=arn), _documented():
        texts(described, "name", "error", "cause", "output")
        started = described["startDate"]
        output = described.get("output")
        return follower.history.summary(
            status=described["status"],
            name=described["name"],
            arn=arn,
            started=started,
            seconds=(described["stopDate"] - started).total_seconds(),
            error=described.get("error")
            or ("States.Timeout" if described["status"] == "TIMED_OUT" else None),
            cause=described.get("cause"),
            output=None if output is None else json.loads(output),
        )


@contextmanager
def _documented() -> Iterator[None]:
    """For use inside `translated`: what botocore passes on may lack any field, and have one of any type."""
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise incomplete(f"a field that is not as documented ({type(error).__name__})") from error


class _Follower:
    """Reads an execution's history as it grows, each event once."""

    def __init__(
        self,
        client: SFNClient,
        arn: str,
        history: History,
        sleep: Callable[[float], None],
        redrives: int = 0,
    ) -> None:
        self.history = history
        self._redrives = redrives
        self._client = client
        self._arn = arn
        self._sleep = sleep
        self._page: dict[str, Any] = {}  # the newest page, which may still grow
        self._last_id = 0
        self._complete = False

    def until_the_end(self) -> DescribeExecutionOutputTypeDef:
        """Polls until the execution has ended and its whole history was read."""
        lost = 0
        while True:
            try:
                described = self._poll()
                lost = 0
            except ExecutionUnavailable as error:
                lost += 1
                if lost > _LOST_POLLS:
                    raise ExecutionUnavailable(f"{error} The execution goes on: {self._arn}") from error
            else:
                if described["status"] in get_args(Status) and self._is_this_run(described):
                    break
            self._sleep(_POLL_SECONDS)
        for _ in range(_READS_FOR_THE_LAST_EVENT):
            if self._complete:
                break
            self._sleep(_POLL_SECONDS)
            self._poll()
        return described

    def _is_this_run(self, described: DescribeExecutionOutputTypeDef) -> bool:
        """What is described may be older than the redrive (AWS: DescribeExecution is eventually consistent)."""
        return described.get("redriveCount", 0) >= self._redrives

    def _poll(self) -> DescribeExecutionOutputTypeDef:
        """The status, and then the events so far: those of a status that is final are all there, or nearly."""
        with translated(STEP_FUNCTIONS, about=self._arn):
            described = complete(self._client.describe_execution(executionArn=self._arn), "status")
            if type(described.get("redriveCount", 0)) is not int:
                raise incomplete("redriveCount is no number")
            pages = Pages("The execution's history", MOST_HISTORY_PAGES, _LOOK_THERE)
            while True:
                pages.take()
                page = self._client.get_execution_history(
                    executionArn=self._arn, maxResults=1000, **self._page
                )
                complete(page, "events")
                with _documented():
                    for event in page["events"]:
                        if event["id"] > self._last_id:
                            self._last_id = event["id"]
                            self._complete = event["type"].startswith("Execution") and event["type"] not in (
                                "ExecutionStarted",
                                "ExecutionRedriven",
                            )
                            self.history.add(event)
                if "nextToken" not in page:
                    return described
                self._page = {"nextToken": page["nextToken"]}
