"""What people said of unusual costs, as it was given: each verdict is an object, and none is changed or removed.

Who takes one back gives another, which names it. An object, `verdicts/<aws or mock>/<mark>.json`, is created only if
there is none of its mark: what may be given once (by a link) has its own.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from finopsguard.errors import VerdictGiven
from finopsguard.models.run import Source
from finopsguard.models.verdict import Verdict
from finopsguard.ports import Store
from finopsguard.store import documents, keys


class Given(NamedTuple):
    """All verdicts, the oldest first, and the keys of those that cannot be read: they count for nothing."""

    verdicts: tuple[Verdict, ...] = ()
    unreadable: tuple[str, ...] = ()


def new_mark(at: datetime) -> str:
    """A mark that nothing else has: when it was given, and eight digits by chance: `20261129T163215Z-9f02c3aa`."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def give(store: Store, source: Source, verdict: Verdict) -> str:
    """Keeps a verdict and returns its key; raises VerdictGiven where there is one of its mark, and as ports.Store."""
    key = keys.VERDICT.key(source=source, mark=verdict.mark)
    if not documents.create(store, key, verdict):
        raise VerdictGiven(f"The verdict {verdict.mark} was given before, and counts once.")
    return key


def given(store: Store, source: Source) -> Given:
    """All that were given; raises what ports.Store raises."""
    found = store.list(keys.VERDICT.below(source=source))
    read, unreadable = documents.find_known(store, found, Verdict)
    return Given(tuple(sorted(read, key=lambda each: (each.at, each.mark))), unreadable)
