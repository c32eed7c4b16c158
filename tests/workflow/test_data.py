"""Data on its way through the machine: nothing is lost, nothing is taken for code, nothing outgrows a payload."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from finopsguard import contracts, errors
from finopsguard.costs.batches import MAX_BATCHES, MAX_PLAN_BYTES
from finopsguard.engine.execution import PAYLOAD_LIMIT
from finopsguard.models.messages import BatchCosts, RunPlan
from finopsguard.models.run import Batch, Period, Run
from finopsguard.store import keys
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


# ---- the 256 KiB of a payload ----------------------------------------------------------------------------------------

LONGEST_ERROR = max((name for name in vars(errors) if name[0].isupper()), key=len)
NOTES = ("organizations_access_denied",)
RUN = Run(
    run_id="weekly-2026-11-16-mock",
    report="weekly",
    scheduled_time=datetime(2026, 11, 23, 8, tzinfo=UTC),
    period=Period(date(2026, 11, 16), date(2026, 11, 23)),
    previous_period=Period(date(2026, 11, 9), date(2026, 11, 16)),
    history_start=date(2025, 11, 23),
    time_zone="America/Argentina/ComodRivadavia",
    language="en",
    cost_metric="NetAmortizedCost",
    data_source="cost_explorer",
    execution="arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:" + "n" * 80 + ":" + "e" * 80,
)


def largest_plan(batches: int, accounts: int) -> dict[str, Any]:
    """A plan as ResolveAccounts makes it, as large as it lets one be."""
    size = accounts // batches
    ids = [f"{number:012}" for number in range(accounts)]
    made = [Batch(f"{n:04}-abcdef12", tuple(ids[n * size : (n + 1) * size])) for n in range(batches)]
    plan = contracts.to_json(RunPlan(RUN, "runs/x/accounts.json", accounts, tuple(made), 5, notes=NOTES))
    assert len(contracts.encode(plan)) <= MAX_PLAN_BYTES
    return plan


def worst_ok(name: str) -> dict[str, Any]:
    """A batch's result with every number at a size that no batch reaches."""
    key = keys.BATCH_COSTS.key(run_id=RUN.run_id, batch_id=name)
    amount = Decimal("-123456789012.1234567890")
    return contracts.to_json(BatchCosts(name, "ok", key, rows=9_999_999, requests=9_999, total=amount))


def worst_unavailable(name: str) -> dict[str, Any]:
    """What the Map's own Catcher makes of a batch with the longest error name and a message full of quotes."""
    fakes = Fakes([{"id": name, "accounts": ["123456789012"]}])
    fakes.always["fetch_costs"] = failure(LONGEST_ERROR, '"é" ' * 50)
    fakes.run()
    (lost,) = fakes.inputs["aggregate_costs"][0]["batches"]
    assert lost["status"] == "unavailable"
    return {**lost, "batch_id": name}


@pytest.mark.parametrize(("batches", "accounts"), [(200, 10_000), (MAX_BATCHES, MAX_BATCHES * 11)])
def test_the_largest_plan_fits_into_the_failure_record_of_the_map(batches: int, accounts: int) -> None:
    fakes = Fakes()
    plan = largest_plan(batches, accounts)
    fakes.outputs["resolve_accounts"] = {**plan, "batches": {"not a list": plan["batches"]}}
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "States.QueryEvaluationError")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["state"] == "FetchCosts"
    assert alert["input"]["batches"]["not a list"] == plan["batches"]
    assert 150_000 < execution.largest_payload_bytes < PAYLOAD_LIMIT


def test_ten_thousand_accounts_go_through_the_map() -> None:
    fakes = Fakes()
    fakes.outputs["resolve_accounts"] = largest_plan(200, 10_000)
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    assert len(fakes.inputs["fetch_costs"]) == 200
    assert sum(len(it["batch"]["accounts"]) for it in fakes.inputs["fetch_costs"]) == 10_000
    assert 150_000 < execution.largest_payload_bytes < PAYLOAD_LIMIT


@pytest.mark.parametrize("readable", [True, False])
def test_the_most_batches_fit_into_the_map_s_output_even_when_the_next_step_fails(readable: bool) -> None:
    names = [f"{number:04}-abcdef12" for number in range(MAX_BATCHES)]
    lost = worst_unavailable(names[0])
    batches = [worst_ok(name) if readable else {**lost, "batch_id": name} for name in names]
    fetched = {
        "run": contracts.converter().unstructure(RUN),
        "accounts_key": "runs/x/accounts.json",
        "notes": NOTES,
    }
    fakes = Fakes()
    fakes.always["aggregate_costs"] = failure("TooManyAccountsMissing", "No account could be read. " * 40)
    execution = fakes.run({**fetched, "batches": batches}, start_at="AggregateCosts")
    assert (execution.status, execution.error) == ("FAILED", "TooManyAccountsMissing")
    assert fakes.inputs["notify_failure"][0]["input"]["batches"] == batches
    assert 120_000 < execution.largest_payload_bytes < PAYLOAD_LIMIT


EVENT_LIMIT = 25_000  # AWS: Step Functions service quotas


def test_the_most_batches_fit_into_the_history_even_when_all_are_throttled_to_the_end() -> None:
    def events(batches: int) -> int:
        fakes = Fakes(batch(number) for number in range(batches))
        fakes.always["fetch_costs"] = failure("CostExplorerThrottled")
        return fakes.run().events

    each = events(3) - events(2)
    assert each > 20
    assert events(2) + each * (MAX_BATCHES - 2) < EVENT_LIMIT


def test_an_execution_without_end_ends_at_the_limit_of_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finopsguard.engine.moto_hooks._EVENT_LIMIT", 60)
    fakes = Fakes()
    fakes.always["post_to_teams"] = failure("TeamsThrottled")
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert "history events" in execution.reason
    assert 60 <= execution.events < 80
