"""Every way a step can fail: retried, turned into data, or reported once and held for a redrive."""

from __future__ import annotations

from typing import Any

import pytest

from finopsguard.failures import plain_cause
from finopsguard.machine import deployed
from tests.sweeps import sampled
from tests.workflow.fakes import BEST_EFFORT, HAPPY_PATH, REQUEST, Fakes, batch, failure
from tests.workflow.machine import TASKS, function_of, retried, snake

FAILURE_BRANCH = ["NotifyFailure", "HoldForRedrive"]
FAILING = [step for step in deployed().steps if step not in BEST_EFFORT]
DELIVERED = {"status": "delivered", "bytes": 7, "channel": "teams"}


def task_of(state: str) -> str:
    """The Task that calls a step's function: for a Map the one inside."""
    return {"PostToTeams": "PostToChannel"}.get(state, state)


def until_failed(state: str) -> list[str]:
    """The states of a run in which this step fails, as far as the failure branch."""
    way = HAPPY_PATH[: HAPPY_PATH.index(state) + 1]
    return [*way, "PostToChannel", "ChannelFailed", "CheckDeliveries"] if state == "PostToTeams" else way


def names(states: Any) -> list[str]:
    return [state.name for state in states]


def test_a_good_run_enters_every_step_once() -> None:
    fakes = Fakes()
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    assert execution.error is None
    assert names(execution.states_entered) == HAPPY_PATH
    assert execution.output == {"run_id": "weekly-2026-11-16", "deliveries": [DELIVERED]}
    assert execution.retries == {}


def test_the_plan_and_the_failure_card_know_the_execution() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    execution = fakes.run()
    assert fakes.inputs["resolve_accounts"] == [{**REQUEST, "execution": execution.arn}]
    assert fakes.inputs["notify_failure"][0]["execution"] == execution.arn
    assert fakes.inputs["hold_for_redrive"][0]["execution"] == execution.arn


@pytest.mark.parametrize("state", FAILING)
def test_a_permanent_failure_ends_under_its_own_name_with_one_alert_and_resumes_there(state: str) -> None:
    fakes = Fakes()
    step = snake(state)
    fakes.always[step] = failure("SomethingPermanent", "The bucket is gone. Create it.")
    failed = fakes.run()
    assert (failed.status, failed.error) == ("FAILED", "SomethingPermanent")
    assert names(failed.states_entered) == [*until_failed(state), *FAILURE_BRANCH]
    assert failed.retries == {}
    original = fakes.entered(state)[0]
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["input"] == original
    assert alert["failure"]["state"] == state
    assert alert["failure"]["error"] == "SomethingPermanent"
    assert alert["failure"]["redriveCount"] == 0
    assert plain_cause(alert["failure"]["cause"]) == "The bucket is gone. Create it."
    assert failed.reason == "held"

    del fakes.always[step]
    fakes.inputs.clear()
    resumed = fakes.redrive()
    assert (resumed.status, resumed.error) == ("SUCCEEDED", None)
    expected = ["HoldForRedrive", "ResumeFailedStep", *HAPPY_PATH[HAPPY_PATH.index(state) :]]
    assert names(resumed.states_entered) == expected
    assert fakes.entered(state)[1] == original
    assert fakes.inputs["notify_failure"] == []


def test_a_map_that_fails_as_a_whole_ends_alike_and_is_entered_anew() -> None:
    fakes = Fakes()
    good, fakes.batches = fakes.batches, None  # type: ignore[assignment]
    fakes.plan["accounts"] = 1
    fakes.outputs["resolve_accounts"] = {
        "run": {"run_id": "x", **REQUEST},
        "batches": None,
        "max_concurrency": 1,
        "accounts_key": "k",
    }
    failed = fakes.run()
    assert (failed.status, failed.error) == ("FAILED", "StatesQueryEvaluationError")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["state"] == "FetchCosts"
    assert alert["input"] == fakes.outputs["resolve_accounts"]
    held = fakes.entered("HoldForRedrive")[0]
    held["input"]["batches"] = good
    resumed = fakes.run(held, start_at="HoldForRedrive", redrive_count=1)
    assert resumed.status == "SUCCEEDED"
    assert names(resumed.states_entered)[:3] == ["HoldForRedrive", "ResumeFailedStep", "FetchCosts"]


def test_too_many_missing_accounts_are_listed_and_read_again_from_the_original_request() -> None:
    fakes = Fakes()
    fakes.always["aggregate_costs"] = failure("TooManyAccountsMissing")
    assert fakes.run().error == "TooManyAccountsMissing"
    fakes.always.clear()
    resumed = fakes.redrive()
    assert resumed.status == "SUCCEEDED"
    assert names(resumed.states_entered) == ["HoldForRedrive", "ResumeFailedStep", *HAPPY_PATH]
    assert fakes.entered("ResolveAccounts") == [REQUEST, REQUEST]


def test_a_revision_that_is_read_again_stays_one() -> None:
    fakes = Fakes()
    fakes.always["aggregate_costs"] = failure("CostsIncomplete")
    assert fakes.run({**REQUEST, "force": True, "revision": 2}).error == "CostsIncomplete"
    fakes.always.clear()
    assert fakes.redrive().status == "SUCCEEDED"
    assert fakes.entered("ResolveAccounts")[1] == {**REQUEST, "force": True}


