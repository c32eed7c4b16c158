"""How tall a card will be on a phone, estimated: a report that takes five screens is not read there.

An estimate is enough because it only chooses between longer and shorter forms of a card; tests/browser measures the
truth with Microsoft's renderer. Sizes are those of Teams' host config, in CSS pixels, for a card 343 pixels wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Element = dict[str, Any]

_WIDTH, _PADDING, _GAP = 343, 16, 12
_FONT = {"Small": 12, "Default": 14, "Medium": 14, "Large": 18, "ExtraLarge": 24}
_SPACING = {"None": 0, "Small": 8, "Default": 12, "Medium": 16, "Large": 20}
_LINE_HEIGHT = 1.4
# Mean width of a character in parts of the font size, on the wide side; ideographs and emoji are square.
_NARROW, _BOLD, _SQUARE = 0.53, 0.57, 1.0
_BUTTONS = 60
_IMAGE_RATIO = 0.28


def height(card: Element) -> int:
    """Estimated pixels of the whole card with everything folded."""
    inside = _stack(card["body"], _WIDTH - 2 * _PADDING)
    return round(inside + 2 * _PADDING + (_BUTTONS if card.get("actions") else 0))


def _stack(elements: Sequence[Element], width: float) -> float:
    total = 0.0
    for index, element in enumerate(elements):
        if not element.get("isVisible", True):
            continue
        space = _SPACING[element.get("spacing", "Default")] if index else 0
        total += _element(element, width) + space * (2 if element.get("separator") else 1)
    return total


def _element(element: Element, width: float) -> float:
    kind = element["type"]
    if kind == "RichTextBlock":
        size = max(_FONT[run.get("size", "Default")] for run in element["inlines"])
        return _lines(element, max(width, size)) * size * _LINE_HEIGHT
    if kind == "TextBlock":
        return _element({"type": "RichTextBlock", "inlines": [element]}, width)
    if kind == "ColumnSet":
        widths = _widths(element["columns"], width)
        return max(
            _stack(column["items"], each) for column, each in zip(element["columns"], widths, strict=True)
        )
    if kind == "Container":
        return _stack(element["items"], width) + (2 * _PADDING if element.get("style") else 0)
    return width * _IMAGE_RATIO


def _widths(columns: Sequence[Element], width: float) -> list[float]:
    fixed = [_fixed(column) for column in columns]
    rest = width - sum(each or 0 for each in fixed) - _GAP * (len(columns) - 1)
    shares = sum(each is None for each in fixed)
    return [rest / shares if each is None else each for each in fixed]


def _fixed(column: Element) -> float | None:
    width = column["width"]
    if width == "auto":
        return max(
            (_text_width(item) for item in column["items"] if item["type"] == "RichTextBlock"), default=0.0
        )
    return float(width[:-2]) if width.endswith("px") else None


def _lines(element: Element, width: float) -> int:
    """Lines of a text that is broken between its words: in a narrow column that is many more than its length says."""
    lines, used = 1, 0.0
    for word, space in _words(element):
        if used and used + word > width:
            lines, used = lines + 1, 0.0
        used += word
        while used > width:
            lines, used = lines + 1, used - width
        used += space
    return lines


def _words(element: Element) -> Iterator[tuple[float, float]]:
    """The width of each word and of the space after it; a long one may be broken where it has a mark for that."""
    word = 0.0
    for run in element["inlines"]:
        size = _FONT[run.get("size", "Default")]
        for character in run["text"]:
            if character in " \u200b":
                yield word, size * _character(character, run)
                word = 0.0
            else:
                word += size * _character(character, run)
    yield word, 0.0


def _text_width(element: Element) -> float:
    return sum(
        _FONT[run.get("size", "Default")] * sum(_character(character, run) for character in run["text"])
        for run in element["inlines"]
    )


def _character(character: str, run: Element) -> float:
    if character in "\u200b\u2060":
        return 0.0
    if character >= "\u2e80":
        return _SQUARE
    return _BOLD if run.get("weight") == "Bolder" else _NARROW
