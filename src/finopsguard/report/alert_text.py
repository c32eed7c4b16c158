"""The failure as plain text, for a reader whom the card does not reach: by e-mail, as a rule."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from finopsguard.report.failure_story import FailureStory
from finopsguard.report.messages import catalogue
from finopsguard.report.untrusted import plain

# Documented by AWS (SNS, Publish): ASCII, no line breaks, "less than 100 characters long".
_LONGEST_SUBJECT = 99
_LONGEST_CAUSE = 2_000


class AlertText:
    """Subject and body of the alert that a FailureStory tells, in its language."""

    def __init__(self, story: FailureStory) -> None:
        self._story = story
        self._t = catalogue(story.language)

    @property
    def subject(self) -> str:
        """The story's title in less than 100 ASCII characters: accents are left out."""
        apart = unicodedata.normalize("NFKD", f"FinOps Guard: {self._story.title}")
        return apart.encode("ascii", "ignore").decode()[:_LONGEST_SUBJECT]

    def body(self, refused: str | None) -> str:
        """The whole story; `refused` is the error for which the alert is not in Teams, None without a webhook."""
        return "\n".join(self._lines(refused)) + "\n"

    def _lines(self, refused: str | None) -> Iterator[str]:
        story = self._story
        yield story.title
        yield story.meaning
        yield ""
        yield from (f"{fact.label}: {fact.value}" for fact in story.facts)
        yield ""
        yield f"{story.cause_title}:"
        yield from (line for line in (story.error_in_words, story.cause(_LONGEST_CAUSE)) if line)
        yield ""
        yield f"{story.todo_title}:"
        yield from (f"{number}. {todo}" for number, todo in enumerate(story.todos, start=1))
        if story.links:
            yield ""
            yield from (f"{link.title}: {link.url}" for link in story.links)
        yield ""
        yield (
            self._t("alert.teams_refused", error=plain(refused, _LONGEST_CAUSE))
            if refused
            else self._t("alert.no_webhook")
        )
