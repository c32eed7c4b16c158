"""Files that are small and hold too much: refused in one line, before or while they are read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from finopsguard.costs.sources import export_file
from finopsguard.costs.sources.export_file import read_export
from finopsguard.errors import InvalidInput

HEADER = "date,account_id,service,cost\n"


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
    monkeypatch.setattr(export_file, "_MOST_ROWS", 999_999)
    with pytest.raises(InvalidInput, match=r"1,000,000 rows, more than 999,999\. Give a file of fewer"):
        read_export(million)


def test_what_takes_too_long_is_stopped(million: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_file, "_MOST_SECONDS", 0.0)
    monkeypatch.setattr(export_file, "_INTERRUPT_AGAIN", 0.001)
    with pytest.raises(InvalidInput, match=r"takes more than 0 s to read\. Give a file of fewer"):
        read_export(million)


def test_what_needs_too_much_memory_is_stopped(million: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_file, "_MEMORY", "2MB")
    with pytest.raises(InvalidInput, match=r"needs more than 2MB of memory\. Give a file of fewer"):
        read_export(million)


def test_days_from_another_age_are_named(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(HEADER + "0001-01-01,1,EC2,5\n9999-12-31,1,EC2,5\n")
    with pytest.raises(InvalidInput, match="days from 0001-01-01 to 9999-12-31, more than 3660"):
        read_export(path, missing_are_zero=True)


def test_series_that_fill_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_file, "_MOST_AMOUNTS", 7)
    path = tmp_path / "costs.csv"
    path.write_text(HEADER + "2026-01-01,1,EC2,5\n2026-01-04,1,S3,5\n")
    with pytest.raises(InvalidInput, match="2 series of 4 days, too many for memory"):
        read_export(path, missing_are_zero=True)
