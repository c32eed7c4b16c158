from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finopsguard.costs import batches
from finopsguard.costs.periods import report_period
from finopsguard.errors import (
    FuturePeriod,
    NoAccountsSelected,
    OrganizationsAccessDenied,
    OrganizationsUnavailable,
    TooManyBatches,
    UnknownAccount,
    UnknownOrganizationalUnit,
)
from finopsguard.models.messages import Message, RunPlan, RunRequest, TeamsMessage
from finopsguard.models.run import AccountChanges, Accounts, Batch, Period, ReportName, Run
from finopsguard.ports import ListedAccount
from finopsguard.steps import post_to_teams, resolve_accounts
from finopsguard.store import documents, keys
from finopsguard.store.memory import MemoryStore
from tests.unit.fakes import NOW, FakeChannel, FakeOrganization, FakePorts, call

WEEKLY = RunRequest("weekly", NOW, "arn:execution")
PROD, DEV, EMPTY = "ou-ab12-prod0001", "ou-ab12-dev00001", "ou-ab12-empty001"
ROLE = "arn:aws:iam::999999999999:role/FinOpsGuardReader"


def account(number: int, unit: str = PROD, state: str = "ACTIVE") -> ListedAccount:
    return ListedAccount(f"{number:012d}", f"account-{number}", state, ("r-ab12", unit))


def ports_with(organization: FakeOrganization, **env: str) -> FakePorts:
    return FakePorts(
        {"FINOPSGUARD_MAX_CE_REQUESTS": "1000000", "FINOPSGUARD_MAX_CE_USD_MONTH": "100000", **env},
        organization=organization,
    )


def plan(organization: FakeOrganization, **env: str) -> RunPlan:
    return call(resolve_accounts.run, WEEKLY, ports_with(organization, **env))


def planned(organization: FakeOrganization, **env: str) -> tuple[Batch, ...]:
    """The batches of accounts that are stored for a plan, those of its payload."""
    ports = ports_with(organization, **env)
    made = call(resolve_accounts.run, WEEKLY, ports)
    stored = documents.read(ports.store, made.accounts_key, Accounts).batches
    assert [batch.id for batch in stored] == [batch.id for batch in made.batches]
    assert [batch.by_region for batch in stored].count(True) == 1
    return tuple(batch for batch in stored if not batch.by_region)


def planned_ids(batches: tuple[Batch, ...]) -> list[str]:
    return [account_id for batch in batches for account_id in batch.accounts]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("report", "scheduled_time", "time_zone", "start", "end"),
    [
        # Sunday ended eight hours ago and is not settled; Saturday is.
        ("daily", "2026-11-23T08:00:00Z", "UTC", "2026-11-21", "2026-11-22"),
        ("weekly", "2026-11-23T08:00:00Z", "UTC", "2026-11-16", "2026-11-23"),
        # Monday 00:30 in Madrid is Sunday 23:30 in UTC, where Sunday's costs are still being made.
        ("daily", "2026-11-23T00:30:00+01:00", "Europe/Madrid", "2026-11-20", "2026-11-21"),
        ("weekly", "2026-11-23T00:30:00+01:00", "Europe/Madrid", "2026-11-15", "2026-11-22"),
        # In winter Monday 01:30 in Madrid is Monday 00:30 in UTC, in summer Sunday 23:30: the year has one rule.
        ("weekly", "2026-11-23T01:30:00+01:00", "Europe/Madrid", "2026-11-15", "2026-11-22"),
        ("daily", "2026-11-23T08:00:00+01:00", "Europe/Madrid", "2026-11-21", "2026-11-22"),
        # Sunday evening in Bogota is Monday in UTC: Sunday is over where it is billed.
        ("weekly", "2026-11-23T01:00:00Z", "America/Bogota", "2026-11-16", "2026-11-23"),
        ("weekly", "2026-03-29T06:00:00Z", "Europe/Madrid", "2026-03-22", "2026-03-29"),
        ("daily", "2028-03-02T06:00:00Z", "UTC", "2028-02-29", "2028-03-01"),
        ("weekly", "2027-01-04T06:00:00Z", "UTC", "2026-12-28", "2027-01-04"),
    ],
)
def test_the_period_is_the_newest_settled_day_or_the_newest_week(
    report: ReportName, scheduled_time: str, time_zone: str, start: str, end: str
) -> None:
    expected = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert report_period(report, at(scheduled_time), time_zone, 24) == expected


