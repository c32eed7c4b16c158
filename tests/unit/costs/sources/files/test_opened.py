"""One file, a packed one, an archive, a folder, a pattern or standard input: the same costs, and one line for what is
none.
"""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path
from threading import Thread

import pytest

from finopsguard.costs.sources.files.opened import delivery_of
from finopsguard.errors import InvalidInput
from tests.unit.costs.sources.files.written import HEADER, plain, read, steady

TEXT = "\n".join([HEADER, *steady(days=4)])
COSTS = [[100, 101, 102, 100]]


def test_however_it_comes_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "costs.csv").write_text(TEXT)
    (tmp_path / "costs.bin").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(tmp_path / "costs.zip", "w") as archive:
        archive.writestr("a/costs.csv.gz", gzip.compress(TEXT.encode()))
        archive.writestr("a/export-Manifest.json", "{}")
        archive.writestr("__MACOSX/._costs.csv", "x")
    below = tmp_path / "folder" / "below"
    below.mkdir(parents=True)
    (below / "costs.csv").write_bytes(TEXT.encode("utf-16"))
    (below / ".hidden.csv").write_text("x")
    for given in ("costs.csv", "costs.bin", "costs.zip", "folder", "folder/*/c*.csv"):
        export = read(str(tmp_path / given))
        assert (export.series.costs.tolist(), export.seen.files, export.seen.ignored) == (COSTS, 1, ()), given
    assert read("-", stdin=gzip.compress(TEXT.encode())).series.costs.tolist() == COSTS
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    Thread(target=pipe.write_bytes, args=(TEXT.encode(),)).start()
    assert read(pipe).series.costs.tolist() == COSTS


def test_a_name_is_no_pattern_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "costs[1].csv").write_text(TEXT)
    plain(tmp_path, steady(7, 4), "costs1.csv")
    assert read(tmp_path / "costs[1].csv").series.costs.tolist() == COSTS


def test_files_of_different_columns_are_one_export(tmp_path: Path) -> None:
    plain(tmp_path, steady(days=4), "1.csv")
    (tmp_path / "2.tsv").write_text("cost\tdate\tservice\taccount_id\n7\t2026-08-24\tEC2\t444455556666\n")
    export = read(tmp_path)
    assert (export.series.costs.tolist(), export.seen.files) == ([[100, 101, 102, 100, 7]], 2)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("costs.csv", b"", "is empty"),
        ("costs.csv", b"\x00\x01\x02binary\x00", "holds no text"),
        ("costs.gz", gzip.compress(TEXT.encode())[:-12], "cannot be unpacked"),
        ("costs.gz", gzip.compress(gzip.compress(b"x")), "is packed twice"),
        ("costs.parquet", TEXT.encode(), "cannot be read as Parquet"),
        ("costs.parquet", b"PAR1" + b"x" * 50 + b"PAR1", r"cannot be read \("),
        ("costs.xlsx", b"PK\x03\x04", "is a spreadsheet. Save it as CSV"),
        ("costs.json", b'{"Costs": []}', "has no ResultsByTime"),
        ("costs.json", b'{"ResultsByTime": [', "is no JSON"),
        (
            "costs.csv",
            b"date,\x1b[31mcost\n2026-01-05,2\n",
            r"has no column for account_id; it has date,  \[31mcost",
        ),
        (
            "costs.csv",
            b'date,account_id,service,cost\n"2026-01-05,1,s,2\n' + b"x" * 3_000_000,
            "line 3: field larger than",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # packed data have the time in them
)
def test_what_cannot_be_read_is_said_in_one_line(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=said) as caught:
        read(path)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_archives_that_are_none(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        with zipfile.ZipFile(tmp_path / "inner.zip", "w") as inner:
            inner.writestr("costs.csv", TEXT)
        archive.write(tmp_path / "inner.zip", "inner.zip")
    with pytest.raises(InvalidInput, match=r"inner\.zip is an archive within an archive"):
        read(tmp_path / "outer.zip")
    broken = bytearray((tmp_path / "inner.zip").read_bytes())
    broken[45] ^= 0xFF
    (tmp_path / "inner.zip").write_bytes(broken)
    with pytest.raises(
        InvalidInput, match=r"inner\.zip cannot be unpacked .*\. Unpack it and give its folder"
    ):
        read(tmp_path / "inner.zip")


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.doc").write_text("x")
    for given in (tmp_path, tmp_path / "*.csv"):
        with pytest.raises(InvalidInput, match="has no file of costs"):
            read(given)
    with pytest.raises(InvalidInput, match="is not a file"):
        read(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("name", "delivery"),
    [
        ("a/report-00002.csv.gz", "a/report"),
        ("a/report-3.snappy.parquet", "a/report"),
        ("z.zip:b/report.csv", "z:b/report"),
        ("a/report-2.csv.zip:report-2.csv", "a/report:report"),
        ("report (1).csv", "report (1)"),
    ],
)
def test_parts_of_an_export_are_told_by_their_names(name: str, delivery: str) -> None:
    assert delivery_of(name) == delivery
