"""Reports as a customer runs them, by the command or by the script, and what they leave behind."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from finopsguard import cli, contracts
from finopsguard.models.report import Report
from tests.planted import SEARCH
from tests.standins import StandIns
from tests.standins.costs import sample_accounts

ROOT = Path(__file__).parents[2]
SCHEDULED = "2026-11-23T08:00:00Z"
READ_DAYS = 45


@dataclass(frozen=True)
class Run:
    """What a run left behind."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def said(self) -> list[str]:
        """The lines for a person, without those of the log."""
        return [line for line in self.stderr.splitlines() if not line.startswith("{")]

    def json(self, name: str) -> Any:
        return json.loads((self.out / name).read_text("utf-8"))

    @property
    def report(self) -> Report:
        return contracts.decode(Report, (self.out / "report.json").read_bytes())

    @property
    def execution(self) -> dict[str, Any]:
        execution: dict[str, Any] = self.json("execution.json")
        return execution


def environment(env: dict[str, str]) -> dict[str, str]:
    """Nothing of this machine's settings but the path; the first report has the days that a customer's has."""
    quick = {
        "FINOPSGUARD_USE_MOCK_DATA": "false",
        "FINOPSGUARD_WAIT_SCALE": "0.01",
        "FINOPSGUARD_HISTORY_DAYS": str(READ_DAYS),
    }
    return {"PATH": os.environ["PATH"], **quick, **env}


def arguments(folder: Path, options: tuple[str, ...]) -> list[str]:
    files = ["--out", str(folder / "out")]
    if "aws" not in options:
        files += ["--state", str(folder / "state")]
    return ["--scheduled-time", SCHEDULED, *files, *options]


def run_script(folder: Path, env: dict[str, str]) -> Run:
    """Runs the script as a customer does: another process, in an empty folder."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "run_weekly.py"), *arguments(folder, ())],
        env=environment(env),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    SEARCH.look_at_files(folder)
    return Run(done.returncode, done.stdout, done.stderr, folder / "out")


def run(folder: Path, env: dict[str, str], *options: str, report: str = "weekly") -> Run:
    """The same in this process, which saves the start of Python and of moto."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(env), clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        try:
            code = cli.main(["run", "--report", report, *arguments(folder, options)])
        except SystemExit as stop:  # argparse's way to refuse
            code = int(stop.code or 0)
    SEARCH.look("printed", stdout.getvalue() + stderr.getvalue())
    return Run(code, stdout.getvalue(), stderr.getvalue(), folder / "out")


def few(accounts: int = 6) -> StandIns:
    """An Organization that is read soon; the first report is of one with all samples."""
    return StandIns(accounts=sample_accounts(accounts))
