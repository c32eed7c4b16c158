"""Rows that cannot be read are unknown: never zero, never in silence, and too many of them are no file of costs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from finopsguard import cli
from finopsguard.costs.series import DailySeries
from finopsguard.errors import InvalidInput
from tests.sweeps import sampled
from tests.unit.costs.sources.files.written import ACCOUNTS, FIRST, HEADER, plain, read, steady

DAYS = 60
LAST = FIRST + timedelta(days=DAYS - 1)
ONE, OTHER = ACCOUNTS


def two_services() -> list[str]:
    return [*steady(days=DAYS), *(row.replace("EC2", "S3") for row in steady(200, DAYS))]


def unknown(series: DailySeries) -> list[tuple[str, date]]:
    """(service, day) of what is not known."""
    if series.unknown is None:
        return []
    return [
        (series.services[row], series.first_day + timedelta(days=int(day)))
        for row, day in np.argwhere(series.unknown)
    ]


@sampled(every=2)
@pytest.mark.parametrize(
    ("row", "gaps", "said"),
    [
        (f"{LAST},{OTHER},EC2,n/a", [("EC2", LAST)], "line 122: 'n/a' is not an amount of money"),
        (f"{LAST},{OTHER},EC2,NaN", [("EC2", LAST)], "line 122: 'NaN' is not an amount of money"),
        (f"{LAST},{OTHER},,5", [("EC2", LAST), ("S3", LAST)], "line 122: it names no service"),
        (f"{LAST},,S3,5", [("S3", LAST)], "line 122: it names no account"),
        (
            f"{LAST},{OTHER},EC2,2,407.34",
            [("EC2", LAST), ("S3", LAST)],
            "line 122: Expected Number of Columns: 4",
        ),
        (f"{LAST}", [("EC2", LAST), ("S3", LAST)], "line 122: Expected Number of Columns: 4 Found: 1"),
        (
            f'{LAST},{OTHER},"EC2"x,5',
            [("EC2", LAST), ("S3", LAST)],
            "line 122: Value with unterminated quote",
        ),
        ("soon,1,Lambda,5", [], "line 122: 'soon' is not a date"),
    ],
)
def test_a_row_makes_unknown_what_it_may_belong_to(
    row: str, gaps: list[tuple[str, date]], said: str, tmp_path: Path
) -> None:
    export = read(plain(tmp_path, [*two_services(), row]))
    assert unknown(export.series) == gaps
    assert export.rejected.count == 1 and export.rejected.examples[0].startswith(said)


def test_what_is_unknown_stands_as_its_weekday_costs(tmp_path: Path) -> None:
    rows = [f"{FIRST + timedelta(days=day)},{ONE},EC2,{100 + 50 * (day % 7 == 2)}" for day in range(28)]
    rows[2] = rows[2].replace("150", "x")
    rows[23] = rows[23].replace("150", "y")
    series = read(plain(tmp_path, [*rows, *steady(days=28)])).series
    assert series.costs[0].tolist() == [100 + 50 * (day % 7 == 2) for day in range(28)]


def test_a_row_without_a_day_leaves_its_series_out(tmp_path: Path) -> None:
    export = read(plain(tmp_path, [*two_services(), f"soon,{OTHER},S3,5"]))
    assert (list(export.series.services), export.left_out) == (["EC2"], 1)
    with pytest.raises(InvalidInput, match="names neither its day nor its account"):
        read(plain(tmp_path, [*two_services(), "Total,,,18000"]))


def test_a_day_that_is_not_known_is_no_fall_and_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = two_services()
    rows[DAYS - 2] = rows[DAYS - 2].replace("EC2,101", "EC2,?")
    rows[-1] = rows[-1].replace("S3,202", "S3,900")
    path = plain(tmp_path, rows)
    parsed = cli.parser().parse_args(["detect", str(path), "--complete-until", str(LAST + timedelta(days=1))])
    assert parsed.command(parsed) == 0
    out, err = capsys.readouterr()
    assert [line.split()[2:4] for line in out.splitlines()[3:]] == [["S3", "spike"]]
    assert "Not judged, for a row of theirs cannot be read: 1 cost of these days." in out
    assert err.splitlines()[1:] == [
        "1 row left out; what they cost is unknown, not zero:",
        f"  line {DAYS}: '?' is not an amount of money",
    ]


def test_a_day_that_lost_a_part_of_its_rows_is_not_judged_by_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The readable half of a day is half of its cost: it would be a fall, or hide a rise."""
    rows = [row for row in two_services() for _ in range(2)]
    at = rows.index(f"{LAST - timedelta(days=2)},{OTHER},S3,{200 + (DAYS - 3) % 3}")
    rows[at] = rows[at].rpartition(",")[0] + ",12:30"
    path = plain(tmp_path, rows)
    for command in (("detect",), ("backtest", "--days", "5")):
        parsed = cli.parser().parse_args([*command, str(path), "--format", "json"])
        assert parsed.command(parsed) == 0
        out = capsys.readouterr().out
        assert '"judged": 1' in out
        assert '"direction"' not in out, command


