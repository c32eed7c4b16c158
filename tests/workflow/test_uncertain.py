"""A card that may be in the channel, from Teams' answer to the operator's: the real machine, steps and command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finopsguard import cli
from tests.standins import StandIns
from tests.sweeps import exhaustive
from tests.workflow.test_real_steps import Machine, statuses

ATTEMPT = "weekly-2026-11-16-mock/teams/001"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Away from this folder's .env; what the command sets ends with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FINOPSGUARD_BUCKET", "")


def resolve(outcome: str) -> int:
    return cli.main(["deliveries", "resolve", ATTEMPT, outcome, "--reason", "looked"])


@pytest.mark.usefixtures("elsewhere")
def test_it_is_asked_once_and_the_answer_leads_to_one_card(
    teams: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine()
    teams.workflows.answer(504)
    first = machine.run()
    # Another execution of the same report, from where the two differ.
    second = machine.run(machine.entered("PostToTeams")[0], start_at="PostToTeams")
    for each in (first, second):
        assert (each.status, each.error) == ("FAILED", "DeliveryUncertain")
    (alert,) = teams.workflows.messages()
    shown = json.dumps(alert, ensure_ascii=False)
    assert f"finopsguard deliveries resolve {ATTEMPT} OUTCOME" in shown.replace("\u200b", "")

    cli.main(["deliveries", "list", "--format", "json"])
    (standing,) = json.loads(capsys.readouterr().out)["deliveries"]
    assert (standing["id"], standing["state"]) == (ATTEMPT, "uncertain")
    assert resolve("not-posted") == 0
    resumed = machine.redrive(1)
    assert (resumed.status, statuses(resumed)) == ("SUCCEEDED", ["delivered"])
    assert len(teams.workflows.posts) == 2


@exhaustive(beside="tests/unit/channels/test_decisions.py::test_posted_leaves_what_a_post_would_have_left")
@pytest.mark.usefixtures("elsewhere")
def test_a_card_that_is_there_is_not_posted_by_a_redrive(teams: StandIns) -> None:
    machine = Machine()
    teams.workflows.answer(502, body='{"error": {"code": "NoResponse"}}')
    assert machine.run().error == "DeliveryUncertain"
    assert resolve("posted") == 0
    resumed = machine.redrive(1)
    assert (resumed.status, statuses(resumed)) == ("SUCCEEDED", ["already_delivered"])
    assert len(teams.workflows.posts) == 1
