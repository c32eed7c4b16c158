"""The table of docs/permissions.md that says what is refused to whom: `python -m tests.template.permissions` writes it.

Three columns of results: what the template's text says, what is left under the boundary alone, and what happened to the
request under each role. The last one takes some seconds; the suite makes a sample of it anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.template import boundary, iam
from tests.template.attempts import Attempt
from tests.template.iam import Call
from tests.template.under_roles import Outcome, outcomes
from tests.template.worlds import WORLDS

TABLE = re.compile(
    r"(?<=<!-- table: from tests/template/attempts.py -->\n).*?(?=<!-- end of table -->)", re.DOTALL
)
_ORDER: tuple[Outcome, ...] = ("denied", "not denied", "proves nothing")


def filled_in(page: str, attempts: Sequence[Attempt]) -> str:
    """The page with the table of these attempts, all of them made."""
    if not TABLE.search(page):
        raise ValueError("docs/permissions.md has no place for the table of attempts")
    made = outcomes(attempts)
    lines = [*head(), *(row(each, made[each]) for each in attempts)]
    total = Counter(outcome for found in made.values() for outcome in found.values())
    lines += ["", f"{len(attempts)} attempts under {len(list(iam.roles()))} roles: {_counted(total)}."]
    return TABLE.sub(lambda _: "\n".join(lines) + "\n", page)


def head() -> Iterator[str]:
    """The head of the table."""
    yield "| Call | On | Who may | By the template's text | Boundary | Under each role, in moto |"
    yield "|---|---|---|---|---|---|"


def row(attempt: Attempt, made: Mapping[str, Outcome]) -> str:
    """A row; its last cell is what was seen."""
    return f"{said(attempt)} {_counted(Counter(made.values()))} |"


def said(attempt: Attempt) -> str:
    """A row without its last cell: what follows from text alone."""
    may = [role for role in iam.roles() if iam.allows(role, attempt.call, WORLDS[attempt.world])]
    text = _counted(Counter({"denied": len(list(iam.roles())) - len(may), "not denied": len(may)}))
    lets = iam.says("Allow", boundary.statements(), Call(attempt.call.action, attempt.call.resource))
    return (
        f"| `{attempt.call.action}` | {attempt.what} | {_names(may)} | {text} |"
        f" {'lets it through' if lets else 'stops it'} |"
    )


def _names(roles: Iterable[str]) -> str:
    return ", ".join(role.removesuffix("Role") for role in roles) or "nobody"


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{counts[each]} {each}" for each in _ORDER if counts.get(each))
