"""Markdown as GitHub has it: text that is no markup, and tables.

Every sign that means something is escaped in every text, ours too: names of accounts may come from an attacker, and a
dollar sign begins a formula on GitHub. A link, a picture, a mention or HTML is never made of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Signs that mean something anywhere; a scheme and a host that GitHub would make a link of, and its names of pictures.
_SIGNS = re.compile(r"[\\`*_\[\]<>#|~@&$]|:(?=//)|:(?=[\w+-]+:)|(?<=www)\.|^[-+=](?=[\s=-]|$)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d+)(?=[.)](\s|$))")
_NOT_IN_CODE = re.compile(r"[`|\s]")


def escaped(text: str) -> str:
    """The text as Markdown shows it, without a sign that means something there."""
    return _NUMBERED.sub(r"\1\\", _SIGNS.sub(r"\\\g<0>", text))


def code(text: str) -> str:
    """A name that somebody copies, as code; as text where code could not hold it."""
    return escaped(text) if not text or _NOT_IN_CODE.search(text) else f"`{text}`"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int | None = None, codes: int = 0
) -> str:
    """A table of texts. From column `numbers` on they stand to the right; the first `codes` columns are code."""
    first = len(heads) if numbers is None else numbers
    rule = ["---" if column < first else "---:" for column in range(len(heads))]
    cells = [
        [code(cell) if column < codes else escaped(cell) for column, cell in enumerate(row)] for row in rows
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([escaped(head) for head in heads], rule, *cells))