def test_without_a_redrive_the_gate_stays_shut() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    fakes.run()
    held = fakes.entered("HoldForRedrive")[0]
    again = fakes.run(held, start_at="HoldForRedrive", redrive_count=0)
    assert (again.status, again.error) == ("FAILED", "CardTooLarge")
    assert names(again.states_entered) == ["HoldForRedrive"]


def test_a_step_that_fails_again_after_a_redrive_is_held_again() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    fakes.run()
    second = fakes.redrive()
    assert (second.status, second.error) == ("FAILED", "CardTooLarge")
    assert names(second.states_entered) == [
        "HoldForRedrive",
        "ResumeFailedStep",
        "BuildCard",
        *FAILURE_BRANCH,
    ]
    assert fakes.inputs["notify_failure"][1]["failure"]["redriveCount"] == 1


def test_a_context_without_a_redrive_count_counts_as_none_redriven() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    failed = fakes.run(redrive_count=None)
    assert failed.error == "CardTooLarge"
    (held,) = fakes.inputs["hold_for_redrive"]
    assert held["redrive_count"] is None
    assert held["failure"]["redriveCount"] == 0


@sampled(every=3)
@pytest.mark.parametrize("nth", range(max(len(retried(state)) for state in TASKS)))
def test_every_error_in_a_retrier_is_retried_and_succeeds(nth: int) -> None:
    """Run by run, each state first fails with the nth of its retriers' names."""
    fakes = Fakes()
    expected = {}
    for state in TASKS:
        if nth < len(retried(state)):
            fakes.failures[function_of(state)] = [failure(retried(state)[nth])]
            expected[state] = 1
    fakes.always["send_events"] = failure("EventBusRefused")  # so that the failure branch is entered as well
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "EventBusRefused")
    assert execution.retries == expected
    (alert,) = fakes.inputs["notify_failure"][-1:]
    assert alert["failure"]["error"] == "EventBusRefused"


@pytest.mark.parametrize("state", [state for state in FAILING if len(TASKS[task_of(state)]["Retry"]) > 1])
def test_a_transient_failure_that_stays_ends_under_its_own_name(state: str) -> None:
    fakes = Fakes()
    retrier = TASKS[task_of(state)]["Retry"][-1]
    error, attempts = retrier["ErrorEquals"][-1], retrier["MaxAttempts"]
    fakes.always[snake(state)] = failure(error)
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", error)
    assert execution.retries == {task_of(state): attempts}
    assert len(fakes.inputs[snake(state)]) == attempts + 1
    assert len(fakes.inputs["notify_failure"]) == 1


@pytest.mark.parametrize("error", ["CostExplorerAccessDenied", "CostExplorerThrottled", "Lambda.Unknown"])
def test_a_batch_that_stays_unreadable_becomes_data(error: str) -> None:
    fakes = Fakes(batch(number) for number in range(1, 5))
    fakes.failing_batches["b0002"] = failure(error, "No. Grant ce:GetCostAndUsage." * 20)
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    (fetched,) = fakes.inputs["aggregate_costs"]
    assert [it["batch_id"] for it in fetched["batches"]] == ["b0001", "b0002", "b0003", "b0004"]
    assert [it["status"] for it in fetched["batches"]] == ["ok", "unavailable", "ok", "ok"]
    lost = fetched["batches"][1]
    assert lost["error"] == error
    assert "Grant ce:GetCostAndUsage." in lost["cause"]
    assert len(lost["cause"]) <= 120
    assert fakes.inputs["notify_failure"] == []


def test_when_every_batch_is_unreadable_the_map_still_ends() -> None:
    fakes = Fakes(batch(number) for number in range(1, 8))
    fakes.always["fetch_costs"] = failure("CredentialsMissing")
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    assert {it["status"] for it in fakes.inputs["aggregate_costs"][0]["batches"]} == {"unavailable"}


def test_a_batch_whose_output_is_too_large_becomes_data_too() -> None:
    fakes = Fakes()
    fakes.outputs["fetch_costs"] = {"rows": "x" * 300_000}
    assert fakes.run().status == "SUCCEEDED"
    (lost,) = fakes.inputs["aggregate_costs"][0]["batches"]
    assert (lost["status"], lost["error"]) == ("unavailable", "States.DataLimitExceeded")


@pytest.mark.parametrize(
    "error", ["TeamsRejected", "TeamsUnavailable", "KeyError", "States.DataLimitExceeded"]
)
def test_a_failure_of_the_alert_changes_nothing(error: str) -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge")
    if error == "States.DataLimitExceeded":
        fakes.outputs["notify_failure"] = {"text": "x" * 300_000}
    else:
        fakes.always["notify_failure"] = failure(error)
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "CardTooLarge")
    fakes.always.clear()
    resumed = fakes.redrive()
    assert resumed.status == "SUCCEEDED"
    assert "NotifyFailure" not in names(resumed.states_entered)


@pytest.mark.parametrize("state", FAILING)
def test_an_output_above_the_payload_limit_is_caught(state: str) -> None:
    fakes = Fakes()
    fakes.outputs[snake(state)] = {"text": "x" * 300_000}
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "StatesDataLimitExceeded")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["state"] == state
