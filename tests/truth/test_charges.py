"""Charges that are not usage: what is told of them, and that an ordinary month is nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from rich.console import Console

from finopsguard import contracts
from finopsguard.channels.teams import card, limits
from finopsguard.models.costs import CostRow
from finopsguard.models.metrics import COST_METRICS, MetricName
from finopsguard.models.report import ChargeProduct
from finopsguard.models.run import Run
from finopsguard.report import terminal
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.truth.words_world import NAMES, A, B, C, D, Told, charge, told
from tests.unit.channels.teams.cards import content, texts
from tests.unit.fakes import both_kinds
from tests.unit.incidents.reports import END, run_of, steady
from tests.unit.report.hostile import HOSTILE

SHOP = {(A, "Amazon EC2"): steady(1000), (B, "Amazon EC2"): steady(500)}
MONTHS = (8, 9, 10, 11)


def weekly(end: date = END) -> Run:
    """A weekly run whose days are all settled."""
    run = run_of("weekly", end)
    return replace(run, scheduled_time=run.scheduled_time + timedelta(days=3))


# The week that has the first of a month in it, and the third.
FIRSTS = weekly(date(2026, 11, 9) - timedelta(days=4))


def seen_on(
    run: Run, charges: Sequence[CostRow], usage: float = 1000, names: Mapping[str, str] = NAMES
) -> Told:
    """Of a steady shop until the run's end."""
    return told(
        {(A, "Amazon EC2"): steady(usage, end=run.window.end)},
        run,
        charges=charges,
        names=names,
        last_day=run.window.end - timedelta(days=1),
    )


def monthly(kind: str, amounts: Mapping[date, str], account: str = A) -> list[CostRow]:
    """One charge a day."""
    return [charge(day, account, kind, amount) for day, amount in amounts.items()]


def on(day_of_month: int, amount: str, months: Sequence[int] = MONTHS) -> dict[date, str]:
    """The same on a day of each month."""
    return {date(2026, month, day_of_month): amount for month in months}


def short(seen: Told) -> list[tuple[str, str, Decimal, Decimal]]:
    """The findings: state, record type, what came, what came before."""
    assert seen.report.charge_findings is not None
    return [(each.state, each.name, each.amount, each.expected) for each in seen.report.charge_findings]


# ---- new


def test_a_private_offer_of_60_000_stands_in_the_first_three_lines() -> None:
    seen = told(SHOP, weekly(), charges=[charge(date(2026, 11, 17), A, "Fee", "60000")])

    # After the title and its days: how much, the change, and this.
    amount, _, _, change, offer = seen.lines[:5]
    assert amount.startswith("$9,")
    assert change.startswith("▲ +0.3%")
    assert offer == "Beside usage, a new charge: Fee, $60,000, shop, Tue 17 Nov."
    assert short(seen) == [("new", "Fee", Decimal(60000), Decimal(0))]
    assert "New · Fee of $60,000, Tue 17 Nov; none in the months before" in seen.text.replace("\n", "")
    assert "✔" not in seen.text
    assert "Nothing unusual in the usage of 2 accounts and 1 service, judged up to Sun 22 Nov." in seen.lines
    assert "1 charge that is not usage is new, larger or missing: +$60,000." in seen.speak
    assert (seen.story.tiles[2].value, seen.story.tiles[2].detail) == ("None", "but 1 other charge")
    page = render.page(seen.report)
    assert offer in page and "Charges that are not usage" in page


def test_what_is_too_small_is_no_news_and_what_is_small_beside_usage_is_no_headline() -> None:
    assert short(told(SHOP, weekly(), charges=[charge(date(2026, 11, 17), A, "Fee", "9.99")])) == []
    seen = told(SHOP, weekly(), charges=[charge(date(2026, 11, 17), A, "Fee", "60")])
    assert short(seen) == [("new", "Fee", Decimal(60), Decimal(0))]
    assert "Beside usage" not in seen.text


