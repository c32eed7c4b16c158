"""The small card that corrects an earlier report, drawn from its CorrectionStory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finopsguard import contracts
from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams.elements import (
    SMALL,
    adaptive_card,
    container,
    envelope,
    open_url,
    text,
    text_run,
)
from finopsguard.models.report import Correction, Report
from finopsguard.report.correction_story import CorrectionStory


def message(report: Report, correction: Correction, *, page: PageButton | None = None) -> dict[str, Any]:
    """The body to post; `report` is the one that found the error, `page` leads to its page."""
    story = CorrectionStory(report, correction)
    head = [
        text(text_run(story.title, bold=True), text_run(f" · {story.basis_word}", **SMALL)),
        text(text_run(story.amounts, bold=True, size="Medium"), spacing="Small"),
    ]
    body = [
        container(head, style="warning", bleed=True),
        *(text(text_run(reason)) for reason in story.reasons),
        text(text_run(story.pointer), spacing="Small"),
        text(text_run(story.told, **SMALL), spacing="Small"),
    ]
    buttons = [open_url(story.t(page.words), page.url)] if page else []
    return envelope(adaptive_card(body, language=report.language, summary=story.summary, buttons=buttons))


def messages(report: Report, page: PageButton | None) -> Iterator[tuple[str, str, bytes]]:
    """(run id of the report that proved wrong, a channel that was told, what is posted there) for each correction."""
    for wrong in report.corrections:
        body = contracts.encode(message(report, wrong, page=page))
        yield from ((wrong.run_id, channel, body) for channel in wrong.channels)
