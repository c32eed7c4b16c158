"""Text from outside (account names, tags, owners, error causes) made safe to show: it is data, never markup.

In a card it goes only into TextRun, which knows neither Markdown nor `<at>`; `{{` would still be expanded there by the
template language, so it is broken up. On the page Jinja2 escapes it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Control, format (bidirectional overrides, zero width), surrogate and private use characters can hide or reorder text.
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_MARKS_IN_A_ROW = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0483-\u0489\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_AFTER_PUNCTUATION = re.compile(r"(?<=[-_.:/(])(?=\w)")
_BRACES = re.compile(r"([{}])(?=\1)")


@lru_cache(maxsize=4096)
def plain(text: str, limit: int = 64) -> str:
    """One line of at most `limit` characters without hidden characters, stacked accents or template braces."""
    line = _one_line(text)
    return _safe(line if len(line) <= limit else line[: limit - 1].rstrip() + "…")


@lru_cache(maxsize=4096)
def plain_end(text: str, limit: int = 64) -> str:
    """As `plain`, of what is told apart by its end: `…/settle-payment`."""
    line = _one_line(text)
    return _safe(line if len(line) <= limit else "…" + line[len(line) - limit + 1 :].lstrip())


def _one_line(text: str) -> str:
    line = "".join(" " if character.isspace() else character for character in text if _visible(character))
    return _MARKS_IN_A_ROW.sub(r"\1", " ".join(line.split()))


def _safe(line: str) -> str:
    line = _BRACES.sub("\\1\u200b", line)
    # A name in a right-to-left script must not turn the amount beside it around (Unicode Annex 9, isolates).
    return (
        f"\u2068{line}\u2069"
        if any(unicodedata.bidirectional(each) in ("R", "AL") for each in line)
        else line
    )


def breakable(text: str, longest: int) -> str:
    """Lets a word of more than `longest` characters wrap, so that a narrow card does not clip it.

    It may wrap after punctuation, and anywhere else only where that leaves too long a piece.
    """
    return " ".join(_split(word, longest) if len(word) > longest else word for word in text.split(" "))


def _visible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _HIDDEN


def _split(word: str, longest: int) -> str:
    pieces = [piece for part in _AFTER_PUNCTUATION.split(word) for piece in _pieces(part, longest)]
    return "\u200b".join(pieces)


def _pieces(part: str, longest: int) -> list[str]:
    if len(part) <= longest:
        return [part]
    return [part[start : start + longest // 2] for start in range(0, len(part), longest // 2)]
