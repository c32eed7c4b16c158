"""The card of a monthly report, drawn from its RetrospectiveStory; shorter forms of it where it would be too large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import card_head, ladder
from finopsguard.channels.teams.elements import (
    SMALL,
    Element,
    adaptive_card,
    container,
    open_url,
    text,
    text_run,
)
from finopsguard.models.report import Report
from finopsguard.models.retrospective import Retrospective
from finopsguard.report.retrospective_story import RetrospectiveStory


@dataclass(frozen=True)
class _Form:
    """How many of each list the card shows; the page has all."""

    incidents: int = 5
    owners: int = 4
    held: int = 3
    forecasts: int = 3
    notes: int = 4


_LADDER = (_Form(), _Form(4, 3, 2, 1), _Form(3, 2, 1, 1, 2), _Form(2, 1, 0, 1, 1), _Form(1, 0, 0, 0, 0))


def message(report: Report, looked: Retrospective, *, page: PageButton | None = None) -> dict[str, Any]:
    """The body to post; `page` leads to the report page. Raises CardTooLarge (a bug: names are shortened)."""
    story = RetrospectiveStory(report, looked)
    return ladder.fitting(_LADDER, lambda form: _card(story, form, page))


def _card(story: RetrospectiveStory, form: _Form, page: PageButton | None) -> Element:
    figures = story.figures
    body = [
        _headline(story),
        *map(card_head.notice, story.notices),
        card_head.tiles(figures[:3]),
        card_head.tiles(figures[3:]),
        *([text(text_run(story.answers), spacing="Small")] if story.answers else []),
        *_incidents(story, form),
        *_listed(story.t("retro.owners"), story.owners[: form.owners]),
        *_listed(story.t("retro.held"), story.held[: form.held]),
        *_listed(story.t("retro.also"), _also(story, form)),
        *_footer(story, form),
    ]
    buttons = [open_url(story.t(page.words), page.url)] if page else []
    buttons += [open_url(story.t("button.cost_explorer"), story.link)] if story.link else []
    return adaptive_card(body, language=story.report.language, summary=story.summary, buttons=buttons)


def _headline(story: RetrospectiveStory) -> Element:
    lines = [
        text(text_run(line), spacing="Small")
        for line in (f"{story.sentence} {story.ends}".strip(), story.partly)
        if line
    ]
    return container(
        [
            text(text_run(story.title, bold=True), text_run(" · ", **SMALL), text_run(story.scope, **SMALL)),
            text(text_run(story.amount, size="ExtraLarge", bold=True)),
            text(text_run(story.change, bold=True, size="Medium"), spacing="Small"),
            *lines,
        ],
        style="emphasis",
        bleed=True,
    )


def _incidents(story: RetrospectiveStory, form: _Form) -> list[Element]:
    ranked = story.ranked
    if not ranked:
        return []
    made = [_heading(story.t("retro.incidents"))]
    for line in ranked[: form.incidents]:
        amount = text_run(f"{story.amount_of(line)} ", bold=True)
        made.append(text(amount, text_run(story.name(line)), spacing="Small"))
        made.append(text(text_run(story.status(line), **SMALL), spacing="None"))
    more = story.more(ranked[form.incidents :])
    return made + ([text(text_run(more, **SMALL), spacing="Small")] if more else [])


def _also(story: RetrospectiveStory, form: _Form) -> list[str]:
    forecasts = story.forecasts[: form.forecasts]
    return [line for line in (*forecasts, story.restated, story.price_of_month) if line]


def _heading(title: str) -> Element:
    return text(text_run(title, bold=True), spacing="Medium", separator=True)


def _listed(title: str, lines: Sequence[str]) -> list[Element]:
    """A section of small lines; nothing without any."""
    if not lines:
        return []
    return [_heading(title), *(text(text_run(line, size="Small"), spacing="Small") for line in lines)]


def _footer(story: RetrospectiveStory, form: _Form) -> list[Element]:
    coverage = [] if story.partial else [story.coverage]
    trust = " · ".join((*coverage, story.freshness, story.basis))
    lines = [story.charges, trust, f"{story.built}, {story.price}"]
    lines += [f"ℹ {note}" for note in story.notes[: form.notes]]
    made = [text(text_run(line, **SMALL), spacing="Small") for line in lines if line]
    return [made[0] | {"separator": True, "spacing": "Medium"}, *made[1:]]
