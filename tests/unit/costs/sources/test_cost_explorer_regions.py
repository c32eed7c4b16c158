"""Cost Explorer by service and Region, and by the accounts of a Region: what is asked, and what is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.costs.sources.cost_explorer_usage import CostExplorerUsage
from finopsguard.errors import CostExplorerIncomplete, UsageIncomplete
from finopsguard.models.metrics import USAGE_RECORD_TYPES
from finopsguard.models.run import Batch, Period
from tests.standins import StandIns
from tests.standins.costs import Charge, Costs
from tests.unit.costs.sources.cost_queries import BOTH, SHORT, WEEK

A, B = "111100000000", "111100000001"
EC2, S3 = "Amazon Elastic Compute Cloud - Compute", "Amazon Simple Storage Service"
DAY = SHORT.window.start
ALL = Batch("b", regions=())
CHARGES = [
    Charge(A, DAY, EC2, "Usage", Decimal(10), region="us-east-1"),
    Charge(B, DAY, EC2, "Usage", Decimal("2.5"), region="us-east-1"),
    Charge(B, DAY, EC2, "SavingsPlanCoveredUsage", Decimal(4), region="sa-east-1", spread=Decimal(3)),
    Charge(B, DAY, S3, "Usage", Decimal(1), region=""),
    Charge(A, DAY, S3, "Usage", Decimal(0), region="eu-west-1"),
    Charge(A, DAY, EC2, "Tax", Decimal(99), region="us-east-1"),
]


@pytest.fixture(autouse=True)
def billed(standins: StandIns) -> None:
    standins.cost_explorer.costs = Costs.charges(CHARGES)


def last_query(standins: StandIns) -> Mapping[str, Any]:
    return standins.cost_explorer.calls[-1].parameters


def test_usage_alone_of_all_accounts_together_in_both_costs(standins: StandIns, reader: CostExplorer) -> None:
    paid: list[None] = []
    found = reader.fetch(SHORT, ALL, SHORT.window, lambda: paid.append(None))
    assert {(row.service, row.region, row.amount, row.amortized) for row in found.rows} == {
        (EC2, "us-east-1", Decimal("12.5"), Decimal("12.5")),
        (EC2, "sa-east-1", Decimal(4), Decimal(3)),
        (S3, "global", Decimal(1), Decimal(1)),
    }
    assert {(row.account_id, row.record_type, row.seller) for row in found.rows} == {("regions", None, None)}
    assert found.requests == len(paid) == standins.cost_explorer.requests == 1
    query = last_query(standins)
    assert [group["Key"] for group in query["GroupBy"]] == ["SERVICE", "REGION"]
    assert query["Metrics"] == list(BOTH)
    assert query["Filter"] == {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(USAGE_RECORD_TYPES)}}


def test_of_a_part_its_accounts_alone(standins: StandIns, reader: CostExplorer) -> None:
    part = Batch("b", regions=(B,))
    found = reader.fetch(SHORT, part, SHORT.window)
    assert sum(row.amount for row in found.rows) == Decimal("7.5")
    assert {row.account_id for row in found.rows} == set(part.held_as) != {"regions"}
    assert last_query(standins)["Filter"]["And"][0]["Dimensions"]["Values"] == [B]


def without_the_last_day(_: object, answer: dict[str, Any]) -> None:
    answer["ResultsByTime"].pop()


def without_an_amount(_: object, answer: dict[str, Any]) -> None:
    for result in answer["ResultsByTime"]:
        for group in result["Groups"]:
            del group["Metrics"]["AmortizedCost"]


def twice(_: object, answer: dict[str, Any]) -> None:
    for result in answer["ResultsByTime"]:
        result["Groups"] *= 2


@pytest.mark.parametrize("gap", [without_the_last_day, without_an_amount, twice])
def test_a_gap_is_read_again_and_what_stays_broken_is_no_answer(
    standins: StandIns, reader: CostExplorer, gap: Any
) -> None:
    standins.cost_explorer.spoil(gap, times=1)
    assert reader.fetch(SHORT, ALL, SHORT.window).requests == 2
    standins.cost_explorer.spoil(gap)
    with pytest.raises(Exception, match=r"Region|overlap") as caught:
        reader.fetch(SHORT, ALL, SHORT.window)
    assert isinstance(caught.value, CostExplorerIncomplete) == (gap is not twice)


def test_all_pages_are_read_and_each_is_counted(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.page_size = 1
    found = reader.fetch(SHORT, ALL, SHORT.window)
    assert sum(row.amount for row in found.rows) == Decimal("17.5")
    assert found.requests == standins.cost_explorer.requests > 3


# ---- whose it is -----------------------------------------------------------------------------------------------------


def test_the_accounts_of_a_region_by_day_in_one_page(standins: StandIns, clients: Clients) -> None:
    usage, paid = CostExplorerUsage(clients.cost_explorer), list[None]()
    found = usage.by_account(SHORT, [EC2], "us-east-1", SHORT.window, lambda: paid.append(None))
    assert [(each.account_id, each.amount) for each in found] == [(A, Decimal(10)), (B, Decimal("2.5"))]
    assert len(paid) == standins.cost_explorer.requests == 1
    named = [each["Dimensions"] for each in last_query(standins)["Filter"]["And"]]
    assert {each["Key"]: each["Values"] for each in named} == {
        "SERVICE": [EC2],
        "RECORD_TYPE": list(USAGE_RECORD_TYPES),
        "REGION": ["us-east-1"],
    }


def test_more_accounts_than_a_page_or_a_gap_are_no_answer(standins: StandIns, clients: Clients) -> None:
    usage = CostExplorerUsage(clients.cost_explorer)
    standins.cost_explorer.page_size = 1
    with pytest.raises(UsageIncomplete, match=r"console|days are missing"):
        usage.by_account(SHORT, [EC2], "us-east-1", Period(DAY, DAY + timedelta(days=1)))
    standins.cost_explorer.page_size = 5000
    standins.cost_explorer.spoil(without_the_last_day)
    with pytest.raises(UsageIncomplete, match="not again"):
        usage.by_account(SHORT, [EC2], "us-east-1", WEEK)
    assert standins.cost_explorer.requests == 2, "neither is asked for again"