@pytest.mark.parametrize(
    ("hours", "last_day"), [(0, "2026-11-22"), (8, "2026-11-22"), (9, "2026-11-21"), (168, "2026-11-15")]
)
def test_the_settle_hours_say_which_day_a_daily_report_covers(hours: int, last_day: str) -> None:
    ports = FakePorts({"FINOPSGUARD_SETTLE_HOURS": str(hours)}, organization=FakeOrganization([account(1)]))
    made = call(resolve_accounts.run, RunRequest("daily", NOW), ports).run
    assert (made.settle_hours, str(made.period.start), str(made.window.end)) == (
        hours,
        last_day,
        "2026-11-23",
    )


def test_a_daily_report_is_compared_with_the_same_weekday_and_reads_the_days_after_it() -> None:
    ports = FakePorts({"FINOPSGUARD_HEADLINE": "billed"}, organization=FakeOrganization([account(1)]))
    made = call(resolve_accounts.run, RunRequest("daily", NOW), ports).run
    assert (made.run_id, made.basis) == ("daily-2026-11-21", "billed")
    assert made.previous_period == Period(date(2026, 11, 14), date(2026, 11, 15))
    assert made.window == Period(date(2026, 8, 16), date(2026, 11, 23))


def test_the_plan_freezes_the_run() -> None:
    made = plan(FakeOrganization([account(1)]))
    assert made.run.run_id == "weekly-2026-11-16"
    assert made.run.previous_period == Period(date(2026, 11, 9), date(2026, 11, 16))
    assert made.run.window == Period(date(2026, 8, 17), date(2026, 11, 23))
    assert made.run.execution == "arn:execution"


