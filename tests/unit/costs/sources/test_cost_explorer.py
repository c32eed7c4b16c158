"""The Cost Explorer reader against the stand-in: every amount of every page, through the right credentials."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finopsguard import errors
from finopsguard.aws.clients import Clients
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import USAGE_RECORD_TYPES, MetricName
from finopsguard.models.run import Batch, Run
from tests.standins import AccountRecord, Charge, Costs, StandIns
from tests.sweeps import examples
from tests.unit.costs.sources.cost_queries import (
    BOTH,
    END,
    FIRST,
    OWN,
    ROLE,
    SHORT,
    VIEW,
    WEEK,
    answer_both,
    batch,
    run,
)


def expected(costs: Costs, of: Run, accounts: tuple[str, ...]) -> list[CostRow]:
    """The rows that the costs amount to, added up here and not by the stand-in."""
    sums: dict[tuple[date, str, str | None, str | None], tuple[Decimal, Decimal]] = {}
    for charge in costs.between(of.window.start, of.window.end):
        if charge.account_id in accounts:
            keys: list[tuple[date, str, str | None, str | None]] = [
                (charge.day, charge.account_id, None, charge.record_type)
            ]
            if charge.record_type in USAGE_RECORD_TYPES:
                keys.append((charge.day, charge.account_id, charge.service, None))
            for key in keys:
                amount, amortized = sums.get(key, (Decimal(0), Decimal(0)))
                sums[key] = (amount + charge.amount, amortized + charge.amortized)
    return [
        CostRow(*key, amount, "USD", amortized=amortized)
        for key, (amount, amortized) in sums.items()
        if amount or amortized
    ]


def by_key(row: CostRow) -> tuple[str, ...]:
    return (str(row.date), row.account_id, row.service or "", row.record_type or "")


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_every_amount_to_the_last_digit(standins: StandIns, reader: CostExplorer) -> None:
    batch_ = batch(standins)
    costs = reader.fetch(run(), batch_, run().window)
    assert sorted(costs.rows, key=by_key) == sorted(
        expected(standins.cost_explorer.costs, run(), batch_.accounts), key=by_key
    )
    charged = sum((row.amount for row in costs.rows if row.record_type), Decimal(0))
    assert charged == standins.cost_explorer.costs.total(FIRST, END)
    assert costs.requests == standins.cost_explorer.requests > 2


AMOUNTS = st.decimals(-1000, 1000, allow_nan=False, places=10)
CHARGES = st.builds(
    Charge,
    account_id=st.sampled_from(["111100000000", "111100000001", "111100000002"]),
    day=st.dates(SHORT.window.start, END - timedelta(days=1)),
    service=st.sampled_from(["AWS Lambda", "Amazon Simple Storage Service"]),
    record_type=st.sampled_from(["Usage", "DiscountedUsage", "SavingsPlanNegation", "Credit", "Tax"]),
    amount=st.one_of(st.just(Decimal(0)), AMOUNTS),
)


@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(charges=st.lists(CHARGES, max_size=25), page_size=st.integers(2, 12), accounts=st.integers(1, 3))
def test_pages_of_any_size_hold_the_same_amounts(
    standins: StandIns, reader: CostExplorer, charges: list[Charge], page_size: int, accounts: int
) -> None:
    standins.cost_explorer.costs = Costs.charges(charges)
    standins.cost_explorer.page_size = page_size
    before = standins.cost_explorer.requests
    batch_ = batch(standins, accounts)
    costs = reader.fetch(SHORT, batch_, SHORT.window)
    assert sorted(costs.rows, key=by_key) == sorted(
        expected(standins.cost_explorer.costs, SHORT, batch_.accounts), key=by_key
    )
    assert costs.requests == standins.cost_explorer.requests - before


def test_the_two_queries_as_they_are_sent(standins: StandIns, reader: CostExplorer) -> None:
    reader.fetch(SHORT, batch(standins, 2), SHORT.window)
    accounts = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111100000000", "111100000001"]}}
    usage = {
        "Dimensions": {
            "Key": "RECORD_TYPE",
            "Values": ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"],
        }
    }
    common = {
        "TimePeriod": {"Start": "2026-11-06", "End": "2026-11-16"},
        "Granularity": "DAILY",
        "Metrics": list(BOTH),
    }
    by_account = {"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}
    assert [call.parameters for call in standins.cost_explorer.calls] == [
        {**common, "GroupBy": [by_account, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}], "Filter": accounts},
        {
            **common,
            "GroupBy": [by_account, {"Type": "DIMENSION", "Key": "SERVICE"}],
            "Filter": {"And": [accounts, usage]},
        },
    ]


def test_all_accounts_are_asked_for_without_a_filter_and_whoever_was_billed_is_there(
    standins: StandIns, reader: CostExplorer
) -> None:
    found = reader.fetch(SHORT, replace(batch(standins, 2), whole=True), SHORT.window)
    accounts = tuple(account.id for account in standins.organizations.accounts)
    assert sorted(found.rows, key=by_key) == sorted(
        expected(standins.cost_explorer.costs, SHORT, accounts), key=by_key
    )
    charges, usage = (call.parameters for call in standins.cost_explorer.calls)
    assert list(usage["Filter"]) == ["Dimensions"]
    assert "Filter" not in charges


def test_pages_are_asked_for_with_identical_parameters(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.page_size = 7
    reader.fetch(SHORT, batch(standins), SHORT.window)
    asked = [dict(call.parameters) for call in standins.cost_explorer.calls]
    tokens = [parameters.pop("NextPageToken", None) for parameters in asked]
    assert tokens.count(None) == 2
    assert len({json.dumps(parameters, sort_keys=True) for parameters in asked}) == 2


def test_a_page_may_end_inside_a_day(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.costs = Costs.charges(
        [Charge(OWN, WEEK.start, f"service-{number}", "Usage", Decimal(number)) for number in range(1, 6)]
    )
    one_day = run(first=WEEK.start)
    standins.cost_explorer.page_size = 2
    costs = reader.fetch(one_day, batch(standins, 1), one_day.window)
    assert [(row.service, row.amount) for row in costs.rows if row.service] == [
        (f"service-{number}", Decimal(number)) for number in range(1, 6)
    ]
    # 5 groups and 6 days without any on pages of 2, then 1 group and 6 days.
    assert costs.requests == 6 + 4


def test_zeros_are_left_out_and_odd_numbers_are_not(standins: StandIns, reader: CostExplorer) -> None:
    amounts = {
        "a": "0",
        "b": "0.0000000000",
        "c": "0E-10",
        "d": "1.5E-7",
        "e": "-0.0000000001",
        "f": "9876543210987.0123456789",
    }
    answer_both(standins, [(OWN, name, amount) for name, amount in amounts.items()])
    costs = reader.fetch(SHORT, batch(standins, 1), SHORT.window)
    assert {row.service: row.amount for row in costs.rows if row.service} == {
        "d": Decimal("0.00000015"),
        "e": Decimal("-0.0000000001"),
        "f": Decimal("9876543210987.0123456789"),
    }


def test_the_currency_is_kept(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.unit = "CNY"
    assert {row.unit for row in reader.fetch(SHORT, batch(standins), SHORT.window).rows} == {"CNY"}


@pytest.mark.parametrize("metric", ["AmortizedCost", "NetUnblendedCost"])
def test_the_metric_that_is_set_is_read(standins: StandIns, reader: CostExplorer, metric: MetricName) -> None:
    asked = run(first=SHORT.history_start, metric=metric)
    costs = reader.fetch(asked, batch(standins), asked.window)
    assert costs.rows
    metrics = {tuple(call.parameters["Metrics"]) for call in standins.cost_explorer.calls}
    assert metrics == {tuple(dict.fromkeys((metric, "AmortizedCost")))}


def test_accounts_without_any_cost(standins: StandIns, reader: CostExplorer) -> None:
    standins.cost_explorer.costs = Costs.charges([])
    costs = reader.fetch(SHORT, batch(standins), SHORT.window)
    assert (list(costs.rows), costs.requests) == ([], 2)


def test_a_hundred_accounts_in_one_batch(standins: StandIns, reader: CostExplorer) -> None:
    accounts = [AccountRecord(f"{number:012}", f"account-{number}") for number in range(100)]
    standins.cost_explorer.costs = Costs.charges(
        [Charge(account.id, WEEK.start, "AWS Lambda", "Usage", Decimal(1)) for account in accounts]
    )
    costs = reader.fetch(SHORT, Batch("b-001", tuple(account.id for account in accounts)), SHORT.window)
    assert len({row.account_id for row in costs.rows}) == 100
    assert costs.requests == 2


def test_the_shape_of_a_recorded_answer(standins: StandIns, reader: CostExplorer) -> None:
    """Fields in the order, with the zeros, ten decimals and `Estimated` of a real answer of 2021."""
    answer_both(
        standins,
        [
            (OWN, "AWS Cost Explorer", "0.01"),
            (OWN, "AWS Lambda", "0"),
            (OWN, "EC2 - Other", "1.9516129044"),
        ],
    )
    rows = [row for row in reader.fetch(SHORT, batch(standins, 1), SHORT.window).rows if row.service]
    assert rows == [
        CostRow(
            WEEK.start, OWN, "AWS Cost Explorer", None, Decimal("0.01"), "USD", amortized=Decimal("0.01")
        ),
        CostRow(
            WEEK.start,
            OWN,
            "EC2 - Other",
            None,
            Decimal("1.9516129044"),
            "USD",
            amortized=Decimal("1.9516129044"),
        ),
    ]


def test_one_reader_serves_many_threads(standins: StandIns, reader: CostExplorer) -> None:
    accounts = [account.id for account in standins.organizations.accounts]
    batches = [Batch(f"b-{number}", tuple(accounts[number::5])) for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        read = list(pool.map(lambda batch_: reader.fetch(SHORT, batch_, SHORT.window), batches))
    charged = sum((row.amount for costs in read for row in costs.rows if row.record_type), Decimal(0))
    assert charged == standins.cost_explorer.costs.total(SHORT.window.start, END)
    assert [costs.requests for costs in read] == [2] * 5


# ---- through which credentials ---------------------------------------------------------------------------------------


def test_a_single_account_outside_an_organization(standins: StandIns, reader: CostExplorer) -> None:
    standins.organizations.in_use = False
    costs = reader.fetch(SHORT, Batch("b-001", (standins.sts.own_account,)), SHORT.window)
    assert {row.account_id for row in costs.rows} == {standins.sts.own_account}
    assert sum(
        (row.amount for row in costs.rows if row.record_type), Decimal(0)
    ) == standins.cost_explorer.costs.total(
        SHORT.window.start, END, lambda charge: charge.account_id == standins.sts.own_account
    )


def test_an_account_is_read_through_its_own_role(standins: StandIns, clients: Clients) -> None:
    standins.sts.roles = {ROLE}
    standins.cost_explorer.costs = Costs.charges(
        [Charge("222200000000", WEEK.start, "AWS Lambda", "Usage", Decimal("3.5"))]
    )
    reader = CostExplorer(
        clients.cost_explorer, default_role_arn="arn:aws:iam::1:role/x", billing_view_arn=VIEW
    )
    costs = reader.fetch(SHORT, Batch("b-001", ("222200000000",), ROLE), SHORT.window)
    assert [row.amount for row in costs.rows] == [Decimal("3.5")] * 2
    assert all("BillingViewArn" not in call.parameters for call in standins.cost_explorer.calls)


def test_a_role_of_the_management_account_reads_the_others(standins: StandIns, clients: Clients) -> None:
    standins.organizations.management_account = "222200000000"
    standins.sts.roles = {ROLE}
    own_only = CostExplorer(clients.cost_explorer).fetch(SHORT, batch(standins), SHORT.window)
    assert {row.account_id for row in own_only.rows} == {OWN}
    through_role = CostExplorer(clients.cost_explorer, default_role_arn=ROLE).fetch(
        SHORT, batch(standins), SHORT.window
    )
    assert len({row.account_id for row in through_role.rows}) > 20


def test_a_shared_billing_view_shows_the_others_without_a_role(standins: StandIns, clients: Clients) -> None:
    standins.organizations.management_account = "222200000000"
    standins.cost_explorer.billing_views = {VIEW}
    costs = CostExplorer(clients.cost_explorer, billing_view_arn=VIEW).fetch(
        SHORT, batch(standins), SHORT.window
    )
    assert len({row.account_id for row in costs.rows}) > 20
    assert {call.parameters["BillingViewArn"] for call in standins.cost_explorer.calls} == {VIEW}


def test_a_billing_view_that_does_not_exist(standins: StandIns, clients: Clients) -> None:
    reader = CostExplorer(clients.cost_explorer, billing_view_arn=VIEW)
    with pytest.raises(errors.CostExplorerRejected, match="FINOPSGUARD_BILLING_VIEW_ARN"):
        reader.fetch(SHORT, batch(standins), SHORT.window)


def test_a_billing_view_that_is_no_arn(standins: StandIns, clients: Clients) -> None:
    reader = CostExplorer(clients.cost_explorer, billing_view_arn="primary")
    with pytest.raises(errors.CostExplorerRejected, match="BillingViewArn"):
        reader.fetch(SHORT, batch(standins), SHORT.window)


def test_a_role_that_cannot_be_assumed_is_named(standins: StandIns, reader: CostExplorer) -> None:
    with pytest.raises(
        errors.RoleNotAssumable, match=f"^The role {ROLE} cannot be assumed. Allow sts:AssumeRole"
    ):
        reader.fetch(SHORT, Batch("b-001", ("222200000000",), ROLE), SHORT.window)
    assert standins.cost_explorer.calls == []


def test_sts_that_throttles_is_transient(standins: StandIns, reader: CostExplorer) -> None:
    standins.sts.fail("Throttling", "Rate exceeded", times=None)
    with pytest.raises(errors.CostExplorerThrottled):
        reader.fetch(SHORT, Batch("b-001", ("222200000000",), ROLE), SHORT.window)
