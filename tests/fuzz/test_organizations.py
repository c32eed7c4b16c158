"""Answers of Organizations and STS through botocore's own parser: the accounts that were told, or a named error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.accounts.organization import LONGEST_ACCOUNT_NAME, AwsOrganization
from finopsguard.aws import bounds
from finopsguard.errors import FinOpsGuardError
from tests.fuzz.held import outcome, tries
from tests.fuzz.shapes import damaged, odd_text, spoiled
from tests.fuzz.wire import JSON, Reply, answers, clients, said

STS_ANSWER = (
    b"<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
    b"<Arn>arn:aws:iam::111111111111:role/r</Arn><UserId>AIDA</UserId><Account>111111111111</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.fixture(autouse=True)
def few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without end are given up sooner than in production."""
    monkeypatch.setattr(bounds, "MOST_LIST_PAGES", 60)


ids = st.integers(1, 10**12 - 1).map(lambda number: f"{number:012}")
parents = st.sampled_from(["r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"])


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """An account as ListAccounts tells it."""
    made: dict[str, Any] = {
        "Id": draw(ids),
        "Name": draw(odd_text),
        "Arn": "arn:aws:organizations::x:account/y",
    }
    if draw(st.booleans()):
        made["State"] = draw(
            st.sampled_from(["ACTIVE", "SUSPENDED", "CLOSED", "PENDING_CLOSURE", "new state"])
        )
    if draw(st.booleans()):
        made["Status"] = draw(st.sampled_from(["ACTIVE", "SUSPENDED"]))
    if draw(st.booleans()):
        made["Paths"] = [
            draw(st.sampled_from(["o-1/r-ab12/ou-ab12-11111111/x/", "o-1/r-ab12/x/", "", "//", "x"]))
        ]
    return made


@st.composite
def listings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Pages of a list, some of them empty, with a token on all but the last."""
    parts = draw(st.lists(st.lists(accounts(), max_size=3), min_size=1, max_size=3))
    return [
        {"Accounts": part, **({"NextToken": str(number + 1)} if number + 1 < len(parts) else {})}
        for number, part in enumerate(parts)
    ]


@st.composite
def trees(draw: st.DrawFn) -> dict[tuple[str, str], Any]:
    """What each unit holds, by the list that is asked for and its parent; units may hold each other."""
    return {
        ("Accounts", parent): {"Accounts": [{"Id": each} for each in draw(st.lists(ids, max_size=2))]}
        for parent in ("r-ab12", "ou-ab12-11111111", "ou-ab12-22222222")
    } | {
        ("OrganizationalUnits", parent): {
            "OrganizationalUnits": [{"Id": each} for each in draw(st.lists(parents, max_size=2))]
        }
        for parent in ("r-ab12", "ou-ab12-11111111")
    }


def listed(pages: Any, tree: Mapping[tuple[str, str], Any] | None = None, *, with_units: bool = False) -> Any:
    """What the port makes of a list's pages, and of what the units hold."""

    def reply(operation: str, asked: Mapping[str, Any]) -> Reply:
        if operation == "ListAccounts":
            return said(page_of(pages, asked.get("NextToken")))
        if operation == "ListRoots":
            return said({"Roots": [{"Id": "r-ab12"}]})
        kind = "Accounts" if operation == "ListAccountsForParent" else "OrganizationalUnits"
        return said((tree or {}).get((kind, asked["ParentId"]), {kind: []}))

    client = answers(clients().organizations(), reply)
    return outcome(AwsOrganization(client, clients().sts(), with_units=with_units).accounts)


def page_of(pages: Any, token: object) -> Any:
    """The page that a token leads to: the first, where it is no page's number."""
    number = int(token) if isinstance(token, str) and token.isascii() and token.isdigit() else 0
    return pages[min(number, len(pages) - 1)]


def asked_for(pages: Any) -> list[Any]:
    """The pages that tokens lead to, one after another."""
    found = [page_of(pages, None)]
    while token := found[-1].get("NextToken"):
        found.append(page_of(pages, token))
    return found


def are_told(found: Any, pages: Any) -> None:
    """Each account of each page, in order, with a name that can be stored and a state."""
    if isinstance(found, FinOpsGuardError):
        return
    asked = asked_for(pages)
    assert [each.id for each in found] == [entry["Id"] for page in asked for entry in page["Accounts"]]
    for each in found:
        each.name.encode()
        assert 0 < len(each.name) <= LONGEST_ACCOUNT_NAME
        assert isinstance(each.state, str)
        assert all(unit.startswith(("r-", "ou-")) for unit in each.ou_ids)


@tries(5)
@given(pages=listings())
def test_all_pages_are_listed(pages: Any) -> None:
    found = listed(pages)
    assert not isinstance(found, FinOpsGuardError)
    are_told(found, pages)


@tries(8)
@given(pages=spoiled(listings()).map(lambda made: made if isinstance(made, list) and made else [made]))
def test_spoiled_pages_are_listed_as_they_stand_or_refused(pages: Any) -> None:
    are_told(listed(pages), pages)


@tries(5)
@given(
    pages=listings(),
    tree=trees(),
    bad=spoiled(st.just({"OrganizationalUnits": [{"Id": "ou-ab12-22222222"}]})),
)
def test_units_are_walked_to_every_account_or_refused(pages: Any, tree: Any, bad: Any) -> None:
    are_told(listed(pages, tree, with_units=True), pages)
    are_told(listed(pages, {**tree, ("OrganizationalUnits", "r-ab12"): bad}, with_units=True), pages)


@tries(5)
@given(
    data=damaged(json.dumps({"Accounts": [{"Id": "111111111111"}]}).encode()),
    status=st.sampled_from([200, 200, 301, 400, 429, 500]),
)
def test_bytes_of_any_kind_are_a_list_or_an_error(data: bytes, status: int) -> None:
    client = answers(clients().organizations(), lambda *_: (status, JSON, data))
    found = outcome(AwsOrganization(client, clients().sts()).accounts)
    if not isinstance(found, FinOpsGuardError):
        assert found is None or all(len(each.id) == 12 for each in found)


@tries(8)
@given(data=damaged(STS_ANSWER), status=st.sampled_from([200, 200, 200, 403, 503]))
def test_the_own_account_has_an_id_or_there_is_an_error(data: bytes, status: int) -> None:
    sts = answers(clients().sts(), lambda *_: (status, {"content-type": "text/xml"}, data))
    found = outcome(AwsOrganization(clients().organizations(), sts).own_account)
    if not isinstance(found, FinOpsGuardError):
        assert len(found) == 12
        assert found.isdigit()
