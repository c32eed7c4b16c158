"""docs/cost.md: its table is what the command writes, and its worked example is the arithmetic of the table."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from benchmarks import cost

PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text("utf-8")


def test_the_table_is_what_the_command_writes() -> None:
    assert cost.table() in PAGE, "run python -m benchmarks.cost"


def test_the_worked_example_is_the_row_of_the_table() -> None:
    lines = 1_000 * 300 * 30
    seconds = lines * 100 / 50_000_000 + lines / 1_000_000
    assert f"= {seconds:.0f} s; 29.5 of" in PAGE
    lambdas = Decimal(str(seconds * 29.5)) * Decimal("0.0000133334")
    stored = Decimal("0.9") * 15 * Decimal("0.023")
    assert f"them {seconds * 29.5:.1f} GB-seconds, USD {lambdas:.2f}" in PAGE
    assert f"in S3 USD {stored:.2f}: USD {lambdas + stored:.2f} in all" in PAGE
    found = cost.exported(1_000)
    assert (found.gb, found.seconds) == (Decimal("0.9"), 27)
    assert abs(found.usd - lambdas - stored) < Decimal("0.001")


def test_the_assumptions_of_the_page_are_those_of_the_arithmetic() -> None:
    said = dict(re.findall(r"^\| ([\w ]+) \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert said["lines of an account a day"] == str(cost.LINES_A_DAY)
    assert said["bytes of a line"] == str(cost.BYTES_A_LINE)
    assert said["whole months read in a month"] == str(cost.MONTHS_READ)
    assert said["bytes downloaded a second"] == f"{cost.DOWNLOADED_A_SECOND // 1_000_000} million"
    assert said["lines added up a second"] == f"{cost.LINES_A_SECOND // 1_000_000} million"
    assert said["Lambda"] == f"USD {cost.GB_SECOND} a GB-second"
    assert said["S3"] == f"USD {cost.GB_MONTH} a GB-month"


def test_what_fits_into_the_time_of_a_function_is_said() -> None:
    assert cost.exported(4_000).seconds < 120 < cost.exported(5_000).seconds
    assert "about 4,000 accounts" in PAGE
