"""Answers of AWS Budgets, and of Organizations about tags, through botocore: what can be stored, or an error."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from finopsguard import contracts
from finopsguard.accounts import budgets
from finopsguard.accounts.aws_budgets import AwsBudgetSource
from finopsguard.accounts.organization import LONGEST_TAG_VALUE, AwsOrganization
from finopsguard.accounts.scope import Scope
from finopsguard.config import PlanSettings
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.budget import AccountBudgets
from finopsguard.models.run import Account, AccountChanges, Accounts
from finopsguard.ports import ListedAccount
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import damaged, odd_text, spoiled
from tests.fuzz.wire import JSON, answers, clients, said
from tests.standins.budgets import monthly
from tests.unit.fakes import FakeOrganization, make_run

PAYER, OTHER = "111111111111", "222222222222"
LISTED = [ListedAccount(each, each, "ACTIVE", (), manages=each == PAYER) for each in (PAYER, OTHER)]
SCOPE = Scope(make_run(), LISTED, {}, (), True, (), AccountChanges("listed"), None, 0)

linked = st.fixed_dictionaries(
    {"Dimensions": st.fixed_dictionaries({"Key": st.just("LINKED_ACCOUNT"), "Values": st.just([OTHER])})}
)
described = st.builds(
    lambda name, amount, more: monthly(name, amount, **more),
    odd_text,
    st.sampled_from(["5", "5000.50", "1e3", "-1", "NaN", "x"]),
    st.fixed_dictionaries(
        {},
        optional={
            "FilterExpression": linked,
            "CostFilters": st.just({"LinkedAccount": [OTHER]}),
            "Metrics": st.sampled_from([["AmortizedCost"], ["UsageQuantity"], []]),
            "PlannedBudgetLimits": st.just({"1793491200": {"Amount": "7", "Unit": "USD"}}),
        },
    ),
)


def read(document: Any) -> AccountBudgets | FinOpsGuardError:
    client = answers(clients().budgets(), lambda *_: said(document))
    found: AccountBudgets | FinOpsGuardError = outcome(
        lambda: AwsBudgetSource(lambda: client).budgets(PAYER, date(2026, 11, 1))
    )
    return found


class Found:
    """Satisfies ports.BudgetSource: what was read."""

    def __init__(self, found: AccountBudgets) -> None:
        self.found = found

    def budgets(self, account_id: str, month: date) -> AccountBudgets:
        return self.found


def can_be_stored(found: AccountBudgets | FinOpsGuardError) -> None:
    """Whatever is taken is kept in the plan, as its schema has it."""
    if isinstance(found, FinOpsGuardError):
        return
    made = budgets.read(Found(found), FakeOrganization(LISTED, PAYER), SCOPE, PlanSettings.from_env({}))
    assert made is not None
    assert len(made.taken) + made.not_taken == len(found.budgets) + found.others
    plan = Accounts((Account(PAYER, "payer", "ACTIVE", None, None),), aws_budgets=made)
    contracts.encode(contracts.to_json(plan))


@tries(10)
@given(found=st.lists(described, max_size=3))
def test_what_is_described_is_taken_or_counted(found: Any) -> None:
    can_be_stored(read({"Budgets": found}))


@tries(20)
@given(document=spoiled(st.lists(described, min_size=1, max_size=2).map(lambda found: {"Budgets": found})))
def test_a_spoiled_description_is_counted_or_refused(document: Any) -> None:
    can_be_stored(read(document))


@tries(8)
@given(
    data=damaged(json.dumps({"Budgets": [monthly("a", "5")]}).encode()),
    status=st.sampled_from([200, 200, 400, 500]),
)
def test_bytes_of_any_kind_are_budgets_or_an_error(data: bytes, status: int) -> None:
    client = answers(clients().budgets(), lambda *_: (status, JSON, data))
    can_be_stored(outcome(lambda: AwsBudgetSource(lambda: client).budgets(PAYER, date(2026, 11, 1))))


@tries(20)
@given(
    document=spoiled(
        st.dictionaries(odd_text, odd_text, max_size=3).map(
            lambda tags: {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        )
    )
)
def test_tags_are_text_that_can_be_stored_or_refused(document: Any) -> None:
    client = answers(clients().organizations(), lambda *_: said(document))
    found = outcome(lambda: AwsOrganization(client, clients().sts()).tags(PAYER))
    if isinstance(found, FinOpsGuardError):
        return
    assert all(len(value) <= LONGEST_TAG_VALUE for value in found.values())
    plan = Accounts((Account(PAYER, "payer", "ACTIVE", None, None, found),))
    contracts.encode(contracts.to_json(plan))
