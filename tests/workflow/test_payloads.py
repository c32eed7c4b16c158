"""How much goes between the states: 64 KiB at 10,000 accounts, 256 KiB at the most batches; and how many events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from finopsguard import contracts, errors
from finopsguard.costs.batches import MAX_BATCHES
from finopsguard.engine.execution import PAYLOAD_LIMIT, Execution
from finopsguard.models.messages import (
    AnomalyReport,
    BatchCosts,
    BuiltReport,
    CostReport,
    Message,
    PlannedBatch,
    RunPlan,
    RunRequest,
)
from finopsguard.models.route import MOST_ROUTES
from finopsguard.models.run import Period, Run
from finopsguard.ports import ListedAccount
from finopsguard.steps import resolve_accounts
from finopsguard.store import keys
from tests.sweeps import exhaustive, sampled
from tests.unit.fakes import FakeOrganization, FakePorts, call
from tests.workflow.fakes import Fakes, failure

OURS = 64 * 1024
"""A quarter of what Step Functions takes: of 10,000 accounts no payload is larger, whatever fails."""
ACCOUNTS = 10_000
BATCHES = ACCOUNTS // 100 + 1
"""And one of Regions."""
# AWS: Step Functions service quotas; and what is promised of 10,000 accounts.
EVENT_LIMIT, OUR_EVENTS = 25_000, 10_000
LONGEST_ERROR = max((name for name in vars(errors) if name[0].isupper()), key=len)
EXECUTION = "arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:" + "n" * 80 + ":" + "e" * 80
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
RUN = Run(
    run_id="weekly-2026-11-16-mock",
    report="weekly",
    scheduled_time=NOW,
    period=Period(date(2026, 11, 16), date(2026, 11, 23)),
    previous_period=Period(date(2026, 11, 9), date(2026, 11, 16)),
    history_start=date(2025, 11, 23),
    time_zone="America/Argentina/ComodRivadavia",
    language="en",
    cost_metric="NetAmortizedCost",
    data_source="cost_explorer",
    execution=EXECUTION,
)


@cache
def plan_of_ten_thousand() -> dict[str, Any]:
    """What ResolveAccounts gives: ids and names of accounts as long as AWS lets them be, in the deepest units."""
    units = tuple(f"ou-{'a' * 32}-{'b' * 32}" for _ in range(5))
    listed = [
        ListedAccount(f"{number:012}", "\N{LLAMA}" * 50, "PENDING_CLOSURE", ("r-" + "a" * 32, *units))
        for number in range(ACCOUNTS)
    ]
    ports = FakePorts(
        {
            "FINOPSGUARD_TIMEZONE": RUN.time_zone,
            "FINOPSGUARD_MAX_CE_REQUESTS": "1000000",
            "FINOPSGUARD_MAX_CE_USD_MONTH": "100000",
        },
        organization=FakeOrganization(listed),
    )
    made = call(resolve_accounts.run, RunRequest("weekly", NOW, EXECUTION), ports)
    assert (made.accounts, len(made.batches)) == (ACCOUNTS, BATCHES)
    return contracts.to_json(made)


def plan(batches: int) -> dict[str, Any]:
    """A plan of so many batches."""
    ids = tuple(PlannedBatch(f"{number:04}-abcdef12") for number in range(batches))
    return contracts.to_json(RunPlan(RUN, keys.ACCOUNTS.key(run_id=RUN.run_id), batches, ids, 5))


def read(name: str, *, incomplete: bool = False) -> dict[str, Any]:
    """A batch's result with every number at a size that no batch reaches."""
    lost = {"cause": "x" * 200, "incomplete": ("123456789012",) * 6} if incomplete else {}
    done = BatchCosts(
        name,
        "ok",
        keys.BATCH_COSTS.key(run_id=RUN.run_id, batch_id=name),
        rows=9_999_999,
        requests=9_999,
        total=Decimal("-123456789012.1234567890"),
        **lost,  # type: ignore[arg-type]
    )
    return contracts.to_json(done)


def later_steps() -> dict[str, Any]:
    """Long outputs of the steps after the Map; how many corrections there are has nothing to do with accounts."""
    names = {"run_id": RUN.run_id, "execution": keys.execution_name(EXECUTION)}
    report = keys.REPORT_DETECTED.key(run_id=RUN.run_id)
    amount = Decimal("-123456789012.1234567890")
    messages = tuple(
        Message(
            "c" * 32,
            keys.CORRECTION.key(corrected=RUN.run_id, channel="c" * 32, **names),
            20_000,
            corrects=RUN.run_id,
            sha256="f" * 64,
        )
        for _ in range(12)
    )
    costs = CostReport(RUN, report, report, "USD", amount, ACCOUNTS, ACCOUNTS, 99_999, 9_999)
    return {
        "aggregate_costs": contracts.to_json(costs),
        "detect_anomalies": contracts.to_json(AnomalyReport(RUN, report, 9_999_999, amount)),
        "build_card": contracts.to_json(BuiltReport(RUN, report, messages)),
    }


def went_through(fakes: Fakes, planned: Mapping[str, Any], results: Mapping[str, Any]) -> Execution:
    """The machine on this plan, whose batches end so."""
    fakes.outputs.update(later_steps(), resolve_accounts=planned)
    fakes._fetch_costs = lambda event: results[event["batch"]["id"]]  # type: ignore[method-assign]
    return fakes.run()


