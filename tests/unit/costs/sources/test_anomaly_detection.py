"""Reading AWS Cost Anomaly Detection: one page of GetAnomalies, as AWS documents it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.anomaly_detection import AnomalyDetection
from finopsguard.errors import (
    CostExplorerAccessDenied,
    CostExplorerIncomplete,
    CostExplorerThrottled,
    CostExplorerUnavailable,
    FinOpsGuardError,
)
from finopsguard.models.opinion import AwsFinding, AwsFindings, AwsPlace
from finopsguard.models.run import Period
from tests.standins import StandIns
from tests.standins.service import Answer

DAYS = Period(date(2026, 11, 6), date(2026, 11, 16))


def told(**more: Any) -> dict[str, Any]:
    """A finding as AWS documents it."""
    return {
        "AnomalyId": "a-1",
        "AnomalyStartDate": "2026-11-10T00:00:00Z",
        "AnomalyEndDate": "2026-11-12T00:00:00Z",
        "DimensionValue": "Amazon Simple Storage Service",
        "RootCauses": [
            {
                "Service": "Amazon Simple Storage Service",
                "Region": "eu-west-1",
                "LinkedAccount": "111100000001",
                "LinkedAccountName": "shop",
                "UsageType": "EU-Requests-Tier1",
            }
        ],
        "AnomalyScore": {"MaxScore": 0.9, "CurrentScore": 0.5},
        "Impact": {"MaxImpact": 60.1, "TotalImpact": 120.456, "TotalActualSpend": 150.0},
        "MonitorArn": "arn:aws:ce::111100000000:anomalymonitor/1",
        **more,
    }


def read(standins: StandIns, clients: Clients, *found: Any) -> AwsFindings:
    standins.cost_explorer.anomalies = list(found)
    return AnomalyDetection(clients.cost_explorer).findings(DAYS)


def test_a_finding_has_its_days_its_dollars_and_its_places(standins: StandIns, clients: Clients) -> None:
    assert read(standins, clients, told()).found == (
        AwsFinding(
            "a-1",
            date(2026, 11, 10),
            date(2026, 11, 12),
            Decimal("120.46"),
            (AwsPlace("111100000001", "Amazon Simple Storage Service", "eu-west-1"),),
        ),
    )


def test_the_interval_is_the_days_and_it_is_one_page(standins: StandIns, clients: Clients) -> None:
    standins.cost_explorer.page_size = 2
    paid: list[int] = []
    standins.cost_explorer.anomalies = [
        told(AnomalyId=str(number), AnomalyEndDate=f"2026-11-{day}T00:00:00Z")
        for number, day in enumerate(("11", "12", "13", "15", "16"))
    ]
    found = AnomalyDetection(clients.cost_explorer).findings(DAYS, lambda: paid.append(1))
    assert [each.id for each in found.found] == ["0", "1"]
    assert (found.more, paid, standins.cost_explorer.count("GetAnomalies")) == (True, [1], 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"AnomalyId": ""},
        {"AnomalyStartDate": "2026-11-14"},
        {"AnomalyStartDate": "soon"},
        {"Impact": {}},
        {"Impact": {"MaxImpact": 1e300}},
    ],
)
def test_what_is_not_understood_is_left(standins: StandIns, clients: Clients, odd: dict[str, Any]) -> None:
    assert read(standins, clients, told(**odd), told(AnomalyId="b")).found[0].id == "b"


def test_a_root_cause_may_name_less(standins: StandIns, clients: Clients) -> None:
    (found,) = read(
        standins, clients, told(RootCauses=[{"LinkedAccount": "x"}, {"Service": "S" * 999}])
    ).found
    assert found.places == (AwsPlace(None, None), AwsPlace(None, "S" * 200))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"Anomalies": 7}', b'{"Anomalies": ["x"]}', b"[]"])
def test_an_answer_that_is_none_is_an_error(standins: StandIns, clients: Clients, body: bytes) -> None:
    standins.cost_explorer.answer(Answer(200, body, "application/x-amz-json-1.1"), times=None)
    with pytest.raises((CostExplorerUnavailable, CostExplorerIncomplete)):
        read(standins, clients)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDeniedException", CostExplorerAccessDenied),
        ("LimitExceededException", CostExplorerThrottled),
        ("InternalFailure", CostExplorerUnavailable),
    ],
)
def test_a_refusal_is_one_of_cost_explorers(
    standins: StandIns, clients: Clients, code: str, expected: type[FinOpsGuardError]
) -> None:
    standins.cost_explorer.fail(code, status=500 if code == "InternalFailure" else 400, times=None)
    with pytest.raises(expected):
        read(standins, clients)
