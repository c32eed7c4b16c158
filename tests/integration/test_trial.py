"""From a trial to the first report: what the trial bought is not bought again, and the report is the same."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from finopsguard import cli, contracts
from finopsguard.models.report import Report
from tests.integration.runs import READ_DAYS, environment, few

PROOF = 2
"""The pages of a report that reads no costs: the total of all that is billed, and who was billed."""


def command(folder: Path, env: Mapping[str, str], *arguments: str) -> None:
    with patch.dict(os.environ, environment(dict(env)), clear=True), contextlib.chdir(folder):
        assert cli.main([*arguments]) == 0


def report_of(folder: Path, env: Mapping[str, str], due: str, *, state: str, out: str) -> Report:
    options = ("--report", "daily", "--scheduled-time", due, "--state", state, "--out", out)
    command(folder, env, "run", *options)
    return contracts.decode(Report, (folder / out / "report.json").read_bytes())


def told(report: Report) -> dict[str, object]:
    """All that a report says but what it paid and which execution made it."""
    said = contracts.to_json(report)
    return {name: value for name, value in said.items() if name not in ("cost_explorer", "execution")}


def test_a_report_that_starts_from_a_trial_reads_no_costs_and_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    due = datetime.now(UTC).isoformat(timespec="seconds")
    with few(3) as aws:
        asked = aws.cost_explorer
        command(tmp_path, aws.environ(), "trial", "--yes", "--days", "3", "--out", "tried")
        bought = asked.requests
        assert bought > PROOF

        shutil.copytree(tmp_path / "tried" / "history", tmp_path / "state" / "history")
        first = report_of(tmp_path, aws.environ(), due, state="state", out="first")
        assert asked.requests - bought == first.cost_explorer.requests == PROOF

        alone = report_of(tmp_path, aws.environ(), due, state="alone", out="second")
        assert alone.cost_explorer.requests == bought
        assert told(first) == told(alone)

        shutil.copytree(tmp_path / "tried" / "history", tmp_path / "net" / "history")
        before = asked.requests
        other = aws.environ() | {"FINOPSGUARD_COST_METRIC": "NetUnblendedCost"}
        again = report_of(tmp_path, other, due, state="net", out="third")
        assert asked.requests - before == bought, "an answer to another question is no answer"
        assert again.cost_metric == "NetUnblendedCost"

        before, posts = asked.requests, len(aws.workflows.posts)
        command(tmp_path, aws.environ(), "trial", "--yes", "--days", "3", "--out", "tried")
        assert asked.requests - before == PROOF
        assert "costs about $0.02 to $0.02 (2 to 2 requests" in capsys.readouterr().err
        assert len(aws.workflows.posts) == posts, "a trial posts nothing"

        capsys.readouterr()
        command(tmp_path, aws.environ(), "backtest", "--state", "tried", "--days", "3", "--format", "json")
        found = json.loads(capsys.readouterr().out)
        assert (found["unknown"], found["history"]["unreadable"]) == ({"amounts": 0, "judged": 0}, [])
        assert (found["history"]["accounts"], found["history"]["days"]) == (3, READ_DAYS + 1)
        assert "rejected_rows" not in found


def test_what_a_trial_leaves_is_its_page_its_data_and_the_history(tmp_path: Path) -> None:
    with few(2) as aws:
        command(tmp_path, aws.environ(), "trial", "--yes", "--days", "3", "--out", "tried")
    found = {path.relative_to(tmp_path / "tried") for path in (tmp_path / "tried").rglob("*.*")}
    top = {path.parts[0] for path in found}
    assert top == {"trial.html", "trial.md", "trial.json", "history"}
    assert list(tmp_path.iterdir()) == [tmp_path / "tried"]
