"""The failure as plain text: what a mail says where no card arrives."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest

from finopsguard.models.run import Language
from finopsguard.report.alert_text import AlertText
from finopsguard.report.failure_story import FailureStory
from tests.unit.channels.teams.failure_cases import FAILURES

REFUSED = "TeamsRejected: Teams refused the webhook (HTTP 401). Make a new one."


def words(case: str, language: Language = "en") -> AlertText:
    return AlertText(FailureStory(FAILURES[case](language), language, "Europe/Madrid"))


def test_the_mail_says_what_the_card_would() -> None:
    story = FailureStory(FAILURES["failed_aggregate"]("en"), "en")
    lines = AlertText(story).body(REFUSED).splitlines()
    assert lines[:2] == [story.title, story.meaning]
    assert all(f"{fact.label}: {fact.value}" in lines for fact in story.facts)
    assert story.cause(2_000) in lines
    assert [f"{number}. {todo}" in lines for number, todo in enumerate(story.todos, 1)] == [True] * 3
    assert all(f"{link.title}: {link.url}" in lines for link in story.links)
    assert lines[-1] == f"Teams did not take this alert, so it comes by this way: {REFUSED}"


def test_without_a_webhook_it_says_so_in_the_reader_s_language() -> None:
    assert words("failed_fetch", "es").body(None).endswith("este aviso solo llega por esta vía.\n")


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("case", FAILURES)
def test_sns_takes_every_subject(case: str, language: Language) -> None:
    """AWS, SNS Publish: ASCII from a letter, number or punctuation mark on, less than 100 characters, one line."""
    subject = words(case, language).subject
    assert re.fullmatch(r"[!-~][ -~]{0,98}", subject)
    assert subject.startswith("FinOps Guard: ")


def test_accents_are_left_out_of_a_subject_and_kept_in_the_text() -> None:
    told = words("timed_out", "es")
    assert told.subject == "FinOps Guard: Un informe de costes tardo demasiado y se cerro"
    assert "tardó demasiado y se cerró" in told.body(None)


def test_what_comes_from_outside_cannot_add_a_line() -> None:
    made = FAILURES["failed_resolve"]("en")
    hostile = replace(made, failure=replace(made.failure, error="X\nBcc: all", cause="a\r\n\u202eb"))
    text = AlertText(FailureStory(hostile, "en")).body("TeamsRejected: a\nb")
    assert "\nBcc" not in text
    assert "\u202e" not in text
    assert text.rstrip().endswith("TeamsRejected: a b")
