"""Costs that are in two files are counted once or not at all; parts of one export are added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finopsguard.errors import InvalidInput
from tests.unit.costs.sources.files.written import ACCOUNTS, CUR2, plain, read, steady


def lines(*days: int, account: str = ACCOUNTS[0], costs: tuple[int, ...] = (5, 7)) -> str:
    rows = [f"{account},Usage,2026-08-{day:02d},EC2,,{cost},USD" for day in days for cost in costs]
    return "\n".join([",".join(CUR2), *rows])


def test_two_exports_of_the_same_days_are_refused_unless_told(tmp_path: Path) -> None:
    one, other = plain(tmp_path, steady(days=5), "one.csv"), plain(tmp_path, steady(days=3), "other.csv")
    with pytest.raises(
        InvalidInput,
        match=r"one\.csv and .*other\.csv have the same costs \(2026-08-20, 4444.*, EC2 and 2 more\)",
    ):
        read(one, other)
    assert read(one, other, add=True).series.costs.tolist() == [[200, 202, 204, 100, 101]]


def test_parts_of_one_delivery_share_days_and_two_deliveries_do_not(tmp_path: Path) -> None:
    (tmp_path / "export-1.csv").write_text(lines(20, 21))
    (tmp_path / "export-2.csv").write_text(lines(20, 21, costs=(1,)))
    assert read(tmp_path).series.costs.tolist() == [[13, 13]]
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "export-1.csv").write_text(lines(21, costs=(3,)))
    with pytest.raises(InvalidInput, match="have the same costs"):
        read(tmp_path)


def test_a_part_and_its_copy_are_no_two_parts(tmp_path: Path) -> None:
    for name in ("export-1.csv", "export-2.csv"):
        (tmp_path / name).write_text(lines(20, 21))
    with pytest.raises(
        InvalidInput, match=r"export-1\.csv and .*export-2\.csv .*most of their sums are the same"
    ):
        read(tmp_path)


def test_the_console_s_files_of_one_day_count_it_twice(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(
        '"Service","EC2($)","Total costs($)"\n"Service total","5","5"\n2026-08-20,5,5\n'
    )
    path = tmp_path / "2.csv"
    text = '"Service","S3($)","Total costs($)"\n"Service total","5","5"\n2026-08-20,5,5\n'
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"the same costs \(2026-08-20\)"):
        read(tmp_path)
    path.write_text(text.replace("08-20", "08-21"))
    export = read(tmp_path)
    assert export.series.days == 2
    assert export.seen.total and export.seen.total.equal and export.seen.total.read == 10
    path.write_text(text.replace("08-20", "08-21").replace("Service", "Region"))
    with pytest.raises(InvalidInput, match=r"two kinds .*CSV by Service; .*CSV by Region"):
        read(tmp_path)


def test_files_of_two_kinds_are_not_added(tmp_path: Path) -> None:
    plain(tmp_path, steady(days=3), "1.csv")
    (tmp_path / "2.csv").write_text(lines(29))
    with pytest.raises(InvalidInput, match=r"two kinds \(plain table; CUR 2.0 unblended: .*2\.csv\)"):
        read(tmp_path)


def page(
    day: str,
    token: bool = False,
    keys: tuple[str, ...] = ("EC2",),
    metric: str = "UnblendedCost",
    end: str = "",
) -> dict[str, object]:
    period = {"Start": day, "End": end or f"2026-08-{int(day[-2:]) + 1:02d}"} if day else {}
    groups = [{"Keys": [key], "Metrics": {metric: {"Amount": "5", "Unit": "USD"}}} for key in keys]
    found: dict[str, object] = {
        "GroupDefinitions": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        "ResultsByTime": [{"TimePeriod": period, "Groups": groups}],
    }
    return found | ({"NextPageToken": "next"} if token else {})


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ([page("2026-08-20", token=True)], "ends with a page that names a next one: costs are missing"),
        ([page("2026-08-20", token=True), page("2026-08-20")], "has EC2 on 2026-08-20 twice"),
        ([page("2026-08-20", metric="UsageQuantity")], r"no metric of cost \(UsageQuantity\)"),
        ([page("2026-08-20"), {**page("2026-08-21"), "GroupDefinitions": []}], "grouped in different ways"),
        ([page("2026-08-01", end="2026-09-01")], "by month or longer"),
        ([page("")], "a result without its day"),
    ],
)
def test_pages_that_are_not_the_whole_answer(
    pages: list[dict[str, object]], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "answer.json"
    path.write_text("\n".join(json.dumps(each) for each in pages))
    with pytest.raises(InvalidInput, match=said):
        read(path)


def test_pages_in_a_list_are_pages_too(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps([page("2026-08-20", token=True), page("2026-08-21", keys=("EC2", "Tax"))]))
    export = read(path)
    assert export.series.costs.tolist() == [[5, 5]]
    assert export.seen.charges == {"usage": 10, "tax": 5}


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_two_exports_are_told_apart_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """Such a file is written anew to be read, and is the same file still."""
    rows = [row.replace("EC2", "Énergie") for row in steady(days=5)]
    one, other = plain(tmp_path, rows, "one.csv"), plain(tmp_path, rows[:3], "other.csv")
    for path in (one, other):
        path.write_bytes(path.read_text("utf-8").encode(encoding))
    with pytest.raises(InvalidInput, match=r"one\.csv and .*other\.csv have the same costs"):
        read(one, other)


def test_a_broken_line_is_named_in_any_encoding(tmp_path: Path) -> None:
    broken = plain(tmp_path, [*steady(days=40), '2026-09-29,"4444'], "broken.csv")
    broken.write_bytes(broken.read_text("utf-8").encode("utf-16"))
    found = read(broken)
    assert found.rejected.count == 1
    assert found.rejected.examples[0].startswith("line 42: ")
