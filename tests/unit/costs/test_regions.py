"""Usage by Region from the plan to the report: planned as a batch, held to the accounts, said where it lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs import budget, coverage, history, reads, regions
from finopsguard.costs.batches import plan_batches, regions_of, with_batches
from finopsguard.costs.history import Due, Reading
from finopsguard.costs.table import CostTable, to_parquet
from finopsguard.models import notes
from finopsguard.models.costs import CostRow
from finopsguard.models.history import HeldMonth
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.run import Accounts, Batch, Period
from tests.unit.costs.test_budget import SETTINGS, scope_of
from tests.unit.fakes import make_run

FIRST = date(2026, 8, 17)
RUN = make_run()
EXPORTED = replace(RUN, data_source="data_export")
WINDOW = RUN.window
INCOMPLETE = "CostExplorerIncomplete"
ROLE = "arn:aws:iam::000000000001:role/reads"


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=each) for each in range(count)]


def planned(count: int = 3, *, whole: bool = True) -> tuple[Accounts, Batch]:
    scope = replace(scope_of(count), whole=whole)
    (asked,) = regions_of(scope)
    made = plan_batches(scope, SETTINGS, "", [], by_region=[(asked, WINDOW.dates())])
    (batch,) = made
    plan = with_batches(scope, made, 0, None, datetime(2026, 11, 23, tzinfo=UTC), [asked])
    return plan, batch


def test_all_that_is_billed_is_one_question_and_a_part_names_its_accounts() -> None:
    assert regions_of(scope_of(250)) == [Batch("", regions=())]
    part = regions_of(replace(scope_of(250), whole=False))
    assert [len(each.regions or ()) for each in part] == [100, 100, 50]
    assert len({held for each in part for held in each.held_as}) == 3
    assert all(each.accounts == () for each in part), "an older FetchCosts reads nothing twice"
    ids = [each.id for each in scope_of(3).accounts]
    own = replace(scope_of(3), whole=False, roles={ids[0]: ROLE})
    assert [each.regions for each in regions_of(own)] == [tuple(ids[1:])]
    assert regions_of(replace(own, roles=dict.fromkeys(ids, ROLE))) == []


def test_another_list_of_accounts_is_another_sum() -> None:
    one, other = Batch("", regions=("1", "2")), Batch("", regions=("1", "3"))
    assert one.held_as != other.held_as != Batch("", regions=()).held_as == ("regions",)


def test_it_is_at_most_a_tenth_more_of_a_first_report_and_is_in_its_estimate() -> None:
    scope = scope_of(100)
    to_read = [Due([each.id for each in scope.accounts], days(98))]
    without = budget.estimate(plan_batches(scope, SETTINGS, "", to_read))
    asked = [(each, days(98)) for each in regions_of(scope)]
    more = budget.estimate(plan_batches(scope, SETTINGS, "", to_read, by_region=asked))
    assert (without, more) == ((44, 412), (46, 432))
    assert all(now <= Decimal("1.1") * before for now, before in zip(more, without, strict=True))


def test_it_is_due_by_the_rules_of_accounts() -> None:
    month = Period(date(2026, 11, 1), date(2026, 12, 1))
    at = RUN.scheduled_time - timedelta(hours=1)
    until = Period(month.start, date(2026, 11, 21))
    read = Reading({"regions": [until], "1": [until]}, at, {})
    held = history.with_reading(HeldMonth((), ()), month, read)
    now = RUN.scheduled_time
    ((_, due),) = reads.due_regions([Batch("", regions=())], [held], RUN, frozenset(), now)
    ((_, of_account, _),) = history.due([held], ["1"], RUN, frozenset(), now)
    assert due == of_account
    assert until.start not in due, "it was read an hour ago"
    other = Batch("", regions=("1",))
    assert reads.due_regions([other], [held], RUN, frozenset(), now) == [(other, WINDOW.dates())]
    assert history.newest_held([held]) == {"1"}, "it is no account"


def test_a_day_s_total_is_known_anew_though_its_regions_were_read_at_another_time() -> None:
    month, day = Period(date(2026, 11, 1), date(2026, 12, 1)), date(2026, 11, 5)
    of_day = [Period(day, day + timedelta(days=1))]
    first = Reading({"regions": of_day, "1": of_day}, datetime(2026, 11, 6, tzinfo=UTC), {day: Decimal(5)})
    later = Reading({"1": of_day}, datetime(2026, 11, 9, tzinfo=UTC), {day: Decimal(7)})
    held = history.with_reading(history.with_reading(HeldMonth((), ()), month, first), month, later)
    assert held.days[0].billed == Decimal(7)


def row(day: date, account: str, usd: str, region: str | None = None) -> CostRow:
    return CostRow(
        day, account, "Amazon EC2", None, Decimal(usd), "USD", amortized=Decimal(usd) / 2, region=region
    )


def fetched(batch: Batch, **changes: object) -> FetchedCosts:
    outcome = replace(BatchCosts(batch.id, "ok", key="costs"), **changes)  # type: ignore[arg-type]
    return FetchedCosts(RUN, "accounts", (outcome,))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, None),
        ({"status": "unavailable", "error": "CostExplorerThrottled"}, "CostExplorerThrottled"),
        ({"key": None}, "BatchLost"),
        ({"batch_id": "another"}, "BatchLost"),
    ],
)
def test_what_could_not_be_read_is_said_and_is_not_held(
    changes: dict[str, object], error: str | None
) -> None:
    plan, batch = planned()
    assert coverage.regions_missing(plan, fetched(batch, **changes).batches) == error
    said = [notes.regions_missing(error)] if error else []
    assert notes.regions_unread(said) == error
    assert set(coverage.read_whole(plan, (), said)) == (set() if error else {"regions"})


@pytest.mark.parametrize(
    ("usd", "error"),
    [("30", None), ("28", None), ("20", INCOMPLETE), (None, INCOMPLETE)],
)
def test_less_than_the_accounts_used_is_no_answer(usd: str | None, error: str | None) -> None:
    plan, batch = planned()
    newest = WINDOW.end - timedelta(days=1)
    rows = [row(newest, account.id, "10") for account in plan.accounts]
    rows += [row(newest, "regions", usd, "us-east-1")] if usd else []
    with CostTable([to_parquet(rows)]) as table:
        assert regions.missing(fetched(batch), plan, (), table) == error
        exported = replace(fetched(batch), run=EXPORTED)
        assert regions.missing(exported, plan, (), table) == (error and "ExportIncomplete")
        assert table.usage_by_day() == {newest: Decimal(30)}, "in no sum"
        assert table.accounts() == [account.id for account in plan.accounts]


def test_a_plan_of_an_earlier_release_has_no_regions_of_an_export_and_that_is_said() -> None:
    plan, batch = planned()
    with CostTable([to_parquet([])]) as table:
        before = replace(fetched(batch), run=EXPORTED), replace(plan, regions={})
        assert regions.missing(*before, (), table) == notes.OF_AN_EXPORT
        assert regions.missing(fetched(batch), replace(plan, regions={}), (), table) is None


def test_a_stranger_s_usage_is_in_it_and_that_is_no_error() -> None:
    plan, batch = planned()
    newest = WINDOW.end - timedelta(days=1)
    with CostTable([to_parquet([row(newest, "regions", "500", "us-east-1")])]) as table:
        assert regions.missing(fetched(batch), plan, (), table) is None
        places, costs = table.regions_judged(WINDOW, "UnblendedCost")
        assert (places, costs[0, -1], costs.sum()) == ([("Amazon EC2", "us-east-1")], 250.0, 250.0)
        assert table.regions_judged(WINDOW, "NetAmortizedCost")[1].sum() == 500.0
