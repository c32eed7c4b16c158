"""The search for planted secrets finds one in each way out, and fails the test during which it came out."""

from __future__ import annotations

import base64
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import duckdb
import pytest

from finopsguard import cli, telemetry
from finopsguard.channels.links import web
from finopsguard.channels.teams.webhook import WebhookChannel, fixed_url
from finopsguard.commands import files
from finopsguard.engine.embedded import run_embedded
from finopsguard.engine.execution import History
from finopsguard.errors import TeamsRejected
from finopsguard.store.directory import DirectoryStore
from finopsguard.store.memory import MemoryStore
from tests.planted import MARK, SEARCH, address, secret
from tests.standins import StandIns
from tests.unit.fakes import FakeChannel, FakeTopic

SIG = secret("sig")
MAIL = address("ana")
# Heard by nobody but the search: what pytest catches of the log would be found there once more.
QUIET = logging.Logger("somebody")
QUIET.addHandler(logging.NullHandler())
WRITTEN: dict[str, bytes | str] = {
    "as it is": SIG.encode(),
    "in JSON": json.dumps({"url": f"https://host/x?sig={SIG}&a=ñ"}),
    "in a URL in a URL": f"https://host/?next=https%3A%2F%2Fhost%2Fx%3Fsig%3D{SIG}",
    "by repr": repr(ValueError(SIG.encode())),
    "cut": SIG[:14],
    "an address": MAIL,
}


@pytest.fixture(autouse=True)
def leaks() -> Iterator[Callable[[], list[str]]]:
    """What was found in this test, taken so that it does not fail."""
    taken: list[str] = []

    def take() -> list[str]:
        taken.extend(SEARCH.take())
        return taken

    yield take
    SEARCH.take()


def log_with_traceback(_: Path) -> None:
    try:
        raise ValueError(SIG)
    except ValueError:
        QUIET.warning("failed", exc_info=True)


def in_a_cause(_: Path) -> None:
    with pytest.raises(TeamsRejected):
        raise TeamsRejected("no secret here") from ValueError(SIG)


def posted_to_teams(_: Path) -> None:
    with StandIns() as standins:
        channel = WebhookChannel(fixed_url(standins.webhook_url), ["127.0.0.1"], sleep=lambda _: None)
        channel.post(json.dumps({"type": "message", "text": standins.webhook_url}).encode())


def from_a_state(_: Path) -> None:
    functions = {"resolve_accounts": lambda event, context: {"Email": MAIL}}
    run_embedded({"report": "weekly", "scheduled_time": "x"}, wait_scale=0, functions=functions)