def test_an_account_with_braces_for_a_name_is_text() -> None:
    fee = [charge(date(2026, 11, 17), A, "Fee", "60000")]
    seen = seen_on(weekly(), fee, names={A: "{{evil}}"})
    assert "{ {evil} }".replace(" ", "") in seen.lines[4]
    assert "{{" not in str(seen.card)
    assert "{{evil}}" not in render.page(seen.report)


def test_a_refund_and_an_upfront_fee_are_new_with_their_sign() -> None:
    charges = [
        charge(date(2026, 11, 18), A, "Refund", "-420"),
        charge(date(2026, 11, 19), A, "SavingsPlanUpfrontFee", "8760"),
    ]
    seen = seen_on(weekly(), charges)
    assert short(seen) == [
        ("new", "SavingsPlanUpfrontFee", Decimal(8760), Decimal(0)),
        ("new", "Refund", Decimal(-420), Decimal(0)),
    ]
    assert seen.lines[4].startswith(
        "Beside usage, a new charge: Savings Plan upfront fee, $8,760, shop, Thu 19"
    )
    assert seen.lines[4].endswith("1 more is new, larger or missing.")
    assert "-" not in seen.story.tiles[2].value


def test_a_fee_that_began_in_the_week_before_is_new_no_more() -> None:
    fees = {date(2026, 11, 12) + timedelta(days=back): "300" for back in range(11)}
    assert short(seen_on(weekly(), monthly("SavingsPlanRecurringFee", fees))) == []
    begun = monthly("SavingsPlanRecurringFee", {day: each for day, each in fees.items() if day.day >= 19})
    assert short(seen_on(weekly(), begun)) == [("new", "SavingsPlanRecurringFee", Decimal(1200), Decimal(0))]


def test_many_accounts_with_the_same_are_one_line() -> None:
    usage = {(account, "Amazon EC2"): steady(300) for account in (A, B, C, D)}
    charges = [charge(date(2026, 11, 18), account, "PrivateRateDiscount", "-50") for account in (A, B, C, D)]
    seen = told(usage, weekly(), charges=charges)
    assert len(short(seen)) == 4
    assert "Private rate discount · 4 accounts" in seen.lines
    assert "−$200.00" in seen.lines


def test_a_card_with_hundreds_of_hostile_charges_fits_and_every_surface_says_the_same() -> None:
    seen = told(SHOP, weekly(), charges=[charge(date(2026, 11, 17), A, "Fee", "60000")])
    (one,) = seen.report.charge_findings or ()
    many = tuple(
        replace(
            one,
            name=f"{name} {number}",
            account_name=name * 9,
            amount=one.amount - number,
            products=(
                ChargeProduct(name * 9, name * 9, one.amount),
                ChargeProduct("x" * 500, "", one.amount),
            ),
        )
        for number in range(30)
        for name in HOSTILE
    )
    report = replace(seen.report, charge_findings=many)
    body = card.message(report)
    shown = texts(content(body))
    assert len(contracts.encode(body)) <= limits.MAX_MESSAGE_BYTES
    assert "{{" not in "".join(shown)
    assert "<script>alert" not in render.page(report)
    assert any(re.fullmatch(r"29\d more charges: \+\$.+", line) for line in shown)
    headline = Story(report).large_charge
    assert headline
    assert headline.replace("\u200b", "") in [line.replace("\u200b", "") for line in shown]
    console = Console(file=io.StringIO(), width=500)
    terminal.render(report, console)
    assert headline in console.file.getvalue()  # type: ignore[attr-defined]


# ---- an ordinary month


@pytest.mark.parametrize("day", [1, 2, 5])
def test_a_support_plan_on_its_day_is_nothing_and_the_all_clear_names_charges(day: int) -> None:
    run = weekly(date(2026, 11, 8))
    seen = seen_on(run, monthly("Support", on(day, "500")))
    assert short(seen) == []
    assert "Of the charges that are not usage, none is new, larger or missing." in seen.text
    assert seen.story.all_clear


