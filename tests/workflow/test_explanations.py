"""The causes of a report's anomalies: each is explained by itself, and none of them stops the report."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.aws import trail
from finopsguard.costs import batches
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import PAYLOAD_LIMIT, Execution
from finopsguard.models.cause import ResourceCost
from finopsguard.models.messages import ExplainedReport
from finopsguard.models.report import Report
from tests import planted
from tests.standins import Charge, Costs, StandIns
from tests.standins.cloudtrail import role
from tests.standins.costs import sample_accounts, sample_costs
from tests.sweeps import exhaustive
from tests.workflow.fakes import HAPPY_PATH, REQUEST, Fakes, failure
from tests.workflow.machine import MACHINE

EXPLAIN = MACHINE["States"]["ExplainAnomalies"]
MOST = 20
"""What FINOPSGUARD_EXPLAINED_INCIDENTS may be."""


def names(execution: Execution) -> list[str]:
    return [state.name for state in execution.states_entered]


def given_to_the_card(fakes: Fakes) -> dict[str, Any]:
    """What BuildCard was given, as it reads it."""
    (given,) = fakes.inputs["build_card"]
    assert set(given) <= set(ExplainedReport.__dataclass_fields__)
    return dict(given)


def three(**errors: Exception) -> Fakes:
    fakes = Fakes()
    fakes.incidents = [{"id": name} for name in ("a", "b", "c")]
    fakes.failing_incidents = errors
    return fakes


def test_each_incident_is_explained_by_itself_and_in_turn() -> None:
    fakes = three()
    assert names(fakes.run()).count("ExplainAnomaly") == 3
    run, key = fakes.inputs["detect_anomalies"][0]["run"], "runs/report.detected.json"
    assert fakes.inputs["explain_anomalies"] == [
        {"run": run, "report_key": key, "incident": {"id": name}} for name in ("a", "b", "c")
    ]
    given = given_to_the_card(fakes)
    assert (given["run"], given["report_key"], given["explain"]) == (run, key, fakes.incidents)
    assert [each["status"] for each in given["explanations"]] == ["ok"] * 3


@pytest.mark.parametrize(
    "error", ["CostExplorerAccessDenied", "CostExplorerThrottled", "States.Timeout", "KeyError"]
)
def test_one_that_cannot_be_explained_is_data_and_the_others_are_told(error: str) -> None:
    fakes = three(b=failure(error, "No. Grant ce:GetCostAndUsage." * 20))
    execution = fakes.run()
    assert (execution.status, execution.error) == ("SUCCEEDED", None)
    first, lost, last = given_to_the_card(fakes)["explanations"]
    assert (first["status"], last["status"]) == ("ok", "ok")
    assert (lost["incident_id"], lost["status"], lost["error"]) == ("b", "unavailable", error)
    assert len(lost["cause"]) <= 120
    assert fakes.inputs["notify_failure"] == []


def test_where_none_can_be_explained_the_report_goes_out() -> None:
    fakes = three()
    fakes.always["explain_anomalies"] = failure("RoleNotAssumable")
    assert fakes.run().status == "SUCCEEDED"
    assert [each["status"] for each in given_to_the_card(fakes)["explanations"]] == ["unavailable"] * 3


def test_an_output_above_the_payload_limit_is_data_too() -> None:
    fakes = three()
    fakes.outputs["explain_anomalies"] = {"text": "x" * 300_000}
    assert fakes.run().status == "SUCCEEDED"
    assert {each["error"] for each in given_to_the_card(fakes)["explanations"]} == {
        "States.DataLimitExceeded"
    }


def test_the_most_incidents_with_the_longest_reasons_stay_far_below_the_limit_of_a_payload() -> None:
    fakes = Fakes()
    fakes.incidents = [{"id": f"{number:012}/2026-11-20/down/{number}"} for number in range(MOST)]
    fakes.always["explain_anomalies"] = failure("E" * 80, '"é" ' * 50)
    execution = fakes.run()
    assert execution.status == "SUCCEEDED"
    assert len(given_to_the_card(fakes)["explanations"]) == MOST
    assert execution.largest_payload_bytes < PAYLOAD_LIMIT / 4


def test_whatever_ends_the_map_leads_to_the_card() -> None:
    """The embedded engine looks at the size of a state's output after its Catch, AWS within it."""
    caught = {name: each["Next"] for each in EXPLAIN["Catch"] for name in each["ErrorEquals"]}
    assert caught == {"States.DataLimitExceeded": "BuildCard", "States.ALL": "BuildCard"}
    resumed = MACHINE["States"]["ResumeFailedStep"]["Choices"]
    assert "ExplainAnomalies" not in {choice["Next"] for choice in resumed}


def test_a_map_that_cannot_be_entered_is_done_without() -> None:
    fakes = Fakes()
    fakes.incidents = {"not a list": "i1"}  # type: ignore[assignment]
    execution = fakes.run()
    assert (execution.status, execution.error) == ("SUCCEEDED", None)
    assert given_to_the_card(fakes)["error"] == "States.QueryEvaluationError"
    assert names(execution) == [name for name in HAPPY_PATH if name != "ExplainAnomaly"]


