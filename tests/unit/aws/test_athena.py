"""Athena and Glue as boto3 speaks to them: what is asked passes AWS's own model of the service, and moto's Athena."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from finopsguard import errors
from finopsguard.aws.athena import Athena, Execution, Table
from finopsguard.aws.clients import Clients

TOKEN, ANSWERS = "t" * 64, "s3://finopsguard-reports/athena/aws/answers/"


def of(clients: Clients) -> Athena:
    return Athena(clients.athena, clients.glue, workgroup="ours", database="billing", table="all_costs")


def test_moto_s_athena_takes_a_statement_and_says_how_it_stands(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_ATHENA")
    with mock_aws():
        fresh = Clients("us-east-1")
        fresh.athena().create_work_group(
            Name="ours",
            Configuration={
                "ResultConfiguration": {"OutputLocation": ANSWERS},
                "BytesScannedCutoffPerQuery": 500 * 10**9,
                "EnforceWorkGroupConfiguration": True,
            },
        )
        athena = of(fresh)
        execution = athena.start("SELECT 1", TOKEN, ANSWERS)
        found = athena.execution(execution)
        assert (found.ended, found.why) == ("succeeded", "")
        assert isinstance(found.scanned, int)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"Status": {"State": "QUEUED"}}, Execution(None, None)),
        ({"Status": {"State": "RUNNING"}, "Statistics": {"DataScannedInBytes": 5}}, Execution(None, 5)),
        (
            {
                "Status": {"State": "SUCCEEDED"},
                "Statistics": {"DataScannedInBytes": 7, "DataManifestLocation": f"{ANSWERS}x-manifest.csv"},
            },
            Execution("succeeded", 7, files=f"{ANSWERS}x-manifest.csv"),
        ),
        (
            {
                "Status": {
                    "State": "FAILED",
                    "StateChangeReason": "lost\n a node",
                    "AthenaError": {"ErrorCategory": 1, "Retryable": True},
                }
            },
            Execution("failed", None, "lost a node", again=True),
        ),
        ({"Status": {"State": "CANCELLED", "StateChangeReason": "no"}}, Execution("cancelled", None, "no")),
    ],
)
def test_how_a_statement_stands(clients: Clients, answer: Mapping[str, Any], expected: Execution) -> None:
    client = clients.athena()
    with Stubber(client) as stubber:
        stubber.add_response("get_query_execution", {"QueryExecution": answer}, {"QueryExecutionId": "one"})
        assert of(clients).execution("one") == expected


def test_a_table_s_columns_and_its_partitions(clients: Clients) -> None:
    client = clients.glue()
    described = {
        "Name": "all_costs",
        "StorageDescriptor": {
            "Columns": [{"Name": "line_item_usage_type", "Type": "string"}],
            "Location": "s3://exports/a/data/",
        },
        "PartitionKeys": [{"Name": "billing_period", "Type": "string"}],
    }
    with Stubber(client) as stubber:
        stubber.add_response(
            "get_table", {"Table": described}, {"DatabaseName": "billing", "Name": "all_costs"}
        )
        found = of(clients).table()
    assert found == Table({"line_item_usage_type": "string"}, ["billing_period"], "s3://exports/a/data/")


@pytest.mark.parametrize("answer", [{"Status": {}}, {"Status": {"State": "PAUSED"}}, {}])
def test_an_answer_without_its_state_is_none(clients: Clients, answer: Mapping[str, Any]) -> None:
    client = clients.athena()
    with Stubber(client) as stubber:
        stubber.add_response("get_query_execution", {"QueryExecution": answer})
        with pytest.raises(errors.AthenaUnavailable):
            of(clients).execution("one")
