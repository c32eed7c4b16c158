"""Which of AWS Budgets' budgets a report takes, and of which of its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finopsguard.accounts import budgets
from finopsguard.accounts.mock import MockOrganization
from finopsguard.accounts.mock_budgets import MockBudgets
from finopsguard.accounts.scope import Scope, choose, completed
from finopsguard.config import PlanSettings
from finopsguard.errors import (
    AnswerTooLong,
    AwsBudgetsAccessDenied,
    AwsBudgetsUnavailable,
    FinOpsGuardError,
    OrganizationsUnavailable,
    RoleNotAssumable,
)
from finopsguard.models.budget import AccountBudget, AccountBudgets, AwsBudget, AwsBudgets
from finopsguard.models.costs import BilledAccounts
from finopsguard.models.metrics import MetricName
from finopsguard.models.run import AccountChanges
from finopsguard.ports import ListedAccount
from tests.unit.fakes import FakeOrganization, make_run

PAYER, DEV, PROD, OUTSIDE = "111111111111", "222222222222", "333333333333", "999999999999"
LISTED = [ListedAccount(each, each, "ACTIVE", (), manages=each == PAYER) for each in (PAYER, DEV, PROD)]
WHOLE = Scope(make_run(), LISTED, {}, (), True, (), AccountChanges("listed"), None, 0)


class FakeBudgets:
    """Satisfies ports.BudgetSource: has what it is given, or raises it."""

    def __init__(self, *found: AccountBudget, others: int = 0, error: Exception | None = None) -> None:
        self.found = found
        self.others = others
        self.error = error
        self.asked: list[tuple[str, date]] = []

    def budgets(self, account_id: str, month: date) -> AccountBudgets:
        self.asked.append((account_id, month))
        if self.error:
            raise self.error
        return AccountBudgets(self.found, self.others)


def of(
    name: str,
    *accounts: str,
    amount: str = "100",
    unit: str = "USD",
    metric: MetricName = "UnblendedCost",
    partly: bool = False,
) -> AccountBudget:
    return AccountBudget(name, Decimal(amount), unit, accounts, metric, partly)


def read(source: FakeBudgets | None, scope: Scope = WHOLE, own: str = PAYER, **env: str) -> AwsBudgets | None:
    return budgets.read(source, FakeOrganization(LISTED, own), scope, PlanSettings.from_env(env))


def taken(*found: AccountBudget, scope: Scope = WHOLE, own: str = PAYER, **env: str) -> Sequence[AwsBudget]:
    made = read(FakeBudgets(*found), scope, own, **env)
    assert made is not None
    assert made.state == "read"
    assert made.not_taken == len(found) - len(made.taken)
    return made.taken


def test_nobody_is_asked_where_nobody_wants_to_know() -> None:
    assert read(None) is None


def test_the_payer_is_asked_for_the_month_of_the_reports_last_day() -> None:
    source = FakeBudgets()
    read(source)
    role = f"arn:aws:iam::{PROD}:role/finopsguard-organization"
    late = replace(WHOLE, run=make_run(period=replace(WHOLE.run.period, end=date(2026, 12, 1))))
    read(source, late, FINOPSGUARD_ORGANIZATION_ROLE_ARN=role)
    assert source.asked == [(PAYER, date(2026, 11, 1)), (PROD, date(2026, 11, 1))]


def test_the_organization_an_account_and_a_set_each_have_their_scope() -> None:
    assert taken(of("all"), of("prod", PROD), of("both", DEV, PROD)) == (
        AwsBudget("prod", "account", PROD, Decimal(100)),
        AwsBudget("both", "accounts", "aws:both", Decimal(100), (DEV, PROD)),
        AwsBudget("all", "organization", "organization", Decimal(100)),
    )


def test_two_of_the_same_accounts_are_both_there_under_their_names() -> None:
    found = taken(of("one"), of("two"), of("dev", DEV), of("dev too", DEV))
    assert [(each.id, each.accounts) for each in found] == [
        ("aws:dev", (DEV,)),
        ("aws:dev too", (DEV,)),
        ("aws:one", ()),
        ("aws:two", ()),
    ]


def test_what_is_set_here_wins() -> None:
    here = f'{{"organization": "5", "{DEV}": "6"}}'
    found = taken(of("all"), of("all too"), of("dev", DEV), of("prod", PROD), FINOPSGUARD_BUDGETS=here)
    assert [each.id for each in found] == [PROD]


def test_one_of_accounts_that_the_report_does_not_have_is_not_taken() -> None:
    assert taken(of("other", "444444444444"), of("some", DEV, "444444444444")) == ()


def test_one_in_another_currency_is_not_taken_and_hides_no_other() -> None:
    assert [each.id for each in taken(of("all", unit="CNY"), of("all too"))] == ["organization"]


def test_the_whole_organization_is_no_budget_of_a_report_of_a_part() -> None:
    part = replace(WHOLE, accounts=LISTED[:2], whole=False)
    assert [each.id for each in taken(of("all"), of("dev", DEV), scope=part)] == [DEV]


def test_accounts_outside_are_on_no_bill_of_the_organization() -> None:
    more = [*LISTED, ListedAccount(OUTSIDE, OUTSIDE, "ACTIVE", ())]
    beside = replace(WHOLE, accounts=more, outside=(OUTSIDE,))
    (found,) = taken(of("all"), scope=beside)
    assert (found.scope, found.accounts) == ("accounts", (PAYER, DEV, PROD))


def test_elsewhere_than_in_the_management_account_it_is_of_its_own_account() -> None:
    assert [each.id for each in taken(of("all"), own=DEV)] == [DEV]


def test_without_an_organization_it_is_of_the_account() -> None:
    alone = [ListedAccount(PAYER, PAYER, "ACTIVE", ())]
    single = replace(WHOLE, accounts=alone, whole=False, changes=AccountChanges("no_organization"))
    assert [each.id for each in taken(of("all"), scope=single)] == ["organization"]
    here = f'{{"{PAYER}": "5"}}'
    assert taken(of("all"), scope=single, FINOPSGUARD_BUDGETS=here) == ()


@pytest.mark.parametrize("source", ["own_account", "last_list"])
def test_where_the_list_was_refused_nobody_knows_what_it_is_of(source: str) -> None:
    changes = AccountChanges("own_account" if source == "own_account" else "last_list")
    listed = [replace(each, manages=False) for each in LISTED]
    unknown = replace(WHOLE, accounts=listed[:1] if source == "own_account" else listed, changes=changes)
    assert taken(of("all"), scope=unknown) == ()


def test_what_it_counts_is_told_where_the_report_counts_another_cost() -> None:
    amortized = of("all", metric="AmortizedCost", partly=True)
    (found,) = taken(amortized)
    assert (found.metric, found.partly) == ("AmortizedCost", True)
    (same,) = taken(amortized, scope=replace(WHOLE, run=make_run(cost_metric="AmortizedCost")))
    assert same.metric is None


def test_others_are_counted() -> None:
    found = read(FakeBudgets(of("all"), of("gone", "444444444444"), others=3))
    assert found is not None
    assert (len(found.taken), found.not_taken) == (1, 4)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (AwsBudgetsAccessDenied("denied"), "denied"),
        (AwsBudgetsUnavailable("throttled"), "unavailable"),
        (AnswerTooLong("pages"), "unavailable"),
        (OrganizationsUnavailable("STS"), "unavailable"),
    ],
)
def test_a_report_goes_out_without_them(error: FinOpsGuardError, state: str) -> None:
    found = read(FakeBudgets(error=error))
    assert found is not None
    assert (found.state, found.taken) == (state, ())


def test_the_invented_company_has_one_of_each_kind() -> None:
    """And its outside account is on no bill of the Organization."""
    organization = MockOrganization()
    settings = PlanSettings.from_env({"FINOPSGUARD_USE_MOCK_DATA": "true"})
    chosen = choose(organization, settings, None)
    scope = completed(chosen, BilledAccounts((), 0), make_run(data_source="mock"))
    found = budgets.read(MockBudgets(), organization, scope, settings)
    assert found is not None
    assert [(each.name, each.scope, len(each.accounts)) for each in found.taken] == [
        ("data-prod", "account", 0),
        ("Marea, all accounts", "accounts", len(scope.accounts) - 1),
        ("Search", "accounts", 3),
    ]
    assert found.not_taken == 1


def test_a_role_that_cannot_be_assumed_is_an_error_of_the_settings() -> None:
    with pytest.raises(RoleNotAssumable):
        read(FakeBudgets(error=RoleNotAssumable("no")))
