"""What a person or a log sees of an execution while it runs."""

from __future__ import annotations

import io
import json
import re
import sys
from datetime import UTC, datetime

import pytest
from aws_lambda_powertools import Logger
from rich.console import Console

from finopsguard import telemetry
from finopsguard.engine.execution import Event
from finopsguard.engine.progress import Progress, TerminalView
from finopsguard.machine import deployed
from tests.workflow.fakes import Fakes, batch, failure


def on_a_terminal(fakes: Fakes) -> str:
    """Everything that a terminal 100 columns wide showed, without its colours."""
    stream = io.StringIO()
    with Progress(TerminalView(Console(file=stream, force_terminal=True, width=100))) as progress:
        fakes.run()
        for event in fakes.events:
            progress(event)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())


def last_table(shown: str) -> dict[str, str]:
    """The last state of the live table: the mark and the details of each state."""
    rows = re.findall(r"^(.) (\w+) +(.*?)\s*$", shown.replace("\r", "\n"), flags=re.MULTILINE)
    return {state: f"{mark} {detail}" for mark, state, detail in rows if mark in "+x"}


def test_a_terminal_shows_states_batches_and_retries_with_their_reason() -> None:
    fakes = Fakes(batch(number) for number in range(7))
    fakes.failures["fetch_costs"] = [failure("CostExplorerThrottled", "Too many requests.")] * 2
    shown = on_a_terminal(fakes)
    assert shown.count("! FetchBatchCosts: CostExplorerThrottled: Too many requests.") == 2
    table = last_table(shown)
    assert list(table) == list(deployed().steps)
    assert re.fullmatch(r"\+ 7 of 7 batches, 2 retries, \d+\.\d s", table["FetchCosts"])
    assert re.fullmatch(r"\+ 1 of 1 channels, \d+\.\d s", table["PostToTeams"])


def test_a_terminal_marks_the_channels_only_when_none_of_them_got_the_card() -> None:
    fakes = Fakes()
    fakes.channels, fakes.failing_channels = ["a", "b"], {"a": failure("TeamsRejected", "No such webhook.")}
    shown = on_a_terminal(fakes)
    assert "! PostToChannel: TeamsRejected: No such webhook." in shown
    assert last_table(shown)["PostToTeams"].startswith("+ 2 of 2 channels")
    assert last_table(shown)["HoldForRedrive"].startswith("x")
    fakes = Fakes()
    fakes.always["post_to_teams"] = failure("TeamsRejected", "No such webhook.")
    assert last_table(on_a_terminal(fakes))["PostToTeams"].startswith("x 1 of 1 channels")


def test_a_terminal_marks_what_failed() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge", "The card has 30,000 bytes.")
    shown = on_a_terminal(fakes)
    assert "! BuildCard: CardTooLarge: The card has 30,000 bytes." in shown
    marks = {state: text[0] for state, text in last_table(shown).items()}
    assert marks["DetectAnomalies"] == "+"
    assert marks["BuildCard"] == "x"
    assert marks["NotifyFailure"] == "+"
    assert marks["HoldForRedrive"] == "x"


@pytest.mark.parametrize(
    "payload", ['{"fewest": 3, "most": 17}', '{"fewest": 0, "most": 0}', '{"run": {}}', "[]", None]
)
def test_the_price_is_said_before_costs_are_read(payload: str | None) -> None:
    stream = io.StringIO()
    event = Event(1, datetime.now(UTC), "TaskStateExited", "ResolveAccounts", payload=payload)
    with Progress(TerminalView(Console(file=stream, width=100))) as progress:
        progress(event)
    said = "Reading costs takes about 3 to 17 requests of Cost Explorer ($0.03 to $0.17)" in stream.getvalue()
    assert said == (payload is not None and "17" in payload)
    assert ("costs takes" in stream.getvalue()) == said


def test_a_message_cannot_steer_the_terminal() -> None:
    fakes = Fakes()
    fakes.always["build_card"] = failure("CardTooLarge", "[red]bold[/red] \x1b[2J\x07\u202egnp " + "x" * 400)
    stream = io.StringIO()
    with Progress(TerminalView(Console(file=stream, force_terminal=True, width=400))) as progress:
        fakes.run()
        for event in fakes.events:
            progress(event)
    assert "[red]bold[/red]  [2J" in stream.getvalue()
    assert [part for part in ("\x1b[2J", "\x07", "\u202e") if part in stream.getvalue()] == []
    assert "x" * 201 not in stream.getvalue()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[dict[str, str]]:
    """What a run that fails writes to the log."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)  # not a terminal, as in a container or under a scheduler
    log = Logger(service=request.node.name, level="INFO", stream=stream)
    monkeypatch.setattr(telemetry, "logger", lambda: log)
    fakes = Fakes()
    fakes.failures["detect_anomalies"] = [failure("StoreUnavailable", "The bucket is slow.")]
    fakes.always["build_card"] = failure("CardTooLarge", "The card has 30,000 bytes.")
    fakes.run()
    with Progress.for_terminal_or_log() as progress:
        for event in fakes.events:
            progress(event)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_log_gets_a_json_line_per_state(logged: list[dict[str, str]]) -> None:
    states = [line["state"] for line in logged if line["message"] == "state entered"]
    assert states[0] == "ResolveAccounts"
    assert states[-2:] == ["NotifyFailure", "HoldForRedrive"]


def test_a_log_says_why_an_attempt_failed_and_how_it_ended(logged: list[dict[str, str]]) -> None:
    failed = [line for line in logged if line["message"] == "attempt failed"]
    assert [(line["state"], line["error"]) for line in failed] == [
        ("DetectAnomalies", "StoreUnavailable"),
        ("BuildCard", "CardTooLarge"),
        ("HoldForRedrive", "CardTooLarge"),
    ]
    assert failed[0]["message_to_operator"] == "The bucket is slow."
    assert [line["state"] for line in logged if line["message"] == "trying again"] == ["DetectAnomalies"]
    assert [line["status"] for line in logged if line["message"] == "execution ended"] == ["FAILED"]
