"""The report as Markdown (GitHub's): for a job's summary, a wiki or a mail.

Every sign that Markdown knows is escaped in every text, ours too: names of accounts may come from an attacker, and a
dollar sign begins a formula on GitHub. A link, a picture, a mention or HTML is never made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from finopsguard.models.report import Report
from finopsguard.report.outline import Gap, Heading, Item, Line, Movers, Part, Tiles, Title, outline

# Signs that mean something anywhere; a scheme and a host that GitHub would make a link of, and its names of pictures.
_SIGNS = re.compile(r"[\\`*_\[\]<>#|~@&$]|:(?=//)|:(?=[\w+-]+:)|(?<=www)\.|^[-+=](?=[\s=-]|$)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d+)(?=[.)](\s|$))")
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
                rows = [
                    [each.label for each in tiles],
                    [each.value for each in tiles],
                    [each.detail for each in tiles],
                ]
                paragraphs.append(_table(rows, ["---"] * len(tiles)))
            case Movers(columns, rows):
                paragraphs.append(_table([columns, *rows], ["---", *["---:"] * (len(columns) - 1)]))
            case Gap():
                pass
    return "\n\n".join(paragraphs) + "\n"


def escaped(text: str) -> str:
    """The text as Markdown shows it, without a sign that means something there."""
    return _NUMBERED.sub(r"\1\\", _SIGNS.sub(r"\\\g<0>", text))


def _line(parts: Sequence[Part]) -> str:
    """Texts beside each other, a space between; those that do not break stay."""
    return " ".join(filter(None, (_marked(part) for part in parts)))


def _marked(part: Part) -> str:
    text = escaped(re.sub(" +", " ", part.text.strip(" ")))
    return f"**{text}**" if text and part.style in _STRONG else text


def _table(rows: Sequence[Sequence[str]], rule: Sequence[str]) -> str:
    head, *others = ([escaped(cell) for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *others))
