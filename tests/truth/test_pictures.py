"""The worlds of docs/trust.md: the first lines of their cards, and that each has its picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sweeps import sampled
from tests.truth.pictures import PICTURES, told

DOCS = Path(__file__).parents[2] / "docs"


@sampled("fall_of_everything-lines3", "outage-lines6")
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("late_monday", ["$37,794", "16–20 Nov 2026 · usage", "No change vs 9–13 Nov"]),
        ("late_daily", ["$5,291", "Sat 21 Nov 2026 · usage", "No change vs the mean of the 4 Saturdays before"]),
        ("fully_credited", ["$43,085", "16–21 Nov 2026 · usage", "▼ −0.1% (−$52.91) vs 9–14 Nov"]),
        ("fall_of_everything", ["$17,234", "16–21 Nov 2026 · usage", "▼ −60.1% (−$25,904) vs 9–14 Nov"]),
        ("one_account", ["$7,001", "16–21 Nov 2026 · usage", "▲ +19.1% (+$1,123) vs 9–14 Nov"]),
        (
            "start_of_month",
            ["$8,841", "Tue 1 Dec 2026 · billed", "▲ +17.0% (+$1,282) vs the mean of the 4 Tuesdays before"],
        ),
        ("outage", ["$35,718", "16–21 Nov 2026 · usage", "▼ −0.1% (−$43.86) vs 9–14 Nov"]),
    ],
)  # fmt: skip
def test_the_first_lines_are_true(name: str, lines: list[str]) -> None:
    seen = told(name)

    assert [seen.lines[0], *seen.lines[2:4]] == lines


def test_each_world_has_its_picture_on_the_page_of_trust() -> None:
    page = (DOCS / "trust.md").read_text("utf-8")
    for name in PICTURES:
        picture = f"images/truth-{name.replace('_', '-')}.png"
        assert f"({picture})" in page and (DOCS / picture).exists()


def test_what_is_not_sure_is_said_before_the_key_figures() -> None:
    above = told("outage").text.split("vs expected")[0]

    assert "5 of 6 accounts read. Missing: payments. The totals leave them out." in above
    assert "What AWS bills and this report differ: 8290.10 USD: 2026-11-16..2026-11-22." in above
    assert re.search(
        r"^Usage (\$[\d,.]+) − Credits \1 = billed \$0\.00$", told("fully_credited").text, re.MULTILINE
    )
    assert "No anomalies found" not in told("fall_of_everything").text
