"""What a row of the table of keys is (`store/keys.py`): the form of a key, its lifetime, what becomes of damage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from finopsguard.store.healing import FROM_THE_FIRST_STEP, Damaged

_PART = r"[^/]+"

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
        return FROM_THE_FIRST_STEP if self.damaged in ("written anew", "read again", "bought again") else ""

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
