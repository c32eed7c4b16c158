"""The card that says a report failed, drawn from its FailureStory; never larger than `limits` allow."""

from __future__ import annotations

from typing import Any

from finopsguard import contracts
from finopsguard.channels.teams import limits
from finopsguard.channels.teams.elements import (
    Element,
    adaptive_card,
    column,
    columns,
    container,
    envelope,
    open_url,
    text,
    text_run,
)
from finopsguard.report.failure_story import FailureStory

_CAUSE_LENGTHS = (420, 200, 80)
_NAME = 26  # no error of ours has a longer name, so all can be copied in one piece


def message(story: FailureStory) -> dict[str, Any]:
    """The body to post, with as much of the cause as there is room for."""
    made: dict[str, Any] = {}
    for length in _CAUSE_LENGTHS:
        made = envelope(_card(story, length))
        if len(contracts.encode(made)) <= limits.MAX_FAILURE_BYTES:
            return made
    return made


def _card(story: FailureStory, cause_length: int) -> Element:
    body = [
        container(
            [
                text(text_run(f"✖ {story.title}", bold=True, size="Large")),
                text(text_run(story.meaning), spacing="Small"),
            ],
            style="attention",
            bleed=True,
        ),
        *_facts(story),
        text(text_run(story.cause_title, size="Small", subtle=True), spacing="Medium"),
        *_in_words(story),
        text(text_run(story.cause(cause_length), longest_word=36), spacing="None"),
        text(text_run(story.todo_title, bold=True, size="Medium"), spacing="Medium", separator=True),
        *_todos(story),
    ]
    buttons = [open_url(link.title, link.url) for link in story.links]
    return adaptive_card(body, language=story.language, summary=story.summary, buttons=buttons)


def _facts(story: FailureStory) -> list[Element]:
    return [
        columns(
            column([text(text_run(fact.label, subtle=True))], "84px"),
            column([text(text_run(fact.value, bold=True, longest_word=_NAME))], "stretch"),
            spacing="None" if index else "Medium",
        )
        for index, fact in enumerate(story.facts)
    ]


def _in_words(story: FailureStory) -> list[Element]:
    words = story.error_in_words
    return [text(text_run(words, bold=True), spacing="None")] if words else []


def _todos(story: FailureStory) -> list[Element]:
    return [
        columns(
            column([text(text_run(f"{number}.", bold=True))], "20px"),
            column([text(text_run(todo, longest_word=_NAME))], "stretch"),
            spacing="Small",
        )
        for number, todo in enumerate(story.todos, start=1)
    ]
