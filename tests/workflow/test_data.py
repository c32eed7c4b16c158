"""Data on its way through the machine: nothing is lost, nothing is taken for code, nothing outgrows a payload."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.sweeps import sampled
from tests.workflow.fakes import REQUEST, Fakes, batch, failure

HOSTILE = [
    "{% $states.context.Execution.Id %}",
    "{%",
    "%}",
    "$states.input",
    "'); $eval('1') (",
    'say "hi" \\ C:\\new\\table',
    "line one\nline two\r\n\ttab\u2028",
    "Ñandú 東京 🦙 \u202egnp.exe",
    "${ResolveAccountsFunctionArn}",
    "",
]


@sampled(every=2)
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_stays_data_from_the_first_state_to_the_last(text: str) -> None:
    fakes = Fakes([batch(1, note=text), batch(2, note=text)])
    fakes.failing_batches["b0002"] = failure("CostExplorerRejected", text)
    fakes.plan["notes"] = [text]
    fakes.always["post_to_teams"] = failure("TeamsRejected", text)
    execution = fakes.run({**REQUEST, text or "empty": text})
    assert execution.error == "TeamsRejected"
    assert fakes.inputs["resolve_accounts"][0][text or "empty"] == text
    assert sorted(it["batch"]["note"] for it in fakes.inputs["fetch_costs"]) == [text, text]
    (fetched,) = fakes.inputs["aggregate_costs"]
    assert fetched["notes"] == [text]
    message = json.dumps({"errorMessage": text}, ensure_ascii=False)[:-1]
    assert fetched["batches"][1]["cause"].startswith(message)
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["cause"].startswith(message)
    fakes.always.clear()
    assert fakes.redrive().status == "SUCCEEDED"
    assert fakes.inputs["post_to_teams"][0] == fakes.inputs["post_to_teams"][-1]


@pytest.mark.parametrize("notes", [[], ["one"], ["one", "two"]])
def test_lists_of_any_length_stay_lists(notes: list[str]) -> None:
    fakes = Fakes([batch(1)])
    fakes.plan["notes"] = notes
    fakes.run()
    assert fakes.inputs["fetch_costs"][0]["batch"] == {"id": "b0001", "accounts": ["000000000001"]}
    (fetched,) = fakes.inputs["aggregate_costs"]
    assert fetched["notes"] == notes
    assert fetched["batches"] == [{"batch_id": "b0001", "status": "ok", "key": "runs/b0001.parquet"}]


def test_a_plan_without_notes_is_one_with_none() -> None:
    fakes = Fakes()
    del fakes.plan["notes"]
    assert fakes.run().status == "SUCCEEDED"
    assert fakes.inputs["aggregate_costs"][0]["notes"] == []


def test_null_stays_null_and_absent_stays_absent() -> None:
    fakes = Fakes([batch(1, role_arn=None), batch(2)])
    fakes.max_concurrency = 1
    fakes.outputs["fetch_costs"] = {"batch_id": "x", "total": None, "nested": [None, {"a": None}]}
    fakes.run()
    assert fakes.inputs["fetch_costs"][0]["batch"] == {
        "id": "b0001",
        "accounts": ["000000000001"],
        "role_arn": None,
    }
    assert "role_arn" not in fakes.inputs["fetch_costs"][1]["batch"]
    assert fakes.inputs["aggregate_costs"][0]["batches"] == [fakes.outputs["fetch_costs"]] * 2


def test_the_run_reaches_every_step_unchanged() -> None:
    fakes = Fakes([batch(1), batch(2)])
    fakes.run()
    runs_seen = [
        it["run"] for step in ("fetch_costs", "aggregate_costs", "post_to_teams") for it in fakes.inputs[step]
    ]
    assert len(runs_seen) == 4
    assert all(it == runs_seen[0] for it in runs_seen)


def test_one_account_per_iteration() -> None:
    fakes = Fakes(batch(number) for number in range(1, 41))
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    accounts = sorted(it["batch"]["accounts"] for it in fakes.inputs["fetch_costs"])
    assert accounts == [[f"{number:012}"] for number in range(1, 41)]
    assert [it["batch_id"] for it in fakes.inputs["aggregate_costs"][0]["batches"]] == [
        it["id"] for it in fakes.batches
    ]


@pytest.mark.parametrize("limit", [1, 3, 5])
def test_the_plan_says_how_many_batches_are_read_at_once(limit: int) -> None:
    fakes = Fakes(batch(number) for number in range(limit * 4))
    fakes.max_concurrency = limit
    together = threading.Barrier(limit, timeout=10)  # breaks, and so fails the batch, if fewer come together
    running, most = 0, 0
    lock = threading.Lock()

    def fetch(event: dict[str, Any], context: object) -> dict[str, Any]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        together.wait()
        return {"batch_id": event["batch"]["id"], "status": "ok"}

    handlers = {**fakes.handlers(), "fetch_costs": fetch}
    fakes.handlers = lambda: handlers  # type: ignore[method-assign]
    fakes.run()
    assert most == limit
    assert {it["status"] for it in fakes.inputs["aggregate_costs"][0]["batches"]} == {"ok"}


def test_an_execution_without_end_ends_at_the_limit_of_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finopsguard.engine.moto_hooks._EVENT_LIMIT", 60)
    fakes = Fakes()
    fakes.always["post_to_teams"] = failure("TeamsThrottled")
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert "history events" in execution.reason
    assert 60 <= execution.events < 80