@pytest.mark.parametrize("incidents", [[], None])
def test_without_incidents_nothing_is_asked(incidents: Any) -> None:
    """None: what DetectAnomalies of an earlier release left has no such field."""
    fakes = Fakes()
    if incidents is None:
        fakes._detect_anomalies = lambda event: {**event, "report_key": "runs/r.json"}  # type: ignore[method-assign]
    fakes.incidents = incidents
    execution = fakes.run()
    assert names(execution) == [name for name in HAPPY_PATH if name != "ExplainAnomaly"]
    assert given_to_the_card(fakes)["explanations"] == []


# ---- the real steps on mock data -------------------------------------------------------------------------------------


def report() -> Report:
    (path,) = Path(os.environ["FINOPSGUARD_STATE_DIR"]).glob("runs/*/report.json")
    return contracts.decode(Report, path.read_bytes())


def test_the_causes_of_each_anomaly_add_up_and_their_effects_do(teams: StandIns) -> None:
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    assert [note for note in told.notes if note.startswith("causes_")] == []
    assert told.cost_explorer.requests == 0
    for line in told.anomalies:
        causes = [each for each in line.causes if each.dimension == "usage_type"]
        assert causes or line.status == "resolved"
        for each in causes:
            effects = [each.quantity_effect, each.price_effect, each.rest]
            assert sum((effect for effect in effects if effect is not None), Decimal(0)) == each.impact
        # Against the same weekdays of four weeks, where the detector knows the trend too.
        explained = sum((each.impact for each in causes), Decimal(0))
        assert abs(explained - line.impact) <= abs(line.impact) / 10


@exhaustive(beside="tests/unit/steps/test_explain_anomalies.py::test_what_was_explained_is_not_asked_again")
def test_a_report_that_is_made_again_finds_its_causes_and_one_of_an_earlier_release_goes_out_without(
    teams: StandIns,
) -> None:
    run_embedded(REQUEST, wait_scale=0)
    causes = [line.causes for line in report().anomalies]
    events: list[Any] = []
    assert run_embedded(REQUEST, wait_scale=0, on_event=events.append).status == "SUCCEEDED"
    (entered,) = (it for it in events if it.type == "TaskStateEntered" and it.state == "BuildCard")
    given = json.loads(entered.payload)
    assert {each["cached"] for each in given["explanations"]} == {True}
    assert [line.causes for line in report().anomalies] == causes

    then = {"run": given["run"], "report_key": given["report_key"], "anomalies": 6, "impact": "3278.44"}
    assert run_embedded(then, wait_scale=0, start_at="BuildCard").status == "SUCCEEDED"
    assert all(each.dimension == "service" for line in report().anomalies for each in line.causes)
    assert [note for note in report().notes if note.startswith("causes_")] == []


