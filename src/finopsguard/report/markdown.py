"""The report as Markdown: for a job's summary, a wiki or a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from finopsguard.models.report import Report
from finopsguard.report.markup import escaped, table
from finopsguard.report.outline import Gap, Heading, Item, Line, Movers, Part, Tiles, Title, outline

_STRONG = ("strong", "bad", "good", "warn", "plain")


def render(report: Report) -> str:
    """The report as Markdown, with a line's end at its end."""
    paragraphs: list[str] = []
    for block in outline(report):
        match block:
            case Title(text):
                paragraphs.append(f"## {escaped(text)}")
            case Heading(text):
                paragraphs.append(f"### {escaped(text)}")
            case Line(parts):
                paragraphs.append(_line(parts))
            case Item(mark, title, details):
                lines = [_line([mark, *title]), *(_line([each]) for each in details)]
                paragraphs.append("- " + "\\\n  ".join(filter(None, lines)))
            case Tiles(tiles):
                values = [each.value for each in tiles], [each.detail for each in tiles]
                paragraphs.append(table([each.label for each in tiles], values))
            case Movers(columns, rows):
                paragraphs.append(table(columns, rows, numbers=1))
            case Gap():
                pass
    return "\n\n".join(paragraphs) + "\n"


def _line(parts: Sequence[Part]) -> str:
    """Texts beside each other, a space between; those that do not break stay."""
    return " ".join(filter(None, (_marked(part) for part in parts)))


def _marked(part: Part) -> str:
    text = escaped(re.sub(" +", " ", part.text.strip(" ")))
    return f"**{text}**" if text and part.style in _STRONG else text
