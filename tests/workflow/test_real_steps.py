"""The real machine with the real steps on mock data; only the Teams workflow is a stand-in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import PAYLOAD_LIMIT, Event, Execution
from finopsguard.machine import deployed
from finopsguard.models.run import Accounts
from finopsguard.runtime import Handler
from finopsguard.store import documents
from finopsguard.store.directory import DirectoryStore
from tests.standins import StandIns
from tests.sweeps import exhaustive
from tests.workflow.fakes import BEST_EFFORT, HAPPY_PATH, INNER, REQUEST, failure
from tests.workflow.machine import snake


class Machine:
    """Runs the machine and remembers its events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def run(self, request: Mapping[str, Any] = REQUEST, **options: Any) -> Execution:
        return run_embedded(request, wait_scale=0, on_event=self.events.append, **options)

    def entered(self, state: str) -> list[Any]:
        found = [it for it in self.events if it.type.endswith("StateEntered") and it.state == state]
        return [json.loads(it.payload or "null") for it in found]

    def redrive(self, count: int, **options: Any) -> Execution:
        return self.run(
            self.entered("HoldForRedrive")[-1], start_at="HoldForRedrive", redrive_count=count, **options
        )


def names(execution: Execution) -> list[str]:
    """The states entered, those of batches and channels left out."""
    return [state.name for state in execution.states_entered if state.name not in INNER]


def statuses(execution: Execution) -> list[str]:
    """What became of the report in each channel."""
    return [it["status"] for it in execution.output["deliveries"]]


def broken(error: str) -> Handler:
    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise failure(error, "The disk of step X is gone. Mount it.")

    return handler


def test_a_report_is_made_and_posted_once(teams: StandIns) -> None:
    machine = Machine()
    first = machine.run()
    assert (first.status, first.error, first.reason) == ("SUCCEEDED", None, "")
    assert names(first) == [name for name in HAPPY_PATH if name not in INNER]
    assert statuses(first) == ["delivered"]
    assert first.output["run_id"] == "weekly-2026-11-16-mock"
    assert first.largest_payload_bytes < PAYLOAD_LIMIT / 4
    second = machine.run()
    assert (second.status, statuses(second)) == ("SUCCEEDED", ["already_delivered"])
    assert len(teams.workflows.posts) == 1


@exhaustive(beside="tests/workflow/test_failures.py::test_a_batch_that_stays_unreadable_becomes_data")
def test_the_mock_data_s_unreadable_batch_is_data(teams: StandIns) -> None:
    machine = Machine()
    machine.run()
    (fetched,) = machine.entered("AggregateCosts")
    lost = [it for it in fetched["batches"] if it["status"] == "unavailable"]
    assert [(it["error"], it.get("key")) for it in lost] == [("RoleNotAssumable", None)]
    assert all(it["status"] == "ok" for it in fetched["batches"] if it not in lost)
    assert len(fetched["batches"]) > 1


