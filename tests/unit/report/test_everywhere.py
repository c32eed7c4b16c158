"""Card, page, terminal, Markdown and report.json say the same numbers."""

from __future__ import annotations

import html
import io
import re
from decimal import Decimal
from typing import Any, get_args

import pytest
from rich.console import Console

from finopsguard import contracts
from finopsguard.channels.teams import card
from finopsguard.models.report import Report
from finopsguard.models.run import Language
from finopsguard.report import facts, markdown, terminal
from finopsguard.report.numbers import Numbers
from finopsguard.report.page import render
from tests.sweeps import sampled
from tests.unit.channels.teams.cards import content, texts
from tests.unit.report.cases import CASES

NUMBER = re.compile(r"\d")


def spoken(report: Report) -> dict[str, str]:
    """What each surface shows, as plain text without marks for wrapping."""
    console = Console(file=io.StringIO(), width=200, color_system=None)
    terminal.render(report, console)
    printed = console.file
    assert isinstance(printed, io.StringIO)
    body = re.sub(r"<(style|script).*?</\1>", "", render.page(report), flags=re.S)
    return {
        "card": "\n".join(texts(content(card.message(report)))).replace("\u200b", ""),
        "page": html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u200b", "").replace("\u2060", ""),
        "terminal": printed.getvalue().replace("\u200b", ""),
        "markdown": re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", markdown.render(report)).replace("\u200b", ""),
    }


@sampled(every=5)
@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("case", CASES)
def test_totals_are_equal(case: str, language: Language) -> None:
    report = CASES[case](language)
    stored = contracts.from_json(Report, contracts.to_json(report))
    n = Numbers(language, stored.currency)
    totals, compared = stored.totals, stored.comparison
    assert compared is not None
    expected = [n.money(facts.amount(stored))]
    if compared.change is not None and compared.change_pct is not None:
        expected += [n.money(compared.change, signed=True), n.percent(compared.change_pct, signed=True)]
    if compared.expected is not None:
        expected.append(n.money(compared.expected, compact=True))
    if totals.forecast_month is not None:
        expected.append(n.money(totals.forecast_month, compact=True))
    else:
        expected.append(n.money(totals.month_to_date, compact=True))
    above, _ = facts.above_and_below(facts.open_anomalies(stored))
    if above:
        expected.append(n.money(above, signed=True, compact=True))

    for surface, shown in spoken(report).items():
        for number in expected:
            assert number in shown, (surface, number)


def test_the_samples_add_up() -> None:
    """Accounts and charges add up to the total, services and days to usage: else the test above proves little."""
    for build in CASES.values():
        report = build("en")
        assert sum(account.cost for account in report.accounts) == pytest.approx(report.totals.period, abs=1)
        assert sum(report.charges.values()) == pytest.approx(report.totals.period, abs=1)
        assert sum(service.cost for service in report.services) == pytest.approx(report.totals.usage, abs=1)
        days = [day.usage for day in report.daily if day.date in report.period]
        assert sum(days) == pytest.approx(report.totals.usage, abs=1)
        assert report.comparison is not None
        if report.comparison.current is not None:
            assert sum(account.compared or 0 for account in report.accounts) == pytest.approx(
                report.comparison.current, abs=1
            )


def test_tables_of_the_page_show_cents_that_add_up() -> None:
    report = CASES["weekly"]("en")
    shown = spoken(report)["page"]

    for account in report.accounts:
        assert f"${account.compared:,.2f}" in shown
    billed = sum(line.amount for line in report.charge_lines)
    assert f"billed ${billed:,.2f}" in shown
    assert billed == Decimal("97417.22")


@pytest.mark.parametrize("case", ["hostile", "thousand", "first_run"])
def test_terminal_prints_names_as_they_are(case: str) -> None:
    """Rich's own markup in a name is text: `[red]` must not colour the terminal."""
    report = CASES[case]("en")
    console: Any = Console(file=io.StringIO(), width=120, color_system="standard", force_terminal=True)
    terminal.render(report, console)
    shown = console.file.getvalue()

    assert NUMBER.search(shown)
    if case == "hostile":
        assert "**[click](https://evil.exam" in re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\u200b", "")
