"""What the payer is billed is in the report, and who is listed is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finopsguard.models.report import Check
from finopsguard.models.run import Period
from tests.standins import AccountRecord, Costs
from tests.standins.service import Answer
from tests.sweeps import exhaustive, share
from tests.truth.faults import emptied, on, without_account
from tests.truth.proof_world import (
    DATA,
    END,
    LEAVER,
    LEFT,
    LISTED,
    NEXT_WEEK,
    SATURDAY,
    SHOP,
    STAYS,
    World,
    check,
    denied,
    with_leaver,
)

# ---- what the payer is billed ----------------------------------------------------------------------------------------


def test_an_account_that_left_in_mid_week_is_read_and_named(world: World) -> None:
    world.standins.cost_explorer.costs = Costs(with_leaver)
    world.standins.cost_explorer.names = {LEAVER: "old-venture"}
    assert world.run().status == "SUCCEEDED"
    report = world.report()
    assert report.totals.period == STAYS + LEFT == Decimal("13312.94")
    left = next(account for account in report.accounts if account.id == LEAVER)
    assert (left.name, left.state, left.cost) == ("old-venture", "LEFT", LEFT)
    assert check(report, "control_total").status == "ok"
    assert check(report, "accounts_listed") == Check("accounts_listed", "ok", f"!{LEAVER} old-venture")
    assert "left the Organization" in world.page()


def test_what_is_billed_to_nobody_that_is_known_is_told_first(world: World) -> None:
    world.standins.cost_explorer.costs = Costs(with_leaver)
    world.standins.cost_explorer.fail(
        "AccessDeniedException", times=None, when=lambda operation, _: operation == "GetDimensionValues"
    )
    assert world.run().status == "SUCCEEDED"
    report = world.report()
    assert report.totals.period == STAYS
    assert check(report, "control_total") == Check(
        "control_total", "failed", "3327.55 USD: 2026-11-09..2026-11-11"
    )
    assert report.notes == ("billed_accounts_unknown",)
    assert (
        "What AWS bills and this report differ by much: 3327.55 USD: 2026-11-09..2026-11-11."
        in world.posts[0]
    )


def test_part_of_an_organization_claims_no_total(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_EXCLUDE_ACCOUNTS", DATA)
    assert world.run().status == "SUCCEEDED"
    assert "control_total" not in [each.name for each in world.report().coverage.checks]
    assert world.standins.cost_explorer.requests == 5


@exhaustive(beside="tests/truth/test_words_worlds.py::test_any_world_is_told_truly_or_refused")
def test_a_last_page_that_is_lost_for_both_queries_is_seen_in_the_total(world: World) -> None:
    """The last day is there, its last account is not, and usage and charges agree: only the total tells."""

    world.standins.cost_explorer.spoil(on(lambda day: day == SATURDAY, without_account(DATA)))
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "control_total").detail == f"526.48 USD: {SATURDAY}"
    assert "What AWS bills and this report differ by much: 526.48 USD: 2026-11-14." in world.posts[0]


def test_what_a_refresh_between_two_queries_adds_to_a_young_day_is_no_news(world: World) -> None:
    """Sunday ended eight hours before: a few dollars more in the total are what the next query would find too."""

    def more(result: dict[str, Any]) -> None:
        for metric in result["Total"].values():
            metric["Amount"] = str(Decimal(metric["Amount"]) + 5)

    world.standins.cost_explorer.spoil(on(lambda day: day > SATURDAY, more))
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "control_total").status == "ok"


def test_a_day_settled_that_differs_is_told(world: World) -> None:
    def more(result: dict[str, Any]) -> None:
        for metric in result["Total"].values():
            metric["Amount"] = str(Decimal(metric["Amount"]) + 5)

    world.standins.cost_explorer.spoil(on(lambda day: day == SATURDAY, more))
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "control_total") == Check("control_total", "warn", f"5.00 USD: {SATURDAY}")


@exhaustive(beside="tests/truth/test_words_worlds.py::test_any_world_is_told_truly_or_refused")
def test_a_total_that_cannot_be_read_is_not_claimed(world: World) -> None:
    def no_total(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if "GroupBy" not in parameters:
            answer["ResultsByTime"] = []

    world.standins.cost_explorer.spoil(no_total)
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "control_total") == Check("control_total", "warn", "?")
    assert "The total that AWS bills could not be read" in world.posts[0]
    assert world.report().totals.period == STAYS


@exhaustive(beside="tests/truth/test_proof.py::test_a_hole_in_the_history_is_told_first")
def test_the_sentence_is_spanish_where_the_reader_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_LANGUAGE", "es")
    hole = Period(date(2026, 9, 7), date(2026, 9, 16))
    world.standins.cost_explorer.spoil(on(lambda day: day in hole, emptied))
    assert world.run().status == "SUCCEEDED"
    assert "Días sin ningún coste, que quizá falten en AWS: 2026-09-07..2026-09-15." in world.posts[0]


# ---- the account list ------------------------------------------------------------------------------------------------


@exhaustive(beside="tests/truth/test_words_worlds.py::test_any_world_is_told_truly_or_refused")
def test_a_list_that_is_denied_after_it_worked_is_the_last_known_one(world: World) -> None:
    assert world.run().status == "SUCCEEDED"
    denied(world)
    assert world.run(NEXT_WEEK).status == "SUCCEEDED"
    report = world.report("weekly-2026-11-16")
    assert (report.coverage.accounts_reported, report.coverage.accounts_expected) == (3, 3)
    assert report.totals.period == world.standins.cost_explorer.costs.total(END, END + timedelta(days=7))
    assert report.notes == ("accounts_from_last_list",)
    assert check(report, "accounts_listed") == Check("accounts_listed", "failed", "3")
    assert "The account list could not be read. Accounts in this report: 3." in world.posts[1]


@exhaustive(
    beside="tests/unit/costs/test_closed.py::test_a_report_of_the_own_account_alone_was_wrong_about_the_others"
)
def test_a_report_of_the_own_account_alone_does_not_stand_in_the_way_of_the_right_one(world: World) -> None:
    denied(world)
    assert world.run().output["run_id"] == "weekly-2026-11-09-partial"
    assert world.report("weekly-2026-11-09-partial").totals.period == 7 * 500
    world.standins.organizations.heal()
    assert world.run().output["deliveries"][0]["status"] == "delivered"
    assert world.report().totals.period == STAYS
    assert len(world.posts) == 2


def listed(*accounts: AccountRecord) -> Answer:
    found = [{"Id": each.id, "Name": each.name, "State": each.state} for each in accounts]
    return Answer(200, json.dumps({"Accounts": found}).encode())


@exhaustive(beside="tests/truth/test_words_worlds.py::test_any_world_is_told_truly_or_refused")
def test_a_lost_page_of_accounts_is_read_a_second_time(world: World) -> None:
    assert world.run().status == "SUCCEEDED"
    world.standins.organizations.answer(listed(LISTED[0]), times=1)
    assert world.run(NEXT_WEEK).status == "SUCCEEDED"
    report = world.report("weekly-2026-11-16")
    assert report.coverage.accounts_expected == 3
    assert check(report, "accounts_listed").status == "ok"


def test_an_account_that_is_gone_new_or_renamed_is_named(world: World) -> None:
    assert world.run().status == "SUCCEEDED"
    organizations = world.standins.organizations
    organizations.accounts = [LISTED[0], AccountRecord(SHOP, "store"), AccountRecord("111100000009", "fresh")]
    world.standins.cost_explorer.names = {DATA: "data"}
    for _ in share(range(2), every=2):  # a run that is run again tells the same
        assert world.run(NEXT_WEEK).status == "SUCCEEDED"
        report = world.report("weekly-2026-11-16")
        detail = f"-{DATA} data; +111100000009 fresh; ~{SHOP} store (shop); !{DATA} data"
        assert check(report, "accounts_listed") == Check("accounts_listed", "warn", detail)
    assert "Accounts are no longer in the Organization&#39;s list" in world.page("weekly-2026-11-16")
    assert report.totals.period == world.standins.cost_explorer.costs.total(END, END + timedelta(days=7))