@sampled("post_to_teams-True")
@pytest.mark.parametrize("incomplete", [False, True])
@pytest.mark.parametrize("failing", [None, "aggregate_costs", "post_to_teams"])
def test_of_ten_thousand_accounts_no_payload_is_larger_than_64_kib(
    failing: str | None, incomplete: bool
) -> None:
    planned = plan_of_ten_thousand()
    results = {each["id"]: read(each["id"], incomplete=incomplete) for each in planned["batches"]}
    fakes = Fakes()
    if failing:
        fakes.always[failing] = failure(LONGEST_ERROR, "It failed. " * 200)
    execution = went_through(fakes, planned, results)
    assert execution.status == ("FAILED" if failing else "SUCCEEDED")
    assert len(fakes.inputs["fetch_costs"]) == BATCHES
    assert 10_000 < execution.largest_payload_bytes < OURS
    assert execution.events < OUR_EVENTS


@exhaustive(beside="test_of_ten_thousand_accounts_no_payload_is_larger_than_64_kib")
def test_where_none_of_ten_thousand_accounts_can_be_read_payloads_and_events_stay_within_bounds() -> None:
    fakes = Fakes()
    fakes.always["fetch_costs"] = failure(LONGEST_ERROR, '"é" ' * 50)
    fakes.always["aggregate_costs"] = failure("TooManyAccountsMissing", "No account could be read. " * 40)
    fakes.outputs["resolve_accounts"] = plan_of_ten_thousand()
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "TooManyAccountsMissing")
    assert {it["status"] for it in fakes.inputs["notify_failure"][0]["input"]["batches"]} == {"unavailable"}
    assert 10_000 < execution.largest_payload_bytes < OURS


def test_the_most_routes_fit_into_the_payload_where_all_of_them_fail() -> None:
    names = {"run_id": RUN.run_id, "execution": keys.execution_name(EXECUTION)}
    messages = tuple(
        Message(
            f"{number:032}",
            keys.MESSAGE.key(channel=f"{number:032}", **names),
            20_000,
            sha256="f" * 64,
            routed=True,
        )
        for number in range(MOST_ROUTES + 1)
    )
    fakes = Fakes()
    fakes.outputs["build_card"] = contracts.to_json(BuiltReport(RUN, "runs/report.json", messages))
    fakes.always["post_to_teams"] = failure(LONGEST_ERROR, "It failed. " * 200)
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", LONGEST_ERROR)
    assert 100_000 < execution.largest_payload_bytes < PAYLOAD_LIMIT


def test_what_goes_into_an_iteration_is_the_batch_s_name_and_where_the_plan_is() -> None:
    fakes = Fakes()
    planned = plan_of_ten_thousand()
    went_through(fakes, planned, {each["id"]: read(each["id"]) for each in planned["batches"]})
    for given in fakes.inputs["fetch_costs"]:
        assert (given["batch"], given["accounts_key"]) == (
            {"id": given["batch"]["id"]},
            planned["accounts_key"],
        )


# ---- the most batches ------------------------------------------------------------------------------------------------


def test_the_largest_plan_fits_into_the_failure_record_of_the_map() -> None:
    fakes = Fakes()
    planned = plan(MAX_BATCHES)
    fakes.outputs["resolve_accounts"] = {**planned, "batches": {"not a list": planned["batches"]}}
    execution = fakes.run()
    assert (execution.status, execution.error) == ("FAILED", "StatesQueryEvaluationError")
    (alert,) = fakes.inputs["notify_failure"]
    assert alert["failure"]["state"] == "FetchCosts"
    assert alert["input"]["batches"]["not a list"] == planned["batches"]
    assert execution.largest_payload_bytes < OURS


@sampled(every=2)
@pytest.mark.parametrize("readable", [True, False])
def test_the_most_batches_fit_into_the_map_s_output_even_when_the_next_step_fails(readable: bool) -> None:
    names = [each["id"] for each in plan(MAX_BATCHES)["batches"]]
    lost = unavailable(names[0])
    batches = [read(name) if readable else {**lost, "batch_id": name} for name in names]
    fetched = {
        "run": contracts.converter().unstructure(RUN),
        "accounts_key": "runs/x/accounts.json",
        "notes": ("organizations_access_denied",),
    }
    fakes = Fakes()
    fakes.always["aggregate_costs"] = failure("TooManyAccountsMissing", "No account could be read. " * 40)
    execution = fakes.run({**fetched, "batches": batches}, start_at="AggregateCosts")
    assert (execution.status, execution.error) == ("FAILED", "TooManyAccountsMissing")
    assert fakes.inputs["notify_failure"][0]["input"]["batches"] == batches
    assert 120_000 < execution.largest_payload_bytes < PAYLOAD_LIMIT


def unavailable(name: str) -> dict[str, Any]:
    """What the Map's own Catcher makes of a batch with the longest error name and a message full of quotes."""
    fakes = Fakes([{"id": name}])
    fakes.always["fetch_costs"] = failure(LONGEST_ERROR, '"é" ' * 50)
    fakes.run()
    (lost,) = fakes.inputs["aggregate_costs"][0]["batches"]
    assert lost["status"] == "unavailable"
    return {**lost, "batch_id": name}


def test_the_history_has_room_for_every_batch_throttled_to_the_end() -> None:
    def events(batches: int) -> int:
        fakes = Fakes({"id": f"b{number}"} for number in range(batches))
        fakes.always["fetch_costs"] = failure("CostExplorerThrottled")
        return fakes.run().events

    few = events(2)
    each = events(3) - few
    assert each > 20
    assert few + each * (BATCHES - 2) < OUR_EVENTS
    assert few + each * (MAX_BATCHES - 2) < EVENT_LIMIT
