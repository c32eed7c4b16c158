"""What a report says is true: read as a suspicious FinOps lead reads it, the first three lines and all that follows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import get_args

import pytest

from finopsguard.channels.teams import card
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.models.run import Language, Period
from finopsguard.report import facts
from finopsguard.report.failure_story import FailureStory
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.truth.words_world import (
    MONDAY,
    NAMES,
    SETTLED,
    SUNDAY,
    WEEKLY,
    A,
    B,
    C,
    D,
    charge,
    daily,
    levels,
    told,
)
from tests.unit.channels.teams.cards import content, texts, walk
from tests.unit.incidents.reports import END, run_of

# ---- comparable days


def test_a_weekend_that_is_billed_late_is_no_saving_and_has_no_culprit() -> None:
    costs = {
        key: [*series[:-2], series[-2] * 0.97, series[-1] * 0.55]
        for key, series in levels(500, 300, 200, 100).items()
    }
    seen = told(costs, WEEKLY)

    assert seen.compared.days == tuple(Period(MONDAY, SUNDAY).dates())
    assert abs(seen.compared.change_pct or Decimal(99)) < 1
    assert seen.lines[2] == "16–21 Nov 2026 · usage"
    assert seen.lines[4].startswith("Nearly unchanged: no account moved by more than $")
    assert re.fullmatch(r"Sun 22 Nov so far: \$4\d\d\.\d\d \(still being billed\)", seen.lines[5])
    assert "⚠" not in seen.text


def test_a_weekend_of_which_a_tenth_is_billed_lowers_nothing() -> None:
    costs = {
        key: [*series[:-2], series[-2] * 0.1, series[-1] * 0.1] for key, series in levels(500, 300).items()
    }
    seen = told(costs, WEEKLY)

    assert seen.compared.days == tuple(Period(MONDAY, SUNDAY - timedelta(days=1)).dates())
    assert seen.lines[2] == "16–20 Nov 2026 · usage"
    assert seen.lines[3].endswith("vs 9–13 Nov")
    assert seen.lines[5].startswith("21–22 Nov so far: $")
    assert seen.compared.expected is not None
    assert abs((seen.compared.current or 0) - seen.compared.expected) < seen.compared.expected / 50


def test_a_daily_report_compares_a_monday_with_mondays() -> None:
    seen = told(levels(500, 300), daily(END), last_day=END + timedelta(days=1))

    assert seen.compared.previous_days == tuple(END - timedelta(weeks=week) for week in (4, 3, 2, 1))
    assert seen.lines[3].endswith("vs the mean of the 4 Mondays before")
    assert seen.compared.change_pct is not None
    assert abs(seen.compared.change_pct) < 5
    mean = sum(day.usage for day in seen.report.daily if day.date in seen.compared.previous_days) / 4
    assert seen.compared.previous == mean


def test_a_young_history_is_compared_with_the_weeks_that_it_has() -> None:
    short = {key: series[-10:] for key, series in levels(500).items()}
    assert told(short, daily(SUNDAY), last_day=END).lines[3].endswith("vs Sun 15 Nov")
    none = {key: series[-5:] for key, series in levels(500).items()}
    seen = told(none, SETTLED)
    assert (seen.compared.previous, seen.compared.change_pct) == (None, None)
    assert seen.lines[3] == "No earlier days to compare with"


def test_where_no_day_is_settled_the_amount_is_so_far_and_nothing_is_compared() -> None:
    costs = {
        key: [*series[:-2], series[-2] / 10, series[-1] / 10] for key, series in levels(500, 300).items()
    }
    seen = told(costs, daily(SUNDAY - timedelta(days=1)))

    assert (seen.compared.days, seen.compared.current) == ((), None)
    assert seen.lines[0] == "$56.00 so far"
    assert "Not compared: no day is settled" in seen.lines
    assert "AWS is still billing 21 Nov; a comparison would mislead." in seen.lines
    assert any(line.startswith("⚠ Late data.") for line in seen.lines)
    assert "What moved" not in seen.lines
    assert "✔ No anomalies found" not in seen.text


def test_newer_days_that_were_read_are_so_far_and_in_no_amount() -> None:
    run = replace(run_of("weekly"), until=END + timedelta(days=1), scheduled_time=SETTLED.scheduled_time)
    settled = replace(run, scheduled_time=datetime.combine(END + timedelta(days=1), time(9, tzinfo=UTC)))
    seen = told(levels(500), settled, last_day=END)

    assert seen.lines[5].startswith("Mon 23 Nov so far: $")
    assert seen.compared.current == sum(
        day.usage for day in seen.report.daily if day.date in seen.report.period
    )


def test_the_banner_is_for_late_data_alone() -> None:
    report = told(levels(500, 300), WEEKLY).report
    assert report.coverage.provisional_days
    assert Story(report).notices == []

    coverage = replace(report.coverage, late_days=report.coverage.provisional_days)
    late = Story(replace(report, coverage=coverage)).notices
    assert [notice.title for notice in late] == ["Late data."]
    assert late[0].text == "AWS has not billed this day completely: 22 Nov. It is not compared."


@pytest.mark.parametrize(
    ("days", "factor", "said"),
    [
        (8, 0.4, "Amazon EC2 fell by 60% in 4 accounts together (−$464.57)."),
        (2, 0.97, "4 of 4 accounts fell alike, by about 3%."),
    ],
)
def test_where_all_fell_by_the_same_percent_no_account_is_the_culprit(
    days: int, factor: float, said: str
) -> None:
    """A Saturday of which 97 % is billed is a settled day: nothing tells it from a fall, but nobody is accused."""
    costs = {
        key: [*series[:-days], *(amount * factor for amount in series[-days:])]
        for key, series in levels(500, 300, 200, 100).items()
    }
    saturday = daily(SUNDAY - timedelta(days=1))

    assert told(costs, saturday).lines[4] == said
    costs[(D, "Amazon EC2")][-2] *= 3
    assert "alike" not in told(costs, saturday).text


def test_where_nothing_moved_no_amount_is_named() -> None:
    seen = told({(A, "x"): [10.0] * 98, (B, "x"): [20.0] * 98}, SETTLED)
    assert seen.lines[3:5] == ["No change vs 9–15 Nov", "No account moved."]


# ---- one comparison


@pytest.mark.parametrize("factor", [1.0, 0.4, 1.6])
def test_the_tile_is_the_sum_of_the_bars(factor: float) -> None:
    costs = levels(500, 300)
    costs[(A, "Amazon EC2")][-4:] = [amount * factor for amount in costs[(A, "Amazon EC2")][-4:]]
    seen = told(costs, WEEKLY)

    days = [day for day in seen.report.daily if day.date in seen.compared.days]
    assert seen.compared.expected == seen.report.totals.expected == sum(day.expected or 0 for day in days)
    assert seen.story.tiles[0].value.replace("\u2212", "-").strip("+") != ""
    over = (seen.compared.current or Decimal(0)) - (seen.compared.expected or Decimal(0))
    assert seen.story.tiles[0].value == seen.story.n.money(over, signed=True, compact=True)


def test_the_parts_add_up_to_the_last_digit() -> None:
    """A mean of three weeks has no end: the rounding is taken by one part, not lost."""
    usual = {(A, "x"): "0.0000000001", (B, "y"): "1.0000000002", (C, "z"): "0.3333333333"}
    costs = {key: [amount] * 24 for key, amount in usual.items()}
    for key, amount in usual.items():
        costs[key][-8] = str(Decimal(amount) + Decimal("1e-10"))
    seen = told(costs, daily(SUNDAY))

    assert len(seen.compared.previous_days) == 3
    before = sum(day.usage for day in seen.report.daily if day.date in seen.compared.previous_days)
    assert seen.compared.previous == (Decimal(before) / 3).quantize(Decimal("1e-10"))
    accounts, services = seen.report.accounts, seen.report.services
    for parts in (accounts, services):
        assert sum(part.compared or 0 for part in parts) == seen.compared.current
        assert sum(part.compared_previous or 0 for part in parts) == seen.compared.previous


# ---- one basis


def test_usage_that_credits_cover_is_not_nothing() -> None:
    costs = {(A, "Amazon EC2"): [3124.142857] * 98}
    covering = [charge(END - timedelta(days=back), A, "Credit", "-3124.1429") for back in range(1, 99)]
    seen = told(costs, SETTLED, charges=covering)

    assert seen.lines[0] == "$21,869"
    assert "no cost" not in seen.text.lower()
    assert "Usage $21,869.00 − Credits $21,869.00 = billed $0.00" in seen.lines

    billed = told(costs, replace(SETTLED, basis="billed"), charges=covering)
    assert billed.lines[0] == "$0.00"
    assert billed.lines[2].endswith("· billed")
    assert "Usage of $21,869 was set off by other charges: Credits −$21,869." in billed.lines


def test_no_percent_on_a_base_that_credits_made_negative() -> None:
    costs = {(A, "Amazon EC2"): [100.0] * 98}
    covering = [charge(MONDAY - timedelta(days=3), A, "Credit", "-1000")]
    seen = told(costs, replace(SETTLED, basis="billed"), charges=covering)

    assert seen.compared.previous == -300
    assert seen.compared.change_pct is None
    assert seen.lines[3] == "▲ +$1,000 vs 9–15 Nov"
    assert "%" not in "\n".join(seen.lines[3:5])
    assert seen.lines[4].startswith("Not usage but other charges: they changed by +$1,000, above all Credits")


def test_nothing_at_all_is_said_as_nothing() -> None:
    seen = told({(A, "Amazon EC2"): ["0"] * 98}, SETTLED)

    assert seen.lines[0] == "$0.00"
    assert (
        "No cost was recorded on these days." in seen.lines or "No earlier days to compare with" in seen.lines
    )


def test_a_change_below_a_cent_is_explained_by_nobody() -> None:
    amounts = ["1.0000000006"] * 91 + ["1.0000000005"] * 7
    seen = told({(A, "Amazon EC2"): amounts, (B, "Amazon RDS"): ["1"] * 98}, SETTLED)

    assert seen.compared.change == Decimal("-0.0000000007")
    assert seen.lines[3] == "No change vs 9–15 Nov"
    assert "explains" not in seen.text


def test_a_private_offer_of_60_000_is_named_with_its_amount() -> None:
    offer = [charge(MONDAY + timedelta(days=1), A, "Fee", "60000")]
    seen = told(levels(500, 300), SETTLED, charges=offer)
    assert "+ Fee $60,000.00 = billed $" in seen.text
    assert seen.lines[4] == "Beside usage, a new charge: Fee, $60,000, shop, Tue 17 Nov."
    assert (seen.compared.current or 0) < 6000

    billed = told(levels(500, 300), replace(SETTLED, basis="billed"), charges=offer)
    assert billed.lines[4] == seen.lines[4]
    assert "above all Fees (+$60,000)" in billed.lines[5]
    assert "No anomaly explains most of this" not in billed.text
    assert "No anomalies found" not in billed.text


def test_every_kind_of_charge_keeps_its_name() -> None:
    kinds = {
        "SavingsPlanCoveredUsage": "700", "SavingsPlanNegation": "-700", "Savings Plan Recurring Fee": "90",
        "Recurring reservation fee": "40", "Enterprise Discount Program Discount": "-30", "PrivateRateDiscount": "-7",
        "Refund": "-5", "Tax": "21", "Support": "11", "Brand new charge": "3",
    }  # fmt: skip
    rows = [charge(MONDAY, A, name, amount) for name, amount in kinds.items()]
    seen = told({(A, "Amazon EC2"): [100.0] * 98}, SETTLED, charges=rows)

    (way,) = [line for line in seen.lines if "= billed" in line]
    assert way == (
        "Usage $700.00 + Savings Plan fee $90.00 + Reservation fee $40.00 + Support $11.00 + Tax $21.00"
        " − EDP discount $30.00 − Private rate discount $7.00 − Refunds $5.00 + Brand new charge $3.00"
        " = billed $823.00"
    )
    (usage,) = [line for line in seen.lines if line.startswith("Usage holds")]
    assert usage == (
        "Usage holds: Covered by Savings Plans $700.00, Savings Plan negation −$700.00, On demand $700.00."
    )
    page = render.page(seen.report)
    assert all(
        name in page
        for name in ("Savings Plan Recurring Fee", "Recurring reservation fee", "PrivateRateDiscount")
    )


def test_kinds_of_charges_that_are_zero_are_left_out() -> None:
    seen = told({(A, "Amazon EC2"): [100.0] * 98}, SETTLED, charges=[charge(MONDAY, A, "Tax", "0.001")])
    assert "= billed" not in seen.text
    assert [item.kind for item in facts.charges(seen.report)] == ["usage"]


# ---- names


def test_accounts_of_one_name_are_told_apart_everywhere() -> None:
    same = dict.fromkeys(NAMES, "Production")
    costs = levels(500, 300, 200)
    costs[(B, "Amazon EC2")][-5:] = [amount * 5 for amount in costs[(B, "Amazon EC2")][-5:]]
    seen = told(costs, SETTLED, names=same)

    assert "Production (…2222)" in seen.lines[4]
    assert not [line for line in seen.lines if re.search(r"Production(?! \(…\d{4}\))", line)]
    assert "Production (…2222)" in render.page(seen.report)


# ---- the failure card


@pytest.mark.parametrize("language", get_args(Language))
def test_the_cause_of_a_failure_is_whole_sentences(language: Language) -> None:
    message = (
        "Teams refused the webhook (HTTP 401). Create the webhook anew and store its URL in the secret. "
        "Then redrive the execution until its last day."
    )
    story = FailureStory(Failure({}, FailureDetail("PostToTeams", "TeamsRejected", message)), language)

    assert story.error_in_words
    for length in range(20, 200):
        shown = story.cause(length)
        kept = re.sub(
            r" ?(…|The whole message is in the logs\.|El mensaje completo está en los registros\.)$",
            "",
            shown,
        )
        assert kept == "" or (message.startswith(kept) and kept[-1] in ".)"), shown
        assert not kept or message[len(kept) :][:1] in ("", " ")


def test_spanish_is_as_people_write_it() -> None:
    costs = levels(500, 300)
    costs[(A, "Amazon EC2")][-2:] = [3000.0, 3000.0]
    seen = told(costs, replace(SETTLED, language="es"), charges=[charge(MONDAY, A, "Tax", "50")])

    assert "frente al 9–15 nov" in seen.lines[3]
    assert "desde el 21 nov" in seen.text
    assert "Costes no combinados" in seen.text
    assert "coste de lectura" in seen.text
    assert " = facturado " in seen.text


def test_no_figure_of_the_headline_is_coloured_on_card_and_page() -> None:
    costs = levels(500, 300)
    costs[(A, "Amazon EC2")][-7:] = [amount / 4 for amount in costs[(A, "Amazon EC2")][-7:]]
    report = told(costs, SETTLED).report
    headline = content(card.message(report))["body"][0]

    assert not [run for run in walk(headline) if "color" in run]
    assert '<p class="change">' in render.page(report)
    assert any(line.startswith("▼ −") for line in texts(headline))
