"""The stand-ins judge requests as AWS documents it: what they would let pass, other tests could not find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from finopsguard.aws.clients import Clients
from tests.standins import Charge, Costs, StandIns

ROOT = Path(__file__).parents[2]
ACCOUNT = {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}
SERVICE = {"Type": "DIMENSION", "Key": "SERVICE"}
REGION = {"Type": "DIMENSION", "Key": "REGION"}
QUERY = {
    "TimePeriod": {"Start": "2026-10-30", "End": "2026-11-03"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
}


def only(key: str, *values: str) -> Mapping[str, Any]:
    return {"Dimensions": {"Key": key, "Values": list(values)}}


@pytest.fixture
def ask(clients: Clients) -> Any:
    """GetCostAndUsage with untyped parameters: wrong ones too."""
    client: Any = clients.cost_explorer()
    return client.get_cost_and_usage


CHARGES = [
    Charge("111100000000", date(2026, 10, 31), "AWS Lambda", "Usage", Decimal("1.25")),
    Charge("111100000000", date(2026, 11, 1), "AWS Lambda", "Usage", Decimal("2.50"), region="eu-west-1"),
    Charge("111100000000", date(2026, 11, 1), "AWS Lambda", "Tax", Decimal("0.40")),
    Charge("111100000001", date(2026, 11, 2), "Amazon Simple Storage Service", "Credit", Decimal("-3")),
    Charge("111100000001", date(2026, 11, 2), "Amazon Simple Storage Service", "Usage", Decimal(0)),
]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-01"}}, "should be before end date"),
        ({"TimePeriod": {"Start": "2026-11-02", "End": "2026-11-01"}}, "should be before end date"),
        ({"TimePeriod": {"Start": "01/11/2026", "End": "2026-11-02"}}, "Start time 01/11/2026 is invalid"),
        ({"GroupBy": [ACCOUNT, SERVICE, REGION]}, "at most 2 groups"),
        ({"GroupBy": [{"Type": "DIMENSION", "Key": "COLOUR"}]}, "Group definition is invalid"),
        ({"Metrics": []}, "Metrics is required"),
        ({"Metrics": ["Cost"]}, "Invalid metric"),
        ({"Filter": {"And": [only("SERVICE", "a")]}}, "And expression must have at least 2 operands"),
        ({"Filter": {"Or": [only("SERVICE", "a")]}}, "Or expression must have at least 2 operands"),
        ({"Filter": {**only("SERVICE", "a"), "Not": only("SERVICE", "b")}}, "exactly one root"),
        ({"Filter": only("COLOUR", "red")}, "Dimension COLOUR is not allowed"),
        ({"Filter": only("SERVICE")}, "Values must not be empty"),
        ({"Granularity": "HOURLY"}, "not supported"),
    ],
)
def test_wrong_requests_are_refused(
    standins: StandIns, ask: Any, wrong: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        ask(**{**QUERY, **wrong})
    assert standins.cost_explorer.requests == 0


@pytest.mark.parametrize("first_day", ["2025-01-01", "2026-11-20"])
def test_days_out_of_reach_are_refused_when_today_is_set(
    standins: StandIns, ask: Any, first_day: str
) -> None:
    standins.cost_explorer.today = date(2026, 11, 16)
    with pytest.raises(ClientError, match="ValidationException"):
        ask(**{**QUERY, "TimePeriod": {"Start": first_day, "End": "2026-11-30"}})


BY_RESOURCE = {
    "GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
    "Filter": only("SERVICE", "AWS Lambda"),
}


@pytest.mark.parametrize(
    ("given", "wrong", "message"),
    [
        ({}, {"GroupBy": [SERVICE]}, "ValidationException.*RESOURCE_ID"),
        ({}, {"Filter": only("REGION", "x")}, "ValidationException.*SERVICE"),
        ({}, {"Metrics": []}, "ValidationException.*Metrics is required"),
        ({"by_resource": False}, {}, "AccessDeniedException.*opt-in only feature"),
        ({"today": date(2026, 11, 20)}, {}, "ValidationException.*more than 14 days ago"),
    ],
)
def test_wrong_requests_by_resource_are_refused(
    standins: StandIns, clients: Clients, given: Mapping[str, Any], wrong: Mapping[str, Any], message: str
) -> None:
    vars(standins.cost_explorer).update(given)
    client: Any = clients.cost_explorer()
    with pytest.raises(ClientError, match=message):
        client.get_cost_and_usage_with_resources(**{**QUERY, **BY_RESOURCE, **wrong})
    with pytest.raises(ClientError, match="RESOURCE_ID is not allowed"):
        client.get_cost_and_usage(**{**QUERY, **BY_RESOURCE})
    assert standins.cost_explorer.requests == 0


def test_by_resource_what_has_none_has_aws_s_word_for_it(standins: StandIns, clients: Clients) -> None:
    owned = Charge("111100000000", date(2026, 11, 1), "AWS Lambda", "Usage", Decimal(3), resource="i-1")
    standins.cost_explorer.costs = Costs.charges([*CHARGES, owned])
    client: Any = clients.cost_explorer()
    answer = client.get_cost_and_usage_with_resources(**QUERY, **BY_RESOURCE)
    groups = [each["Keys"] for each in answer["ResultsByTime"][2]["Groups"]]
    assert groups == [["NoResourceId"], ["i-1"]]
    assert (standins.cost_explorer.requests, standins.cost_explorer.usd) == (1, Decimal("0.01"))


def test_a_token_is_good_for_its_own_request_only(standins: StandIns, ask: Any) -> None:
    standins.cost_explorer.page_size = 3
    token = ask(**QUERY, GroupBy=[ACCOUNT])["NextPageToken"]
    with pytest.raises(ClientError, match="RequestChangedException"):
        ask(**QUERY, GroupBy=[SERVICE], NextPageToken=token)
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        ask(**QUERY, GroupBy=[ACCOUNT], NextPageToken="made-up")
    assert ask(**QUERY, GroupBy=[ACCOUNT], NextPageToken=token)["ResultsByTime"]


@pytest.mark.parametrize(
    ("expression", "total"),
    [
        (only("LINKED_ACCOUNT", "111100000000"), "4.15"),
        (only("RECORD_TYPE", "Usage", "Tax"), "4.15"),
        ({"Not": only("RECORD_TYPE", "Usage")}, "-2.6"),
        ({"And": [only("SERVICE", "AWS Lambda"), only("REGION", "eu-west-1")]}, "2.5"),
        ({"Or": [only("REGION", "eu-west-1"), only("RECORD_TYPE", "Credit")]}, "-0.5"),
        ({"And": [only("SERVICE", "AWS Lambda"), {"Not": only("RECORD_TYPE", "Tax")}]}, "3.75"),
        (only("SERVICE", "aws lambda"), "0"),
    ],
)
def test_filters(standins: StandIns, ask: Any, expression: Mapping[str, Any], total: str) -> None:
    standins.cost_explorer.costs = Costs.charges(CHARGES)
    days = ask(**QUERY, Filter=expression)["ResultsByTime"]
    assert len(days) == 4
    assert sum(Decimal(day["Total"]["UnblendedCost"]["Amount"]) for day in days) == Decimal(total)


def test_groups_and_months(standins: StandIns, ask: Any) -> None:
    standins.cost_explorer.costs = Costs.charges(CHARGES)
    standins.cost_explorer.today = date(2026, 11, 16)
    answer = ask(
        **{**QUERY, "Granularity": "MONTHLY"}, GroupBy=[ACCOUNT, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]
    )
    october, november = answer["ResultsByTime"]
    assert october["TimePeriod"] == {"Start": "2026-10-30", "End": "2026-11-01"}
    assert november["TimePeriod"] == {"Start": "2026-11-01", "End": "2026-11-03"}
    assert {
        tuple(group["Keys"]): group["Metrics"]["UnblendedCost"]["Amount"] for group in november["Groups"]
    } == {
        ("111100000000", "Tax"): "0.4",
        ("111100000000", "Usage"): "2.5",
        ("111100000001", "Credit"): "-3",
        ("111100000001", "Usage"): "0",
    }
    assert november["Estimated"]
    assert answer["DimensionValueAttributes"][0] == {
        "Value": "111100000000",
        "Attributes": {"description": "management"},
    }


def test_pages_together_hold_every_group_once(standins: StandIns, ask: Any) -> None:
    whole = ask(**QUERY, GroupBy=[ACCOUNT, SERVICE])["ResultsByTime"]
    standins.cost_explorer.page_size = 5
    parts: dict[str, list[Any]] = {day["TimePeriod"]["Start"]: [] for day in whole}
    token: Mapping[str, str] = {}
    cut_days = 0
    while True:
        page = ask(**QUERY, GroupBy=[ACCOUNT, SERVICE], **token)
        assert sum(len(day["Groups"]) for day in page["ResultsByTime"]) <= 5
        for day in page["ResultsByTime"]:
            cut_days += bool(parts[day["TimePeriod"]["Start"]])
            parts[day["TimePeriod"]["Start"]] += day["Groups"]
        if "NextPageToken" not in page:
            break
        token = {"NextPageToken": page["NextPageToken"]}
    assert parts == {day["TimePeriod"]["Start"]: day["Groups"] for day in whole}
    assert cut_days > 4


def test_parents_lead_to_the_root(standins: StandIns, clients: Clients) -> None:
    organizations = clients.organizations()
    account = next(account for account in standins.organizations.accounts if len(account.units) == 2)
    climbed = []
    child = account.id
    while not child.startswith("r-"):
        child = organizations.list_parents(ChildId=child)["Parents"][0]["Id"]
        climbed.append(child)
    assert climbed == [*reversed(account.units), "r-st01"]


def post(
    url: str, body: bytes = b'{"type": "message"}', kind: str = "application/json"
) -> urllib3.BaseHTTPResponse:
    return urllib3.request("POST", url, body=body, headers={"Content-Type": kind}, retries=False)


def test_the_workflow_accepts_with_an_empty_202_and_keeps_the_body(standins: StandIns) -> None:
    answer = post(standins.webhook_url)
    assert (answer.status, answer.data) == (202, b"")
    assert standins.workflows.messages() == [{"type": "message"}]


def test_the_workflow_refuses_what_is_wrong(standins: StandIns) -> None:
    url = standins.webhook_url
    refused = [
        post(url.replace("sig=", "sig=x")),
        post(url.replace("/invoke", "/other")),
        post(url, b"{"),
        post(url, kind="text/plain"),
        post(url, b'"' + b"x" * 28 * 1024 + b'"'),
    ]
    assert [answer.status for answer in refused] == [401, 404, 400, 415, 413] == standins.workflows.statuses
    assert standins.workflows.posts == []


def test_the_workflows_answers_can_be_scripted(standins: StandIns) -> None:
    standins.workflows.answer(429, retry_after=7)
    standins.workflows.answer(503, times=2)
    standins.workflows.report_error(400)
    answers = [post(standins.webhook_url) for _ in range(5)]
    assert [answer.status for answer in answers] == [429, 503, 503, 200, 202]
    assert answers[0].headers["Retry-After"] == "7"
    assert b"returned HTTP error 400" in answers[3].data
    assert len(standins.workflows.posts) == 1


def test_a_child_process_reaches_them_through_the_environment(standins: StandIns) -> None:
    program = (
        "import boto3, json; from finopsguard.aws.clients import Clients; clients = Clients('us-east-1');"
        "print(json.dumps([clients.sts().get_caller_identity()['Account'],"
        " len(clients.organizations().list_accounts()['Accounts'])]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **standins.environ()},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == [standins.sts.own_account, 20]


def test_they_run_by_themselves_and_print_the_environment(standins: StandIns) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.standins", "--accounts", "3"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            lines = [server.stdout.readline().strip() for _ in standins.environ()]
        finally:
            server.terminate()
    printed = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert set(printed) == set(standins.environ())
    assert printed["AWS_ENDPOINT_URL_STS"].startswith("http://127.0.0.1:")
