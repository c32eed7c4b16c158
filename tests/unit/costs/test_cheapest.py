"""The batches that are planned take the fewest pages, and read what is due: each account and day once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard.config import PlanSettings
from finopsguard.costs import budget, reads
from finopsguard.costs.batches import SERVICES_OF_AN_ACCOUNT, SLICE_GROUPS, WHOLE_SLICES, plan_batches
from finopsguard.costs.history import Due
from finopsguard.models.run import Batch, DataSource
from tests.fuzz.held import tries
from tests.unit.costs.test_budget import SETTINGS, scope_of

FIRST = date(2026, 8, 17)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=each) for each in range(count)]


def planned(accounts: int, due: list[date], saved: int = 0, *, whole: bool = True) -> tuple[Batch, ...]:
    scope = replace(scope_of(accounts), whole=whole)
    return plan_batches(scope, SETTINGS, "", [Due([each.id for each in scope.accounts], due)], saved)


@tries(20, many=200)
@given(
    accounts=st.integers(1, 3_000),
    due=st.sets(st.integers(0, 98), min_size=1, max_size=12),
    saved=st.integers(0, 1),
)
def test_no_plan_is_dearer_than_batches_of_a_hundred_and_each_reads_what_is_due(
    accounts: int, due: set[int], saved: int
) -> None:
    wanted = sorted(FIRST + timedelta(days=each) for each in due)
    found, filtered = planned(accounts, wanted, saved), planned(accounts, wanted, whole=False)
    pairs = zip(budget.estimate(found), budget.estimate(filtered), strict=True)
    assert all(mine <= theirs + saved for mine, theirs in pairs)
    read = [
        (account, day)
        for batch in found
        for account in batch.accounts
        for each in batch.slices
        for day in each.dates()
    ]
    assert len(read) == len(set(read)) == accounts * len(wanted)
    assert {day for _, day in read} == set(wanted)
    for batch in found:
        if batch.whole:
            groups = [each.days * accounts * SERVICES_OF_AN_ACCOUNT for each in batch.slices]
            assert max(groups) <= SLICE_GROUPS
            assert sum(groups) <= WHOLE_SLICES * SLICE_GROUPS


def test_a_thousand_accounts_are_read_in_one_answer_where_that_has_fewer_pages() -> None:
    (batch,) = planned(1_000, days(4))
    assert batch.whole
    assert budget.estimate([batch]) == (18, 168)
    assert budget.estimate(planned(1_000, days(4), whole=False)) == (30, 170)
    assert not any(each.whole for each in planned(1_000, days(98))), "an attempt could not read it all"
    assert not any(each.whole for each in planned(10_000, days(1))), "nor a day of so many"


def test_a_hundred_accounts_are_read_so_only_where_it_saves_a_page() -> None:
    assert [each.whole for each in planned(100, days(4))] == [False]
    assert [each.whole for each in planned(100, days(4), 1)] == [True]


@pytest.mark.parametrize("what", ["a part", "a role", "fewer", "a new account"])
def test_an_answer_without_a_filter_is_asked_for_only_where_it_is_of_the_accounts(what: str) -> None:
    scope, settings = scope_of(200), SETTINGS
    ids = [each.id for each in scope.accounts]
    to_read = [Due(ids, days(4))]
    if what == "a part":
        scope = replace(scope, whole=False)
    elif what == "a role":
        scope = replace(scope, roles={ids[3]: "arn:aws:iam::000000000003:role/reads"})
    elif what == "fewer":
        settings = PlanSettings.from_env({"FINOPSGUARD_ACCOUNTS_PER_FETCH": "99"})
    else:
        to_read = [Due(ids[1:], days(4)), Due(ids[:1], days(98))]
    assert not any(each.whole for each in plan_batches(scope, settings, "", to_read, 1))
    assert plan_batches(scope_of(200), SETTINGS, "", [Due(ids, days(4))], 1)[0].whole


def test_a_reading_shows_who_was_billed_where_it_is_whole_has_what_changed_and_is_not_the_weekly_one() -> (
    None
):
    whole = planned(100, days(4), 1)
    assert reads.shows_who(whole, frozenset())
    assert reads.shows_who(whole, frozenset({FIRST}))
    assert reads.shows_who((), frozenset()), "all is held, and its totals are what they were"
    assert not reads.shows_who((), frozenset({FIRST}))
    assert not reads.shows_who(whole, frozenset({FIRST - timedelta(days=1)}))
    assert not reads.shows_who(planned(100, days(4)), frozenset())
    assert not reads.shows_who(planned(100, days(35), 1), frozenset())


@pytest.mark.parametrize(("source", "young"), [("cost_explorer", 1), ("data_export", 0)])
def test_days_that_may_stand_are_looked_up_only_where_that_saves_a_page(
    source: DataSource, young: int
) -> None:
    scope = scope_of(3)
    scope = replace(scope, run=replace(scope.run, data_source=source))
    due = Due([each.id for each in scope.accounts], days(4), days(4)[:3])
    (batch,) = plan_batches(scope, SETTINGS, "", [due])
    assert len(batch.young) == young
