"""The order of the steps, read from the state machine's file; and that every step of it has its sentence."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from finopsguard import machine
from finopsguard.models.run import Language
from finopsguard.report.messages import catalogue

SENTENCE = "failure.state."


def without_words(steps: tuple[str, ...], texts: Mapping[str, Any]) -> list[str]:
    """Steps that the failure card cannot name, and names of steps that there are not; "execution" is no step."""
    named = {key.removeprefix(SENTENCE) for key in texts if key.startswith(SENTENCE)} - {"execution"}
    missing = [f"{step} has no message {SENTENCE}{step}" for step in steps if step not in named]
    return missing + [f"{SENTENCE}{name} names no step" for name in sorted(named - set(steps))]


SMALL = {
    "StartAt": "Read",
    "States": {
        "Post": {"Type": "Map", "Next": "Done"},
        "Judge": {"Type": "Task", "Next": "Post"},
        "Alert": {"Type": "Task", "Next": "Judge"},
        "Read": {"Type": "Task", "Next": "Judge"},
        "Done": {"Type": "Succeed"},
    },
}


def test_the_steps_stand_in_the_order_of_a_good_run_whatever_the_order_in_the_file() -> None:
    read = machine.read(SMALL)
    assert read.steps == ("Read", "Judge", "Post")
    assert read.way == ("Read", "Judge", "Post", "Done")


def test_what_comes_after_a_step() -> None:
    read = machine.read(SMALL)
    assert read.after("Read") == ("Judge", "Post")
    assert read.after("Post") == ()
    with pytest.raises(ValueError, match="Alert is no step of the state machine"):
        read.after("Alert")


def test_the_deployed_machine_begins_with_the_accounts_and_ends_in_teams() -> None:
    steps = machine.deployed().steps
    assert (steps[0], steps[-1]) == ("ResolveAccounts", "SendEvents")
    assert steps.index("FetchCosts") < steps.index("DetectAnomalies") < steps.index("BuildCard")


@pytest.mark.parametrize("language", get_args(Language))
def test_every_step_has_its_sentence_and_no_sentence_is_without_its_step(language: Language) -> None:
    assert without_words(machine.deployed().steps, catalogue(language).texts) == []


def test_a_step_without_its_sentence_and_a_sentence_without_its_step_are_named() -> None:
    definition = copy.deepcopy(machine.definition())
    definition["States"]["DetectAnomalies"]["Next"] = "TagOwners"
    definition["States"]["TagOwners"] = {"Type": "Task", "Next": "BuildCard"}
    texts = {**catalogue("en").texts, "failure.state.ExplainAnomalies": "Explaining anomalies"}
    assert without_words(machine.read(definition).steps, texts) == [
        "TagOwners has no message failure.state.TagOwners",
        "failure.state.ExplainAnomalies names no step",
    ]


def test_a_good_run_takes_a_choice_s_default_and_a_choice_is_no_step() -> None:
    definition = copy.deepcopy(machine.definition())
    definition["States"]["BuildCard"]["Next"] = "IsQuiet"
    definition["States"]["IsQuiet"] = {"Type": "Choice", "Choices": [], "Default": "PostToTeams"}
    read = machine.read(definition)
    assert "IsQuiet" in read.way
    assert read.steps == machine.deployed().steps


def test_a_way_that_goes_round_is_refused() -> None:
    definition = copy.deepcopy(machine.definition())
    definition["States"]["BuildCard"]["Next"] = "FetchCosts"
    with pytest.raises(ValueError, match="comes back to FetchCosts"):
        machine.read(definition)
