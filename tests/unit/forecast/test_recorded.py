"""Recorded forecasts: ours, AWS's and the run rate, held to the bill of the month."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.forecast import recorded
from benchmarks.forecast.__main__ import main
from benchmarks.forecast.recorded import COLUMNS, Forecast, NotRecorded

ROOT = Path(__file__).parents[3]
HEAD = ",".join(COLUMNS)
ONE = "2026-11,10,organization,1000,3300,3200,3400,2300,2100,2400,3200"
"""Billed 1,000 by the 10th: a run rate of 3,000; AWS says 2,300 for the days to come, so 3,300 with its band below."""


def file(path: Path, *lines: str, head: str = HEAD) -> Path:
    made = path / "recorded.csv"
    made.write_text("\n".join((head, *lines)) + "\n", "utf-8")
    return made


def test_aws_answers_of_the_days_to_come_are_of_the_month_with_what_was_billed(tmp_path: Path) -> None:
    (found,) = recorded.read(file(tmp_path, ONE))
    assert found.run_rate == 3000
    assert found.ours == Forecast(Decimal(3300), Decimal(3200), Decimal(3400))
    assert found.aws == Forecast(Decimal(3300), Decimal(3100), Decimal(3400))


def test_errors_are_of_mornings_on_which_all_three_say_something(tmp_path: Path) -> None:
    path = file(tmp_path, ONE, "2026-10,10,organization,1000,,,,9000,,,3100", "2026-09,20,a,100,150,,,,,,150")
    *_, whole = recorded.lines(recorded.read(path))
    assert whole.split() == ["all", "all", "1", "3.12%", "3.12%", "6.25%", "100.0%", "100.0%"]
    head, alone, organization, _ = recorded.lines(recorded.read(path))
    assert alone.split() == ["a", "20", "0", "-", "-", "-", "-", "-"]
    assert organization.split()[:3] == ["organization", "10", "1"]
    assert head.split()[:2] == ["scope", "day"]


@pytest.mark.parametrize(
    "line",
    [
        "2026-13,10,a,1,1,,,1,,,1",
        "2026-11,31,a,1,1,,,1,,,1",
        "2026-11,0,a,1,1,,,1,,,1",
        "2026-11,10,a,1,many,,,1,,,1",
        "2026-11,10,a,1,NaN,,,1,,,1",
        "2026-11,10,a,1,1,,,1,,,0",
        "2026-11,10,a,1,1,,,1,,,",
        "2026-11,10,a",
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(NotRecorded, match="line 3"):
        recorded.read(file(tmp_path, ONE, line))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotRecorded, match="line 1"):
        recorded.read(file(tmp_path, ONE, head="month,day"))


def test_the_command_prints_the_table_or_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--recorded", str(file(tmp_path, ONE))]) == 0
    assert "organization" in capsys.readouterr().out
    assert main(["--recorded", str(file(tmp_path, "x"))]) == 2
    assert main(["--recorded", str(tmp_path / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err


def test_the_page_has_the_columns() -> None:
    page = (ROOT / "docs" / "forecast.md").read_text("utf-8").partition("| Column | What |")[2]
    table = page.partition("\n\n")[0]
    assert (
        tuple(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()[2:]))) == COLUMNS
    )
