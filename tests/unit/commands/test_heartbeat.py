"""`finopsguard heartbeat`: 0 while reports come, 1 with what to do where one does not."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.models.ledger import CoveredDays
from finopsguard.store import documents, keys
from finopsguard.store.directory import DirectoryStore

END = date(2026, 11, 16)


def delivered(state: Path, report: str, hours_ago: int) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours_ago, minutes=5)
    key = keys.COVERED.key(source="aws", report=report, end=str(END))
    record = CoveredDays(f"{report}-{END}", END - timedelta(days=7), END, at)
    documents.write(DirectoryStore(state), key, record)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state directory; away from this folder's .env."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return tmp_path / "state"


def told(state: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.main(["heartbeat", "--state", str(state), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(("hours_ago", "code"), [(191, 0), (192, 1), (500, 1)])
def test_a_report_that_does_not_come_ends_with_1(
    state: Path, capsys: pytest.CaptureFixture[str], hours_ago: int, code: int
) -> None:
    delivered(state, "weekly", hours_ago)
    found, out, error = told(state, "--weekly-hours", "192", capsys=capsys)
    assert found == code
    ages = {"daily_hours": None, "weekly_hours": hours_ago, "monthly_hours": None}
    assert json.loads(out) == {**ages, "month_usd": "0"}
    assert (f"weekly report was delivered {hours_ago} hours ago. See" in error) == bool(code)


def test_one_that_never_came_is_missing_and_one_that_is_not_asked_for_is_not(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered(state, "weekly", 10)
    assert told(state, "--weekly-hours", "192", capsys=capsys)[0] == 0
    code, _, error = told(state, "--daily-hours", "26", "--weekly-hours", "9", capsys=capsys)
    assert code == 1
    assert "The daily report was never delivered and the weekly report was delivered 10 hours ago." in error


def test_reports_of_invented_data_are_no_reports(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(state, "weekly", 10)
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "true")
    assert told(state, "--weekly-hours", "192", capsys=capsys)[0] == 1


def test_the_first_monthly_report_is_not_missed_and_a_later_one_is(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(state, "--monthly-hours", "864", capsys=capsys)[0] == 0
    delivered(state, "monthly", 864)
    code, _, error = told(state, "--monthly-hours", "864", capsys=capsys)
    assert code == 1
    assert "The monthly report was delivered 864 hours ago. See" in error
