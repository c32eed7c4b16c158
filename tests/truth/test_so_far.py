"""Yesterday so far, on a daily report: told as a line, drawn hollow, and in no number that is compared."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from finopsguard.report import facts, trend
from finopsguard.report.page import render
from tests.truth.reading import Asked, read
from tests.truth.words_world import SUNDAY, A, B, Told, World

SATURDAY = SUNDAY - timedelta(days=1)
DAILY = Asked("daily", datetime(2026, 11, 23, 9, tzinfo=UTC))


def daily(billed: str) -> Told:
    """Monday morning's report: Saturday is settled, of Sunday a share is billed."""
    usage = {(A, "Amazon EC2"): [300.0] * 98, (B, "Amazon RDS"): [100.0] * 98}
    found = read(World(usage, late={(SUNDAY, ""): Decimal(billed)}), DAILY)
    assert found.told is not None
    return found.told


def test_yesterday_so_far_is_a_line_and_in_no_amount() -> None:
    seen = daily("0.1")

    assert seen.lines[0] == "$400.00"
    assert seen.compared.days == (SATURDAY,)
    assert "Sun 22 Nov so far: $40.00 (still being billed)" in seen.lines
    assert seen.story.change.startswith("No change vs")
    assert {account.cost for account in seen.report.accounts} == {Decimal(300), Decimal(100)}


def test_yesterday_so_far_is_drawn_hollow_and_is_no_lowest_day() -> None:
    seen = daily("0.1")
    *_, saturday, sunday = trend.bars(seen.report)

    assert (saturday.now, saturday.provisional, saturday.value) == (True, False, 400.0)
    assert (sunday.now, sunday.provisional, sunday.value) == (True, True, 40.0)
    assert any("□ provisional" in line for line in seen.lines)
    assert "lowest $400.00" in seen.story.trend_alt
    drawn = re.findall(r'<g><title>(.+?): .+?</title><rect class="(.+?)"', render.page(seen.report))
    assert drawn[-2:] == [("Sat 21 Nov", "now"), ("Sun 22 Nov", "now provisional")]


def test_a_line_of_blocks_gives_no_height_to_a_day_that_is_not_over() -> None:
    assert trend.sparkline(daily("0.1").report) == "█" * 13 + "░"


def test_nothing_is_so_far_where_all_is_settled() -> None:
    seen = daily("1")
    settled = replace(seen.report, daily=tuple(day for day in seen.report.daily if day.date <= SATURDAY))

    assert facts.so_far(settled) == []
    assert not any(bar.provisional for bar in trend.bars(settled))
    assert max(day.date for day in seen.report.daily) == SUNDAY > date(2026, 11, 21)
