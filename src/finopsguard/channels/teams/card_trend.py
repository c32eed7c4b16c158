"""The card's trend: a picture of the last days, or a line of blocks where there is no room for one."""

from __future__ import annotations

from finopsguard.channels.teams import picture
from finopsguard.channels.teams.elements import SMALL, Element, column, columns, image, text, text_run
from finopsguard.channels.teams.ladder import Form
from finopsguard.report import facts, trend
from finopsguard.report.numbers import NO_BREAK
from finopsguard.report.story import Story


def elements(story: Story, form: Form) -> list[Element]:
    """The trend with its days and its legend; nothing where there are fewer than two days."""
    bars = trend.bars(story.report)
    if len(bars) < 2:
        return []
    first, last = trend.ends(story)
    ends = columns(
        column([text(text_run(first, **SMALL))], "auto"),
        column([text(text_run(last, **SMALL), right=True)], "stretch"),
        spacing="None",
    )
    if not form.pictures:
        return [text(text_run(trend.sparkline(story.report), colour="Accent"), spacing="Medium"), ends]
    picture_of_days = image(picture.data_uri(bars), story.trend_alt, spacing="Medium")
    return [picture_of_days, ends, text(*_legend(story), spacing="Small")]


def _legend(story: Story) -> list[Element]:
    """What the picture's colours mean; each also differs in form, so colour is never the only sign."""
    days = facts.recent_days(story.report)
    t = story.t
    now = t("trend.this_day") if story.report.report == "daily" else t("trend.this_week")
    items = [("■", "Accent", now)]
    if any(facts.is_unusual(day) for day in days):
        items.append(("■", "Attention", t("trend.unusual")))
    if any(facts.is_unfinished(story.report, day) for day in days):
        items.append(("□", "Accent", t("trend.provisional")))
    if any(day.expected is not None for day in days):
        items.append(("━", "Default", t("trend.expected")))
    return [
        # The last space lets the line break between two items, not within one.
        text_run(
            f"{sign} {word}   ".replace(" ", NO_BREAK) + " ", size="Small", colour=colour, longest_word=40
        )
        for sign, colour, word in items
    ]