@exhaustive(beside="tests/unit/incidents/test_explaining.py::test_those_beyond_the_limit_are_counted")
def test_those_beyond_the_limit_are_counted_on_the_card(
    teams: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_EXPLAINED_INCIDENTS", "2")
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    assert [note for note in report().notes if note.startswith("causes_")] == ["causes_not_asked:7"]
    (card,) = teams.workflows.messages()
    assert "Of 7 smaller anomalies the causes were not looked for." in json.dumps(card)


# ---- with Cost Explorer ----------------------------------------------------------------------------------------------

SPIKE = [
    Charge(
        account,
        date(2026, 11, 21),
        "AWS Lambda",
        "Usage",
        Decimal(4000),
        "Lambda-GB-Second-ARM",
        "eu-south-2",
        resource=f"arn:aws:lambda:eu-south-2:{account}:function:checkout",
    )
    for account in ("111100000000", "111100000001")
]


@pytest.fixture
def aws(teams: StandIns, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """Two accounts, each with a day to explain."""
    usual = sample_costs([each.account_id for each in SPIKE])
    teams.organizations.accounts = sample_accounts(2)
    teams.cost_explorer.costs = Costs(
        lambda day: [*usual.on(day), *(each for each in SPIKE if each.day == day)]
    )
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "false")
    monkeypatch.delenv("FINOPSGUARD_INCLUDE_ACCOUNTS", raising=False)
    monkeypatch.setenv("FINOPSGUARD_HISTORY_DAYS", "45")
    return teams


def test_the_price_of_a_report_counts_the_pages_of_its_causes(aws: StandIns) -> None:
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    asked = [call.parameters.get("GroupBy", [{}])[0].get("Key") for call in aws.cost_explorer.calls]
    assert asked.count("USAGE_TYPE") == 6
    assert told.cost_explorer.requests == aws.cost_explorer.requests
    assert told.cost_explorer.usd == aws.cost_explorer.usd
    for line in told.anomalies:
        (new,) = (each for each in line.causes if each.value == "Lambda-GB-Second-ARM")
        assert (new.impact, new.region) == (Decimal(4000), "eu-south-2")
    # Made again all of it is found; only what is asked once a report is.
    before = aws.cost_explorer.requests
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    assert report().cost_explorer.requests == aws.cost_explorer.requests
    again = [call.parameters for call in aws.cost_explorer.calls[before:]]
    assert [each for each in again if each.get("GroupBy", [{}])[0].get("Key") == "USAGE_TYPE"] == []


@exhaustive(
    beside="tests/unit/incidents/test_explaining.py::test_those_without_causes_are_named_by_what_kept_them_from_it"
)
def test_a_budget_that_is_spent_leaves_causes_out_and_says_which(
    aws: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading the costs takes five pages; what is left is enough for one incident."""
    monkeypatch.setattr(batches, "REGIONS_OF_AN_ORGANIZATION", 1)
    monkeypatch.setenv("FINOPSGUARD_HISTORY_DAYS", "45")
    monkeypatch.setenv("FINOPSGUARD_MAX_CE_REQUESTS", "8")
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    assert told.cost_explorer.requests == aws.cost_explorer.requests == 8
    (note,) = (note for note in told.notes if note.startswith("causes_"))
    assert note == f"causes_missing:BudgetExceeded:{told.anomalies[1].id}"
    assert told.anomalies[0].causes


@exhaustive(
    beside="tests/unit/steps/test_explain_anomalies.py::test_the_largest_resources_are_read_after_the_causes_where_that_is_switched_on"
)
def test_the_largest_resource_is_told_and_its_page_is_in_the_price(
    aws: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_RESOURCES", "true")
    aws.cost_explorer.today = date(2026, 11, 23)
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    assert aws.cost_explorer.count("GetCostAndUsageWithResources") == 2
    assert told.cost_explorer.requests == aws.cost_explorer.requests
    for line in told.anomalies:
        name = f"arn:aws:lambda:eu-south-2:{line.account_id}:function:checkout"
        assert line.resources == (ResourceCost(name, Decimal(4000), Decimal(4000)),)
    (card,) = aws.workflows.messages()
    assert "Resource: function:checkout +$4,000 (new)" in plain(card)


@exhaustive(
    beside="tests/unit/steps/test_explain_anomalies.py::test_what_keeps_resources_from_being_read_leaves_the_causes_standing"
)
def test_without_resource_level_data_the_causes_stand_and_the_card_says_what_to_do(
    aws: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPSGUARD_RESOURCES", "true")
    aws.cost_explorer.by_resource = False
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    assert all(line.causes and not line.resources for line in told.anomalies)
    (note,) = (note for note in told.notes if note.startswith("resources_"))
    assert note == f"resources_missing:ResourcesNotEnabled:{','.join(line.id for line in told.anomalies)}"
    (card,) = aws.workflows.messages()
    assert "keeps no costs by resource: switch them on in its preferences" in plain(card)


def plain(card: object) -> str:
    return json.dumps(card, ensure_ascii=False).replace("\u200b", "").replace("\u00a0", " ")


# ---- who acted -------------------------------------------------------------------------------------------------------


@pytest.fixture
def looked_up(aws: StandIns, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """CloudTrail is asked, without its pauses; somebody changed a function of the second account, and nobody else."""
    monkeypatch.setenv("FINOPSGUARD_TRAIL", "true")
    monkeypatch.setenv("FINOPSGUARD_TRAIL_ROLE", "FinOpsGuardTrail")
    monkeypatch.setattr(trail, "PAUSE", 0)
    aws.cloudtrail.record(
        "UpdateFunctionConfiguration20150331v2",
        datetime(2026, 11, 21, 9, tzinfo=UTC),
        account_id="111100000001",
        identity=role("AWSReservedSSO_Admin_0123456789abcdef", f"ana@{planted.MARK}.example"),
        source="lambda.amazonaws.com",
        region="eu-south-2",
        userAgent="Mozilla/5.0",
    )
    aws.sts.roles.add("arn:aws:iam::111100000001:role/FinOpsGuardTrail")
    return aws


def test_who_acted_is_on_the_card_and_an_address_nowhere(looked_up: StandIns) -> None:
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    acts = {line.account_id: line.who for line in told.anomalies}
    assert acts["111100000000"] == ()
    (act,) = acts["111100000001"]
    assert (act.grade, act.principal, act.tool) == ("coincides", "sso/Admin/ana@…", "console")
    assert "trail_unread" not in told.notes
    (card,) = looked_up.workflows.messages()
    shown = json.dumps(card, ensure_ascii=False).replace("\u200b", "")
    assert "ana@… (Admin, console) ran UpdateFunctionConfiguration on 21 Nov 09:00 UTC" in shown


@exhaustive(
    beside="tests/unit/steps/test_explain_anomalies_who.py::test_a_trail_that_cannot_be_read_leaves_the_causes_and_one_note"
)
def test_where_an_account_has_no_role_for_it_its_causes_stand_and_a_note_says_so(looked_up: StandIns) -> None:
    looked_up.sts.roles.clear()
    assert run_embedded(REQUEST, wait_scale=0).status == "SUCCEEDED"
    told = report()
    assert all(line.causes and not line.who for line in told.anomalies)
    assert told.notes.count("trail_unread") == 1
    assert looked_up.cloudtrail.count("LookupEvents") > 0, "the own account needs no role"
