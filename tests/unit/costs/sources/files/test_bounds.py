"""Files that are small and hold too much: refused in one line, before or while they are read."""

from __future__ import annotations

import gzip
import stat
import threading
import time
import zipfile
from pathlib import Path

import duckdb
import pytest

from finopsguard.costs.sources.files import bounds, database
from finopsguard.errors import InvalidInput
from tests.unit.costs.sources.files.written import HEADER, plain, read, steady


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million rows in some kilobytes."""
    path = tmp_path_factory.mktemp("bomb") / "costs.parquet"
    rows = duckdb.sql(
        "SELECT DATE '2026-01-01' + (i % 90)::INT AS date, '111122223333' AS account_id, repeat('S', 200) AS service,"
        " 1.5 AS cost FROM range(1000000) t(i)"
    )
    assert rows
    rows.write_parquet(str(path), compression="zstd")
    assert path.stat().st_size < 100_000
    return path


def test_more_rows_than_any_bill_has_are_not_read(million: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_ROWS", 999_999)
    with pytest.raises(InvalidInput, match=r"1,000,000 rows, more than 999,999\. Give a file of fewer"):
        read(million)


def test_what_takes_too_long_is_stopped(million: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.0)
    monkeypatch.setattr(bounds, "INTERRUPT_AGAIN", 0.001)
    with pytest.raises(InvalidInput, match=r"takes more than 0 s to read\. Give a file of fewer"):
        read(million)


def test_nothing_is_interrupted_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that woke up just before the end is waited for."""
    ended: list[bool] = []

    def late(made: duckdb.DuckDBPyConnection, done: threading.Event) -> None:
        done.wait()
        time.sleep(0.05)
        made.interrupt()
        ended.append(True)

    monkeypatch.setattr(database, "_interrupt_late", late)
    with database.database("It"):
        pass
    assert ended == [True]


def test_what_needs_too_much_memory_is_stopped(million: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MEMORY", "2MB")
    with pytest.raises(InvalidInput, match=r"needs more than 2MB of memory\. Give a file of fewer"):
        read(million)


def test_days_from_another_age_are_named(tmp_path: Path) -> None:
    path = plain(tmp_path, ["0001-01-01,1,EC2,5", "9999-12-31,1,EC2,5"])
    with pytest.raises(InvalidInput, match="days from 0001-01-01 to 9999-12-31, more than 3660"):
        read(path, zero=True)


def test_series_that_fill_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_AMOUNTS", 7)
    with pytest.raises(InvalidInput, match="2 series of 4 days, too many for memory"):
        read(plain(tmp_path, ["2026-01-01,1,EC2,5", "2026-01-04,1,S3,5"]), zero=True)


def test_an_archive_that_unpacks_to_more_than_it_is_taken_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_UNPACKED", 100_000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("costs.csv", HEADER + "\n" + "0" * 1_000_000)
    assert path.stat().st_size < 10_000
    with pytest.raises(InvalidInput, match=r"bomb\.zip holds more than 100,000 bytes\. Unpack it"):
        read(path)
    with pytest.raises(InvalidInput, match="Standard input holds more than 100,000 bytes"):
        read("-", stdin=b"0" * 100_001)


def test_a_packed_answer_that_is_read_whole_has_a_bound_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_WHOLE", 1_000)
    path = tmp_path / "answer.json.gz"
    path.write_bytes(gzip.compress(b'{"ResultsByTime": [' + b" " * 2_000))
    with pytest.raises(InvalidInput, match=r"answer\.json\.gz has more than 1,000 bytes"):
        read(path)


def test_a_folder_of_more_files_than_any_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_FILES", 2)
    for number in range(3):
        plain(tmp_path, steady(days=2), f"{number}.csv")
    with pytest.raises(InvalidInput, match="More than 2 files were given"):
        read(tmp_path)


def test_names_in_an_archive_are_no_paths_and_links_are_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    text = "\n".join([HEADER, *steady(days=3)])
    path = inside / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../slipped.csv", text)
        archive.writestr("notes.doc", "no costs")
    export = read(path)
    assert export.series.days == 3
    assert export.seen.ignored == (f"{path}:notes.doc",)
    assert [each.name for each in tmp_path.rglob("*")] == ["inside", "slip.zip"]
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidInput, match=r"slip\.zip:link\.csv is a link, which is not followed"):
        read(path)
    path.unlink()
    (inside / "outside.csv").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match=r"outside\.csv is a link or no file"):
        read(inside)
    (inside / "outside.csv").unlink()
    (inside / "elsewhere").symlink_to("/etc")
    with pytest.raises(InvalidInput, match="elsewhere is a link or no file"):
        read(inside)


def test_what_is_written_like_a_formula_is_a_name(tmp_path: Path) -> None:
    name = "=cmd|' /C calc'!A0"
    export = read(plain(tmp_path, [f"2026-01-0{day},1,{name},5" for day in (1, 2)]))
    assert list(export.series.services) == [name]
