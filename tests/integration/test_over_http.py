"""The whole job over HTTP: Step Functions, Lambda under AWS's runtime client, S3, Secrets Manager, a Teams workflow."""

from __future__ import annotations

import json

from finopsguard.engine.execution import PAYLOAD_LIMIT, Execution
from finopsguard.store import keys
from tests.integration.conftest import Stack
from tests.sweeps import exhaustive
from tests.workflow.fakes import INNER

MONDAY = "2026-11-23T08:00:00Z"


def names(execution: Execution) -> list[str]:
    return [state.name for state in execution.states_entered if state.name not in INNER]


def statuses(execution: Execution) -> list[str]:
    return [it["status"] for it in execution.output["deliveries"]]


@exhaustive(beside="tests/workflow/test_real_steps.py::test_a_report_is_made_and_posted_once")
def test_a_report_is_made_and_posted_once(stack: Stack) -> None:
    first = stack.run(report="weekly", scheduled_time=MONDAY)
    assert (first.status, first.error, first.cause) == ("SUCCEEDED", None, None)
    assert names(first) == [
        "ResolveAccounts",
        "FetchCosts",
        "AggregateCosts",
        "DetectAnomalies",
        "ExplainAnomalies",
        "BuildCard",
        "PostToTeams",
        "CheckDeliveries",
        "SendEvents",
        "Delivered",
    ]
    assert statuses(first) == ["delivered"]
    assert 0 < first.largest_payload_bytes < PAYLOAD_LIMIT / 4
    (message,) = stack.teams.workflows.messages()
    report = stack.stored("runs/weekly-2026-11-16-mock/report.json")
    assert report["execution"] == first.arn
    own = keys.execution_name(first.arn)
    assert message == stack.stored(f"runs/weekly-2026-11-16-mock/messages/{own}/teams.json")

    second = stack.run(report="weekly", scheduled_time=MONDAY)
    assert (second.status, statuses(second)) == ("SUCCEEDED", ["already_delivered"])
    assert len(stack.teams.workflows.posts) == 1


@exhaustive(beside="tests/integration/test_run_weekly.py::test_a_teams_that_refuses_the_card_fails_the_run")
def test_a_refused_card_ends_under_its_own_name_and_is_told(stack: Stack) -> None:
    before = len(stack.teams.workflows.messages())
    stack.teams.workflows.answer(400)
    failed = stack.run(report="daily", scheduled_time=MONDAY)
    assert (failed.status, failed.error) == ("FAILED", "TeamsRejected")
    assert names(failed)[-4:] == ["PostToTeams", "CheckDeliveries", "NotifyFailure", "HoldForRedrive"]
    assert failed.retries == {}
    assert len(failed.reason) > 20
    alerts = stack.teams.workflows.messages()[before:]
    assert len(alerts) >= 1
    assert "TeamsRejected" in json.dumps(alerts[-1])


@exhaustive(beside="tests/workflow/test_failures.py::test_a_batch_that_stays_unreadable_becomes_data")
def test_a_function_that_is_gone_ends_under_lambda_s_own_name_without_its_dot(stack: Stack) -> None:
    stack.client("lambda").delete_function(FunctionName=stack.functions["detect_anomalies"])
    failed = stack.run(report="daily", scheduled_time="2026-11-22T08:00:00Z")
    assert (failed.status, failed.error) == ("FAILED", "LambdaResourceNotFoundException")
    assert names(failed)[-3:] == ["DetectAnomalies", "NotifyFailure", "HoldForRedrive"]
