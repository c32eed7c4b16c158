"""Deep links into the console of the right partition, filtered to what the reader looks at."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.models.run import Period
from finopsguard.ports import Place
from finopsguard.report.links import Console, object_page

PERIOD = Period(date(2026, 11, 9), date(2026, 11, 16))
ARN = "arn:{}:states:{}:111122223333:execution:finops-guard:weekly-1"
AWS = Console(ARN.format("aws", "eu-west-1"))
CHINA = Console(ARN.format("aws-cn", "cn-north-1"))
GOV = Console(ARN.format("aws-us-gov", "us-gov-west-1"))


def query(link: str | None) -> dict[str, str]:
    """The parameters behind the page's name in the fragment."""
    assert link is not None
    return {
        key: value
        for key, (value,) in parse_qs(link.partition("#/cost-explorer?")[2], strict_parsing=True).items()
    }


def test_cost_explorer_counts_its_end_date_in() -> None:
    found = query(AWS.cost_explorer(PERIOD, metric="UnblendedCost"))

    assert (found["startDate"], found["endDate"]) == ("2026-11-09", "2026-11-15")
    assert found["granularity"] == "Daily"
    assert json.loads(found["filter"]) == []
    assert json.loads(found["groupBy"]) == ["Service"]


def test_cost_explorer_is_filtered_to_account_and_service() -> None:
    link = AWS.cost_explorer(
        PERIOD, metric="AmortizedCost", accounts=["111122223333"], services=['EC2 - "Other"']
    )
    found = query(link)

    assert found["costAggregate"] == "amortizedCost"
    assert json.loads(found["groupBy"]) == ["UsageType"]
    assert [
        (each["dimension"]["id"], each["operator"], each["values"][0]["value"])
        for each in json.loads(found["filter"])
    ] == [
        ("LinkedAccount", "INCLUDES", "111122223333"),
        ("Service", "INCLUDES", 'EC2 - "Other"'),
    ]


def test_a_link_never_grows_without_end() -> None:
    link = AWS.cost_explorer(
        PERIOD, metric="UnblendedCost", accounts=["111122223333"], services=["日本" * 500]
    )

    assert link is not None
    assert len(link) < 1_500
    assert "111122223333" in link


@given(service=st.text(min_size=1, max_size=60))
def test_any_service_name_is_only_a_value(service: str) -> None:
    link = AWS.cost_explorer(PERIOD, metric="UnblendedCost", services=[service])

    assert link is not None
    assert urlsplit(link).hostname == "us-east-1.console.aws.amazon.com"
    assert link.isascii()
    assert not set(link) & set(" \"'<>[]{}\\|^`")
    assert json.loads(query(link)["filter"])[0]["values"][0]["value"] == service


def test_each_partition_has_its_own_console() -> None:
    assert str(AWS.execution_page()).startswith(
        "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:"
    )
    assert str(CHINA.execution_page()).startswith("https://cn-north-1.console.amazonaws.cn/states/")
    assert str(GOV.execution_page()).startswith("https://us-gov-west-1.console.amazonaws-us-gov.com/states/")
    assert str(CHINA.cost_explorer(PERIOD, metric="UnblendedCost")).startswith(
        "https://cn-northwest-1.console.amazonaws.cn/costmanagement/"
    )


def test_govcloud_has_no_cost_pages() -> None:
    assert GOV.cost_explorer(PERIOD, metric="UnblendedCost") is None
    assert GOV.anomalies() is None


@pytest.mark.parametrize(
    "execution",
    [
        "",
        "not an arn",
        "arn:aws:states:eu-west-1:111122223333:execution:finops-guard",
        "arn:aws:states:us-east-1:123456789012:execution:finops-guard:weekly-1",
        "arn:aws:states:evil.example/:111122223333:execution:finops-guard:weekly-1",
        "arn:aws:states:eu-west-1:111122223333:execution:x:y#<script>",
        "arn:aws:s3:eu-west-1:111122223333:execution:x:y",
    ],
)
def test_no_link_to_an_execution_that_is_not_in_aws(execution: str) -> None:
    """moto's account 123456789012 is a run on a laptop."""
    assert Console(execution).execution_page() is None
    assert Console(execution).logs("FetchCosts") is None
    assert str(Console(execution).anomalies()).startswith("https://us-east-1.console.aws.amazon.com/")


def test_an_execution_that_names_the_alias_as_well_has_its_page_and_its_stacks_logs() -> None:
    """AWS documents no other form of an execution's ARN; one with a qualifier would be read all the same."""
    live = Console("arn:aws:states:eu-west-1:111122223333:execution:finops-guard:live:weekly-1")
    assert str(live.execution_page()).endswith(":execution:finops-guard:live:weekly-1")
    assert live.logs("FetchCosts") == AWS.logs("FetchCosts")


def test_logs_of_a_state_or_of_the_whole_stack() -> None:
    assert str(AWS.logs("FetchCosts")).endswith(
        "/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ffinops-guard$252FFetchCosts"
    )
    assert str(AWS.logs()).endswith("#logsV2:log-groups$3FlogGroupNameFilter$3D$252Ffinops-guard")


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_an_object_s_page_is_in_its_partition_s_console_and_holds_no_key(partition: str, host: str) -> None:
    link = object_page(Place(partition, "eu-west-1", "reports", "runs/weekly-2026-11-16/report.html"))
    assert link is not None
    address = urlsplit(link)
    assert (address.scheme, address.netloc, address.path) == (
        "https",
        f"eu-west-1.{host}",
        "/s3/object/reports",
    )
    assert parse_qs(address.query, strict_parsing=True) == {
        "region": ["eu-west-1"],
        "bucketType": ["general"],
        "prefix": ["runs/weekly-2026-11-16/report.html"],
    }


def test_an_object_without_a_console_has_no_page() -> None:
    assert object_page(None) is None
    assert object_page(Place("aws-iso", "us-iso-east-1", "reports", "runs/x/report.html")) is None
