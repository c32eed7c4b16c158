"""The Adaptive Card of a report, never larger than Teams takes.

Teams counts 28 KB with its own wrapping, so `limits` has a lower one. Where a card is larger, or too tall for a phone,
it goes down a ladder of shorter forms and says what it left out; the headline, the warnings and one anomaly are on
every rung.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finopsguard.channels.page_link import PageButton
from finopsguard.channels.teams import (
    card_budgets,
    card_head,
    card_lists,
    card_trend,
    ladder,
    retrospective_card,
)
from finopsguard.channels.teams.elements import (
    SMALL,
    Element,
    adaptive_card,
    calling,
    column,
    columns,
    container,
    open_url,
    text,
    text_run,
)
from finopsguard.channels.teams.ladder import Form
from finopsguard.models.report import Report
from finopsguard.models.severity import SEVERITIES, Mention
from finopsguard.report import facts, month, severity
from finopsguard.report.story import Story
from finopsguard.version import VERSION

_SIDE_BY_SIDE = 13  # characters of the amount that leave room for the title on a phone


def message(
    report: Report,
    *,
    page: PageButton | None = None,
    mention: Mention | None = None,
    replies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body to post; `page` leads to the report page. Raises CardTooLarge (a bug: names are shortened).

    `mention` is called where an anomaly of the highest level is told for the first time, or has grown. `replies` lead
    to where an anomaly of that id is answered.
    """
    if report.retrospective:
        return retrospective_card.message(report, report.retrospective, page=page)
    story = Story(report)
    called = mention if severity.gravest(report) else None
    return ladder.fitting(ladder.LADDER, lambda form: _card(story, form, page, called, replies or {}))


def _card(
    story: Story, form: Form, page: PageButton | None, mention: Mention | None, replies: Mapping[str, str]
) -> Element:
    body = [
        _headline(story),
        *([calling(mention, _called_for(story))] if mention else []),
        *map(card_head.notice, story.notices),
        card_head.tiles(story.tiles),
        *card_budgets.elements(story, form),
        *card_trend.elements(story, form),
        *card_lists.anomalies(story, form, replies),
        *card_lists.charge_findings(story, form),
        *card_lists.movers(story, form),
        *card_lists.accounts(story, form),
        *_footer(story, form),
    ]
    return adaptive_card(
        body,
        language=story.report.language,
        summary=story.summary,
        buttons=_buttons(story, form, page),
        mention=mention,
    )


def _called_for(story: Story) -> str:
    """How many anomalies somebody is called for: words of ours and of the settings alone."""
    found = len(severity.gravest(story.report))
    level = severity.word(story, SEVERITIES[-1])
    return story.t("severity.called", n=found, count=story.n.count(found), severity=level)


def _buttons(story: Story, form: Form, page: PageButton | None) -> list[Element]:
    buttons = [open_url(story.t(page.words), page.url)] if page else []
    if story.link:
        buttons.append(open_url(story.t("button.cost_explorer"), story.link))
    several = len(story.report.accounts) > 1 and facts.largest_accounts(story.report)
    if several and form.accounts:
        toggle = {
            "type": "Action.ToggleVisibility",
            "title": story.t("button.accounts"),
            "targetElements": [card_lists.ACCOUNT_LIST],
        }
        buttons.append(toggle)
    return buttons


def _headline(story: Story) -> Element:
    title, period = text_run(story.title, bold=True), text_run(story.scope, **SMALL)
    amount = text(text_run(story.amount, size="ExtraLarge", bold=True))
    if len(story.amount) > _SIDE_BY_SIDE:
        top = [text(title, text_run(" · ", **SMALL), period), amount]
    else:
        label = [text(title, right=True), text(period, right=True, spacing="None")]
        top = [columns(column([amount], "auto"), column(label, "stretch", middle=True))]
    so_far = [text(text_run(story.so_far, **SMALL), spacing="Small")] if story.so_far else []
    return container(
        [
            *top,
            text(text_run(story.change, bold=True, size="Medium"), spacing="Small"),
            *([text(text_run(story.large_charge, bold=True), spacing="Small")] if story.large_charge else []),
            text(text_run(story.why), spacing="Small"),
            *so_far,
        ],
        style="emphasis",
        bleed=True,
    )


def _footer(story: Story, form: Form) -> list[Element]:
    made: list[Element] = []
    if story.charges:
        made.append(text(text_run(story.charges, size="Small")))
    if story.usage_parts and form.record_types:
        made.append(text(text_run(story.usage_parts, **SMALL), spacing="Small"))
    # Where accounts are missing the warning above has said so.
    coverage = [] if story.partial else [story.coverage]
    trust = " · ".join((*coverage, story.freshness, story.basis))
    made.append(text(text_run(trust, **SMALL), spacing="Small"))
    runs = [text_run(f"{story.built}, {story.price} · FinOps Guard {VERSION}", **SMALL)]
    link = story.console.execution_page()
    if link:
        runs += [text_run(" · ", **SMALL), text_run(story.t("link.run"), size="Small", link=link)]
    made.append(text(*runs, spacing="Small"))
    notes = [*story.notes[:4], *_dropped(story, form)]
    made += [text(text_run(f"ℹ {note}", **SMALL), spacing="Small") for note in notes]
    return [made[0] | {"separator": True, "spacing": "Medium"}, *made[1:]]


def _dropped(story: Story, form: Form) -> list[str]:
    """Parts that this rung left out, in words; how many anomalies and accounts are shown is said where they are."""
    t, report = story.t, story.report
    parts = (
        (form.movers == 0, "dropped.movers"),
        (form.accounts == 0 and len(report.accounts) > 1, "dropped.accounts"),
        (bool(month.budgets(story)) and not card_budgets.elements(story, form), "dropped.budgets"),
        (not form.pictures, "dropped.pictures"),
        (not form.record_types and bool(story.usage_parts), "dropped.record_types"),
        (form.resources == 0 and any(line.resources for line in report.anomalies), "dropped.resources"),
        (form.who == 0 and any(line.who for line in report.anomalies), "dropped.who"),
        (not form.causes, "dropped.causes"),
    )
    names = [t(key) for gone, key in parts if gone]
    return [t("dropped.intro", parts=", ".join(names))] if names else []
