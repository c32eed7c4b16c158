"""docs/cost.md: Athena's table is what the command writes, and its plan for 20 GB a month is the table's arithmetic."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from pathlib import Path

from benchmarks import cost
from finopsguard.costs import scanned
from finopsguard.costs.sources.data_export.columns import columns_of
from finopsguard.costs.sources.data_export.grouped import told
from finopsguard.variables import VARIABLES
from tests.docs.tables import DECLARED

PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text("utf-8")


def test_the_table_is_what_the_command_writes() -> None:
    assert cost.athena_table() in PAGE, "run python -m benchmarks.cost"


def test_the_plan_for_20_gb_is_the_arithmetic_of_its_row() -> None:
    statement = 20 * 0.4
    month, kept = statement * 29.5, Decimal(20 * 15) * Decimal("0.023")
    of_usage = 20 * 0.2 * 29.5 * 2
    usage = (Decimal(str(of_usage)) * Decimal("0.023")).quantize(Decimal("0.01"))
    # To the next cent, as a report tells it.
    charged = (Decimal(str(month)) * 5 / 1000).quantize(Decimal("0.01"), ROUND_UP)
    assert f"20 x 0.4 = {statement:.0f} GB, USD {statement * 5 / 1000:.2f}. 29.5 whole" in PAGE
    assert f"months a month are {month:.0f} GB, USD {charged};" in PAGE
    assert f"fifteen months of 20 GB in S3 are USD {kept:.2f}, and the usage" in PAGE
    assert f"2 = {of_usage:.0f} GB, USD {usage}:\nUSD {charged + kept + usage:.2f} a month" in PAGE
    assert f"at most {20 * 5} GB, USD {20 * 5 * 5 / 1000:.2f}, within the limit of 500 GB" in PAGE
    assert f"about {statement * 5:.0f} GB, USD {statement * 5 * 5 / 1000:.2f}." in PAGE
    found = cost.by_athena(20)
    assert [found.statement_gb, found.month_gb, found.first_gb] == [Decimal(each) for each in (8, 236, 100)]
    assert found.statement_usd == Decimal("0.04")
    assert abs(found.stored_usd - kept - usage) < Decimal("0.01")
    assert abs(found.month_usd - Decimal("1.18")) < Decimal("0.001")


def test_the_price_the_columns_and_the_limit_of_the_page_are_those_of_the_program() -> None:
    assert f"USD {scanned.PRICE_OF_A_TB} for each TB" in PAGE
    assert scanned.usd([1]) == 10 * 10**6 * scanned.PRICE_OF_A_TB / 10**12
    assert f"`FINOPSGUARD_MAX_ATHENA_GB`,\n{VARIABLES['max_athena_gb'].default})" in PAGE
    assert f"{cost.STATEMENTS} in a month of daily deliveries" in PAGE
    asked = told(columns_of("the table", DECLARED, "UnblendedCost"), "x")
    named = set(re.findall(r'"(\w+)"', asked))
    assert f"{len(named - {'date'})} of CUR 2.0" in PAGE