def test_tax_on_the_first_to_the_third_is_as_usual() -> None:
    tax = {
        date(2026, 9, 1): "900", date(2026, 10, 3): "950", date(2026, 11, 1): "500", date(2026, 11, 2): "480",
    }  # fmt: skip
    assert short(seen_on(FIRSTS, monthly("Tax", tax))) == []
    tax[date(2026, 11, 2)] = "1400"
    assert short(seen_on(FIRSTS, monthly("Tax", tax))) == [("larger", "Tax", Decimal(1900), Decimal(950))]


def test_tax_and_support_may_grow_with_usage_and_a_fee_may_not() -> None:
    grown = steady(1000, end=FIRSTS.window.end)
    grown[-40:] = [each * 1.8 for each in grown[-40:]]
    for kind, told_as in (("Tax", []), ("Support", []), ("Fee", ["larger"])):
        amounts = {date(2026, 9, 1): "900", date(2026, 10, 1): "900", date(2026, 11, 1): "1500"}
        seen = told(
            {(A, "Amazon EC2"): grown},
            FIRSTS,
            charges=monthly(kind, amounts),
            last_day=FIRSTS.window.end - timedelta(days=1),
        )
        assert [state for state, *_ in short(seen)] == told_as


def test_an_account_that_begins_to_cost_begins_to_be_taxed() -> None:
    run = FIRSTS
    assert short(seen_on(run, [charge(date(2026, 11, 1), A, "Tax", "5000")])) == []
    assert [each[0] for each in short(seen_on(run, [charge(date(2026, 11, 1), A, "Tax", "15000")]))] == [
        "new"
    ]


def test_without_a_month_before_nothing_is_judged_and_nothing_is_claimed() -> None:
    seen = told({(A, "Amazon EC2"): steady(100, 30)}, weekly(), charges=[charge(END, A, "Fee", "5")])
    assert seen.report.charge_findings is None
    assert "Of the charges" not in seen.text


# ---- larger and missing


def test_a_second_charge_of_the_month_is_larger() -> None:
    usual = monthly("Fee", {**on(15, "500"), date(2026, 11, 17): "4000"})
    seen = seen_on(weekly(), usual)
    assert short(seen) == [("larger", "Fee", Decimal(4500), Decimal(500))]
    assert seen.lines[4] == (
        "Beside usage, a larger charge: Fee, $4,500 (before, at most $500.00), shop, Tue 17 Nov."
    )


def test_a_support_plan_that_did_not_come_is_missing_once() -> None:
    plan = monthly("Support", on(1, "500", MONTHS[:-1]))
    ends = [date(2026, 11, day) for day in (4, 5, 6, 11)]
    found = []
    for end in ends:
        run = run_of("daily", end)
        run = replace(run, scheduled_time=run.scheduled_time + timedelta(days=2))
        found += [(end, *each) for each in short(seen_on(run, plan))]
    # Two days of grace: with the report that covers the 3rd.
    assert found == [(date(2026, 11, 5), "missing", "Support", Decimal(0), Decimal(500))]
    seen = seen_on(FIRSTS, plan)
    assert seen.lines[4] == "Beside usage, a charge is missing: Support, $500.00 was due, shop, Sun 1 Nov."
    assert "Missing · Support: $500.00 was due Sun 1 Nov, nothing came" in seen.text.replace("\n", "")


def test_a_charge_of_one_month_is_not_missed() -> None:
    assert short(seen_on(FIRSTS, monthly("Fee", on(1, "5000", [10])))) == []
    last_day = FIRSTS.window.end - timedelta(days=1)
    young = {(A, "Amazon EC2"): steady(1000, 45, FIRSTS.window.end)}
    assert short(told(young, FIRSTS, charges=monthly("Fee", on(1, "5000", [10])), last_day=last_day)) == []