def logged(_: Path) -> None:
    """By a logger that says nothing: what it prints would be found once more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telemetry.logger(), "_logger", QUIET)
        telemetry.logger().info("done", address=SIG)


def to_the_history(_: Path) -> None:
    details = {"error": "TeamsRejected", "cause": SIG}
    History().add(
        {"id": 1, "type": "TaskFailed", "timestamp": datetime.now(UTC), "taskFailedEventDetails": details}
    )


def from_a_child(_: Path) -> None:
    subprocess.run([sys.executable, "-c", f"print('{SIG}')"], check=True, capture_output=True)


def as_parquet(folder: Path) -> None:
    path = str(folder / "made.parquet")
    duckdb.sql(f"COPY (SELECT '{MAIL}' AS owner, range AS day FROM range(1000)) TO '{path}' (FORMAT parquet)")  # noqa: S608
    MemoryStore().write("costs.parquet", Path(path).read_bytes())


WAYS: dict[str, Callable[[Path], object]] = {
    "store": lambda folder: DirectoryStore(folder).write("runs/x", SIG.encode()),
    "store once": lambda folder: DirectoryStore(folder).create("runs/y", SIG.encode()),
    "key": lambda folder: MemoryStore().write(f"alerts/{MAIL}", b""),
    "store as Parquet": as_parquet,
    "--out": lambda folder: files.write(folder / "card.json", SIG.encode()),
    "log": logged,
    "log below its level": lambda _: telemetry.logger().debug(SIG),
    "log of a library": lambda _: QUIET.warning("retry %s", SIG),
    "log with a traceback": log_with_traceback,
    "cause of an error": in_a_cause,
    "history": to_the_history,
    "payload": from_a_state,
    "card": posted_to_teams,
    "card of a step's test": lambda _: FakeChannel().post(SIG.encode()),
    "page of a link": lambda _: web.answer(HTTPStatus.OK, f"<p>{MAIL}</p>", "default-src 'none'"),
    "mail": lambda _: FakeTopic().publish("subject", MAIL),
    "child process": from_a_child,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_found_in_each_way_out(way: str, tmp_path: Path, leaks: Callable[[], list[str]]) -> None:
    WAYS[way](tmp_path)
    assert leaks()
    assert MARK not in str(leaks()), "what is said of it would be found again"


def test_what_a_test_reads_of_its_own_output_is_looked_at(
    capsys: pytest.CaptureFixture[str], leaks: Callable[[], list[str]]
) -> None:
    print(SIG, file=sys.stderr)
    capsys.readouterr()
    assert len(leaks()) == 1


@pytest.mark.parametrize("form", WRITTEN)
def test_a_secret_is_found_however_it_is_written(form: str, leaks: Callable[[], list[str]]) -> None:
    SEARCH.look("here", WRITTEN[form])
    assert len(leaks()) == 1


def test_a_secret_that_is_coded_is_not_found() -> None:
    SEARCH.look("here", base64.b64encode(b"x" + SIG.encode()))
    assert SEARCH.take() == []


def test_the_token_in_a_cards_signed_link_is_let_pass_and_nothing_else(
    leaks: Callable[[], list[str]],
) -> None:
    token = f"X-Amz-Security-Token={secret('token')}"
    link = f'"url":"https://bucket/report.html?X-Amz-Expires=1&{token}&X-Amz-Signature=ab"'
    SEARCH.look("card", link, links=True)
    assert leaks() == []
    for told in (f"{link}, {secret('token')}", token, link.replace("ab", secret("sig"))):
        SEARCH.look("card", told, links=True)
    SEARCH.look("log", link)
    assert len(leaks()) == 4


def test_files_of_another_process_are_looked_at(tmp_path: Path, leaks: Callable[[], list[str]]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.json").write_text(MAIL)
    SEARCH.look_at_files(tmp_path)
    assert [each.partition(":")[0] for each in leaks()] == ["file report.json"]


def test_an_error_that_is_its_own_cause_is_looked_at_once(leaks: Callable[[], list[str]]) -> None:
    error = ValueError(SIG)
    error.__cause__ = error
    SEARCH.look_at_error("error", error)
    assert len(leaks()) == 1


NESTED = """
import pytest
from finopsguard import telemetry
from tests.planted import secret
from tests.unit.fakes import MemoryStore

def test_leaks_into_the_store():
    MemoryStore().write("key", secret("sig").encode())

def test_prints():
    print(secret("sig"))

@pytest.fixture
def leaky():
    yield
    MemoryStore().write("key", secret("sig").encode())

def test_leaks_at_its_end(leaky):
    pass

def test_keeps_it():
    MemoryStore().write("key", b"nothing")
    print(secret("sig")[:4])
"""


def test_a_test_during_which_a_secret_came_out_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], leaks: Callable[[], list[str]]
) -> None:
    """In a pytest of its own, with the plugin and nothing else of this folder."""
    from tests import planted

    class Results:
        outcomes: dict[tuple[str, str], str] = {}  # noqa: RUF012

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            self.outcomes[report.nodeid.rpartition("::")[2], report.when] = report.outcome

    (tmp_path / "test_nested.py").write_text(NESTED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    results = Results()
    with pytest.MonkeyPatch.context() as patch:
        # Its own search: the one of this process is installed, and goes on.
        patch.setattr(planted, "SEARCH", planted.Search())
        pytest.main(
            ["-p", "no:cacheprovider", "-p", "no:xdist", "-q", "--rootdir", str(tmp_path), str(tmp_path)],
            plugins=[planted, results],
        )
    capsys.readouterr()
    assert leaks(), "what it left in its report is found by the search of this process"
    failed = {name for name, outcome in results.outcomes.items() if outcome == "failed"}
    assert failed == {
        ("test_leaks_into_the_store", "call"),
        ("test_prints", "call"),
        ("test_leaks_at_its_end", "teardown"),
    }


def test_a_whole_run_with_secrets_in_all_its_places_tells_none(
    standins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A role that is refused, a webhook that is refused, an alert by mail: with the log at its lowest level."""
    for name, value in standins.environ("url", topic=True).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("FINOPSGUARD_WAIT_SCALE", "0")
    monkeypatch.setenv("FINOPSGUARD_USE_MOCK_DATA", "false")
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    root.addHandler(listener)
    try:
        standins.cost_explorer.deny()
        monkeypatch.chdir(tmp_path)
        code = cli.main(["run", "--report", "daily", "--state", "state", "--out", "out"])
        SEARCH.look("log", heard.getvalue())
    finally:
        root.removeHandler(listener)
    assert code == 1
    assert "Cost Explorer denies access" in capsys.readouterr().err
    assert len(standins.workflows.posts) == 1
    SEARCH.look_at_files(tmp_path)
    assert SEARCH.found == []
