"""The words for the month's end and for budgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import pytest

from finopsguard.channels.teams import card
from finopsguard.models.budget import AwsBudget, AwsBudgets
from finopsguard.models.forecast import ForecastReason, ScopeForecast
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.report import month
from finopsguard.report.month import BudgetLine
from finopsguard.report.page import render
from finopsguard.report.story import Story
from tests.unit.channels.teams.cards import content, texts
from tests.unit.report import months
from tests.unit.report.cases import CASES, budgets
from tests.unit.report.sample import weekly


def said(report: Report) -> dict[str, tuple[str, str]]:
    return {line.name: (line.state, line.tone) for line in month.budgets(Story(report))}


def test_the_tile_says_the_months_end_its_band_and_what_is_billed() -> None:
    tile = Story(weekly("en")).tiles[1]
    assert (tile.label, tile.value, tile.tone) == ("Nov forecast", "$469,812", "plain")
    assert tile.detail == "80%: $460,416 to $479,209; $228,926 billed so far"
    assert Story(weekly("es")).tiles[1].detail.replace("\xa0", " ") == (
        "80 %: de 460.416 US$ a 479.209 US$; van 228.926 US$ facturados"
    )


def test_the_tile_is_red_where_the_months_end_is_above_the_budget() -> None:
    base = weekly("en")
    assert base.forecast is not None
    given = replace(base, forecast=replace(base.forecast, budget=Decimal(469_000)))
    assert Story(given).tiles[1].tone == "bad"


@pytest.mark.parametrize("reason", get_args(ForecastReason))
@pytest.mark.parametrize("language", get_args(Language))
def test_without_a_forecast_the_tile_says_what_is_billed_and_why_not(
    reason: ForecastReason, language: Language
) -> None:
    story = Story(months.without(weekly(language), reason))
    tile = story.tiles[1]
    assert tile.value == story.n.money(story.report.totals.month_to_date, compact=True)
    assert tile.detail.endswith(story.t(f"forecast.{reason}"))


def test_a_month_that_is_over_has_no_forecast() -> None:
    base = weekly("en")
    assert base.forecast is not None
    over = replace(base, forecast=replace(base.forecast, settled=base.forecast.month.end))
    assert Story(over).tiles[1].label == "In November"
    assert "Month end</h2>" not in render.page(over)


def test_every_budget_has_a_verdict_in_words_and_the_urgent_ones_come_first() -> None:
    report = budgets("en")
    names = [account.name for account in report.accounts[:4]]
    assert list(said(report).items()) == [
        (names[0], ("exceeded since 13 Nov", "bad")),
        ("ou-ab12-will0000", ("will be exceeded about 27 Nov", "bad")),
        (names[1], ("likely to be exceeded about 30 Nov", "warn")),
        ("ou-ab12-gone0000", ("not known", "warn")),
        (names[3], ("not exceeded so far", "plain")),
        ("All accounts", ("within budget", "good")),
        (names[2], ("within budget", "good")),
    ]


def test_a_budget_whose_band_reaches_it_may_be_exceeded() -> None:
    base = budgets("en")
    assert base.forecast is not None
    given = replace(base, forecast=replace(base.forecast, high=Decimal(480_001)))
    assert said(given)["All accounts"] == ("may be exceeded", "warn")


def test_a_budget_of_which_accounts_could_not_be_read_is_never_called_kept() -> None:
    base = budgets("en")
    assert base.forecast is not None
    given = replace(base, forecast=replace(base.forecast, unread=2))
    line = next(each for each in month.budgets(Story(given)) if each.scope.id == "organization")
    assert (line.state, line.tone) == ("not exceeded so far", "plain")
    assert line.end.endswith("without 2 accounts that could not be read")


def test_a_budgets_line_has_its_numbers_and_a_bar() -> None:
    line = next(each for each in month.budgets(Story(budgets("en"))) if each.name == "All accounts")
    assert line.spent == "$228,926 of $480,000 spent (48%)"
    assert line.end == "month end $469,812 (98%), 80%: $460,416 to $479,209"
    assert line.bar == "████░░░░░░"


def test_what_is_told_for_the_first_time_is_a_warning() -> None:
    report = budgets("en")
    notice = Story(report).notices[-1]
    assert notice.title == "Budget."
    assert notice.text == (
        "ou-ab12-will0000: the month's budget of $80,000 will be exceeded about 27 Nov; month end $90,000,"
        f" 80%: $89,100 to $90,900. {report.accounts[0].name}: the month's budget of $20,000 is exceeded,"
        " $21,000 are billed."
    )
    assert "2 budget alerts." in Story(report).summary
    assert "budget" not in Story(weekly("en")).summary


@pytest.mark.parametrize("language", get_args(Language))
def test_card_and_page_show_the_same_verdicts(language: Language) -> None:
    report = budgets(language)
    shown = "\n".join(texts(content(card.message(report)))).replace("\u200b", "")
    page = render.page(report).replace("\u2060", "").replace("\u200b", "")
    lines = month.budgets(Story(report))
    for line in lines[:1]:
        assert line.state in shown
    for line in lines:
        assert f"{line.state}</span>" in page, "a bar is never the only sign"
        assert line.end in page
    hidden = [month.more(Story(report), len(lines) - count) for count in (1, 2, 3)]
    assert any(words in shown for words in hidden), "and how many more there are"


def test_a_report_of_an_earlier_release_has_neither() -> None:
    old = replace(CASES["no_forecast"]("en"), forecast=None)
    assert Story(old).tiles[1].label == "In November"
    assert month.budgets(Story(old)) == []
    assert month.alerts(Story(old)) == []


def test_the_day_of_an_alert_is_the_forecasts() -> None:
    report = budgets("en")
    assert report.forecast is not None
    assert report.forecast.units[0].budget_reached == date(2026, 11, 27)


AWS = "set in AWS Budgets"


def grouped(language: Language = "en", **changes: Any) -> Report:
    """With a budget by tag and one of AWS Budgets for some accounts."""
    base = weekly(language)
    assert base.forecast is not None
    tag = ScopeForecast(
        scope="tag",
        id="tag:team=payments",
        spent=Decimal(500),
        month_end=Decimal(900),
        low=Decimal(880),
        high=Decimal(920),
        budget=Decimal(1000),
        spent_pct=Decimal(50),
        forecast_pct=Decimal(90),
    )
    some = replace(tag, scope="accounts", id="aws:Some", budget_name="Some")
    groups = (replace(tag, **changes), replace(some, **changes))
    return replace(base, forecast=replace(base.forecast, groups=groups))


def lines(report: Report) -> dict[str, BudgetLine]:
    return {line.name: line for line in month.budgets(Story(report))}


def test_a_tag_and_a_budget_of_aws_are_named_as_people_know_them() -> None:
    found = lines(grouped())
    assert set(found) == {"Tag team: payments", "Some"}
    assert AWS in found["Some"].end
    assert AWS not in found["Tag team: payments"].end
    assert {line.verdict for line in found.values()} == {"within"}
    assert set(lines(grouped("es"))) == {"Etiqueta team: payments", "Some"}


def test_what_aws_counts_otherwise_is_said() -> None:
    found = lines(grouped(budget_metric="AmortizedCost", budget_partly=True))["Some"]
    assert found.end.endswith(f"{AWS}, where it counts “Amortized cost”, without part of the charges")


def test_a_budget_of_accounts_whose_tags_are_not_known_is_never_called_kept() -> None:
    found = lines(grouped(unknown=2))["Tag team: payments"]
    assert (found.verdict, found.end.endswith("the tags of 2 accounts are not known")) == ("open", True)
    nobody: dict[str, Any] = dict.fromkeys(("spent", "month_end", "low", "high", "spent_pct", "forecast_pct"))
    none = lines(grouped("en", unknown=2, reason="tags", **nobody))["Tag team: payments"]
    assert (none.verdict, none.end) == ("unknown", "no forecast: the accounts' tags are not known")


def test_names_and_tags_from_outside_are_data() -> None:
    """A tag of `{{` and an override of direction; a budget that is called as a mention."""
    base = grouped()
    assert base.forecast is not None
    hostile = replace(base.forecast.groups[0], id="tag:te{{am=pay\u202ements\n" + "x" * 300)
    mention = replace(base.forecast.groups[1], budget_name="<at>all</at>")
    given = replace(base, forecast=replace(base.forecast, groups=(hostile, mention)))
    names = [line.name for line in month.budgets(Story(given))]
    assert any("te{\u200b{am" in name and len(name) < 100 for name in names)
    assert not any("\u202e" in name or "\n" in name for name in names)
    page = render.page(given)
    assert "<at>" not in page
    assert "&lt;at&gt;all" in page


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, []),
        (
            AwsBudgets("denied"),
            ["AWS Budgets may not be read (budgets:ViewBudget): its budgets are missing here."],
        ),
        (AwsBudgets("unavailable"), ["AWS Budgets did not answer: its budgets are missing here."]),
        (AwsBudgets("read"), ["AWS Budgets has no budget for these accounts."]),
        (AwsBudgets("read", (AwsBudget("a", "organization", "organization", Decimal(5)),)), []),
        (
            AwsBudgets("read", not_taken=2),
            ["2 budgets of AWS Budgets are left out: not a month's cost of whole accounts, or set here too."],
        ),
    ],
)
def test_one_line_says_what_of_aws_budgets_is_missing(found: AwsBudgets | None, said: list[str]) -> None:
    report = replace(weekly("en"), aws_budgets=found, notes=("account_tags_unread",))
    assert Story(report).notes[1:] == said
    shown = " ".join(texts(content(card.message(report)))).replace("\u200b", "")
    assert all(each in shown for each in said)


def test_tags_that_may_not_be_read_are_said_with_the_permission() -> None:
    report = replace(weekly("en"), notes=("account_tags_denied",))
    shown = " ".join(texts(content(card.message(report)))).replace("\u200b", "")
    assert "organizations:ListTagsForResource" in shown
