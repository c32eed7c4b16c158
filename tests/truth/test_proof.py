"""Proof of reading: what AWS answers wrongly or leaves out is read again, refused, or told first; never told as right.

Whole runs through real botocore on the stand-ins: ordinary Organizations, one fault each.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finopsguard import contracts, errors
from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import Event, Execution
from finopsguard.models.report import Check, Report
from finopsguard.models.run import Batch, Period, Run
from tests.standins import AccountRecord, Charge, Costs, StandIns
from tests.standins.cost_explorer import Spoil
from tests.standins.service import Answer
from tests.truth.faults import (
    Change,
    amount,
    emptied,
    of_account,
    on,
    without_account,
    without_days,
    without_last_day,
    without_next_page,
)

END = date(2026, 11, 16)
FIRST = END - timedelta(days=98)
WEEK = Period(END - timedelta(days=7), END)
SATURDAY = END - timedelta(days=2)
WEEKLY = {"report": "weekly", "scheduled_time": "2026-11-16T08:00:00Z"}
NEXT_WEEK = {"report": "weekly", "scheduled_time": "2026-11-23T08:00:00Z"}
MANAGEMENT, SHOP, DATA, LEAVER = (f"1111000000{n:02}" for n in range(4))
LISTED = [
    AccountRecord(MANAGEMENT, "management"),
    AccountRecord(SHOP, "shop"),
    AccountRecord(DATA, "data"),
]
STAYS, LEFT = Decimal("9985.39"), Decimal("3327.55")


def usual(day: date) -> list[Charge]:
    """What the three listed accounts cost on a day: 9,985.39 in the week of the report."""
    last = Decimal("526.51") if day == END - timedelta(days=1) else Decimal("526.48")
    amounts = {MANAGEMENT: Decimal(500), SHOP: Decimal(400), DATA: last}
    return [
        Charge(account, day, "Amazon Relational Database Service", "Usage", amount)
        for account, amount in amounts.items()
    ]


def with_leaver(day: date) -> list[Charge]:
    """One more account, which leaves the Organization on Wednesday evening."""
    amount = Decimal("1109.19") if day == WEEK.start + timedelta(days=2) else Decimal("1109.18")
    gone = [Charge(LEAVER, day, "Amazon Relational Database Service", "Usage", amount)]
    return usual(day) + (gone if day <= WEEK.start + timedelta(days=2) else [])


class World:
    """One Organization, its store, and what was posted."""

    def __init__(self, standins: StandIns, state: Path) -> None:
        self.standins = standins
        self.events: list[Event] = []
        self._state = state

    def run(self, request: Mapping[str, Any] = WEEKLY, **options: Any) -> Execution:
        return run_embedded(request, wait_scale=0, on_event=self.events.append, **options)

    def redrive(self, count: int = 1) -> Execution:
        held = [it for it in self.events if it.type.endswith("Entered") and it.state == "HoldForRedrive"]
        return self.run(
            json.loads(held[-1].payload or "null"), start_at="HoldForRedrive", redrive_count=count
        )

    def report(self, run_id: str = "weekly-2026-11-09") -> Report:
        return contracts.decode(Report, (self._state / "runs" / run_id / "report.json").read_bytes())

    def page(self, run_id: str = "weekly-2026-11-09") -> str:
        return (self._state / "runs" / run_id / "report.html").read_text("utf-8")

    @property
    def posts(self) -> list[str]:
        """What was posted, without the marks that keep text from becoming a link."""
        messages = self.standins.workflows.messages()
        return [json.dumps(post, ensure_ascii=False).replace("\u200b", "") for post in messages]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    with StandIns(accounts=LISTED, costs=Costs(usual)) as standins:
        env = {
            **standins.environ(),
            "FINOPSGUARD_STATE_DIR": str(tmp_path),
            "FINOPSGUARD_LANGUAGE": "en",
            # The three accounts in three reads, so that one can fail alone.
            "FINOPSGUARD_ACCOUNTS_PER_FETCH": "1",
        }
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        yield World(standins, tmp_path)


def check(report: Report, name: str) -> Check:
    return next(check for check in report.coverage.checks if check.name == name)


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
    assert report.cost_explorer.requests == world.standins.cost_explorer.requests == 8
    assert world.run().status == "SUCCEEDED"
    assert world.standins.cost_explorer.requests == 8


# ---- gaps ------------------------------------------------------------------------------------------------------------


GAPS: list[Spoil] = [without_days, without_last_day, without_next_page]


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


def test_charges_that_are_empty_once_are_read_again_with_the_usage(world: World) -> None:
    empty = iter([on(lambda day: True, emptied)])

    def once(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if "RECORD_TYPE" in [group["Key"] for group in parameters.get("GroupBy", [])]:
            for spoil in itertools.islice(empty, 1):
                spoil(parameters, answer)

    world.standins.cost_explorer.spoil(once)
    assert world.run().status == "SUCCEEDED"
    assert world.report().totals.period == STAYS
    assert world.standins.cost_explorer.requests == 10


# ---- money that turned to $0 -----------------------------------------------------------------------------------------


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
    assert world.standins.cost_explorer.requests == 4


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


def test_a_total_that_cannot_be_read_is_not_claimed(world: World) -> None:
    def no_total(parameters: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if "GroupBy" not in parameters:
            answer["ResultsByTime"] = []

    world.standins.cost_explorer.spoil(no_total)
    assert world.run().status == "SUCCEEDED"
    assert check(world.report(), "control_total") == Check("control_total", "warn", "?")
    assert "The total that AWS bills could not be read" in world.posts[0]
    assert world.report().totals.period == STAYS


def test_the_sentence_is_spanish_where_the_reader_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_LANGUAGE", "es")
    hole = Period(date(2026, 9, 7), date(2026, 9, 16))
    world.standins.cost_explorer.spoil(on(lambda day: day in hole, emptied))
    assert world.run().status == "SUCCEEDED"
    assert "Días sin ningún coste, que quizá falten en AWS: 2026-09-07..2026-09-15." in world.posts[0]


# ---- the account list ------------------------------------------------------------------------------------------------


def denied(world: World) -> None:
    world.standins.organizations.fail("AccessDeniedException", "no", times=None)


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
    for _ in range(2):  # a run that is run again tells the same
        assert world.run(NEXT_WEEK).status == "SUCCEEDED"
        report = world.report("weekly-2026-11-16")
        detail = f"-{DATA} data; +111100000009 fresh; ~{SHOP} store (shop); !{DATA} data"
        assert check(report, "accounts_listed") == Check("accounts_listed", "warn", detail)
    assert "Accounts are no longer in the Organization&#39;s list" in world.page("weekly-2026-11-16")
    assert report.totals.period == world.standins.cost_explorer.costs.total(END, END + timedelta(days=7))


# ---- rows that cannot be read ----------------------------------------------------------------------------------------

RUN = Run(
    "weekly-2026-11-09",
    "weekly",
    datetime(2026, 11, 16, 8, tzinfo=UTC),
    WEEK,
    Period(WEEK.start - timedelta(days=7), WEEK.start),
    FIRST,
    "UTC",
    "en",
    "UnblendedCost",
    "cost_explorer",
    "",
)
BOTH = Batch("b", (SHOP, DATA))


def of_shop(change: Change) -> Spoil:
    """Changes the shop's rows of one day."""
    return on(lambda day: day == SATURDAY, of_account(SHOP, change))


