"""`finopsguard incidents`: the ledger in both languages and three forms."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from finopsguard import cli
from finopsguard.models.messages import Delivery
from finopsguard.models.verdict import Verdict
from finopsguard.report import facts
from finopsguard.store import documents, ledger, verdicts
from finopsguard.store.directory import DirectoryStore
from tests.unit.commands.test_verdicts import LOOK, OVER, RUNNING, look
from tests.unit.fakes import make_run
from tests.unit.report.sample import weekly

AT = datetime(2026, 11, 16, 8, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DirectoryStore:
    """A directory with a look, a delivered report of other incidents, and a verdict."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {**os.environ, "FINOPSGUARD_LANGUAGE": "en"})
    store = DirectoryStore(tmp_path / "state")
    documents.write(store, LOOK, look())
    run = make_run()
    ledger.leave(store, run, weekly(), "teams")
    ledger.record(store, run, Delivery("delivered", 1, "teams", posted_at=AT))
    mute = Verdict(
        "a-mark-0001", "mute", "a migration", AT, "julia", "command", RUNNING, until=date(2026, 12, 1)
    )
    verdicts.give(store, "aws", mute)
    return store


def shown(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["incidents", *arguments, "--state", "state"]) == 0
    return capsys.readouterr().out


def test_it_lists_those_that_go_on_and_those_that_are_over(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [re.split(r"  +", line) for line in shown(capsys=capsys).splitlines()]
    assert rows[0] == ["Incident", "What", "Since", "First told", "So far", "A month", "State"]
    by_id = {row[0]: row[1:] for row in rows[1:]}
    assert by_id[RUNNING] == [
        "Amazon S3 · 111111111111",
        "19 Nov 2026",
        "not told",
        "+$80.00",
        "+$2,400",
        "goes on",
    ]
    assert by_id[OVER][-1] == "over since 21 Nov 2026, its cost is back"
    told = facts.open_anomalies(weekly())[0]
    assert by_id[told.id][2] == "16 Nov 2026, 08:00 (UTC)"
    assert by_id[told.id][-1] == "over, no report told its end"
    opened = shown("--open", capsys=capsys)
    assert RUNNING in opened
    assert OVER not in opened
    closed = shown("--closed", capsys=capsys)
    assert OVER in closed
    assert RUNNING not in closed


def test_one_has_all_that_is_known_of_it_and_who_said_what(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown("--id", RUNNING, "--lang", "es", capsys=capsys)
    assert (
        "- 16 nov 2026, 08:00 (UTC): silenciado hasta el 1 dic 2026, por julia: «a migration» (a-mark-0001)"
        in text
    )
    told = next(line for line in weekly().anomalies if line.causes)
    text = shown("--id", told.id, "--format", "md", "--lang", "en", capsys=capsys)
    assert "- **Since**: " in text
    assert "**Causes**" in text
    assert "(weekly-2026-11-16, teams)" in text


def test_as_json_and_as_markdown(state: DirectoryStore, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(shown("--open", "--format", "json", capsys=capsys))
    (running,) = [each for each in data["incidents"] if each["id"] == RUNNING]
    assert running["verdicts"][0]["until"] == "2026-12-01"
    assert running["first_told"] is None
    assert data["unreadable"] == []
    lines = shown("--closed", "--format", "md", capsys=capsys).splitlines()
    assert lines[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert any(line.startswith(f"| `{OVER}` |") for line in lines)


def test_what_cannot_be_read_is_named_and_an_unknown_id_is_refused(
    state: DirectoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write("verdicts/aws/broken-0001.json", b"?")
    assert "A record cannot be read, what it told is missing here: verdicts/aws/broken-0001.json" in shown(
        capsys=capsys
    )
    assert cli.main(["incidents", "--id", "nobody", "--state", "state"]) == 2
    assert "There is no incident 'nobody'" in capsys.readouterr().err


def test_nothing_is_known_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert shown("--lang", "es", capsys=capsys) == "No se conoce ningún incidente.\n"
