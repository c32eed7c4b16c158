"""Tags of accounts: asked for where a setting names one, once a day at most, and never in the way of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest

from finopsguard.accounts import tags
from finopsguard.accounts.listing import Listing
from finopsguard.accounts.tags import DENIED, FRESH, MOST_AGAIN, MOST_TAG_SECONDS, UNREAD, Tags
from finopsguard.config import TagSettings
from finopsguard.errors import AnswerTooLong, OrganizationsAccessDenied, OrganizationsUnavailable
from finopsguard.models.run import LEFT, AccountList, KnownAccount, KnownTags, ListSource
from finopsguard.ports import ListedAccount
from tests.unit.fakes import NOW, FakeOrganization

BY_TEAM = TagSettings({"tag:team=payments": Decimal(5)}, None)
BY_TEAM_AND_OWNER = TagSettings({"tag:team=payments": Decimal(5), "organization": Decimal(9)}, "contact")
NOTHING = TagSettings({"organization": Decimal(9)}, None)


def accounts(many: int) -> list[ListedAccount]:
    return [ListedAccount(f"{number:012d}", f"name-{number}", "ACTIVE", ()) for number in range(1, many + 1)]


def ids(many: int) -> list[str]:
    return [account.id for account in accounts(many)]


def known(
    ages: Mapping[str, timedelta], keys: tuple[str, ...] = ("team",), values: Mapping[str, str] | None = None
) -> AccountList:
    listed = tuple(KnownAccount(each, each, "ACTIVE", None) for each in ages)
    read = {each: KnownTags(NOW - age, values or {"team": "old"}) for each, age in ages.items()}
    return AccountList("daily-2026-11-20", listed, tag_keys=keys, tags=read)


def read(
    organization: FakeOrganization,
    settings: TagSettings = BY_TEAM,
    last: AccountList | None = None,
    *,
    source: ListSource = "listed",
    clock: Iterator[float] | None = None,
) -> Tags:
    listed = organization.accounts() or []
    ticks = clock or count(0.0, 0.0)
    return tags.read(
        organization, Listing(listed, source), listed, settings, last, NOW, timer=lambda: next(ticks)
    )


def test_nothing_is_asked_where_no_setting_names_a_tag() -> None:
    organization = FakeOrganization(accounts(3))
    found = read(organization, NOTHING)
    assert (organization.asked, found) == ([], tags.NONE)
    assert found.of(accounts(1)[0]) is None


def test_of_all_tags_those_are_kept_that_a_setting_names() -> None:
    every = {"team": "payments", "contact": " Ana ", "secret": "x"}
    organization = FakeOrganization(accounts(2), tagged={ids(2)[0]: every})
    found = read(organization, BY_TEAM_AND_OWNER)
    one, two = accounts(2)
    assert found.of(one) == {"team": "payments", "contact": " Ana "}
    assert (found.owner_of(one), found.owner_of(two)) == ("Ana", None)
    assert found.of(two) == {}
    assert organization.asked == ids(2)


@pytest.mark.parametrize(
    ("value", "owner"),
    [
        ("ana.garcia@example.com", "ana.garcia"),
        ("Ana <ana@example.com>, luis@example.org", "Ana <ana>, luis"),
        ("@payments", "@payments"),
        ("team @ home", "team @ home"),
    ],
)
def test_no_address_is_kept_or_shown_and_the_owner_is_known_all_the_same(value: str, owner: str) -> None:
    organization = FakeOrganization(accounts(1), tagged={ids(1)[0]: {"contact": value}})
    found = read(organization, BY_TEAM_AND_OWNER)
    (one,) = accounts(1)
    assert (found.of(one), found.owner_of(one)) == ({"contact": owner}, owner)


def test_an_address_that_a_budget_names_is_compared_as_it_is_and_shown_shorter() -> None:
    address = "ana@example.com"
    by_contact = TagSettings({f"tag:contact={address}": Decimal(5)}, "contact")
    organization = FakeOrganization(accounts(1), tagged={ids(1)[0]: {"contact": address}})
    found = read(organization, by_contact)
    (one,) = accounts(1)
    assert (found.of(one), found.owner_of(one)) == ({"contact": address}, "ana")


def test_what_was_read_within_a_day_is_not_read_again_and_the_oldest_come_first() -> None:
    one, two, three, four = ids(4)
    last = known({one: FRESH, two: FRESH - timedelta(seconds=1), three: timedelta(days=9)})
    organization = FakeOrganization(accounts(4), tagged={three: {"team": "payments"}})
    found = read(organization, last=last)
    assert organization.asked == [four, three, one]
    assert found.of(accounts(4)[1]) == {"team": "old"}
    assert found.of(accounts(4)[2]) == {"team": "payments"}


def test_a_thousand_accounts_are_not_a_thousand_requests_a_report() -> None:
    last = known(dict.fromkeys(ids(1000), timedelta(days=2)))
    organization = FakeOrganization(accounts(1000))
    read(organization, last=last)
    assert len(organization.asked) == MOST_AGAIN


def test_another_key_is_asked_of_all() -> None:
    organization = FakeOrganization(accounts(2))
    read(organization, BY_TEAM_AND_OWNER, known(dict.fromkeys(ids(2), timedelta(0))))
    assert organization.asked == ids(2)
    again = FakeOrganization(accounts(2))
    read(again, BY_TEAM, known(dict.fromkeys(ids(2), timedelta(0)), keys=("owner=contact", "team")))
    assert again.asked == []


def test_another_setting_of_the_same_key_is_asked_anew_for_of_an_owners_tag_not_all_is_kept() -> None:
    listed = AccountList("one", tuple(KnownAccount(each, each, "ACTIVE", None) for each in ids(2)))
    organization = FakeOrganization(accounts(2))
    of_owners = read(organization, TagSettings({}, "contact")).kept(listed)
    read(organization, TagSettings({"tag:contact=Ana": Decimal(5)}, None), of_owners)
    assert organization.asked == ids(2) * 2


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (OrganizationsAccessDenied("denied"), DENIED),
        (OrganizationsUnavailable("throttled"), UNREAD),
        (AnswerTooLong("pages"), UNREAD),
    ],
)
def test_a_refusal_ends_the_reading_and_not_the_report(error: Exception, note: str) -> None:
    one, two, three = ids(3)
    organization = FakeOrganization(accounts(3), tagged={one: {"team": "payments"}, two: error})
    found = read(organization, last=known({three: timedelta(days=3)}))
    assert found.notes == (note,)
    assert organization.asked == [one, two]
    assert [found.of(each) for each in accounts(3)] == [{"team": "payments"}, None, {"team": "old"}]


def test_slow_answers_end_the_reading_in_time_and_the_next_report_reads_on() -> None:
    organization = FakeOrganization(accounts(3))
    slow = iter([0.0, 0.0, MOST_TAG_SECONDS, MOST_TAG_SECONDS + 1])
    found = read(organization, clock=slow)
    assert organization.asked == ids(2)
    assert (found.notes, found.of(accounts(3)[2])) == ((UNREAD,), None)
    listed = AccountList("one", tuple(KnownAccount(each, each, "ACTIVE", None) for each in ids(3)))
    later = FakeOrganization(accounts(3))
    assert read(later, last=found.kept(listed)).notes == ()
    assert later.asked == [ids(3)[2]]


@pytest.mark.parametrize("source", ["last_list", "own_account"])
def test_where_the_list_is_refused_nobody_is_asked_and_the_last_known_ones_are_used(
    source: ListSource,
) -> None:
    organization = FakeOrganization(accounts(1))
    found = read(organization, last=known({ids(1)[0]: timedelta(days=30)}), source=source)
    assert (organization.asked, found.notes) == ([], (DENIED,))
    assert found.of(accounts(1)[0]) == {"team": "old"}


@pytest.mark.parametrize("state", [LEFT, "ACTIVE"], ids=["left", "outside"])
def test_an_account_that_is_not_listed_has_the_tags_that_it_had_or_none(state: str) -> None:
    gone = ListedAccount("000000000009", "gone", state, ())
    assert read(FakeOrganization(accounts(1))).of(gone) == {}
    assert read(FakeOrganization(accounts(1)), last=known({gone.id: FRESH})).of(gone) == {"team": "old"}


def test_the_account_list_keeps_tags_of_its_accounts_only() -> None:
    found = read(FakeOrganization(accounts(1)), last=known({"000000000009": FRESH}))
    listed = AccountList("one", (KnownAccount(ids(1)[0], "one", "ACTIVE", None),))
    kept = found.kept(listed)
    assert kept is not None
    assert (kept.tag_keys, set(kept.tags)) == (("team",), {ids(1)[0]})
    assert found.kept(None) is None
