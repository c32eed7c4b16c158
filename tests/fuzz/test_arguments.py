"""The command line, of any arguments: help, a result, or one line of why not. What a command would run is not run."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finopsguard import cli
from finopsguard.commands import run
from finopsguard.errors import ExecutionUnavailable
from tests.fuzz.held import SIG, soon, tries
from tests.fuzz.shapes import odd_text

COMMANDS = ["run", "detect", "backtest", "preview", "deliveries", "trial"]
ACTIONS = ["list", "resolve", "resend"]
OPTIONS = [
    "--report", "daily", "weekly", "--scheduled-time", "2026-11-23T08:00:00Z", "--lang", "es", "xx", "--force",
    "--out", "--state",
    "--format", "json", "md", "table", "--days", "3", "0", "-1", "²", "9" * 30, "9" * 5000, "--last", "--min-usd",
    "nan", "inf", "1e400",
    "--min-percent", "--sensitivity", "--exclude", "--missing-days-are-zero", "--complete-until", "2026-11-23",
    "0001-01-01",
    "9999-12-31", "--history-days", "--messages-a-week", "--yes", "--again", "--reason", "why", "posted", "not-posted",
    "weekly-2026-11-16/teams/001", "../../x/y/001", "a/b/c/d", "--", "-h", "--help", "costs.csv", "card.json", ".",
    "", "/dev/null",
    "--engine", "aws", f"https://x/?sig={SIG}",
]  # fmt: skip

words = st.one_of(
    st.sampled_from(OPTIONS),
    # What a shell can hand on: no NUL, and bytes that are no UTF-8 as Python escapes them.
    odd_text.filter(lambda text: "\0" not in text),
    st.binary(max_size=5).filter(lambda data: b"\0" not in data).map(os.fsdecode),
)
lines = st.builds(
    lambda command, action, rest: [command, *([action] if command == "deliveries" else []), *rest],
    st.one_of(st.sampled_from(COMMANDS), words),
    st.sampled_from(ACTIONS),
    st.lists(words, max_size=7),
)
# A line that gets past the parser, with one word of any kind in it.
near = st.builds(
    lambda line, word, place: [*line[:place], word, *line[place + 1 :]],
    st.sampled_from(
        [
            [
                "run",
                "--report",
                "daily",
                "--scheduled-time",
                "2026-11-23T08:00:00Z",
                "--out",
                "o",
                "--state",
                "s",
            ],
            [
                "detect",
                "costs.csv",
                "--days",
                "3",
                "--min-usd",
                "1",
                "--min-percent",
                "1",
                "--sensitivity",
                "1",
            ],
            ["detect", "costs.csv", "--complete-until", "2026-11-23", "--format", "json"],
            ["backtest", "costs.csv", "--days", "3", "--history-days", "50", "--messages-a-week", "2"],
            ["preview", "card.json", "--out", "card.html"],
            [
                "deliveries",
                "resolve",
                "weekly-2026-11-16/teams/001",
                "posted",
                "--reason",
                "why",
                "--state",
                "s",
            ],
            [
                "deliveries",
                "resend",
                "weekly-2026-11-16/teams/001",
                "--again",
                "--reason",
                "why",
                "--state",
                "s",
            ],
            ["deliveries", "list", "--last", "3", "--format", "md", "--state", "s"],
        ]
    ),
    words,
    st.integers(0, 9),
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory with a file of costs and a card."""
    folder, before = tmp_path_factory.mktemp("arguments"), Path.cwd()
    rows = [f"2026-11-{day:02},111111111111,Amazon EC2,{day}" for day in range(1, 24)]
    (folder / "costs.csv").write_text("date,account_id,service,cost\n" + "\n".join(rows) + "\n", "utf-8")
    (folder / "card.json").write_text('{"type": "message", "attachments": []}', "utf-8")
    os.chdir(folder)
    yield folder
    os.chdir(before)


def not_run(*_: object) -> None:
    """In the place of the engines: the command has got as far as it goes here."""
    raise ExecutionUnavailable("It is not run here.")


@tries(16)
@given(line=st.one_of(lines, near, near))
@pytest.mark.usefixtures("here")
def test_any_line_ends_with_a_result_or_with_what_is_wrong(line: list[str]) -> None:
    told, complained = io.StringIO(), io.StringIO()
    env = {"FINOPSGUARD_USE_MOCK_DATA": "true", "COLUMNS": "80"}
    with (
        soon(),
        patch.dict(os.environ, env),
        patch.object(run, "_run_embedded", not_run),
        patch.object(run, "_run_deployed", not_run),
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(complained),
    ):
        try:
            code: object = cli.main(line)
        except SystemExit as ended:
            code = ended.code
    assert code in (0, 1, 2)
    said = complained.getvalue()
    if code:
        assert "finopsguard" in said
    assert "Traceback" not in said
