"""What a row of the table of keys is (`store/keys.py`): the form of a key, its lifetime, what becomes of damage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

_PART = r"[^/]+"

Damaged = Literal[
    "written anew",
    "read again",
    "bought again",
    "reduced again",
    "done without",
    "passed over",
    "begun anew",
    "made out",
    "left out",
    "not named",
    "told again",
    "asked",
    "decided anew",
    "only there",
    "put right",
]
"""What becomes of an object that is missing or cannot be read; HEALING says it in words."""

HEALING: Mapping[Damaged, str] = {
    "written anew": "The step that needs it fails and names it. Run the report again from its first step, which writes"
    " it anew and pays for no costs again",
    "read again": "FetchCosts reads the batch again; AggregateCosts, which cannot, fails and names it. Run the report"
    " again from its first step",
    "bought again": "The state before it counts, and ResolveAccounts has the days read again that it does not have;"
    " AggregateCosts, which cannot, fails and names it. Run the report again from its first step",
    "reduced again": "The billing period is read from the export again, and it is written anew",
    "done without": "Its pages are paid, and no more is asked for: the report goes out without the causes, and says so",
    "passed over": "The others of its kind are read, and the report says that one is not",
    "begun anew": "The report compares with nothing and says so; the next one has a record again",
    "made out": "Its days follow from its name and the record before it, and the report says so",
    "left out": "The card is posted; later readings are not held to what it told",
    "not named": "The next report does not name that failure; its alert did",
    "told again": "The card is posted; the next report tells it again",
    "asked": "It may have been a post: nothing is posted, and the error says where to look and how to answer",
    "decided anew": "It holds nobody up: the next decision about its attempt replaces it",
    "only there": "That it is there is all that counts; nobody reads what is in it",
    "put right": "No report is made, and the error says what is wrong. Put the file right with"
    " `finopsguard routes put`, then redrive",
}

_FROM_THE_FIRST_STEP = (
    "Run the report again from its first step (a new execution, no redrive): it is written anew, and costs that were"
    " read are not paid again."
)


ALWAYS = "always"
"""The lifetime of what a customer keeps: it does not expire."""


@dataclass(frozen=True)
class Kind:
    """One kind of object. `pattern` has a name in braces for each part that varies: `runs/{run_id}/accounts.json`.

    `lifetime` is the template's parameter with the days that it is kept, the days (`40 days`), or ALWAYS; `schema` the
    contract of a JSON document, None for other formats; `damaged` what becomes of one that is missing or damaged.
    `counted`: it has nothing in it, and who reads it lists it.
    """

    pattern: str
    what: str
    damaged: Damaged
    writers: tuple[str, ...]
    readers: tuple[str, ...] = ()
    schema: str | None = None
    lifetime: str = "ReportRetentionDays"
    counted: bool = False

    @property
    def remedy(self) -> str:
        """What to do where it is needed and cannot be read."""
        return _FROM_THE_FIRST_STEP if self.damaged in ("written anew", "read again", "bought again") else ""

    @property
    def prefix(self) -> str:
        """The first part, which roles and lifecycle rules name: `runs/`."""
        return self.pattern.partition("/")[0] + "/"

    def key(self, **parts: str) -> str:
        """The key of one object; a part is not empty and has no slash: it cannot name another kind's object."""
        for name, part in parts.items():
            if not re.fullmatch(_PART, part):
                raise ValueError(f"{name} {part!r} cannot be a part of a key in the store")
        return self.pattern.format(**parts)

    def below(self, **parts: str) -> str:
        """The prefix of all keys that have these first parts: `incidents/aws/`."""
        known = self.pattern
        for name, part in parts.items():
            known = known.replace(f"{{{name}}}", part)
        return known.partition("{")[0]

    def parts(self, key: str) -> dict[str, str] | None:
        """What stands in a key for each name of the pattern; None for the key of another kind."""
        found = _form(self.pattern).fullmatch(key)
        return found.groupdict() if found else None

    def matches(self, key: str) -> bool:
        """True if an object of this kind can have that key."""
        return self.parts(key) is not None


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """What all keys of a pattern look like, with a group for each name."""
    return re.compile(re.sub(r"\\{(\w+)\\}", rf"(?P<\1>{_PART})", re.escape(pattern)))
