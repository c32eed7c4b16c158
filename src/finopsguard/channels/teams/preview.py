"""Shows a card as Teams does, in one HTML page without network: for looking at it, not for judging the last pixel.

Knows the elements that `elements.py` makes. Everything in a card is escaped; only https links and pictures inside the
card are kept. `tests/browser` looks at the same cards with Microsoft's own renderer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finopsguard import contracts
from finopsguard.errors import InvalidInput
from finopsguard.report.page import html

_ASSETS = Path(__file__).parent / "assets"
_KNOWN = {"RichTextBlock", "TextBlock", "ColumnSet", "Container", "Image"}
_PIXELS = re.compile(r"([0-9]{1,3})px")


_ONE_THEME = """.teams .dark { display: none; }
@media (prefers-color-scheme: dark) { .teams .light { display: none; } .teams .dark { display: block; } }
"""
SCRIPT = (_ASSETS / "preview.js").read_text("utf-8")
"""What a page with cards in it needs."""


@dataclass(frozen=True)
class Shown:
    """A card as a part of a page, in the theme that the reader has, and the style that it needs."""

    card: html.Html
    style: str


def page(message: Mapping[str, Any]) -> str:
    """The page of a message, or of a card alone; raises InvalidInput when there is no card that it can show."""
    card = _tolerant(message)
    return html.fill(_ASSETS, "preview", card=card, more_style=_style(card))


def part(message: Mapping[str, Any]) -> Shown:
    """The card for a page of others, in an element of the class `teams`; raises InvalidInput as `page` does."""
    card = _tolerant(message)
    return Shown(html.part(_ASSETS, "part", card=card), _style(card) + _ONE_THEME)


def _tolerant(message: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(contracts.encode(_card(message)), object_hook=_Tolerant)
    return made


def _style(card: Mapping[str, Any]) -> str:
    """The rules of all cards, and those of the widths of this one."""
    widths = set()
    for element in _elements(card.get("body")):
        if element.get("type", "Column") not in _KNOWN | {"Column"}:
            raise InvalidInput(
                f"The preview does not know the element {element.get('type')!r}; it shows our own cards."
            )
        found = _PIXELS.fullmatch(str(element.get("width", "")))
        if found:
            widths.add(int(found.group(1)))
    rules = "".join(f".teams .w-{width}px {{ flex: 0 0 {width}px; }}\n" for width in sorted(widths))
    return (_ASSETS / "card.css").read_text("utf-8") + rules


class _Tolerant(dict[str, Any]):
    """An element whose absent properties are None, as the template wants it."""

    def __missing__(self, key: str) -> None:
        return None


def _card(message: Mapping[str, Any]) -> Mapping[str, Any]:
    attachments = message.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else {}
    card = first.get("content") if isinstance(first, dict) and first else message
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise InvalidInput(
            "There is no card and no report in the file. Give card.json or report.json of a run."
        )
    return card


def _elements(given: object) -> Iterator[Mapping[str, Any]]:
    """All elements below, columns too."""
    for element in given if isinstance(given, list) else []:
        if isinstance(element, dict):
            yield element
            yield from _elements(element.get("items"))
            yield from _elements(element.get("columns"))
