"""The few Adaptive Card elements that our cards use (schema 1.4), one function each.

All text goes into TextRun: Markdown, `<at>` and HTML mean nothing there, so a name cannot become a mention or a link.
The one exception is the line that calls whom the customer's settings name (`calling`): it has no text from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finopsguard.channels.teams import limits
from finopsguard.models.severity import Mention
from finopsguard.report.numbers import unbroken
from finopsguard.report.untrusted import breakable
from finopsguard.report.words import Tone

Element = dict[str, Any]

SMALL: Mapping[str, Any] = {"size": "Small", "subtle": True}
"""Details: what a reader may skip."""

_COLOURS = {"bad": "Attention", "good": "Good", "warn": "Warning"}


def text_run(
    text: str,
    *,
    size: str | None = None,
    bold: bool = False,
    subtle: bool = False,
    tone: Tone = "plain",
    colour: str | None = None,
    link: str | None = None,
    longest_word: int = 20,
) -> Element:
    """A piece of text; with `link` it opens that address. A word over `longest_word` may wrap, an amount may not."""
    made: Element = {"type": "TextRun", "text": unbroken(breakable(text, longest_word))}
    if size:
        made["size"] = size
    if bold:
        made["weight"] = "Bolder"
    if subtle:
        made["isSubtle"] = True
    if colour or tone in _COLOURS:
        made["color"] = colour or _COLOURS[tone]
    if link:
        made["selectAction"] = {"type": "Action.OpenUrl", "url": link}
    return made


def text(*runs: Element, spacing: str | None = None, right: bool = False, **more: Any) -> Element:
    """A paragraph."""
    made: Element = {"type": "RichTextBlock", "inlines": list(runs)}
    if spacing:
        made["spacing"] = spacing
    if right:
        made["horizontalAlignment"] = "Right"
    return made | more


def column(items: Sequence[Element], width: str, *, middle: bool = False) -> Element:
    """A column: `width` is `auto`, `stretch`, a weight or pixels such as `84px`."""
    made: Element = {"type": "Column", "width": width, "items": list(items)}
    if middle:
        made["verticalContentAlignment"] = "Center"
    return made


def columns(*parts: Element, spacing: str | None = None, **more: Any) -> Element:
    """Columns side by side."""
    made: Element = {"type": "ColumnSet", "columns": list(parts)}
    if spacing:
        made["spacing"] = spacing
    return made | more


def container(items: Sequence[Element], *, style: str | None = None, **more: Any) -> Element:
    """A group of elements, coloured by `style`."""
    made: Element = {"type": "Container", "items": list(items)}
    if style:
        made["style"] = style
    return made | more


def image(url: str, alternative: str, *, spacing: str | None = None) -> Element:
    """A picture as wide as its column, with words for those who do not see it."""
    made: Element = {"type": "Image", "url": url, "altText": alternative, "size": "Stretch"}
    return made | ({"spacing": spacing} if spacing else {})


def open_url(title: str, url: str) -> Element:
    """A button that opens an address."""
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def calling(mention: Mention, words: str) -> Element:
    """A line that calls somebody: the one text with markup in it, of names and words that the settings have checked.

    Documented by Microsoft: a mention stands in a TextBlock, and the card's entities say whom it means.
    """
    return {"type": "TextBlock", "text": f"{_at(mention)} {words}", "wrap": True, "weight": "Bolder"}


def _at(mention: Mention) -> str:
    return f"<at>{mention.name}</at>"


def _entity(mention: Mention) -> Element:
    kind = {"type": "tag"} if mention.kind == "tag" else {}
    mentioned = {"id": mention.id, "name": mention.name} | kind
    return {"type": "mention", "text": _at(mention), "mentioned": mentioned}


def adaptive_card(
    body: Sequence[Element],
    *,
    language: str,
    summary: str,
    buttons: Sequence[Element],
    mention: Mention | None = None,
) -> Element:
    """A whole card; `summary` is for notifications and screen readers, and only so many buttons are kept as fit.

    `mention` is whom a line of the body calls.
    """
    card: Element = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": language,
        "fallbackText": summary,
        "speak": summary,
        "msteams": {"width": "Full"} | ({"entities": [_entity(mention)]} if mention else {}),
        "body": list(body),
    }
    kept = list(buttons[: limits.MAX_BUTTONS])
    return card | ({"actions": kept} if kept else {})


def envelope(card: Element) -> dict[str, Any]:
    """The message that a Teams Workflows webhook takes."""
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