def test_a_re_run_tomorrow_reports_the_same_period_under_the_same_id() -> None:
    organization = FakeOrganization([account(1)])
    tomorrow = FakePorts(organization=organization, clock=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert call(resolve_accounts.run, WEEKLY, tomorrow) == plan(organization)


def delivered(store: MemoryStore, run: Run) -> None:
    """The run's report is posted, and its days are covered."""
    store.write("body", b"{}")
    ports = FakePorts(channel=FakeChannel(), store=store)
    call(post_to_teams.run, TeamsMessage(run, Message("teams", "body", 2)), ports)


def test_by_force_a_report_that_was_delivered_is_planned_as_the_next_revision_and_read_again() -> None:
    store = MemoryStore()
    before = FakePorts(organization=FakeOrganization([account(1)]), store=store)
    call(resolve_accounts.run, replace(WEEKLY, scheduled_time=NOW - timedelta(days=7)), before)
    ports = FakePorts(organization=FakeOrganization([account(1), account(2)]), store=store)
    first = call(resolve_accounts.run, replace(WEEKLY, force=True), ports)
    assert (first.run.run_id, first.run.revision) == ("weekly-2026-11-16", 1), "nothing was delivered yet"
    delivered(store, first.run)
    assert call(resolve_accounts.run, WEEKLY, ports) == first, "without force as ever"
    second = call(resolve_accounts.run, replace(WEEKLY, force=True), ports)
    assert (second.run.run_id, second.run.revision) == ("weekly-2026-11-16-r2", 2)
    assert second.accounts_key != first.accounts_key
    # The list is told as it was in the first place.
    new = AccountChanges("listed", new=("000000000002 account-2",))
    assert documents.read(store, second.accounts_key, Accounts).changes == new
    delivered(store, second.run)
    assert call(resolve_accounts.run, replace(WEEKLY, force=True), ports).run.revision == 3


def test_by_force_and_by_hand_the_report_that_told_the_day_is_made() -> None:
    store, organization = MemoryStore(), FakeOrganization([account(1)])

    def planned(day: int, **how: bool) -> Run:
        moment = NOW + timedelta(days=day)
        ports = FakePorts(organization=organization, store=store, clock=lambda: moment)
        return call(resolve_accounts.run, RunRequest("daily", moment, "", **how), ports).run

    delivered(store, planned(0))
    delivered(store, planned(2))  # the day between did not come: this one has it too
    assert planned(2, force=True, continues=False).run_id == "daily-2026-11-22-2026-11-23-r2"
    assert planned(2, continues=False).run_id == "daily-2026-11-23"
    assert planned(4, force=True, continues=False).run_id == "daily-2026-11-25", "it fills no gap"


def test_a_plan_says_before_when_nothing_was_read() -> None:
    """A run that is run again finds the costs of its first reading, until that was refused."""
    store, organization = MemoryStore(), FakeOrganization([account(1)])

    def asked(hours: int) -> datetime | None:
        ports = FakePorts(organization=organization, store=store, clock=lambda: NOW + timedelta(hours=hours))
        return documents.read(store, call(resolve_accounts.run, WEEKLY, ports).accounts_key, Accounts).asked

    assert [asked(1), asked(5)] == [NOW + timedelta(hours=1)] * 2
    store.write(keys.REFUSED.key(run_id="weekly-2026-11-16", reading="0"), b"")
    assert [asked(7), asked(9)] == [NOW + timedelta(hours=7)] * 2


def test_mock_data_never_share_an_id_with_real_costs() -> None:
    assert (
        plan(FakeOrganization([account(1)]), FINOPSGUARD_USE_MOCK_DATA="true").run.run_id
        == "weekly-2026-11-16-mock"
    )


def test_a_period_that_is_not_over_is_refused() -> None:
    ports = FakePorts(organization=FakeOrganization([account(1)]))
    with pytest.raises(FuturePeriod, match="2026-11-24 has not begun"):
        call(resolve_accounts.run, RunRequest("daily", at("2026-11-24T00:00:00Z")), ports)


def test_closed_and_suspended_accounts_are_kept_for_they_may_still_cost() -> None:
    organization = FakeOrganization([account(1), account(2, state="CLOSED"), account(3, state="SUSPENDED")])
    assert len(planned_ids(planned(organization))) == 3


def test_the_account_list_is_stored_with_each_account_s_batch() -> None:
    ports = FakePorts(
        {"FINOPSGUARD_ACCOUNTS_PER_FETCH": "2"}, organization=FakeOrganization([account(n) for n in range(3)])
    )
    made = call(resolve_accounts.run, WEEKLY, ports)
    stored = documents.read(ports.store, made.accounts_key, Accounts)
    assert {each.id: each.batch_id for each in stored.accounts} == {
        account_id: batch.id for batch in stored.batches for account_id in batch.accounts
    }
    assert stored.accounts[0].ou == f"r-ab12/{PROD}"


def test_a_plan_made_again_keeps_the_batches_that_an_execution_may_still_read() -> None:
    organization, store = FakeOrganization([account(1), account(2)]), MemoryStore()
    first, second = (
        call(
            resolve_accounts.run,
            WEEKLY,
            FakePorts({"FINOPSGUARD_ACCOUNTS_PER_FETCH": at_once}, organization=organization, store=store),
        )
        for at_once in ("2", "1")
    )
    stored = documents.read(store, second.accounts_key, Accounts)
    assert {batch.id for batch in stored.batches} == {each.id for each in (*first.batches, *second.batches)}
    read_now = {*(each.batch_id for each in stored.accounts), *stored.regions.values()}
    assert read_now == {batch.id for batch in second.batches}


@pytest.mark.parametrize(("per_fetch", "sizes"), [("1", [1] * 5), ("2", [2, 2, 1]), ("100", [5])])
def test_batches_hold_at_most_the_set_number_of_accounts(per_fetch: str, sizes: list[int]) -> None:
    organization = FakeOrganization([account(n) for n in range(5)])
    made = planned(organization, FINOPSGUARD_ACCOUNTS_PER_FETCH=per_fetch)
    assert [len(batch.accounts) for batch in made] == sizes
    assert len({batch.id for batch in made}) == len(sizes)


def test_an_account_with_its_own_role_is_always_alone() -> None:
    made = planned(FakeOrganization([account(1), account(2)]), FINOPSGUARD_ACCOUNT_ROLE_ARNS=ROLE)
    assert [(batch.accounts, batch.role_arn) for batch in made] == [
        (("000000000001", "000000000002"), None),
        (("999999999999",), ROLE),
    ]


def test_a_batch_changes_its_id_with_the_question_it_asks() -> None:
    organization = FakeOrganization([account(1)])
    ids = {
        plan(organization, **env).batches[0].id
        for env in (
            {},
            {"FINOPSGUARD_COST_METRIC": "AmortizedCost"},
            {"FINOPSGUARD_HISTORY_DAYS": "60"},
            {"FINOPSGUARD_BILLING_VIEW_ARN": "arn:aws:billing::1:billingview/x"},
            {"FINOPSGUARD_ORGANIZATION_ROLE_ARN": "arn:aws:iam::111111111111:role/Reader"},
        )
    }
    assert len(ids) == 5
    assert plan(organization).batches == plan(organization).batches


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"FINOPSGUARD_INCLUDE_ACCOUNTS": "000000000002"}, [2]),
        ({"FINOPSGUARD_INCLUDE_OUS": DEV}, [3]),
        ({"FINOPSGUARD_INCLUDE_OUS": DEV, "FINOPSGUARD_INCLUDE_ACCOUNTS": "000000000001"}, [1, 3]),
        ({"FINOPSGUARD_EXCLUDE_ACCOUNTS": "000000000001, 000000000077"}, [2, 3]),
        ({"FINOPSGUARD_EXCLUDE_OUS": DEV}, [1, 2]),
        ({"FINOPSGUARD_EXCLUDE_OUS": EMPTY}, [1, 2, 3]),
        ({"FINOPSGUARD_INCLUDE_OUS": "r-ab12", "FINOPSGUARD_EXCLUDE_OUS": DEV}, [1, 2]),
    ],
)
def test_include_and_exclude_lists(env: dict[str, str], expected: list[int]) -> None:
    organization = FakeOrganization([account(1), account(2), account(3, DEV)], units=[EMPTY])
    assert planned_ids(planned(organization, **env)) == [f"{number:012d}" for number in expected]