def test_a_credit_that_ended_is_missing_and_costs() -> None:
    first = date(2026, 8, 20)
    credit = {first + timedelta(days=each): "-250" for each in range((date(2026, 11, 17) - first).days)}
    seen = seen_on(weekly(), monthly("Credit", credit))
    assert short(seen) == [("missing", "Credit", Decimal(0), Decimal(-250))]
    assert "+$250.00" in seen.lines
    assert seen.lines[4] == "Beside usage, a charge is missing: Credits, −$250.00 was due, shop, Tue 17 Nov."
    assert short(seen_on(weekly(), monthly("Credit", {**credit, date(2026, 11, 22): "-250"}))) == []


def test_no_percent_is_told_of_a_charge() -> None:
    seen = seen_on(weekly(), monthly("Credit", {**on(16, "-100"), date(2026, 11, 16): "-900"}))
    (line,) = [each for each in seen.lines if each.startswith("Credits · ")]
    about = seen.lines[seen.lines.index(line) : seen.lines.index(line) + 3]
    assert "%" not in "".join(about)
    assert "−$800.00" in about


# ---- one basis, whatever the metric

# What a Savings Plan, a reservation and an EDP discount make of one day, by metric: usage that is not covered costs
# 100, the plan's usage 300 on demand and 200 in the plan (of a commitment of 210), the reservation's 60.
WORLDS: Mapping[MetricName, Mapping[str, str]] = {
    "UnblendedCost": {
        "Usage": "100", "SavingsPlanCoveredUsage": "300", "SavingsPlanNegation": "-300", "DiscountedUsage": "0",
        "SavingsPlanRecurringFee": "210", "RIFee": "60", "EdpDiscount": "-37",
    },
    "AmortizedCost": {
        "Usage": "100", "SavingsPlanCoveredUsage": "200", "SavingsPlanNegation": "0", "DiscountedUsage": "60",
        "SavingsPlanRecurringFee": "10", "RIFee": "0", "EdpDiscount": "-37",
    },
    "NetUnblendedCost": {
        "Usage": "90", "SavingsPlanCoveredUsage": "300", "SavingsPlanNegation": "-300", "DiscountedUsage": "0",
        "SavingsPlanRecurringFee": "189", "RIFee": "54", "EdpDiscount": "0",
    },
    "NetAmortizedCost": {
        "Usage": "90", "SavingsPlanCoveredUsage": "180", "SavingsPlanNegation": "0", "DiscountedUsage": "54",
        "SavingsPlanRecurringFee": "9", "RIFee": "0", "EdpDiscount": "0",
    },
    "BlendedCost": {"Usage": "100", "SavingsPlanRecurringFee": "210", "RIFee": "60"},
}  # fmt: skip
USED = {
    "UnblendedCost": 100,
    "AmortizedCost": 360,
    "NetUnblendedCost": 90,
    "NetAmortizedCost": 324,
    "BlendedCost": 100,
}


@pytest.mark.parametrize("metric", COST_METRICS)
def test_usage_is_what_the_metric_calls_usage(metric: MetricName) -> None:
    run = replace(weekly(), cost_metric=metric)
    world, days = WORLDS[metric], run.window.dates()
    usage = both_kinds(END, A, "x", "0")[:0]
    for day in days:
        usage += [charge(day, A, name, amount) for name, amount in world.items() if name != "Usage"]
    covered = USED[metric] - int(world["Usage"])
    by_service = [CostRow(day, A, "Amazon EC2", None, Decimal(covered), "USD") for day in days if covered]
    seen = told({(A, "Amazon EC2"): [world["Usage"]] * len(days)}, run, charges=[*usage, *by_service])

    assert seen.compared.current == seen.compared.previous == 7 * USED[metric]
    assert seen.report.services[0].compared == 7 * USED[metric]
    assert seen.compared.change == 0
    billed = sum((7 * Decimal(amount) for amount in world.values()), Decimal(0))
    assert sum(line.amount for line in seen.report.charge_lines) == billed
    assert seen.story.n.money(billed, exact=True) in seen.story.charges
    checks = {check.name: check.status for check in seen.report.coverage.checks}
    assert checks["usage_matches_charges"] == "ok"
    assert short(seen) == []