def test_more_than_slips_are_refused_with_their_lines(tmp_path: Path) -> None:
    rows = steady(days=19)
    assert read(plain(tmp_path, [*rows, f"{FIRST},1,s,x"])).rejected.count == 1
    with pytest.raises(
        InvalidInput, match=r"2 of 21 rows cannot be read, more than 5% \(line 21: 'x' .*; line 22: 'y'"
    ):
        read(plain(tmp_path, [*rows, f"{FIRST},1,s,x", f"{FIRST},1,s,y"]))


def test_a_row_of_no_usage_needs_an_amount_alone(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    rows = [f"{row},Usage" for row in steady(days=40)]
    path.write_text("\n".join([f"{HEADER},record_type", *rows, f"{FIRST},,,70,Tax", f"{FIRST},,,x,Tax"]))
    export = read(path)
    assert (export.rejected.count, export.series.unknown) == (1, None)
    assert export.seen.charges["tax"] == 70


def test_days_are_not_filled_with_zeros_where_rows_were_rejected(tmp_path: Path) -> None:
    day = FIRST + timedelta(days=9)
    rows = [row for row in steady() if str(day) not in row]
    with pytest.raises(
        InvalidInput, match=rf"no row for 1 of its 40 days \({day}\).*or say --missing-days-are-zero"
    ):
        read(plain(tmp_path, rows))
    assert read(plain(tmp_path, rows), zero=True).series.costs[0, 9] == 0
    damaged = read(plain(tmp_path, [*rows, f"{day},{OTHER},EC2,x"]), zero=True).series
    assert damaged.unknown is not None and damaged.unknown[0, 9] and damaged.costs[0, 9] > 0
    undated = plain(tmp_path, [*rows, "x,1,s,2"])
    with pytest.raises(InvalidInput, match=r"look like a drop: add it\.$"):
        read(undated)
    with pytest.raises(InvalidInput, match=f"no row for {day}, and rows whose day cannot be read"):
        read(undated, zero=True)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (['2026-01-05,1,s,"1,234"', '2026-01-06,1,s,"2,345"'], "'1,234' can be a thousand or one and a part"),
        (["01/05/2026,1,s,1", "01/06/2026,1,s,2"], r"'01/0\d/2026' can be two days"),
        (["01/13/2026,1,s,1", "13/01/2026,1,s,2"], "can be two days"),
        (["2026-01-05,1,s,$5", "2026-01-06,1,s,€6"], "costs in EUR and USD, which cannot be added"),
        (
            ['2026-01-05,1,s,"5,50 €"', '2026-01-06,1,s,"6,50 $"'],
            "costs in EUR and USD, which cannot be added",
        ),
        (["2026-01-01,1,s,5", "2026-02-01,1,s,6"], "costs by month"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(rows: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(plain(tmp_path, rows))


def test_ids_get_their_zeros_back_where_that_is_certain(tmp_path: Path) -> None:
    ids = {
        "11122223333": ONE,
        "011122223333.0": ONE,
        "'011122223333": ONE,
        "0111-2222-3333": ONE,
        "12345": "12345",
    }
    export = read(plain(tmp_path, [f"2026-01-0{day},{each},S3,1" for day in (1, 2) for each in ids]))
    assert export.series.labels == [(ONE, "S3"), ("12345", "S3")]
    assert export.series.costs.tolist() == [[4, 4], [1, 1]]


def test_a_day_that_no_calendar_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.parquet"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE costs (date DATE, account_id VARCHAR, service VARCHAR, cost INTEGER)")
        for day in ("2026-10-02", "250000-01-02"):
            database.execute("INSERT INTO costs VALUES ($1::DATE, $2, 'EC2', 1)", [day, OTHER])
        database.execute(f"COPY costs TO '{path}' (FORMAT parquet)")
    with pytest.raises(InvalidInput, match=r"1 of the rows of .* a day that no calendar has"):
        read(path)


def test_lines_that_end_in_two_ways_are_named(tmp_path: Path) -> None:
    path = tmp_path / "two exports.csv"
    rows = [HEADER, *steady()]
    path.write_bytes("".join(f"{row}{chr(13) * (number % 2)}\n" for number, row in enumerate(rows)).encode())
    with pytest.raises(InvalidInput, match=r"two exports\.csv has lines that end in two ways .*tr -d"):
        read(path)
    path.write_bytes(path.read_bytes().replace(b"\r", b""))
    assert read(path).series.days == 40
