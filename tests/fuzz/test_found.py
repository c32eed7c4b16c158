"""What fuzzing has found, each by its name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import contracts
from finopsguard.accounts.organization import AwsOrganization
from finopsguard.aws.executions import AwsExecutions
from finopsguard.channels.teams.secret import WebhookSecret
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.errors import (
    CostExplorerUnavailable,
    ExecutionUnavailable,
    InvalidInput,
    OrganizationsUnavailable,
    Permanent,
    SecretUnavailable,
    StoreAccessDenied,
    TooManyAccountsMissing,
)
from finopsguard.failures import plain_cause
from finopsguard.models.messages import CostBatch
from finopsguard.models.report import Report
from finopsguard.store import documents, keys
from finopsguard.store.directory import DirectoryStore
from tests.fuzz.golden import golden, invoke, ports_over
from tests.fuzz.wire import answers, clients, said
from tests.unit.fakes import make_run


def event(step: str) -> Any:
    return json.loads(json.dumps(golden().events[step]))


def through(step: str, given: Any) -> Any:
    return invoke(step, given, ports_over(golden().before[step]))


def test_a_batch_that_says_it_was_read_and_has_no_costs_is_not_a_batch_that_cost_nothing() -> None:
    given = event("aggregate_costs")
    given["batches"][0]["key"] = None
    with pytest.raises(TooManyAccountsMissing, match="BatchLost"):
        through("aggregate_costs", given)


def test_a_batch_that_comes_twice_is_added_once() -> None:
    given = event("aggregate_costs")
    once = through("aggregate_costs", given)["total"]
    given["batches"].append(given["batches"][0])
    assert Decimal(through("aggregate_costs", given)["total"]) == Decimal(once) == 1000


def test_half_a_character_in_an_error_is_no_second_failure_after_its_alert() -> None:
    """JSON writes an emoji as two halves, and what is cut by its length keeps one."""
    failure = event("notify_failure")
    failure["input"], failure["failure"]["error"] = event("resolve_accounts"), "Broken\ud83d"
    ports = ports_over(golden().before["notify_failure"])
    assert invoke("notify_failure", failure, ports)["status"] == "delivered"


def test_half_a_character_of_a_cause_that_was_cut_is_not_told() -> None:
    assert plain_cause('{"errorMessage":"no \\ud83d') == "no ?…"


@pytest.mark.parametrize(("name", "raised"), [("a\0b", "ab"), ("\ud800", "?")])
def test_the_gate_raises_an_error_of_any_name(name: str, raised: str) -> None:
    held = event("hold_for_redrive")
    held["failure"] |= {"error": name, "redriveCount": 1}
    held["redrive_count"] = 1
    with pytest.raises(Permanent) as found:
        through("hold_for_redrive", held)
    assert type(found.value).__name__ == raised


@pytest.mark.parametrize(
    "change",
    [
        {"history_start": "0001-01-01"},
        {"until": "9999-12-31"},
        {"period": {"start": "2026-11-17", "end": "2026-11-16"}},
        {"previous_period": {"start": "0001-01-01", "end": "2026-11-16"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_run_over_thousands_of_years_is_refused_before_its_days_are_counted(change: Any) -> None:
    given = event("fetch_costs")
    given["run"].update(change)
    with pytest.raises(InvalidInput, match="days, not 1 to 1000"):
        contracts.from_json(CostBatch, given)


@pytest.mark.parametrize("field", ["Id", "Name", "State", "Status"])
def test_an_account_whose_fields_are_no_texts_is_no_answer(field: str) -> None:
    account = {"Id": "111111111111", "Name": "one", "State": "ACTIVE", field: 7}
    client = answers(clients().organizations(), lambda *_: said({"Accounts": [account]}))
    with pytest.raises(OrganizationsUnavailable, match="not be reached"):
        AwsOrganization(client, clients().sts()).accounts()


def test_a_unit_that_holds_itself_is_no_answer() -> None:
    units = {"OrganizationalUnits": [{"Id": "ou-ab12-11111111"}]}
    told = {"ListRoots": {"Roots": [{"Id": "r-ab12"}]}, "ListOrganizationalUnitsForParent": units}
    account = {"Accounts": [{"Id": "111111111111"}]}
    client = answers(clients().organizations(), lambda operation, _: said(told.get(operation, account)))
    with pytest.raises(OrganizationsUnavailable):
        AwsOrganization(client, clients().sts(), with_units=True).accounts()


def test_a_billed_account_that_stands_on_two_pages_is_one_account() -> None:
    values = {"DimensionValues": [{"Value": "111111111111"}]}
    pages = [{**values, "NextPageToken": "1"}, values]
    client = answers(clients().cost_explorer(), lambda _, asked: said(pages["NextPageToken" in asked]))
    found = CostExplorer(lambda _: client).billed_accounts(make_run())
    assert [each.id for each in found.accounts] == ["111111111111"]


def test_a_record_of_incidents_nested_without_end_stops_no_report() -> None:
    objects = dict(golden().before["detect_anomalies"])
    newest = max(key for key in objects if keys.INCIDENTS.matches(key))
    ports = ports_over({**objects, newest: b'{"a":' * 3000})
    invoke("detect_anomalies", event("detect_anomalies"), ports)
    report = documents.read(ports.store, "runs/daily-2026-11-16/report.detected.json", Report)
    assert "incidents_unreadable" in report.notes


@pytest.mark.parametrize("token", [7, [[]], {"a": 1}])
def test_a_token_that_is_no_text_is_no_answer(token: Any) -> None:
    client = answers(
        clients().cost_explorer(), lambda *_: said({"DimensionValues": [], "NextPageToken": token})
    )
    with pytest.raises(CostExplorerUnavailable):
        CostExplorer(lambda _: client).billed_accounts(make_run())


def test_a_secret_that_is_no_text_is_no_answer() -> None:
    client = answers(clients().secrets_manager(), lambda *_: said({"ARN": "arn:x", "SecretString": 7}))
    with pytest.raises(SecretUnavailable):
        WebhookSecret(client, "arn:x").url()


def test_a_redrive_count_that_is_no_number_is_no_answer() -> None:
    client = answers(clients().step_functions(), lambda *_: said({"status": "RUNNING", "redriveCount": "2"}))
    with pytest.raises(ExecutionUnavailable):
        AwsExecutions(client).redrive_count("arn:aws:states:eu-west-1:111111111111:execution:a:b")


@pytest.mark.parametrize("key", ["runs/a\0b", "runs/\ud800", "runs/../../etc/passwd"])
def test_a_key_that_no_file_can_have_is_refused(tmp_path: Path, key: str) -> None:
    store = DirectoryStore(tmp_path / "state")
    uses = (store.read, lambda name: store.write(name, b""), lambda name: store.create(name, b""))
    for use in uses:
        with pytest.raises(StoreAccessDenied, match="cannot be the name of an object"):
            use(key)
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]