@pytest.mark.parametrize(
    ("error", "env"),
    [
        (UnknownAccount, {"FINOPSGUARD_INCLUDE_ACCOUNTS": "000000000009"}),
        (UnknownOrganizationalUnit, {"FINOPSGUARD_INCLUDE_OUS": "ou-ab12-nowhere1"}),
        (UnknownOrganizationalUnit, {"FINOPSGUARD_EXCLUDE_OUS": "ou-ab12-nowhere1"}),
        (NoAccountsSelected, {"FINOPSGUARD_EXCLUDE_ACCOUNTS": "000000000001"}),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(error: type[Exception], env: dict[str, str]) -> None:
    with pytest.raises(error, match="FINOPSGUARD_"):
        plan(FakeOrganization([account(1)]), **env)


def test_a_list_without_any_account_is_a_failed_reading() -> None:
    """The management account is always in it."""
    with pytest.raises(OrganizationsUnavailable, match="no account at all"):
        plan(FakeOrganization([]))


@pytest.mark.parametrize(
    ("listed", "note"),
    [(None, "organizations_not_in_use"), (OrganizationsAccessDenied("no"), "organizations_access_denied")],
)
def test_without_organizations_the_own_account_is_reported_and_the_report_says_so(
    listed: Exception | None, note: str
) -> None:
    organization = FakeOrganization(listed, own="123456789012")
    assert planned_ids(planned(organization)) == ["123456789012"]
    assert plan(organization).notes == (note,)


@pytest.mark.parametrize(
    "env",
    [
        {"FINOPSGUARD_INCLUDE_OUS": PROD},
        {"FINOPSGUARD_EXCLUDE_OUS": PROD},
        {"FINOPSGUARD_INCLUDE_ACCOUNTS": "000000000001"},
        {"FINOPSGUARD_ORGANIZATION_ROLE_ARN": ROLE},
        {"FINOPSGUARD_BILLING_VIEW_ARN": "arn:aws:billing::111111111111:billingview/custom-1"},
    ],
)
def test_access_denied_is_an_error_where_the_settings_need_the_organization(env: dict[str, str]) -> None:
    with pytest.raises(OrganizationsAccessDenied):
        plan(FakeOrganization(OrganizationsAccessDenied("no")), **env)


def test_a_plan_that_step_functions_cannot_carry_is_refused_with_the_way_out() -> None:
    organization = FakeOrganization([account(n) for n in range(801)])
    with pytest.raises(TooManyBatches, match="FINOPSGUARD_ACCOUNTS_PER_FETCH"):
        plan(organization, FINOPSGUARD_ACCOUNTS_PER_FETCH="1")
    assert len(plan(organization, FINOPSGUARD_ACCOUNTS_PER_FETCH="2").batches) == 401 + 1


def test_what_no_setting_can_carry_is_not_asked_of_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As 80,001 accounts are for 800 batches of the most that one reads."""
    monkeypatch.setattr(batches, "MAX_BATCHES", 8)
    organization = FakeOrganization([account(n) for n in range(801)])
    with pytest.raises(TooManyBatches, match="Deploy one stack per organizational unit") as caught:
        plan(organization, FINOPSGUARD_ACCOUNTS_PER_FETCH="100")
    assert "ACCOUNTS_PER_FETCH" not in str(caught.value)


def test_a_role_for_each_account_is_a_batch_for_each() -> None:
    roles = [f"arn:aws:iam::{n:012}:role/x" for n in range(801)]
    organization = FakeOrganization([account(n) for n in range(801)])
    with pytest.raises(TooManyBatches, match="Deploy one stack"):
        plan(
            organization,
            FINOPSGUARD_ACCOUNTS_PER_FETCH="1",
            FINOPSGUARD_ACCOUNT_ROLE_ARNS=",".join(roles),
        )