BAD_ROWS: dict[str, Change] = {
    "NaN": amount("NaN"),
    "Infinity": amount("-Infinity"),
    "text": amount("many"),
    "null": amount(None),
    "underscores": amount("1_000"),
    "larger than the world": amount("1E30"),
    "no amount": lambda group: group["Metrics"]["UnblendedCost"].pop("Amount"),
    "no unit": lambda group: group["Metrics"]["UnblendedCost"].pop("Unit"),
    "another metric": lambda group: group.update(Metrics={"BlendedCost": {"Amount": "1", "Unit": "USD"}}),
    "no metrics": lambda group: group.pop("Metrics"),
    "half a surrogate": lambda group: group["Keys"].__setitem__(1, "Amazon \ud83d"),
    "no name": lambda group: group["Keys"].__setitem__(1, ""),
}


@pytest.mark.parametrize("kind", BAD_ROWS)
def test_a_row_that_cannot_be_read_is_its_account_s_alone(
    standins: StandIns, reader: CostExplorer, kind: str
) -> None:
    standins.cost_explorer.costs = Costs(usual)
    standins.cost_explorer.spoil(of_shop(BAD_ROWS[kind]))
    costs = reader.fetch(RUN, BOTH)
    assert set(costs.incomplete) == {SHOP}
    assert str(SATURDAY) in costs.incomplete[SHOP]
    assert {row.account_id for row in costs.rows} == {DATA}
    standins.cost_explorer.spoils.clear()
    standins.cost_explorer.spoil(of_shop(BAD_ROWS[kind]), times=1)
    assert reader.fetch(RUN, BOTH).incomplete == {}


