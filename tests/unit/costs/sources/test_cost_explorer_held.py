"""Days that are held and whose charges are the same: their usage is not bought again, and is what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finopsguard.costs.sources.cost_explorer import CostExplorer
from finopsguard.models.costs import CostRow, HeldRows
from finopsguard.models.costs import Costs as Read
from finopsguard.models.run import Period
from tests.standins import Charge, Costs, StandIns
from tests.unit.costs.sources.cost_queries import END, SHORT, answered, batch

A, B = "111100000000", "111100000001"
DAYS = Period(END - timedelta(days=4), END)
FIRST, SECOND, THIRD, NEWEST = DAYS.dates()
USED = [
    Charge(account, day, service, "Usage", Decimal(amount))
    for account in (A, B)
    for day in DAYS.dates()
    for service, amount in (("AWS Lambda", "100.1"), ("Amazon Simple Storage Service", "7.0000000001"))
]


def read(
    standins: StandIns,
    reader: CostExplorer,
    *charges: Charge,
    held: HeldRows | None = None,
    whole: bool = False,
) -> Read:
    standins.cost_explorer.costs = Costs.charges([*USED, *charges])
    standins.cost_explorer.calls.clear()
    return reader.fetch(SHORT, replace(batch(standins, 2), whole=whole), DAYS, held=held or {})


def held_of(costs: Read, *without: date) -> HeldRows:
    return {day: [row for row in costs.rows if row.date == day] for day in DAYS.dates() if day not in without}


def bought(standins: StandIns) -> list[tuple[str, str]]:
    """The first and the last day of each query of usage by service."""
    periods = [
        call.parameters["TimePeriod"]
        for call in standins.cost_explorer.calls
        if [each["Key"] for each in call.parameters["GroupBy"]] == ["LINKED_ACCOUNT", "SERVICE"]
    ]
    return [(each["Start"], each["End"]) for each in periods]


def of(*days: date) -> list[tuple[str, str]]:
    return [(str(days[0]), str(days[-1] + timedelta(days=1)))]


def ordered(rows: Read) -> list[CostRow]:
    return sorted(
        rows.rows, key=lambda row: (row.date, row.account_id, row.service or "", row.record_type or "")
    )


def later(
    day: date, amount: str, account: str = A, service: str = "AWS Lambda", kind: str = "Usage"
) -> Charge:
    return Charge(account, day, service, kind, Decimal(amount))


@pytest.mark.parametrize("whole", [False, True])
def test_only_the_day_that_is_not_held_is_bought_where_nothing_changed(
    standins: StandIns, reader: CostExplorer, whole: bool
) -> None:
    before = read(standins, reader, whole=whole)
    again = read(standins, reader, held=held_of(before, NEWEST), whole=whole)
    assert bought(standins) == of(NEWEST)
    assert ordered(again) == ordered(before)


def test_of_days_that_are_all_as_they_were_charges_alone_are_read(
    standins: StandIns, reader: CostExplorer
) -> None:
    before = read(standins, reader)
    again = read(standins, reader, held=held_of(before))
    assert bought(standins) == []
    assert (ordered(again), again.requests) == (ordered(before), 1)


@pytest.mark.parametrize(
    ("charges", "days"),
    [
        ([later(THIRD, "0.5")], (THIRD, NEWEST)),
        ([later(FIRST, "0.000002")], (FIRST, SECOND, THIRD, NEWEST)),
        ([later(SECOND, "0.5", service="AWS Glue")], (SECOND, THIRD, NEWEST)),
        # Credits pay for what was used late: what was billed in all is the same.
        ([later(THIRD, "9"), later(THIRD, "-9", kind="Credit")], (THIRD, NEWEST)),
        # A plan covers another account than it did.
        ([later(THIRD, "9", A), later(THIRD, "-9", B)], (THIRD, NEWEST)),
        # The same money, of another kind.
        ([later(THIRD, "-50"), later(THIRD, "50", kind="SavingsPlanCoveredUsage")], (THIRD, NEWEST)),
        # Amortized cost alone.
        ([replace(later(THIRD, "0"), spread=Decimal(3))], (THIRD, NEWEST)),
    ],
    ids=["late", "a trifle", "a new service", "credits", "between accounts", "record types", "amortized"],
)
def test_usage_is_bought_from_the_first_day_whose_charges_are_others(
    standins: StandIns, reader: CostExplorer, charges: list[Charge], days: tuple[date, ...]
) -> None:
    held = held_of(read(standins, reader), NEWEST)
    fresh = read(standins, reader, *charges)
    again = read(standins, reader, *charges, held=held)
    assert bought(standins) == of(*days)
    assert ordered(again) == ordered(fresh)


def test_what_adding_in_another_order_makes_of_an_amount_is_no_change(
    standins: StandIns, reader: CostExplorer
) -> None:
    held = held_of(read(standins, reader), NEWEST)
    read(standins, reader, later(THIRD, "0.0000000007"), held=held)
    assert bought(standins) == of(NEWEST)


def test_an_account_that_nobody_listed_is_seen_where_all_are_asked_for(
    standins: StandIns, reader: CostExplorer
) -> None:
    held = held_of(read(standins, reader, whole=True), NEWEST)
    stranger = later(SECOND, "12", account="999900000009")
    again = read(standins, reader, stranger, held=held, whole=True)
    assert bought(standins) == of(SECOND, THIRD, NEWEST)
    assert sum(row.amount for row in again.rows if row.account_id == "999900000009") == 24


def test_a_day_of_which_a_charge_cannot_be_read_is_bought(standins: StandIns, reader: CostExplorer) -> None:
    held = held_of(read(standins, reader))
    standins.cost_explorer.calls.clear()
    charges = [(A, "Usage", "much"), (B, "Usage", "107.1000000001")]
    broken = answered(charges, day=THIRD, days=[THIRD])
    for _ in range(2):
        standins.cost_explorer.answer(
            broken, when=lambda _, asked: asked["GroupBy"][1]["Key"] == "RECORD_TYPE"
        )
    again = reader.fetch(SHORT, batch(standins, 2), Period(THIRD, NEWEST), held=held)
    assert bought(standins) == of(THIRD)
    assert list(again.incomplete) == [A]
    assert {row.account_id for row in again.rows} == {B}


def test_all_is_read_once_more_where_what_is_held_is_not_what_its_charges_say(
    standins: StandIns, reader: CostExplorer
) -> None:
    before = read(standins, reader)
    held = {
        day: [row for row in rows if row.service != "AWS Lambda"]
        for day, rows in held_of(before, NEWEST).items()
    }
    again = read(standins, reader, held=held)
    assert bought(standins) == [*of(NEWEST), *of(*DAYS.dates())]
    assert ordered(again) == ordered(before)


def test_what_a_large_charge_is_for_is_held_too_and_asked_for_where_it_is_not(
    standins: StandIns, reader: CostExplorer
) -> None:
    offer = Charge(A, SECOND, "Snowcat", "Fee", Decimal(60000), seller="Snowcat Inc.")
    before = read(standins, reader, offer)
    held = held_of(before, NEWEST)
    again = read(standins, reader, offer, held=held)
    assert (ordered(again), again.requests, again.unnamed) == (ordered(before), 2, False)
    dearer = replace(offer, amount=Decimal(70000))
    assert ordered(read(standins, reader, dearer, held=held)) == ordered(read(standins, reader, dearer))
    nameless = {day: [row for row in rows if row.seller is None] for day, rows in held.items()}
    again = read(standins, reader, offer, held=nameless)
    assert (ordered(again), again.requests, again.unnamed) == (ordered(before), 3, False)
