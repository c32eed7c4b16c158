"""The account list as Organizations gives it: pages, states, units, and every refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finopsguard.accounts.organization import AwsOrganization
from finopsguard.aws.clients import Clients
from finopsguard.errors import (
    CredentialsMissing,
    OrganizationsAccessDenied,
    OrganizationsUnavailable,
    RoleNotAssumable,
)
from finopsguard.ports import ListedAccount
from tests.standins import AccountRecord, StandIns, sample_accounts
from tests.standins.organizations import ROOT
from tests.standins.service import Answer

ROLE = "arn:aws:iam::111100000000:role/finopsguard-organization"


def organization(
    clients: Clients, role_arn: str | None = None, *, with_units: bool = False
) -> AwsOrganization:
    return AwsOrganization(clients.organizations(role_arn), clients.sts(), with_units=with_units)


def listed(record: AccountRecord) -> ListedAccount:
    manages = record == sample_accounts()[0]
    return ListedAccount(record.id, record.name, record.state, (ROOT, *record.units), manages)


def test_all_accounts_of_all_pages_with_state_and_units(standins: StandIns, clients: Clients) -> None:
    accounts = organization(clients).accounts()
    assert accounts == [listed(record) for record in sample_accounts()]
    assert len(accounts) == 24
    assert standins.organizations.count("ListAccounts") == 2
    assert "CLOSED" in {account.state for account in accounts}
    assert {call.operation for call in standins.organizations.calls} == {"ListAccounts"}


def test_an_empty_page_with_a_token_is_not_the_end(standins: StandIns, clients: Clients) -> None:
    standins.organizations.empty_pages = True
    accounts = organization(clients).accounts()
    assert accounts == [listed(record) for record in sample_accounts()]
    assert standins.organizations.count("ListAccounts") == 4


def test_status_is_read_where_there_is_no_state(standins: StandIns, clients: Clients) -> None:
    standins.organizations.send_state = False
    standins.organizations.send_status = True
    accounts = organization(clients).accounts()
    assert accounts is not None
    assert [account.state for account in accounts][:3] == ["ACTIVE", "ACTIVE", "SUSPENDED"]


def test_state_wins_over_status(standins: StandIns, clients: Clients) -> None:
    standins.organizations.send_status = True
    accounts = organization(clients).accounts()
    assert accounts is not None
    assert accounts[2].state == "CLOSED"


def test_units_are_walked_when_they_are_needed_and_not_told(standins: StandIns, clients: Clients) -> None:
    standins.organizations.send_paths = False
    standins.organizations.page_size = 2
    standins.organizations.empty_pages = True
    assert organization(clients, with_units=True).accounts() == [
        listed(record) for record in sample_accounts()
    ]


def test_an_account_that_the_walk_does_not_meet_is_not_left_out_in_silence(
    standins: StandIns, clients: Clients
) -> None:
    standins.organizations.send_paths = False
    standins.organizations.page_size = 2
    lost = Answer(200, b'{"Accounts": []}')
    standins.organizations.answer(
        lost, when=lambda operation, parameters: operation == "ListAccountsForParent"
    )
    with pytest.raises(OrganizationsUnavailable):
        organization(clients, with_units=True).accounts()


def test_units_are_not_walked_when_nobody_asks_for_them(standins: StandIns, clients: Clients) -> None:
    standins.organizations.send_paths = False
    accounts = organization(clients).accounts()
    assert accounts is not None
    assert {account.ou_ids for account in accounts} == {()}
    assert {call.operation for call in standins.organizations.calls} == {"ListAccounts"}


def test_no_organization(standins: StandIns, clients: Clients) -> None:
    standins.organizations.in_use = False
    assert organization(clients).accounts() is None
    assert not organization(clients).unit_exists(ROOT)


def test_a_member_account_may_not_list(standins: StandIns, clients: Clients) -> None:
    standins.organizations.management_account = "999900000000"
    with pytest.raises(
        OrganizationsAccessDenied, match=r"organizations:ListAccounts.*FINOPSGUARD_ORGANIZATION_ROLE_ARN"
    ):
        organization(clients).accounts()


def test_a_delegated_administrator_may_list(standins: StandIns, clients: Clients) -> None:
    standins.organizations.management_account = "999900000000"
    standins.organizations.administrators = {standins.sts.own_account}
    accounts = organization(clients).accounts()
    assert accounts is not None
    assert len(accounts) == 24


def test_a_tooling_account_reads_through_a_role_of_the_management_account(
    standins: StandIns, clients: Clients
) -> None:
    standins.organizations.management_account = "222200000000"
    role = "arn:aws:iam::222200000000:role/finopsguard-organization"
    standins.sts.roles = {role}
    through_role = organization(clients, role)
    accounts = through_role.accounts()
    assert accounts is not None
    assert len(accounts) == 24
    assert through_role.own_account() == standins.sts.own_account


def test_a_role_that_cannot_be_assumed(standins: StandIns, clients: Clients) -> None:
    with pytest.raises(RoleNotAssumable, match=r"sts:AssumeRole.*finopsguard-organization"):
        organization(clients, ROLE).accounts()


@pytest.mark.parametrize(
    ("unit", "exists"),
    [
        (ROOT, True),
        ("r-none", False),
        ("ou-st01-shop0001", True),
        ("ou-st01-empty001", True),
        ("ou-st01-none0001", False),
    ],
)
def test_units_exist_or_not(standins: StandIns, clients: Clients, unit: str, exists: bool) -> None:
    standins.organizations.add_unit("ou-st01-empty001")
    assert organization(clients).unit_exists(unit) is exists


def test_throttling_is_survived(standins: StandIns, clients: Clients, waits: list[float]) -> None:
    standins.organizations.fail("TooManyRequestsException", times=4)
    accounts = organization(clients).accounts()
    assert accounts is not None
    assert len(accounts) == 24
    assert len(waits) == 4


@pytest.mark.parametrize("code_and_status", [("TooManyRequestsException", 400), ("ServiceException", 500)])
def test_what_goes_on_failing_is_transient(
    standins: StandIns, clients: Clients, code_and_status: tuple[str, int]
) -> None:
    code, status = code_and_status
    standins.organizations.fail(code, status=status, times=None)
    with pytest.raises(OrganizationsUnavailable):
        organization(clients).accounts()
    assert standins.organizations.count("ListAccounts", status) == 5


def test_a_broken_connection_is_transient(standins: StandIns, clients: Clients) -> None:
    standins.organizations.answer(Answer(0), times=None)
    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients).accounts()


def test_an_answer_that_is_not_awss_is_transient(standins: StandIns, clients: Clients) -> None:
    standins.organizations.answer(Answer(200, b"<html>Sign in to the proxy</html>", "text/html"), times=None)
    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients).accounts()

    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients).unit_exists(ROOT)
    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients).unit_exists("ou-st01-shop0001")
    standins.sts.answer(Answer(200, b"<html>Sign in<br>to the proxy</html>", "text/html"))
    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients).own_account()


@pytest.mark.parametrize("unread", ["ListOrganizationalUnitsForParent", "ListAccountsForParent"])
def test_a_walk_that_is_answered_by_a_proxy_is_transient(
    standins: StandIns, clients: Clients, unread: str
) -> None:
    standins.organizations.send_paths = False
    page = Answer(200, b"<html>Sign in to the proxy</html>", "text/html")
    standins.organizations.answer(page, when=lambda operation, parameters: operation == unread)
    with pytest.raises(OrganizationsUnavailable, match="could not be reached"):
        organization(clients, with_units=True).accounts()


def test_pages_that_run_in_a_circle_end(standins: StandIns, clients: Clients) -> None:
    standins.organizations.answer(Answer(200, b'{"Accounts": [], "NextToken": "full:0"}'), times=None)
    with pytest.raises(OrganizationsUnavailable, match="PaginationError"):
        organization(clients).accounts()


def test_own_account(standins: StandIns, clients: Clients) -> None:
    assert organization(clients).own_account() == standins.sts.own_account


def test_own_account_while_sts_fails(standins: StandIns, clients: Clients) -> None:
    standins.sts.fail("ServiceUnavailable", status=503, times=None)
    with pytest.raises(OrganizationsUnavailable):
        organization(clients).own_account()


def test_expired_credentials(standins: StandIns, clients: Clients) -> None:
    standins.sts.fail("ExpiredToken", "The security token included in the request is expired", status=403)
    with pytest.raises(CredentialsMissing, match="Sign in"):
        organization(clients).own_account()


def test_an_accounts_tags_come_from_all_pages(standins: StandIns, clients: Clients) -> None:
    first = standins.organizations.accounts[1]
    every = {f"key-{number}": f"value {number}" for number in range(5)}
    standins.organizations.accounts[1] = replace(first, tags=every)
    standins.organizations.page_size = 2
    standins.organizations.empty_pages = True
    assert organization(clients).tags(first.id) == every
    assert organization(clients).tags(standins.organizations.accounts[2].id) == {}


def test_an_account_that_is_gone_has_no_tags_nor_has_one_in_no_organization(
    standins: StandIns, clients: Clients
) -> None:
    assert organization(clients).tags("999999999999") == {}
    standins.organizations.in_use = False
    assert organization(clients).tags("111100000001") == {}


def test_tags_are_text_of_a_length_that_can_be_stored(standins: StandIns, clients: Clients) -> None:
    first = standins.organizations.accounts[1]
    standins.organizations.accounts[1] = replace(first, tags={"team": "\ud800<b>" + "x" * 400})
    found = organization(clients).tags(first.id)["team"]
    assert found.startswith("?<b>")
    assert len(found) == 256


def test_tags_that_may_not_be_read_say_which_permission_is_missing(
    standins: StandIns, clients: Clients
) -> None:
    standins.organizations.fail("AccessDeniedException", "not authorized", times=None)
    with pytest.raises(OrganizationsAccessDenied, match="organizations:ListTagsForResource"):
        organization(clients).tags("111100000001")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"Tags": [{"Key": "team"}]}', b'{"Tags": [{"Key": 1, "Value": 2}]}']
)
def test_tags_that_are_none_of_awss_are_transient(standins: StandIns, clients: Clients, body: bytes) -> None:
    standins.organizations.answer(Answer(200, body), times=None)
    with pytest.raises(OrganizationsUnavailable):
        organization(clients).tags("111100000001")


def test_throttled_tags_are_asked_for_five_times(
    standins: StandIns, clients: Clients, waits: list[float]
) -> None:
    standins.organizations.fail("TooManyRequestsException", times=None)
    with pytest.raises(OrganizationsUnavailable):
        organization(clients).tags("111100000001")
    assert (standins.organizations.count("ListTagsForResource", 400), len(waits)) == (5, 4)
