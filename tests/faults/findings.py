"""What is known not to be as the rules say: each finding, the cells that show it, and how they show it.

A cell of a finding must fail, and in no other way; when it is mended, the tests ask for its finding to be removed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tests.faults.table import Cell


@dataclass(frozen=True)
class Finding:
    """`cells` are patterns of names, `ways` patterns of what `matrix.objections` says in them."""

    what: str
    cells: tuple[str, ...]
    ways: tuple[str, ...]


FINDINGS: tuple[Finding, ...] = (
    Finding(
        "A delivery record that the store lost means a second card, although covered/ and told/ know that it was"
        " posted",
        ("stored | deliveries/{run_id}/{channel}/{number}.json | missing | during",),
        ("again: the card twice, not same or asks",),
    ),
)


def finding_of(cell: Cell) -> Finding | None:
    """The finding that a cell shows."""
    return next((each for each in FINDINGS if any(_fits(cell.name, name) for name in each.cells)), None)


def verdict(cell: Cell, objections: Sequence[str]) -> list[str]:
    """What is wrong in a cell beyond what is known of it; also that it is mended."""
    found = finding_of(cell)
    if found is None:
        return list(objections)
    if not objections:
        return [f"is as expected now: remove it from the finding {found.what!r}"]
    return [each for each in objections if not any(_fits(each, way) for way in found.ways)]


def _fits(text: str, pattern: str) -> bool:
    """`*` is any text, and nothing else is a pattern: there is a fault `[]`."""
    return _form(pattern).fullmatch(text) is not None


@cache
def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
