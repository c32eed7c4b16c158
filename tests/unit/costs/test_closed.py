"""Closed days are held to what was told: what is compared, what is noise, what is corrected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from finopsguard.costs import closed
from finopsguard.costs.summary import build_report
from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.models.ledger import Earlier, Told
from finopsguard.models.messages import FetchedCosts
from finopsguard.models.report import (
    UNKNOWN,
    Check,
    Correction,
    MissingAccount,
    ReadSince,
    Report,
    RestatedDay,
)
from finopsguard.models.run import Account, AccountChanges, Accounts, Period, Run
from finopsguard.ports import CostRow
from tests.unit.fakes import both_kinds, make_run

A, B, C = "111111111111", "222222222222", "333333333333"
DAY = timedelta(days=1)
SUNDAY = date(2026, 11, 15)
AT = datetime(2026, 11, 17, 8, tzinfo=UTC)
GATE = Decimal(10)
TABLES = ExitStack()


@pytest.fixture(scope="module", autouse=True)
def tables() -> Iterator[None]:
    yield
    TABLES.close()


def run_of(day: date, **changes: Any) -> Run:
    """A daily run of that settled day, made two days later."""
    return make_run(
        run_id=f"daily-{day}",
        report="daily",
        scheduled_time=datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + 2 * DAY,
        period=Period(day, day + DAY),
        previous_period=Period(day - 7 * DAY, day - 6 * DAY),
        history_start=day - 30 * DAY,
        until=day + 2 * DAY,
        **changes,
    )


class Reading:
    """What a run reads: 100.00 a day for each account, but for what `changed` says of (account, day)."""

    def __init__(
        self,
        day: date,
        changed: Mapping[tuple[str, date], str] | None = None,
        *,
        accounts: Sequence[str] = (A, B),
        missing: Sequence[str] = (),
        extra: Sequence[CostRow] = (),
        whole: bool = True,
        plan: Accounts | None = None,
        notes: tuple[str, ...] = (),
        **run: Any,
    ) -> None:
        self.run = run_of(day, **run)
        known = tuple(Account(each, f"name-{each[:3]}", "ACTIVE", None, "b") for each in accounts)
        rows = [
            row
            for each in self.run.window.dates()
            for account in accounts
            if account not in missing
            for row in both_kinds(each, account, "Amazon S3", (changed or {}).get((account, each), "100"))
        ]
        self.table = TABLES.enter_context(CostTable([to_parquet([*rows, *extra])]))
        fetched = FetchedCosts(self.run, "accounts", (), notes)
        gone = tuple(MissingAccount(each, f"name-{each[:3]}", "denied") for each in missing)
        self.report: Report = build_report(fetched, Accounts(known), gone, self.table, 0)
        self.plan = replace(plan or Accounts(known), whole=whole)
        self.told: Told = closed.to_tell(self.report, fetched, self.plan, self.table)

    @property
    def earlier(self) -> Earlier:
        return Earlier(self.told, AT, ("teams",))

    def check(self, *earlier: Reading) -> Check | None:
        return closed.closed_days(self.told, [each.earlier for each in earlier])

    def corrections(self, *earlier: Reading, least: Decimal = GATE) -> tuple[Correction, ...]:
        told = [each.earlier for each in earlier]
        return closed.corrections(self.report, self.told, told, self.table, least)

    def checked(self, *checks: Check) -> Reading:
        self.report = replace(self.report, coverage=replace(self.report.coverage, checks=checks))
        return self


@cache
def plain(day: date = SUNDAY) -> Reading:
    """One in which nothing changed."""
    return Reading(day)


def test_what_a_report_tells_is_its_headline_and_every_settled_day() -> None:
    told = plain().told
    assert (told.days, told.current, told.previous) == ((SUNDAY,), Decimal(200), Decimal(200))
    assert [day.date for day in told.settled][-1] == SUNDAY, "Monday is read and not settled"
    assert {day.usage for day in told.settled} == {Decimal(200)}


def test_a_reading_like_the_last_one_is_ok_and_corrects_nothing() -> None:
    told, now = plain(), plain(SUNDAY + DAY)
    assert now.check(told) == Check("closed_days", "ok", "30 days as they were told")
    assert now.corrections(told) == ()
    assert now.check() is None, "nothing was compared, nothing is claimed"


@pytest.mark.parametrize(
    ("amount", "detail"),
    [
        ("100.02", None),
        ("100.03", "2026-11-15 +0.03 USD"),
        ("99.70", "2026-11-15 -0.30 USD"),
        ("0", "2026-11-15 -100.00 USD"),
    ],
)
def test_a_day_is_named_above_a_cent(amount: str, detail: str | None) -> None:
    now = Reading(SUNDAY + DAY, {(A, SUNDAY): amount})
    found = now.check(plain())
    assert found is not None
    assert (found.status, found.detail if detail else None) == ("warn" if detail else "ok", detail)


def test_a_ten_thousandth_of_much_is_noise() -> None:
    much = {(A, SUNDAY): "5000"}
    assert Reading(SUNDAY + DAY, {(A, SUNDAY): "5000.50"}).check(Reading(SUNDAY, much)).status == "ok"  # type: ignore[union-attr]
    assert Reading(SUNDAY + DAY, {(A, SUNDAY): "5000.60"}).check(Reading(SUNDAY, much)).status == "warn"  # type: ignore[union-attr]


def test_the_three_largest_days_are_named_and_the_others_counted() -> None:
    changed = {(A, SUNDAY - number * DAY): str(100 + number) for number in range(1, 6)}
    found = Reading(SUNDAY + DAY, changed).check(plain())
    assert found == Check(
        "closed_days", "warn", "2026-11-10 +5.00 USD, 2026-11-11 +4.00 USD, 2026-11-12 +3.00 USD +2"
    )


def test_a_credit_that_comes_later_is_named_and_no_correction_of_usage() -> None:
    credit = [CostRow(SUNDAY, A, None, "Credit", Decimal(-150), "USD")]
    now = Reading(SUNDAY + DAY, extra=credit)
    assert now.check(plain()) == Check("closed_days", "warn", "2026-11-15 -150.00 USD")
    assert now.corrections(plain()) == ()
    (billed,) = now.corrections(Reading(SUNDAY, basis="billed"))
    assert (billed.basis, billed.then, billed.now) == ("billed", Decimal(200), Decimal(50))


def test_the_newest_report_counts_and_a_day_that_was_named_is_not_named_again() -> None:
    first, second = plain(), Reading(SUNDAY + DAY, {(A, SUNDAY): "130"})
    third = Reading(SUNDAY + 2 * DAY, {(A, SUNDAY): "130"})
    assert third.check(second, first).status == "ok"  # type: ignore[union-attr]


def test_a_correction_says_then_now_and_which_days() -> None:
    (found,) = Reading(SUNDAY + DAY, {(A, SUNDAY): "124.69"}).corrections(plain())
    assert found == Correction(
        run_id="daily-2026-11-15",
        report="daily",
        told_at=AT,
        days=(SUNDAY,),
        basis="usage",
        then=Decimal(200),
        now=Decimal("224.69"),
        change_pct=Decimal("12.34"),
        accounts_then=2,
        accounts_now=2,
        list_unread=False,
        restated=(RestatedDay(SUNDAY, Decimal(200), Decimal("224.69")),),
        read_since=(),
        channels=("teams",),
    )


@pytest.mark.parametrize(
    ("amount", "least", "corrected"),
    [
        ("102", "1", False),  # 1 %
        ("102.01", "1", True),
        ("110", "10", False),  # 5 %, and 10 dollars
        ("110.01", "10", True),
        ("89", "10", True),
    ],
)
def test_more_than_one_percent_and_more_than_the_gate(amount: str, least: str, corrected: bool) -> None:
    now = Reading(SUNDAY + DAY, {(A, SUNDAY): amount})
    assert bool(now.corrections(plain(), least=Decimal(least))) is corrected


def test_a_provisional_day_is_nobody_s_error() -> None:
    """Monday's card showed Sunday so far; Tuesday's is the first to tell it."""
    told = Reading(SUNDAY - DAY, {(A, SUNDAY): "20"})
    assert told.told.days == (SUNDAY - DAY,)
    now = plain()
    assert now.corrections(told) == ()
    assert now.check(told).status == "ok"  # type: ignore[union-attr]


def test_an_account_that_was_missing_makes_its_part_of_the_difference() -> None:
    told = Reading(SUNDAY, missing=[B])
    now = Reading(SUNDAY + DAY, {(A, SUNDAY): "103"})
    (found,) = now.corrections(told)
    assert (found.then, found.now) == (Decimal(100), Decimal(203))
    assert found.read_since == (ReadSince(B, "name-222", Decimal(100)),)
    assert found.restated == (RestatedDay(SUNDAY, Decimal(100), Decimal(103)),)
    assert now.check(told) is None, "what was read then has no total of its own"


def test_an_account_that_is_missing_now_is_no_fall() -> None:
    now = Reading(SUNDAY + DAY, missing=[B])
    assert now.corrections(plain()) == ()
    assert now.check(plain()) is None
    assert now.check(Reading(SUNDAY, missing=[B])).status == "ok"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "other",
    [
        {"whole": False},
        {"cost_metric": "AmortizedCost"},
        {"plan": Accounts((), outside=(C,))},
        {"plan": Accounts((), changes=AccountChanges("no_organization")), "whole": False},
    ],
    ids=["selected accounts", "another metric", "an account outside", "no Organization"],
)
def test_what_measures_something_else_is_not_compared(other: dict[str, Any]) -> None:
    told, now = Reading(SUNDAY, **other), Reading(SUNDAY + DAY, {(A, SUNDAY): "200"})
    assert now.check(told) is None
    assert now.corrections(told) == ()


def test_selected_accounts_are_compared_where_they_are_the_same() -> None:
    now = Reading(SUNDAY + DAY, {(A, SUNDAY): "200"}, whole=False)
    assert len(now.corrections(Reading(SUNDAY, whole=False))) == 1
    assert now.corrections(Reading(SUNDAY, whole=False, accounts=(A,))) == ()


def test_an_account_that_joins_the_organization_hides_nothing() -> None:
    joined = {(C, SUNDAY - number * DAY): "0" for number in range(-2, 40)}
    now = Reading(SUNDAY + DAY, {**joined, (A, SUNDAY): "200"}, accounts=(A, B, C))
    assert [each.then for each in now.corrections(plain())] == [200]


def test_a_report_of_the_own_account_alone_was_wrong_about_the_others() -> None:
    own = Accounts((), changes=AccountChanges("own_account"))
    told = Reading(SUNDAY, accounts=(A,), whole=False, plan=own)
    (found,) = plain(SUNDAY + DAY).corrections(told)
    assert (found.then, found.now, found.list_unread) == (Decimal(100), Decimal(200), True)
    assert (found.accounts_then, found.accounts_now, found.restated) == (1, 2, ())


@pytest.mark.parametrize(
    ("name", "status", "detail", "corrected"),
    [
        ("control_total", "warn", "5.00 USD: 2026-11-15", False),
        ("control_total", "failed", "5.00 USD: 2026-11-15", False),
        ("control_total", "warn", UNKNOWN, True),
        ("usage_matches_charges", "warn", "5.00 USD: 2026-11-15", False),
        ("days_present", "warn", "2026-10-20", True),
    ],
)
def test_a_reading_that_is_not_sure_corrects_nothing(
    name: str, status: Any, detail: str, corrected: bool
) -> None:
    now = Reading(SUNDAY + DAY, {(A, SUNDAY): "200"}).checked(Check(name, status, detail))
    assert bool(now.corrections(plain())) is corrected


def test_a_day_that_has_nothing_any_more_was_not_read() -> None:
    """Four days later it is taken as it is: settled, and named."""
    now = Reading(SUNDAY + 4 * DAY, {(A, SUNDAY): "0", (B, SUNDAY): "0"})
    assert now.corrections(plain()) == ()
    assert now.check(plain()).detail == "2026-11-15 -200.00 USD"  # type: ignore[union-attr]


def test_who_was_billed_and_is_not_listed_may_be_unknown_then_or_now() -> None:
    unknown: dict[str, Any] = {"accounts": (A,), "notes": ("billed_accounts_unknown",)}
    assert Reading(SUNDAY + DAY, **unknown).corrections(plain()) == ()
    (found,) = plain(SUNDAY + DAY).corrections(Reading(SUNDAY, **unknown))
    assert (found.then, found.now, found.list_unread) == (Decimal(100), Decimal(200), True)
    assert plain(SUNDAY + DAY).check(Reading(SUNDAY, **unknown)) is None


def test_only_reports_of_two_weeks_are_corrected() -> None:
    changed = {(A, SUNDAY - 3 * DAY): "200"}
    told = Reading(SUNDAY - 3 * DAY)
    assert len(Reading(SUNDAY + 11 * DAY, changed).corrections(told)) == 1
    assert Reading(SUNDAY + 12 * DAY, changed).corrections(told) == ()


def test_the_report_that_takes_its_place_is_no_correction_of_it() -> None:
    now = Reading(SUNDAY, {(A, SUNDAY): "200"})
    assert now.corrections(plain()) == ()
    assert now.check(plain()).status == "warn"  # type: ignore[union-attr]


def test_the_most_dollars_come_first() -> None:
    changed = {(A, SUNDAY - DAY): "150", (A, SUNDAY): "400"}
    found = Reading(SUNDAY + DAY, changed).corrections(Reading(SUNDAY - DAY), plain())
    assert [each.run_id for each in found] == ["daily-2026-11-15", "daily-2026-11-14"]
