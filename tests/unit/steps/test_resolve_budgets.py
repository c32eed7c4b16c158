"""ResolveAccounts reads tags and AWS Budgets beside the accounts, through the real borders; neither stops a report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import botocore.endpoint
import pytest

from finopsguard.models.budget import AwsBudget
from finopsguard.models.messages import RunPlan, RunRequest
from finopsguard.models.run import AccountList, Accounts
from finopsguard.ports import Clock, Store
from finopsguard.steps import resolve_accounts
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from finopsguard.wiring import Wiring
from tests.standins import StandIns, sample_accounts
from tests.standins.budgets import monthly
from tests.standins.service import Answer
from tests.unit.fakes import NOW

WEEKLY = RunRequest("weekly", NOW, "arn:execution")
SETTINGS = {
    "FINOPSGUARD_BUDGETS": '{"tag:team=payments": "100"}',
    "FINOPSGUARD_OWNER_TAG": "contact",
    "FINOPSGUARD_AWS_BUDGETS": "true",
}
PAYMENTS = {"team": "payments", "contact": "Ana", "secret": "not asked for"}
LAST = keys.LAST_ACCOUNTS.key(source="aws")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIns]:
    """Four accounts, one of which has tags, and two budgets in the account that manages them."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    with StandIns(accounts=sample_accounts(4)) as standins:
        accounts = standins.organizations.accounts
        accounts[1] = replace(accounts[1], tags=PAYMENTS)
        budgets = [monthly("All", "5000"), monthly("A service's", "5", CostFilters={"Service": ["x"]})]
        standins.budgets.budgets[standins.sts.own_account] = [*budgets]
        for name, value in {**standins.environ(), **SETTINGS}.items():
            monkeypatch.setenv(name, value)
        yield standins


def resolve(store: Store, later: timedelta = timedelta(0)) -> tuple[RunPlan, Accounts]:
    now = NOW + later
    wiring = Wiring(os.environ, {Store: store, Clock: lambda: now})
    request = replace(WEEKLY, scheduled_time=now)
    plan = resolve_accounts.run(request, **wiring.arguments(resolve_accounts.run))
    return plan, documents.read(store, plan.accounts_key, Accounts)


def test_accounts_have_the_tags_that_settings_name_and_owners(world: StandIns) -> None:
    store = MemoryStore()
    plan, stored = resolve(store)
    assert plan.notes == ()
    assert [(each.tags, each.owner) for each in stored.accounts] == [
        ({}, None),
        ({"team": "payments", "contact": "Ana"}, "Ana"),
        ({}, None),
        ({}, None),
    ]
    assert b"not asked for" not in b"".join(store.read(key) for key in store.list(""))


def test_tags_are_asked_for_once_a_day_and_kept_with_the_account_list(world: StandIns) -> None:
    store = MemoryStore()
    for later in (timedelta(0), timedelta(hours=19)):
        _, stored = resolve(store, later)
        assert world.organizations.count("ListTagsForResource") == 4
        assert stored.accounts[1].owner == "Ana"
    resolve(store, timedelta(days=1))
    assert world.organizations.count("ListTagsForResource") == 8
    kept = documents.read(store, LAST, AccountList)
    assert (kept.tag_keys, len(kept.tags)) == (("owner=contact", "team"), 4)


def test_budgets_are_taken_or_counted(world: StandIns) -> None:
    _, stored = resolve(MemoryStore())
    assert stored.aws_budgets is not None
    (found,) = stored.aws_budgets.taken
    assert found == AwsBudget("All", "organization", "organization", found.amount)
    assert (found.amount, stored.aws_budgets.not_taken) == (Decimal(5000), 1)


def test_nothing_is_asked_where_no_setting_wants_it(world: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name)
    _, stored = resolve(MemoryStore())
    assert (world.budgets.calls, world.organizations.count("ListTagsForResource")) == ([], 0)
    assert (stored.aws_budgets, {each.tags is None for each in stored.accounts}) == (None, {True})


FAULTS = [
    (("AccessDeniedException", 400), "denied", "account_tags_denied"),
    (("TooManyRequestsException", 400), "unavailable", "account_tags_unread"),
    (("ServiceException", 500), "unavailable", "account_tags_unread"),
    (b"<html>Sign in</html>", "unavailable", "account_tags_unread"),
    (b"{}", "unavailable", "account_tags_unread"),
    (b"", "unavailable", "account_tags_unread"),
]


@pytest.mark.parametrize(("fault", "state", "note"), FAULTS, ids=lambda each: str(each)[:30])
def test_whatever_fails_there_the_report_is_planned_and_says_so(
    world: StandIns, fault: tuple[str, int] | bytes, state: str, note: str
) -> None:
    for service, operation in (
        (world.budgets, "DescribeBudgets"),
        (world.organizations, "ListTagsForResource"),
    ):

        def asked(name: str, _: object, wanted: str = operation) -> bool:
            return name == wanted

        if isinstance(fault, bytes):
            service.answer(Answer(200, fault), times=None, when=asked)
        else:
            service.fail(fault[0], status=fault[1], times=None, when=asked)
    plan, stored = resolve(MemoryStore())
    assert plan.notes == (note,)
    assert stored.aws_budgets is not None
    assert (stored.aws_budgets.state, stored.aws_budgets.taken) == (state, ())
    assert {each.tags is None for each in stored.accounts} == {True}


def test_tags_that_were_known_are_used_where_they_may_not_be_read_any_more(world: StandIns) -> None:
    store = MemoryStore()
    resolve(store)
    world.organizations.fail(
        "AccessDeniedException", times=None, when=lambda name, _: name == "ListTagsForResource"
    )
    plan, stored = resolve(store, timedelta(days=3))
    assert plan.notes == ("account_tags_denied",)
    assert stored.accounts[1].owner == "Ana"


def test_a_list_of_an_earlier_release_has_no_tags_and_is_read_as_it_is(world: StandIns) -> None:
    store = MemoryStore()
    resolve(store)
    kept = documents.read(store, LAST, AccountList)
    documents.write(store, LAST, replace(kept, tag_keys=(), tags={}))
    plan, _ = resolve(store)
    assert plan.notes == ()
    assert world.organizations.count("ListTagsForResource") == 8
