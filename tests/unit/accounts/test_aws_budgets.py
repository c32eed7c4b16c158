"""AWS Budgets at its border: what is taken of an account's budgets is what is understood wholly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.accounts.aws_budgets import AwsBudgetSource
from finopsguard.aws.clients import Clients
from finopsguard.errors import AwsBudgetsAccessDenied, AwsBudgetsUnavailable, RoleNotAssumable
from finopsguard.models.budget import AccountBudget, AccountBudgets
from tests.standins import StandIns
from tests.standins.budgets import monthly
from tests.standins.service import Answer
from tests.sweeps import sampled

NOVEMBER = date(2026, 11, 1)
ONE, TWO = "111100000001", "111100000002"


def read(
    standins: StandIns, clients: Clients, *budgets: dict[str, Any], month: date = NOVEMBER
) -> AccountBudgets:
    payer = standins.sts.own_account
    standins.budgets.budgets[payer] = list(budgets)
    return AwsBudgetSource(clients.budgets).budgets(payer, month)


def linked(*accounts: str, **more: Any) -> dict[str, Any]:
    return {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": list(accounts), **more}}


def seconds(*day: int) -> float:
    return datetime(*day, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


def test_a_budget_without_a_filter_is_of_all_accounts(standins: StandIns, clients: Clients) -> None:
    found = read(standins, clients, monthly("All of it", "1200.50"))
    assert found.budgets == [
        AccountBudget("All of it", Decimal("1200.50"), "USD", (), "UnblendedCost", False)
    ]
    assert found.others == 0
    (call,) = standins.budgets.calls
    assert call.parameters["ShowFilterExpression"] is True


def test_all_pages_are_read(standins: StandIns, clients: Clients) -> None:
    standins.budgets.page_size = 2
    found = read(standins, clients, *[monthly(f"number {each}", "5") for each in range(5)])
    assert [each.name for each in found.budgets] == [f"number {each}" for each in range(5)]
    assert standins.budgets.count("DescribeBudgets") == 3


@pytest.mark.parametrize(
    ("fields", "accounts"),
    [
        ({"CostFilters": {"LinkedAccount": [TWO, ONE, TWO]}}, (ONE, TWO)),
        ({"FilterExpression": linked(ONE)}, (ONE,)),
        ({"FilterExpression": linked(ONE, MatchOptions=["EQUALS"])}, (ONE,)),
        ({"FilterExpression": linked(ONE), "CostFilters": {"LinkedAccount": [ONE]}}, (ONE,)),
    ],
)
def test_linked_accounts_are_taken_in_both_forms_of_a_filter(
    standins: StandIns, clients: Clients, fields: dict[str, Any], accounts: tuple[str, ...]
) -> None:
    (found,) = read(standins, clients, monthly("of some", "5", **fields)).budgets
    assert found.accounts == accounts


@sampled(every=3)
@pytest.mark.parametrize(
    "fields",
    [
        {"BudgetType": "USAGE"},
        {"BudgetType": "SAVINGS_PLANS_COVERAGE"},
        {"TimeUnit": "QUARTERLY"},
        {"TimeUnit": "DAILY"},
        {"CostFilters": {"Service": ["Amazon EC2"]}},
        {"CostFilters": {"TagKeyValue": ["user:team$payments"]}},
        {"CostFilters": {"LinkedAccount": [ONE], "Region": ["eu-west-1"]}},
        {"CostFilters": {"LinkedAccount": []}},
        {"CostFilters": {"LinkedAccount": ["somebody"]}},
        {"FilterExpression": {"Not": linked(ONE)}},
        {"FilterExpression": {**linked(ONE), "Not": linked(TWO)}},
        {"FilterExpression": {"Tags": {"Key": "team", "Values": ["payments"]}}},
        {"FilterExpression": {"CostCategories": {"Key": "team", "Values": ["payments"]}}},
        {"FilterExpression": {"And": [linked(ONE), {"Dimensions": {"Key": "REGION", "Values": ["x"]}}]}},
        {"FilterExpression": linked(ONE, MatchOptions=["STARTS_WITH"])},
        {"FilterExpression": linked(ONE), "CostFilters": {"LinkedAccount": [TWO]}},
        {"FilterExpression": {"Dimensions": {"Key": "REGION", "Values": [ONE]}}},
        {"FilterExpression": {"Dimensions": {"Key": ["LINKED_ACCOUNT"], "Values": [ONE]}}},
        {"FilterExpression": linked(ONE, MatchOptions=[["EQUALS"]])},
        {"Metrics": ["UsageQuantity"]},
        {"Metrics": ["UnblendedCost", "AmortizedCost"]},
        {"BillingViewArn": "arn:aws:billing::111100000000:billingview/custom-1"},
        {"TimePeriod": {"Start": seconds(2026, 12, 1), "End": seconds(2087, 6, 15)}},
        {"TimePeriod": {"Start": seconds(2026, 1, 1), "End": seconds(2026, 11, 1)}},
        {"BudgetLimit": {"Amount": "many", "Unit": "USD"}},
        {"BudgetLimit": {"Amount": "0", "Unit": "USD"}},
        {"BudgetLimit": {"Amount": "NaN", "Unit": "USD"}},
        {"BudgetLimit": {"Amount": "1e3"}},
        {"BudgetLimit": {"Amount": "5", "Unit": 5}},
        {"BudgetLimit": {"Amount": "1e13", "Unit": "USD"}},
        {"BudgetLimit": None},
        {"PlannedBudgetLimits": {str(int(seconds(2027, 1, 1))): {"Amount": "7", "Unit": "USD"}}},
    ],
    ids=str,
)
def test_what_is_anything_else_is_counted_and_not_guessed(
    standins: StandIns, clients: Clients, fields: dict[str, Any]
) -> None:
    found = read(standins, clients, monthly("other", "5", **fields), monthly("mine", "6"))
    assert ([each.name for each in found.budgets], found.others) == (["mine"], 1)


@pytest.mark.parametrize(
    ("fields", "metric", "partly"),
    [
        ({}, "UnblendedCost", False),
        ({"CostTypes": {"UseAmortized": True}}, "AmortizedCost", False),
        ({"CostTypes": {"UseBlended": True}}, "BlendedCost", False),
        ({"CostTypes": {"IncludeTax": False}}, "UnblendedCost", True),
        ({"CostTypes": {"IncludeCredit": False, "UseAmortized": True}}, "AmortizedCost", True),
        ({"CostTypes": None}, "UnblendedCost", False),
        ({"Metrics": ["NetAmortizedCost"]}, "NetAmortizedCost", False),
    ],
    ids=str,
)
def test_what_a_budget_counts_is_known(
    standins: StandIns, clients: Clients, fields: dict[str, Any], metric: str, partly: bool
) -> None:
    (found,) = read(standins, clients, monthly("a", "5", **fields)).budgets
    assert (found.metric, found.partly) == (metric, partly)


def test_a_month_with_a_limit_of_its_own_has_that_one(standins: StandIns, clients: Clients) -> None:
    planned = {
        str(int(seconds(2026, number, 1))): {"Amount": f"{number}00", "Unit": "USD"} for number in (10, 11)
    }
    budget = monthly("planned", "5", PlannedBudgetLimits=planned)
    assert [read(standins, clients, budget).budgets[0].amount] == [1100]
    assert read(standins, clients, budget, month=date(2026, 10, 1)).budgets[0].amount == 1000


def test_a_budget_that_was_made_within_the_month_counts_for_it(standins: StandIns, clients: Clients) -> None:
    period = {"Start": seconds(2026, 11, 20), "End": seconds(2087, 6, 15)}
    assert read(standins, clients, monthly("young", "5", TimePeriod=period)).others == 0


def test_a_name_is_text_of_a_length_that_can_be_stored(standins: StandIns, clients: Clients) -> None:
    (found,) = read(standins, clients, monthly("\ud800<at>" + "x" * 300, "5")).budgets
    assert found.name.startswith("?<at>")
    assert len(found.name) == 100


def test_another_accounts_budgets_are_denied_and_the_permission_is_named(
    standins: StandIns, clients: Clients
) -> None:
    with pytest.raises(AwsBudgetsAccessDenied, match=r"budgets:ViewBudget.*FINOPSGUARD_AWS_BUDGETS=false"):
        AwsBudgetSource(clients.budgets).budgets("999999999999", NOVEMBER)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "InternalErrorException", "ExpiredNextTokenException"]
)
def test_what_passes_is_transient(
    standins: StandIns, clients: Clients, waits: list[float], code: str
) -> None:
    standins.budgets.fail(code, times=None)
    with pytest.raises(AwsBudgetsUnavailable):
        read(standins, clients)


@pytest.mark.parametrize(
    "body", [b"{}", b"<html>Sign in</html>", b'{"Budgets": [{}]}', b'{"Budgets": [{"BudgetName": 5}]}']
)
def test_an_answer_that_is_not_awss_is_transient(standins: StandIns, clients: Clients, body: bytes) -> None:
    standins.budgets.answer(Answer(200, body), times=None)
    with pytest.raises(AwsBudgetsUnavailable):
        read(standins, clients)


def test_through_a_role(standins: StandIns, clients: Clients) -> None:
    role = "arn:aws:iam::222200000000:role/finopsguard-organization"
    standins.budgets.budgets["222200000000"] = [monthly("payer's", "5")]
    source = AwsBudgetSource(lambda: clients.budgets(role))
    with pytest.raises(RoleNotAssumable):
        source.budgets("222200000000", NOVEMBER)
    standins.sts.roles = {role}
    assert [each.name for each in source.budgets("222200000000", NOVEMBER).budgets] == ["payer's"]