@exhaustive(
    beside="tests/unit/steps/test_resolve_accounts.py::test_batches_hold_at_most_the_set_number_of_accounts"
)
def test_one_account_per_iteration(teams: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_ACCOUNTS_PER_FETCH", "1")
    machine = Machine()
    assert machine.run().status == "SUCCEEDED"
    asked = [it["batch"]["id"] for it in machine.entered("FetchBatchCosts")]
    (plan,) = machine.entered("FetchCosts")
    stored = documents.read(
        DirectoryStore(Path(os.environ["FINOPSGUARD_STATE_DIR"])), plan["accounts_key"], Accounts
    ).batches
    assert sorted(asked) == sorted(batch.id for batch in stored)
    of_accounts = [batch for batch in stored if not batch.by_region]
    assert all(len(batch.accounts) == 1 for batch in of_accounts)
    assert len({batch.accounts for batch in of_accounts}) == plan["accounts"] >= 40


def test_a_report_survives_a_failure_of_every_step_in_turn(teams: StandIns) -> None:
    """One execution, redriven again and again: each time the next step is broken."""
    machine = Machine()
    failing = [name for name in deployed().steps if name not in BEST_EFFORT]
    execution = machine.run(functions={snake(failing[0]): broken(f"{failing[0]}Broke")})
    for count, state in enumerate(failing, start=1):
        assert (execution.status, execution.error) == ("FAILED", f"{state}Broke")
        assert execution.reason == "The disk of step X is gone. Mount it."
        told = ["CheckDeliveries"] if state == "PostToTeams" else []
        assert names(execution)[-3 - len(told) :] == [state, *told, "NotifyFailure", "HoldForRedrive"]
        posted = state == "SendEvents"
        assert len(teams.workflows.posts) == count + posted
        following = failing[count] if count < len(failing) else None
        functions = {snake(following): broken(f"{following}Broke")} if following else {}
        execution = machine.redrive(count, functions=functions)
        assert names(execution)[:3] == ["HoldForRedrive", "ResumeFailedStep", state]
        before, after = machine.entered(state)
        assert before == after
    assert (execution.status, statuses(execution)) == ("SUCCEEDED", ["delivered"])
    posts = [json.dumps(post) for post in teams.workflows.messages()]
    assert len(posts) == len(failing) + 1
    *alerts, card, of_events = posts
    assert all("The disk of step X is gone." in post for post in (*alerts, of_events))
    assert "The disk of step X is gone." not in card


@exhaustive(
    beside="tests/workflow/test_failures.py::test_too_many_missing_accounts_are_listed_and_read_again_from_the_original_request"
)
def test_too_many_missing_accounts_are_read_again_after_a_redrive(
    teams: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_MAX_MISSING_PERCENT", "0")
    machine = Machine()
    failed = machine.run()
    assert (failed.status, failed.error) == ("FAILED", "TooManyAccountsMissing")
    assert "FINOPSGUARD_MAX_MISSING_PERCENT" in failed.reason
    assert "cannot be assumed" in failed.reason
    monkeypatch.setenv("FINOPSGUARD_MAX_MISSING_PERCENT", "10")
    resumed = machine.redrive(1)
    assert resumed.status == "SUCCEEDED"
    assert names(resumed)[:4] == ["HoldForRedrive", "ResumeFailedStep", "ResolveAccounts", "FetchCosts"]
    first, second = machine.entered("FetchCosts")
    assert first["batches"] == second["batches"]
    assert first["run"]["run_id"] == second["run"]["run_id"]


@exhaustive(beside="tests/workflow/test_failures.py::test_every_error_in_a_retrier_is_retried_and_succeeds")
def test_the_channel_s_own_troubles_are_waited_for(teams: StandIns) -> None:
    teams.workflows.answer(503, times=2)
    execution = Machine().run()
    assert (execution.status, statuses(execution)) == ("SUCCEEDED", ["delivered"])
    assert len(teams.workflows.messages()) == 1


@exhaustive(beside="tests/unit/report/test_links.py::test_no_link_to_an_execution_that_is_not_in_aws")
def test_no_card_links_to_a_console_that_does_not_have_the_execution(teams: StandIns) -> None:
    machine = Machine()
    machine.run(functions={"post_to_teams": broken("TeamsRejected")})
    machine.redrive(1)
    alert, report = (json.dumps(post) for post in teams.workflows.messages())
    assert "The disk of step X is gone." in alert
    assert "/states/" not in alert + report
    assert "executions/details" not in alert + report


BAD: list[tuple[Callable[[pytest.MonkeyPatch], None], dict[str, str], str]] = [
    (lambda env: None, {"report": "yearly"}, "InvalidInput"),
    (lambda env: None, {"scheduled_time": "yesterday"}, "InvalidInput"),
    (lambda env: None, {"scheduled_time": "2999-01-01T00:00:00Z"}, "FuturePeriod"),
    (lambda env: env.setenv("FINOPSGUARD_INCLUDE_ACCOUNTS", "000000000001"), {}, "UnknownAccount"),
    (lambda env: env.setenv("FINOPSGUARD_TIMEZONE", "Mars/Olympus"), {}, "InvalidConfiguration"),
]


@pytest.mark.parametrize(("spoil", "request_", "error"), BAD)
def test_bad_input_is_neither_retried_nor_forgotten(
    teams: StandIns,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
    request_: dict[str, str],
    error: str,
) -> None:
    spoil(monkeypatch)
    execution = Machine().run({**REQUEST, **request_})
    assert (execution.status, execution.error, execution.retries) == ("FAILED", error, {})
    assert len(execution.reason) > 20
