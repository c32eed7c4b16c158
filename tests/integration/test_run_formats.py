"""Standard output has the report and nothing else, in the form that was asked for; how it went is on standard error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from finopsguard import contracts
from finopsguard.models.report import Report
from finopsguard.report import markdown
from tests.integration.runs import Run, run
from tests.sweeps import sampled

MOCK = {
    "FINOPSGUARD_USE_MOCK_DATA": "true",
    "FINOPSGUARD_LANGUAGE": "en",
    "FINOPSGUARD_INCLUDE_ACCOUNTS": "999900001000",
}
"""Of one account: the form is the same."""


def logged(done: Run) -> list[str]:
    """The messages of the log, which has a JSON object in each line."""
    return [json.loads(line)["message"] for line in done.stderr.splitlines()]


def test_what_is_no_terminal_gets_the_report_as_text(tmp_path: Path) -> None:
    done = run(tmp_path, MOCK, report="daily")
    assert done.stdout.startswith("Daily AWS cost · ")
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "\x1b" not in done.stdout
    assert logged(done)[-1] == "report made"


@sampled(every=2)
@pytest.mark.parametrize("there", [True, False])
def test_markdown_also_goes_to_the_summary_of_a_job(tmp_path: Path, there: bool) -> None:
    summary = tmp_path / "summary.md"
    if there:
        summary.write_text("of a step before\n", "utf-8")
    done = run(tmp_path, {**MOCK, "GITHUB_STEP_SUMMARY": str(summary)}, "--format", "md")
    assert done.stdout == markdown.render(done.report)
    assert summary.read_text("utf-8") == ("of a step before\n" if there else "") + done.stdout
    assert logged(done)[-1] == "report made"


def test_a_summary_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    env = {**MOCK, "GITHUB_STEP_SUMMARY": str(tmp_path)}
    done = run(tmp_path, env, "--format", "md")
    assert done.code == 2
    assert "Set GITHUB_STEP_SUMMARY to a file." in done.stderr.splitlines()[-1]
    assert run(tmp_path, env).code == 0, "text goes nowhere else"


def test_a_log_that_is_to_have_no_costs_gets_none(tmp_path: Path) -> None:
    done = run(tmp_path, MOCK, "--format", "none", report="daily")
    assert (done.code, done.stdout) == (0, "")
    assert logged(done)[-1] == "report made"
    assert not re.search(r"\d\.\d\d\b.*USD|\$\d", done.stderr)


def test_json_is_the_report_that_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, MOCK, "--format", "json")
    assert done.stdout.encode() == (done.out / "report.json").read_bytes().rstrip(b"\n") + b"\n"
    assert contracts.decode(Report, done.stdout.encode()) == done.report
