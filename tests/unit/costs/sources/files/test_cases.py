"""Small files that the first version got wrong, each with its right answer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.errors import InvalidInput
from tests.sweeps import sampled

CASES = Path(__file__).parent / "cases"
Told = tuple[str, str, str, str, str]
"""(account, service, kind, expected, actual)."""
ACCOUNT = "111122223333"

RIGHT: dict[str, tuple[list[Told], str]] = {
    "B01_thousands.csv": (
        [(ACCOUNT, "Amazon EC2", "spike", "953.06", "2407.34")],
        "plain table, 1 file, 96 days, 1 account, no currency named, shown as USD: usage 98,922.55",
    ),
    "B02_cur2_credit_hides.csv": (
        [(ACCOUNT, "AmazonRDS", "shift", "150.44", "451.38")],
        "CUR 2.0, 1 file, 96 days, 1 account, no currency named, shown as USD, unblended:"
        " usage 15,011.58 - credit 600.00",
    ),
    "B02_cur2_tax_and_fee.csv": (
        [],
        "CUR 2.0, 1 file, 96 days, 1 account, no currency named, shown as USD, unblended:"
        " usage 38,390.67 + fee 5,000.00 + tax 900.00",
    ),
    "B04_right_ids.csv": (
        [(ACCOUNT, "Amazon EC2", "spike", "99.84", "160.93")],
        "plain table, 1 file, 96 days, 2 accounts, no currency named, shown as USD: usage 19,198.08",
    ),
    "B05_cur1_headers.csv": (
        [(ACCOUNT, "AmazonRDS", "shift", "150.20", "448.95")],
        "CUR 1.0, 1 file, 96 days, 1 account, USD, unblended: usage 14,999.50",
    ),
    "B06_console_yuan.csv": (
        [("all", "RDS", "shift", "150.20", "448.95")],
        "Cost Explorer's CSV, 1 file, 96 days, accounts not told apart, CNY: usage 14,999.50; NOT equal to the file's"
        " own total: it says 0.00 and its rows add up to 14,999.50",
    ),
    "B06_console_no_group.csv": (
        [("all", "all", "shift", "150.20", "448.95")],
        "Cost Explorer's CSV, 1 file, 96 days, accounts not told apart, USD: usage 14,999.50; NOT equal to the file's"
        " own total: it says 0.00 and its rows add up to 14,999.50",
    ),
    "B07_ce_answer.json": (
        [("all", "Amazon RDS", "shift", "150.20", "448.95")],
        "Cost Explorer's JSON, 1 file, 96 days, accounts not told apart, USD, unblended: usage 14,999.50",
    ),
    "03_linked_account_console.csv": (
        [(ACCOUNT, "all", "shift", "306.00", "1212.00")],
        "Cost Explorer's CSV, 1 file, 60 days, 2 accounts, USD: usage 23,160.00; NOT equal to the file's own total: it"
        " says 2.00 and its rows add up to 23,160.00",
    ),
    "06_cur2_empty_servicecode.csv": (
        [(ACCOUNT, "marketplaceid", "shift", "301.00", "2302.00")],
        "CUR 2.0, 1 file, 60 days, 1 account, no currency named, shown as USD, unblended: usage 46,180.00",
    ),
    "08_spanish_console.csv": (
        [("all", "RDS", "shift", "306.00", "1212.00")],
        "Cost Explorer's CSV, 1 file, 60 days, accounts not told apart, USD: usage 23,160.00; NOT equal to the file's"
        " own total: it says 2.00 and its rows add up to 23,160.00",
    ),
    "15_new_under_min_impact.csv": (
        [],
        "plain table, 1 file, 60 days, 1 account, no currency named, shown as USD: usage 24,126.67",
    ),
}


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[list[Told], str]:
    """What `detect` tells of a file, and what it says it saw."""
    parsed = cli.parser().parse_args(["detect", str(path), "--format", "json"])
    assert parsed.command(parsed) == 0
    out, err = capsys.readouterr()
    names = ("account_id", "service", "kind", "expected", "actual")
    found = [tuple(anomaly[name] for name in names) for anomaly in json.loads(out)["anomalies"]]
    return found, err.strip()


@sampled(every=2)
@pytest.mark.parametrize("name", RIGHT)
def test_a_file_that_was_read_wrongly_is_read_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(CASES / name, capsys) == RIGHT[name]


def test_a_packed_file_is_read_as_it_was_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "costs.csv.gz"
    path.write_bytes(gzip.compress((CASES / "B05_cur1_headers.csv").read_bytes()))
    assert told(path, capsys) == RIGHT["B05_cur1_headers.csv"]


def test_ids_that_a_spreadsheet_cut_off_are_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        InvalidInput, match=r"ids such as '1.11122E\+11' \(192 rows\): a spreadsheet cut them off"
    ):
        told(CASES / "B04_excel_ids.csv", capsys)


def test_every_case_is_tried() -> None:
    assert {path.name for path in CASES.iterdir()} == {*RIGHT, "B04_excel_ids.csv"}
