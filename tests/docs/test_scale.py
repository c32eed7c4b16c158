"""What docs/history.md, docs/cost.md and docs/scale.md say of 10 to 10,000 accounts is what the commands write.

One file, for the plans of 10,000 accounts take seconds, and are made once in it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import cost, scale_page
from benchmarks.memory import MEMORY, STEPS, Measured
from benchmarks.scale import row, scale
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from tests.sweeps import sampled
from tests.template import stack

DOCS = Path(__file__).parents[2] / "docs"
HISTORY = (DOCS / "history.md").read_text("utf-8")
PAGE = (DOCS / "cost.md").read_text("utf-8")

# ---- docs/history.md -------------------------------------------------------------------------------------------------


@sampled("10", "100", "1000")
@pytest.mark.parametrize("accounts", [10, 100, 1_000, 10_000])
def test_what_a_month_costs_is_what_the_plans_would_take(accounts: int) -> None:
    assert f"| {' | '.join(row(scale(accounts)))} |\n" in HISTORY


@sampled("100", "1000")
@pytest.mark.parametrize("accounts", [100, 1_000, 10_000])
def test_the_next_day_is_at_most_a_tenth_of_the_first(accounts: int) -> None:
    """Where AWS has billed a day on the second morning; if it goes on, 100 accounts take a page more, of 48."""
    found = scale(accounts)
    assert max(each.few for each in found.since[:2]) <= 0.1 * found.first.few
    assert max(each.many for each in found.since) <= 0.1 * found.first.many
    assert found.since[-1].few <= 0.105 * found.first.few
    assert (found.since[0].few, found.since[-1].many) == found.next_day


def test_a_hundred_accounts_stay_below_three_dollars_a_month_where_pages_are_large() -> None:
    found = scale(100)
    assert found.month.few * PRICE_OF_A_REQUEST <= 3
    assert found.month.many < 0.2 * found.anew.many
    assert found.weekly_again == (1, 1), "a weekly report after a daily one reads no costs"


# ---- docs/scale.md ---------------------------------------------------------------------------------------------------


def test_the_page_of_scale_is_what_the_command_writes() -> None:
    text = scale_page.PAGE.read_text("utf-8")
    assert scale_page.page(text, scale_page.kept()) == text, "run python -m benchmarks.scale_page"


def test_a_figure_that_was_measured_anew_changes_the_page() -> None:
    text, found = scale_page.PAGE.read_text("utf-8"), scale_page.kept()
    other = {**found[100], (0, "BuildCard"): Measured(12_345, 1, 1, 1)}
    assert "12,345" in scale_page.page(text, {**found, 100: other})


@pytest.mark.parametrize("accounts", MEMORY)
def test_every_step_fits_into_the_memory_that_it_has(accounts: int) -> None:
    found = scale_page.kept()[accounts]
    assert {step for _, step in found} == set(STEPS)
    for (_, step), each in found.items():
        given = MEMORY[accounts] if step in ("AggregateCosts", "DetectAnomalies") else 512
        assert each.mb < given, step
        assert each.payload < 64 * 1024, step


# ---- docs/cost.md ----------------------------------------------------------------------------------------------------


def test_the_table_is_what_the_command_writes() -> None:
    assert cost.table() in PAGE, "run python -m benchmarks.cost"


def test_the_worked_example_is_the_row_of_the_table() -> None:
    lines = 1_000 * 300 * 30
    seconds = lines * 100 / 50_000_000 + lines / 200_000
    assert f"= {seconds:.0f} s; 29.5 of" in PAGE
    gb_seconds = seconds * 29.5 * 1.769
    lambdas = Decimal(str(gb_seconds)) * Decimal("0.0000133334")
    stored = Decimal("0.9") * 15 * Decimal("0.023")
    kept = Decimal("0.9") * Decimal("0.2") * Decimal("29.5") * 2
    usage = kept * Decimal("0.023")
    assert f"them with 1.769 GB are {gb_seconds:.1f} GB-seconds, USD {lambdas:.2f}" in PAGE
    assert f"in S3 USD {stored:.2f}, and the usage" in PAGE
    assert f"2 = {kept:.1f} GB, USD {usage:.2f}: USD {lambdas + stored + usage:.2f} in all" in PAGE
    found = cost.exported(1_000)
    assert (found.gb, found.seconds) == (Decimal("0.9"), 63)
    assert abs(found.usd - lambdas - stored - usage) < Decimal("0.001")


def test_the_assumptions_of_the_page_are_those_of_the_arithmetic() -> None:
    said = dict(re.findall(r"^\| ([\w ]+) \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert said["lines of an account a day"] == str(cost.LINES_A_DAY)
    assert said["bytes of a line"] == str(cost.BYTES_A_LINE)
    assert said["whole months read in a month"] == str(cost.MONTHS_READ)
    assert said["bytes downloaded a second"] == f"{cost.DOWNLOADED_A_SECOND // 1_000_000} million"
    assert said["lines added up a second"] == f"{cost.LINES_A_SECOND / 1_000_000} million"
    assert said["usage that is kept"] == f"{cost.USAGE_SHARE} of the export"
    assert said["Lambda"] == f"USD {cost.GB_SECOND} a GB-second"
    assert said["S3"] == f"USD {cost.GB_MONTH} a GB-month"


def test_what_fits_into_the_time_of_a_function_is_said() -> None:
    timeout = stack.functions()["ResolveAccounts"]["Timeout"]
    assert cost.exported(4_000).seconds < timeout == 300 < cost.exported(5_000).seconds
    assert "about 4,000 accounts" in PAGE
