"""Proof of reading: what AWS answers wrongly or leaves out is read again, refused, or told first; never told as right.

Whole runs through real botocore on the stand-ins: ordinary Organizations, one fault each.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from finopsguard.models.run import Period
from tests.standins import Costs
from tests.standins.cost_explorer import Spoil
from tests.sweeps import exhaustive, sampled
from tests.truth.faults import emptied, on, without_days, without_last_day, without_next_page
from tests.truth.proof_world import SATURDAY, STAYS, WEEK, World, check, usual

# ---- a good week -----------------------------------------------------------------------------------------------------


def test_a_good_week_is_proven(world: World) -> None:
    assert world.run().status == "SUCCEEDED"
    report = world.report()
    assert report.totals.period == STAYS
    assert [(each.name, each.status) for each in report.coverage.checks] == [
        ("days_present", "ok"),
        ("usage_matches_charges", "ok"),
        ("yesterday_not_zero", "ok"),
        ("control_total", "ok"),
        ("accounts_listed", "ok"),
    ]
    assert "Not proven" not in world.posts[0]
    # Two queries for each account, the control total, and who was billed.
    assert report.cost_explorer.requests == world.standins.cost_explorer.requests == 9
    assert world.run().status == "SUCCEEDED"
    assert world.standins.cost_explorer.requests == 9


# ---- gaps ------------------------------------------------------------------------------------------------------------


GAPS: list[Spoil] = [without_days, without_last_day, without_next_page]


@sampled(every=3)
@pytest.mark.parametrize("gap", GAPS)
def test_an_answer_with_a_gap_is_never_a_report(world: World, gap: Spoil) -> None:
    world.standins.cost_explorer.page_size = 40
    world.standins.cost_explorer.spoil(gap)
    failed = world.run()
    assert (failed.status, failed.error) == ("FAILED", "TooManyAccountsMissing")
    assert "CostExplorerIncomplete" in failed.reason
    assert "days are missing" in failed.reason
    assert len(world.posts) == 1
    assert "TooManyAccountsMissing" in world.posts[0]


@sampled(every=3)
@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_that_is_gone_at_the_second_reading_is_no_gap(world: World, gap: Spoil) -> None:
    world.standins.cost_explorer.page_size = 40
    world.standins.cost_explorer.spoil(gap, times=1)
    execution = world.run()
    assert (execution.status, execution.retries) == ("SUCCEEDED", {})
    report = world.report()
    assert report.totals.period == STAYS
    assert all(each.status == "ok" for each in report.coverage.checks)
    assert report.cost_explorer.requests == world.standins.cost_explorer.requests


@exhaustive(beside="test_a_gap_that_is_gone_at_the_second_reading_is_no_gap")
def test_charges_that_are_empty_once_are_read_again_with_the_usage(world: World) -> None:
    empty = iter([on(lambda day: True, emptied)])

    def once(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if "RECORD_TYPE" in [group["Key"] for group in parameters.get("GroupBy", [])]:
            for spoil in itertools.islice(empty, 1):
                spoil(parameters, answer)

    world.standins.cost_explorer.spoil(once)
    assert world.run().status == "SUCCEEDED"
    assert world.report().totals.period == STAYS
    assert world.standins.cost_explorer.requests == 11


# ---- money that turned to $0 -----------------------------------------------------------------------------------------


@sampled("a day")
@pytest.mark.parametrize(
    "spoil",
    [
        on(lambda day: day == SATURDAY, emptied),
        on(lambda day: day >= SATURDAY, emptied),
        on(lambda day: day == SATURDAY - timedelta(days=7), emptied),
        on(lambda day: True, emptied, key="RECORD_TYPE"),
        on(lambda day: day in WEEK, emptied, key="SERVICE"),
    ],
    ids=["a day", "the newest days", "a day compared with", "no charges", "no usage"],
)
def test_money_that_turned_to_zero_is_refused_and_read_again(world: World, spoil: Spoil) -> None:
    world.standins.cost_explorer.spoil(spoil)
    refused = world.run()
    assert (refused.status, refused.error) == ("FAILED", "CostsIncomplete")
    assert "everything is read again" in refused.reason
    assert len(world.posts) == 1
    assert "CostsIncomplete" in world.posts[0]
    # Refused again while nothing changed: the old reading is not taken for a new one.
    assert world.redrive().error == "CostsIncomplete"
    world.standins.cost_explorer.spoils.clear()
    good = world.redrive(2)
    assert good.status == "SUCCEEDED"
    assert [state.name for state in good.states_entered][:3] == [
        "HoldForRedrive",
        "ResumeFailedStep",
        "ResolveAccounts",
    ]
    assert world.report().totals.period == STAYS


def test_a_hole_in_the_history_is_told_first(world: World) -> None:
    hole = Period(date(2026, 9, 7), date(2026, 9, 16))
    world.standins.cost_explorer.spoil(on(lambda day: day in hole, emptied))
    assert world.run().status == "SUCCEEDED"
    found = check(world.report(), "days_present")
    assert (found.status, found.detail) == ("warn", "2026-09-07..2026-09-15")
    sentence = "Days without any cost, which may be missing at AWS: 2026-09-07..2026-09-15."
    assert sentence in world.posts[0]


def test_a_company_that_rests_at_weekends_has_no_holes(world: World) -> None:
    world.standins.cost_explorer.costs = Costs(lambda day: usual(day) if day.weekday() < 5 else [])
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "days_present").status == "ok"
    assert check(world.report(), "yesterday_not_zero").status == "ok"


def test_no_cost_at_all_is_not_told_as_a_fact(world: World) -> None:
    world.standins.cost_explorer.costs = Costs.charges([])
    assert world.run().status == "SUCCEEDED"
    assert "Days without any cost, which may be missing at AWS: 2026-08-10..2026-11-15." in world.posts[0]
