"""How tall a card will be: texts are broken between their words, in columns as narrow as they are."""

from __future__ import annotations

from typing import Any

import pytest

from finopsguard.channels.teams import phone


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, "size": "Small", **more}]}


def lines(element: dict[str, Any], columns: int = 1) -> int:
    """Lines of the element in one of so many columns of the same width."""
    column = {"type": "Column", "width": "1", "items": [element]}
    card = {"body": [{"type": "ColumnSet", "columns": [column] * columns}]}
    empty = phone.height({"body": []})
    return round((phone.height(card) - empty) / (12 * 1.4))


@pytest.mark.parametrize(
    ("words", "columns", "expected"),
    [
        ("one line", 1, 1),
        # In Microsoft's renderer it has five lines: the mean width of a character is on the narrow side for figures.
        ("80 %: de 86.633 US$ a 94.314 US$; van 66.011 US$ facturados", 3, 4),
        # Two such words do not fit beside each other, so each has a line of its own.
        ("aaaaaaaaaa " * 4, 3, 4),
        ("x" * 200, 1, 5),
        ("DeleteBuck\u200betLifecycl\u200beOfManyMo\u200brethings", 3, 4),
    ],
)
def test_a_text_is_broken_between_its_words(words: str, columns: int, expected: int) -> None:
    assert lines(text(words), columns) == expected