BAD_ANSWERS: dict[str, Spoil] = {
    "a list for a day": lambda _, answer: answer["ResultsByTime"].__setitem__(3, []),
    "null for a day": lambda _, answer: answer["ResultsByTime"].__setitem__(3, None),
    "a text for all days": lambda _, answer: answer.update(ResultsByTime="none"),
    "null for all days": lambda _, answer: answer.update(ResultsByTime=None),
    "no period": lambda _, answer: answer["ResultsByTime"][3].pop("TimePeriod"),
    "no date": lambda _, answer: answer["ResultsByTime"][3]["TimePeriod"].update(Start="soon"),
    "a month for a day": lambda _, answer: answer["ResultsByTime"][3]["TimePeriod"].update(End="2026-12-01"),
    "null groups": lambda _, answer: answer["ResultsByTime"][3].update(Groups=None),
    "a list for a group": lambda _, answer: answer["ResultsByTime"][3].update(Groups=[[]]),
    "one key": lambda _, answer: answer["ResultsByTime"][3]["Groups"][0].update(Keys=[SHOP]),
    "a list for metrics": lambda _, answer: answer["ResultsByTime"][3]["Groups"][0].update(Metrics=[]),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_an_answer_that_is_none_is_an_error_of_ours_and_retried(
    standins: StandIns, reader: CostExplorer, kind: str
) -> None:
    standins.cost_explorer.costs = Costs(usual)
    standins.cost_explorer.spoil(BAD_ANSWERS[kind])
    with pytest.raises((errors.CostExplorerIncomplete, errors.CostExplorerUnavailable)):
        reader.fetch(RUN, BOTH)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7"])
def test_a_body_that_is_no_object_is_an_error_of_ours(
    standins: StandIns, reader: CostExplorer, body: bytes
) -> None:
    standins.cost_explorer.answer(Answer(200, body), times=None)
    with pytest.raises((errors.CostExplorerIncomplete, errors.CostExplorerUnavailable)):
        reader.fetch(RUN, BOTH)


def test_one_bad_row_does_not_lose_the_report(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPSGUARD_ACCOUNTS_PER_FETCH", "50")
    monkeypatch.setenv("FINOPSGUARD_MAX_MISSING_PERCENT", "40")
    world.standins.cost_explorer.spoil(of_shop(amount("NaN")))
    assert world.run().status == "SUCCEEDED"
    report = world.report()
    assert [(each.id, each.reason) for each in report.coverage.missing] == [
        (SHOP, f"CostExplorerIncomplete: 'NaN' for an amount on {SATURDAY}")
    ]
    assert report.totals.period == STAYS - 7 * 400
    world.standins.cost_explorer.spoils.clear()
    assert world.run().status == "SUCCEEDED"
    assert world.report().totals.period == STAYS
