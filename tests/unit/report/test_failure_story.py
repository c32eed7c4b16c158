"""The words of a failed report, without any card around them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest

from finopsguard import machine
from finopsguard.models.messages import Failure, FailureDetail
from finopsguard.models.run import Language
from finopsguard.report import failure_story
from finopsguard.report.failure_story import Fact, FailureStory, Link
from tests.unit.channels.teams.failure_cases import FAILURES
from tests.unit.report.sample import EXECUTION


def failed_at(step: str, **more: object) -> FailureStory:
    """A step that failed with a run of ours as its input, which tells no batches."""
    made = FAILURES["failed_teams"]("en")
    return FailureStory(
        replace(made, input={"run": made.input["run"], **more}, failure=FailureDetail(step, "KeyError", "x")),
        "en",
    )


def test_it_tells_what_happened_why_and_what_to_do() -> None:
    story = FailureStory(FAILURES["failed_teams"]("en"), "en", "Europe/Madrid", "https://example.com/r")

    assert story.title == "The weekly cost report failed"
    assert story.meaning == (
        "No report for 9–15 Nov 2026. All costs had been read; only the card is missing."
    )
    assert story.summary == f"{story.title}. {story.meaning}"
    assert story.facts == [
        Fact("Failed step", "Posting to Teams (PostToTeams)"),
        Fact("Error", "TeamsRejected"),
        Fact("Report", "weekly-2026-11-16"),
    ]
    assert (story.cause_title, story.todo_title) == ("What happened", "What to do")
    assert story.error_in_words == "Teams refused the webhook or the card."
    assert story.cause(60).startswith("Teams refused the webhook (HTTP 401).")
    assert len(story.cause(60)) <= 60
    assert [todo.split(" ")[0] for todo in story.todos] == ["Do", "Open", "If"]
    assert story.links[-1] == Link("Runbook", "https://example.com/r")


def test_where_events_failed_it_says_that_the_report_is_there() -> None:
    story = failed_at(failure_story.SENDING)

    assert story.title == "The events of a report were not sent"
    assert story.meaning == (
        "The report for 9–15 Nov 2026 is in its channels; only EventBridge has not been told of all its incidents."
        " A redrive sends those that are missing."
    )
    unknown = Failure({}, FailureDetail(failure_story.SENDING, "EventBusRefused", "x"))
    assert FailureStory(unknown, "es").meaning.startswith("El informe está en sus canales;")


_BEFORE_THE_POST = [
    step for step in machine.deployed().after(failure_story.READING) if step != failure_story.SENDING
]


@pytest.mark.parametrize("step", _BEFORE_THE_POST)
def test_after_the_reading_it_says_that_what_was_read_is_kept(step: str) -> None:
    expected = "only the card is missing" if step == failure_story.POSTING else "What was read is kept."
    assert expected in failed_at(step).meaning


@pytest.mark.parametrize("step", ["ResolveAccounts", "FetchCosts", "NotifyFailure", "no such step"])
def test_before_and_beside_it_does_not(step: str) -> None:
    assert "kept" not in failed_at(step).meaning


@pytest.mark.parametrize("error", ["InvalidInput", "ObjectMissing"])
def test_where_a_redrive_would_fail_again_it_is_not_asked_for(error: str) -> None:
    made = FAILURES["failed_teams"]("en")
    failed = replace(
        made, failure=FailureDetail("AggregateCosts", error, "runs/x/costs.parquet is not there")
    )
    first, then, _ = FailureStory(failed, "en").todos
    assert first == "Do what the message above says."
    assert then.startswith("Start a new execution, no redrive")


def test_batches_that_were_counted_say_it_themselves() -> None:
    batches = [{"status": "ok"}, {"status": "unavailable"}]
    assert failed_at("AggregateCosts", batches=batches).meaning.endswith(
        "1 of 2 batches of accounts had been read."
    )


@pytest.mark.parametrize("step", machine.deployed().steps)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_step_has_its_words_and_its_log(step: str, language: Language) -> None:
    story = FailureStory(Failure({}, FailureDetail(step, "KeyError", ""), EXECUTION), language)
    assert story.facts[0].value.endswith(f"({step})")
    assert story.links[1].url.endswith(f"$252F{step}")


def test_a_state_that_is_no_step_is_shown_as_it_is_with_the_logs_of_the_stack() -> None:
    story = FailureStory(Failure({}, FailureDetail("Wait **a** bit", "X", ""), EXECUTION), "en")
    assert story.facts[0].value == "Wait **a** bit"
    assert "logGroupNameFilter" in story.links[1].url


def test_the_steps_that_have_their_own_words_are_steps() -> None:
    named = {failure_story._FIRST, failure_story.READING, failure_story.POSTING}
    assert named <= set(machine.deployed().steps)
    assert machine.definition()["States"][failure_story.READING]["Type"] == "Map"


@pytest.mark.parametrize("language", get_args(Language))
def test_a_correction_that_failed_does_not_say_that_there_is_no_report(language: Language) -> None:
    whole = FAILURES["failed_teams"](language)
    failed = replace(
        whole, failure=replace(whole.failure, corrects="daily-2026-11-15", error="DeliveryUncertain")
    )
    story, other = FailureStory(failed, language), FailureStory(whole, language)
    assert "daily-2026-11-15" in story.meaning
    assert story.title != other.title
    assert story.todos[0] in (
        "Look into the channel: is the correction there?",
        "Mire el canal: ¿está la corrección?",
    )


def posting(error: str, language: Language, corrects: str | None = None) -> FailureStory:
    """A report, or a correction of one, whose post ended with that error."""
    whole = FAILURES["failed_teams"](language)
    message = (
        "What happened. Look there, then say what you saw:"
        " finopsguard deliveries resolve weekly-2026-11-16/teams/001 posted --reason TEXT (or not-posted)."
    )
    detail = replace(
        whole.failure,
        error=error,
        corrects=corrects,
        cause=json.dumps({"errorMessage": message, "errorType": error}),
    )
    return FailureStory(replace(whole, failure=detail), language)


@pytest.mark.parametrize("corrects", [None, "daily-2026-11-15"])
@pytest.mark.parametrize(
    "error",
    ["DeliveryUncertain", "TeamsAnswerUnknown", "DeliveryInProgress", "StoreUnavailable", "States.Timeout"],
)
def test_of_a_card_that_may_be_there_it_does_not_say_that_it_is_missing(
    error: str, corrects: str | None
) -> None:
    meaning = posting(error, "en", corrects).meaning
    assert "may be" in meaning
    assert "No report" not in meaning
    assert "missing" not in meaning
    assert (corrects or "9–15 Nov 2026") in meaning


def test_who_is_asked_gets_the_command_to_answer_with() -> None:
    story = posting("DeliveryUncertain", "en")
    assert story.title == "It is not known whether a card arrived"
    assert story.todos[1] == (
        "Say what you saw, posted or not-posted:"
        " finopsguard deliveries resolve weekly-2026-11-16/teams/001 OUTCOME --reason …."
        " If it is not there, redrive after that."
    )


@pytest.mark.parametrize("corrects", [None, "daily-2026-11-15"])
def test_a_card_that_is_there_is_said_to_be_there(corrects: str | None) -> None:
    story = posting("DeliveryUnrecorded", "en", corrects)
    assert story.title == "A card was posted, but not recorded"
    assert "is in the channel; only the record of it is missing." in story.meaning
    assert story.todos[1].startswith(
        "Record that it is there: finopsguard deliveries resolve weekly-2026-11-16/teams/001 posted --reason"
    )
    whole = FAILURES["failed_teams"]("en")
    unknown = FailureStory(
        replace(whole, input={}, failure=replace(whole.failure, error="DeliveryUnrecorded")), "en"
    )
    assert unknown.meaning.startswith("The report is in the channel")


def test_a_refusal_is_no_question() -> None:
    story = posting("TeamsRejected", "en")
    assert story.meaning.startswith("No report for")
    assert "Redrive" in story.todos[1]
